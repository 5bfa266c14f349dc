"""Synthesis: what came of an order's tasks becomes one honest status, and a message.

Everything here is a pure function of records. In units, per line and per order:
ordered = shipped + backordered + cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fulfillment_lib.checks import LONGEST_NAME
from fulfillment_lib.engine.tasks import Outcome, TaskResult
from fulfillment_lib.errors import printable
from fulfillment_lib.orders import Order, OrderLine
from fulfillment_lib.plan import TaskKind
from fulfillment_lib.records import Fulfillment, LineReport, OrderReport, OrderStatus, StockCheck

NEVER_SUCCEEDED = (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.CANCELLED)


def synthesize(
    order: Order,
    results: Sequence[TaskResult],
    fulfillments: Sequence[Fulfillment],
    voided: Sequence[str],
    finished_s: float,
) -> OrderReport:
    """The report of an order: `results` in the plan's order, `fulfillments` as tried."""
    shipments = tuple(each.shipment for each in fulfillments if each.shipment is not None)
    checks = [result for result in results if result.task.kind == TaskKind.INVENTORY]
    lines = tuple(
        _line_report(order, line, check, fulfillments)
        for line, check in zip(order.lines, checks, strict=True)
    )
    outcomes = [result.outcome for result in results]
    return OrderReport(
        order_id=order.id,
        status=status_of(lines),
        lines=lines,
        packages=tuple(package for each in shipments for package in each.packages),
        shipments=shipments,
        fulfillments=tuple(fulfillments),
        voided=tuple(voided),
        priority=order.priority,
        placed_s=order.placed_s,
        finished_s=finished_s,
        tasks_succeeded=outcomes.count(Outcome.SUCCEEDED),
        tasks_failed=sum(outcome in NEVER_SUCCEEDED for outcome in outcomes),
        tasks_skipped=outcomes.count(Outcome.SKIPPED),
    )


def status_of(lines: Iterable[LineReport]) -> OrderStatus:
    """The status that the lines add up to."""
    lines = tuple(lines)
    shipped = sum(line.shipped for line in lines)
    if shipped == sum(line.ordered for line in lines):
        return OrderStatus.FULFILLED
    if shipped:
        return OrderStatus.PARTIALLY_FULFILLED
    waiting = any(line.backordered for line in lines)
    return OrderStatus.UNFULFILLED if waiting else OrderStatus.CANCELLED


def _line_report(
    order: Order, line: OrderLine, check: TaskResult, fulfillments: Sequence[Fulfillment]
) -> LineReport:
    shipped, reasons = 0, [] if (reason := _shortage(check)) is None else [reason]
    reserved = 0
    for each in fulfillments:
        units = sum(part.quantity for part in each.reservations if part.sku == line.sku)
        reserved += units
        if each.shipment is not None:
            shipped += units
        elif units:
            reasons.append(each.error)
    set_aside = check.value.reserved if check.succeeded else 0
    if set_aside > reserved:
        reasons.append("held back, since the order ships complete")
    missing = line.quantity - shipped
    cancelled = missing if order.shortage == "short_ship" else 0
    return LineReport(
        line.sku,
        line.quantity,
        shipped,
        missing - cancelled,
        cancelled,
        "; ".join(dict.fromkeys(reasons)),
    )


def _shortage(check: TaskResult) -> str | None:
    """Why an inventory task set aside less than was ordered; None if it did not."""
    if not check.succeeded:
        return "stock check failed"
    answer: StockCheck = check.value
    if answer.reserved == answer.requested:
        return None
    return f"only {answer.reserved} in stock" if answer.reserved else "out of stock"


def message(report: OrderReport) -> str:
    """What the customer is told: what is on its way, what waits, what was cancelled, and why."""
    words = report.status.value.lower().replace("_", " ")
    parts = [f"Order {_plain(report.order_id)}: {words}."]
    for each in report.fulfillments:
        if each.shipment is not None:
            parts += _on_its_way(each)
    waiting = [line for line in report.lines if line.backordered]
    if waiting:
        parts.append(
            "Waiting, and sent as soon as we can: " + _listed(waiting, "backordered", report) + "."
        )
    gone = [line for line in report.lines if line.cancelled]
    if gone:
        parts.append("Cancelled, and not charged: " + _listed(gone, "cancelled", report) + ".")
    return "\n".join(parts)


def _on_its_way(part: Fulfillment) -> list[str]:
    shipment = part.shipment
    assert shipment is not None
    units: dict[str, int] = {}
    for each in part.reservations:
        units[each.sku] = units.get(each.sku, 0) + each.quantity
    listed = ", ".join(f"{quantity} × {_plain(sku)}" for sku, quantity in units.items())
    boxes = f"{len(part.packages)} package" + ("s" if len(part.packages) > 1 else "")
    return [
        f"On its way from {_plain(part.warehouse)}: {listed} ({boxes}).",
        f"  {shipment.carrier} {shipment.service}, arriving {shipment.delivery_date}, "
        f"tracking {shipment.tracking_number} (simulated).",
    ]


def _listed(lines: Sequence[LineReport], column: str, report: OrderReport) -> str:
    return ", ".join(
        f"{getattr(line, column)} × {_plain(line.sku)} ({line.reason})" for line in lines
    )


def _plain(text: str) -> str:
    return printable(text, LONGEST_NAME)
