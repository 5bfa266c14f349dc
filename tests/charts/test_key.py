"""The key of the marks: drawn as the Gantt chart draws them, each beside its words."""

import itertools

import matplotlib.pyplot as plt
import pytest
from chart_places import BUSY, axes, overlap
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from fulfillment_lib.charts import plot_gantt, plot_key
from fulfillment_lib.charts.alt_text import alt_text
from fulfillment_lib.errors import ArgumentError

pytestmark = pytest.mark.slow  # each test draws

WORDS = [
    "inventory",
    "packing",
    "shipping",
    "express order",
    "failed",
    "timed out",
    "cancelled",
]


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in reversed(ax.texts)]


def looks(ax: Axes) -> set[tuple[object, ...]]:
    """The bars and stripes: fill, edge, pattern; and the markers, by their name."""
    bars = {
        (
            to_hex(bar.get_facecolor()[0]),
            *(to_hex(edge) for edge in bar.get_edgecolor()[:1] if bar.get_linewidth()[0]),
            bar.get_hatch(),
            bar.get_linewidth()[0],
        )
        for bar in ax.collections
    }
    marks = {
        (line.get_label(), line.get_color(), line.get_markersize())
        for line in ax.lines
        if line.get_marker() != "None"
    }
    return bars | marks


def test_the_key_has_one_row_in_a_figure_of_its_own():
    ax = plot_key()
    ax.figure.canvas.draw()
    plt.close(ax.figure)  # type: ignore[arg-type]
    assert words(ax) == WORDS
    assert len({text.get_position()[1] for text in ax.texts}) == 1
    assert ax.figure.bbox.width == 960  # type: ignore[union-attr]


def test_its_marks_are_those_of_the_chart():
    key, chart = plot_key(ax=axes()), plot_gantt(BUSY, ax=axes())
    missing = {look for look in looks(chart) if look not in looks(key)}
    pale = {look for look in missing if look[-1] == 1.4}  # the key shows these of packing alone
    assert missing == pale and len(looks(key)) == 3 + 1 + 1 + 3


@pytest.mark.parametrize("width", [3.6, 4.7, 8.5, 9.6])
def test_no_words_are_cut_off_and_none_cover_others_at_any_width(width):
    ax = plot_key(ax=axes(width, 1.2))
    ax.figure.canvas.draw()  # type: ignore[attr-defined]
    boxes = [text.get_window_extent() for text in ax.texts]
    bars = [box for bar in ax.collections for box in [bar.get_window_extent()]]
    edge = ax.figure.bbox  # type: ignore[union-attr]
    assert words(ax) == WORDS
    assert all(
        box.x0 >= 0 and box.x1 <= edge.x1 and box.y0 >= 0 and box.y1 <= edge.y1 for box in boxes
    )
    assert not any(overlap(one, other) for one, other in itertools.combinations(boxes, 2))
    assert bars


def test_the_words_for_those_who_do_not_see_it_are_in_order():
    assert alt_text(plot_key(ax=axes()).figure) == ". ".join(WORDS) + "."  # type: ignore[arg-type]


def test_anything_but_axes_is_refused():
    with pytest.raises(ArgumentError, match="ax must be an Axes"):
        plot_key(ax=axes().figure)  # type: ignore[arg-type]
