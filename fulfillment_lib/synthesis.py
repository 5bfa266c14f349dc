"""Synthesis: what came of an order's tasks becomes one honest status, and a message.

Everything here is a pure function of records. In units, per line and per order:
ordered = shipped + backordered + cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fulfillment_lib import checks
from fulfillment_lib.engine.tasks import Outcome, TaskResult
from fulfillment_lib.errors import NO_PARCEL, counted, printable
from fulfillment_lib.orders import Order, OrderLine
from fulfillment_lib.records import Fulfillment, LineReport, OrderReport, OrderStatus, Shipment

MOST_NUMBERS = 3  # of a shipment, in a message


def synthesize(
    order: Order,
    results: Sequence[TaskResult],
    fulfillments: Sequence[Fulfillment],
    voided: Sequence[str],
    finished_s: float,
) -> OrderReport:
    """The report of an order: `results` in the plan's order, `fulfillments` as tried."""
    shipments = tuple(
        fulfillment.shipment for fulfillment in fulfillments if fulfillment.shipment is not None
    )
    stock_checks = results[: len(order.lines)]  # the first round's
    lines = tuple(
        _line_report(order, line, check, fulfillments)
        for line, check in zip(order.lines, stock_checks, strict=True)
    )
    outcomes = [result.outcome for result in results]
    succeeded, skipped = outcomes.count(Outcome.SUCCEEDED), outcomes.count(Outcome.SKIPPED)
    return OrderReport(
        order_id=order.id,
        status=status_of(lines),
        lines=lines,
        packages=tuple(package for shipment in shipments for package in shipment.packages),
        shipments=shipments,
        fulfillments=tuple(fulfillments),
        voided=tuple(voided),
        priority=order.priority,
        placed_s=order.placed_s,
        finished_s=finished_s,
        tasks_succeeded=succeeded,
        tasks_failed=len(outcomes) - succeeded - skipped,
        tasks_skipped=skipped,
    )


def status_of(lines: Iterable[LineReport]) -> OrderStatus:
    """The status that the lines add up to."""
    lines = tuple(lines)
    shipped = sum([line.shipped for line in lines])
    if shipped == sum([line.ordered for line in lines]):
        return OrderStatus.FULFILLED
    if shipped:
        return OrderStatus.PARTIALLY_FULFILLED
    waiting = any(line.backordered for line in lines)
    return OrderStatus.UNFULFILLED if waiting else OrderStatus.CANCELLED


def _line_report(
    order: Order, line: OrderLine, check: TaskResult, fulfillments: Sequence[Fulfillment]
) -> LineReport:
    set_aside = check.value.reserved if check.succeeded else 0
    reasons = _shortage(check, set_aside)
    shipped = reserved = 0
    for fulfillment in fulfillments:
        units = sum([made.quantity for made in fulfillment.reservations if made.sku == line.sku])
        reserved += units
        if fulfillment.shipment is not None:
            shipped += units
        elif units:
            reasons.append(fulfillment.error)
    if set_aside > reserved:
        reasons.append("held back, since the order ships complete")
    missing = line.quantity - shipped
    cancelled = missing if order.shortage == "short_ship" else 0
    reason = "; ".join(dict.fromkeys(reasons)) if missing else ""
    return LineReport(line.sku, line.quantity, shipped, missing - cancelled, cancelled, reason)


def _shortage(check: TaskResult, set_aside: int) -> list[str]:
    """Why an inventory task set aside less than was ordered; nothing if it did not."""
    if not check.succeeded:
        return ["stock check failed"]
    if set_aside == check.value.requested:
        return []
    if set_aside < sum(check.value.available.values()):  # a routing did not ask all warehouses
        return [f"only {set_aside} where we looked" if set_aside else "none where we looked"]
    return [f"only {set_aside} in stock" if set_aside else "out of stock"]


def message(report: OrderReport) -> str:
    """What the customer is told: what is on its way, what waits, what was cancelled, and why."""
    words = report.status.value.lower().replace("_", " ")
    sentences = [f"Order {_plain(report.order_id)}: {words}."]
    for fulfillment in report.fulfillments:
        if fulfillment.shipment is not None:
            sentences += _on_its_way(fulfillment, fulfillment.shipment)
    stuck = [line for line in report.lines if NO_PARCEL in line.reason]
    waiting = _listed([line for line in report.lines if line not in stuck], "backordered")
    if waiting:
        sentences.append(f"Waiting, and sent as soon as we can: {waiting}.")
    if held := _listed(stuck, "backordered"):
        sentences.append(f"Waiting, until we find another way to send it: {held}.")
    gone = _listed(report.lines, "cancelled")
    if gone:
        sentences.append(f"Cancelled, and not charged: {gone}.")
    return "\n".join(sentences)


def _on_its_way(fulfillment: Fulfillment, shipment: Shipment) -> list[str]:
    units: dict[str, int] = {}
    for reservation in fulfillment.reservations:
        units[reservation.sku] = units.get(reservation.sku, 0) + reservation.quantity
    listed = ", ".join(f"{quantity} × {_plain(sku)}" for sku, quantity in units.items())
    boxes = counted(len(fulfillment.packages), "package")
    rest = len(shipment.tracking_numbers) - MOST_NUMBERS
    more = f" and {rest:,} more" if rest > 0 else ""
    return [
        f"On its way from {_plain(fulfillment.warehouse)}: {listed} ({boxes}).",
        f"  {shipment.carrier} {shipment.service}, arriving {shipment.delivery_date}, "
        f"tracking {', '.join(shipment.tracking_numbers[:MOST_NUMBERS])}{more} (simulated).",
    ]


def _listed(lines: Sequence[LineReport], column: str) -> str:
    units = [(getattr(line, column), line) for line in lines]
    return ", ".join(f"{n} × {_plain(line.sku)} ({line.reason})" for n, line in units if n)


def _plain(text: str) -> str:
    return printable(text, checks.LONGEST_NAME)
