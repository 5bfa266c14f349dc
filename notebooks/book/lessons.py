"""A Sphinx extension: committed notebooks as pages of the book. The files stay as they are.

Each page's text goes through here before it is parsed. A picture gets the words that are stored
beside it as its alternative text. In place of the picture of a panel comes the panel itself, with
some of its settings; a panel in real time stays a picture. Below it comes a line on how to have all
of it.
"""

from __future__ import annotations

import re
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from stored import panel_of_lesson

PANEL = re.compile(r"\w+ panel: ")  # how the text of a panel begins
IN_REAL_TIME = "live panel: "
HOW_TO_PLAY = (
    '<p class="how-to-play">{} run <code>make lab</code> in the repository and open this lesson; '
    "<code>make app</code> serves the control room as a web page.</p>"
)
STORED = "Some settings of the panel are on this page. To have all controls and settings,"
STILL = "This is a picture of the panel. To play with it,"
OUTSIDE = re.compile(r"(?<=\]\()(?=\.\./)")  # a link's target that begins with ../


def anchor(title: str) -> str:
    """The fragment of a heading, as JupyterLab makes it."""
    return title.replace(" ", "-")


def for_the_book(nb: NotebookNode, name: str) -> NotebookNode:
    """The notebook with words on its pictures, panels that move, and a line below each.

    Raises:
        ValueError: a cell has two pictures, which cannot have words of their own.
    """
    cells = []
    for cell in nb.cells:
        cells.append(cell)
        pictures = [each for each in cell.get("outputs", []) if "image/png" in each.get("data", {})]
        if len(pictures) > 1:
            raise ValueError(f"cell {cell.id} must have one picture at most, got {len(pictures)}")
        for picture in pictures:
            words = picture.metadata.get("image/png", {}).get("alt", "")
            cell.metadata["mystnb"] = {"image": {"alt": words}}
            text = picture.data.get("text/plain", "")
            if PANEL.match(text):
                moves = not text.startswith(IN_REAL_TIME)
                cells.append(new_markdown_cell(HOW_TO_PLAY.format(STORED if moves else STILL)))
                if moves:
                    made = panel_of_lesson(nb, cell, f"{name}/{cell.id}")
                    picture.data = NotebookNode({"text/html": made})
    nb.cells = cells
    return nb


def change_source(app: Any, name: str, content: list[str]) -> None:
    """Put the page in its form for the book, whether it is a notebook or not.

    What lies outside of the book, such as a README, is offered as a file.
    """
    if app.env.doc2path(name).suffix == ".ipynb":
        nb = for_the_book(nbformat.reads(content[0], as_version=4), name)
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source = OUTSIDE.sub("path:", cell.source)
        content[0] = nbformat.writes(nb)
    else:
        content[0] = OUTSIDE.sub("path:", content[0])


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("source-read", change_source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
