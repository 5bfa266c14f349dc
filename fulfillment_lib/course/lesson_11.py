"""The judge of lesson 11: a reader's orchestrator, on days that become worse and worse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from numbers import Integral
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from fulfillment_lib.charts import plot_gantt
from fulfillment_lib.course.floor import Day, run_day
from fulfillment_lib.course.verdicts import NotYet
from fulfillment_lib.engine.tasks import Attempt, Outcome
from fulfillment_lib.errors import shown
from fulfillment_lib.orders import Order
from fulfillment_lib.plan import TaskKind
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.settings import Durations, Faults, uniforms

DAYS = 200
QUIET, CALM, BAD = 10, 60, 120  # the last day without faults, without hangs, without cancellations
FROM_THEN_ON = 190  # each day is run a second time
PROMISE_S = 60.0
NO_TIME_S = 40.0  # after so many seconds an order may give up what it has not got
FAULTY = (Outcome.FAILED, Outcome.TIMED_OUT)
RULES = 12  # as the lesson counts them
Broken = Iterator[tuple[float, str]]  # when, and what


def orchestrator(answer: Any) -> str:
    """`async def answer(order, floor)`: the units that were shipped, by SKU."""
    for number in range(1, DAYS + 1):
        day = _day(answer, number)
        for rule in (_ending, _asking, _parcels, _units):
            for order in day.orders:
                for at_s, why in rule(day, order):
                    raise _not_yet(number, day, order.id, at_s, why)
        if number > FROM_THEN_ON and set(day.labels) != set(_day(answer, number).labels):
            why = "labels are asked for by other keys when the day is run again"
            raise _not_yet(number, day, day.orders[0].id, day.orders[0].placed_s, why)
    return f"{DAYS} days, {RULES} rules"


def _day(answer: Any, number: int) -> Day:
    """A day that is not shown: first quiet ones, then such with failures, hangs, cancellations."""
    (many, stock), (fail, hang), (lost, gap) = (uniforms("11.1", number, i) for i in range(3))
    rough = number > CALM
    faults = Faults(
        fail=fail * 0.25 * (number > QUIET), hang=hang * 0.25 * rough, lost_reply=lost * 0.2 * rough
    )
    orders = sample_orders(2 + int(3 * many), seed=number, gap_s=1 + 3 * gap)
    cancelled: dict[str, tuple[float, ...]] = {}
    if number > BAD:
        for order in orders:
            is_so, first = uniforms("11.1", number, order.id)
            again_s = 25 * first + 0.2 + 1.6 * is_so
            cancelled |= {order.id: (25 * first, again_s)} if is_so < 0.7 else {}
    durations = Durations(packing=(4.0, 0.25))  # none takes 10 s
    network = sample_network((0.7, 1.0, 10.0)[int(3 * stock)])
    changes: dict[str, Any] = {"faults": faults, "durations": durations, "seed": number}
    return run_day(answer, orders, network, cancelled=cancelled, **changes)


def _ending(day: Day, order: Order) -> Broken:
    """It ends in time, with an answer; or as cancelled, if it was."""
    end, sku = day.ends[order.id], {line.sku for line in order.lines}
    if end.ended_s > order.placed_s + PROMISE_S:
        yield order.placed_s + PROMISE_S, "it is not answered within 60 s"
    if end.cancelled_s <= end.ended_s and not end.error:
        yield end.ended_s, "it was cancelled, and answers all the same"
    if end.error and not (
        end.error.startswith("CancelledError") and end.cancelled_s < end.ended_s + 1
    ):
        yield end.ended_s, f"it raised {end.error}"
    if not end.error and not _is_units(end.said, sku):
        yield end.ended_s, f"the answer must be a dict of units by SKU, got {shown(end.said)}"


def _is_units(said: Any, skus: set[str]) -> bool:
    return (
        isinstance(said, Mapping)
        and set(said) <= skus
        and all(isinstance(units, Integral) and int(units) >= 0 for units in said.values())
    )


def _log(day: Day, order: Order) -> list[Attempt]:
    return [attempt for attempt in day.pool.attempts if attempt.order_id == order.id]


def _had_time(day: Day, order: Order) -> bool:
    """Whether the order was neither cancelled nor long under way."""
    end = day.ends[order.id]
    return end.cancelled_s > end.ended_s and end.ended_s < order.placed_s + NO_TIME_S


def _asking(day: Day, order: Order) -> Broken:
    """Lines are checked side by side, what fails is tried again, and a cancellation ends it."""
    log, end = _log(day, order), day.ends[order.id]
    checks = [a for a in log if a.kind == TaskKind.INVENTORY and a.task_id.endswith("/1")]
    for line in order.lines:
        if _had_time(day, order) and not any(f"/{line.sku}/" in a.task_id for a in checks):
            yield end.ended_s, f"the stock of {line.sku} was never checked"
    for check in checks:
        if check.ready_s >= checks[0].finish_s:
            why = f"{check.task_id} was asked for when {checks[0].task_id} had ended"
            yield check.ready_s, f"{why}; lines must be checked side by side"
    for attempt in log:
        if attempt.ready_s > end.cancelled_s:
            yield attempt.ready_s, f"{attempt.task_id} was asked for after it was cancelled"
    tries = Counter(a.task_id.rpartition("/")[0] for a in log)
    for attempt in log:
        once = tries[attempt.task_id.rpartition("/")[0]] == 1
        if once and attempt.outcome in FAULTY and _had_time(day, order):
            yield attempt.finish_s, f"{attempt.task_id} {_word(attempt)} and was not tried again"


def _word(attempt: Attempt) -> str:
    return attempt.outcome.value.replace("_", " ")


def _parcels(day: Day, order: Order) -> Broken:
    """One label for a parcel, at most what was ordered, and nothing is left on the way."""
    end_s, mine = day.ends[order.id].ended_s, f"{order.id}/"
    parcels = [label.parcel for label in day.labels.values() if not label.void]
    for parcel, labels in Counter(parcels).items():
        if labels > 1 and parcel.reservations[0].task_id.startswith(mine):
            yield end_s, f"{labels} labels for one parcel from {parcel.warehouse}"
    for line in order.lines:
        units = day.shipped(order.id)[line.sku]
        if units > line.quantity:
            yield end_s, f"{units} × {line.sku} left, {line.quantity} of it were ordered"
    for held in day.ledger.reservations:
        if held.task_id.startswith(mine):
            what = f"{held.quantity} × {held.sku} at {held.warehouse}"
            yield end_s, f"{what} is still set aside: never shipped, never given back"


def _units(day: Day, order: Order) -> Broken:
    """Nothing is given up without a reason, and the answer is what left."""
    end, log = day.ends[order.id], _log(day, order)
    if end.error:
        return
    shipped = day.shipped(order.id)
    failed = {a.task_id.split("/")[2] for a in log if a.outcome in FAULTY}
    for moved in day.ledger.movements:
        given_up = moved.kind == "release" and moved.task_id.startswith(f"{order.id}/")
        if given_up and not failed & {moved.sku, moved.warehouse} and _had_time(day, order):
            what = f"{moved.quantity} × {moved.sku} went back to {moved.warehouse}"
            yield moved.at_s, f"{what}, and nothing had failed there"
    for line in order.lines:
        left, said = shipped[line.sku], end.said.get(line.sku, 0)
        if left != said:
            yield end.ended_s, f"{left} × {line.sku} left, and it says {said}"


def _not_yet(number: int, day: Day, order_id: str, at_s: float, why: str) -> NotYet:
    told = f"day {number}, {order_id}: {why}"
    rows = [
        f"{attempt.task_id} {_word(attempt)} at {attempt.finish_s:.1f} s"
        for attempt in day.pool.attempts
        if attempt.order_id == order_id
    ]

    def chart(ax: Axes | None = None) -> Axes:
        table = pd.DataFrame(day.pool.attempts).sort_values("order_id")
        ax = plot_gantt(table, by="order", ax=ax, title=told)
        lanes = list(dict.fromkeys(table["order_id"]))
        ax.axvline(at_s, color="#D00000", linewidth=2)
        if order_id in lanes:
            ax.scatter(
                at_s,
                lanes.index(order_id),
                600,
                "none",
                edgecolors="#D00000",
                linewidths=3,
                zorder=9,
            )
        ax.set_xlim(right=max(ax.get_xlim()[1], at_s * 1.03))
        return ax

    return NotYet(told, rows, chart if rows else None)
