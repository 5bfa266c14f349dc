import pytest
from check_run import checked

from fulfillment_lib import (
    Durations,
    Faults,
    Network,
    Order,
    OrderStatus,
    Outcome,
    Product,
    Warehouse,
    sample_network,
    simulate,
)

CONSTANT = Durations.constant(inventory=1, packing=4, shipping=2)
KINDS = ("inventory", "packing", "shipping")
PART = {"inventory": "A", "packing": "EAST", "shipping": "EAST"}
RULES = ("backorder", "short_ship", "ship_complete")

# An order of three units of A, in one warehouse with 5, 2 or 0 of them; one attempt per task.
# stock, task kind and its fault: units shipped, reason, the last letters of three outcomes
# (succeeded, failed, timed out, skipped), and movements as (kind, time).
OUTCOMES = {"S": "succeeded", "F": "failed", "T": "timed_out", "-": "skipped"}
DAYS = {
    ("enough", None, None): (3, "", "SSS", (("reserve", 1), ("ship", 7))),
    ("enough", "inventory", "fail"): (0, "stock check failed", "F--", ()),
    ("enough", "inventory", "hang"): (0, "stock check failed", "T--", ()),
    ("enough", "inventory", "lost_reply"): (
        0,
        "stock check failed",
        "T--",
        (("reserve", 1), ("release", 10)),
    ),
    ("enough", "packing", "fail"): (0, "packing failed", "SF-", (("reserve", 1), ("release", 5))),
    ("enough", "packing", "hang"): (
        0,
        "packing timed out",
        "ST-",
        (("reserve", 1), ("release", 11)),
    ),
    ("enough", "packing", "lost_reply"): (
        0,
        "packing timed out",
        "ST-",
        (("reserve", 1), ("release", 11)),
    ),
    ("enough", "shipping", "fail"): (0, "shipping failed", "SSF", (("reserve", 1), ("release", 7))),
    ("enough", "shipping", "hang"): (
        0,
        "shipping timed out",
        "SST",
        (("reserve", 1), ("release", 15)),
    ),
    ("enough", "shipping", "lost_reply"): (
        0,
        "shipping timed out",
        "SST",
        (("reserve", 1), ("release", 15)),
    ),
    ("some", None, None): (2, "only 2 in stock", "SSS", (("reserve", 1), ("ship", 7))),
    ("some", "inventory", "fail"): (0, "stock check failed", "F--", ()),
    ("some", "inventory", "hang"): (0, "stock check failed", "T--", ()),
    ("some", "inventory", "lost_reply"): (
        0,
        "stock check failed",
        "T--",
        (("reserve", 1), ("release", 10)),
    ),
    ("some", "packing", "fail"): (
        0,
        "only 2 in stock; packing failed",
        "SF-",
        (("reserve", 1), ("release", 5)),
    ),
    ("some", "packing", "hang"): (
        0,
        "only 2 in stock; packing timed out",
        "ST-",
        (("reserve", 1), ("release", 11)),
    ),
    ("some", "shipping", "fail"): (
        0,
        "only 2 in stock; shipping failed",
        "SSF",
        (("reserve", 1), ("release", 7)),
    ),
    ("some", "shipping", "lost_reply"): (
        0,
        "only 2 in stock; shipping timed out",
        "SST",
        (("reserve", 1), ("release", 15)),
    ),
    ("none", None, None): (0, "out of stock", "S--", ()),
    ("none", "inventory", "fail"): (0, "stock check failed", "F--", ()),
    ("none", "inventory", "hang"): (0, "stock check failed", "T--", ()),
    ("none", "inventory", "lost_reply"): (0, "stock check failed", "T--", ()),
    ("none", "packing", "fail"): (0, "out of stock", "S--", ()),
    ("none", "shipping", "lost_reply"): (0, "out of stock", "S--", ()),
}
HELD_BACK = (
    0,
    "only 2 in stock; held back, since the order ships complete",
    "S--",
    (("reserve", 1), ("release", 1)),
)


def expected(rule, stock, kind, fault):
    if rule == "ship_complete" and stock == "some" and kind != "inventory":
        return HELD_BACK
    return DAYS[stock, kind, fault]


def network(**stock):
    return Network(
        (Product("A", "a", 1, 10, 10, 10), Product("B", "b", 1, 10, 10, 10)),
        tuple(
            Warehouse(name, code, stock.get(name, {}))
            for name, code in (("EAST", "10001"), ("CENTRAL", "60601"), ("WEST", "94103"))
        ),
    )


def run_of(order, where, **changes):
    script = changes.pop("script", {})
    return checked(
        simulate(order, where, durations=CONSTANT, faults=Faults(script=script), **changes)
    )


def outcomes(run):
    return {
        result.task.id.split("/", 1)[1]: (result.outcome.value, result.error)
        for result in run.results
    }


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("stock", "kind", "fault"), DAYS)
def test_every_shortage_rule_meets_every_stock_and_every_fault(rule, stock, kind, fault):
    where = network(EAST={"A": {"enough": 5, "some": 2, "none": 0}[stock]})
    script = {f"O/{kind}/{PART[kind]}": fault} if kind else {}
    run = run_of(Order("O", {"A": 3}, "express", "10001", shortage=rule), where, script=script)
    shipped, reason, letters, movements = expected(rule, stock, kind, fault)
    [report] = run.reports
    [line] = report.lines
    short = 3 - shipped
    back, gone = (0, short) if rule == "short_ship" else (short, 0)
    assert (line.ordered, line.shipped, line.backordered, line.cancelled, line.reason) == (
        3,
        shipped,
        back,
        gone,
        reason,
    )
    assert report.status == (
        "FULFILLED"
        if shipped == 3
        else "PARTIALLY_FULFILLED"
        if shipped
        else "CANCELLED"
        if gone
        else "UNFULFILLED"
    )
    assert [result.outcome for result in run.results] == [OUTCOMES[each] for each in letters]
    units = 3 if stock == "enough" else 2
    assert [(each.kind, each.at_s, each.quantity) for each in run.movements] == [
        (kind, at_s, units) for kind, at_s in movements
    ]
    voided = (kind, fault) == ("shipping", "lost_reply") and letters == "SST"
    assert len(report.voided) == voided
    assert len(report.shipments) == len(report.packages) == (1 if shipped else 0)


def test_tasks_that_are_skipped_say_why():
    where = network(EAST={"A": 5})
    order = Order("O", {"A": 3}, "express", "10001")
    run = run_of(order, where, script={"O/inventory/A": "fail"})
    assert outcomes(run) == {
        "inventory/A": ("failed", "SimulatedFailure: this attempt was set to fail"),
        "packing": ("skipped", "nothing reserved"),
        "shipping": ("skipped", "nothing reserved"),
    }
    run = run_of(order, where, script={"O/packing/EAST": "hang"})
    assert outcomes(run)["packing/EAST"] == ("timed_out", "no answer within 10 s")
    assert outcomes(run)["shipping/EAST"] == ("skipped", "packing timed out")


def test_one_express_order_is_checked_at_once_then_packed_then_shipped():
    order = Order(
        "ORD-001", {"LAPTOP-001": 1, "MOUSE-002": 2, "KEYBOARD-003": 1}, "express", "94103"
    )
    run = run_of(order, sample_network())
    assert [(each.kind, each.worker, each.start_s, each.finish_s) for each in run.attempts] == [
        ("inventory", 0, 0.0, 1.0),
        ("inventory", 1, 0.0, 1.0),
        ("inventory", 2, 0.0, 1.0),
        ("packing", 0, 1.0, 5.0),
        ("shipping", 0, 5.0, 7.0),
    ]
    assert run.makespan_s == run.report("ORD-001").lead_time_s == 7.0
    [shipment] = run.report("ORD-001").shipments
    label = shipment.label()
    assert label.isprintable() is False and label.replace("\n", "").isprintable()
    assert shipment.tracking_number in label and shipment.packages[0].sscc in label


def test_of_twelve_orders_placed_together_the_express_ones_start_first():
    orders = [
        Order(f"O{number}", {"A": 1}, "standard" if number % 3 else "express", "10001")
        for number in range(12)
    ]
    run = run_of(orders[::-1], network(EAST={"A": 99}), workers=4)
    first = [each.order_id for each in run.attempts if each.start_s == 0.0]
    assert first == ["O9", "O6", "O3", "O0"]
    express_ends = max(run.report(f"O{number}").finished_s for number in (0, 3, 6, 9))
    assert express_ends == 7.0
    assert min(each.start_s for each in run.attempts if each.priority) == 7.0


SPLIT = {"EAST": {"A": 2}, "WEST": {"A": 3}}
FIVE = Order("O", {"A": 5}, "express", "10001")


def test_a_split_makes_one_fulfillment_per_warehouse_side_by_side():
    run = run_of(FIVE, network(**SPLIT))
    [report] = run.reports
    assert report.status is OrderStatus.FULFILLED
    assert [(part.warehouse, part.outcome) for part in report.fulfillments] == [
        ("EAST", "succeeded"),
        ("WEST", "succeeded"),
    ]
    assert len({shipment.tracking_number for shipment in report.shipments}) == 2
    assert run.makespan_s == 7.0


@pytest.mark.parametrize(
    ("kind", "fault", "reason"),
    [
        ("packing", "fail", "packing failed"),
        ("packing", "hang", "packing timed out"),
        ("shipping", "fail", "shipping failed"),
        ("shipping", "lost_reply", "shipping timed out"),
    ],
)
@pytest.mark.parametrize(("rule", "waiting", "gone"), [("backorder", 3, 0), ("short_ship", 0, 3)])
def test_of_a_split_order_only_the_part_that_failed_stays_behind(
    kind, fault, reason, rule, waiting, gone
):
    order = Order("O", {"A": 5}, "express", "10001", shortage=rule)
    run = run_of(order, network(**SPLIT), script={f"O/{kind}/WEST": fault})
    [report] = run.reports
    [line] = report.lines
    assert report.status is OrderStatus.PARTIALLY_FULFILLED
    assert (line.shipped, line.backordered, line.cancelled, line.reason) == (
        2,
        waiting,
        gone,
        reason,
    )
    assert [shipment.warehouse for shipment in report.shipments] == ["EAST"]
    assert len(report.voided) == (fault == "lost_reply")
    assert [(each.kind, each.warehouse) for each in run.movements[2:]] in (
        [("ship", "EAST"), ("release", "WEST")],
        [("release", "WEST"), ("ship", "EAST")],
    )


def test_packing_depends_only_on_the_checks_that_reserved_there():
    order = Order("O", {"A": 1, "B": 1}, "express", "10001")
    where = network(EAST={"A": 1}, WEST={"B": 1})
    run = run_of(order, where, script={"O/inventory/B": "fail"})
    assert outcomes(run) == {
        "inventory/A": ("succeeded", ""),
        "inventory/B": ("failed", "SimulatedFailure: this attempt was set to fail"),
        "packing/EAST": ("succeeded", ""),
        "shipping/EAST": ("succeeded", ""),
    }
    a, b = run.report("O").lines
    assert (a.shipped, a.reason, b.shipped, b.reason) == (1, "", 0, "stock check failed")


def test_ship_complete_starts_no_shipping_before_every_packing_is_done():
    order = Order("O", {"A": 5}, "express", "10001", shortage="ship_complete")
    run = run_of(order, network(**SPLIT), script={"O/packing/WEST": ("fail", "ok")}, max_attempts=2)
    packed = [each.finish_s for each in run.attempts if each.kind == "packing"]
    shipped = [each.start_s for each in run.attempts if each.kind == "shipping"]
    assert packed == [5.0, 5.0, 10.0]  # EAST, WEST in vain, WEST after a back-off of a second
    assert shipped == [10.0, 10.0]
    assert run.report("O").status is OrderStatus.FULFILLED


@pytest.mark.parametrize(
    ("faults", "outcome_of", "reasons"),
    [
        ({"WEST": "fail"}, {"EAST": "skipped", "WEST": "failed"}, "packing failed"),
        ({"EAST": "hang"}, {"EAST": "timed_out", "WEST": "skipped"}, "packing timed out"),
        (
            {"EAST": "hang", "WEST": "fail"},
            {"EAST": "timed_out", "WEST": "failed"},
            "packing timed out; packing failed",
        ),
    ],
)
def test_ship_complete_gives_everything_back_when_one_packing_fails(faults, outcome_of, reasons):
    order = Order("O", {"A": 5}, "express", "10001", shortage="ship_complete")
    run = run_of(
        order,
        network(**SPLIT),
        script={f"O/packing/{name}": fault for name, fault in faults.items()},
    )
    [report] = run.reports
    [line] = report.lines
    assert report.status is OrderStatus.UNFULFILLED
    assert (line.shipped, line.backordered, line.reason) == (0, 5, reasons)
    assert {part.warehouse: part.outcome for part in report.fulfillments} == outcome_of
    assert [result.outcome for result in run.results[3:]] == [Outcome.SKIPPED] * 2
    assert not any(each.kind == "shipping" for each in run.attempts)
    assert [each.kind for each in run.movements].count("release") == 2


def test_ship_complete_reserves_all_lines_or_none():
    order = Order("O", {"A": 2, "B": 1}, "express", "10001", shortage="ship_complete")
    run = run_of(order, network(EAST={"A": 9}))
    a, b = run.report("O").lines
    assert (a.backordered, a.reason) == (2, "held back, since the order ships complete")
    assert (b.backordered, b.reason) == (1, "out of stock")
    assert run.makespan_s == 1.0


def test_what_one_order_gives_back_the_next_can_have():
    orders = [
        Order("LOST", {"A": 1}, "express", "10001"),
        Order("NEXT", {"A": 1}, "express", "10001", placed_s=12.0),
    ]
    run = run_of(orders, network(EAST={"A": 1}), script={"LOST/shipping/EAST": "fail"})
    assert [report.status for report in run.reports] == ["UNFULFILLED", "FULFILLED"]


def test_a_retry_after_a_lost_reply_gets_the_same_reservation():
    run = run_of(
        Order("O", {"A": 3}, "express", "10001"),
        network(EAST={"A": 9}),
        script={"O/inventory/A": ("lost_reply", "ok")},
        max_attempts=2,
    )
    assert [(each.kind, each.at_s) for each in run.movements] == [("reserve", 1.0), ("ship", 18.0)]
    assert [(each.start_s, each.outcome) for each in run.results[0].attempts] == [
        (0.0, "timed_out"),
        (11.0, "succeeded"),
    ]
    assert run.report("O").status is OrderStatus.FULFILLED


def test_a_retry_after_a_lost_reply_gets_the_same_label():
    late = 86_400.0 - 10  # the first attempt ends before midnight, the second one after
    order = Order("O", {"A": 3}, "express", "10001", placed_s=late)
    lost = run_of(
        order,
        network(EAST={"A": 9}),
        max_attempts=3,
        script={"O/shipping/EAST": ("lost_reply", "fail")},
    )
    at_once = run_of(order, network(EAST={"A": 9}))
    assert [each.outcome for each in lost.results[2].attempts] == [
        "timed_out",
        "failed",
        "succeeded",
    ]
    assert lost.report("O").shipments == at_once.report("O").shipments
    assert lost.report("O").shipments[0].ship_date == "2026-03-02"
    assert lost.report("O").voided == ()


def test_a_label_is_voided_when_no_later_attempt_succeeds_either():
    run = run_of(
        Order("O", {"A": 3}, "express", "10001"),
        network(EAST={"A": 9}),
        script={"O/shipping/EAST": ("lost_reply", "fail")},
        max_attempts=2,
    )
    [report] = run.reports
    at_once = run_of(Order("O", {"A": 3}, "express", "10001"), network(EAST={"A": 9}))
    assert report.voided == (at_once.report("O").shipments[0].tracking_number,)
    assert report.shipments == () and report.status is OrderStatus.UNFULFILLED


def test_each_attempt_of_a_task_is_told_its_own_number():
    script = {f"O/{kind}/{PART[kind]}": ("fail", "fail", "ok") for kind in KINDS}
    run = run_of(
        Order("O", {"A": 1}, "express", "10001"),
        network(EAST={"A": 9}),
        max_attempts=3,
        script=script,
    )
    assert [len(result.attempts) for result in run.results] == [3, 3, 3]
    assert run.report("O").status is OrderStatus.FULFILLED
    # Three times the service, and back-offs of 1 and 2 s, per task.
    assert run.makespan_s == 3 * (1 + 4 + 2) + 3 * (1 + 2)


def test_an_attempt_that_would_end_exactly_at_its_timeout_reserves_nothing():
    run = checked(
        simulate(
            Order("O", {"A": 1}, "express", "10001"),
            network(EAST={"A": 9}),
            durations=Durations.constant(10, 4, 2),
        )
    )
    assert run.results[0].outcome is Outcome.TIMED_OUT
    assert run.movements == ()


def test_a_fulfillment_of_too_many_packages_fails_and_gives_its_stock_back():
    run = run_of(Order("O", {"A": 10**6}, "express", "10001"), network(EAST={"A": 10**6}))
    assert run.results[1].outcome is Outcome.FAILED
    assert "IdentifierError: carton number must be" in run.results[1].error
    assert run.report("O").lines[0].reason == "packing failed"
    assert [each.kind for each in run.movements] == ["reserve", "release"]


def test_equal_task_names_of_two_orders_do_not_meet():
    orders = [
        Order("A/inventory", {"A": 1}, "express", "10001"),
        Order("A", {"A": 1}, "express", "10001"),
        Order("A%2Finventory", {"A": 1}, "express", "10001"),
    ]
    run = run_of(orders, network(EAST={"A": 9}))
    assert [report.status for report in run.reports] == ["FULFILLED"] * 3
    assert len({result.task.id for result in run.results}) == 9


def test_a_retry_without_back_off_competes_in_the_instant_of_its_failure():
    orders = [
        Order("FIRST", {"A": 1}, "express", "10001"),
        Order("OTHER", {"A": 1}, "standard", "10001"),
    ]
    run = run_of(
        orders,
        network(EAST={"A": 9}),
        workers=1,
        backoff_s=0.0,
        max_attempts=2,
        script={"FIRST/inventory/A": "fail"},
    )
    assert [(each.order_id, each.start_s) for each in run.attempts[:3]] == [
        ("FIRST", 0.0),
        ("FIRST", 1.0),
        ("FIRST", 2.0),
    ]
