"""Lanes by worker and by order, and the outlines of a run to compare with."""

import itertools
from collections import Counter
from typing import Any

import chart_places
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.transforms import Bbox

from fulfillment_lib import Settings, sample_orders, simulate
from fulfillment_lib.charts import plot_gantt
from fulfillment_lib.charts.lanes import in_lanes, lane_names
from fulfillment_lib.errors import ArgumentError

pytestmark = pytest.mark.slow  # each test draws

RUN = simulate(sample_orders())
OTHER = simulate(sample_orders(), workers=3)


def attempts(*times: tuple[float, float], order_id: str = "A") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": [order_id] * len(times),
            "task_id": "A/packing",
            "kind": "packing",
            "priority": "standard",
            "worker": range(len(times)),
            "outcome": "succeeded",
            "start_s": [start for start, _ in times],
            "finish_s": [finish for _, finish in times],
        }
    )


def drawn(given: Any, width: float = 10.0, height: float = 6.9, **options: Any) -> Axes:
    return chart_places.drawn(plot_gantt, given, size=(width, height, 100.0), **options)


def extents(ax: Axes, *, outlines: bool = False) -> list[Bbox]:
    return [
        path.get_extents()
        for each in ax.collections
        if isinstance(each, PolyCollection)
        if bool(len(each.get_facecolor())) != outlines and each.get_linewidth()[0] > 0
        for path in each.get_paths()
    ]


def rectangles(table: pd.DataFrame) -> list[Bbox]:
    return [
        Bbox([[row.start_s, row.lane - row.height / 2], [row.finish_s, row.lane + row.height / 2]])
        for row in table.itertuples()
    ]


def shared(one: Bbox, other: Bbox) -> bool:
    return chart_places.overlap(one, other, 1e-9)


@pytest.mark.parametrize(
    ("times", "lanes"),
    [
        ([(0, 1)], [0.0]),
        ([(0, 1), (1, 2)], [0.0, 0.0]),
        ([(0, 2), (1, 3)], [-0.195, 0.195]),
        ([(0, 2), (1, 3), (2, 4)], [-0.195, 0.195, -0.195]),
        ([(0, 2), (1, 3), (3, 4)], [-0.195, 0.195, 0.0]),
        ([(0, 1), (0, 1), (0, 1)], [-0.26, 0.0, 0.26]),
        ([(1, 1), (1, 1)], [-0.195, 0.195]),
        ([(0, 1), (1, 1), (1, 2)], [0.0, -0.195, 0.195]),
    ],
)
def test_attempts_for_an_order_share_its_lane_while_they_overlap(times, lanes):
    placed = in_lanes(attempts(*times), "order", ["A"])
    assert list(placed["lane"]) == pytest.approx(lanes)
    assert {round(each, 4) for each in placed["height"]} <= {0.78, 0.3588, 0.2392}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=1, max_size=9))
def test_no_bar_of_an_order_hides_another_or_leaves_the_lane(times):
    table = attempts(*((float(start), float(start + length)) for start, length in times))
    placed = in_lanes(table, "order", ["other", "A"])
    boxes = rectangles(placed)
    assert not any(shared(*pair) for pair in itertools.combinations(boxes, 2))
    assert len({(box.x0, box.x1, round(box.y0, 9)) for box in boxes}) == len(boxes)
    assert all(0.6 < box.y0 < box.y1 < 1.4 for box in boxes)


def test_by_order_the_lanes_are_the_orders_in_input_order():
    assert lane_names("order", [RUN], []) == [order.id for order in RUN.orders]
    ax = drawn(RUN, by="order")
    assert [each.get_text() for each in ax.get_yticklabels()] == [each.id for each in RUN.orders]
    assert Counter(round(box.x0, 6) for box in extents(ax)) == Counter(
        round(each.start_s, 6) for each in RUN.attempts
    )


def test_by_order_a_bar_lies_in_the_lane_of_its_order_and_names_its_worker():
    ax = drawn(RUN, 20, 12, by="order")
    by_time = {(row.start_s, row.finish_s): row for row in RUN.timeline().itertuples()}
    ids = [order.id for order in RUN.orders]
    boxes = extents(ax)
    for box in boxes:
        row = by_time[box.x0, box.x1]
        assert abs((box.y0 + box.y1) / 2 - ids.index(row.order_id)) < 0.4
    texts = chart_places.labels(ax)
    assert len(texts) > 30
    for text in texts:
        at = ax.transData.inverted().transform(text.get_window_extent().get_points().mean(0))
        (box,) = [
            each for each in boxes if each.x0 <= at[0] <= each.x1 and each.y0 <= at[1] <= each.y1
        ]
        worker = by_time[box.x0, box.x1].worker
        assert text.get_text() in (f"worker {worker}", str(worker))


@pytest.mark.parametrize("given", [RUN, RUN.timeline(), OTHER], ids=["run", "table", "three"])
@pytest.mark.parametrize("size", [(10, 6.9), (5, 3)])
def test_by_order_labels_lie_in_one_bar_and_ticks_apart(given, size):
    ax = drawn(given, *size, by="order")
    boxes = [Bbox.union([box.transformed(ax.transData)]) for box in extents(ax)]
    for label in chart_places.labels(ax):
        assert sum(shared(label.extent, box) for box in boxes) == 1
    ticks = [each.get_window_extent() for each in ax.get_yticklabels()]
    assert not any(one.overlaps(other) for one, other in itertools.pairwise(ticks))


def test_a_task_of_no_order_has_a_lane_of_its_own():
    table = attempts((0, 1), (0, 1), order_id="").assign(task_id=["t1", "t2"])
    ax = drawn(table, by="order")
    assert [each.get_text() for each in ax.get_yticklabels()] == ["t1", "t2"]


@pytest.mark.parametrize("name", ["$x$", "$\\frac$", "a$b", "\u202eb", "x" * 100, r"\$", "_x"])
def test_hostile_ids_name_their_lane_harmlessly(name):
    ax = drawn(attempts((0, 1), order_id=name), by="order", ghost=attempts((0, 1), order_id="$y$"))
    for each in ax.get_yticklabels():
        plain, is_math = each._preprocess_math(each.get_text())
        assert not is_math and plain.isprintable()


@pytest.mark.parametrize("count", [3, 30, 300])
@pytest.mark.parametrize("by", ["worker", "order"])
def test_a_chart_with_outlines_draws_few_artists_for_many_bars(by, count):
    table = attempts(*((float(each), each + 1.5) for each in range(count)))
    table["worker"] = [each % 2 for each in range(count)]
    ax = drawn(table, by=by, ghost=table)
    assert len(extents(ax)) == len(extents(ax, outlines=True)) == count
    assert len(ax.collections) == 2


@pytest.mark.parametrize("by", ["worker", "order"])
def test_a_run_to_compare_with_is_outlined_behind_the_bars(by):
    ax = drawn(RUN, by=by, ghost=OTHER)
    outlines = extents(ax, outlines=True)
    assert Counter((box.x0, box.x1) for box in outlines) == Counter(
        (each.start_s, each.finish_s) for each in OTHER.attempts
    )
    assert len(extents(ax)) == len(RUN.attempts)
    (behind,) = [each for each in ax.collections if not len(each.get_facecolor())]
    assert behind.get_zorder() < min(
        each.get_zorder() for each in ax.collections if each is not behind
    )
    assert ax.get_legend().get_texts()[-1].get_text() == "compared: 42.0 s"


def test_with_outlines_the_axis_ends_at_the_later_makespan_and_a_line_marks_the_runs_own():
    later, earlier = drawn(RUN, ghost=OTHER), drawn(OTHER, ghost=RUN)
    for ax in (later, earlier):
        assert ax.get_xlim() == (0.0, OTHER.makespan_s)
        assert ax.get_xticks()[-1] == OTHER.makespan_s
    assert [line.get_xdata()[0] for line in later.lines if len(line.get_xdata()) == 2] == [
        RUN.makespan_s
    ]
    assert not later.spines["right"].get_visible() and earlier.spines["right"].get_visible()
    assert later.get_title(loc="left") == "12 orders on 5 workers, makespan 36.7 s"


def test_lanes_suffice_for_both_runs():
    assert drawn(OTHER, ghost=RUN).get_ylim() == (4.5, -0.5)
    ax = drawn(RUN.timeline(), by="order", ghost=attempts((0, 1), order_id="NEW"))
    assert ax.get_yticklabels()[-1].get_text() == "NEW"


def test_an_empty_run_has_an_empty_chart_by_order():
    ax = drawn(simulate(()), by="order", ghost=simulate(()))
    assert not extents(ax) and not chart_places.labels(ax)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "warehouse"}, "by must be one of 'worker', 'order', got 'warehouse'"),
        ({"by": None}, "by must be one of"),
        ({"ghost": 7}, "ghost must be a run or its timeline"),
        ({"ghost": Settings()}, "ghost must be a run or its timeline"),
    ],
)
def test_other_words_and_what_is_no_run_are_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        drawn(RUN, **options)
