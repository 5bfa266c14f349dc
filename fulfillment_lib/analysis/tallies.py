"""What key figures are counted from, and the counting: records of one group in, figures out.

Sums are taken in whole microseconds, whole cents and whole units; a figure is NaN where there is
nothing to count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import nan
from typing import NamedTuple

from fulfillment_lib.analysis.run import TICKS_PER_S, Run, by_order, ticks
from fulfillment_lib.engine.tasks import Attempt, Outcome
from fulfillment_lib.records import OrderReport, Shipment

Row = dict[str, float]


class OrderEnd(NamedTuple):
    """How an order ended: all that left is delivered by the promised date; nothing failed."""

    report: OrderReport
    on_time: bool
    smooth: bool


class ShipmentEnd(NamedTuple):
    """A shipment that left, and whether it is delivered by the promised date."""

    report: OrderReport
    shipment: Shipment
    on_time: bool


def order_ends(run: Run) -> list[OrderEnd]:
    """How each order ended, in input order."""
    results = by_order(run.results)
    found = []
    for report, promised in _promises(run):
        on_time = all(shipment.delivery_date <= promised for shipment in report.shipments)
        own = results[report.order_id]
        smooth = all(len(result.attempts) == 1 and result.succeeded for result in own)
        found.append(OrderEnd(report, on_time, smooth))
    return found


def shipment_ends(run: Run) -> list[ShipmentEnd]:
    """Every shipment that left, in the order of the orders."""
    return [
        ShipmentEnd(report, shipment, shipment.delivery_date <= promised)
        for report, promised in _promises(run)
        for shipment in report.shipments
    ]


def _promises(run: Run) -> Iterator[tuple[OrderReport, str]]:
    for order, report in zip(run.orders, run.reports, strict=True):
        yield report, order.promised_date(run.settings.start_date).isoformat()


def of_orders(orders: Sequence[OrderEnd]) -> Row:
    """Figures of orders."""
    reports = [end.report for end in orders]
    lines = [line for report in reports for line in report.lines]
    filled = [line.shipped == line.ordered for line in lines]
    units = sum(line.ordered for line in lines)
    parcels = [len(report.shipments) for report in reports if report.shipments]
    full = [end for end in orders if end.report.total("shipped") == end.report.total("ordered")]
    on_time = [end for end in full if end.on_time]
    perfect = [end for end in on_time if end.smooth and len(end.report.shipments) == 1]
    return {
        "orders": len(orders),
        **_spread("lead_time", (ticks(report.lead_time_s) for report in reports)),
        "line_fill": _share(sum(filled), len(lines)),
        "unit_fill": _share(sum(line.shipped for line in lines), units),
        "order_fill": _share(len(full), len(orders)),
        "on_time_in_full": _share(len(on_time), len(orders)),
        "perfect_order": _share(len(perfect), len(orders)),
        "split_rate": _share(sum(number > 1 for number in parcels), len(parcels)),
    }


def of_shipments(shipments: Sequence[ShipmentEnd]) -> Row:
    """Figures of shipments."""
    return {
        "shipments": len(shipments),
        "packages": sum(len(end.shipment.packages) for end in shipments),
        "shipping_cost": sum(round(end.shipment.cost * 100) for end in shipments) / 100,
        "on_time": _share(sum(end.on_time for end in shipments), len(shipments)),
    }


def of_attempts(attempts: Sequence[Attempt], time: int) -> Row:
    """`time` is what the workers had, in microseconds."""
    lost = {Outcome.TIMED_OUT: 0, Outcome.FAILED: 0}
    service = 0
    for attempt in attempts:
        took = ticks(attempt.finish_s) - ticks(attempt.start_s)
        service += took
        if attempt.outcome in lost:
            lost[attempt.outcome] += took
    return {
        "attempts": len(attempts),
        **waits_of(attempts),
        "utilization": _share(service, time),
        "timeout_lost_s": lost[Outcome.TIMED_OUT] / TICKS_PER_S,
        "failure_lost_s": lost[Outcome.FAILED] / TICKS_PER_S,
    }


def of_queue(attempts: Sequence[Attempt], makespan: int) -> Row:
    """Counted along the log: an attempt that becomes ready is a step up, its start a step down."""
    steps: dict[int, int] = defaultdict(int)
    for attempt in attempts:
        steps[ticks(attempt.ready_s)] += 1
        steps[ticks(attempt.start_s)] -= 1
    length = longest = area = 0
    for now, until in pairwise(sorted(steps)):
        length += steps[now]
        longest = max(longest, length)
        area += length * (until - now)
    return {"queue_mean": _share(area, makespan), "queue_max": longest}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else nan


def waits_of(attempts: Iterable[Attempt]) -> Row:
    """Mean, median and 95th percentile of the waits of attempts."""
    waits = (ticks(attempt.start_s) - ticks(attempt.ready_s) for attempt in attempts)
    return _spread("wait", waits)


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
