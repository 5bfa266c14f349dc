"""The Gantt chart, read from its artists: where bars, labels, markers, ticks and legend lie.

`drawn` draws for real, with Agg, before anything is measured; sizes are in pixels then.
"""

import functools
import io
import itertools
from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from chart_places import contrast, labels, overlap
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle
from matplotlib.transforms import Bbox

from fulfillment_lib import FulfillmentRun, simulate
from fulfillment_lib.analysis.timeline import TIMELINE
from fulfillment_lib.charts import plot_gantt
from fulfillment_lib.charts.palette import LIGHT
from fulfillment_lib.charts.style import LABEL_SIZE
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.samples import sample_orders
from fulfillment_lib.settings import Durations, Faults

pytestmark = pytest.mark.slow  # each test draws

OUTCOMES = ("succeeded", "failed", "timed_out", "cancelled")
HOSTILE = [
    "$x$",
    "$\\frac$",
    "<script>alert(1)</script>",
    "a\u202eb",
    "שלום עולם",
    "日本語",
    "\U0001f4e6 box",
    "x" * 100,
    "Z\u0301\u0308\u0323" * 5,
    "_x",
    "%s {} \\n",
]


@functools.cache
def the_run(orders: int = 12, **settings: Any) -> FulfillmentRun:
    return simulate(sample_orders(orders), **settings)


@functools.cache
def faulty_run() -> FulfillmentRun:
    return simulate(
        sample_orders(20),
        max_attempts=2,
        timeout_s=5.0,
        faults=Faults(fail=0.2, hang=0.1, lost_reply=0.1),
    )


def a_table(
    bars: int = 3, workers: int = 1, makespan_s: float = 7.0, **columns: Any
) -> pd.DataFrame:
    """Bars without gaps on each worker, all kinds and outcomes in turn; the last ends last."""
    rounds = max(1, -(-bars // workers))
    starts = [number // workers / rounds * makespan_s for number in range(bars)]
    ends = [(number // workers + 1) / rounds * makespan_s for number in range(bars)]
    return pd.DataFrame(
        {
            "order_id": [f"ORD-{number:03d}" for number in range(bars)],
            "task_id": [f"ORD-{number:03d}/packing/EAST" for number in range(bars)],
            "kind": [("inventory", "packing", "shipping")[number % 3] for number in range(bars)],
            "priority": [("express", "standard")[number % 2] for number in range(bars)],
            "worker": [number % workers for number in range(bars)],
            "attempt": 1,
            "ready_s": 0.0,
            "start_s": starts,
            "finish_s": ends,
            "wait_s": starts,
            "service_s": makespan_s / rounds,
            "outcome": [
                OUTCOMES[number % 4] if number % 7 == 0 else "succeeded" for number in range(bars)
            ],
            "error": "",
        }
        | columns
    )


def a_figure(width: float = 10.0, height: float = 3.6, dpi: float = 100) -> Figure:
    figure = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def drawn(run_or_table: Any, *size: float, title: str | None = None) -> Axes:
    ax = plot_gantt(run_or_table, ax=a_figure(*size).add_subplot(), title=title)
    redraw(ax)
    return ax


def redraw(ax: Axes) -> np.ndarray[Any, Any]:
    canvas: Any = ax.figure.canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].astype(int)


def rectangles(ax: Axes) -> list[tuple[PolyCollection, Bbox]]:
    return [
        (each, path.get_extents())
        for each in ax.collections
        if isinstance(each, PolyCollection)
        for path in each.get_paths()
    ]


def bars(ax: Axes) -> list[tuple[PolyCollection, Bbox]]:
    """Collection, and extent in seconds and lanes, of each bar; stripes are lower than half."""
    return [each for each in rectangles(ax) if abs(each[1].height) > 0.5]


def stripes(ax: Axes) -> list[Bbox]:
    return [box for _, box in rectangles(ax) if abs(box.height) < 0.5]


def in_pixels(ax: Axes, box: Bbox) -> Bbox:
    corners = box.transformed(ax.transData)
    return Bbox([[corners.xmin, corners.ymin], [corners.xmax, corners.ymax]])


def markers(ax: Axes) -> list[tuple[str, float, float, Bbox]]:
    """Outcome, finish_s, lane, and what the marker covers in pixels, its white edge left out."""
    found = []
    for line in ax.lines:
        if line.get_marker() not in ("None", "", None):
            style = MarkerStyle(line.get_marker())
            shape = style.get_path().transformed(style.get_transform()).get_extents()
            px = line.get_markersize() * ax.figure.dpi / 72
            for x, y in np.atleast_2d(line.get_xydata()):
                at = line.get_transform().transform((x, y))
                found.append(
                    (
                        line.get_label(),
                        x,
                        y,
                        Bbox(
                            [
                                [at[0] + shape.x0 * px, at[1] + shape.y0 * px],
                                [at[0] + shape.x1 * px, at[1] + shape.y1 * px],
                            ]
                        ),
                    )
                )
    return found


def inside(inner: Bbox, outer: Bbox, slack: float = 0.75) -> bool:
    return (
        inner.x0 >= outer.x0 - slack
        and inner.x1 <= outer.x1 + slack
        and inner.y0 >= outer.y0 - slack
        and inner.y1 <= outer.y1 + slack
    )


def faults_of(ax: Axes) -> list[str]:
    """All that is wrong with the places of texts and markers, after a draw."""
    boxes = [in_pixels(ax, box) for _, box in bars(ax)]
    marks = [box for *_, box in markers(ax)]
    wrong = []
    for label in labels(ax):
        box = label.extent
        if not any(inside(box, bar) and inside(label.ground, bar, 1.5) for bar in boxes):
            wrong.append(f"label {label.get_text()} lies in no bar")
        if any(overlap(box, mark) for mark in marks):
            wrong.append(f"label {label.get_text()} lies under a marker")
    for axis in (ax.xaxis, ax.yaxis):
        texts = [tick.label1 for tick in axis.get_major_ticks() if tick.label1.get_text()]
        for one, other in itertools.pairwise(texts):
            if overlap(one.get_window_extent(), other.get_window_extent(), 0.0):
                wrong.append(f"ticks {one.get_text()} and {other.get_text()} overlap")
    frame, whole = ax.get_window_extent(), ax.figure.bbox
    ticks = [each.get_window_extent() for each in (*ax.get_xticklabels(), *ax.get_yticklabels())]
    others = [frame, *ticks, ax.xaxis.label.get_window_extent(), ax._left_title.get_window_extent()]
    legend = ax.get_legend()
    if legend is not None:
        box = legend.get_window_extent()
        wrong += [f"legend covers {other}" for other in others if overlap(box, other)]
        if not inside(box, whole):
            wrong.append("legend is cut off")
    wrong += [f"cut off: {tick}" for tick in ticks if not inside(tick, whole)]
    return wrong


def rows(table: pd.DataFrame) -> Counter[tuple[float, float, float]]:
    return Counter(
        zip(table["start_s"], table["finish_s"], map(float, table["worker"]), strict=True)
    )


@pytest.mark.parametrize(
    "run",
    [the_run(1), the_run(), the_run(60), the_run(workers=1), the_run(workers=40), faulty_run()],
    ids=repr,
)
def test_each_attempt_is_one_bar_from_start_to_finish_in_its_workers_lane(run):
    drawn_bars = [box for _, box in bars(drawn(run))]
    assert Counter((box.x0, box.x1, round((box.y0 + box.y1) / 2, 9)) for box in drawn_bars) == rows(
        run.timeline()
    )
    assert max(box.height for box in drawn_bars) < 1


def test_a_bar_has_the_colour_of_its_kind_and_is_pale_unless_it_succeeded():
    table = faulty_run().timeline()
    found = {}
    for collection, box in bars(drawn(faulty_run())):
        found[box.x0, box.x1, round((box.y0 + box.y1) / 2, 9)] = (
            tuple(collection.get_facecolor()[0][:3]),
            collection.get_hatch(),
        )
    looks: dict[tuple[str, bool], set[Any]] = {}
    for row in table.itertuples():
        look = found[row.start_s, row.finish_s, row.worker]
        looks.setdefault((row.kind, row.outcome == "succeeded"), set()).add(look)
    assert len(looks) == 6 and all(len(each) == 1 for each in looks.values())
    assert len(set.union(*looks.values())) == 6
    for kind in ("inventory", "packing", "shipping"):
        (full,), (pale,) = looks[kind, True], looks[kind, False]
        assert sum(pale[0]) > sum(full[0]) and pale[1] == full[1]


@pytest.mark.parametrize("count", [3, 30, 300])
def test_a_chart_draws_few_artists_for_many_bars(count):
    assert len(drawn(a_table(count, 5)).collections) <= 8


def test_a_stripe_along_the_top_marks_express_orders_and_no_others():
    run = the_run()
    ax = drawn(run)
    express = run.timeline().query("priority == 'express'")
    assert Counter((box.x0, box.x1, round(box.y0 + 0.39, 9)) for box in stripes(ax)) == rows(
        express
    )
    assert ax.yaxis_inverted()  # so that y0, the smaller number, is the top
    assert not stripes(drawn(the_run(3, seed=3).timeline().assign(priority="standard")))


@pytest.mark.slow
@pytest.mark.parametrize(
    "size", [(10, 3.6, 100), (10, 3.6, 72), (10, 3.6, 200), (4, 2.5, 100), (16, 9, 100), (6, 4, 72)]
)
@pytest.mark.parametrize("run", [the_run(), the_run(60, workers=100), faulty_run()], ids=repr)
def test_everything_has_its_place(run, size):
    assert faults_of(drawn(run, *size)) == []


@pytest.mark.parametrize("workers", [1, 5, 100])
@pytest.mark.parametrize(
    ("makespan_s", "count"),
    [(0.004, 30), (7, 30), (36.7, 3), (36.7, 30), (36.7, 300), (21588.9, 30), (1e6, 30)],
)
def test_everything_has_its_place_at_any_scale(makespan_s, count, workers):
    ax = drawn(a_table(count, workers, makespan_s))
    assert faults_of(ax) == []
    assert ax.get_xticks()[-1] == makespan_s and ax.get_xlim() == (0.0, makespan_s)
    shown = ax.get_xticklabels()[-1].get_text()
    assert float(shown.replace(",", "")) == makespan_s
    assert len(ax.get_yticks()) == min(workers, max(count, 1)) or workers == 100


def test_everything_has_its_place_in_a_figure_of_several_charts():
    figure = a_figure(12, 8)
    axes = figure.subplots(2, 2)
    for ax, run in zip(
        axes.flat, (the_run(), faulty_run(), the_run(60), the_run(workers=100)), strict=True
    ):
        plot_gantt(run, ax=ax)
    redraw(axes[0, 0])
    assert [faults_of(ax) for ax in axes.flat] == [[], [], [], []]
    assert all(labels(ax) for ax in axes.flat[:2])


@pytest.mark.parametrize("size", [(7, 3), (8, 2.2), (20, 9)])
def test_everything_has_its_place_after_the_figure_changed_its_size(size):
    ax = drawn(faulty_run())
    ax.figure.set_size_inches(*size)
    redraw(ax)
    redraw(ax)
    assert faults_of(ax) == []


def test_a_chart_leaves_the_other_axes_of_its_figure_alone():
    figure = a_figure(10, 6)
    mine, other = figure.subplots(2, 1)
    other.plot([0, 1], [0, 1])
    before = (other.get_xlim(), other.get_ylim(), len(other.get_children()), other.get_title())
    assert plot_gantt(the_run(), ax=mine) is mine
    redraw(mine)
    assert before == (
        other.get_xlim(),
        other.get_ylim(),
        len(other.get_children()),
        other.get_title(),
    )
    assert figure.axes == [mine, other]


def test_labels_name_the_order_of_their_bar_where_there_is_room():
    run = the_run(5)
    ax = drawn(run, 16)
    table = run.timeline()
    assert len(labels(ax)) > len(table) * 0.8
    for label in labels(ax):
        middle_px = label.get_window_extent().get_points().mean(0)
        at_s, lane = ax.transData.inverted().transform(middle_px)
        (row,) = table[
            (table["start_s"] <= at_s)
            & (at_s <= table["finish_s"])
            & (table["worker"] == round(lane))
        ].itertuples()
        assert label.get_text() in (row.order_id, row.order_id.removeprefix("ORD-").lstrip("0"))


def test_bars_of_tasks_without_an_order_carry_the_id_of_their_task():
    table = a_table(3, 3, order_id="", task_id=["a", "b", "c"], kind="", outcome="succeeded")
    ax = drawn(table)
    assert [each.get_text() for each in labels(ax)] == ["a", "b", "c"]
    assert ax.get_title(loc="left").startswith("3 tasks on 3 workers")
    assert [each.get_text() for each in ax.get_legend().get_texts()] == ["task", "express order"]


def test_a_single_order_keeps_its_whole_name():
    assert {each.get_text() for each in labels(drawn(the_run(1)))} == {"ORD-001"}


def test_labels_contrast_with_their_background():
    ax = drawn(faulty_run(), 20)
    bars_under = [(collection, in_pixels(ax, box)) for collection, box in bars(ax)]
    assert len(labels(ax)) > 20
    for label in labels(ax):
        assert any(inside(label.extent, extent) for _, extent in bars_under)
        assert contrast(label.ground_colour, LIGHT.ink) >= 4.5


@pytest.mark.parametrize("size", [(10, 3.6, 100), (10, 3.6, 72), (5, 3, 200)])
def test_a_marker_per_outcome_lies_just_inside_the_end_of_its_bar(size):
    table = a_table(16, 4, outcome=[OUTCOMES[number % 4] for number in range(16)])
    ax = drawn(table, *size)
    bad = table[table["outcome"] != "succeeded"]
    assert Counter((label, x, y) for label, x, y, _ in markers(ax)) == Counter(
        (row.outcome.replace("_", " "), row.finish_s, row.worker) for row in bad.itertuples()
    )
    ends = {
        (row.finish_s, row.worker): ax.transData.transform((row.finish_s, row.worker))
        for row in bad.itertuples()
    }
    for _, finish_s, lane, box in markers(ax):
        end_px = ends[finish_s, lane][0]
        assert end_px - 1.5 * box.width <= box.x0 and end_px - 4 <= box.x1 <= end_px + 0.5
        assert (box.y0 + box.y1) / 2 == pytest.approx(ends[finish_s, lane][1], abs=0.5)


@pytest.mark.parametrize("width", [10, 6])
def test_no_label_lies_under_the_marker_of_a_short_bar_after_it(width):
    starts = [0.0, *(2.0 + 0.04 * lane for lane in range(60))]
    table = pd.concat(
        [
            a_table(61, 61, start_s=0.0, finish_s=starts, order_id="ORD-1234", outcome="succeeded"),
            a_table(61, 61, 25.0, start_s=starts, finish_s=np.add(starts, 0.01), outcome="failed"),
            a_table(61, 61, 25.0, start_s=np.add(starts, 0.01), outcome="succeeded"),
        ]
    )
    ax = drawn(table, width, 20)
    assert faults_of(ax) == []
    shown = {each.get_text() for each in labels(ax)}
    assert "ORD-1234" in shown and len(shown) > 60


def test_markers_have_one_shape_per_outcome():
    ax = drawn(a_table(16, 4, outcome=[OUTCOMES[number % 4] for number in range(16)]))
    shapes = {
        line.get_label(): str(line.get_marker())
        for line in ax.lines
        if line.get_marker() not in ("None", "", None)
    }
    assert len(shapes) == len(set(shapes.values())) == 3


@pytest.mark.parametrize(
    ("changes", "entries"),
    [
        (
            {},
            [
                "inventory",
                "packing",
                "shipping",
                "express order",
                "failed",
                "timed out",
                "cancelled",
            ],
        ),
        ({"kind": "packing", "priority": "standard", "outcome": "succeeded"}, ["packing"]),
        ({"kind": "packing", "priority": "7", "outcome": "failed"}, ["packing", "failed"]),
        (
            {"kind": "gift wrapping", "priority": "express", "outcome": "succeeded"},
            ["gift wrapping", "express order"],
        ),
        ({"kind": "$x$", "priority": "0", "outcome": "succeeded"}, ["$x$"]),
        ({"kind": "_x", "priority": "0", "outcome": "succeeded"}, ["_x"]),
    ],
)
def test_the_legend_explains_what_occurs_and_nothing_else(changes, entries):
    outcomes = [OUTCOMES[number % 4] for number in range(30)]
    ax = drawn(a_table(30, 5, **({"outcome": outcomes} | changes)))
    assert [each.get_text() for each in ax.get_legend().get_texts()] == entries
    assert faults_of(ax) == []


def test_many_kinds_of_other_work_share_one_entry():
    ax = drawn(
        a_table(
            60,
            5,
            kind=[f"kind {number}" for number in range(60)],
            priority="2",
            outcome="succeeded",
        )
    )
    assert [each.get_text() for each in ax.get_legend().get_texts()] == ["other work"]
    assert len({tuple(collection.get_facecolor()[0]) for collection, _ in bars(ax)}) == 1


@pytest.mark.parametrize(
    "empty", [simulate(()), simulate(()).timeline(), a_table(0)], ids=["run", "table", "frame"]
)
def test_an_empty_run_is_an_empty_chart(empty):
    ax = drawn(empty)
    assert not rectangles(ax) and not labels(ax) and not markers(ax) and ax.get_legend() is None
    workers = 5 if isinstance(empty, FulfillmentRun) else 1
    lanes = "5 workers" if workers == 5 else "1 worker"
    assert ax.get_title(loc="left") == f"0 orders on {lanes}, makespan 0 s"
    assert [list(ax.get_xticks()), list(ax.get_yticks())] == [[0.0], list(range(workers))]


def test_a_run_in_which_nothing_takes_time_is_drawn():
    run = simulate(sample_orders(3, gap_s=0.0), durations=Durations.constant(0, 0, 0))
    ax = drawn(run)
    assert len(bars(ax)) == len(run.attempts) and list(ax.get_xticks()) == [0.0]


@pytest.mark.parametrize("at_s", [0.0, 3.0, 10.0])
@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_an_attempt_without_length_is_visible(at_s, outcome):
    table = a_table(
        2,
        2,
        10.0,
        start_s=[0.0, at_s],
        finish_s=[10.0, at_s],
        priority="standard",
        outcome=["succeeded", outcome],
    )
    ax = drawn(table)
    ax.grid(False)
    shown = redraw(ax)
    (missing,) = [box for _, box in bars(ax) if box.y0 > 0.5]
    box = in_pixels(ax, missing)
    middle = shown.shape[0] - round(box.y0 + 0.25 * (box.y1 - box.y0))
    strip = shown[middle, max(0, round(box.x0) - 2) : round(box.x0) + 3]
    blank = shown[shown.shape[0] - round(box.y0) + 6, max(0, round(box.x0) - 2) : round(box.x0) + 3]
    assert strip.min() < 130 and (at_s == 10.0 or blank.min() > 200)


def test_lane_labels_thin_out_when_lanes_are_narrow():
    few, many = drawn(the_run(workers=8)), drawn(the_run(workers=1000))
    assert [each.get_text() for each in few.get_yticklabels()] == [
        f"worker {lane}" for lane in range(8)
    ]
    assert many.get_yticklabels()[0].get_text() == "worker 0"
    assert 3 <= len(many.get_yticklabels()) <= 20


def test_labels_disappear_before_they_leave_a_narrow_lane():
    ax = drawn(a_table(100, 100))
    assert not labels(ax)
    ax.figure.set_size_inches(10, 40)
    redraw(ax)
    assert len(labels(ax)) == 100 and faults_of(ax) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_ids_are_drawn_harmlessly(name):
    table = a_table(
        4, 4, order_id=[name, name + "1", name + "2", "plain"], kind=name, priority=name, title=name
    )
    ax = drawn(table, 12, 4, title=name)
    assert faults_of(ax) == []
    assert len(labels(ax)) == 4
    assert all(label.text.isprintable() for label in labels(ax))
    for text in (*ax.get_legend().get_texts(), ax._left_title):
        assert not text.get_parse_math() and text.get_text().isprintable()


def test_hostile_ids_that_share_a_beginning_are_drawn_harmlessly():
    for names in (["a\u0301", "a\u0308", "a"], ["$a$", "$b$"], ["\u202e1", "\u202e2"], HOSTILE):
        assert faults_of(drawn(a_table(len(names), 2, order_id=names), 9)) == []


def test_the_title_counts_unless_one_is_given():
    assert drawn(the_run()).get_title(loc="left") == "12 orders on 5 workers, makespan 36.7 s"
    assert drawn(the_run(1, workers=1)).get_title(loc="left").startswith("1 order on 1 worker, ")
    assert drawn(the_run(), title="Half as many").get_title(loc="left") == "Half as many"
    assert drawn(the_run(), title="").get_title(loc="left") == ""
    assert drawn(the_run(), title="one\ntwo").get_title(loc="left") == "one\ntwo"


def test_a_table_draws_what_its_run_draws_with_lanes_up_to_the_last_worker_used():
    run = the_run(workers=40)
    by_run, by_table = drawn(run), drawn(run.timeline())
    assert [box.bounds for _, box in bars(by_run)] == [box.bounds for _, box in bars(by_table)]
    assert by_run.get_ylim() == (39.5, -0.5)
    assert by_table.get_ylim() == (run.timeline()["worker"].max() + 0.5, -0.5)


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table,
        lambda table: table[table["worker"] == 3],
        lambda table: table.sample(frac=1.0, random_state=1),
        lambda table: pd.concat([table.head(5), table.tail(5)]).set_index(pd.Index([0] * 10)),
        lambda table: table.astype(
            {"kind": "category", "outcome": "category", "order_id": "category"}
        ),
        lambda table: table.astype({"worker": "uint8"}).astype(object),
        lambda table: table.set_index("attempt"),
    ],
)
def test_any_part_and_order_of_a_table_is_drawn(change):
    table = change(the_run().timeline())
    ax = drawn(table)
    assert Counter(
        (box.x0, box.x1, round((box.y0 + box.y1) / 2, 9)) for _, box in bars(ax)
    ) == rows(table)
    assert faults_of(ax) == []


@pytest.mark.parametrize(
    "table",
    [
        the_run().timeline(),
        a_table(0),
        a_table(4, 2, order_id=["1", "2", "03", "4"]),
        a_table(4, 2, order_id=""),
        a_table(4, 2, order_id=["", "1", "2", "3"]),
        a_table(4, 2, kind="", task_id=["1", "2", "3", "4"], order_id=""),
        a_table(4, 2, order_id=["NA", "nan", "None", "x"]),
    ],
)
def test_a_table_that_went_through_a_file_is_drawn_as_before(table):
    text = table.to_csv(index=False)
    ax, again = drawn(table), drawn(pd.read_csv(io.StringIO(text)))
    assert [box.bounds for _, box in bars(again)] == [box.bounds for _, box in bars(ax)]
    assert len(labels(again)) == len(labels(ax))
    assert [each.get_text() for each in again.get_yticklabels()] == [
        each.get_text() for each in ax.get_yticklabels()
    ]


def test_drawing_does_not_change_the_table():
    table = pd.read_csv(io.StringIO(faulty_run().timeline().to_csv(index=False)))
    before = table.copy(deep=True)
    drawn(table)
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize(
    "column", ["order_id", "kind", "priority", "worker", "start_s", "finish_s", "outcome"]
)
def test_a_table_without_a_column_that_is_needed_is_refused(column):
    with pytest.raises(ArgumentError, match=f"run_or_table must be .*{column} is missing"):
        plot_gantt(the_run().timeline().drop(columns=column), ax=a_figure().add_subplot())


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("start_s", "soon"),
        ("start_s", np.nan),
        ("finish_s", np.inf),
        ("finish_s", -1.0),
        ("start_s", 99.0),
        ("start_s", -0.5),
        ("worker", "first"),
        ("worker", np.nan),
        ("worker", -1),
        ("worker", 1.5),
        ("worker", 10**9),
        ("finish_s", pd.Timestamp("2026-03-02")),
        ("worker", None),
        ("start_s", True),
        ("worker", True),
        ("finish_s", "1.5"),
    ],
)
def test_a_table_with_impossible_times_or_workers_is_refused(column, value):
    table = the_run(3).timeline().astype({column: object})
    table.loc[1, column] = value
    ax = a_figure().add_subplot()
    late = (column, value) == ("start_s", 99.0)
    with pytest.raises(ArgumentError, match=f"^{'finish_s' if late else column} must be .*, got "):
        plot_gantt(table, ax=ax)
    assert not ax.collections and not ax.artists


def test_a_table_with_a_doubled_column_is_refused():
    table = the_run(3).timeline()
    with pytest.raises(ArgumentError, match=r"run_or_table must be .*; worker comes 2 times"):
        plot_gantt(pd.concat([table, table[["worker"]]], axis=1), ax=a_figure().add_subplot())


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        7,
        "run",
        [],
        {},
        {name: [] for name in TIMELINE},
        the_run().attempts,
        the_run().reports,
        pd.Series([1]),
        SimpleNamespace(timeline=the_run().timeline),
        SimpleNamespace(timeline=1, settings=1),
        SimpleNamespace(timeline=lambda: None, settings=1),
        the_run().summary(),
    ],
    ids=lambda wrong: type(wrong).__name__,
)
def test_what_is_neither_run_nor_timeline_is_refused(wrong):
    with pytest.raises(ArgumentError, match="run_or_table must be a run or its timeline"):
        plot_gantt(wrong, ax=a_figure().add_subplot())


def test_what_is_no_axes_is_refused():
    with pytest.raises(ArgumentError, match="ax must be a"):
        plot_gantt(the_run(), ax=a_figure())  # type: ignore[arg-type]


def test_without_axes_a_chart_makes_one_figure_of_its_own():
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    other = a_figure().add_subplot()
    ax = plot_gantt(the_run())
    try:
        assert len(pyplot.get_fignums()) == len(before) + 1
        assert ax.figure is pyplot.gcf() and ax.figure.axes == [ax]
        assert not other.has_data()
        ax.figure.canvas.draw()
        assert faults_of(ax) == []
    finally:
        pyplot.close(ax.figure)
    assert pyplot.get_fignums() == before


def test_a_chart_can_be_drawn_again_into_the_same_axes():
    ax = drawn(faulty_run())
    ax.clear()
    plot_gantt(the_run(3), ax=ax)
    redraw(ax)
    assert len(bars(ax)) == len(the_run(3).attempts) and faults_of(ax) == []


def test_the_same_run_gives_the_same_bytes():
    def png() -> bytes:
        file = io.BytesIO()
        drawn(faulty_run()).figure.savefig(file, format="png", metadata={"Software": None})
        return file.getvalue()

    assert png() == png()


@pytest.mark.parametrize("dpi", [72, 200])
def test_everything_has_its_place_when_saved_with_another_resolution(dpi):
    ax = drawn(faulty_run())
    ax.figure.dpi = dpi
    redraw(ax)
    assert faults_of(ax) == [] and labels(ax)


def test_texts_are_dark_and_of_a_readable_size():
    ax = drawn(the_run())
    shown = redraw(ax)
    assert LABEL_SIZE >= 8 and labels(ax)
    for label in labels(ax):
        box = label.extent
        assert box.height >= 0.7 * LABEL_SIZE * ax.figure.dpi / 72  # of a digit or a capital
        rows = slice(len(shown) - round(box.y1), len(shown) - round(box.y0))
        assert shown[rows, round(box.x0) : round(box.x1)].min() < 100
