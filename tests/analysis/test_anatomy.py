"""The anatomy of lead times: by hand on small days, and exact to the microsecond on any run."""

from itertools import pairwise

import pandas as pd
import pytest
from any_run import ANY_RUN, CONSTANT
from fourth_kind import with_quality_checks
from hypothesis import given

from fulfillment_lib import Durations, Faults, Network, Order, Product, Warehouse, simulate
from fulfillment_lib.analysis import anatomy
from fulfillment_lib.analysis.anatomy import SEGMENTS
from fulfillment_lib.analysis.run import ticks

TYPES = {
    "order_id": "str",
    "segment": "str",
    "start_s": "float64",
    "finish_s": "float64",
    "seconds": "float64",
    "task_id": "str",
    "kind": "str",
    "worker": "Int64",
    "attempt": "int64",
    "blocked_by": "object",
}
WORDS = {"failed": "failed attempt", "timed_out": "timed-out attempt"}
SPLIT = {"EAST": {"A": 2}, "WEST": {"A": 3}}


def network(**stock):
    return Network(
        (Product("A", "a", 1, 10, 10, 10), Product("B", "b", 1, 10, 10, 10)),
        tuple(
            Warehouse(name, code, stock.get(name, {}))
            for name, code in (("EAST", "10001"), ("WEST", "94103"))
        ),
    )


def order(name="O", lines=None, **changes):
    return Order(name, lines or {"A": 1}, changes.pop("priority", "express"), "10001", **changes)


def run_of(orders, where, script=None, **changes):
    return simulate(
        orders, where, durations=CONSTANT, faults=Faults(script=script or {}), **changes
    )


def rows(run, *columns):
    return list(
        anatomy(run)[["segment", "start_s", "finish_s", *columns]].itertuples(
            index=False, name=None
        )
    )


def test_an_order_alone_is_only_served():
    run = run_of(order(), network(EAST={"A": 9}))
    assert rows(run, "seconds", "task_id", "kind", "worker", "attempt", "blocked_by") == [
        ("inventory", 0, 1, 1, "O/inventory/A", "inventory", 0, 1, ()),
        ("packing", 1, 5, 4, "O/packing/EAST", "packing", 0, 1, ()),
        ("shipping", 5, 7, 2, "O/shipping/EAST", "shipping", 0, 1, ()),
    ]


def test_a_wait_for_a_worker_names_who_had_the_workers():
    run = run_of([order("X"), order("Y")], network(EAST={"A": 9}), workers=1, policy="fifo")
    table = anatomy(run)
    assert rows(run, "task_id", "blocked_by")[-6:] == [
        ("waiting for a worker", 0, 1, "Y/inventory/A", ("X/inventory/A",)),
        ("inventory", 1, 2, "Y/inventory/A", ()),
        ("waiting for a worker", 2, 6, "Y/packing/EAST", ("X/packing/EAST",)),
        ("packing", 6, 10, "Y/packing/EAST", ()),
        ("waiting for a worker", 10, 12, "Y/shipping/EAST", ("X/shipping/EAST",)),
        ("shipping", 12, 14, "Y/shipping/EAST", ()),
    ]
    assert table.loc[table["segment"] == "waiting for a worker", "worker"].isna().all()


def test_a_wait_starts_with_those_that_began_in_the_same_instant():
    lines = {"A": 1, "B": 1}
    run = run_of(order(lines=lines), network(EAST={"A": 9, "B": 9}), workers=1)
    assert rows(run, "task_id", "blocked_by")[:2] == [
        ("waiting for a worker", 0, 1, "O/inventory/B", ("O/inventory/A",)),
        ("inventory", 1, 2, "O/inventory/B", ()),
    ]


def test_of_the_parcels_own_checks_the_slowest_counts():
    run = run_of(
        order(lines={"A": 1, "B": 1}),
        network(EAST={"A": 9, "B": 9}),
        {"O/inventory/A": ("fail", "ok")},
        max_attempts=2,
    )
    assert rows(run, "task_id", "attempt")[:3] == [
        ("failed attempt", 0, 1, "O/inventory/A", 1),
        ("back-off", 1, 2, "O/inventory/A", 1),
        ("inventory", 2, 3, "O/inventory/A", 2),
    ]


def test_a_parcel_waits_for_the_check_of_a_line_that_is_not_in_it():
    run = run_of(order(lines={"A": 1, "B": 1}), network(EAST={"A": 9}), {"O/inventory/B": "hang"})
    assert rows(run, "task_id", "blocked_by") == [
        ("inventory", 0, 1, "O/inventory/A", ()),
        ("waiting for a sibling", 1, 10, "O/packing/EAST", ("O/inventory/B",)),
        ("packing", 10, 14, "O/packing/EAST", ()),
        ("shipping", 14, 16, "O/shipping/EAST", ()),
    ]


def test_shipping_complete_waits_for_the_packing_of_the_other_parcel():
    run = run_of(
        order(lines={"A": 5}, shortage="ship_complete"),
        network(**SPLIT),
        {"O/packing/WEST": ("fail", "ok")},
        max_attempts=2,
    )
    assert rows(run, "task_id", "blocked_by") == [
        ("inventory", 0, 1, "O/inventory/A", ()),
        ("packing", 1, 5, "O/packing/EAST", ()),
        ("waiting for a sibling", 5, 10, "O/shipping/EAST", ("O/packing/WEST",)),
        ("shipping", 10, 12, "O/shipping/EAST", ()),
    ]


def test_of_two_parcels_the_one_that_ended_last_is_followed():
    run = run_of(
        order(lines={"A": 5}), network(**SPLIT), {"O/packing/WEST": ("fail", "ok")}, max_attempts=2
    )
    assert [row[3] for row in rows(run, "task_id")[1:]] == [
        *["O/packing/WEST"] * 3,
        "O/shipping/WEST",
    ]


def test_a_lost_reply_is_time_in_a_timed_out_attempt():
    run = run_of(
        order(), network(EAST={"A": 9}), {"O/shipping/EAST": ("lost_reply", "ok")}, max_attempts=2
    )
    assert rows(run, "worker", "attempt")[2:] == [
        ("timed-out attempt", 5, 15, 0, 1),
        ("back-off", 15, 16, pd.NA, 1),
        ("shipping", 16, 18, 0, 2),
    ]


def test_an_order_that_failed_ends_with_what_failed():
    run = run_of(order(), network(EAST={"A": 9}), {"O/packing/EAST": "hang"})
    assert rows(run) == [("inventory", 0, 1), ("timed-out attempt", 1, 11)]


def test_an_order_of_which_nothing_is_in_stock_takes_its_stock_check():
    assert rows(run_of(order(), network())) == [("inventory", 0, 1)]


def test_time_after_a_policy_has_raised_is_not_in_the_log():
    asked = []

    def picky(task, ready_s):
        asked.append(task.id)
        if len(asked) > 1:
            raise ValueError("no more")
        return 0

    run = run_of(
        order(), network(EAST={"A": 9}), {"O/inventory/A": "fail"}, max_attempts=2, policy=picky
    )
    assert rows(run, "task_id", "attempt") == [
        ("failed attempt", 0, 1, "O/inventory/A", 1),
        ("not in the log", 1, 2, "", 0),
    ]


@pytest.mark.parametrize("orders", [[], [order()]])
def test_no_time_gives_no_rows_but_the_same_columns(orders):
    idle = anatomy(simulate(orders, network(EAST={"A": 9}), durations=Durations.constant(0, 0, 0)))
    busy = anatomy(run_of(order(), network(EAST={"A": 9})))
    assert len(idle) == 0
    assert {name: str(kind) for name, kind in idle.dtypes.items()} == TYPES
    assert {name: str(kind) for name, kind in busy.dtypes.items()} == TYPES


@given(ANY_RUN)
def test_every_microsecond_of_every_order_is_in_exactly_one_segment(run):
    table = anatomy(run)
    assert list(dict.fromkeys(table["order_id"])) == [
        report.order_id for report in run.reports if report.lead_time_s
    ]
    for report in run.reports:
        own = table[table["order_id"] == report.order_id]
        assert [report.placed_s, *own["finish_s"]] == [*own["start_s"], report.finished_s]
        assert (own["seconds"] > 0).all()
        assert sum(map(ticks, own["seconds"])) == ticks(report.lead_time_s)


@given(ANY_RUN)
def test_every_segment_is_what_the_log_says(run):
    log = {(each.task_id, each.attempt): each for each in run.attempts}
    end_s = {each.task_id: each.finish_s for each in run.attempts}
    for row in anatomy(run).itertuples():
        each = log[row.task_id, row.attempt]
        span = (row.start_s, row.finish_s)
        assert row.segment in SEGMENTS and row.kind == each.kind
        assert (each.order_id, bool(row.blocked_by)) == (row.order_id, "waiting" in row.segment)
        if row.segment == "waiting for a worker":
            assert span == (each.ready_s, each.start_s) and row.seconds == each.wait_s
            busy = [
                other for other in run.attempts if other.start_s <= row.start_s < other.finish_s
            ]
            assert len(busy) == run.settings.workers  # else nobody would have to wait
            assert row.blocked_by == tuple(
                other.task_id for other in sorted(busy, key=lambda one: one.worker)
            )
        elif row.segment == "waiting for a sibling":
            assert span[1] == each.ready_s == max(end_s[name] for name in row.blocked_by)
            assert all(end_s[name] > span[0] for name in row.blocked_by)
        elif row.segment == "back-off":
            assert span == (each.finish_s, log[row.task_id, row.attempt + 1].ready_s)
        else:
            assert span == (each.start_s, each.finish_s) and row.worker == each.worker
            assert row.segment == WORDS.get(each.outcome, each.kind)


@given(ANY_RUN)
def test_the_thread_of_an_order_is_one_parcel_from_check_to_shipping(run):
    needs = {result.task.id: result.task.depends_on for result in run.results}
    looked_again = {
        result.task.order_id
        for result in run.results
        if result.task.kind == "inventory" and result.task.depends_on
    }
    for name, own in anatomy(run).groupby("order_id"):
        if name in looked_again:
            continue  # it went through several parcels, see below
        tasks = list(dict.fromkeys(own["task_id"]))
        kinds = [name.split("/")[1] for name in tasks]
        assert kinds == sorted(set(kinds))
        for before, after in pairwise(tasks):
            assert before in needs[after] or (before.split("/")[1], after.split("/")[1]) == (
                "inventory",
                "shipping",
            )  # between them a packing of no time
        assert len({name.split("/")[2] for name in tasks if "/inventory/" not in name}) <= 1


def test_the_thread_of_an_order_that_looked_again_goes_through_the_packing_that_failed():
    where = network(EAST={"A": 1, "B": 1}, WEST={"A": 1, "B": 1})
    script = dict.fromkeys(("O/packing/EAST", "O/packing/WEST"), "fail")
    script["O/inventory/B/2"] = "hang"
    run = run_of(order(lines={"A": 1, "B": 1}), where, script, replan=2, timeout_s=5)
    assert rows(run, "task_id", "blocked_by") == [
        ("inventory", 0, 1, "O/inventory/A", ()),
        ("failed attempt", 1, 5, "O/packing/EAST", ()),
        ("inventory", 5, 6, "O/inventory/A/2", ()),
        ("waiting for a sibling", 6, 10, "O/packing/WEST", ("O/inventory/B/2",)),
        ("failed attempt", 10, 14, "O/packing/WEST", ()),
        ("inventory", 14, 15, "O/inventory/A/3", ()),
    ]


def test_a_kind_of_task_that_is_not_known_is_followed_within_its_parcel():
    run = with_quality_checks(
        run_of(order(lines={"A": 5}, shortage="ship_complete"), network(**SPLIT))
    )
    assert rows(run, "task_id") == [
        ("inventory", 0, 1, "O/inventory/A"),
        ("packing", 1, 5, "O/packing/EAST"),
        ("quality check", 5, 8, "O/quality check/EAST"),
        ("shipping", 8, 10, "O/shipping/EAST"),
    ]


def test_a_check_of_a_product_that_is_named_like_the_warehouse_is_no_part_of_the_parcel():
    where = Network(
        [Product(sku, sku, 1, 10, 10, 10) for sku in ("EAST", "B")],
        [Warehouse("EAST", "10001", {"EAST": 9, "B": 9})],
    )
    run = run_of(
        order(lines={"EAST": 1, "B": 1}), where, {"O/inventory/B": ("fail", "ok")}, max_attempts=2
    )
    assert rows(run, "task_id")[2] == ("inventory", 2, 3, "O/inventory/B")
