"""The rules of reasons: why something was not shipped, as the report has it → violations."""

from __future__ import annotations

from collections.abc import Iterator

from fulfillment_lib.analysis.invariants.log import Finding, RunLog
from fulfillment_lib.engine.tasks import Outcome, TaskResult
from fulfillment_lib.errors import NO_PARCEL
from fulfillment_lib.orders import Order, OrderLine
from fulfillment_lib.plan import TaskKind, task_id
from fulfillment_lib.records import Fulfillment, OrderReport, StockCheck


def reasons_are_true(log: RunLog) -> Iterator[Finding]:
    """What was not shipped has the reasons of its stock check and of its fulfillments.

    A fulfillment has the outcome and the reason of its task that did not succeed, or of the one in
    another fulfillment that held it up; and so have the tasks that were skipped for it.
    """
    for order, report in log.orders:
        errors = {fulfillment.error for fulfillment in report.fulfillments} or {"nothing reserved"}
        for result in log.results_of[order.id]:
            if result.outcome is Outcome.SKIPPED and result.error not in errors:
                yield log.by_task(result.task.id, f"was skipped, with the reason {result.error!r}")
        for fulfillment in report.fulfillments:
            told = (fulfillment.outcome, fulfillment.error)
            due = _end_of(log.shares.get((order.id, fulfillment.warehouse), []))
            if told != due:
                text = f"has an end at {fulfillment.warehouse} that is {told}, not {due}"
                yield Finding.of_report(report, text)
        for line, reported in zip(order.lines, report.lines, strict=False):
            reason = "; ".join(dict.fromkeys(_reasons(log, order, line, report)))
            if reported.reason != reason:
                text = f"in line {line.sku}: has the reason {reported.reason!r}, not {reason!r}"
                yield Finding.of_report(report, text)


def _end_of(share: list[TaskResult]) -> tuple[Outcome, str]:
    """The outcome of a share's tasks: of the first that has not succeeded, and why."""
    for result in share:
        if not result.succeeded:
            _, no_parcel, why = result.error.partition(NO_PARCEL)
            ended = f"{result.task.kind} {result.outcome.replace('_', ' ')}"
            skipped = result.outcome is Outcome.SKIPPED
            return result.outcome, result.error if skipped else f"{no_parcel}{why}" or ended
    return Outcome.SUCCEEDED, ""


def _reasons(log: RunLog, order: Order, line: OrderLine, report: OrderReport) -> Iterator[str]:
    check = log.result_of.get(task_id(order.id, TaskKind.INVENTORY, line.sku))
    set_aside = 0
    if check is None or not isinstance(check.value, StockCheck):
        yield "stock check failed"
    else:
        set_aside = check.value.reserved
        if set_aside < line.quantity:
            yield f"only {set_aside} in stock" if set_aside else "out of stock"
    for fulfillment in report.fulfillments:
        units = _units(fulfillment, line.sku)
        set_aside -= units
        if units and fulfillment.shipment is None:
            yield fulfillment.error
    if set_aside > 0:
        yield "held back, since the order ships complete"


def _units(fulfillment: Fulfillment, sku: str) -> int:
    return sum(held.quantity for held in fulfillment.reservations if held.sku == sku)
