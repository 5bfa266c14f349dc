"""The judges of lesson 03: policies, judged by what started while something else waited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fulfillment_lib.course.verdicts import NotYet, row
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.samples import sample_orders, vary_orders

PATIENCE_S = 15.0


def shortest(answer: Any) -> str:
    """`answer(task, ready_s)`: the task with the smallest expected service time goes first."""
    _judge(answer, lambda attempt, run: run.settings.durations.mean_s(attempt.kind))
    return "no task ever started while one with a smaller expected service time was waiting"


def patient(answer: Any) -> str:
    """`answer(task, ready_s)`: express first, unless a standard task was ready 15 s earlier."""
    _judge(answer, lambda attempt, run: attempt.ready_s + PATIENCE_S * attempt.priority)
    return "express goes first, and yet no standard task is passed by one that came 15 s later"


def _judge(answer: Any, rank: Callable[[Attempt, FulfillmentRun], float]) -> None:
    """No attempt may start while one of smaller rank waits, on two days."""
    for orders in (sample_orders(24, gap_s=1.2), sample_orders(40, seed=9, gap_s=1.0)):
        run = simulate(vary_orders(orders, express_share=0.4), policy=answer)
        for first, second in _overtaken(run):
            if rank(second, run) < rank(first, run) - 1e-9:
                started = f"{first.task_id} started at {first.start_s:.3f} s"
                why = f"{started}, while {second.task_id} had to go first"
                raise NotYet(why, [row(first), row(second)])


def _overtaken(run: FulfillmentRun) -> Iterator[tuple[Attempt, Attempt]]:
    """Pairs of attempts: one that started, and one that waited then and started later."""
    for first in run.attempts:
        for second in run.attempts:
            if second.ready_s <= first.start_s < second.start_s:
                yield first, second
