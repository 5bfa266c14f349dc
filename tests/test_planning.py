import pytest

from fulfillment_lib import Durations, Order, Plan, Priority, TaskKind, plan_order
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.records import Reservation

ORDER = Order("ORD-001", {"LAPTOP-001": 1, "MOUSE-002": 2, "KEYBOARD-003": 1}, "express", "94103")
LAPTOP, MOUSE, KEYBOARD = (f"ORD-001/inventory/{line.sku}" for line in ORDER.lines)


def reserved(*parts, order="ORD-001"):
    return [
        Reservation(f"{order}/inventory/{sku}", warehouse, sku, units)
        for sku, warehouse, units in parts
    ]


def ids(plan, kind=None):
    return [task.id for task in plan.tasks if kind in (None, task.kind)]


def test_on_arrival_there_is_one_check_per_line_and_one_packing_and_shipping_as_expected():
    plan = plan_order(ORDER)
    assert ids(plan) == [LAPTOP, MOUSE, KEYBOARD, "ORD-001/packing", "ORD-001/shipping"]
    assert plan.edges == (
        (LAPTOP, "ORD-001/packing"),
        (MOUSE, "ORD-001/packing"),
        (KEYBOARD, "ORD-001/packing"),
        ("ORD-001/packing", "ORD-001/shipping"),
    )
    assert plan.expected is plan
    assert repr(plan) == "Plan(ORD-001: 3 inventory, 1 packing, 1 shipping)"


def test_reservations_at_two_warehouses_revise_the_plan_to_a_split():
    plan = plan_order(
        ORDER,
        reserved(
            ("LAPTOP-001", "WEST", 1),
            ("MOUSE-002", "WEST", 1),
            ("MOUSE-002", "EAST", 1),
            ("KEYBOARD-003", "EAST", 1),
        ),
    )
    assert ids(plan) == [
        LAPTOP,
        MOUSE,
        KEYBOARD,
        "ORD-001/packing/WEST",
        "ORD-001/packing/EAST",
        "ORD-001/shipping/WEST",
        "ORD-001/shipping/EAST",
    ]
    assert set(plan.edges) == {
        (LAPTOP, "ORD-001/packing/WEST"),
        (MOUSE, "ORD-001/packing/WEST"),
        (MOUSE, "ORD-001/packing/EAST"),
        (KEYBOARD, "ORD-001/packing/EAST"),
        ("ORD-001/packing/WEST", "ORD-001/shipping/WEST"),
        ("ORD-001/packing/EAST", "ORD-001/shipping/EAST"),
    }
    assert plan.expected == plan_order(ORDER)
    assert repr(plan) == "Plan(ORD-001: 3 inventory, 2 packing, 2 shipping, revised)"


def test_ship_complete_makes_every_shipping_wait_for_every_packing():
    order = Order("ORD-001", {"MOUSE-002": 2}, "express", "94103", shortage="ship_complete")
    plan = plan_order(order, reserved(("MOUSE-002", "WEST", 1), ("MOUSE-002", "EAST", 1)))
    for shipping in plan.of_kind(TaskKind.SHIPPING):
        assert shipping.depends_on == ("ORD-001/packing/WEST", "ORD-001/packing/EAST")
    for packing in plan.of_kind(TaskKind.PACKING):
        assert packing.depends_on == (MOUSE,)


def test_nothing_reserved_leaves_the_plan_as_expected():
    plan = plan_order(ORDER, [])
    assert plan.tasks == plan.expected.tasks == plan_order(ORDER).tasks
    assert repr(plan).endswith(", revised)")


def test_an_iterator_of_reservations_serves_as_well_as_a_list():
    parts = reserved(("MOUSE-002", "WEST", 2))
    assert plan_order(ORDER, iter(parts)) == plan_order(ORDER, parts)


@pytest.mark.parametrize(
    ("priority", "days", "due_s"),
    [
        ("express", None, 5.0 + 2 * 86_400),
        ("standard", None, 5.0 + 5 * 86_400),
        ("standard", 3, 5.0 + 3 * 86_400),
    ],
)
def test_tasks_know_what_the_policies_need(priority, days, due_s):
    order = Order("ORD-001", {"MOUSE-002": 1}, priority, "94103", placed_s=5.0, promise_days=days)
    tasks = plan_order(order, durations=Durations((1, 3), (4, 1), (2, 0))).tasks
    assert [task.expected_s for task in tasks] == [1.0, 4.0, 2.0]  # the means
    assert {task.due_s for task in tasks} == {due_s}
    assert {task.priority for task in tasks} == {Priority.of(priority)}
    assert {task.order_id for task in tasks} == {"ORD-001"}
    assert [task.kind for task in tasks] == ["inventory", "packing", "shipping"]


def test_names_with_slashes_and_percent_signs_keep_task_ids_apart():
    orders = [
        Order(name, {"A/B": 1, "A%2FB": 1}, "express", "94103") for name in ("X", "X/inventory")
    ]
    names = [task.id for order in orders for task in plan_order(order).tasks]
    assert len(set(names)) == len(names)
    assert names[:2] == ["X/inventory/A%2FB", "X/inventory/A%252FB"]


def test_a_reservation_at_a_place_without_a_name_is_refused():
    with pytest.raises(ArgumentError, match=r"^warehouse of a reservation must be a text that is"):
        plan_order(ORDER, reserved(("LAPTOP-001", " ", 1)))


def test_a_reservation_of_another_order_is_refused():
    with pytest.raises(
        ArgumentError,
        match="task_id of a reservation must be an inventory task "
        "of 'ORD-001', got 'ORD-002/inventory/MOUSE-002'",
    ):
        plan_order(ORDER, reserved(("MOUSE-002", "WEST", 1), order="ORD-002"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ORD-001",), "order must be an? Order, got 'ORD-001'"),
        ((ORDER, 5), "reservations must be an? Iterable, got 5"),
        ((ORDER, ["WEST"]), "each of reservations must be a Reservation, got 'WEST'"),
        ((ORDER, None, (1, 4, 2)), r"durations must be a Durations, got \(1, 4, 2\)"),
    ],
)
def test_wrong_types_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        plan_order(*arguments)


def test_planning_gives_a_value():
    assert plan_order(ORDER) == plan_order(ORDER)
    assert isinstance(plan_order(ORDER), Plan)
    assert hash(plan_order(ORDER)) == hash(plan_order(ORDER))
