"""The judges of lesson 04: a timeout for a floor on which things hang, and a charge made once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from fulfillment_lib.course.verdicts import NotYet, mean_lead_s, need
from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.run import simulate
from fulfillment_lib.scenarios import Scenario, web_shop
from fulfillment_lib.settings import Durations, Faults

TRIED_S = (4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40)
NEAR = 1.02


def timeout(answer: Any) -> str:
    """`answer(scenario)`: a timeout whose mean lead time is within 2 % of the best of TRIED_S."""
    unshown = web_shop(30, seed=23)
    slow = replace(unshown.settings, durations=Durations(packing=(10.0, 0.5)))
    for scenario in (web_shop(30), replace(unshown, settings=slow)):
        said = answer(scenario)
        number = isinstance(said, int | float) and not isinstance(said, bool)
        need(number and 0 < said <= 1000, "the answer must be a timeout in seconds", said)
        leads = {timeout_s: lead_with(scenario, timeout_s) for timeout_s in (*TRIED_S, said)}
        best = min(TRIED_S, key=leads.__getitem__)
        if leads[said] > NEAR * leads[best]:
            raise NotYet(
                f"with a timeout of {said:g} s the mean lead time can be had shorter",
                [f"timeout {tried:g} s: {leads[tried]:.3f} s" for tried in sorted({said, best})],
            )
    return "the bottom of the U, on both days"


def lead_with(scenario: Scenario, timeout_s: float) -> float:
    """The mean lead time if a tenth of all attempts hangs, and each task has ten attempts."""
    return mean_lead_s(
        simulate(scenario, timeout_s=timeout_s, max_attempts=10, faults=Faults(hang=0.1))
    )


def charge(answer: Any) -> str:
    """`async def answer(key, amount, books, reply)`: books a charge once, whatever is lost."""
    days = (
        ({"ORD-001": 30, "ORD-002": 45, "ORD-003": 30}, {"ORD-002": 1}),
        ({"A": 7, "B": 7, "C": 7, "D": 12}, {"A": 2, "C": 1, "D": 2}),
    )
    for amounts, lost in days:
        books: list[tuple[str, int]] = []
        run_virtual(_charge_all(answer, amounts, dict(lost), books))
        for key, amount in amounts.items():
            found = [entry for entry in books if tuple(entry)[:1] == (key,)]
            if found != [(key, amount)]:
                why = f"{key} owes {amount}, and the books have {len(found)} charges of it"
                raise NotYet(why, [f"charge {entry}" for entry in books])
    return "every customer was charged once, though some replies were lost"


async def _charge_all(
    answer: Any, amounts: dict[str, int], lost: dict[str, int], books: list[tuple[str, int]]
) -> None:
    """Each charge is a task with three attempts, of which the first `lost` get no reply."""

    async def handle(task: Task) -> None:
        async def reply() -> None:
            if lost.get(task.id, 0):
                lost[task.id] -= 1
                await asyncio.sleep(100)

        await answer(task.id, task.payload, books, reply)

    async with WorkerPool(2, timeout_s=10.0, max_attempts=3) as pool:
        results = [
            await pool.submit(Task(key, payload=amount), handle) for key, amount in amounts.items()
        ]
    for result in results:
        if not result.succeeded:
            raise NotYet(f"{result.task.id} did not succeed: {result.outcome} {result.error}")
