"""The judges of lesson 02: a pool that outlives a failing job, and how many workers are enough."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any

from fulfillment_lib.course.naps import Naps
from fulfillment_lib.course.verdicts import NotYet, mean_lead_s, need_function
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.errors import shown
from fulfillment_lib.run import simulate
from fulfillment_lib.samples import sample_orders

MOST_WORKERS = 12
NEAR = 1.05


def run_all(answer: Any) -> str:
    """`async def answer(jobs, workers)`: results in order, of a failed job its exception."""
    need_function(answer)
    for lengths_s, failing, workers in (
        ((2, 1, 3, 1, 2), (0, 1), 2),
        ((1, 1, 2, 2, 1, 3, 1), (0, 1, 2, 5), 3),
    ):
        naps = Naps(lengths_s, failing)
        jobs: list[Callable[[], Coroutine[Any, Any, int]]] = [
            partial(naps.nap, number) for number in range(len(lengths_s))
        ]

        async def timed(jobs: Any = jobs, workers: int = workers) -> Any:
            return await answer(jobs, workers)

        results = run_virtual(timed())
        if len(naps.ends_s) < len(lengths_s):
            raise NotYet(
                f"{len(failing)} of {len(lengths_s)} jobs raised, and only "
                f"{len(naps.ends_s)} ever ended: workers were lost",
                naps.rows(),
            )
        _judge_results(results, len(lengths_s), failing)
        _, crowd = naps.most_at_once()
        if len(crowd) != workers:
            raise NotYet(
                f"never more than {len(crowd)} of {workers} workers had a job", naps.rows()
            )
    return "a job that raises costs its worker nothing, and no result is lost"


def _judge_results(results: Any, count: int, failing: Iterable[int]) -> None:
    if not isinstance(results, list) or len(results) != count:
        raise NotYet(f"there must be a list of {count} results, got {shown(results)}")
    for number, result in enumerate(results):
        if number in failing and not isinstance(result, Exception):
            raise NotYet(f"job {number} raised, its result must be the exception, got {result!r}")
        if number not in failing and result != number:
            raise NotYet(f"the result of job {number} must be {number}, got {shown(result)}")


def enough(answer: Any) -> str:
    """`answer(orders)`: the fewest workers whose mean lead time is within 5 % of that of 12."""
    need_function(answer)
    for orders in (sample_orders(12), sample_orders(24, seed=5, gap_s=0.9)):
        said = answer(orders)
        if type(said) is not int or not 1 <= said <= MOST_WORKERS:
            raise NotYet(
                f"the answer must be a whole number from 1 to {MOST_WORKERS}, got {shown(said)}"
            )
        leads = {
            count: mean_lead_s(simulate(orders, workers=count))
            for count in range(1, MOST_WORKERS + 1)
        }
        fewest = min(count for count in leads if leads[count] <= NEAR * leads[MOST_WORKERS])
        if said != fewest:
            word = "too few" if said < fewest else "more than needed"
            raise NotYet(
                f"for a day of {len(orders)} orders you say {said}: {word}",
                [
                    f"{count} workers: mean lead time {leads[count]:.3f} s"
                    for count in sorted({said, max(said - 1, 1), MOST_WORKERS})
                ],
            )
    return "right on both days; the number depends on the day, so it has to be computed"
