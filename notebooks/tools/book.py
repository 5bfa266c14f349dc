"""Makes the book, the lessons and the library as web pages: build/book/index.html.

python notebooks/tools/book.py
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import main

from notebooks import FOLDER

BUILD = FOLDER.parent / "build"
# What Sphinx warns of is an error, and no page is kept from the last time.
STRICT = ["-W", "--keep-going", "-n", "-E", "-q"]


def sphinx_arguments(build: Path = BUILD) -> list[str]:
    """How Sphinx is called, to write into `build`."""
    folders = ["-d", build / "doctrees", "-c", FOLDER / "book", FOLDER, build / "book"]
    return [*STRICT, *map(str, folders)]


def make_book() -> int:
    """Write all pages; the exit code is 0 if nothing was wrong with them."""
    shutil.rmtree(BUILD / "book", ignore_errors=True)  # else a page would outlive its lesson
    wrong = main(sphinx_arguments())
    if not wrong:
        print(f"written to build/book: open {BUILD / 'book' / 'index.html'}")
    return wrong


if __name__ == "__main__":
    sys.exit(make_book())
