"""The bounds of a makespan: exact figures by hand, and never broken by any run."""

from dataclasses import FrozenInstanceError

import pytest
from any_run import ANY_RUN, CONSTANT
from fourth_kind import with_quality_checks
from hypothesis import given

from fulfillment_lib import Faults, Network, Order, Product, Warehouse, simulate
from fulfillment_lib.analysis import bounds
from fulfillment_lib.analysis.bounds import Bounds

HAIR_S = 2e-6


def order(name="O", placed_s=0.0, **changes):
    return Order(
        name, changes.pop("lines", {"A": 1}), "express", "10001", placed_s=placed_s, **changes
    )


def run_of(orders, script=None, stock=None, **changes):
    stock = stock or {"EAST": {"A": 9, "B": 9, "C": 9}}
    where = Network(
        [Product(sku, sku, 1, 10, 10, 10) for sku in "ABC"],
        [
            Warehouse(name, code, stock.get(name, {}))
            for name, code in (("EAST", "10001"), ("WEST", "94103"))
        ],
    )
    return simulate(
        orders, where, durations=CONSTANT, faults=Faults(script=script or {}), **changes
    )


def test_one_order_is_its_own_critical_path():
    found = bounds(run_of(order(), workers=2))
    assert found == Bounds(
        workers=2,
        work_s=7,
        critical_path_s=7,
        last_placed_s=0,
        lower_bound_s=7,
        makespan_s=7,
        upper_bound_s=7,
    )
    assert (found.work_per_worker_s, found.gap) == (3.5, 0.0)


def test_three_checks_on_two_workers_reach_grahams_bound():
    found = bounds(run_of(order(lines={"A": 1, "B": 1, "C": 1}), workers=2))
    assert (found.work_s, found.critical_path_s) == (9, 7)
    assert (found.lower_bound_s, found.makespan_s) == (7, 8)
    assert found.upper_bound_s == 9 / 2 + (1 - 1 / 2) * 7
    assert found.gap == 8 / 7 - 1


def test_no_run_ends_before_its_last_order_could():
    found = bounds(run_of([order("X"), order("Y", 20.0)], workers=2))
    assert (found.critical_path_s, found.last_placed_s) == (7, 20)
    assert (found.lower_bound_s, found.makespan_s, found.upper_bound_s) == (27, 27, 30.5)


def test_what_arrives_late_is_still_to_do_then():
    found = bounds(run_of([order("X"), order("Y", 10.0), order("Z", 10.0)], workers=1))
    assert (found.work_s, found.lower_bound_s, found.makespan_s) == (21, 24, 24)


def test_a_back_off_is_part_of_the_path_but_no_work():
    found = bounds(
        run_of(
            order(), {"O/inventory/A": ("fail", "ok")}, workers=1, max_attempts=2, backoff_s=10.0
        )
    )
    assert (found.work_s, found.critical_path_s) == (8, 18)
    assert (found.lower_bound_s, found.makespan_s, found.upper_bound_s) == (18, 18, 18)
    # Counted in the path only, as if it were service, it would make a bound that is broken:
    assert found.work_s / 1 + (1 - 1 / 1) * found.critical_path_s < found.makespan_s


def test_a_path_goes_through_the_slowest_check_of_the_order_whatever_it_reserved():
    found = bounds(
        run_of(
            order(lines={"A": 1, "B": 1}),
            {"O/inventory/B": "hang"},
            stock={"EAST": {"A": 1}},
            workers=5,
        )
    )
    assert (found.critical_path_s, found.makespan_s) == (16, 16)


def test_a_path_goes_through_the_slowest_check_of_a_later_round_too():
    stock = {"EAST": {"A": 1, "B": 1}, "WEST": {"A": 1}}
    script = {"O/packing/EAST": "fail", "O/inventory/B/2": "hang"}
    lines = {"A": 1, "B": 1}
    found = bounds(run_of(order(lines=lines), script, stock, workers=5, timeout_s=5, replan=1))
    assert found.critical_path_s == found.makespan_s == (1 + 4) + 5 + (4 + 2)


def test_with_ship_complete_a_path_goes_from_any_packing_to_any_shipping():
    split = {"EAST": {"A": 2}, "WEST": {"A": 3}}
    script = {"O/packing/WEST": ("fail", "ok"), "O/shipping/EAST": ("fail", "ok")}
    lengths = [
        bounds(
            run_of(order(lines={"A": 5}, shortage=rule), script, split, workers=9, max_attempts=2)
        ).critical_path_s
        for rule in ("ship_complete", "backorder")
    ]
    assert lengths == [1 + (4 + 1 + 4) + (2 + 1 + 2), 1 + (4 + 1 + 4) + 2]


def test_nothing_to_do_has_bounds_of_zero():
    found = bounds(run_of([]))
    assert found == Bounds(5, 0, 0, 0, 0, 0, 0)
    assert found.gap == 0.0


def test_bounds_do_not_change():
    with pytest.raises(FrozenInstanceError, match="work_s"):
        bounds(run_of([])).work_s = 1.0


@given(ANY_RUN)
def test_no_run_breaks_its_bounds(run):
    found = bounds(run)
    assert found.lower_bound_s <= found.makespan_s <= found.upper_bound_s
    assert found.makespan_s == run.makespan_s and found.gap >= 0.0
    textbook_s = max(found.critical_path_s, found.work_per_worker_s)
    assert found.lower_bound_s >= textbook_s - HAIR_S
    share = 1 - 1 / found.workers
    graham_s = found.last_placed_s + found.work_per_worker_s + share * found.critical_path_s
    rested = any(each.attempt > 1 for each in run.attempts) and run.settings.backoff_s
    assert (
        found.upper_bound_s >= graham_s - HAIR_S
        if rested
        else (abs(found.upper_bound_s - graham_s) < HAIR_S)
    )


@pytest.mark.parametrize("shortage", ["backorder", "ship_complete"])
def test_a_kind_of_task_that_is_not_known_counts_in_the_path(shortage):
    split = {"EAST": {"A": 2}, "WEST": {"A": 3}}
    run = run_of(order(lines={"A": 5}, shortage=shortage), stock=split, workers=2)
    found = bounds(with_quality_checks(run))
    assert (found.work_s, found.critical_path_s, found.lower_bound_s) == (1 + 2 * 9, 10, 10)
    assert (found.makespan_s, found.upper_bound_s) == (10, 19 / 2 + 10 / 2)
