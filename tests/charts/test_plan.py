"""The chart of a plan: its boxes, arrows and texts, read from the artists after a draw."""

import itertools
from dataclasses import replace
from typing import Any

import chart_places
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from fulfillment_lib import (
    Faults,
    Network,
    Order,
    Plan,
    Product,
    Task,
    Warehouse,
    plan_order,
    sample_orders,
    simulate,
)
from fulfillment_lib.charts import plot_plan
from fulfillment_lib.charts.palette import LIGHT, VERMILLION
from fulfillment_lib.charts.style import BoxText, look
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.plan import task_id
from fulfillment_lib.records import Reservation

pytestmark = pytest.mark.slow  # each test draws

ORDERS = sample_orders()
RUN = simulate(ORDERS)
SPLIT = ORDERS[6]
FAULTY = simulate(
    sample_orders(20),
    max_attempts=2,
    timeout_s=5.0,
    faults=Faults(fail=0.2, hang=0.1, lost_reply=0.1),
)
HOSTILE = [
    "$x$",
    "$\\frac$",
    "<b>x</b>",
    "a\u202eb",
    "שלום",
    "日本語",
    "x" * 100,
    "_x",
    "100%/50 %2F",
    "a\u0301",
]


def big_plan(lines: int, warehouses: int = 3) -> Plan:
    skus = [f"SKU-{number:03d}" for number in range(lines)]
    order = Order("BIG", dict.fromkeys(skus, 2), "express", "94103")
    return plan_order(
        order,
        [
            Reservation(f"BIG/inventory/{sku}", f"HOUSE-{(place + part) % warehouses}", sku, 1)
            for place, sku in enumerate(skus)
            for part in range(min(2, warehouses))
        ],
    )


def inches(given: Any, order_id: str | None = None) -> tuple[float, float]:
    """The size that a chart would take for itself."""
    from matplotlib import pyplot

    ax = plot_plan(given, order_id)
    size = ax.figure.get_size_inches()
    pyplot.close(ax.figure)
    return float(size[0]), float(size[1])


def drawn(given: Any, order_id: str | None = None, size: Any = None, **options: Any) -> Axes:
    size = size or inches(given, order_id)
    return chart_places.drawn(plot_plan, given, order_id, size=(*size, 100.0), **options)


def boxes(ax: Axes) -> list[Rectangle]:
    return [
        each
        for each in ax.patches
        if isinstance(each, Rectangle)
        and each.get_label() in ("inventory", "packing", "quality", "shipping")
    ]


def arrows(ax: Axes) -> list[FancyArrowPatch]:
    return [each for each in ax.patches if isinstance(each, FancyArrowPatch)]


def texts(ax: Axes) -> list[BoxText]:
    return [each for each in ax.texts if isinstance(each, BoxText) and each.get_visible()]


def words(ax: Axes) -> dict[Any, list[str]]:
    """The texts in each box, the name first."""
    ax.figure.canvas.draw()
    found: dict[Any, list[str]] = {box: [] for box in boxes(ax)}
    for text in texts(ax):
        middle = text.get_window_extent().get_points().mean(0)
        (box,) = [each for each in found if each.get_window_extent().contains(*middle)]
        found[box].append(text.get_text())
    return found


def faults_of(ax: Axes) -> list[str]:
    """All that is wrong with the places of boxes, texts and markers."""
    frames = [box.get_window_extent() for box in boxes(ax)]
    shown = [(each.get_text(), each.get_window_extent()) for each in texts(ax)]
    heads = [
        (each.get_text(), each.get_window_extent())
        for each in (*ax.texts, ax._left_title)
        if not isinstance(each, BoxText) and each.get_text()
    ]
    wrong = [
        f"boxes at {one} and {other}"
        for one, other in itertools.combinations(frames, 2)
        if one.overlaps(other)
    ]
    wrong += [
        f"{text} leaves its box"
        for text, at in shown
        if not any(
            at.x0 >= box.x0 - 0.5
            and at.x1 <= box.x1 + 0.5
            and at.y0 >= box.y0 - 0.5
            and at.y1 <= box.y1 + 0.5
            for box in frames
        )
    ]
    marks = [line.get_window_extent() for line in ax.lines]
    wrong += [
        f"{text} under a marker"
        for text, at in shown
        for mark in marks
        if min(at.x1, mark.x1) - max(at.x0, mark.x0) > 1
        and min(at.y1, mark.y1) - max(at.y0, mark.y0) > 1
    ]
    wrong += [
        f"{one} on {other}"
        for (one, at), (other, there) in itertools.combinations(shown + heads, 2)
        if min(at.x1, there.x1) - max(at.x0, there.x0) > 0.5
        and min(at.y1, there.y1) - max(at.y0, there.y0) > 0.5
    ]
    whole = ax.figure.bbox
    wrong += [f"{text} is cut off" for text, at in heads if at.x0 < -1 or at.y1 > whole.y1 + 1]
    return wrong


def test_a_plan_has_a_box_per_task_and_an_arrow_per_edge():
    plan = plan_order(SPLIT)
    ax = drawn(plan)
    assert [box.get_label() for box in boxes(ax)] == [task.kind for task in plan.tasks]
    assert [each for found in words(ax).values() for each in found] == [
        "MONITOR-004",
        "HEADSET-005",
        "MOUSE-002",
        "not known yet",
        "not known yet",
    ]
    assert len(arrows(ax)) == len(plan.edges) == 4
    assert ax.get_title(loc="left") == "ORD-007: 3 stock checks, then packing and shipping"


def test_kinds_stand_in_columns_from_left_to_right():
    ax = drawn(RUN, "ORD-007")
    lefts: dict[str, set[float]] = {}
    for box in boxes(ax):
        lefts.setdefault(box.get_label(), set()).add(round(box.get_x(), 6))
    assert all(len(each) == 2 for each in lefts.values())
    expected, revised = zip(*(sorted(lefts[kind]) for kind in LIGHT.kinds), strict=True)
    assert list(expected) == sorted(expected) and list(revised) == sorted(revised)
    assert max(expected) + 1 < min(revised)


@pytest.mark.parametrize("plan", [plan_order(SPLIT), big_plan(20), big_plan(3, 1)], ids=repr)
def test_each_arrow_leads_from_the_right_of_one_box_to_the_left_of_another(plan):
    ax = drawn(plan)
    sides = [plan] if plan.first is None else [plan.first, plan]
    ends = []
    for arrow in arrows(ax):
        (x0, y0), (x1, y1) = arrow._path_original.vertices[[0, -1]]
        (start,) = [
            box
            for box in boxes(ax)
            if np.isclose(box.get_x() + box.get_width(), x0)
            and box.get_y() < y0 < box.get_y() + box.get_height()
        ]
        (end,) = [
            box
            for box in boxes(ax)
            if np.isclose(box.get_x(), x1) and box.get_y() < y1 < box.get_y() + box.get_height()
        ]
        ends.append((start.get_label(), end.get_label()))
        assert start.get_x() < end.get_x()
    kinds = {task.id: str(task.kind) for side in sides for task in side.tasks}
    assert sorted(ends) == sorted(
        (kinds[before], kinds[after]) for side in sides for before, after in side.edges
    )


def test_one_packing_is_seen_to_become_three():
    ax = drawn(RUN, "ORD-007")
    assert [each.get_text() for each in ax.texts if each.get_text().startswith("as ")] == [
        "as expected",
        "as revised",
    ]
    packings = [box.get_x() for box in boxes(ax) if box.get_label() == "packing"]
    assert sorted(packings.count(each) for each in set(packings)) == [1, 3]
    assert ax.get_title(loc="left") == "ORD-007: 1 packing expected, 3 after the stock checks"


def test_a_run_and_the_plans_of_its_order_have_the_same_graph():
    reservations = [
        each
        for result in RUN.results
        if result.task.order_id == "ORD-007" and result.task.kind == "inventory"
        for each in result.value.reservations
    ]
    of_plan, of_run = drawn(plan_order(SPLIT, reservations)), drawn(RUN, "ORD-007")
    assert [box.get_bbox().bounds for box in boxes(of_plan)] == [
        box.get_bbox().bounds for box in boxes(of_run)
    ]
    assert [list(map(tuple, arrow._path_original.vertices)) for arrow in arrows(of_plan)] == [
        list(map(tuple, arrow._path_original.vertices)) for arrow in arrows(of_run)
    ]


def test_each_box_of_a_run_says_what_came_of_its_task():
    for order in FAULTY.orders:
        ax = drawn(FAULTY, order.id)
        said = [found for found in words(ax).values() if len(found) == 2]
        results = [each for each in FAULTY.results if each.task.order_id == order.id]
        assert len(said) == len(results)
        for (name, word), result in zip(said, results, strict=True):
            assert result.task.id.endswith(name) or name == "no warehouse"
            assert word.startswith(result.outcome.replace("_", " "))


def test_a_task_in_vain_has_a_marker_and_a_pale_box_and_a_skipped_one_a_broken_edge():
    ax = drawn(RUN, "ORD-003")
    shown = {tuple(found): box for box, found in words(ax).items()}
    failed = shown["EAST", "timed out at 13.1 s"]
    (mark,) = [line for line in ax.lines if line.get_marker() != "None"]
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (failed.get_x() + 1.0, failed.get_y())
    assert failed.get_edgecolor()[:3] == to_rgb(VERMILLION) and failed.get_linestyle() == "-"
    skipped = [box for box, found in words(ax).items() if found[1:] == ["skipped"]]
    assert [box.get_linestyle() for box in skipped] == ["--"]
    assert [box for box in boxes(ax) if box.get_linestyle() == "--"] == skipped
    assert [arrow.get_linestyle() for arrow in arrows(ax)].count("--") == 1


def test_an_order_for_which_nothing_was_reserved_says_so():
    ax = drawn(FAULTY, "ORD-001")
    assert ax.get_title(loc="left") == ("ORD-001: nothing was reserved, the plan stays as expected")
    assert ["no warehouse", "skipped"] in words(ax).values()


@pytest.mark.parametrize("size", [None, (10, 3), (5, 2), (16, 9), (4.5, 2)])
@pytest.mark.parametrize("order_id", ["ORD-001", "ORD-003", "ORD-007", "ORD-015"])
def test_texts_lie_in_their_boxes_at_any_size(order_id, size):
    assert faults_of(drawn(FAULTY, order_id, size)) == []


@pytest.mark.parametrize("lines", [3, 30, pytest.param(300, marks=pytest.mark.nightly)])
def test_any_number_of_lines_is_drawn_without_overlap(lines):
    ax = drawn(big_plan(lines))
    assert faults_of(ax) == [] and len(boxes(ax)) == 2 * lines + 8


def test_twenty_lines_from_three_warehouses_are_readable():
    network = Network(
        [Product(f"SKU-{number}", "thing", 1, 9, 9, 9) for number in range(20)],
        [
            Warehouse(name, code, {f"SKU-{number}": 1 for number in range(20)})
            for name, code in (("EAST", "10001"), ("MID", "60601"), ("WEST", "94103"))
        ],
    )
    run = simulate(
        [Order("O", {f"SKU-{number}": 3 for number in range(20)}, "standard", "94103")], network
    )
    ax = drawn(run)
    assert faults_of(ax) == []
    assert len(texts(ax)) == 22 + 2 * 26 and len(arrows(ax)) == 21 + 63
    assert all(text.get_fontsize() >= 8 and text.get_color() == LIGHT.ink for text in texts(ax))
    ends = sorted(tuple(arrow._path_original.vertices[-1]) for arrow in arrows(ax))
    assert len(set(ends)) == len(ends)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_ids_are_drawn_harmlessly(name):
    network = Network([Product(name, "thing", 1, 9, 9, 9)], [Warehouse(name, "10001", {name: 3})])
    run = simulate([Order(name, {name: 1}, "standard", "94103")], network)
    ax = drawn(run, name, title=name)
    assert faults_of(ax) == [] and len(texts(ax)) == 3 + 6
    for text in (*texts(ax), ax._left_title):
        assert not text.get_parse_math() and text.get_text().isprintable()
    if name.isascii() and len(name) < 20:
        assert [found[0] for found in words(ax).values()].count(name) == 4


def test_a_name_that_does_not_fit_is_shortened_and_comes_back_in_a_wider_figure():
    name = "A-RATHER-LONG-NAME-OF-A-PRODUCT"
    ax = drawn(plan_order(Order("O", {name: 1}, "standard", "94103")))
    (narrow, *_), *_ = words(ax).values()
    ax.figure.set_size_inches(14, 3)
    ax.figure.canvas.draw()
    (wide, *_), *_ = words(ax).values()
    assert "…" in narrow and wide == name


def with_quality(plan: Plan) -> Plan:
    """The plan with a fourth kind of work, a quality check between packing and shipping."""
    tasks: list[Task] = []
    for task in plan.tasks:
        if task.kind == "shipping":
            part = task.id.rpartition("/")[2] if task.id.count("/") == 2 else ""
            check = Task(
                task_id(plan.order_id, "quality", part),
                "quality",
                plan.order_id,
                depends_on=task.depends_on,
            )
            tasks += [check, replace(task, depends_on=(check.id,))]
        else:
            tasks.append(task)
    return Plan(plan.order_id, tuple(tasks), plan.first and with_quality(plan.first))


def test_a_fourth_kind_of_work_has_a_column_and_a_look_of_its_own():
    ax = drawn(with_quality(big_plan(3)))
    kinds = ["inventory", "packing", "quality", "shipping"]
    heads = [
        each.get_text()
        for each in ax.texts
        if each.get_text() in kinds and not isinstance(each, BoxText)
    ]
    assert heads == 2 * kinds and faults_of(ax) == []
    frames = boxes(ax)
    columns = [
        sorted({round(box.get_x(), 6) for box in frames if box.get_label() == kind})
        for kind in kinds
    ]
    assert all(len(lefts) == 2 for lefts in columns)
    assert columns == sorted(columns, key=lambda lefts: lefts[0])
    assert {look("quality")[1]} == {
        each.get_hatch()
        for each in ax.patches
        if each.get_facecolor()[:3] == to_rgb(look("quality")[0]) and each.get_hatch()
    }
    title = drawn(with_quality(plan_order(SPLIT))).get_title(loc="left")
    assert title == "ORD-007: 3 stock checks, then packing and quality and shipping"


def test_the_name_of_a_task_is_what_its_id_ends_with():
    plan = Plan(
        "O",
        (
            Task("O/inventory/A%2FB/2", "inventory", "O"),
            Task("O/quality", "quality", "O"),
            Task("by hand", "inventory", "O"),
        ),
    )
    assert {each.get_text() for each in texts(drawn(plan, size=(6, 3)))} == {
        "A/B/2",
        "quality",
        "by hand",
    }


def test_a_plan_made_by_hand_is_drawn():
    tasks = (Task("a", "inventory"), Task("b", "gift wrapping", depends_on=("a", "elsewhere")))
    ax = drawn(Plan("O", tasks), size=(6, 2))
    assert {each.get_text() for each in texts(ax)} == {"a", "b"} and len(arrows(ax)) == 1
    assert boxes(drawn(Plan("O", ()), size=(6, 2))) == []


def test_a_run_of_one_order_needs_no_id():
    assert len(boxes(drawn(simulate(ORDERS[:1])))) == 2 * 3
    assert len(boxes(drawn(plan_order(ORDERS[0]), "ORD-001"))) == 3


@pytest.mark.parametrize(
    ("given", "order_id", "message"),
    [
        (RUN, None, "order_id must be the id of an order of this run, got None"),
        (RUN, "ORD-07", r"order_id must be .*, got 'ORD-07'; did you mean 'ORD-007'\?"),
        (RUN, 7, "order_id must be"),
        (RUN, [], "order_id must be"),
        (plan_order(SPLIT), "ORD-001", "order_id must be that of the plan, got 'ORD-001'"),
        (None, None, "plan_or_run must be a Plan or a run, got None"),
        (SPLIT, None, "plan_or_run must be"),
        (RUN.timeline(), "ORD-007", "plan_or_run must be"),
        (type(RUN), "ORD-007", "plan_or_run must be"),
    ],
)
def test_what_is_no_plan_and_no_order_of_a_run_is_refused(given, order_id, message):
    with pytest.raises(ArgumentError, match=message):
        plot_plan(given, order_id, ax=Figure().add_subplot())


def test_what_is_no_axes_is_refused():
    with pytest.raises(ArgumentError, match="ax must be a"):
        plot_plan(plan_order(SPLIT), ax=Figure())  # type: ignore[arg-type]


def test_the_same_chart_is_drawn_each_time():
    def pixels() -> bytes:
        return bytes(drawn(RUN, "ORD-003").figure.canvas.buffer_rgba())

    assert pixels() == pixels()
