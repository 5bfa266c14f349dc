"""The judges of lesson 03: policies, judged by who waited, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import fmean
from typing import Any

from fulfillment_lib.course.verdicts import NotYet, row
from fulfillment_lib.engine.policies import Policy, named
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.orders import Priority
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.samples import sample_network, sample_orders, vary_orders

SEEDS = range(101, 109)  # of busy days that are not shown
MOST, LONGEST = 0.9, 1.8  # of the waits under fifo: of either class, and of the longest one
PATIENCE_S = 15.0


def both_sooner(answer: Any) -> str:
    """`answer`: a policy under which both classes wait at least a tenth less than under fifo."""
    found, fifo = _waits(_policy(answer)), _waits(named("fifo"))
    express, standard, longest = (mine / theirs for mine, theirs in zip(found, fifo, strict=True))
    told = f"express tasks wait {_beside(express)}, standard tasks wait {_beside(standard)}"
    rows = [
        f"{what}: {mine:.2f} s, under fifo {theirs:.2f} s"
        for what, mine, theirs in zip(
            ("mean wait of express tasks", "mean wait of standard tasks", "longest wait"),
            found,
            fifo,
            strict=True,
        )
    ]
    if max(express, standard) > MOST:
        raise NotYet(f"{told}; both must wait at least 10 % less", rows)
    price = "both goals" if longest <= LONGEST else f"goal two allows {LONGEST} times"
    return f"{told}; the longest wait is {longest:.2f} times fifo's: {price}"


def patient(answer: Any) -> str:
    """`answer`: express first, unless a standard task was ready 15 s earlier."""
    _judge(_policy(answer), lambda attempt: attempt.ready_s + PATIENCE_S * attempt.priority)
    return "express goes first, and yet no standard task is passed by one that came 15 s later"


def _policy(answer: Any) -> Policy:
    try:
        return named(answer)
    except ArgumentError as error:
        raise NotYet(str(error)) from error


def _waits(policy: Policy) -> list[float]:
    """The mean waits of express and of standard tasks and the longest wait, means of the days."""
    days = []
    for seed in SEEDS:
        orders = sample_orders(40, gap_s=1.6, express_share=0.3, seed=seed)
        run = simulate(orders, sample_network(10), policy=policy, seed=seed)
        express, standard = (
            [attempt.wait_s for attempt in run.attempts if attempt.priority == priority]
            for priority in Priority
        )
        days.append((fmean(express), fmean(standard), max(express + standard)))
    return [fmean(values) for values in zip(*days, strict=True)]


def _beside(ratio: float) -> str:
    percent = round(100 * ratio) - 100
    if not percent:
        return "as long as under fifo"
    return f"{abs(percent)} % {'longer' if percent > 0 else 'less'} than under fifo"


def _judge(policy: Policy, rank: Callable[[Attempt], float]) -> None:
    """No attempt may start while one of smaller rank waits, on two days."""
    for orders in (sample_orders(24, gap_s=1.2), sample_orders(40, seed=9, gap_s=1.0)):
        run = simulate(vary_orders(orders, express_share=0.4), policy=policy)
        for first, second in _overtaken(run):
            if rank(second) < rank(first) - 1e-9:
                started = f"{first.task_id} started at {first.start_s:.3f} s"
                why = f"{started}, while {second.task_id} had to go first"
                raise NotYet(why, [row(first), row(second)])


def _overtaken(run: FulfillmentRun) -> Iterator[tuple[Attempt, Attempt]]:
    """Pairs of attempts: one that started, and one that waited then and started later."""
    for first in run.attempts:
        for second in run.attempts:
            if second.ready_s <= first.start_s < second.start_s:
                yield first, second
