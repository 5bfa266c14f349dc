"""Several Gantt charts on one time axis: what lies where, and that no words overlap."""

import itertools
from typing import Any

import numpy as np
import pytest
from chart_places import overlap
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fulfillment_lib import Durations, sample_orders, simulate
from fulfillment_lib.analysis.bounds import bounds
from fulfillment_lib.charts import gantts, plot_gantts
from fulfillment_lib.charts.palette import LIGHT
from fulfillment_lib.errors import ArgumentError

pytestmark = pytest.mark.slow  # each test draws

ORDERS = sample_orders()
FIVE, THREE, ONE = (simulate(ORDERS, workers=each) for each in (5, 3, 1))
FIFO = simulate(ORDERS, policy="fifo")
MANY = simulate(sample_orders(60), workers=40)
FEW = simulate(sample_orders(1), workers=2)
STILL = simulate(sample_orders(1), durations=Durations.constant(0, 0, 0))


def drawn(runs: Any, width: float = 10.0, height: float = 8.0, **options: Any) -> list[Axes]:
    figure = Figure((width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = plot_gantts(runs, ax=figure.subplots(len(runs)), **options)
    figure.canvas.draw()
    return list(axes)


def bound_lines(ax: Axes) -> list[float]:
    return sorted(float(line.get_xdata()[0]) for line in ax.lines if line.get_color() == LIGHT.blue)


def words(axes: list[Axes]) -> list[Any]:
    """All words outside of bars."""
    found = []
    for ax in axes:
        legend = ax.get_legend()
        found += [
            ax._left_title,
            ax.xaxis.label,
            *([legend] if legend else []),
            *ax.get_yticklabels(),
            *(each for each in ax.texts if hasattr(each, "xyann")),
        ]
    ticks = axes[-1].get_xticklabels()
    return [each for each in (*found, *ticks) if not hasattr(each, "get_text") or each.get_text()]


def overlaps(axes: list[Axes]) -> list[str]:
    boxes = [(each.get_window_extent(), each) for each in words(axes)]
    wrong = [
        f"{one[1]} on {other[1]}"
        for one, other in itertools.combinations(boxes, 2)
        if overlap(one[0], other[0])
    ]
    frames = [ax.get_window_extent() for ax in axes]
    wrong += [
        f"{text} in a panel"
        for box, text in boxes
        for frame in frames
        if min(box.x1, frame.x1) - max(box.x0, frame.x0) > 0.5
        and min(box.y1, frame.y1) - max(box.y0, frame.y0) > 1.5
    ]
    whole = axes[0].figure.bbox
    return wrong + [
        f"{text} is cut off"
        for box, text in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > whole.x1 + 1 or box.y1 > whole.y1 + 1
    ]


def test_all_panels_have_the_same_time_axis_to_the_latest_makespan():
    axes = drawn([FIVE, THREE, FIFO])
    assert {ax.get_xlim() for ax in axes} == {(0.0, THREE.makespan_s)}
    frames = [ax.get_window_extent() for ax in axes]
    assert len({(round(frame.x0), round(frame.x1)) for frame in frames}) == 1
    assert axes[-1].get_xticks()[-1] == THREE.makespan_s


def test_only_the_last_panel_has_words_below_it():
    first, last = drawn([FIVE, THREE])
    assert first.get_xlabel() == "" and last.get_xlabel() == "seconds from the start of the run"
    assert not any(tick.label1.get_visible() for tick in first.xaxis.get_major_ticks())
    assert all(tick.label1.get_visible() for tick in last.xaxis.get_major_ticks())


def test_each_panel_is_titled_with_its_name_and_makespan():
    axes = drawn({"fewer hands": THREE, 5: FIVE})
    assert [ax.get_title(loc="left") for ax in axes] == [
        "fewer hands: 3 workers, makespan 42.0 s",
        "5: 5 workers, makespan 36.7 s",
    ]
    assert [ax.get_title(loc="left")[:6] for ax in drawn([FIVE, FIVE])] == ["run 1:", "run 2:"]


@pytest.mark.parametrize("run", [FIVE, THREE, ONE, MANY, FEW], ids=repr)
def test_both_lower_bounds_are_lines_with_their_names_and_seconds(run):
    (ax,) = drawn([run])
    limit = bounds(run)
    assert bound_lines(ax) == pytest.approx(
        sorted([limit.work_per_worker_s, limit.critical_path_s])
    )
    assert all(at_s <= run.makespan_s + 1e-6 for at_s in bound_lines(ax))
    said = {
        each.xy[0]: each.get_text()
        for each in ax.texts
        if hasattr(each, "xyann") and each.get_text()
    }
    assert said[limit.work_per_worker_s].startswith("work ÷ workers ")
    assert said[limit.critical_path_s].startswith("critical path ")
    assert float(said[limit.critical_path_s].split()[-2]) == pytest.approx(
        limit.critical_path_s, rel=0.01
    )


def test_a_line_marks_the_makespan_of_a_run_that_ends_earlier():
    first, last = drawn([FIVE, THREE])
    black = [
        line.get_xdata()[0]
        for line in first.lines
        if len(line.get_xdata()) == 2 and line.get_color() != LIGHT.blue
    ]
    assert black == [FIVE.makespan_s] and last.spines["right"].get_visible()


def test_one_legend_serves_all_and_explains_what_occurs_in_any():
    axes = drawn([STILL, FIVE])
    assert [ax.get_legend() is not None for ax in axes] == [True, False]
    assert [each.get_text() for each in axes[0].get_legend().get_texts()] == [
        "inventory",
        "packing",
        "shipping",
        "express order",
        "timed out",
    ]


@pytest.mark.parametrize("size", [(10, 8), (7, 6)])
@pytest.mark.parametrize(
    "runs",
    [
        [FIVE],
        [FIVE, FIFO],
        [ONE, THREE, FIVE],
        [MANY, FEW],
        [FEW, STILL],
        [STILL],
        [THREE] * 4,
        [simulate(())],
    ],
)
def test_no_words_overlap_or_lie_in_a_panel(runs, size):
    for title in (None, "What fewer workers cost\nin seconds"):
        assert overlaps(drawn(runs, *size, title=title)) == []


@pytest.mark.parametrize("early", np.linspace(0.0, 1.0, 11))
def test_no_bound_crosses_the_words_of_the_other(early):
    for late in np.linspace(early, 1.0, 4):
        ax = FigureCanvasAgg(Figure((8, 3))).figure.add_subplot()
        ax.set_xlim(0.0, 10.0)
        limit = type("Limit", (), {"work_per_worker_s": 10 * early, "critical_path_s": 10 * late})
        gantts._draw_bounds(ax, limit, 10.0)
        ax.figure.canvas.draw()
        texts = [each for each in ax.texts if each.get_text()]
        arrows = [each for each in ax.texts if not each.get_text()]
        assert len(texts) == len(arrows) == 2
        for text, arrow in itertools.product(texts, arrows):
            box, line = text.get_window_extent(), arrow.arrow_patch.get_window_extent()
            crossed = line.x0 < box.x1 and line.x1 > box.x0 and line.y1 > box.y0 + 2
            assert not crossed
        frame = ax.get_window_extent()
        assert all(
            frame.x0 <= text.get_window_extent().x0 and text.get_window_extent().x1 <= frame.x1
            for text in texts
        )


@pytest.mark.parametrize("name", ["$x$", "$\\frac$", "a\u202eb", "x" * 100, "_x", "日本"])
def test_hostile_names_are_drawn_harmlessly(name):
    axes = drawn({name: FIVE, "b": THREE}, title=name)
    assert overlaps(axes) == []
    assert not axes[0]._left_title.get_parse_math()
    assert axes[0].get_title(loc="left").isprintable()


def test_without_axes_the_heights_follow_the_workers():
    from matplotlib import pyplot

    axes = plot_gantts([ONE, THREE, MANY], title="One, three, forty")
    try:
        axes[0].figure.canvas.draw()
        assert axes.shape == (3,) and axes[0].figure is pyplot.gcf()
        heights = [ax.get_window_extent().height for ax in axes]
        assert heights[0] < heights[2] / 4 and heights[0] == pytest.approx(heights[1], rel=0.01)
        assert overlaps(list(axes)) == []
    finally:
        pyplot.close(axes[0].figure)


def test_two_long_names_that_look_alike_are_two_panels():
    one, other = drawn({"x" * 40 + letter + "x" * 40: FIVE for letter in "ab"})
    assert one.get_title("left") == other.get_title("left") and "…" in one.get_title("left")


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (FIVE, "runs must be 1 to 12 runs"),
        ([], "runs must be 1 to 12 runs"),
        ({}, "runs must be"),
        ([FIVE] * 13, "runs must be"),
        (7, "runs must be"),
        ([FIVE.timeline()], "each of runs must be a FulfillmentRun"),
        ("ab", "each of runs must be a FulfillmentRun"),
        ({1: FIVE, "1": THREE}, "runs must be"),
    ],
)
def test_what_is_no_collection_of_runs_is_refused(runs, message):
    with pytest.raises(ArgumentError, match=message):
        plot_gantts(runs)


@pytest.mark.parametrize(
    ("ax", "message"),
    [
        (Figure().subplots(3), "ax must be 2 Axes, one per run, got 3"),
        ([Figure()] * 2, "each of ax must be a"),
        (Figure().add_subplot(), "ax must be 2 Axes"),
    ],
)
def test_axes_that_do_not_fit_are_refused(ax, message):
    with pytest.raises(ArgumentError, match=message):
        plot_gantts([FIVE, THREE], ax=ax)
