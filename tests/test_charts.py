"""Charts, by the geometry of their artists: the Gantt chart, and what all charts share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from fulfillment_lib import charts
from fulfillment_lib.analysis.timeline import timeline
from fulfillment_lib.charts import plot_gantt, style
from fulfillment_lib.charts.gantt import BAR_HEIGHT, MARKERS, STRIPE_HEIGHT
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.records import Attempt, Outcome
from fulfillment_lib.settings import Settings
from fulfillment_lib.tasks import TaskKind

KINDS = list(TaskKind)


@dataclass(frozen=True)
class HandMadeRun:
    """As much of a run as a chart looks at."""

    attempts: tuple[Attempt, ...]
    settings: Settings = field(default_factory=Settings)

    def timeline(self) -> pd.DataFrame:
        return timeline(self)  # type: ignore[arg-type]


def attempt(start_s: float = 0.0, finish_s: float = 2.0, worker: int = 0, *,
            order_id: str = "ORD-001", kind: str = "packing", priority: int = 1,
            outcome: Outcome = Outcome.SUCCEEDED) -> Attempt:
    return Attempt(order_id, f"{order_id}/{kind}", kind, priority, worker, 1, start_s, start_s,
                   finish_s, outcome, "", 0)


def busy(bars: int, workers: int) -> HandMadeRun:
    """Bars of many lengths, worker by worker without a gap, of all kinds and outcomes."""
    free_s = [0.0] * workers
    attempts = []
    for number in range(bars):
        worker = number % workers
        start_s, free_s[worker] = free_s[worker], free_s[worker] + 0.3 + (number * 7 % 11) / 2
        outcome = Outcome.TIMED_OUT if number % 13 == 12 else Outcome.SUCCEEDED
        attempts.append(attempt(start_s, free_s[worker], worker, kind=KINDS[number % 3],
                                order_id=f"ORD-{number // 4 + 1:03}", priority=int(number % 4 > 0),
                                outcome=outcome))
    return HandMadeRun(tuple(attempts), Settings(workers=workers))


def axes(width: float = 10.0, height: float = 3.75, **options: Any) -> Axes:
    figure = Figure(figsize=(width, height), **options)
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def drawn(source: Any, ax: Axes | None = None, **options: Any) -> Axes:
    ax = plot_gantt(source, ax=ax or axes(), **options)
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]
    return ax


def picture(source: Any) -> np.ndarray[Any, Any]:
    """The pixels of a chart."""
    ax = drawn(source)
    ax.figure.canvas.draw()
    return np.asarray(ax.figure.canvas.buffer_rgba())  # type: ignore[attr-defined]


def bars(ax: Axes) -> list[Bbox]:
    """The box of every bar, in seconds and lanes (the stripes left out)."""
    return [Bbox([path.vertices.min(0), path.vertices.max(0)])
            for collection in ax.collections if collection.get_label() in [*KINDS, "gift wrap"]
            for path in collection.get_paths()]


def spans(ax: Axes) -> list[tuple[float, float, float]]:
    """(lane, start, finish) of every bar, sorted."""
    return sorted((round((box.y0 + box.y1) / 2, 9), box.x0, box.x1) for box in bars(ax))


def labels(ax: Axes) -> list[Any]:
    return [text for text in ax.texts if text.get_visible()]


def tick_labels(axis: Any) -> list[Any]:
    return [label for label in axis.get_ticklabels() if label.get_text()]


def overlapping(texts: list[Any]) -> list[tuple[str, str]]:
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    return [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if a.overlaps(b)]


def legend_words(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


def markers(ax: Axes) -> dict[str, Line2D]:
    return {str(line.get_label()): line for line in ax.lines}


# bars

def test_a_bar_reaches_from_start_to_finish_in_the_lane_of_its_worker() -> None:
    given = (attempt(0.0, 1.5, 2), attempt(0.25, 4.0, 0, kind="inventory"), attempt(4.0, 4.125, 0))
    assert spans(drawn(HandMadeRun(given))) == [(0, 0.25, 4.0), (0, 4.0, 4.125), (2, 0.0, 1.5)]


def test_each_attempt_has_one_bar_and_a_few_artists_draw_them_all() -> None:
    ax = drawn(busy(300, 5))
    assert len(bars(ax)) == 300
    assert len(ax.collections) <= 8


def test_bars_of_neighbouring_lanes_do_not_touch() -> None:
    assert all(box.height == pytest.approx(BAR_HEIGHT) and box.height < 1
               for box in bars(drawn(busy(30, 5))))


def test_worker_0_is_at_the_top_and_idle_workers_have_lanes() -> None:
    ax = drawn(HandMadeRun((attempt(worker=1),), Settings(workers=4)))
    assert [label.get_text() for label in tick_labels(ax.yaxis)] == [
        "worker 0", "worker 1", "worker 2", "worker 3"]
    assert ax.get_ylim() == (3.5, -0.5)


def test_a_table_has_lanes_up_to_the_last_worker_used() -> None:
    ax = drawn(HandMadeRun((attempt(worker=2),), Settings(workers=9)).timeline())
    assert len(tick_labels(ax.yaxis)) == 3


def test_a_run_and_its_table_have_the_same_bars() -> None:
    run = busy(30, 5)
    assert spans(drawn(run)) == spans(drawn(run.timeline()))


def test_an_attempt_of_no_length_is_seen() -> None:
    blank = HandMadeRun((attempt(0.0, 10.0, worker=1),), Settings(workers=2))
    given = HandMadeRun((*blank.attempts, attempt(5.0, 5.0)), blank.settings)
    assert (0, 5.0, 5.0) in spans(drawn(given))
    changed = np.argwhere((picture(blank) != picture(given)).any(2))
    height, width = np.ptp(changed, axis=0)
    assert height > 30 and width < 5


def test_an_empty_run_gives_an_empty_chart() -> None:
    for source in (HandMadeRun(()), HandMadeRun(()).timeline()):
        ax = drawn(source)
        assert not bars(ax) and not labels(ax) and not legend_words(ax)
        assert [label.get_text() for label in tick_labels(ax.xaxis)] == ["0"]
        assert tick_labels(ax.yaxis)[0].get_text() == "worker 0"


# looks

def test_kinds_differ_in_pattern_so_that_no_colour_is_needed() -> None:
    ax = drawn(busy(30, 5))
    looks = {c.get_label(): (c.get_hatch(), tuple(c.get_facecolor()[0]))
             for c in ax.collections if c.get_label() in KINDS and to_rgb(c.get_edgecolor()[0])
             == to_rgb(style.INK)}
    assert set(looks) == set(KINDS)
    assert len({hatch for hatch, _ in looks.values()}) == 3
    assert len({colour for _, colour in looks.values()}) == 3


def test_every_kind_and_other_work_have_a_look_of_their_own() -> None:
    looks = [style.look(kind) for kind in [*KINDS, "gift wrap"]]
    assert len({colour for colour, _ in looks}) == len({hatch for _, hatch in looks}) == 4
    assert style.look("gift wrap") == style.look("") == (style.OTHER_COLOUR, style.OTHER_HATCH)


def luminance(colour: Any) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
             for part in to_rgb(colour)]
    return float(np.dot((0.2126, 0.7152, 0.0722), parts))


@pytest.mark.parametrize("kind", [*KINDS, "gift wrap"])
def test_labels_stand_out_from_what_they_are_written_on(kind: str) -> None:
    text = labels(drawn(HandMadeRun((attempt(0.0, 9.0, kind=kind),))))[0]
    ground = luminance(text.get_bbox_patch().get_facecolor()[:3])
    assert (ground + 0.05) / (luminance(text.get_color()) + 0.05) >= 7  # WCAG level AAA


def test_express_orders_have_a_dark_stripe_along_the_top() -> None:
    ax = drawn(HandMadeRun((attempt(1.0, 3.0, 2, priority=0), attempt(4.0, 5.0, 1))))
    stripe, = [c for c in ax.collections if isinstance(c, PolyCollection)
               and to_rgb(c.get_facecolor()[0]) == to_rgb(style.INK)]
    corners = stripe.get_paths()[0].vertices
    assert len(stripe.get_paths()) == 1
    assert (corners[:, 0].min(), corners[:, 0].max()) == (1.0, 3.0)
    assert corners[:, 1].min() == pytest.approx(2 - BAR_HEIGHT / 2)
    assert corners[:, 1].max() < 2 - BAR_HEIGHT / 4
    assert "express order" in legend_words(ax)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.TIMED_OUT, Outcome.CANCELLED])
def test_a_bar_that_did_not_succeed_is_pale_edged_and_marked_at_its_end(outcome: Outcome) -> None:
    ax = drawn(HandMadeRun((attempt(0.0, 5.0), attempt(5.0, 9.0, outcome=outcome))))
    words = outcome.replace("_", " ")
    line = markers(ax)[words]
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([9.0], [0])
    good, bad = (c for c in ax.collections if c.get_label() == "packing")
    assert luminance(bad.get_facecolor()[0][:3]) > luminance(good.get_facecolor()[0][:3]) + 0.2
    assert to_rgb(bad.get_edgecolor()[0]) == to_rgb(style.VERMILLION)
    assert words in legend_words(ax)


def test_outcomes_have_markers_of_different_shapes() -> None:
    assert len({str(marker) for marker in MARKERS.values()}) == len(MARKERS) == 3


def test_a_marker_stays_inside_its_bar() -> None:
    ax = drawn(HandMadeRun((attempt(0.0, 5.0, outcome=Outcome.FAILED), attempt(5.0, 9.0))))
    box = markers(ax)["failed"].get_window_extent()
    assert box.x1 <= ax.transData.transform((5.0, 0))[0] + 2


def test_the_legend_explains_what_occurs_and_nothing_else() -> None:
    assert legend_words(drawn(HandMadeRun((attempt(),)))) == ["packing"]
    everything = [attempt(kind=kind) for kind in reversed(KINDS)]
    everything += [attempt(priority=0, outcome=outcome) for outcome in Outcome]
    assert legend_words(drawn(HandMadeRun(tuple(everything)))) == [
        "inventory", "packing", "shipping", "express order", "failed", "timed out", "cancelled"]


@pytest.mark.parametrize(("kinds", "words"), [
    (["gift wrap"], ["gift wrap"]), (["gift wrap", "paint"], ["other work"]), ([""], ["task"])])
def test_other_work_has_one_legend_entry(kinds: list[str], words: list[str]) -> None:
    assert legend_words(drawn(HandMadeRun(tuple(attempt(kind=kind) for kind in kinds)))) == words


@pytest.mark.parametrize("width", [3.0, 5.0, 10.0])
@pytest.mark.parametrize("layout", [None, "constrained"])
def test_title_legend_and_bars_do_not_cover_each_other(width: float, layout: str | None) -> None:
    ax = axes(width, layout=layout)
    drawn(busy(40, 5), ax)
    legend, title = ax.get_legend().get_window_extent(), ax._left_title  # type: ignore[attr-defined]
    assert legend.y0 >= ax.bbox.y1
    assert title.get_window_extent().y0 >= legend.y1
    assert legend.x1 <= ax.figure.bbox.x1


# ticks and labels

SIZES = [(3, 1), (3, 5), (30, 5), (300, 5), (300, 1), (300, 100), (40, 40)]


@pytest.mark.parametrize(("number", "workers"), SIZES)
@pytest.mark.parametrize("size", [(10.0, 3.75), (4.0, 2.5), (6.0, 12.0)])
def test_no_two_tick_labels_overlap(number: int, workers: int, size: tuple[float, float]) -> None:
    ax = drawn(busy(number, workers), axes(*size))
    assert overlapping(tick_labels(ax.xaxis)) == []
    assert overlapping(tick_labels(ax.yaxis)) == []


@pytest.mark.parametrize(("number", "workers"), SIZES)
@pytest.mark.parametrize("dpi", [72, 200])
def test_a_label_lies_inside_its_bar(number: int, workers: int, dpi: int) -> None:
    ax = drawn(busy(number, workers), axes(dpi=dpi))
    boxes = [box.transformed(ax.transData) for box in bars(ax)]
    for text in labels(ax):
        inner = text.get_window_extent()
        assert any(min(box.x0, box.x1) <= inner.x0 and inner.x1 <= max(box.x0, box.x1)
                   and min(box.y0, box.y1) <= inner.y0 and inner.y1 <= max(box.y0, box.y1)
                   for box in boxes), text


def test_labels_do_not_overlap_and_keep_clear_of_the_markers() -> None:
    ax = drawn(busy(60, 5))
    assert overlapping(labels(ax)) == []
    line = markers(ax)["timed out"]
    ends = line.get_transform().transform(np.column_stack(line.get_data()))
    half = line.get_markersize() * ax.figure.dpi / 72 / 2
    for x, y in ends:
        spot = Bbox([[x - half, y - half], [x + half, y + half]])
        assert not any(spot.overlaps(text.get_window_extent()) for text in labels(ax))


def test_a_label_keeps_clear_of_the_stripe_of_an_express_order() -> None:
    ax = drawn(HandMadeRun((attempt(), attempt(priority=0, worker=1))))
    standard, express = (text.get_position()[1] for text in labels(ax))
    assert (standard, express) == (0.0, pytest.approx(1.0 + STRIPE_HEIGHT / 2))


@pytest.mark.parametrize("size", [(1.0, 3.75), (10.0, 0.7)])
def test_labels_go_away_and_come_back_with_the_size_of_the_figure(
        size: tuple[float, float]) -> None:
    ax = drawn(busy(30, 5))
    shown = len(labels(ax))
    ax.figure.set_size_inches(*size)
    assert len(labels(ax)) < shown / 2
    ax.figure.set_size_inches(10, 3.75)
    assert len(labels(ax)) == shown > 10


def test_ticks_follow_the_size_of_the_figure() -> None:
    ax = drawn(busy(300, 40), axes(10, 14))
    ax.figure.set_size_inches(3, 2)
    ax.figure.draw_without_rendering()
    assert overlapping(tick_labels(ax.xaxis)) == overlapping(tick_labels(ax.yaxis)) == []


def test_a_bar_says_the_order_whole_or_short_or_nothing() -> None:
    lengths = [(0.0, 20.0, "ORD-007"), (20.0, 21.5, "ORD-017"), (22.0, 22.01, "ORD-002"),
               (40.0, 50.0, "ORD-012")]
    ax = drawn(HandMadeRun(tuple(attempt(a, b, order_id=name) for a, b, name in lengths)))
    assert [text.get_text() for text in labels(ax)] == ["ORD-007", "17", "ORD-012"]


def test_work_of_no_order_is_labelled_by_its_task() -> None:
    ax = drawn(HandMadeRun((attempt(order_id="", kind="T1"), attempt(order_id="", kind="T2"))))
    assert [text.get_text() for text in labels(ax)] == ["/T1", "/T2"]
    assert ax.get_title("left").startswith("2 tasks on 5 workers")


@pytest.mark.parametrize(("makespan_s", "word"), [
    (34.2, "34.2"), (10.25, "10.25"), (7.0, "7"), (36.731245, "36.7"), (0.000321, "0.000321"),
    (1234.5, "1,234.5"), (1e7, "10,000,000"), (0.1, "0.1"), (20.0, "20")])
def test_the_makespan_is_the_last_tick(makespan_s: float, word: str) -> None:
    ax = drawn(HandMadeRun((attempt(0.0, makespan_s), attempt(0.0, makespan_s / 3, 1))))
    assert ax.get_xticks()[-1] == makespan_s
    assert tick_labels(ax.xaxis)[-1].get_text() == word
    assert ax.get_xlim() == (0.0, makespan_s)


@pytest.mark.parametrize("makespan_s", [0.000321, 7.0, 36.731245, 1234.5, 9_999_999.125])
@pytest.mark.parametrize("width", [1.0, 1.5, 2.0, 3.0, 20.0])
def test_time_ticks_keep_apart_on_narrow_axes(makespan_s: float, width: float) -> None:
    ax = drawn(HandMadeRun((attempt(0.0, makespan_s),)), axes(width, 2.0))
    assert overlapping(tick_labels(ax.xaxis)) == []
    assert len(tick_labels(ax.xaxis)) >= (5 if width == 20 else 1)


@given(end_s=st.floats(1e-6, 1e8), width=st.floats(1.0, 20.0))
def test_time_ticks_fit_any_makespan_on_any_width(end_s: float, width: float) -> None:
    ax = axes(width, 2.0)
    ax.set_xlim(0.0, end_s)
    ax.xaxis.set_major_locator(style.TimeLocator(end_s))
    ticks = list(ax.get_xticks())
    assert ticks == sorted(set(ticks)) and ticks[-1] == end_s and min(ticks) >= 0
    assert len(ticks) <= 12


@pytest.mark.parametrize(("workers", "height", "lanes"), [
    (5, 3.75, [0, 1, 2, 3, 4]), (20, 3.0, [0, 2]), (100, 10.0, [0, 5]), (1000, 8.0, [0, 50])])
def test_lanes_are_named_as_densely_as_they_fit(workers: int, height: float,
                                                lanes: list[int]) -> None:
    ax = drawn(HandMadeRun((attempt(),), Settings(workers=workers)), axes(10, height))
    assert list(ax.get_yticks())[:len(lanes)] == lanes


def test_the_title_counts_or_states_what_it_is_given() -> None:
    source = HandMadeRun((attempt(0.0, 34.2), attempt(order_id="B")), Settings(workers=1))
    assert drawn(source).get_title("left") == "2 orders on 1 worker, makespan 34.2 s"
    assert drawn(source, title="Two\nlines $x$").get_title("left") == "Two\nlines $x$"
    assert drawn(source, title="").get_title("left") == ""


# hostile text

HOSTILE = ["$x$", "$$", "\\frac{1}", "<script>alert(1)</script>", "\u202eevil\u2066", "_private",
           "x" * 100, "注文", "\U0001fae8", "a\u0301\u0327", "%s{}", "\ud800", "\t", "שלום", "=1+1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_drawn_without_a_warning(text: str) -> None:
    run = HandMadeRun((attempt(order_id=text), attempt(2.0, 4.0, order_id=text + "2", kind=text)))
    ax = drawn(run, title=text)
    ax.figure.canvas.draw()
    assert len(ax.collections) == 2


@pytest.mark.parametrize(("text", "shown"), [
    ("ORD-001", "ORD-001"), ("$x$", "$x$"), ("a\u202eb", "a\\u202eb"), ("\n\x00", "\\n\\x00"),
    ("注", "\\u6ce8"), ("é – ü", "é – ü"), ("\ud800", "\\ud800"), ("", "")])
def test_what_has_no_glyph_or_turns_the_text_is_escaped(text: str, shown: str) -> None:
    assert style.drawable(text) == shown


def test_long_text_loses_its_middle() -> None:
    assert style.drawable("ABCDEFGHIJ", 5) == "AB…IJ"
    assert len(style.drawable("x" * 100, 16)) == 16
    assert style.drawable("x" * 16, 16) == "x" * 16


@pytest.mark.parametrize(("names", "short"), [
    (["ORD-001", "ORD-012"], ["1", "12"]),
    (["ORD-100", "ORD-105"], ["100", "105"]),  # not "0" and "5"
    (["ORD-000", "ORD-001"], ["0", "1"]),
    (["A-1", "A-01"], [None, None]),  # both would be 1
    (["X1", "Y1"], [None, None]),
    (["ORD-001"], [None]),
    ([], []),
])
def test_short_names_keep_what_tells_them_apart(names: list[str], short: list[str | None]) -> None:
    texts = style.short_names(names)
    assert [texts[name][0] for name in names] == names
    assert [texts[name][1] if len(texts[name]) > 1 else None for name in names] == short


# arguments and figures

def test_the_given_axes_are_used_and_returned() -> None:
    ax = axes()
    assert plot_gantt(busy(3, 1), ax=ax) is ax


def test_without_axes_a_figure_is_made_as_high_as_its_lanes_need() -> None:
    from matplotlib import pyplot

    heights = []
    for workers in (1, 5, 1000):
        ax = plot_gantt(HandMadeRun((attempt(),), Settings(workers=workers)))
        heights.append(ax.figure.get_size_inches()[1])
        pyplot.close(ax.figure)
    assert heights == [pytest.approx(1.95), pytest.approx(3.75), 14.0]
    assert pyplot.get_fignums() == []


def test_with_axes_given_pyplot_is_never_imported() -> None:
    source = ("import sys\nfrom test_charts import axes, busy, plot_gantt\n"
              "plot_gantt(busy(30, 5), ax=axes()).figure.canvas.draw()\n"
              "print('matplotlib.pyplot' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True,
                          check=True, cwd=__file__.rpartition("/")[0])
    assert done.stdout.strip() == "False"


def test_a_chart_leaves_the_table_as_it_was() -> None:
    table = busy(30, 5).timeline()
    before = table.copy(deep=True)
    drawn(table)
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("source", [None, [1], "run", 7])
def test_what_is_no_run_is_refused(source: Any) -> None:
    with pytest.raises(ArgumentError, match=r"run_or_table must be a run or its timeline\(\), got"):
        plot_gantt(source, ax=axes())


def test_a_table_without_a_column_is_refused_by_name() -> None:
    with pytest.raises(ArgumentError, match=r"; worker is missing$"):
        plot_gantt(busy(3, 1).timeline().drop(columns="worker"), ax=axes())


def test_a_figure_in_place_of_axes_is_refused() -> None:
    with pytest.raises(ArgumentError, match="ax must be a"):
        plot_gantt(busy(3, 1), ax=axes().figure)  # type: ignore[arg-type]


def test_the_package_exports_its_charts_in_order() -> None:
    assert charts.__all__ == sorted(charts.__all__)
    assert all(callable(getattr(charts, name)) for name in charts.__all__)


@pytest.fixture(autouse=True)
def _no_figures_left() -> Iterator[None]:
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []
