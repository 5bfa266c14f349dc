"""The rules of records: that they go on in time, and say the same everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from fulfillment_lib.analysis.invariants.log import (
    RunLog,
    Violation,
    by_attempt,
    by_movement,
    by_report,
    never_ran,
    row_name,
)
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.orders import Order
from fulfillment_lib.plan import TaskKind, task_id
from fulfillment_lib.records import (
    Fulfillment,
    LineReport,
    MovementKind,
    OrderReport,
    OrderStatus,
    Reservation,
    StockCheck,
)

RECORDS = "18 records"


def times(log: RunLog) -> Iterator[Violation]:
    """Times never go back, from ready to finish, and from record to record."""
    for row in log.rows:
        if not 0 <= row.ready <= row.start <= row.finish:
            attempt = row.attempt
            yield by_attempt(
                RECORDS,
                attempt,
                f"goes back in time: ready at {attempt.ready_s} s, "
                f"start {attempt.start_s} s, finish {attempt.finish_s} s",
            )
    for one, other in pairwise(log.rows):  # a run's log is in the order of the ends
        if other.finish < one.finish:
            yield Violation(
                RECORDS,
                (row_name(one.attempt), row_name(other.attempt)),
                other.attempt.finish_s,
                "are not in the order of their ends",
            )
    submitted = sorted(log.rows, key=lambda row: row.attempt.sequence)
    for one, other in pairwise(submitted):
        if one.attempt.sequence == other.attempt.sequence or other.ready < one.ready:
            yield Violation(
                RECORDS,
                (row_name(one.attempt), row_name(other.attempt)),
                other.attempt.ready_s,
                "have sequence numbers against their times: "
                f"{one.attempt.sequence} and {other.attempt.sequence}",
            )
    own = [
        (place, movement) for place, movement in log.movements if movement.task_id in log.result_of
    ]
    for (_, before), (place, movement) in pairwise(own):
        if movement.at_s < before.at_s:
            yield by_movement(RECORDS, place, movement, f"goes back in time, from {before.at_s} s")


def attempts_fit(log: RunLog) -> Iterator[Violation]:
    """An attempt is of its task, and has an error unless it succeeded."""
    for row in log.rows:
        attempt, result = row.attempt, log.result_of.get(row.attempt.task_id)
        if result is not None:
            task = result.task
            if (attempt.order_id, attempt.kind, attempt.priority) != (
                task.order_id,
                task.kind,
                task.priority,
            ):
                yield by_attempt(
                    RECORDS, attempt, "has another order, kind or priority than its task"
                )
        succeeded = attempt.outcome is Outcome.SUCCEEDED
        if attempt.outcome is Outcome.SKIPPED or succeeded == bool(attempt.error):
            yield by_attempt(
                RECORDS,
                attempt,
                f"is {attempt.outcome}, with the error {attempt.error!r}",
                attempt.finish_s,
            )


def lines_add_up(log: RunLog) -> Iterator[Violation]:
    """Per line: ordered = shipped + backordered + cancelled, by the order's shortage rule."""
    left: Counter[str] = Counter()
    for movement in log.run.movements:
        if movement.kind is MovementKind.SHIP:
            left[movement.task_id] += movement.quantity
    for order, report in log.orders:
        packed = _packed(_shipped(report))
        if [(line.sku, line.ordered) for line in report.lines] != [
            (line.sku, line.quantity) for line in order.lines
        ]:
            yield by_report(RECORDS, report, "has other lines than its order")
        for line in report.lines:
            wrong = _wrong_in(line, order.shortage)
            ledger = left[task_id(order.id, TaskKind.INVENTORY, line.sku)]
            if not wrong and not line.shipped == ledger == packed[line.sku]:
                wrong = (
                    f"{line.shipped} units shipped, while {ledger} left by the ledger, and "
                    f"{packed[line.sku]} in packages"
                )
            if wrong:
                yield by_report(RECORDS, report, f"in line {line.sku}: {wrong}")


def _wrong_in(line: LineReport, shortage: str) -> str:
    units = (line.shipped, line.backordered, line.cancelled)
    if line.ordered != sum(units) or min(units) < 0:
        return f"{line.ordered} ordered, but {units} shipped, backordered, cancelled"
    if (line.shipped < line.ordered) != bool(line.reason):
        return f"{line.shipped} of {line.ordered} shipped, with the reason {line.reason!r}"
    if line.backordered if shortage == "short_ship" else line.cancelled:
        return f"{line.backordered} backordered, {line.cancelled} cancelled, against {shortage!r}"
    return ""


def reports_fit(log: RunLog) -> Iterator[Violation]:
    """A report is of its order, begins and ends with its attempts, and its status adds up."""
    for order, report in log.orders:
        if (report.order_id, report.priority, report.placed_s) != (
            order.id,
            order.priority,
            order.placed_s,
        ):
            yield by_report(RECORDS, report, f"is not the report of {order.id}")
        if report.status != _status(report):
            yield by_report(
                RECORDS,
                report,
                f"has the status {report.status}, where its lines make it {_status(report)}",
            )
        results = log.of_order(order)
        rows = [row for result in results for row in log.tries.get(result.task.id, ())]
        if rows and not any(map(never_ran, results)):
            first_s = min(row.attempt.ready_s for row in rows)
            last_s = max(row.attempt.finish_s for row in rows)
            if (first_s, last_s) != (order.placed_s, report.finished_s):
                yield by_report(
                    RECORDS,
                    report,
                    f"goes from {order.placed_s} s to "
                    f"{report.finished_s} s, its attempts from {first_s} s to "
                    f"{last_s} s",
                )


def _status(report: OrderReport) -> OrderStatus:
    shipped = sum(line.shipped for line in report.lines)
    if shipped:
        complete = shipped == sum(line.ordered for line in report.lines)
        return OrderStatus.FULFILLED if complete else OrderStatus.PARTIALLY_FULFILLED
    waits = any(line.backordered for line in report.lines)
    return OrderStatus.UNFULFILLED if waits else OrderStatus.CANCELLED


def packed_is_reserved(log: RunLog) -> Iterator[Violation]:
    """What is packed and shipped is what was reserved, per order, warehouse and SKU."""
    moved: dict[str, set[Reservation]] = {}
    for movement in log.run.movements:
        if movement.kind is MovementKind.RESERVE:
            moved.setdefault(movement.task_id, set()).add(
                Reservation(movement.task_id, movement.warehouse, movement.sku, movement.quantity)
            )
    for result in log.run.results:
        if isinstance(result.value, StockCheck):
            if set(result.value.reservations) != moved.get(result.task.id, set()):
                yield log.by_task(
                    RECORDS, result.task.id, "answers other reservations than the ledger made"
                )
    for order, report in log.orders:
        for wrong in _wrong_fulfillments(report):
            yield by_report(RECORDS, report, wrong)
        for fulfillment in report.fulfillments:
            if (fulfillment.packages or None, fulfillment.shipment) != (
                _value(log, order, TaskKind.PACKING, fulfillment.warehouse),
                _value(log, order, TaskKind.SHIPPING, fulfillment.warehouse),
            ):
                yield by_report(
                    RECORDS,
                    report,
                    "has other packages or another shipment from "
                    f"{fulfillment.warehouse} than its tasks gave",
                )
        held = {
            reservation
            for fulfillment in report.fulfillments
            for reservation in fulfillment.reservations
        }
        if held and held != _answered(log, order):
            yield by_report(RECORDS, report, "holds other reservations than its stock checks made")


def _answered(log: RunLog, order: Order) -> set[Reservation]:
    results = [
        log.result_of.get(task_id(order.id, TaskKind.INVENTORY, line.sku)) for line in order.lines
    ]
    return {
        reservation
        for result in results
        if result is not None and result.succeeded
        for reservation in result.value.reservations
    }


def _value(log: RunLog, order: Order, kind: TaskKind, warehouse: str) -> object:
    result = log.result_of.get(task_id(order.id, kind, warehouse))
    return None if result is None else result.value


def _wrong_fulfillments(report: OrderReport) -> Iterator[str]:
    shipped = _shipped(report)
    if report.shipments != tuple(
        fulfillment.shipment for fulfillment in shipped
    ) or report.packages != tuple(
        package for fulfillment in shipped for package in fulfillment.packages
    ):
        yield "lists other shipments or packages than its fulfillments"
    for fulfillment in report.fulfillments:
        yield from _wrong_in_fulfillment(fulfillment)


def _wrong_in_fulfillment(fulfillment: Fulfillment) -> Iterator[str]:
    where, packed, reserved = fulfillment.warehouse, _packed([fulfillment]), Counter[str]()
    for reservation in fulfillment.reservations:
        reserved[reservation.sku] += reservation.quantity
    if {
        *(reservation.warehouse for reservation in fulfillment.reservations),
        *(package.warehouse for package in fulfillment.packages),
    } != {where}:
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
