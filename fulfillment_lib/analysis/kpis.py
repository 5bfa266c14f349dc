"""Key figures of a run, for all of it or by group: records in, one row per group out.

Times are in seconds, costs in US dollars, rates from 0 to 1. Nothing is estimated: a figure is
counted from the records, in whole microseconds, and is NaN where there is nothing to count.
Counting is done on plain lists; pandas makes one frame of the rows in the end. Sums by pandas on
frames this small would take longer than the runs of a sweep.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd

from fulfillment_lib.analysis import tallies
from fulfillment_lib.analysis.run import Run, need_run, ticks
from fulfillment_lib.analysis.table import Table
from fulfillment_lib.checks import refuse
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.errors import nearest
from fulfillment_lib.orders import Priority
from fulfillment_lib.plan import TaskKind, task_id

# What can be counted in each grouping; None is the whole run.
COUNTED: dict[str | None, tuple[str, ...]] = {
    None: ("orders", "shipments", "attempts", "queue"),
    "order": ("orders", "shipments", "attempts", "queue"),
    "priority": ("orders", "shipments", "attempts", "queue"),
    "warehouse": ("shipments", "attempts", "queue"),
    "kind": ("attempts", "queue"),
    "worker": ("attempts",),
    "carrier": ("shipments",),
}
BY_CLASS = ("lead_time_mean_s", "lead_time_p95_s", "wait_mean_s")
WHOLE = ("orders", "shipments", "packages", "attempts", "queue_max")  # columns of whole numbers

Counted = TypeVar("Counted")


def kpis(run: Run, by: str | None = None) -> pd.DataFrame:
    """One row for the whole run, or one row per group; with `by`, the group is the first column.

    `by` is "order" (in the order given; its column is order_id), "priority" (express first),
    "warehouse" (in the order of the network; only packing and shipping happen at one), "kind",
    "worker" (from 0) or "carrier" (by name). Columns that a grouping cannot have are left out.

    Of orders, not by warehouse, kind, worker or carrier:

    * orders: how many.
    * lead_time_mean_s, lead_time_p50_s, lead_time_p95_s: from placed to finished; the mean, the
      median and the 95th percentile, interpolated linearly. Orders that shipped nothing count.
    * line_fill: lines shipped in full ÷ lines ordered. unit_fill: units shipped ÷ units ordered
      (the fill rate of Silver, Pyke and Thomas, Inventory and Production Management in Supply
      Chains). order_fill: orders shipped in full ÷ orders.
    * on_time_in_full: orders shipped in full, all of whose shipments are delivered by the date
      of `tallies.promised_date` ÷ orders.
    * perfect_order: orders on time in full, in one shipment, without an attempt that failed or
      timed out ÷ orders. A definition of this package, after SCOR's RL.1.1 Perfect Order
      Fulfillment (in full, on time, documents right, undamaged): damage and wrong papers do not
      occur here, so a second delivery and a slip on the way stand in for them.
    * split_rate: orders with more than one shipment ÷ orders with at least one.

    Of shipments, not by kind or worker:

    * shipments, packages: how many left. shipping_cost: what they cost together.
    * on_time: shipments delivered by the promised date ÷ shipments.

    Of attempts, not by carrier:

    * attempts: how many.
    * wait_mean_s, wait_p50_s, wait_p95_s: from ready to start, over attempts.
    * utilization: service time ÷ (workers × makespan), so that groups add up to that of the run;
      by worker service time ÷ makespan, of which that of the run is the mean.
    * timeout_lost_s, failure_lost_s: service time of attempts that timed out, or failed.

    Of the queue of ready attempts, not by worker (nobody queues for a certain one):

    * queue_mean: its length averaged over time, from 0 to the makespan. By Little's law it is
      arrival rate × mean wait (J. D. C. Little, A Proof for the Queuing Formula L = λW, 1961).
    * queue_max: its greatest length; an attempt that starts as soon as it is ready does not
      queue.

    Raises:
        ArgumentError: `by` is none of these; the message names the nearest one.
    """
    if by is not None and (not isinstance(by, str) or by not in COUNTED):
        refuse("by", "None or a known grouping", by, nearest(by, filter(None, COUNTED)))
    need_run(run)
    groups = _groups(run, by)
    table = Table(list(_rows(run, by, groups)), columns=_COLUMNS[by])
    table = table.astype({name: "int64" if name in WHOLE else "float64" for name in table})
    if by is not None:
        names = pd.Series(groups, dtype="int64" if by == "worker" else "str")
        table.insert(0, "order_id" if by == "order" else by, names)
    return table


def figures(run: Run) -> dict[str, float]:
    """The figures of a whole run, without a frame: the makespan, and those of `kpis`.

    Then for each class of priority, as in "express_lead_time_mean_s": lead_time_mean_s,
    lead_time_p95_s and wait_mean_s.
    """
    need_run(run)
    orders = tallies.order_ends(run)
    found: tallies.Row = {"makespan_s": run.makespan_s} | _row(
        COUNTED[None],
        orders,
        tallies.shipment_ends(run),
        run.attempts,
        run.settings.workers,
        run.makespan_s,
    )
    for priority in Priority:
        own = [end for end in orders if end.report.priority is priority]
        attempts = (attempt for attempt in run.attempts if attempt.priority == priority)
        of_class = tallies.of_orders(own) | tallies.waits_of(attempts)
        found |= {f"{priority.word}_{name}": of_class[name] for name in BY_CLASS}
    return {name: float(value) for name, value in found.items()}


def _groups(run: Run, by: str | None) -> list[Any]:
    """The groups, in the order of the rows."""
    present = {order.priority for order in run.orders}
    groups: dict[str | None, Iterable[Any]] = {
        None: ["all"],
        "order": (order.id for order in run.orders),
        "priority": (priority.word for priority in Priority if priority in present),
        "warehouse": (warehouse.name for warehouse in run.network.warehouses),
        "kind": (kind.value for kind in TaskKind),
        "worker": range(run.settings.workers),
        "carrier": sorted(
            {shipment.carrier for report in run.reports for shipment in report.shipments}
        ),
    }
    return list(groups[by])


def _rows(run: Run, by: str | None, groups: Sequence[Any]) -> Iterator[tallies.Row]:
    counted = COUNTED[by]
    orders: dict[Any, list[tallies.OrderEnd]] = {}
    shipments: dict[Any, list[tallies.ShipmentEnd]] = {}
    attempts: dict[Any, list[Attempt]] = {}
    if "orders" in counted:
        orders = _grouped(tallies.order_ends(run), by, _ORDER_BY)
    if "shipments" in counted:
        shipments = _grouped(tallies.shipment_ends(run), by, _SHIPMENT_BY)
    if "attempts" in counted:
        warehouse_of = dict(_places(run))
        keys = _ATTEMPT_BY | {"warehouse": lambda attempt: warehouse_of.get(attempt.task_id)}
        attempts = _grouped(run.attempts, by, keys)
    workers = 1 if by == "worker" else run.settings.workers
    for group in groups:
        yield _row(
            counted,
            orders.get(group, []),
            shipments.get(group, []),
            attempts.get(group, []),
            workers,
            run.makespan_s,
        )


def _row(
    counted: Iterable[str],
    orders: Sequence[tallies.OrderEnd],
    shipments: Sequence[tallies.ShipmentEnd],
    attempts: Sequence[Attempt],
    workers: int,
    makespan_s: float,
) -> tallies.Row:
    """What is counted, over the records of one group."""
    time = ticks(makespan_s)
    blocks = {
        "orders": lambda: tallies.of_orders(orders),
        "shipments": lambda: tallies.of_shipments(shipments),
        "attempts": lambda: tallies.of_attempts(attempts, time * workers),
        "queue": lambda: tallies.of_queue(attempts, time),
    }
    return {name: figure for block in counted for name, figure in blocks[block]().items()}


def _grouped(
    records: Iterable[Counted], by: str | None, keys: Mapping[str, Callable[[Counted], Any]]
) -> dict[Any, list[Counted]]:
    if by is None:
        return {"all": list(records)}
    groups: dict[Any, list[Counted]] = defaultdict(list)
    for record in records:
        groups[keys[by](record)].append(record)
    return groups


_ORDER_BY: dict[str, Callable[[tallies.OrderEnd], Any]] = {
    "order": lambda end: end.report.order_id,
    "priority": lambda end: end.report.priority.word,
}
_SHIPMENT_BY: dict[str, Callable[[tallies.ShipmentEnd], Any]] = {
    "order": lambda end: end.report.order_id,
    "priority": lambda end: end.report.priority.word,
    "warehouse": lambda end: end.shipment.warehouse,
    "carrier": lambda end: end.shipment.carrier,
}
_ATTEMPT_BY: dict[str, Callable[[Attempt], Any]] = {
    "order": lambda attempt: attempt.order_id,
    "priority": lambda attempt: Priority(attempt.priority).word,
    "kind": lambda attempt: attempt.kind,
    "worker": lambda attempt: attempt.worker,
}


def _places(run: Run) -> Iterator[tuple[str, str]]:
    """Pairs of task and warehouse, of the tasks that happen at one."""
    for report in run.reports:
        for fulfillment in report.fulfillments:
            for kind in (TaskKind.PACKING, TaskKind.SHIPPING):
                warehouse = fulfillment.warehouse
                yield task_id(report.order_id, kind, warehouse), warehouse


# The columns of each grouping, with and without rows.
_COLUMNS = {by: list(_row(counted, (), (), (), 1, 0.0)) for by, counted in COUNTED.items()}
