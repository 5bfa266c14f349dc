import pytest
from check_run import checked
from hypothesis import given
from hypothesis import strategies as st

from fulfillment_lib import (
    Durations,
    Faults,
    Network,
    Order,
    OrderStatus,
    Outcome,
    Product,
    TaskResult,
    Warehouse,
    plan_order,
    simulate,
)
from fulfillment_lib.orders import Units
from fulfillment_lib.records import LineReport, Reservation, StockCheck
from fulfillment_lib.synthesis import message, status_of, synthesize


def a_line(shipped, backordered, cancelled, sku="A", reason=""):
    return LineReport(
        sku, shipped + backordered + cancelled, shipped, backordered, cancelled, reason
    )


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([(3, 0, 0)], "FULFILLED"),
        ([(3, 0, 0), (1, 0, 0)], "FULFILLED"),
        ([(2, 1, 0)], "PARTIALLY_FULFILLED"),
        ([(2, 0, 1)], "PARTIALLY_FULFILLED"),
        ([(3, 0, 0), (0, 0, 1)], "PARTIALLY_FULFILLED"),
        ([(0, 3, 0)], "UNFULFILLED"),
        ([(0, 0, 2), (0, 1, 0)], "UNFULFILLED"),
        ([(0, 0, 3)], "CANCELLED"),
    ],
)
def test_the_status_is_what_the_lines_add_up_to(lines, status):
    assert status_of(a_line(*each) for each in lines) == status


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3).filter(any), min_size=1, max_size=4))
def test_there_is_one_status_for_any_lines(lines):
    shipped, waiting, gone = map(sum, zip(*lines, strict=True))
    status = status_of(a_line(*each) for each in lines)
    assert (status is OrderStatus.FULFILLED) == (waiting + gone == 0)
    assert (status in (OrderStatus.UNFULFILLED, OrderStatus.CANCELLED)) == (shipped == 0)
    assert (status is OrderStatus.CANCELLED) == (shipped == waiting == 0)


def test_a_report_counts_failed_timed_out_and_cancelled_tasks_as_failed():
    order = Order("O", {"A": 1, "B": 1, "C": 1}, "express", "10001")
    *checks, packing, shipping = plan_order(order).tasks
    found = StockCheck("A", 1, Units(), (Reservation("O/inventory/A", "EAST", "A", 1),))
    results = [
        TaskResult(checks[0], Outcome.SUCCEEDED, found),
        TaskResult(checks[1], Outcome.TIMED_OUT, None, "late"),
        TaskResult(checks[2], Outcome.CANCELLED, None, "withdrawn"),
        TaskResult(packing, Outcome.SKIPPED, None, "x"),
        TaskResult(shipping, Outcome.FAILED, None, "x"),
    ]
    report = synthesize(order, results, (), (), 9.0)
    assert (report.tasks_succeeded, report.tasks_failed, report.tasks_skipped) == (1, 3, 1)
    assert [line.reason for line in report.lines][1:] == ["stock check failed"] * 2
    assert report.status is OrderStatus.UNFULFILLED


CODES = {"EAST": "10001", "WEST": "94103"}


def told(order, script=(), **stock):
    where = Network(
        (Product("A", "a", 1, 10, 10, 10), Product("B", "b", 1, 10, 10, 10)),
        tuple(Warehouse(name, CODES[name], units) for name, units in stock.items()),
    )
    return checked(
        simulate(order, where, durations=Durations.constant(), faults=Faults(script=dict(script)))
    ).notification(order.id)


def test_the_message_of_a_fulfilled_order_names_every_shipment():
    text = told(
        Order("O", {"A": 3, "B": 1}, "express", "10001"), EAST={"A": 2, "B": 1}, WEST={"A": 1}
    )
    assert text.splitlines() == [
        "Order O: fulfilled.",
        "On its way from EAST: 2 × A, 1 × B (1 package).",
        "  UPS Ground, arriving 2026-03-03, tracking 1ZSIM0000300000000 (simulated).",
        "On its way from WEST: 1 × A (1 package).",
        "  FedEx Standard Overnight, arriving 2026-03-03, tracking 990000000014 (simulated).",
    ]


@pytest.mark.parametrize(
    ("rule", "script", "ending"),
    [
        (
            "backorder",
            (),
            "Waiting, and sent as soon as we can: 1 × A (only 2 in stock), 1 × B (out of stock).",
        ),
        (
            "short_ship",
            (),
            "Cancelled, and not charged: 1 × A (only 2 in stock), 1 × B (out of stock).",
        ),
        (
            "ship_complete",
            (),
            "Waiting, and sent as soon as we can: 3 × A (only 2 in stock; held "
            "back, since the order ships complete), 1 × B (out of stock).",
        ),
        (
            "backorder",
            [("O/packing/EAST", "fail")],
            "Waiting, and sent as soon as we can: 3 × A (only 2 in stock; packing failed), "
            "1 × B (out of stock).",
        ),
    ],
)
def test_the_message_says_what_waits_and_what_was_cancelled_and_why(rule, script, ending):
    text = told(
        Order("O", {"A": 3, "B": 1}, "express", "10001", shortage=rule), script, EAST={"A": 2}
    )
    assert text.splitlines()[-1] == ending
    assert ("On its way" in text) == (rule != "ship_complete" and not script)


def test_the_message_counts_packages():
    text = told(Order("O", {"A": 500}, "express", "10001"), EAST={"A": 500})
    assert "500 × A (18 packages)" in text


def test_names_from_data_cannot_add_lines_to_a_message():
    order = Order("O\u202e<script>", {"A": 2}, "express", "10001")
    report = checked(
        simulate(
            order, Network((Product("A", "a", 1, 1, 1, 1),), (Warehouse("E", "10001", {"A": 1}),))
        )
    ).reports[0]
    text = message(report)
    assert text.startswith("Order O\\u202e<script>: partially fulfilled.\n")
    assert all(line.isprintable() for line in text.splitlines())
