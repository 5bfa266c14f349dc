"""The terms of the glossary, and the links that explain a word where it is first used in a lesson.

    python notebooks/tools/glossary.py      # after a change of the glossary

A link carries the first sentence of its term as its title, which JupyterLab, git hosts and the
book show above the word. An `<abbr>` was rejected: it cannot be reached by keyboard, and leads
nowhere on a phone.
"""

from __future__ import annotations

import re

import nbformat

from fulfillment_lib.analysis.export import write_file
from notebooks import FOLDER, as_text, notebook_paths

PAGE = "glossary.md"
TERM = re.compile(r"^## (.+)\n\n(.+)$", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\(glossary\.md#([\w-]+)(?: \"[^\"]*\")?\)")
ADDRESS = re.compile(r"\]\([^)]*\)|[\[*`]")
SENTENCE = re.compile(r".+?[.](?= |$)")


def definitions(page: str) -> dict[str, str]:
    """The first sentence of each term, without markup, by the term's anchor."""
    return {
        term.replace(" ", "-"): SENTENCE.findall(ADDRESS.sub("", text))[0]
        for term, text in TERM.findall(page)
    }


def with_titles(text: str, meaning: dict[str, str]) -> str:
    """A text whose links to terms carry what they mean.

    Raises:
        KeyError: a link leads to a term that the glossary does not have.
    """
    return LINK.sub(
        lambda link: f'[{link[1]}]({PAGE}#{link[2]} "{meaning[link[2]]}")',
        text,
    )


def main() -> None:
    """Write the titles into the lessons."""
    meaning = definitions((FOLDER / PAGE).read_text(encoding="utf-8"))
    for path in notebook_paths():
        nb = nbformat.read(path, as_version=4)
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source = with_titles(cell.source, meaning)
        write_file(path, as_text(nb))


if __name__ == "__main__":
    main()
