"""The page of the library as a git host can show it: each name, where it is, and its first line.

    python notebooks/tools/library.py       # after a change of notebooks/book/library.md

The book has the whole docstrings, from `notebooks/book/library.md`.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from pkgutil import resolve_name

from notebooks import FOLDER

SOURCE, PAGE = FOLDER / "book" / "library.md", FOLDER / "library.md"
BLOCK = re.compile(r"```\{eval-rst\}\n(.*?)```\n", re.DOTALL)
NAME = re.compile(r"^\.\. auto\w+:: ([\w.]+)$", re.MULTILINE)


def readable(page: str) -> str:
    """The page with a list in place of each block of directives."""
    return BLOCK.sub(lambda found: "".join(map(_line, NAME.findall(found[1]))), page)


def _line(name: str) -> str:
    module, _, last = name.rpartition(".")
    described = inspect.unwrap(getattr(resolve_name(module), last))
    path = Path(inspect.getsourcefile(described) or "").relative_to(FOLDER.parent)
    first = (inspect.getdoc(described) or "").partition("\n\n")[0].replace("\n", " ")
    return f"* [`{last}`](../{path.as_posix()}): {first}\n"


if __name__ == "__main__":
    PAGE.write_text(readable(SOURCE.read_text(encoding="utf-8")), encoding="utf-8")
