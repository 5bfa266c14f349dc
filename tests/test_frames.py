"""The frames in which key figures are counted, and the dates that are promised."""

from datetime import date, timedelta

import numpy as np
from any_run import ANY_RUN
from hypothesis import given
from hypothesis import strategies as st

from fulfillment_lib import Order, simulate
from fulfillment_lib.analysis.frames import (
    attempt_frame,
    order_frame,
    promised_dates,
    shipment_frame,
)
from fulfillment_lib.shipping import add_business_days, ship_day

TYPES = {frame: frame(simulate([])).dtypes for frame in
         (order_frame, shipment_frame, attempt_frame)}


def order(placed_s, promise_days):
    return Order("O", {"A": 1}, "express", "10001", placed_s=placed_s, promise_days=promise_days)


def test_a_promise_counts_business_days_from_the_day_of_the_order():
    days = [order(86_400.0 * day, promise) for day, promise in
            [(0, 1), (0, 5), (3, 1), (4, 1), (4, 2), (5, 1), (6, 1), (7, 1)]]
    assert promised_dates(days, "2026-03-02").astype(str).tolist() == [  # a Monday
        "2026-03-03", "2026-03-09", "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-10",
        "2026-03-10", "2026-03-10"]


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.floats(0, 1e7), st.integers(1, 365))
def test_what_leaves_on_its_day_and_takes_as_long_as_promised_is_on_time(day, placed_s, promise):
    one = order(placed_s, promise)
    leaves = ship_day(day.isoformat(), one.placed_s)
    promised = promised_dates([one], day.isoformat())[0].astype(object)
    assert promised == add_business_days(leaves, promise)
    assert promised - leaves >= timedelta(promise)


def test_no_orders_are_promised_nothing():
    assert promised_dates([], "2026-03-02").dtype == np.dtype("datetime64[D]")


@given(ANY_RUN)
def test_frames_have_a_row_per_record_and_the_same_types_with_and_without_rows(run):
    counts = (len(run.orders), sum(len(each.shipments) for each in run.reports),
              len(run.attempts))
    for frame, count in zip(TYPES, counts, strict=True):
        table = frame(run)
        assert len(table) == count
        assert table.dtypes.equals(TYPES[frame])


@given(ANY_RUN)
def test_packing_and_shipping_happen_at_a_warehouse_and_stock_checks_do_not(run):
    names = {each.name.replace("/", "%2F"): each.name for each in run.network.warehouses}
    for each in attempt_frame(run).itertuples():
        if each.kind == "inventory":
            assert each.warehouse != each.warehouse
        else:
            assert each.warehouse == names[each.task_id.rpartition("/")[2]]
