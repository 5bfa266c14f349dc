"""Key figures of a run, for all of it or by group: records in, one row per group out.

Times are in seconds, costs in US dollars, rates from 0 to 1. Nothing is estimated: a figure is
counted from the records, in whole microseconds, and is NaN where there is nothing to count.
Counting is done on plain lists; pandas makes one frame of the rows in the end. Sums by pandas on
frames this small would take longer than the runs of a sweep.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import pandas as pd

from fulfillment_lib import checks
from fulfillment_lib.analysis import tallies
from fulfillment_lib.analysis.run import Run, need_run, ticks
from fulfillment_lib.analysis.table import Table
from fulfillment_lib.analysis.timeline import priority_word
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.errors import nearest
from fulfillment_lib.orders import Priority
from fulfillment_lib.plan import TaskKind, part_of

BY_CLASS = ("lead_time_mean_s", "lead_time_p95_s", "wait_mean_s")
WHOLE = ("orders", "shipments", "packages", "attempts", "queue_max")  # columns of whole numbers

GroupOf = Callable[[Any], str | int]  # of one record
Records = Mapping[str, Sequence[Any]]  # by the names of GROUP_OF


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
      of `Order.promised_date` ÷ orders.
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
    groupings = {name for keys in GROUP_OF.values() for name in keys}
    if by is not None and (not isinstance(by, str) or by not in groupings):
        checks.refuse("by", "None or a known grouping", by, nearest(by, groupings))
    need_run(run)
    groups = _groups(run, by)
    rows = _rows(run, by, groups)
    # Without any group, the columns are those that an empty one would have.
    columns = list(rows[0] if rows else _rows(run, by, [""])[0])
    table = Table(rows, columns=columns)
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
    records = _records(run)
    found = {"makespan_s": run.makespan_s} | _row(records, None, run)
    for priority in Priority:
        orders = [end for end in records["orders"] if end.report.priority is priority]
        attempts = (attempt for attempt in run.attempts if attempt.priority == priority)
        of_class = tallies.of_orders(orders) | tallies.waits_of(attempts)
        found |= {f"{priority.word}_{name}": of_class[name] for name in BY_CLASS}
    return {name: float(value) for name, value in found.items()}


def _groups(run: Run, by: str | None) -> list[str | int]:
    """The groups, in the order of the rows."""
    present = {order.priority for order in run.orders}
    shipments = (shipment for report in run.reports for shipment in report.shipments)
    groups: dict[str | None, Iterable[str | int]] = {
        None: ["all"],
        "order": (order.id for order in run.orders),
        "priority": (priority.word for priority in Priority if priority in present),
        "warehouse": (warehouse.name for warehouse in run.network.warehouses),
        "kind": (kind.value for kind in TaskKind),
        "worker": range(run.settings.workers),
        "carrier": sorted({shipment.carrier for shipment in shipments}),
    }
    return list(groups[by])


def _records(run: Run) -> Records:
    return {
        "orders": tallies.order_ends(run),
        "shipments": tallies.shipment_ends(run),
        "attempts": run.attempts,
    }


def _rows(run: Run, by: str | None, groups: Sequence[str | int]) -> list[tallies.Row]:
    """One row per group, counted from those records that have such a group."""
    records = _records(run)
    if by is None:
        return [_row(records, by, run)]
    parted = {
        name: _parted(records[name], keys[by]) for name, keys in GROUP_OF.items() if by in keys
    }
    return [
        _row({name: parts.get(group, []) for name, parts in parted.items()}, by, run)
        for group in groups
    ]


def _parted(records: Sequence[Any], group_of: GroupOf) -> dict[str | int, list[Any]]:
    parts: dict[str | int, list[Any]] = defaultdict(list)
    for record in records:
        parts[group_of(record)].append(record)
    return parts


def _row(records: Records, by: str | None, run: Run) -> tallies.Row:
    """All that can be counted of the records of one group."""
    row: tallies.Row = {}
    makespan = ticks(run.makespan_s)
    if "orders" in records:
        row |= tallies.of_orders(records["orders"])
    if "shipments" in records:
        row |= tallies.of_shipments(records["shipments"])
    if "attempts" in records:
        workers = 1 if by == "worker" else run.settings.workers
        row |= tallies.of_attempts(records["attempts"], workers * makespan)
    if "attempts" in records and by != "worker":
        row |= tallies.of_queue(records["attempts"], makespan)
    return row


def _warehouse(attempt: Attempt) -> str:
    """Where an attempt was made; empty for what does not happen at a warehouse."""
    if attempt.kind in (TaskKind.PACKING, TaskKind.SHIPPING):
        return part_of(attempt.task_id)
    return ""


OF_REPORT: dict[str, GroupOf] = {
    "order": attrgetter("report.order_id"),
    "priority": attrgetter("report.priority.word"),
}
# The group of an order's end, a shipment's end and an attempt, in each grouping that it has.
GROUP_OF: dict[str, dict[str, GroupOf]] = {
    "orders": OF_REPORT,
    "shipments": {
        **OF_REPORT,
        "warehouse": attrgetter("shipment.warehouse"),
        "carrier": attrgetter("shipment.carrier"),
    },
    "attempts": {
        "order": attrgetter("order_id"),
        "priority": lambda attempt: priority_word(attempt.priority),
        "warehouse": _warehouse,
        "kind": attrgetter("kind"),
        "worker": attrgetter("worker"),
    },
}
