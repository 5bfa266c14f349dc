"""Key figures of a run, for all of it or by group: records in, one row per group out.

Times are in seconds, costs in US dollars, rates from 0 to 1. Nothing is estimated: a figure is
counted from the records, in whole microseconds, and is NaN where there is nothing to count.
Counting is done on plain lists; pandas makes one frame of the rows in the end. Sums by pandas on
frames this small would take longer than the runs of a sweep.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import nan
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

import pandas as pd

from fulfillment_lib.analysis.run import TICKS_PER_S, Run, by_order, need_run, ticks
from fulfillment_lib.analysis.table import Table
from fulfillment_lib.checks import refuse
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.errors import nearest
from fulfillment_lib.orders import SECONDS_PER_DAY, Order, Priority
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

Row = dict[str, Any]
Counted = TypeVar("Counted")


class _Order(NamedTuple):
    """How an order ended; `lead` in microseconds. Fields are named as the groupings are."""

    order: str
    priority: str
    lead: int
    lines: int
    lines_full: int
    units: int
    units_shipped: int
    shipments: int
    on_time: bool
    smooth: bool

    @property
    def full(self) -> bool:
        return self.units_shipped == self.units


class _Shipment(NamedTuple):
    """A shipment that left."""

    order: str
    priority: str
    warehouse: str
    carrier: str
    packages: int
    cents: int
    on_time: bool


class _Attempt(NamedTuple):
    """An attempt; its times in microseconds. A stock check happens at no warehouse."""

    order: str
    priority: str
    warehouse: str | None
    kind: str
    worker: int
    outcome: Outcome
    ready: int
    start: int
    finish: int


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
      of `promised_date` ÷ orders.
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
    orders, attempts = list(_orders(run)), _attempts(run)
    makespan = _makespan(attempts)
    found: Row = {"makespan_s": makespan / TICKS_PER_S}
    found |= _of_orders(orders) | _of_shipments(_shipments(run))
    found |= _of_attempts(attempts, makespan * run.settings.workers)
    found |= _of_queue(attempts, makespan)
    for priority in Priority:
        word = priority.word
        of_class = _spread("lead_time", (order.lead for order in orders if order.priority == word))
        of_class |= _waits(attempt for attempt in attempts if attempt.priority == word)
        found |= {f"{word}_{name}": of_class[name] for name in BY_CLASS}
    return {name: float(value) for name, value in found.items()}


def promised_date(order: Order, start_date: str) -> date:
    """By when an order is promised.

    The promise counts in business days (Monday to Friday) from the day on which the order was
    placed, which itself does not count; an order of a weekend counts as placed on the Monday
    after, when the next shipment can leave. So an order that leaves on its day, with a service
    that takes no longer than promised, is on time; one that leaves the day after may be late.

    >>> friday = Order("ORD-001", {"MOUSE-002": 1}, "express", "10001")
    >>> promised_date(friday, "2026-03-06").isoformat()
    '2026-03-10'
    """
    placed = date.fromisoformat(start_date) + timedelta(order.placed_s // SECONDS_PER_DAY)
    if placed.weekday() > 4:
        placed += timedelta(7 - placed.weekday())
    weeks, days = divmod(order.promised_days, 5)
    weekend = 2 if placed.weekday() + days > 4 else 0
    return placed + timedelta(days + weekend, weeks=weeks)


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


def _rows(run: Run, by: str | None, groups: Sequence[Any]) -> Iterator[Row]:
    counted = COUNTED[by]
    orders = _grouped(_orders(run), by) if "orders" in counted else {}
    shipments = _grouped(_shipments(run), by) if "shipments" in counted else {}
    all_attempts = _attempts(run) if "attempts" in counted else []
    attempts, makespan = _grouped(all_attempts, by), _makespan(all_attempts)
    time = makespan * (1 if by == "worker" else run.settings.workers)
    for group in groups:
        row: Row = {}
        if "orders" in counted:
            row |= _of_orders(orders.get(group, []))
        if "shipments" in counted:
            row |= _of_shipments(shipments.get(group, []))
        if "attempts" in counted:
            row |= _of_attempts(attempts.get(group, []), time)
        if "queue" in counted:
            row |= _of_queue(attempts.get(group, []), makespan)
        yield row


def _grouped(records: Iterable[Counted], by: str | None) -> dict[Any, list[Counted]]:
    if by is None:
        return {"all": list(records)}
    groups: dict[Any, list[Counted]] = defaultdict(list)
    group_of = attrgetter(by)
    for record in records:
        groups[group_of(record)].append(record)
    return groups


def _orders(run: Run) -> Iterator[_Order]:
    results = by_order(run.results)
    for order, report in zip(run.orders, run.reports, strict=True):
        promised = promised_date(order, run.settings.start_date).isoformat()
        yield _Order(
            report.order_id,
            report.priority.word,
            ticks(report.lead_time_s),
            len(report.lines),
            sum(line.shipped == line.ordered for line in report.lines),
            report.total("ordered"),
            report.total("shipped"),
            len(report.shipments),
            all(shipment.delivery_date <= promised for shipment in report.shipments),
            all(
                len(result.attempts) == 1 and result.succeeded
                for result in results.get(report.order_id, ())
            ),
        )


def _shipments(run: Run) -> list[_Shipment]:
    found = []
    for order, report in zip(run.orders, run.reports, strict=True):
        promised = promised_date(order, run.settings.start_date).isoformat()
        for shipment in report.shipments:
            found.append(
                _Shipment(
                    report.order_id,
                    report.priority.word,
                    shipment.warehouse,
                    shipment.carrier,
                    len(shipment.packages),
                    round(shipment.cost * 100),
                    shipment.delivery_date <= promised,
                )
            )
    return found


def _attempts(run: Run) -> list[_Attempt]:
    places = dict(_places(run))
    words = {int(priority): priority.word for priority in Priority}
    return [
        _Attempt(
            attempt.order_id,
            words[attempt.priority],
            places.get(attempt.task_id),
            attempt.kind,
            attempt.worker,
            attempt.outcome,
            ticks(attempt.ready_s),
            ticks(attempt.start_s),
            ticks(attempt.finish_s),
        )
        for attempt in run.attempts
    ]


def _places(run: Run) -> Iterator[tuple[str, str]]:
    """Pairs of task and warehouse, of the tasks that happen at one."""
    for report in run.reports:
        for fulfillment in report.fulfillments:
            for kind in (TaskKind.PACKING, TaskKind.SHIPPING):
                warehouse = fulfillment.warehouse
                yield task_id(report.order_id, kind, warehouse), warehouse


def _of_orders(orders: Sequence[_Order]) -> Row:
    full = [order for order in orders if order.full]
    on_time = [order for order in full if order.on_time]
    perfect = [order for order in on_time if order.smooth and order.shipments == 1]
    return {
        "orders": len(orders),
        **_spread("lead_time", (order.lead for order in orders)),
        "line_fill": _share(
            sum(order.lines_full for order in orders), sum(order.lines for order in orders)
        ),
        "unit_fill": _share(
            sum(order.units_shipped for order in orders), sum(order.units for order in orders)
        ),
        "order_fill": _share(len(full), len(orders)),
        "on_time_in_full": _share(len(on_time), len(orders)),
        "perfect_order": _share(len(perfect), len(orders)),
        "split_rate": _share(
            sum(order.shipments > 1 for order in orders),
            sum(order.shipments > 0 for order in orders),
        ),
    }


def _of_shipments(shipments: Sequence[_Shipment]) -> Row:
    return {
        "shipments": len(shipments),
        "packages": sum(shipment.packages for shipment in shipments),
        "shipping_cost": sum(shipment.cents for shipment in shipments) / 100,
        "on_time": _share(sum(shipment.on_time for shipment in shipments), len(shipments)),
    }


def _of_attempts(attempts: Sequence[_Attempt], time: int) -> Row:
    """`time` is what the workers had, in microseconds."""
    lost = {Outcome.TIMED_OUT: 0, Outcome.FAILED: 0}
    service = 0
    for attempt in attempts:
        took = attempt.finish - attempt.start
        service += took
        if attempt.outcome in lost:
            lost[attempt.outcome] += took
    return {
        "attempts": len(attempts),
        **_waits(attempts),
        "utilization": _share(service, time),
        "timeout_lost_s": lost[Outcome.TIMED_OUT] / TICKS_PER_S,
        "failure_lost_s": lost[Outcome.FAILED] / TICKS_PER_S,
    }


def _of_queue(attempts: Sequence[_Attempt], makespan: int) -> Row:
    """Counted along the log: an attempt that becomes ready is a step up, its start a step down."""
    steps: dict[int, int] = defaultdict(int)
    for attempt in attempts:
        steps[attempt.ready] += 1
        steps[attempt.start] -= 1
    length = longest = area = 0
    for now, until in pairwise(sorted(steps)):
        length += steps[now]
        longest = max(longest, length)
        area += length * (until - now)
    return {"queue_mean": _share(area, makespan), "queue_max": longest}


def _makespan(attempts: Iterable[_Attempt]) -> int:
    return max((attempt.finish for attempt in attempts), default=0)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else nan


def _waits(attempts: Iterable[_Attempt]) -> Row:
    return _spread("wait", (attempt.start - attempt.ready for attempt in attempts))


def _spread(name: str, values: Iterable[int]) -> Row:
    """Mean, median and 95th percentile of microseconds, in seconds to the microsecond."""
    ordered = sorted(values)
    mean = round(sum(ordered) / len(ordered)) / TICKS_PER_S if ordered else nan
    return {
        f"{name}_mean_s": mean,
        f"{name}_p50_s": _quantile(ordered, 0.5),
        f"{name}_p95_s": _quantile(ordered, 0.95),
    }


def _quantile(ordered: Sequence[int], share: float) -> float:
    """Interpolated linearly between the two nearest."""
    if not ordered:
        return nan
    position = (len(ordered) - 1) * share
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    between = (ordered[high] - ordered[low]) * (position - low)
    return round(ordered[low] + between) / TICKS_PER_S


_EMPTY: dict[str, Row] = {
    "orders": _of_orders(()),
    "shipments": _of_shipments(()),
    "attempts": _of_attempts((), 0),
    "queue": _of_queue((), 0),
}
# The columns of each grouping, with and without rows.
_COLUMNS = {
    by: [name for block in counted for name in _EMPTY[block]] for by, counted in COUNTED.items()
}
