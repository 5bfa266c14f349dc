"""Where the time went, in words: whole texts by hand, and no figure that is not in the log."""

import dataclasses
import re
from itertools import pairwise

import pytest
from any_run import ANY_RUN, CONSTANT
from fourth_kind import with_quality_checks
from hypothesis import given

from fulfillment_lib import Faults, Network, Order, Product, Warehouse, simulate
from fulfillment_lib.analysis import anatomy, explain
from fulfillment_lib.errors import ArgumentError

SECONDS = re.compile(r"([0-9,]+\.[0-9]+) s\b")
MEANWHILE = re.compile(
    r"Meanwhile ([0-9,]+) other attempts? started"
    r"(?:, ([0-9]+) of them ready later than it(?: \(([0-9]* ?express)\))?)?\."
)


def order(name="O", lines=None, priority="express", **changes):
    return Order(name, lines or {"A": 1}, priority, changes.pop("postal_code", "10001"), **changes)


def run_of(orders, stock=None, script=None, names=("EAST", "WEST"), **changes):
    skus = sorted({sku for each in orders for sku in [line.sku for line in each.lines]})
    stock = stock or {names[0]: dict.fromkeys(skus, 9)}
    where = Network(
        [Product(sku, sku, 1, 10, 10, 10) for sku in skus],
        [
            Warehouse(name, code, stock.get(name, {}))
            for name, code in zip(names, ("10001", "94103"), strict=True)
        ],
    )
    return simulate(
        orders, where, durations=CONSTANT, faults=Faults(script=script or {}), **changes
    )


def test_an_order_that_never_waits_is_told_in_four_lines():
    run = run_of([order(placed_s=3.0)])
    assert run.explain("O").splitlines() == [
        "O (express) was placed at 3.0 s and ended 7.0 s later, fulfilled.",
        "Checking the stock of A took 1.0 s.",
        "Packing at EAST took 4.0 s.",
        "Shipping from EAST took 2.0 s.",
    ]


def test_a_wait_is_told_with_who_was_served_meanwhile():
    run = run_of(
        [order("S", priority="standard"), order("X", placed_s=0.5), order("Y", placed_s=0.5)],
        workers=1,
    )
    assert explain(run, "S").splitlines() == [
        "S (standard) was placed at 0.0 s and ended 21.0 s later, fulfilled.",
        "Checking the stock of A took 1.0 s.",
        "Packing at EAST waited 14.0 s for a worker: the only one was busy, with checking stock "
        "for X. Meanwhile 5 other attempts started, 4 of them ready later than it (express).",
        "Packing at EAST took 4.0 s.",
        "Shipping from EAST took 2.0 s.",
        "Of the 21.0 s: 14.0 s waiting for a worker and 7.0 s service.",
    ]


def test_of_many_busy_workers_three_are_named_and_the_orders_own_work_is_called_so():
    lines = {"A": 1, "B": 1}
    run = run_of(
        [order("X", lines), order("Y"), order("Z"), order("O", lines)], workers=5, policy="fifo"
    )
    assert explain(run, "O").splitlines()[1] == (
        "Checking the stock of B waited 1.0 s for a worker: all 5 were busy, among others with "
        "checking stock for X, checking stock for Y and checking stock for Z."
    )
    assert "with checking stock for this order" in explain(
        run_of([order("O", lines)], workers=1), "O"
    )


def test_failures_timeouts_and_back_offs_are_told_with_their_attempt():
    run = run_of([order()], script={"O/packing/EAST": ("fail", "hang", "ok")}, max_attempts=3)
    assert explain(run, "O").splitlines()[2:] == [
        "Packing at EAST (attempt 1) failed after 4.0 s "
        "(SimulatedFailure: this attempt was set to fail).",
        "A back-off of 1.0 s followed, before attempt 2.",
        "Packing at EAST (attempt 2) timed out after 10.0 s (no answer within 10 s).",
        "A back-off of 2.0 s followed, before attempt 3.",
        "Packing at EAST took 4.0 s, at attempt 3.",
        "Shipping from EAST took 2.0 s.",
        "Of the 24.0 s: 10.0 s timed-out attempt, 7.0 s service, 4.0 s failed attempt and 3.0 s "
        "back-off.",
    ]


def test_a_slower_sibling_is_named():
    run = run_of(
        [order(lines={"A": 5}, shortage="ship_complete")],
        {"EAST": {"A": 2}, "WEST": {"A": 3}},
        {"O/packing/WEST": ("fail", "ok")},
        max_attempts=2,
    )
    assert (
        "Shipping from EAST then had to wait 5.0 s for the rest of the order: "
        "packing at WEST came to an end later."
    ) in explain(run, "O").splitlines()


def test_skipped_tasks_and_the_status_are_told():
    run = run_of([order()], {"EAST": {"A": 0}})
    assert explain(run, "O").splitlines() == [
        "O (express) was placed at 0.0 s and ended 1.0 s later, unfulfilled.",
        "Checking the stock of A took 1.0 s.",
        "2 tasks skipped: nothing reserved.",
    ]


def test_names_are_shown_as_they_are_and_what_cannot_be_printed_escaped():
    run = run_of(
        [order("A/1%", {"C/%": 1}), order("R\u202eL")],
        names=("W/E,ST", "X"),
        workers=1,
        policy="fifo",
    )
    text = explain(run, "A/1%")
    assert text.startswith("A/1% (express)") and "stock of C/% took" in text
    assert "Packing at W/E,ST waited" in text and r"checking stock for R\u202eL." in text
    assert all(line.isprintable() for line in text.splitlines())


def test_short_times_are_told_to_the_microsecond():
    run = run_of([order(placed_s=0.03)])
    assert " placed at 0.03 s " in explain(run, "O")


def test_time_that_is_not_in_the_log_is_owned_up_to():
    asked = []

    def picky(task, ready_s):
        asked.append(task.id)
        return 0 if len(asked) == 1 else 1 / 0

    run = run_of([order()], script={"O/inventory/A": "fail"}, max_attempts=2, policy=picky)
    assert "For 1.0 s the log shows no attempt." in explain(run, "O").splitlines()


def test_an_unknown_order_is_refused_with_the_nearest():
    run = run_of([order("ORD-001")])
    with pytest.raises(
        ArgumentError,
        match=r"^order_id must be the id of an order of this run, "
        r"got 'ORD-01'; did you mean 'ORD-001'\?$",
    ):
        run.explain("ORD-01")


@given(ANY_RUN)
def test_every_number_of_seconds_is_in_the_log(run):
    table = anatomy(run)
    for report in run.reports:
        own = [each for each in run.attempts if each.order_id == report.order_id]
        tries = [
            list(result.attempts)
            for result in run.results
            if result.task.order_id == report.order_id
        ]
        parts = table[table["order_id"] == report.order_id]
        groups = parts["segment"].replace(["inventory", "packing", "shipping"], "service")
        known = {
            report.placed_s,
            report.lead_time_s,
            *parts["seconds"].groupby(groups).sum(),
            *(each.wait_s for each in own),
            *(each.service_s for each in own),
            *(b.ready_s - a.finish_s for each in tries for a, b in pairwise(each)),
            *parts.loc[parts["segment"] == "waiting for a sibling", "seconds"],
        }
        for number in SECONDS.findall(explain(run, report.order_id)):
            told = float(number.replace(",", ""))
            assert any(abs(told - each) < 0.0500001 for each in known), (number, known)


@given(ANY_RUN)
def test_those_served_meanwhile_are_counted_right(run):
    waits = anatomy(run).query("segment == 'waiting for a worker'")
    for order_id, own in waits.groupby("order_id"):
        lines = [line for line in explain(run, order_id).splitlines() if " for a worker:" in line]
        for line, row in zip(lines, own.itertuples(), strict=True):
            others = [each for each in run.attempts if row.start_s < each.start_s < row.finish_s]
            later = [each.priority for each in others if each.ready_s > row.start_s]
            found = MEANWHILE.search(line)
            assert bool(found) == bool(others)
            if found:
                assert found[1] == str(len(others))
                assert found[2] == (str(len(later)) if later else None)
                express = later.count(0)
                assert found[3] == (
                    None
                    if not express
                    else "express"
                    if express == len(later)
                    else f"{express} express"
                )


def test_a_kind_of_task_without_words_of_its_own_goes_by_its_name():
    run = with_quality_checks(run_of([order()]))
    assert explain(run, "O").splitlines()[1:] == [
        "Checking the stock of A took 1.0 s.",
        "Packing at EAST took 4.0 s.",
        "Quality check at EAST took 3.0 s.",
        "Shipping from EAST took 2.0 s.",
    ]


def test_work_of_a_kind_without_words_that_held_a_worker_goes_by_its_name():
    run = run_of([order("X"), order("Y")], workers=1, policy="fifo")
    renamed = dataclasses.replace(
        run,
        attempts=tuple(
            dataclasses.replace(each, task_id=each.task_id.replace("X/packing", "X/quality check"))
            for each in run.attempts
        ),
    )
    assert "was busy, with quality check X." in explain(renamed, "Y")
