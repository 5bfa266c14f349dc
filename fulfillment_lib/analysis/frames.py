"""The records of a run as frames to count in: one row per order, per shipment, per attempt.

Every frame has the columns by which it can be grouped; the column "all" is 0 in every row, the
group of everything. Times are in seconds, costs in whole cents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fulfillment_lib.analysis.anatomy import by_order
from fulfillment_lib.analysis.timeline import Run, timeline
from fulfillment_lib.orders import SECONDS_PER_DAY, Order
from fulfillment_lib.records import OrderReport, TaskResult
from fulfillment_lib.tasks import TaskKind, task_id

_ORDERS = {
    "all": "int64", "order": "str", "priority": "str", "lead_time_s": "float64", "lines": "int64",
    "lines_full": "int64", "units": "int64", "units_shipped": "int64", "full": "bool",
    "on_time_in_full": "bool", "perfect": "bool", "shipped": "bool", "split": "bool",
}
_SHIPMENTS = {
    "all": "int64", "order": "str", "priority": "str", "warehouse": "str", "carrier": "str",
    "packages": "int64", "cents": "int64", "on_time": "bool",
}


def promised_dates(orders: Sequence[Order], start_date: str) -> Any:
    """By when each order is promised, as a NumPy array of days.

    The promise counts in business days (Monday to Friday) from the day on which the order was
    placed, which itself does not count; an order of a weekend counts as placed on the Monday
    after, when the next shipment can leave. So an order that leaves on its day, with a service
    that takes no longer than promised, is on time; one that leaves the day after may be late.

    >>> friday = Order("ORD-001", {"MOUSE-002": 1}, "express", "10001")
    >>> str(promised_dates([friday], "2026-03-06")[0])
    '2026-03-10'
    """
    days = [int(order.placed_s // SECONDS_PER_DAY) for order in orders]
    promises = [order.promised_days for order in orders]
    placed = np.datetime64(start_date, "D") + np.array(days, dtype="timedelta64[D]")
    return np.busday_offset(placed, np.array(promises, dtype="int64"), roll="forward")


def order_frame(run: Run) -> pd.DataFrame:
    """One row per order: its units and lines, and how well it went."""
    results = by_order(run.results)
    rows = [_order_row(report, date, results.get(report.order_id, ()))
            for report, date in _with_dates(run)]
    return pd.DataFrame(rows, columns=list(_ORDERS)).astype(_ORDERS)


def _order_row(report: OrderReport, promised: str, results: Sequence[TaskResult]) -> tuple[
        Any, ...]:
    parts = len(report.shipments)
    full = report.total("shipped") == report.total("ordered")
    on_time = full and all(each.delivery_date <= promised for each in report.shipments)
    smooth = all(len(each.attempts) == 1 and each.succeeded for each in results)
    return (0, report.order_id, report.priority.word, report.lead_time_s, len(report.lines),
            sum(line.shipped == line.ordered for line in report.lines), report.total("ordered"),
            report.total("shipped"), full, on_time, on_time and smooth and parts == 1, parts > 0,
            parts > 1)


def shipment_frame(run: Run) -> pd.DataFrame:
    """One row per shipment that left."""
    rows = [(0, report.order_id, report.priority.word, each.warehouse, each.carrier,
             len(each.packages), round(each.cost * 100), each.delivery_date <= date)
            for report, date in _with_dates(run) for each in report.shipments]
    return pd.DataFrame(rows, columns=list(_SHIPMENTS)).astype(_SHIPMENTS)


def _with_dates(run: Run) -> Iterator[tuple[OrderReport, str]]:
    promised = promised_dates(run.orders, run.settings.start_date).astype(str).tolist()
    return zip(run.reports, promised, strict=True)


def attempt_frame(run: Run) -> pd.DataFrame:
    """The timeline, with the warehouse of each packing and shipping."""
    table = timeline(run).rename(columns={"order_id": "order"})
    places = dict(_places(run))
    at = pd.Series([places.get(each) for each in table["task_id"]], dtype="str")
    return table.assign(all=0, warehouse=at)


def _places(run: Run) -> Iterator[tuple[str, str]]:
    """Pairs of task and warehouse, of the tasks that happen at one."""
    for report in run.reports:
        for part in report.fulfillments:
            for kind in (TaskKind.PACKING, TaskKind.SHIPPING):
                yield task_id(report.order_id, kind, part.warehouse), part.warehouse
