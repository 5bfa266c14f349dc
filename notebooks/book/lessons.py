"""A Sphinx extension: committed notebooks as pages of the book. The files stay as they are.

Each page's text goes through here before it is parsed. A picture gets the words that are stored
beside it as its alternative text. In place of the picture of a panel comes the panel itself, with
some of its settings; a panel in real time stays a picture. Below it comes a line on how to have all
of it. Pages of Markdown are such as a git host shows, without directives: a comment stands for
a scene or for the pictures of all of them, the list of lessons becomes the book's contents, and
the page of the library is replaced by the one in this folder, which takes it from the docstrings.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from scenes import scene, thumbnails
from stored import panel_of_lesson

PANEL = re.compile(r"\w+ panel: ")  # how the text of a panel begins
IN_REAL_TIME = "live panel: "
HOW_TO_PLAY = (
    '<p class="how-to-play">{} run <code>make lab</code> in the repository and open this lesson; '
    "<code>make app</code> serves the control room as a web page.</p>"
)
STORED = "Some settings of the panel are on this page. To have all controls and settings,"
STILL = "This is a picture of the panel. To play with it,"
SCENE = re.compile(r"<!-- scene: (\w+) -->")
SHAPES = "<!-- shapes -->"
LESSON = re.compile(r"^\| \[(\d\d [^\]]+)\]\((\w+)\.ipynb\)", re.MULTILINE)
BESIDE = """Shapes <shapes>
Glossary <glossary>
The library <library>
From your shop <shop_export>
References <references>
For teachers <teachers>"""
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


def page_for_the_book(text: str, name: str) -> str:
    """A page of Markdown with its panels, and with the contents of the book if it is the first."""
    if name == "library":
        return Path(__file__).with_name("library.md").read_text(encoding="utf-8")
    text = SCENE.sub(lambda found: as_it_is(scene(found[1])), text)
    if SHAPES in text:
        text = text.replace(SHAPES, as_it_is(thumbnails()))
    if name == "index":
        lessons = "\n".join(f"{title} <{file}>" for title, file in LESSON.findall(text))
        text += contents("Lessons", lessons) + contents("Beside the lessons", BESIDE)
    return text


def as_it_is(html: str) -> str:
    """HTML as a part of a page of Markdown."""
    return f"````````{{raw}} html\n{html}\n````````"


def contents(caption: str, pages: str) -> str:
    """A part of the contents, which the sidebar shows."""
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n"


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
        content[0] = OUTSIDE.sub("path:", page_for_the_book(content[0], name))


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("source-read", change_source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
