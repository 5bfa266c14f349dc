"""The rules of reports: what an order's results add up to, against what its report tells.

The report is made here a second time, from the results alone, and compared field by field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from operator import itemgetter

from fulfillment_lib.analysis.invariants.log import Finding, RunLog, differences, never_ran
from fulfillment_lib.engine.tasks import Outcome, TaskResult
from fulfillment_lib.errors import NO_PARCEL
from fulfillment_lib.orders import Order, OrderLine
from fulfillment_lib.plan import TaskKind, task_id
from fulfillment_lib.records import (
    Fulfillment,
    LineReport,
    OrderReport,
    OrderStatus,
    Package,
    Shipment,
    StockCheck,
)


def reports_add_up(log: RunLog) -> Iterator[Finding]:
    """A report tells what its results add up to: outcomes, parcels, units, and the reasons why not.

    Per line: ordered = shipped + backordered + cancelled, by the order's shortage rule.
    """
    for order, report in log.orders:
        for text in differences(report, _due(log, order, report)):
            yield Finding.of_report(report, text)
        errors = [part.error for part in report.fulfillments] or ["nothing reserved"]
        for result in log.results_of[order.id]:
            if result.outcome is Outcome.SKIPPED and result.error not in errors:
                yield log.by_task(result.task.id, f"was skipped for the reason {result.error!r}")


def _due(log: RunLog, order: Order, report: OrderReport) -> OrderReport:
    results = log.results_of[order.id]
    parts = tuple(_parts(log, order))
    lines = tuple(_line(log, order, line, parts) for line in order.lines)
    shipments = tuple(part.shipment for part in parts if part.shipment is not None)
    packages = tuple(package for shipment in shipments for package in shipment.packages)
    end_s = max((row.attempt.finish_s for row in log.last_rows(results)), default=0.0)
    if any(map(never_ran, results)):  # the end of such a task is in no record
        end_s = report.finished_s
    outcomes = [result.outcome for result in results]
    good, skipped = outcomes.count(Outcome.SUCCEEDED), outcomes.count(Outcome.SKIPPED)
    counts = (good, len(outcomes) - good - skipped, skipped)
    content = (lines, packages, shipments, parts, report.voided)
    times = (order.priority, order.placed_s, end_s)
    return OrderReport(order.id, _status(lines), *content, *times, *counts)


def _parts(log: RunLog, order: Order) -> Iterator[Fulfillment]:
    """What each warehouse did for an order, as its tasks and the stock checks have it."""
    shares, units = log.held.get(order.id, {}), Counter[int]()
    for (number, _), held in shares.items():
        units[number] += sum(reservation.quantity for reservation in held)
    wanted = {each.number: sum(each.wanted.values()) for each in log.rounds[order.id]}
    found: list[tuple[float, Fulfillment]] = []
    for (number, warehouse), held in shares.items():
        if order.shortage != "ship_complete" or units[number] >= wanted.get(number, 0):
            share = log.shares.get((order.id, warehouse, number), [])
            place = number > 1 and log.place_of(order.id, {each.task.id for each in share})
            found.append((place, Fulfillment(order.id, warehouse, tuple(held), *_end(share))))
    yield from (part for _, part in sorted(found, key=itemgetter(0)))


def _end(share: list[TaskResult]) -> tuple[tuple[Package, ...], Shipment | None, Outcome, str]:
    """Packages and shipment of a share, the outcome of the first task that failed, and why."""
    values = {result.task.kind: result.value for result in share}
    things = values.get(TaskKind.PACKING) or (), values.get(TaskKind.SHIPPING)
    for result in share:
        if result.outcome is Outcome.SKIPPED:
            return *things, result.outcome, result.error
        if not result.succeeded:
            _, no_parcel, why = result.error.partition(NO_PARCEL)
            ended = f"{result.task.kind} {result.outcome.replace('_', ' ')}"
            return *things, result.outcome, f"{no_parcel}{why}" or ended
    return *things, Outcome.SUCCEEDED, ""


def _line(log: RunLog, order: Order, line: OrderLine, parts: tuple[Fulfillment, ...]) -> LineReport:
    check = log.result_of.get(task_id(order.id, TaskKind.INVENTORY, line.sku))
    answer = None if check is None else check.value
    set_aside = answer.reserved if isinstance(answer, StockCheck) else 0
    why = ["stock check failed"]
    if isinstance(answer, StockCheck):
        few = f"only {set_aside} in stock" if set_aside else "out of stock"
        if set_aside < sum(answer.available.values()):
            few = f"only {set_aside} where we looked" if set_aside else "none where we looked"
        why = [few] if set_aside < line.quantity else []
    units: Counter[bool] = Counter()  # of those that are to be shipped, whether they were
    for part in parts:
        held = sum(made.quantity for made in part.reservations if made.sku == line.sku)
        units[part.shipment is not None] += held
        why += [part.error] if held and part.shipment is None else []
    why += ["held back, since the order ships complete"] if set_aside > units.total() else []
    missing = line.quantity - units[True]
    ends = (0, missing) if order.shortage == "short_ship" else (missing, 0)
    reason = "; ".join(dict.fromkeys(why)) if missing else ""
    return LineReport(line.sku, line.quantity, units[True], *ends, reason)


def _status(lines: tuple[LineReport, ...]) -> OrderStatus:
    shipped = sum(line.shipped for line in lines)
    if shipped == sum(line.ordered for line in lines):
        return OrderStatus.FULFILLED
    if shipped or any(line.backordered for line in lines):
        return OrderStatus.PARTIALLY_FULFILLED if shipped else OrderStatus.UNFULFILLED
    return OrderStatus.CANCELLED
