"""The rules of records: that they go on in time, and say the same everywhere."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from operator import attrgetter

from fulfillment_lib.analysis.invariants.log import Finding, RunLog, never_ran
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.orders import Order
from fulfillment_lib.plan import TaskKind, task_id
from fulfillment_lib.records import (
    Fulfillment,
    LineReport,
    MovementKind,
    OrderReport,
    OrderStatus,
    Package,
    Reservation,
    StockCheck,
)


def times(log: RunLog) -> Iterator[Finding]:
    """Times never go back, from ready to finish, and from record to record."""
    for row in log.rows:
        if not 0 <= row.ready <= row.start <= row.finish:
            attempt = row.attempt
            order = f"ready at {attempt.ready_s} s, start {attempt.start_s} s"
            text = f"goes back in time: {order}, finish {attempt.finish_s} s"
            yield Finding.of_attempt(attempt, text)
    for one, other in pairwise(log.rows):  # a run's log is in the order of the ends
        if other.finish < one.finish:
            text = "are not in the order of their ends"
            yield Finding.of_attempts([one.attempt, other.attempt], text, other.attempt.finish_s)
    attempts = sorted(log.run.attempts, key=attrgetter("sequence"))
    for before, attempt in pairwise(attempts):
        if before.sequence == attempt.sequence or attempt.ready_s < before.ready_s:
            numbers = f"{before.sequence} and {attempt.sequence}"
            text = f"have sequence numbers against their times: {numbers}"
            yield Finding.of_attempts([before, attempt], text, attempt.ready_s)
    own = [numbered for numbered in log.movements if numbered[1].task_id in log.result_of]
    for (_, earlier), (place, movement) in pairwise(own):
        if movement.at_s < earlier.at_s:
            yield Finding.of_movement(place, movement, f"goes back in time, from {earlier.at_s} s")


def attempts_fit(log: RunLog) -> Iterator[Finding]:
    """An attempt is of its task, and has an error unless it succeeded."""
    for attempt in log.run.attempts:
        result = log.result_of.get(attempt.task_id)
        if result is not None and not _same(attempt, result.task, "order_id", "kind", "priority"):
            yield Finding.of_attempt(attempt, "has another order, kind or priority than its task")
        succeeded = attempt.outcome is Outcome.SUCCEEDED
        if attempt.outcome is Outcome.SKIPPED or succeeded == bool(attempt.error):
            text = f"is {attempt.outcome}, with the error {attempt.error!r}"
            yield Finding.of_attempt(attempt, text, attempt.finish_s)


def _same(one: object, other: object, *names: str) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in names)


def lines_add_up(log: RunLog) -> Iterator[Finding]:
    """Per line: ordered = shipped + backordered + cancelled, by the order's shortage rule."""
    left: Counter[str] = Counter()
    for movement in log.run.movements:
        if movement.kind is MovementKind.SHIP:
            left[movement.task_id] += movement.quantity
    for order, report in log.orders:
        packed = _packed(_shipped(report))
        reported = [(line.sku, line.ordered) for line in report.lines]
        if reported != [(line.sku, line.quantity) for line in order.lines]:
            yield Finding.of_report(report, "has other lines than its order")
        for line in report.lines:
            wrong = _wrong_in(line, order.shortage)
            ledger = left[task_id(order.id, TaskKind.INVENTORY, line.sku)]
            if not wrong and not line.shipped == ledger == packed[line.sku]:
                others = f"{ledger} left by the ledger, and {packed[line.sku]} in packages"
                wrong = f"{line.shipped} units shipped, while {others}"
            if wrong:
                yield Finding.of_report(report, f"in line {line.sku}: {wrong}")


def _wrong_in(line: LineReport, shortage: str) -> str:
    units = (line.shipped, line.backordered, line.cancelled)
    if line.ordered != sum(units) or min(units) < 0:
        return f"{line.ordered} ordered, but {units} shipped, backordered, cancelled"
    if line.backordered if shortage == "short_ship" else line.cancelled:
        return f"{line.backordered} backordered, {line.cancelled} cancelled, against {shortage!r}"
    return ""


def reports_fit(log: RunLog) -> Iterator[Finding]:
    """A report is of its order, begins and ends with its attempts, and its status adds up."""
    for order, report in log.orders:
        if report.order_id != order.id or not _same(report, order, "priority", "placed_s"):
            yield Finding.of_report(report, f"is not the report of {order.id}")
        status = _status(report)
        if report.status != status:
            text = f"has the status {report.status}, where its lines make it {status}"
            yield Finding.of_report(report, text)
        results = log.results_of[order.id]
        tries = [row.attempt for result in results for row in log.tries.get(result.task.id, ())]
        if tries and not any(map(never_ran, results)):
            first_s = min(attempt.ready_s for attempt in tries)
            last_s = max(attempt.finish_s for attempt in tries)
            if (first_s, last_s) != (order.placed_s, report.finished_s):
                span = f"goes from {order.placed_s} s to {report.finished_s} s"
                text = f"{span}, its attempts from {first_s} s to {last_s} s"
                yield Finding.of_report(report, text)


def _status(report: OrderReport) -> OrderStatus:
    shipped = sum(line.shipped for line in report.lines)
    if shipped:
        complete = shipped == sum(line.ordered for line in report.lines)
        return OrderStatus.FULFILLED if complete else OrderStatus.PARTIALLY_FULFILLED
    waits = any(line.backordered for line in report.lines)
    return OrderStatus.UNFULFILLED if waits else OrderStatus.CANCELLED


def packed_is_reserved(log: RunLog) -> Iterator[Finding]:
    """What is packed and shipped is what was reserved, per order, warehouse and SKU."""
    moved: dict[str, set[Reservation]] = defaultdict(set)
    for movement in log.run.movements:
        if movement.kind is MovementKind.RESERVE:
            place, units = (movement.task_id, movement.warehouse), movement.quantity
            moved[movement.task_id].add(Reservation(*place, movement.sku, units))
    for result in log.run.results:
        if isinstance(result.value, StockCheck):
            if set(result.value.reservations) != moved[result.task.id]:
                text = "answers other reservations than the ledger made"
                yield log.by_task(result.task.id, text)
    for order, report in log.orders:
        for wrong in _wrong_in_fulfillments(log, order, report):
            yield Finding.of_report(report, wrong)


def _wrong_in_fulfillments(log: RunLog, order: Order, report: OrderReport) -> Iterator[str]:
    shipped = _shipped(report)
    packages = [package for fulfillment in shipped for package in fulfillment.packages]
    shipments = [fulfillment.shipment for fulfillment in shipped]
    if [*report.shipments] != shipments or [*report.packages] != packages:
        yield "lists other shipments or packages than its fulfillments"
    held: set[Reservation] = set()
    for fulfillment in report.fulfillments:
        held.update(fulfillment.reservations)
        yield from _wrong_in_fulfillment(fulfillment)
        where = fulfillment.warehouse
        packed = _value(log, order, TaskKind.PACKING, where)
        shipment = _value(log, order, TaskKind.SHIPPING, where)
        if (fulfillment.packages or None, fulfillment.shipment) != (packed, shipment):
            yield f"has other packages or another shipment from {where} than its tasks gave"
    checks = [_value(log, order, TaskKind.INVENTORY, line.sku) for line in order.lines]
    answers = [check.reservations for check in checks if isinstance(check, StockCheck)]
    made = set[Reservation]().union(*answers)
    if order.shortage == "ship_complete" and sum(each.quantity for each in made) < order.units:
        made = set()
    if held != made:
        yield "holds other reservations than its stock checks made, or not all of a complete order"


def _value(log: RunLog, order: Order, kind: TaskKind, part: str) -> object:
    result = log.result_of.get(task_id(order.id, kind, part))
    return None if result is None else result.value


def _wrong_in_fulfillment(fulfillment: Fulfillment) -> Iterator[str]:
    where, packed, reserved = fulfillment.warehouse, _packed([fulfillment]), Counter[str]()
    for reservation in fulfillment.reservations:
        reserved[reservation.sku] += reservation.quantity
    held: tuple[Reservation | Package, ...] = (*fulfillment.reservations, *fulfillment.packages)
    if {piece.warehouse for piece in held} != {where}:
        yield f"holds reservations or packages of another warehouse than {where}"
    if (fulfillment.packages or fulfillment.shipment) and packed != reserved:
        yield f"packed {dict(packed)} at {where}, where {dict(reserved)} were reserved"
    if fulfillment.shipment is not None and fulfillment.shipment.packages != fulfillment.packages:
        yield f"ships other packages from {where} than were packed"
    succeeded = fulfillment.outcome is Outcome.SUCCEEDED
    if succeeded != (fulfillment.shipment is not None) or succeeded == bool(fulfillment.error):
        yield f"has an outcome at {where} that does not fit: {fulfillment.outcome}"


def _shipped(report: OrderReport) -> list[Fulfillment]:
    return [fulfillment for fulfillment in report.fulfillments if fulfillment.shipment is not None]


def _packed(fulfillments: list[Fulfillment]) -> Counter[str]:
    units: Counter[str] = Counter()
    for fulfillment in fulfillments:
        for package in fulfillment.packages:
            units.update(package.contents)
    return units
