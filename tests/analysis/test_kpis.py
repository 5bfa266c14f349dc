"""Key figures: exact on a day counted by hand, and the groups add up on any run."""

import math
from datetime import date, timedelta

import pytest
from any_run import ANY_RUN, CONSTANT
from hypothesis import given
from hypothesis import strategies as st

from fulfillment_lib import Durations, Faults, Network, Order, Product, Warehouse, simulate
from fulfillment_lib.analysis import kpis
from fulfillment_lib.analysis.kpis import figures as all_figures
from fulfillment_lib.business_days import add_business_days, business_day
from fulfillment_lib.errors import ArgumentError

ORDERS = [
    "orders",
    "lead_time_mean_s",
    "lead_time_p50_s",
    "lead_time_p95_s",
    "line_fill",
    "unit_fill",
    "order_fill",
    "on_time_in_full",
    "perfect_order",
    "split_rate",
]
SHIPMENTS = ["shipments", "packages", "shipping_cost", "on_time"]
ATTEMPTS = [
    "attempts",
    "wait_mean_s",
    "wait_p50_s",
    "wait_p95_s",
    "utilization",
    "timeout_lost_s",
    "failure_lost_s",
]
QUEUE = ["queue_mean", "queue_max"]
COLUMNS = {
    None: ORDERS + SHIPMENTS + ATTEMPTS + QUEUE,
    "order": ORDERS + SHIPMENTS + ATTEMPTS + QUEUE,
    "priority": ORDERS + SHIPMENTS + ATTEMPTS + QUEUE,
    "warehouse": SHIPMENTS + ATTEMPTS + QUEUE,
    "kind": ATTEMPTS + QUEUE,
    "worker": ATTEMPTS,
    "carrier": SHIPMENTS,
}
HAIR = 1e-6


def order(name, units, priority="express", **changes):
    return Order(name, {"A": units}, priority, "10001", **changes)


def run_of(orders, script=None, **changes):
    stock = changes.pop("stock", {"EAST": 9})
    where = Network(
        [Product("A", "a", 1, 10, 10, 10)],
        [
            Warehouse(name, code, {"A": stock.get(name, 0)})
            for name, code in (("EAST", "10001"), ("WEST", "94103"))
        ],
    )
    return simulate(
        orders, where, durations=CONSTANT, faults=Faults(script=script or {}), **changes
    )


# One worker: E is checked, packed and shipped from 0 to 7, while S waits, and S from 7 to 14.
DAY = run_of([order("E", 1), order("S", 2, "standard")], workers=1, stock={"EAST": 2})


def figures(run):
    return kpis(run).iloc[0].to_dict()


def test_a_day_counted_by_hand():
    cost = sum(each.cost for report in DAY.reports for each in report.shipments)
    assert figures(DAY) == {
        "orders": 2,
        "lead_time_mean_s": 10.5,
        "lead_time_p50_s": 10.5,
        "lead_time_p95_s": 13.65,
        "line_fill": 1 / 2,
        "unit_fill": 2 / 3,
        "order_fill": 1 / 2,
        "on_time_in_full": 1 / 2,
        "perfect_order": 1 / 2,
        "split_rate": 0.0,
        "shipments": 2,
        "packages": 2,
        "shipping_cost": round(cost, 2),
        "on_time": 1.0,
        "attempts": 6,
        "wait_mean_s": round(7 / 6, 6),
        "wait_p50_s": 0.0,
        "wait_p95_s": 5.25,
        "utilization": 1.0,
        "timeout_lost_s": 0.0,
        "failure_lost_s": 0.0,
        "queue_mean": 0.5,
        "queue_max": 1,
    }


def test_the_same_day_by_kind():
    table = kpis(DAY, "kind").set_index("kind")
    assert table["attempts"].to_dict() == {"inventory": 2, "packing": 2, "shipping": 2}
    assert table["utilization"].to_dict() == {
        "inventory": 2 / 14,
        "packing": 8 / 14,
        "shipping": 4 / 14,
    }
    assert table["wait_mean_s"].to_dict() == {"inventory": 3.5, "packing": 0, "shipping": 0}
    assert table["queue_mean"].to_dict() == {"inventory": 0.5, "packing": 0, "shipping": 0}
    assert table["queue_max"].to_dict() == {"inventory": 1, "packing": 0, "shipping": 0}


def test_the_same_day_by_order_and_priority():
    by_order, by_priority = kpis(DAY, "order"), kpis(DAY, "priority")
    assert by_order["order_id"].tolist() == ["E", "S"]
    assert by_priority["priority"].tolist() == ["express", "standard"]
    assert by_order.drop(columns="order_id").equals(by_priority.drop(columns="priority"))
    assert by_order["lead_time_p95_s"].tolist() == [7, 14]
    assert by_order["unit_fill"].tolist() == [1, 0.5]


def test_the_same_day_by_warehouse_carrier_and_worker():
    by_warehouse = kpis(DAY, "warehouse").set_index("warehouse")
    assert by_warehouse["attempts"].to_dict() == {"EAST": 4, "WEST": 0}
    assert by_warehouse["shipments"].to_dict() == {"EAST": 2, "WEST": 0}
    assert math.isnan(by_warehouse.loc["WEST", "on_time"])
    assert kpis(DAY, "worker")["utilization"].tolist() == [1.0]
    carriers = {each.carrier for report in DAY.reports for each in report.shipments}
    assert kpis(DAY, "carrier")["carrier"].tolist() == sorted(carriers)


def test_time_lost_is_that_of_attempts_in_vain():
    run = run_of([order("O", 1)], {"O/packing/EAST": ("fail", "hang", "ok")}, max_attempts=3)
    found = figures(run)
    assert (found["failure_lost_s"], found["timeout_lost_s"]) == (4.0, 10.0)
    assert (found["on_time_in_full"], found["perfect_order"]) == (1.0, 0.0)
    assert found["utilization"] == (1 + 4 + 10 + 4 + 2) / (5 * run.makespan_s)


def test_an_order_in_two_shipments_is_split_and_not_perfect():
    found = figures(run_of([order("O", 5)], stock={"EAST": 2, "WEST": 3}))
    assert (found["split_rate"], found["order_fill"], found["perfect_order"]) == (1, 1, 0)
    assert (found["shipments"], found["on_time_in_full"]) == (2, 1)


def test_an_order_that_leaves_after_midnight_may_come_late():
    late_s = 86_400.0 - 5  # it is shipped at 00:00:02
    for promise, on_time in ((1, 0.0), (2, 1.0)):
        found = figures(run_of([order("O", 1, placed_s=late_s, promise_days=promise)]))
        assert (found["on_time"], found["on_time_in_full"], found["perfect_order"]) == (
            on_time,
            on_time,
            on_time,
        )
        assert found["order_fill"] == 1.0


def test_what_ships_nothing_has_no_split_rate_and_is_never_on_time_in_full():
    found = figures(run_of([order("O", 1)], stock={}))
    assert math.isnan(found["split_rate"]) and math.isnan(found["on_time"])
    assert (found["on_time_in_full"], found["unit_fill"], found["lead_time_mean_s"]) == (0, 0, 1)


@pytest.mark.parametrize("by", COLUMNS)
def test_columns_and_their_types_do_not_depend_on_what_happened(by):
    idle, busy = kpis(run_of([]), by), kpis(DAY, by)
    group = ["order_id" if by == "order" else by] if by else []
    assert busy.columns.tolist() == group + COLUMNS[by]
    assert idle.dtypes.equals(busy.dtypes)
    assert len(idle) == {None: 1, "warehouse": 2, "kind": 3, "worker": 5}.get(by, 0)


def test_without_time_there_is_no_average_over_time():
    run = simulate(
        [Order("O", {"MOUSE-002": 1}, "express", "10001")], durations=Durations.constant(0, 0, 0)
    )
    found = figures(run)
    assert math.isnan(found["utilization"]) and math.isnan(found["queue_mean"])
    assert (found["lead_time_mean_s"], found["queue_max"]) == (0, 0)


@pytest.mark.parametrize(
    ("by", "shown", "remedy"),
    [
        ("warehous", "'warehous'", "did you mean 'warehouse'?"),
        (
            ["kind"],
            "['kind']",
            "known are 'carrier', 'kind', 'order', 'priority', 'warehouse', 'worker'",
        ),
    ],
)
def test_an_unknown_grouping_is_refused_with_the_nearest(by, shown, remedy):
    with pytest.raises(ArgumentError) as caught:
        kpis(DAY, by)
    assert str(caught.value) == f"by must be None or a known grouping, got {shown}; {remedy}"


@given(ANY_RUN, st.sampled_from([by for by in COLUMNS if by]))
def test_the_groups_add_up_to_the_run(run, by):
    whole, table = kpis(run).iloc[0], kpis(run, by)
    sums = ["orders", "shipments", "packages", "shipping_cost"]
    if by != "warehouse":  # where no stock check happens
        sums += ["attempts", "timeout_lost_s", "failure_lost_s"]
        if run.makespan_s:
            sums += ["queue_mean"] if by == "worker" else ["queue_mean", "utilization"]
    for name in sums:
        if name in table:
            assert table[name].sum() == pytest.approx(whole[name]), name
    if by == "worker" and run.makespan_s:
        assert table["utilization"].mean() == pytest.approx(whole["utilization"])
    if by in ("order", "priority") and run.orders:
        filled = (table["order_fill"] * table["orders"]).sum()
        assert filled == pytest.approx(whole["order_fill"] * whole["orders"])


@given(ANY_RUN)
def test_rates_are_shares_and_a_stricter_one_is_never_higher(run):
    if run.orders:
        found = kpis(run).iloc[0]
        assert 0 <= found["perfect_order"] <= found["on_time_in_full"] <= found["order_fill"] <= 1
        assert 0 <= found["line_fill"] <= 1
        assert found["utilization"] <= 1 + HAIR or not run.makespan_s
        full = [report.status == "FULFILLED" for report in run.reports]
        assert found["order_fill"] == sum(full) / len(full)


@given(ANY_RUN, st.sampled_from([None, "order", "priority", "kind", "warehouse"]))
def test_littles_law_holds_on_the_log(run, by):
    """The length is integrated over time, the waits are averaged over attempts."""
    for row in kpis(run, by).itertuples():
        if row.attempts and run.makespan_s:
            arrival_rate = row.attempts / run.makespan_s
            assert row.queue_mean == pytest.approx(
                arrival_rate * row.wait_mean_s, abs=arrival_rate * HAIR
            )


@given(ANY_RUN)
def test_the_longest_queue_is_the_longest_at_any_instant(run):
    instants = {each.ready_s for each in run.attempts}
    for row in kpis(run, "kind").itertuples():
        own = [each for each in run.attempts if each.kind == row.kind]
        assert row.queue_max == max(
            (sum(each.ready_s <= now_s < each.start_s for each in own) for now_s in instants),
            default=0,
        )


def placed(placed_s, promise_days):
    return Order("O", {"A": 1}, "express", "10001", placed_s=placed_s, promise_days=promise_days)


@pytest.mark.parametrize(
    ("day", "promise", "promised"),
    [
        (0, 1, "2026-03-03"),
        (0, 5, "2026-03-09"),
        (3, 1, "2026-03-06"),
        (4, 1, "2026-03-09"),
        (4, 2, "2026-03-10"),
        (5, 1, "2026-03-10"),
        (6, 1, "2026-03-10"),
        (7, 1, "2026-03-10"),
    ],
)
def test_a_promise_counts_business_days_from_the_day_of_the_order(day, promise, promised):
    one = placed(86_400.0 * day, promise)
    assert one.promised_date("2026-03-02").isoformat() == promised  # counted from a Monday


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.floats(0, 1e7), st.integers(1, 365))
def test_what_leaves_on_its_day_and_takes_as_long_as_promised_is_on_time(day, placed_s, promise):
    one = placed(placed_s, promise)
    leaves = business_day(day.isoformat(), one.placed_s)
    promised = one.promised_date(day.isoformat())
    assert promised == add_business_days(leaves, promise)
    assert promised - leaves >= timedelta(promise)


@given(ANY_RUN)
def test_the_figures_without_a_frame_are_those_with_one(run):
    found, whole = all_figures(run), kpis(run).iloc[0]
    of_class = kpis(run, "priority").set_index("priority")
    assert found.pop("makespan_s") == run.makespan_s
    for priority in ("express", "standard"):
        for name in ("lead_time_mean_s", "lead_time_p95_s", "wait_mean_s"):
            want = of_class[name].get(priority, math.nan)
            assert found.pop(f"{priority}_{name}") == pytest.approx(want, nan_ok=True)
    assert found == pytest.approx(whole.to_dict(), nan_ok=True, abs=0, rel=0)


@given(ANY_RUN)
def test_packing_and_shipping_happen_at_a_warehouse_and_stock_checks_do_not(run):
    by_warehouse, by_kind = kpis(run, "warehouse"), kpis(run, "kind").set_index("kind")
    assert by_warehouse["attempts"].sum() == by_kind.loc[["packing", "shipping"], "attempts"].sum()
