"""Plans of other shapes: what they hold, and that an orchestrator runs them as `simulate` would."""

from __future__ import annotations

import pytest

from fulfillment_lib import Faults, plan_order, scenarios, simulate
from fulfillment_lib.charts import plot_gantt, plot_plan
from fulfillment_lib.course.plan_shapes import (
    one_picking,
    plans_of,
    run_plans,
    vendors_pack,
    with_inbound,
)

MARKET = scenarios.marketplace()
ORDER = next(order for order in MARKET.orders if len(order.lines) == 3)
PACKERS = dict.fromkeys(scenarios.VENDORS, 1)
each_shape = pytest.mark.parametrize("shape", [with_inbound, vendors_pack, one_picking])


def run_of(shape, packers=None, **changes):
    """Today's plans of the marketplace in another shape, and what came of them."""
    plans = [shape(plan) for plan in plans_of(MARKET)]
    return plans, run_plans(plans, MARKET, packers, **changes)


@pytest.mark.parametrize("make", scenarios.ALL)
def test_todays_plans_take_as_long_as_a_simulation_in_which_nothing_fails(make):
    day = make(seed=7)
    run = simulate(day, faults=Faults(), timeout_s=1e6)
    leads = {report.order_id: report.lead_time_s for report in run.reports}
    assert dict(run_plans(plans_of(day), day).lead_s) == leads


@each_shape
def test_a_task_begins_when_all_that_it_depends_on_has_ended(shape):
    plans, run = run_of(shape, PACKERS)
    times = run.attempts.set_index("task_id")
    for plan in plans:
        checks = [check.id for check in plan.of_kind("inventory")]
        for task in plan.tasks:
            before = {*task.depends_on, *(checks if task.kind == "packing" else [])}
            placed_s = next(o.placed_s for o in MARKET.orders if o.id == plan.order_id)
            ends_s = [placed_s, *(times["finish_s"][name] for name in before)]
            assert times["ready_s"][task.id] == max(ends_s)
    assert len(times) == sum(len(plan.tasks) for plan in plans)


@each_shape
def test_while_a_task_waits_all_workers_are_busy(shape):
    table = run_of(shape, workers=2)[1].attempts
    house = table[table["kind"] != "inbound"]
    waits = house[house["start_s"] > house["ready_s"]]
    assert len(waits) > 20
    for row in waits.itertuples():
        begin_s, end_s = (
            house["start_s"].clip(row.ready_s),
            house["finish_s"].clip(upper=row.start_s),
        )
        busy_s = (end_s - begin_s).clip(0).sum()
        assert busy_s == pytest.approx(2 * (row.start_s - row.ready_s))


@each_shape
def test_a_seed_gives_a_task_the_same_seconds_in_every_shape(shape):
    def seconds(plans, **changes):
        table = run_plans(plans, MARKET, **changes).attempts.set_index("task_id")
        return (table["finish_s"] - table["start_s"]).round(6)

    today = plans_of(MARKET)
    other = [shape(plan) for plan in today]
    both = seconds(today).to_frame("today").join(seconds(other).rename("other"), how="inner")
    assert len(both) > 60 and (both["today"] == both["other"]).all()
    assert seconds(other).equals(seconds(other))
    assert not seconds(other).equals(seconds(other, seed=1))


def test_lorries_come_after_the_check_of_their_product_and_take_no_worker():
    plan = with_inbound(plan_order(ORDER))
    assert [task.kind for task in plan.tasks[3:]] == [*3 * ["inbound"], "packing", "shipping"]
    assert [len(stage) for stage in plan.stages] == [3, 3, 1, 1]
    table = run_plans([plan], MARKET, workers=1).attempts
    lorries = table[table["kind"] == "inbound"]
    assert (lorries["start_s"] == lorries["ready_s"]).all() and lorries["worker"].min() >= 1


def test_boxes_of_several_vendors_become_one_and_each_vendor_has_its_own_packer():
    plans, run = run_of(vendors_pack, PACKERS)
    for plan in plans:
        packings = len(plan.of_kind("packing"))
        boxes = [task for task in plan.tasks if task.kind == "consolidation"]
        assert len(boxes) == (packings > 1) and len(plan.of_kind("shipping")) == min(packings, 1)
    staff = run.attempts.groupby("worker")["kind"].unique()
    assert [list(kinds) for kinds in staff.iloc[-3:]] == [["packing"]] * 3
    assert not any("packing" in kinds for kinds in staff.iloc[:-3])


def test_a_picking_takes_as_long_as_the_stock_checks_of_its_order_together():
    box = plan_order(ORDER)
    checks, picked = (
        run_plans([plan], MARKET, workers=9).attempts for plan in (box, one_picking(box))
    )
    checks = checks[checks["kind"] == "inventory"]
    picking = picked.iloc[0]
    assert picking["kind"] == "picking" and len(picked) == 3
    taken_s = (checks["finish_s"] - checks["start_s"]).sum()
    assert picking["finish_s"] - picking["start_s"] == pytest.approx(taken_s)


@each_shape
def test_a_plan_of_any_shape_can_be_drawn_and_so_can_its_run(shape):
    plans, run = run_of(shape, PACKERS)
    assert plot_plan(plans[0]).get_title(loc="left")
    assert plot_gantt(run.attempts).collections


def test_an_order_that_gets_nothing_has_its_stock_checks_alone():
    plan = next(plan for plan in plans_of(scenarios.flash_sale()) if len(plan.tasks) == 1)
    assert with_inbound(plan).tasks == vendors_pack(plan).tasks == plan.tasks
