"""The judges of lesson 02: a pool that outlives a failing job, and how many workers are enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from functools import partial
from numbers import Integral
from typing import Any

from fulfillment_lib.course.naps import Naps
from fulfillment_lib.course.verdicts import NotYet, mean_lead_s, need
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.run import simulate
from fulfillment_lib.samples import sample_orders

MOST_WORKERS = 12
NEAR = 1.05


def run_all(answer: Any) -> str:
    """`async def answer(jobs, workers)`: results in order, of a failed job its exception."""
    for lengths_s, failing, workers in (
        ((2, 1, 3, 1, 2), (0, 1), 2),
        ((1, 1, 2, 2, 1, 3, 1), (0, 1, 2, 5), 3),
    ):
        naps = Naps(lengths_s, failing)
        jobs = [partial(naps.nap, number) for number in range(len(lengths_s))]
        results = run_virtual(_awaited(answer, jobs, workers))
        if len(naps.ends_s) < len(lengths_s):
            raised = f"{len(failing)} of {len(lengths_s)} jobs raised"
            ended = f"only {len(naps.ends_s)} ever ended"
            raise NotYet(f"{raised}, and {ended}: workers were lost", naps.rows())
        _judge_results(results, len(lengths_s), failing)
        _judge_workers(naps, workers)
    return "a job that raises costs its worker nothing, and no result is lost"


async def _awaited(answer: Any, *arguments: object) -> Any:
    """The answer is called while the clock runs, as it may ask for the loop."""
    return await answer(*arguments)


def _judge_results(results: Any, count: int, failing: Iterable[int]) -> None:
    ordered = isinstance(results, Iterable) and not isinstance(results, str | Mapping | Set)
    kept = list(results) if ordered else []
    need(len(kept) == count, f"there must be {count} results, in the order of the jobs", results)
    for number, result in enumerate(kept):
        if number in failing:
            raised = ValueError(f"nap {number} failed")
            rule = f"job {number} raised {raised!r}, its result must be the exception"
            need(isinstance(result, Exception) and repr(result) == repr(raised), rule, result)
        else:
            need(result == number, f"the result of job {number} must be {number}", result)


def _judge_workers(naps: Naps, workers: int) -> None:
    """All workers have a job as long as a job waits, and none has two."""
    at_s, crowd = naps.most_at_once()
    if len(crowd) > workers:
        many = f"{len(crowd)} jobs were under way at {at_s:g} s, with {workers} workers"
        raise NotYet(many, naps.rows())
    if len(crowd) < workers:
        few = f"never more than {len(crowd)} of {workers} workers had a job"
        raise NotYet(few, naps.rows())
    for end_s in sorted(naps.ends_s.values()):
        busy = len(naps.under_way(end_s))
        if end_s < max(naps.starts_s.values()) and busy < workers:
            idle = f"at {end_s:g} s only {busy} of {workers} workers had a job"
            raise NotYet(f"{idle}, and others were waiting", naps.rows())


def enough(answer: Any) -> str:
    """`answer(orders)`: the fewest workers whose mean lead time is within 5 % of that of 12."""
    for orders in (sample_orders(12), sample_orders(24, seed=5, gap_s=0.9)):
        said = answer(orders)
        counts = range(1, MOST_WORKERS + 1)
        good = isinstance(said, Integral) and not isinstance(said, bool) and said in counts
        need(good, f"the answer must be a whole number from 1 to {MOST_WORKERS}", said)
        leads = {count: mean_lead_s(simulate(orders, workers=count)) for count in counts}
        fewest = min(count for count in leads if leads[count] <= NEAR * leads[MOST_WORKERS])
        if said != fewest:
            word = "too few" if said < fewest else "more than needed"
            rows = [
                f"{count} workers: mean lead time {leads[count]:.3f} s"
                for count in sorted({said, max(said - 1, 1), MOST_WORKERS})
            ]
            raise NotYet(f"for a day of {len(orders)} orders you say {said}: {word}", rows)
    return "right on both days; the number depends on the day, so it has to be computed"
