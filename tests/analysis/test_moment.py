"""One moment of a run, read off the records."""

from __future__ import annotations

import pytest
from check_run import checked

from fulfillment_lib import Durations, Order, sample_orders, simulate
from fulfillment_lib.analysis.moment import moment
from fulfillment_lib.errors import ArgumentError

EXPRESS = Order("A", {"LAPTOP-001": 1, "MOUSE-002": 2}, "express", "94103")


@pytest.fixture
def run():
    return checked(simulate(EXPRESS, workers=1, durations=Durations.constant(1, 4, 2)))


def test_at_a_boundary_what_begins_counts_and_what_ends_does_not(run):
    now = moment(run, 1.0)
    assert now.working[0].task_id == "A/inventory/MOUSE-002"
    assert now.waiting == ()


def test_a_task_waits_from_ready_to_start(run):
    assert [each.task_id for each in moment(run, 0.5).waiting] == ["A/inventory/MOUSE-002"]


def test_stock_goes_down_when_it_is_reserved_and_not_again_when_it_ships(run):
    before, reserved, shipped = (moment(run, at_s).available["MOUSE-002"] for at_s in (0, 3, 8))
    assert before == 9
    assert reserved == shipped == 7


def test_an_order_is_placed_and_later_done(run):
    assert moment(run, 0.0).placed == ("A",)
    assert moment(run, 7.9).done == ()
    assert moment(run, 8.0).done == ("A",)


def test_the_end_is_the_stock_of_the_run():
    run = checked(simulate(sample_orders(12)))
    left = run.stock().groupby("sku")["available"].sum()
    assert moment(run, run.makespan_s).available == left.to_dict()


def test_a_time_that_is_none_is_refused(run):
    with pytest.raises(ArgumentError, match="at_s must be a number from 0"):
        moment(run, -1)
