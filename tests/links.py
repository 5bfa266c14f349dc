"""Links that lead nowhere, in pages of Markdown and in the prose of notebooks."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)|<(?:img|a|source)\s[^>]*?(?:src|href|srcset)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"https?://|mailto:|attachment:")
HEADING = re.compile(r"^#{1,6} (.+?)\s*$", re.MULTILINE)


def links(text: str) -> list[str]:
    """Where a text leads, in the order of its links; code is no link."""
    return [link or image for link, image in LINK.findall(FENCE.sub("", text))]


def prose(nb: NotebookNode) -> str:
    """The Markdown of a notebook."""
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


def dead_links(text: str, folder: Path) -> list[str]:
    """Links of a page in that folder to no file, or to no heading of a notebook or of the page.

    Links to the web are left alone. A fragment is the heading with hyphens, as JupyterLab and
    nbconvert write it; those of other Markdown pages are GitHub's, which differ.
    """
    dead = []
    for target in links(text):
        file, _, fragment = target.partition("#")
        if ELSEWHERE.match(target):
            continue
        if not (folder / file).exists():
            dead.append(target)
        elif fragment and (not file or file.endswith(".ipynb")):
            page = prose(nbformat.read(folder / file, as_version=4)) if file else text
            if fragment not in {name.replace(" ", "-") for name in HEADING.findall(page)}:
                dead.append(target)
    return dead
