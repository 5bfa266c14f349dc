"""The rules of records: that they can be read, go on in time, and say the same everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from fulfillment_lib.analysis.invariants.log import (
    RunLog,
    Violation,
    by_attempt,
    by_movement,
    by_report,
    is_readable,
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


def readable(log: RunLog) -> Iterator[Violation]:
    """Every record is of its class, with finite times."""
    for name in ("attempts", "results", "movements"):
        for place, each in enumerate(getattr(log.run, name)):
            if not is_readable(each):
                yield Violation(RECORDS, (f"{name}[{place}]",), None, f"cannot be read: {each!r}")


def times(log: RunLog) -> Iterator[Violation]:
    """Times never go back, from ready to finish, and from record to record."""
    for row in log.rows:
        if not 0 <= row.ready <= row.start <= row.finish:
            each = row.attempt
            yield by_attempt(
                RECORDS,
                each,
                f"goes back in time: ready at {each.ready_s} s, "
                f"start {each.start_s} s, finish {each.finish_s} s",
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
    own = [(place, move) for place, move in log.movements if move.task_id in log.result_of]
    for (_, before), (place, move) in pairwise(own):
        if move.at_s < before.at_s:
            yield by_movement(RECORDS, place, move, f"goes back in time, from {before.at_s} s")


def attempts_fit(log: RunLog) -> Iterator[Violation]:
    """An attempt is of its task, and has an error unless it succeeded."""
    for row in log.rows:
        each, result = row.attempt, log.result_of.get(row.attempt.task_id)
        if result is not None:
            task = result.task
            if (each.order_id, each.kind, each.priority) != (
                task.order_id,
                task.kind,
                task.priority,
            ):
                yield by_attempt(RECORDS, each, "has another order, kind or priority than its task")
        if each.outcome not in set(Outcome) - {Outcome.SKIPPED} or (
            each.outcome is Outcome.SUCCEEDED
        ) == bool(each.error):
            yield by_attempt(
                RECORDS, each, f"is {each.outcome}, with the error {each.error!r}", each.finish_s
            )


def lines_add_up(log: RunLog) -> Iterator[Violation]:
    """Per line: ordered = shipped + backordered + cancelled, by the order's shortage rule."""
    left: Counter[str] = Counter()
    for _, each in log.movements:
        if each.kind is MovementKind.SHIP:
            left[each.task_id] += each.quantity
    for order, report in log.orders:
        packed = _packed(part for part in report.fulfillments if part.shipment is not None)
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
    parts = (line.shipped, line.backordered, line.cancelled)
    if line.ordered != sum(parts) or min(parts) < 0:
        return f"{line.ordered} ordered, but {parts} shipped, backordered, cancelled"
    if (line.shipped < line.ordered) != bool(line.reason):
        return f"{line.shipped} of {line.ordered} shipped, with the reason {line.reason!r}"
    if line.backordered if shortage == "short_ship" else line.cancelled:
        return f"{line.backordered} backordered, {line.cancelled} cancelled, against {shortage!r}"
    return ""


def reports_fit(log: RunLog) -> Iterator[Violation]:
    """A report is of its order, begins and ends with its attempts, and its status adds up."""
    own: dict[str, list[str]] = {}
    for result in log.results:
        own.setdefault(result.task.order_id, []).append(result.task.id)
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
        names = own.get(order.id, [])
        rows = [row for name in names for row in log.tries.get(name, ())]
        if rows and not any(never_ran(log.result_of[name]) for name in names):
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
    for _, each in log.movements:
        if each.kind is MovementKind.RESERVE:
            moved.setdefault(each.task_id, set()).add(
                Reservation(each.task_id, each.warehouse, each.sku, each.quantity)
            )
    for result in log.results:
        if result.task.kind == TaskKind.INVENTORY and isinstance(result.value, StockCheck):
            if set(result.value.reservations) != moved.get(result.task.id, set()):
                yield log.by_task(
                    RECORDS, result.task.id, "answers other reservations than the ledger made"
                )
    for order, report in log.orders:
        for wrong in _wrong_parts(report):
            yield by_report(RECORDS, report, wrong)
        for part in report.fulfillments:
            if (part.packages or None, part.shipment) != (
                _value(log, order, TaskKind.PACKING, part.warehouse),
                _value(log, order, TaskKind.SHIPPING, part.warehouse),
            ):
                yield by_report(
                    RECORDS,
                    report,
                    "has other packages or another shipment from "
                    f"{part.warehouse} than its tasks gave",
                )
        held = {each for part in report.fulfillments for each in part.reservations}
        if held and held != _answered(log, order):
            yield by_report(RECORDS, report, "holds other reservations than its stock checks made")


def _answered(log: RunLog, order: Order) -> set[Reservation]:
    results = [
        log.result_of.get(task_id(order.id, TaskKind.INVENTORY, line.sku)) for line in order.lines
    ]
    return {
        each
        for result in results
        if result is not None and result.succeeded
        for each in result.value.reservations
    }


def _value(log: RunLog, order: Order, kind: TaskKind, part: str) -> Any:
    result = log.result_of.get(task_id(order.id, kind, part))
    return None if result is None else result.value


def _wrong_parts(report: OrderReport) -> Iterator[str]:
    shipped = [part for part in report.fulfillments if part.shipment is not None]
    if report.shipments != tuple(part.shipment for part in shipped) or report.packages != tuple(
        each for part in shipped for each in part.packages
    ):
        yield "lists other shipments or packages than its fulfillments"
    for part in report.fulfillments:
        reserved: Counter[str] = Counter()
        for each in part.reservations:
            reserved[each.sku] += each.quantity
        if {
            *(each.warehouse for each in part.reservations),
            *(each.warehouse for each in part.packages),
        } != {part.warehouse}:
            yield f"holds reservations or packages of another warehouse than {part.warehouse}"
        if (part.packages or part.shipment) and _packed([part]) != reserved:
            yield (
                f"packed {dict(_packed([part]))} at {part.warehouse}, where {dict(reserved)} "
                "were reserved"
            )
        if part.shipment is not None and part.shipment.packages != part.packages:
            yield f"ships other packages from {part.warehouse} than were packed"
        if not (
            (part.outcome is Outcome.SUCCEEDED) == (part.shipment is not None) == (not part.error)
        ):
            yield f"has an outcome at {part.warehouse} that does not fit: {part.outcome}"


def _packed(parts: Iterator[Fulfillment] | list[Fulfillment]) -> Counter[str]:
    units: Counter[str] = Counter()
    for part in parts:
        for package in part.packages:
            units.update(package.contents)
    return units
