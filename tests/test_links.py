"""A link is dead if there is no such file or heading; what lies on the web is not looked up."""

from pathlib import Path

import nbformat
import pytest
from links import dead_links
from nbformat.v4 import new_markdown_cell, new_notebook


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.png").touch()
    there = new_notebook(cells=[new_markdown_cell("# Title\n\n## A part of it")])
    nbformat.write(there, tmp_path / "there.ipynb")
    return tmp_path


@pytest.mark.parametrize(
    "alive",
    [
        "![a](a.png)",
        '<img width="9" src="a.png">',
        "[w](https://w.org)",
        "[m](mailto:a@w.org)",
        "[a](there.ipynb)",
        "[b](there.ipynb#A-part-of-it)",
        "[c](#Mine)\n\n# Mine",
        "```text\n[x](gone.md)\n```",
    ],
)
def test_a_link_to_a_file_a_heading_or_the_web_is_left_alone(alive: str, folder: Path):
    assert dead_links(alive, folder) == []


@pytest.mark.parametrize(
    "dead", ["b.md#top", "c.png", "gone.ipynb", "there.ipynb#Nothing", "#Nothing"]
)
def test_a_dead_link_is_found_in_each_of_its_forms(dead: str, folder: Path):
    assert dead_links(f"[a](a.png) [d]({dead})", folder) == [dead]
    assert dead_links(f'<a class="x" href="{dead}">', folder) == [dead]
