"""Themes: what a chart shows can be seen and read on white paper and on dark, and goes back."""

import io
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib.pyplot as plt
import pytest
from chart_places import BUSY, axes, contrast, labels
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, StepPatch
from matplotlib.text import Text

from fulfillment_lib import Faults, charts, sample_orders, simulate
from fulfillment_lib.charts import (
    plot_anatomy,
    plot_gains,
    plot_gantt,
    plot_gantts,
    plot_key,
    plot_plan,
    plot_queue,
    plot_utilization,
    plot_waits,
)
from fulfillment_lib.charts.gantt import face
from fulfillment_lib.charts.palette import DARK, LIGHT, VERMILLION, Palette
from fulfillment_lib.charts.style import BoxText, legend_above, legend_key, palette, paper, theme
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.plan import TaskKind

pytestmark = pytest.mark.slow  # each test draws

DAY = simulate(sample_orders(12))
HURT = simulate(
    sample_orders(12),
    faults=Faults(script={"ORD-003/packing/EAST": ("fail",), "ORD-001/packing/WEST": ("hang",)}),
)
SPLIT = next(report.order_id for report in DAY.reports if len(report.shipments) > 1)
CHARTS: dict[str, Callable[[], Axes]] = {
    "plot_gantt": lambda: plot_gantt(BUSY, ghost=DAY),
    "plot_gantt by order": lambda: plot_gantt(DAY, by="order"),
    "plot_gantts": lambda: plot_gantts({"one": DAY, "two": HURT}, title="Both")[0],
    "plot_plan": lambda: plot_plan(DAY, SPLIT),
    "plot_plan that failed": lambda: plot_plan(HURT, "ORD-003"),
    "plot_queue": lambda: plot_queue(BUSY),
    "plot_utilization": lambda: plot_utilization(BUSY),
    "plot_anatomy": lambda: plot_anatomy(BUSY),
    "plot_anatomy of one": lambda: plot_anatomy(BUSY, "ORD-006"),
    "plot_waits": lambda: plot_waits(BUSY),
    "plot_gains": lambda: plot_gains(HURT, DAY),
    "plot_gains of many": lambda: plot_gains(BUSY, simulate(BUSY.orders, BUSY.network)),
    "plot_key": plot_key,
}
KINDS = [*map(str, TaskKind), "gift wrapping"]
each_theme = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
each_chart = pytest.mark.parametrize("plot", CHARTS.values(), ids=list(CHARTS))


def shown(plot: Callable[[], Axes], colours: Palette) -> Figure:
    """The chart as it is drawn in a theme, and shown after it."""
    with theme(colours is DARK):
        figure = plot().figure
    assert isinstance(figure, Figure)
    figure.canvas.draw()
    plt.close(figure)
    return figure


def all_texts(figure: Figure) -> Iterator[tuple[str, Any, Any]]:
    """Each text that shows: what it says, its colour, and that of what lies behind it."""
    for ax in figure.axes:
        for label in labels(ax):
            yield label.text, palette_of(figure).ink, label.ground_colour
        fields = [patch for patch in ax.patches if patch.get_facecolor()[3] == 1]
        for text in ax.findobj(Text):
            if text.get_visible() and text.get_text():
                behind = ax.get_facecolor() if ax.axison else figure.get_facecolor()
                if isinstance(text, BoxText):
                    behind = ground_of(text, fields) or behind
                yield text.get_text(), text.get_color(), behind


def ground_of(text: BoxText, fields: list[Patch]) -> Any:
    box = text.get_window_extent()
    middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
    under = [field for field in fields if field.get_window_extent().contains(*middle)]
    return under[-1].get_facecolor() if under else None


def palette_of(figure: Figure) -> Palette:
    return next(each for each in (LIGHT, DARK) if to_hex(each.paper) == ground(figure))


def ground(figure: Figure) -> str:
    return to_hex(figure.get_facecolor())


def all_marks(ax: Axes) -> Iterator[tuple[str, list[Any]]]:
    """Each line, mark and area with the colours by which it can stand out from paper."""
    legend = ax.get_legend()
    keys = legend.legend_handles if legend else []
    for artist in [*ax.lines, *ax.artists, *ax.patches, *ax.collections, *keys]:
        if isinstance(artist, Line2D):
            yield f"line {artist.get_label()}", [artist.get_color()]
        elif isinstance(artist, StepPatch) and artist.get_fill():
            outline = next(patch for patch in ax.patches if patch.get_label() == "all")
            yield f"steps {artist.get_label()}", [artist.get_facecolor(), outline.get_edgecolor()]
        elif isinstance(artist, Patch):
            # The strip and the field of a box have one frame, which is the patch around them.
            framed = [
                patch for patch in ax.patches if patch.get_linewidth() and holds(patch, artist)
            ]
            edge = [patch.get_edgecolor() for patch in (artist, *framed) if patch.get_linewidth()]
            yield f"area {artist.get_label()}", [artist.get_facecolor(), *edge]
        elif isinstance(artist, Collection):
            edge = list(artist.get_edgecolor()) if max(artist.get_linewidth()) else []
            yield f"areas {artist.get_label()}", [*artist.get_facecolor(), *edge]


def holds(frame: Patch, area: Patch) -> bool:
    outer, inner = frame.get_window_extent().padded(1), area.get_window_extent()
    return bool(outer.containsx(inner.x0) and outer.containsx(inner.x1)) and bool(
        outer.containsy(inner.y0) and outer.containsy(inner.y1)
    )


def seen(colour: Any, behind: Any) -> float:
    """The contrast, 1 for what cannot be seen at all."""
    return contrast(colour, behind) if len(colour) != 4 or colour[3] > 0 else 1.0


def test_every_chart_is_among_those_looked_at():
    assert {name.split()[0] for name in CHARTS} == set(charts.__all__)


@each_theme
@each_chart
def test_every_text_can_be_read(plot, colours):
    figure = shown(plot, colours)
    assert ground(figure) == to_hex(colours.paper)
    texts = list(all_texts(figure))
    assert texts
    assert [row for row in texts if contrast(row[1], row[2]) < 4.5] == []


@each_theme
@each_chart
def test_every_mark_and_every_area_stands_out_from_paper_by_its_fill_or_its_outline(plot, colours):
    figure = shown(plot, colours)
    found = [mark for ax in figure.axes for mark in all_marks(ax)]
    assert found
    assert [
        (name, tones)
        for name, tones in found
        if max(seen(tone, colours.paper) for tone in tones) < 3.0
    ] == []


@each_theme
@pytest.mark.parametrize("kind", KINDS)
def test_ink_can_be_read_on_each_kind_of_bar_and_on_its_pale_one(kind, colours):
    with theme(colours is DARK):
        for succeeded in (True, False):
            assert contrast(colours.ink, face(kind, succeeded)) >= 4.5
        assert contrast(VERMILLION, colours.paper) >= 3.0


@pytest.mark.parametrize("tone", [*DARK.kinds.values(), DARK.other, DARK.blue])
def test_on_dark_paper_fills_stand_out_without_an_outline(tone):
    assert contrast(tone, DARK.paper) >= 3.0


def test_the_dark_kinds_differ_in_colour():
    for one, other in itertools.combinations([*DARK.kinds.values(), DARK.other, DARK.blue], 2):
        assert one != other


@each_theme
def test_what_was_drawn_in_a_theme_keeps_its_colours_when_it_is_shown_later(colours):
    def picture() -> bytes:
        out = io.BytesIO()
        ax.figure.savefig(out, format="rgba")  # type: ignore[union-attr]
        return out.getvalue()

    with theme(colours is DARK):
        ax = plot_gantt(BUSY, ax=axes())
        within = picture()
    with theme(colours is not DARK):
        assert picture() == within


@each_chart
def test_without_a_theme_a_chart_is_as_in_the_light_one(plot):
    def picture(figure: Figure) -> bytes:
        out = io.BytesIO()
        figure.savefig(out, format="rgba")
        plt.close(figure)
        return out.getvalue()

    figure = plot().figure
    assert isinstance(figure, Figure)
    assert picture(figure) == picture(shown(plot, LIGHT))


def test_axes_that_are_used_again_change_with_the_theme():
    ax = axes()
    for colours in (LIGHT, DARK, LIGHT):
        with theme(colours is DARK):
            plot_queue(BUSY, ax=ax)
        ax.figure.canvas.draw()
        assert to_hex(ax.figure.get_facecolor()) == to_hex(ax.get_facecolor())  # type: ignore[union-attr]
        assert to_hex(ax.get_facecolor()) == to_hex(colours.paper)
        assert ax.spines["left"].get_edgecolor() == ax.spines["bottom"].get_edgecolor()
        assert to_hex(ax.spines["left"].get_edgecolor()) == to_hex(colours.frame)
        inks = {to_hex(text.get_color()) for text in ax.findobj(Text) if text.get_text()}
        assert inks == {to_hex(colours.ink)}
        for artist in [*ax.patches, *ax.lines]:
            artist.remove()


def test_a_legend_is_made_anew_when_the_theme_changes_and_only_then():
    ax, key = axes(), legend_key("always the same", "#808080", "")
    legend_above(ax, [key])
    first = ax.get_legend()
    with theme(False):
        legend_above(ax, [key])
    assert ax.get_legend() is first
    with theme(True):
        legend_above(ax, [key])
    assert ax.get_legend() is not first


def test_without_a_theme_given_axes_keep_their_ground():
    ax = axes()
    ax.set_facecolor("beige")
    ax.figure.set_facecolor("pink")  # type: ignore[union-attr]
    plot_waits(DAY, ax=ax)
    assert to_hex(ax.get_facecolor()) == to_hex("beige")
    assert to_hex(ax.figure.get_facecolor()) == to_hex("pink")  # type: ignore[union-attr]


def test_themes_nest_and_end_with_an_error():
    with theme(True):
        with theme(False):
            assert palette() is LIGHT and paper() == "white"
        with pytest.raises(ZeroDivisionError), theme(False):
            _ = 1 / 0
        assert palette() is DARK and paper() == DARK.paper
    assert palette() is LIGHT


@pytest.mark.parametrize("dark", [None, 1, "dark"])
def test_a_theme_is_dark_or_not(dark):
    with pytest.raises(ArgumentError, match=r"dark must be a bool, got "), theme(dark):
        pass
