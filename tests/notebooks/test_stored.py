"""Panels of the book: made of the lines of their lesson, and kept until something changes."""

from __future__ import annotations

from math import prod

import nbformat
import pytest
import stored
from nbformat.v4 import new_code_cell, new_notebook, new_output

from fulfillment_lib import FulfillmentError
from notebooks import notebook_paths

PANELS = {
    f"{path.stem}/{cell.id}": (nb, cell)
    for path in notebook_paths()
    for nb in [nbformat.read(path, as_version=4)]
    for cell in nb.cells
    if cell.cell_type == "code"
    and cell.outputs
    and " panel: " in cell.outputs[0].get("data", {}).get("text/plain", "")
    and not cell.outputs[0].data["text/plain"].startswith("live")
}
CELLS = [
    "from fulfillment_lib import sample_orders\nfrom fulfillment_lib.panels import explore",
    "orders = sample_orders(3)\nother = 1 / 0",
    "unused = open('gone')",
    "few = orders[:2]",
]


def lesson(shown: str):
    cells = [new_code_cell(source) for source in CELLS]
    output = new_output("display_data", {"text/plain": shown})
    cells.append(new_code_cell("explore(few)", outputs=[output]))
    return new_notebook(cells=cells), cells[-1]


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "KEPT", tmp_path)
    monkeypatch.setitem(stored.GRIDS, "lesson/cell", {"workers": [1, 2]})
    return tmp_path


def test_every_grid_is_one_of_a_panel_small_and_holds_what_the_panel_begins_with():
    assert set(stored.GRIDS) <= set(PANELS)
    for name, grid in stored.GRIDS.items():
        assert len(grid) <= 3 and prod(map(len, grid.values())) <= stored.MOST
        panel = stored.value_of(stored.lines_for(*PANELS[name]))
        for key, values in grid.items():
            assert panel.settable[key].value in values, name
        if "controls=" in PANELS[name][1].source:
            assert all(f'"{key}"' in PANELS[name][1].source for key in grid), name
        panel.close()


@pytest.mark.parametrize("name", PANELS)
def test_the_lines_for_a_panel_make_the_one_that_the_lesson_shows(name):
    nb, cell = PANELS[name]
    panel = stored.value_of(stored.lines_for(nb, cell))
    assert repr(panel) == cell.outputs[0].data["text/plain"]
    panel.close()


def test_only_what_a_panel_needs_is_run():
    lines = stored.lines_for(*lesson(""))
    assert "sample_orders(3)" in lines and "1 / 0" not in lines and "gone" not in lines


def test_a_lesson_that_shows_another_panel_is_refused(kept):
    with pytest.raises(ValueError, match="lesson/cell must show the panel of its lines, explore"):
        stored.panel_of_lesson(*lesson("explore panel: another"), "lesson/cell")


def test_a_panel_is_made_once_until_its_lines_or_its_grid_change(kept, monkeypatch):
    made = []
    value_of = stored.value_of
    monkeypatch.setattr(stored, "value_of", lambda lines: made.append(lines) or value_of(lines))
    nb, cell = lesson(repr(value_of(stored.lines_for(*lesson("")))))
    first = stored.panel_of_lesson(nb, cell, "lesson/cell")
    assert stored.panel_of_lesson(nb, cell, "lesson/cell") == first and len(made) == 1
    monkeypatch.setitem(stored.GRIDS, "lesson/cell", {"workers": [1, 2, 3]})
    assert stored.panel_of_lesson(nb, cell, "lesson/cell") != first and len(made) == 2
    monkeypatch.setattr(stored, "library", lambda: "another")
    stored.panel_of_lesson(nb, cell, "lesson/cell")
    cell.source += "  # changed"
    stored.panel_of_lesson(nb, cell, "lesson/cell")
    assert len(made) == 4


def test_too_many_settings_are_refused(kept, monkeypatch):
    nb, cell = lesson(repr(stored.value_of(stored.lines_for(*lesson("")))))
    monkeypatch.setitem(stored.GRIDS, "lesson/cell", {"seed": range(50)})
    with pytest.raises(FulfillmentError, match="at most 40 settings"):
        stored.panel_of_lesson(nb, cell, "lesson/cell")
