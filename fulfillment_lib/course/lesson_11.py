"""The judges of lesson 11: a reader's orchestrator, on days that become worse and worse."""

from __future__ import annotations

from asyncio import CancelledError
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product
from math import inf
from numbers import Integral
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from fulfillment_lib.charts import plot_gantt
from fulfillment_lib.course.floor import Day, run_day
from fulfillment_lib.course.verdicts import NotYet
from fulfillment_lib.engine.tasks import Attempt, Outcome
from fulfillment_lib.errors import error_text, shown
from fulfillment_lib.orders import Order
from fulfillment_lib.plan import part_of
from fulfillment_lib.records import MovementKind
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.settings import Durations, Faults, uniforms

DAYS = 200
QUIET, CALM, BAD = 10, 60, 120  # the last day without faults, without hangs, without cancellations
TWICE = 190  # the days after it are run a second time
PROMISE_S = 60.0
NO_TIME_S = 40.0  # after so many seconds an order may give up what it has not got
FAULTY = (Outcome.FAILED, Outcome.TIMED_OUT)
RULES = 12  # as the lesson counts them
Broken = Iterator[tuple[float, str]]  # when, and what
Rule = Callable[[Day, Order], Broken]


def orchestrator(answer: Any) -> str:
    """`async def answer(order, floor)`: the units that were shipped, by SKU."""
    for number in range(1, DAYS + 1):
        day = _day(answer, number)
        again = _day(answer, number) if number > TWICE else day
        rules: list[Rule] = [_ending, _asking, _parcels, _units, partial(_keys, again=again)]
        for rule, order in product(rules, day.orders):
            for at_s, why in rule(day, order):
                raise _not_yet(number, day, order, at_s, why)
    return f"{DAYS} days, {RULES} rules"


def saboteur(answer: Any) -> str:
    """`answer`: an orchestrator with a mistake that only a cancellation or a restart brings out."""
    try:
        orchestrator(answer)
    except NotYet as found:
        if int(found.why.split()[1].strip(",")) <= BAD:
            raise NotYet(f"that is seen too soon: {found.why}", chart=found.chart) from None
        return f"{BAD} days saw nothing; {found.why}"
    raise NotYet("it breaks no rule")


def _day(answer: Any, number: int) -> Day:
    """A day that is not shown: first quiet ones, then such with failures, hangs, cancellations."""
    (many, stock), (fail, hang), (lost, gap) = (uniforms("11.1", number, i) for i in range(3))
    fail, hang, lost = 0.25 * fail * (number > QUIET), 0.25 * hang, 0.2 * lost
    orders = sample_orders(2 + int(3 * many), seed=number, gap_s=1 + 3 * gap)
    cancelled: dict[str, tuple[float, ...]] = {}
    for order in orders if number > BAD else ():
        chance, first = uniforms("11.1", number, order.id)
        if chance < 0.7:  # the second one comes while it gives back
            cancelled[order.id] = 25 * first, 25 * first + 0.2 + 1.6 * chance
    return run_day(
        answer,
        orders,
        sample_network((0.7, 1.0, 10.0)[int(3 * stock)]),
        cancelled=cancelled,
        faults=Faults(fail, hang, lost) if number > CALM else Faults(fail),
        durations=Durations(packing=(4.0, 0.25)),  # none takes 10 s
        seed=number,
    )


def _log(day: Day, order: Order) -> list[Attempt]:
    return [attempt for attempt in day.pool.attempts if attempt.order_id == order.id]


def _had_time(day: Day, order: Order) -> bool:
    """Whether the order was neither cancelled nor long under way."""
    end = day.ends[order.id]
    return end.cancelled_s > end.ended_s and end.ended_s < order.placed_s + NO_TIME_S


def _ending(day: Day, order: Order) -> Broken:
    """It ends in time, with an answer; or as cancelled, if it was."""
    end = day.ends[order.id]
    if end.ended_s > order.placed_s + PROMISE_S:
        yield order.placed_s + PROMISE_S, "it is not answered within 60 s"
    if end.cancelled_s < inf:
        if not isinstance(end.said, CancelledError):
            yield end.ended_s, f"it was cancelled, and ends with {shown(end.said)} all the same"
    elif isinstance(end.said, NameError):
        raise end.said  # a slip: `check` knows the line
    elif isinstance(end.said, BaseException):
        yield end.ended_s, f"it raised {error_text(end.said)}"
    elif not isinstance(end.said, Mapping) or not all(
        isinstance(units, Integral) and sku in {line.sku for line in order.lines}
        for sku, units in end.said.items()
    ):
        yield end.ended_s, f"the answer must be a dict of units by SKU, got {shown(end.said)}"


def _asking(day: Day, order: Order) -> Broken:
    """Lines are checked side by side, what fails is tried again, and a cancellation ends it."""
    end, log, had_time = day.ends[order.id], _log(day, order), _had_time(day, order)
    asked = Counter(attempt.task_id.rpartition("/")[0] for attempt in log)
    for line in order.lines:
        if had_time and not asked[f"{order.id}/inventory/{line.sku}"]:
            yield end.ended_s, f"the stock of {line.sku} was never checked"
    for attempt in log:
        name, _, number = attempt.task_id.rpartition("/")
        if attempt.kind == "inventory" and number == "1" and attempt.ready_s >= log[0].finish_s:
            why = f"{attempt.task_id} was asked for when {log[0].task_id} had ended"
            yield attempt.ready_s, f"{why}; lines must be checked side by side"
        if attempt.ready_s > end.cancelled_s:
            yield attempt.ready_s, f"{attempt.task_id} was asked for after it was cancelled"
        if had_time and asked[name] == 1 and attempt.outcome in FAULTY:
            yield attempt.finish_s, f"{attempt.task_id} did not succeed and was not tried again"


def _parcels(day: Day, order: Order) -> Broken:
    """One label for a parcel, at most what was ordered, and nothing is left on the way."""
    end_s, mine = day.ends[order.id].ended_s, f"{order.id}/"
    parcels = Counter(label.parcel for label in day.labels.values() if not label.void)
    for parcel, labels in parcels.items():
        if labels > 1 and parcel.reservations[0].task_id.startswith(mine):
            yield end_s, f"{labels} labels for one parcel from {parcel.warehouse}"
    for line in order.lines:
        units = day.shipped[order.id][line.sku]
        if units > line.quantity:
            yield end_s, f"{units} × {line.sku} left, {line.quantity} of it were ordered"
    for held in day.ledger.reservations:
        if held.task_id.startswith(mine):
            what = f"{held.quantity} × {held.sku} at {held.warehouse}"
            yield end_s, f"{what} is still set aside: never shipped, never given back"


def _units(day: Day, order: Order) -> Broken:
    """Nothing is given up without a reason, and the answer is what left."""
    end, mine = day.ends[order.id], f"{order.id}/"
    faulty = {part_of(a.task_id) for a in _log(day, order) if a.outcome in FAULTY}
    for moved in day.ledger.movements if _had_time(day, order) else ():
        given_up = moved.kind is MovementKind.RELEASE and moved.task_id.startswith(mine)
        if given_up and not faulty & {moved.sku, moved.warehouse}:
            what = f"{moved.quantity} × {moved.sku} went back to {moved.warehouse}"
            yield moved.at_s, f"{what}, and nothing had failed there"
    for line in order.lines if end.cancelled_s == inf else ():
        left, said = day.shipped[order.id][line.sku], end.said.get(line.sku, 0)
        if left != said:
            yield end.ended_s, f"{left} × {line.sku} left, and it says {said}"


def _keys(day: Day, order: Order, again: Day) -> Broken:
    """The same labels are asked for when the day is run again, as after a crash."""
    for key, label in day.labels.items():
        if key not in again.labels and label.parcel.reservations[0].task_id.startswith(order.id):
            at_s = max(a.finish_s for a in _log(day, order) if a.kind == "shipping")
            what = f"its parcel from {label.parcel.warehouse} gets another label"
            yield at_s, f"{what} when the day is run again: the key is another one"


def _not_yet(number: int, day: Day, order: Order, at_s: float, why: str) -> NotYet:
    """With a chart of the day, where the place is marked."""
    told = f"day {number}, {order.id}: {why}"
    table = pd.DataFrame(day.pool.attempts)

    def chart(ax: Axes | None = None) -> Axes:
        ax = plot_gantt(table.sort_values("order_id"), by="order", ax=ax, title=told)
        ax.axvline(at_s, color="#D00000", linewidth=2)
        lane = sorted({*table["order_id"]} | {order.id}).index(order.id)
        ax.scatter(at_s, lane, 600, "none", edgecolors="#D00000", linewidths=3, zorder=9)
        ax.set_xlim(right=max(ax.get_xlim()[1], at_s * 1.03))
        return ax

    return NotYet(told, chart=None if table.empty else chart)
