"""The checker: silent on every honest run, and for each rule a planted violation that it names."""

import dataclasses
import math
from dataclasses import replace

import pytest
from fourth_kind import with_quality_checks
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from fulfillment_lib import (
    Durations,
    Faults,
    Network,
    Order,
    OrderStatus,
    Outcome,
    Product,
    Settings,
    Warehouse,
    policies,
    sample_network,
    sample_orders,
    simulate,
)
from fulfillment_lib.analysis import invariants
from fulfillment_lib.analysis.invariants import Violation
from fulfillment_lib.analysis.invariants.log import RunLog
from fulfillment_lib.analysis.invariants.stock_rules import Replay
from fulfillment_lib.analysis.invariants.worker_rules import best_first, nobody_idle
from fulfillment_lib.analysis.run import ticks
from fulfillment_lib.engine.tasks import Attempt, Task, TaskResult
from fulfillment_lib.orders import Units
from fulfillment_lib.records import Movement, MovementKind
from fulfillment_lib.stock import MemoryLedger

# Six orders, two workers; every second one express. The numbers are exact.
CONSTANT = Durations.constant(inventory=1, packing=4, shipping=2)
WHERE = Network(
    (Product("A", "a", 1, 10, 10, 10), Product("B", "b", 1, 10, 10, 10)),
    (Warehouse("EAST", "10001", {"A": 5, "B": 2}), Warehouse("WEST", "94103", {"A": 9, "B": 3})),
)


def an_order(number, **details):
    lines = {"A": 2, "B": 1} if number % 2 else {"A": 1}
    return Order(f"O{number}", lines, "express" if number % 2 else "standard", "10001", **details)


DAY = simulate(
    [an_order(number, placed_s=number / 2) for number in range(6)],
    WHERE,
    workers=2,
    durations=CONSTANT,
)
TROUBLE = simulate(
    [an_order(1)],
    WHERE,
    workers=2,
    durations=CONSTANT,
    max_attempts=2,
    backoff_s=0.5,
    faults=Faults(script={"O1/inventory/A": "fail", "O1/packing/EAST": ("hang", "hang")}),
)
QUEUE = simulate(
    [Order(f"S{number}", {"A": 1}, "standard", "10001") for number in range(3)],
    WHERE,
    workers=1,
    durations=CONSTANT,
)


def place_of(records, task_id, kind=None):
    return next(
        place
        for place, each in enumerate(records)
        if (each.task.id if isinstance(each, TaskResult) else each.task_id) == task_id
        and (kind is None or each.kind == kind)
    )


def put(records, place, *new):
    return (*records[:place], *new, *records[place + 1 :])


def attempt(task_id, run=DAY, number=1, **changes):
    place = next(
        place
        for place, each in enumerate(run.attempts)
        if (each.task_id, each.attempt) == (task_id, number)
    )
    return replace(run, attempts=put(run.attempts, place, replace(run.attempts[place], **changes)))


def result(task_id, run=DAY, **changes):
    place = place_of(run.results, task_id)
    return replace(run, results=put(run.results, place, replace(run.results[place], **changes)))


def movement(task_id, old_kind, **changes):
    place = place_of(DAY.movements, task_id, old_kind)
    return replace(
        DAY, movements=put(DAY.movements, place, replace(DAY.movements[place], **changes))
    )


def report(place, run=DAY, **changes):
    return replace(run, reports=put(run.reports, place, replace(run.reports[place], **changes)))


def part(place, **changes):
    [only] = DAY.reports[place].fulfillments
    return report(place, fulfillments=(replace(only, **changes),))


def line(place, **changes):
    first, *rest = DAY.reports[place].lines
    return report(place, lines=(replace(first, **changes), *rest))


def settings(run=DAY, **changes):
    return replace(run, settings=replace(run.settings, **changes))


def swapped(records, one, other):
    records = list(records)
    records[one], records[other] = records[other], records[one]
    return tuple(records)


def violations(run, number):
    return [each for each in invariants.check(run) if each.rule.split()[0] == str(number)]


RESERVED = DAY.movements[place_of(DAY.movements, "O1/inventory/A")]
SHIPPED = DAY.movements[place_of(DAY.movements, "O1/inventory/A", "ship")]
[PART] = DAY.reports[1].fulfillments
OTHER_NUMBER = DAY.reports[3].shipments[0].tracking_number
TASK = DAY.results[place_of(DAY.results, "O1/packing/EAST")].task
FIRST = DAY.attempts[0]
LAST = DAY.attempts[-1]


def test_the_days_of_these_tests_are_as_they_are_meant():
    assert [(each.task_id, each.start_s, each.finish_s) for each in DAY.attempts[:4]] == [
        ("O0/inventory/A", 0.0, 1.0),
        ("O1/inventory/A", 0.5, 1.5),
        ("O1/inventory/B", 1.0, 2.0),
        ("O3/inventory/A", 1.5, 2.5),
    ]
    assert [
        (each.task_id, each.attempt, each.outcome, each.ready_s, each.finish_s)
        for each in TROUBLE.attempts
    ] == [
        ("O1/inventory/A", 1, "failed", 0.0, 1.0),
        ("O1/inventory/B", 1, "succeeded", 0.0, 1.0),
        ("O1/inventory/A", 2, "succeeded", 1.5, 2.5),
        ("O1/packing/EAST", 1, "timed_out", 2.5, 12.5),
        ("O1/packing/EAST", 2, "timed_out", 13.0, 23.0),
    ]
    assert invariants.check(DAY) == invariants.check(TROUBLE) == []


# rule, a doctored run, what the rows are called, the time
PLANTED = [
    # 1: what moves is whole, there, and never more than there is
    (1, movement("O1/inventory/A", "reserve", quantity=6), "reserve of 6 × A at EAST", 1.5),
    (1, movement("O1/inventory/A", "reserve", quantity=-1), "-1 × A", 1.5),
    (1, movement("O1/inventory/A", "ship", warehouse="NORTH"), "2 × A at NORTH", SHIPPED.at_s),
    (1, movement("O1/inventory/A", "ship", quantity=99), "ship of 99 × A", SHIPPED.at_s),
    # 2: what a line wants, or all there is, from the nearest place
    (
        2,
        replace(
            DAY, movements=tuple(each for each in DAY.movements if each.task_id != "O1/inventory/A")
        ),
        "O1/inventory/A",
        1.5,
    ),
    (2, movement("O1/inventory/A", "reserve", warehouse="WEST"), "O1/inventory/A", 1.5),
    (2, result("O1/inventory/A", value=DAY.results[0].value), "O1/inventory/A", 1.5),
    # 3: made once, resolved once
    (3, replace(DAY, movements=(*DAY.movements, SHIPPED)), "O1/inventory/A", SHIPPED.at_s),
    (3, replace(DAY, movements=(*DAY.movements, RESERVED)), "O1/inventory/A", 1.5),
    (
        3,
        replace(DAY, movements=tuple(each for each in DAY.movements if each != RESERVED)),
        "ship of 2 × A",
        SHIPPED.at_s,
    ),
    (3, movement("O1/inventory/A", "ship", quantity=1), "ship of 1 × A", SHIPPED.at_s),
    # 4: shipped if the report says so, else given back
    (
        4,
        replace(DAY, movements=tuple(each for each in DAY.movements if each != SHIPPED)),
        "reserve of 2 × A",
        1.5,
    ),
    (4, movement("O1/inventory/A", "ship", kind=MovementKind.RELEASE), "release", SHIPPED.at_s),
    (4, movement("O1/inventory/A", "ship", at_s=11.000001), "ship of 2 × A", 11.000001),
    # 5: no number twice, no label too many
    (
        5,
        part(1, shipment=replace(PART.shipment, tracking_number=OTHER_NUMBER)),
        "O3",
        DAY.reports[3].finished_s,
    ),
    (5, part(1, packages=PART.packages * 2), "O1", DAY.reports[1].finished_s),
    (5, report(1, voided=("1Z",)), "O1", DAY.reports[1].finished_s),
    (5, report(1, fulfillments=(PART, PART)), "O1", DAY.reports[1].finished_s),
    # 6: planned = outcomes = what the reports say
    (6, replace(DAY, results=DAY.results[1:]), "O0/inventory/A", 1.0),
    (6, replace(DAY, results=(*DAY.results, DAY.results[0])), "O0/inventory/A", 1.0),
    (6, replace(DAY, results=(*DAY.results, TaskResult(Task("X"), Outcome.SUCCEEDED))), "X", None),
    (6, replace(DAY, results=swapped(DAY.results, 0, 1)), "O0/packing/EAST", None),
    (6, result("O1/inventory/A", outcome=Outcome.FAILED, error="?"), "O1/inventory/A", 1.5),
    (6, result("O1/inventory/A", outcome=Outcome.SKIPPED, error="?"), "O1/inventory/A", 1.5),
    (6, result("O1/inventory/A", error="?"), "O1/inventory/A", 1.5),
    (6, result("O1/packing/EAST", TROUBLE, value=PART.packages), "O1/packing/EAST", 23.0),
    (6, result("O1/inventory/A", attempts=()), "O1/inventory/A", 1.5),
    (6, replace(DAY, attempts=DAY.attempts[1:]), "O0/inventory/A", None),
    (6, replace(DAY, attempts=(*DAY.attempts, replace(LAST, task_id="X"))), "X", LAST.start_s),
    (6, replace(DAY, reports=DAY.reports[:-1]), "", None),
    # 7: first what it depends on
    (7, attempt("O1/packing/EAST", ready_s=1.75), "O1/packing/EAST, attempt 1", 1.75),
    (7, attempt("O1/packing/EAST", start_s=1.25), "O1/packing/EAST, attempt 1", 1.25),
    (7, result("O1/inventory/A", outcome=Outcome.FAILED), "O1/packing/EAST, attempt 1", None),
    (
        7,
        result("O1/packing/EAST", task=replace(TASK, depends_on=("O1/inventory/A",))),
        "O1/packing/EAST",
        None,
    ),
    (7, result("O1/shipping/EAST", outcome=Outcome.SKIPPED), "O1/shipping/EAST", None),
    (7, result("O1/packing/EAST", outcome=Outcome.SKIPPED), "O1/packing/EAST", None),
    # 8: workers
    (8, attempt("O0/inventory/A", worker=2), "O0/inventory/A, attempt 1", 0.0),
    (8, attempt("O1/inventory/A", worker=0), "O0/inventory/A, attempt 1", 0.5),
    (8, attempt("O0/inventory/A", finish_s=1.25), "O0/inventory/A, attempt 1", 1.0),
    (
        8,
        attempt("O0/inventory/A", finish_s=99.0),
        f"O0/inventory/A, attempt 1, and {LAST.task_id}",
        LAST.start_s,
    ),
    (8, settings(workers=3), "O1/inventory/B, attempt 1", 0.5),
    (8, settings(workers=1), "O1/inventory/A, attempt 1", 0.5),
    (8, attempt("O0/inventory/A", ready_s=0.0, start_s=0.25), "O0/inventory/A, attempt 1", 0.0),
    # 9: the policy, ties by submission, nobody stopped
    (9, settings(policy="fifo"), "O1/packing/EAST, attempt 1,", 2.5),
    (9, settings(policy=lambda task, ready_s: -task.priority), "O3/inventory/A, attempt 1", 1.5),
    (
        9,
        attempt("S1/inventory/A", attempt("S2/inventory/A", QUEUE, sequence=1), sequence=2),
        "S1/inventory/A, attempt 1, and S2/inventory/A",
        1.0,
    ),
    # 11: to the microsecond
    (11, attempt("O1/packing/EAST", TROUBLE, finish_s=12.500001), "O1/packing/EAST", 2.5),
    (11, attempt("O1/packing/EAST", TROUBLE, finish_s=13.0), "O1/packing/EAST", 2.5),
    (11, attempt("O1/packing/EAST", TROUBLE, outcome=Outcome.FAILED), "O1/packing/EAST", 2.5),
    (11, settings(timeout_s=2.0), "O1/packing/EAST, attempt 1", None),
    # 13: number of attempts, and the pauses between them
    (13, settings(TROUBLE, max_attempts=1), "O1/inventory/A, attempt 2", 1.5),
    (13, settings(TROUBLE, max_attempts=3), "O1/packing/EAST, attempt 2", 23.0),
    (13, settings(TROUBLE, backoff_s=0.4), "O1/inventory/A, attempt 2", 1.5),
    (13, attempt("O1/inventory/A", TROUBLE, 2, ready_s=1.500001), "O1/inventory/A", 1.500001),
    (13, attempt("O1/inventory/A", TROUBLE, 2, attempt=3), "O1/inventory/A, attempt 3", 1.5),
    (13, attempt("O1/inventory/A", TROUBLE, outcome=Outcome.SUCCEEDED), "O1/inventory/A", 1.0),
    (13, attempt("O1/packing/EAST", TROUBLE, outcome=Outcome.CANCELLED), "O1/packing/EAST", 12.5),
    (13, attempt("O0/inventory/A", priority=0), "O0/inventory/A, attempt 1", 0.0),
    (13, attempt("O0/inventory/A", error="?"), "O0/inventory/A, attempt 1", 1.0),
    (13, attempt("O0/inventory/A", outcome=Outcome.SKIPPED, error="?"), "O0/inventory/A", 1.0),
    # 18: records that can be read, go on in time, and say the same
    (18, attempt("O0/inventory/A", ready_s=0.25), "O0/inventory/A", 0.0),
    (18, replace(DAY, attempts=swapped(DAY.attempts, 0, 3)), "O0/inventory/A", None),
    (18, attempt("O1/inventory/B", sequence=1), "O1/inventory/A, attempt 1", 0.5),
    (18, attempt("O1/inventory/B", sequence=99), "O1/inventory/B, attempt 1", 0.5),
    (18, movement("O1/inventory/B", "reserve", at_s=0.0), "reserve of 1 × B", 0.0),
    (18, result("O1/packing/EAST", task=replace(TASK, priority=1)), "O1/packing/EAST", None),
    (18, attempt("O0/inventory/A", start_s=0.000001), "O0/inventory/A, attempt 1", 0.000001),
    (18, report(1, tasks_succeeded=3), "O1", DAY.reports[1].finished_s),
    (18, part(1, shipment=None), "O1", DAY.reports[1].finished_s),
    (18, line(1, shipped=1), "O1", None),
    (18, line(1, ordered=3), "O1", None),
    (18, line(1, shipped=1, backordered=1, reason="?"), "O1", None),
    (18, line(1, shipped=3, backordered=-1), "O1", None),
    (18, line(1, reason="?"), "O1", None),
    (18, line(5, shipped=0, cancelled=2, reason="?"), "O5", None),
    (18, report(1, lines=()), "O1", None),
    (18, report(1, order_id="O2"), "O2", None),
    (18, report(1, status=OrderStatus.UNFULFILLED), "O1", None),
    (18, report(1, finished_s=99.0), "O1", 99.0),
    (18, report(1, shipments=()), "O1", None),
    (18, report(1, packages=()), "O1", None),
    (18, part(1, packages=()), "O1", None),
    (
        18,
        part(1, shipment=None, packages=(replace(PART.packages[0], contents=Units(A=1)),)),
        "O1",
        None,
    ),
    (18, part(1, warehouse="WEST"), "O1", None),
    (18, part(1, reservations=PART.reservations[:1]), "O1", None),
    (18, part(1, error="?"), "O1", None),
    (18, result("O1/packing/EAST", value=()), "O1", None),
    (18, result("O1/shipping/EAST", value=DAY.reports[3].shipments[0]), "O1", None),
    (
        18,
        part(1, reservations=(replace(PART.reservations[0], quantity=1), PART.reservations[1])),
        "O1",
        None,
    ),
    # 21: no sooner than the work allows, no later than idle workers do
    (
        21,
        replace(
            DAY,
            attempts=tuple(
                replace(
                    each,
                    ready_s=each.ready_s / 2,
                    start_s=each.start_s / 2,
                    finish_s=each.finish_s / 2,
                )
                for each in DAY.attempts
            ),
        ),
        LAST.task_id,
        None,
    ),
    (21, attempt(LAST.task_id, start_s=999.0, finish_s=1001.0), LAST.task_id, 1001.0),
]


@pytest.mark.parametrize(("number", "run", "where", "at_s"), PLANTED)
def test_a_planted_violation_is_named_with_its_rule_its_rows_and_its_time(number, run, where, at_s):
    found = violations(run, number)
    named = [each for each in found if where in " and ".join(each.where)]
    assert named, invariants.check(run)
    if at_s is not None:
        assert at_s in [each.at_s for each in named]


def test_every_rule_of_the_checker_has_a_planted_violation():
    planted = {str(number) for number, *_ in PLANTED}
    assert {name.split()[0] for name in invariants.RULES} == planted


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "reserves a second time",
        "resolves what was never reserved",
        "resolves a second time",
        "moves other units",
        "should have been a ship",
        "should have moved when its task ended, at 11 s",
        "took [('WEST', 2)], where [('EAST', 2)] of",
        "has the answer reservations",
        "6 orders have 5 reports",
        "has no outcome",
        "is not planned",
        "stands in the place of",
        "holds other attempts",
        "its attempts make it",
        "belongs to a task without an outcome",
        "has another number, order, kind or priority",
        "has priority, due time and expected time (1, ",
        "'ok' and 1.0 s were drawn",
        "has the lines () instead of (LineReport(",
        "has the lines 1 backordered -1 instead of 0",
        "has the lines 1 shipped 1 instead of 2",
        "has the fulfillments 1 reservations (",
        "has the status 'UNFULFILLED' instead of 'FULFILLED'",
        "of another warehouse than WEST",
        "packed {'A': 2, 'B': 1} at EAST, where {'A': 1",
        "packed {'A': 1} at EAST, where {'A': 2, 'B': 1}",
        "ships other packages",
        "2 of 3 workers are busy",
        "should be ready at 2.0 s",
        "is cancelled, but was tried again",
        "sequence numbers against their times",
        "order of their ends",
    ],
)
def test_each_kind_of_break_is_told_in_its_own_words(text):
    told = [str(each) for number, run, *_ in PLANTED for each in violations(run, number)]
    assert any(text in each for each in told)


def test_each_rule_function_finds_something_on_its_own():
    runs = [RunLog(run) for _, run, *_ in PLANTED]
    for rules in invariants.RULES.values():
        for rule in rules:
            assert any(list(rule(log)) for log in runs), rule.__name__


def test_a_violation_reads_well():
    [found] = violations(attempt("O1/packing/EAST", TROUBLE, finish_s=13.5), 11)
    assert str(found) == (
        "11 timeout, at 2.5 s: O1/packing/EAST, attempt 1, timed out at 13.5 s, not at 12.5 s"
    )
    assert found.rule == "11 timeout"
    hostile = Violation("8 workers", ("O\u202e1\n",), None, "waits")
    assert str(hostile) == "8 workers: O\\u202e1\\n waits"
    with pytest.raises(dataclasses.FrozenInstanceError, match="rule"):
        found.rule = "?"


def test_one_overtaking_and_nothing_else_is_found_under_another_policy():
    orders = [
        Order("S1", {"A": 1}, "standard", "10001"),
        Order("S2", {"A": 1}, "standard", "10001"),
        Order("E", {"A": 1}, "express", "10001", placed_s=0.5),
    ]
    run = simulate(orders, WHERE, workers=1, durations=CONSTANT)
    found = invariants.check(settings(run, policy="fifo"))
    assert {each.rule for each in found} == {"9 policy order"}
    assert found[0].where == ("E/inventory/A, attempt 1,", "S2/inventory/A, attempt 1,")
    assert found[0].at_s == 1.0


def test_after_one_worker_who_cannot_be_the_double_bookings_are_named_too():
    run = attempt("O0/inventory/A", worker=7)
    run = attempt(LAST.task_id, run, worker=0, start_s=LAST.start_s - 1.0)
    texts = [each.text for each in violations(run, 8)]
    assert "is made by worker 7 of 2" in texts
    assert "are made by worker 0 at once" in texts


def test_an_attempt_that_waits_beside_an_idle_worker_is_named_once():
    waits = [each.where for each in violations(settings(workers=3), 8)]
    assert len(waits) == len(set(waits)) > 1


def test_the_attempt_that_ends_last_is_named_for_the_makespan():
    late_and_long = attempt(LAST.task_id, start_s=999.0, finish_s=1001.0)
    first = attempt("O0/inventory/A", start_s=900.0, finish_s=1001.5)
    assert [each.where for each in violations(first, 21)] == [("O0/inventory/A, attempt 1,",)]
    [late] = violations(attempt("O0/inventory/A", late_and_long, start_s=1000.0), 21)
    assert late.where == (f"{LAST.task_id}, attempt 1,",)
    assert late.text.startswith("ends the run, whose work takes until ")
    assert late.text.endswith(" s at most")


def test_a_packing_may_fail_though_it_was_not_to_and_a_stock_check_may_not():
    for task_id, named in (("O0/packing/EAST", False), ("O0/inventory/A", True)):
        lie = attempt(task_id, outcome=Outcome.FAILED, error="?")
        drawn = [each.where for each in violations(lie, 18) if "were drawn" in each.text]
        assert drawn == [(f"{task_id}, attempt 1,",)] * named


@pytest.mark.parametrize("timeout_s", [1e-12, 4e-7, 1.5e-6, 2.5e-6])
def test_where_rounding_decides_whether_an_attempt_is_late_nobody_is_accused(timeout_s):
    durations = Durations((1e-6, 1.0), (2e-6, 0.5), (1e-6, 0.5))
    for seed in range(20):
        orders = [an_order(number, placed_s=number / 1e6) for number in range(6)]
        run = simulate(
            orders,
            WHERE,
            workers=2,
            seed=seed,
            timeout_s=timeout_s,
            max_attempts=3,
            backoff_s=1e-6,
            durations=durations,
            faults=Faults(fail=0.1, hang=0.1, lost_reply=0.3),
        )
        assert invariants.check(run) == []


def test_whether_there_was_nothing_is_known_between_two_movements():
    """Two units are set aside at 1 s and given back at 5 s; what shares a time with that may be."""
    where = Network(WHERE.products, (Warehouse("EAST", "10001", {"A": 2}),))
    faults = Faults(script={"O/packing/EAST": "fail"})
    order = Order("O", {"A": 2}, "express", "10001")
    run = simulate(order, where, durations=CONSTANT, faults=faults)
    assert [(each.kind, each.at_s) for each in run.movements] == [
        ("reserve", 1.0),
        ("release", 5.0),
    ]
    replay = Replay(RunLog(run))
    times_s = (0.0, 0.999999, 1.0, 3.0, 5.0, 5.000001, 9.0)
    empty = [{} in replay.levels_at("A", ticks(at_s)) for at_s in times_s]
    assert empty == [False, False, True, True, True, False, False]


def test_what_should_have_been_released_and_was_shipped_is_told_so():
    place = place_of(TROUBLE.movements, "O1/inventory/A", "release")
    lie = replace(TROUBLE.movements[place], kind=MovementKind.SHIP)
    found = violations(replace(TROUBLE, movements=put(TROUBLE.movements, place, lie)), 4)
    assert [each.text for each in found] == ["should have been a release"]
    found = violations(movement("O1/inventory/A", "ship", kind=MovementKind.RELEASE), 4)
    assert [each.text for each in found] == ["should have been a ship"]


def test_where_a_result_is_missing_none_stands_in_the_place_of_another():
    for run in (replace(DAY, results=DAY.results[1:]), replace(DAY, results=DAY.results * 2)):
        assert not [each for each in violations(run, 6) if "in the place of" in each.text]


# No false alarms


def test_an_empty_run_breaks_no_rule():
    assert invariants.check(simulate([])) == []


def test_the_default_day_breaks_no_rule_under_any_policy_and_number_of_workers():
    for policy in (*policies.BY_NAME.values(), policies.ageing(5.0), policies.ageing(math.inf)):
        for workers in (1, 2, 5, 40):
            assert (
                invariants.check(
                    simulate(sample_orders(12), policy=policy, workers=workers, max_attempts=2)
                )
                == []
            )


def last_in_first_out():
    """A policy that remembers; it can be checked, because it is called in the same order again."""
    calls = iter(range(10**6))
    return lambda task, ready_s: -next(calls)


def by_hash_of_the_name(task, ready_s):
    return sum(map(ord, task.id)) % 5, -ready_s


def all_equal(task, ready_s):
    return ()


POLICIES = st.sampled_from(
    [
        "fifo",
        "express_first",
        "shortest_first",
        "earliest_due",
        policies.ageing(2.0),
        by_hash_of_the_name,
        all_equal,
    ]
) | st.builds(last_in_first_out)
SKUS = ("A", "B", "C/%")
UNITS = st.dictionaries(st.sampled_from(SKUS), st.integers(0, 6))
NETWORKS = st.lists(UNITS, min_size=1, max_size=3).map(
    lambda stocks: Network(
        tuple(Product(sku, sku, 1.0, 10, 10, 10) for sku in SKUS),
        tuple(
            Warehouse(f"W/{place}", code, stock)
            for place, (code, stock) in enumerate(
                zip(("10001", "60601", "94103"), stocks, strict=False)
            )
        ),
    )
)
LINES = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1)
DETAILS = st.tuples(
    LINES,
    st.sampled_from(["express", "standard"]),
    st.sampled_from([0.0, 0.0, 1.0, 2.5, 0.1, 0.000001, 7.3]),
    st.sampled_from(["backorder", "short_ship", "ship_complete"]),
)
ORDERS = st.lists(DETAILS, max_size=9).map(
    lambda details: [
        Order(
            f"{'/packing%'[: number % 5]}O{number}", lines, priority, "94103", "US", placed_s, rule
        )
        for number, (lines, priority, placed_s, rule) in enumerate(details)
    ]
)
MEANS = st.sampled_from([0.0, 1e-6, 0.5, 1.0, 2.0])
DURATIONS = st.builds(Durations, *[st.tuples(MEANS, st.sampled_from([0.0, 0.0, 1.0]))] * 3)
RATES = st.sampled_from([0.0, 0.0, 0.1, 0.3])
SETTINGS = st.builds(
    Settings,
    workers=st.integers(1, 6),
    policy=POLICIES,
    max_attempts=st.integers(1, 4),
    timeout_s=st.sampled_from([1e-12, 1e-7, 2.5e-6, 1.0, 2.0, 10.0]),
    backoff_s=st.sampled_from([0.0, 1e-300, 1e-9, 4e-7, 6e-7, 1e-6, 0.5, 1.0]),
    seed=st.integers(0, 99),
    durations=DURATIONS,
    faults=st.builds(Faults, fail=RATES, hang=RATES, lost_reply=RATES),
)


@examples(max_examples=4 * examples().max_examples)
@given(ORDERS, NETWORKS, SETTINGS)
def test_no_honest_run_breaks_a_rule(orders, network, settings):
    run = simulate(orders, network, settings)
    assert [str(each) for each in invariants.check(run)] == []


def test_runs_that_share_a_ledger_break_no_rule():
    ledger = MemoryLedger(sample_network())
    orders = sample_orders(12)
    for each in (orders[:6], orders[6:]):
        assert invariants.check(simulate(each, ledger=ledger)) == []


@pytest.mark.parametrize("backoff_s", [1e-300, 1e-12, 2e-7, 4.9e-7, 5e-7, 6e-7, 1.5e-6])
def test_a_pause_of_less_than_a_tick_takes_one_and_breaks_no_rule(backoff_s):
    run = simulate([an_order(1)], WHERE, max_attempts=4, backoff_s=backoff_s, faults=Faults(fail=1))
    assert invariants.check(run) == []
    first, second, *_ = (each for each in run.attempts if each.task_id == "O1/inventory/A")
    assert second.ready_s == pytest.approx(first.finish_s + max(backoff_s, 1e-6), abs=6e-7)
    early = attempt("O1/inventory/A", run, 2, ready_s=first.finish_s)
    assert violations(early, 13)


def test_the_longest_pauses_break_no_rule():
    run = simulate([an_order(1)], WHERE, max_attempts=8, backoff_s=1e7, faults=Faults(fail=1.0))
    assert run.makespan_s > 1e9
    assert invariants.check(run) == []


def test_a_policy_that_fails_in_the_middle_breaks_no_rule():
    def retries_go_nowhere(task, ready_s):
        if ready_s > 1.2:
            raise RuntimeError("no idea")
        return 0

    run = simulate(
        [Order("O", {"A": 1}, "express", "10001")],
        WHERE,
        durations=CONSTANT,
        policy=retries_go_nowhere,
        max_attempts=3,
        faults=Faults(fail=1.0),
    )
    assert run.results[0].error == "in the policy: RuntimeError: no idea"
    assert invariants.check(run) == []


def test_an_attempt_that_was_abandoned_ends_one_second_after_its_timeout():
    error = "handler 'f' was cancelled and did not end within 1 s; abandoned"
    doctored = attempt("O1/packing/EAST", TROUBLE, finish_s=13.5, error=error)
    assert violations(doctored, 11) == []
    assert violations(attempt("O1/packing/EAST", TROUBLE, finish_s=13.4, error=error), 11)


@pytest.mark.parametrize("shortage", ["backorder", "ship_complete"])
def test_a_kind_of_task_that_is_not_known_breaks_no_rule(shortage):
    assert invariants.check(with_quality_checks(a_split(shortage))) == []


def a_split(shortage):
    """Two units from EAST and three from WEST, on two workers."""
    where = Network(
        (Product("A", "a", 1, 10, 10, 10),),
        (Warehouse("EAST", "10001", {"A": 2}), Warehouse("WEST", "94103", {"A": 3})),
    )
    return simulate(
        Order("O", {"A": 5}, "express", "10001", shortage=shortage),
        where,
        workers=2,
        durations=CONSTANT,
    )


def test_what_depends_on_a_kind_of_task_that_is_not_known_waits_for_it():
    run = with_quality_checks(a_split("backorder"))
    early = attempt("O/shipping/EAST", run, ready_s=6.0, start_s=6.0)
    assert "should be ready at 8.0 s, when all before it has ended" in str(violations(early, 7)[0])
    failed = result("O/quality check/EAST", run, outcome=Outcome.FAILED, error="dented")
    assert "though O/quality check/EAST did not succeed" in str(violations(failed, 7)[0])
    shipping = run.results[-1].task
    loose = result(shipping.id, run, task=replace(shipping, depends_on=("O/quality check/EAST",)))
    assert "instead of ['O/packing/WEST']" in str(violations(loose, 7)[0])


# The sweeps against the definitions


def by_definition(run, policy):
    """Whether a worker is free while somebody waits, and whether somebody overtakes."""
    times = sorted(
        {time for each in run.attempts for time in (each.ready_s, each.start_s, each.finish_s)}
    )
    tasks = {each.task.id: each.task for each in run.results}
    idle = overtaken = False
    for now_s in times:
        waiting = [each for each in run.attempts if each.ready_s <= now_s < each.start_s]
        busy = sum(each.start_s <= now_s < each.finish_s for each in run.attempts)
        idle |= bool(waiting) and busy < run.settings.workers
        for one in waiting:
            for other in run.attempts:
                if other.start_s == now_s:
                    ranks = [
                        (policy(tasks[each.task_id], each.ready_s), each.sequence)
                        for each in (one, other)
                    ]
                    overtaken |= ranks[0] < ranks[1]
    return idle, overtaken


TIMES = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(1, 4), st.integers(0, 1)),
    max_size=7,
)


@examples(max_examples=6 * examples().max_examples)
@given(TIMES, st.integers(1, 3), st.sampled_from(["fifo", "express_first"]))
def test_the_sweeps_find_what_the_definitions_find(times, workers, policy):
    attempts, results = [], []
    for place, (ready, wait, service, priority) in enumerate(sorted(times)):
        task = Task(f"T{place}", priority=priority)
        attempts.append(
            Attempt(
                "",
                task.id,
                "",
                priority,
                place,
                1,
                float(ready),
                float(ready + wait),
                float(ready + wait + service),
                Outcome.SUCCEEDED,
                "",
                place,
            )
        )
        results.append(TaskResult(task, Outcome.SUCCEEDED, None, "", (attempts[-1],)))
    run = replace(
        DAY,
        orders=(),
        reports=(),
        movements=(),
        attempts=tuple(attempts),
        results=tuple(results),
        settings=Settings(workers=workers, policy=policy),
    )
    log = RunLog(run)
    found = bool(list(nobody_idle(log))), bool(list(best_first(log)))
    idle, overtaken = by_definition(run, policies.named(policy))
    assert found == (idle, overtaken)


def test_where_an_attempt_takes_no_time_only_sure_overtakings_are_reported():
    """At such an instant a worker can start twice: the first time before the other was there."""

    def day(ready_s, sequence):
        none, waits = Task("none", priority=1), Task("waits", priority=0)
        rows = (
            Attempt("", "none", "", 1, 0, 1, 1.0, 1.0, 1.0, Outcome.SUCCEEDED, "", 5),
            Attempt("", "waits", "", 0, 0, 1, ready_s, 2.0, 3.0, Outcome.SUCCEEDED, "", sequence),
        )
        return replace(
            DAY,
            attempts=rows,
            results=(TaskResult(none, Outcome.SUCCEEDED), TaskResult(waits, Outcome.SUCCEEDED)),
            settings=Settings(workers=1),
        )

    assert list(best_first(RunLog(day(1.0, 6)))) == []
    assert len(list(best_first(RunLog(day(1.0, 4))))) == 1
    assert len(list(best_first(RunLog(day(0.5, 4))))) == 1


def test_a_movement_of_nobody_still_counts_for_the_stock():
    foreign = Movement(99.0, MovementKind.RESERVE, "EAST", "A", 10**6, "nobody")
    assert violations(replace(DAY, movements=(*DAY.movements, foreign)), 1)
