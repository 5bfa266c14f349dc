"""What lesson 08 claims: of formulas, of intervals, and of a promise that was kept every day.

First in, first out, the queue of the lesson is computed without the pool, by the recursion of
J. Kiefer and J. Wolfowitz (On the theory of queues with many servers, 1955): a job begins when it
has come and the first of the workers is free. The same draws give the same waits. The warm-up is
the jobs that come first, in the lesson those that end first: a difference of a thousandth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import sqrt
from random import Random
from statistics import fmean

import numpy as np
from scipy.stats import t

from claimed.claim import Claim
from claimed.days import day, mean_lead_s
from fulfillment_lib import Task, WorkerPool, run_virtual
from fulfillment_lib.analysis import theory
from fulfillment_lib.analysis.kpis import figures
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.scenarios import web_shop

LOADS = (0.45, 0.6, 0.7, 0.8, 0.85, 0.9)
WORKERS, JOBS, WARM_UP, RUNS, PROMISE_S = 5, 4_000, 500, 10, 15.0
FORMULA_S = {load: theory.mmc_wait(WORKERS * load, 1, WORKERS) for load in LOADS}
FEWER_DAYS, TEN_RUNS = 200, "a day is ten runs of four thousand jobs, at six loads"
FOUR_THOUSAND = "a day has four thousand jobs, and its two runs share them"
Draws = list[tuple[float, float, float]]  # of each job: the gap before it, its class, its service


def draws(seed: int) -> Draws:
    """What the queue of the lesson draws, with gaps of one second on average."""
    draw = Random(seed)  # noqa: S311 - as the lesson draws; nothing secret
    return [(draw.expovariate(1), draw.random(), draw.expovariate(1)) for _ in range(JOBS)]


def waits_s(loads: Sequence[float], runs: Sequence[Draws]) -> np.ndarray:
    """Mean waits, first in, first out: a row for each load, a column for each run."""
    gaps_s, _, services_s = np.array(runs).T  # each with a row per job
    comes_s = gaps_s.cumsum(axis=0)[:, None] / (WORKERS * np.array(loads)[:, None])
    free_s = np.zeros((len(loads), len(runs), WORKERS))
    waits = np.empty_like(comes_s)
    for job in range(JOBS):
        free_s.sort(axis=-1)
        start_s = np.maximum(comes_s[job], free_s[..., 0])
        waits[job] = start_s - comes_s[job]
        free_s[..., 0] = start_s + services_s[job]
    means: np.ndarray = waits[WARM_UP:].mean(axis=0)
    return means


@lru_cache(maxsize=1)
def ten_runs(seed: int) -> np.ndarray:
    """Mean waits of the same ten runs at each of the loads."""
    return waits_s(LOADS, [draws(RUNS * seed + number) for number in range(RUNS)])


def holds_the_formula(seed: int) -> bool:
    """Whether the interval of ten runs at 60 % holds what Erlang says."""
    waits = ten_runs(seed)[LOADS.index(0.6)]
    half_s = t.ppf(0.975, RUNS - 1) * waits.std(ddof=1) / sqrt(RUNS)
    return bool(abs(waits.mean() - FORMULA_S[0.6]) <= half_s)


def on_one_side(seed: int) -> bool:
    """Whether the six points of ten common seeds lie all above the curve, or all below it."""
    above = ten_runs(seed).mean(axis=1) > list(FORMULA_S.values())
    return bool(above.all() or not above.any())


def wait_at_90(seed: int) -> float:
    """The mean wait of ten runs at 90 %."""
    return float(ten_runs(seed)[LOADS.index(0.9)].mean())


@lru_cache(maxsize=1)
def waits_of_classes(seed: int) -> tuple[float, float, float]:
    """At 85 %, two of ten express: all first in, first out; then express and standard apart."""
    jobs = draws(seed)

    async def job(task: Task) -> None:
        await asyncio.sleep(task.payload)

    async def floor() -> tuple[Attempt, ...]:
        async with WorkerPool(WORKERS, timeout_s=1e6) as pool:
            for number, (gap_s, luck, service_s) in enumerate(jobs):
                await asyncio.sleep(gap_s / (WORKERS * 0.85))
                pool.submit(
                    Task(f"job {number}", priority=int(luck >= 0.2), payload=service_s), job
                )
        return tuple(pool.attempts)

    log = run_virtual(floor())[WARM_UP:]
    waits = [
        [attempt.wait_s for attempt in log if attempt.priority == priority] for priority in (0, 1)
    ]
    return float(waits_s([0.85], [jobs])[0, 0]), fmean(waits[0]), fmean(waits[1])


def mean_of_classes(seed: int) -> float:
    """0.2 × the wait of express + 0.8 × that of standard, − the wait without priority."""
    together_s, express_s, standard_s = waits_of_classes(seed)
    return 0.2 * express_s + 0.8 * standard_s - together_s


def gain_of_priority(seed: int) -> float:
    """Mean lead time of all orders, express first − fifo."""
    return mean_lead_s(day(web_shop, seed)) - mean_lead_s(day(web_shop, seed, policy="fifo"))


def express_p95_s(seed: int, workers: int) -> float:
    """The lead time that 95 of 100 express orders keep."""
    changes = {} if workers == WORKERS else {"workers": workers}
    return figures(day(web_shop, seed, **changes))["express_lead_time_p95_s"]


def kept(workers: int) -> Callable[[int], bool]:
    """Whether so many workers keep the promise of 15 s."""
    return lambda seed: express_p95_s(seed, workers) <= PROMISE_S


def five_against_four(seed: int) -> float:
    """The lead time that 95 of 100 express orders keep, five workers − four."""
    return express_p95_s(seed, 5) - express_p95_s(seed, 4)


CLAIMS = (
    Claim(
        number="08.1",
        sentence="about 95 intervals of 100 hold the true mean",
        quantity="interval of ten runs at 60 % holds the formula",
        unit="days",
        expected="0.9 to 0.99",
        measure=holds_the_formula,
        days=FEWER_DAYS,
        reason=TEN_RUNS,
    ),
    Claim(
        number="08.2",
        sentence="six points share one piece of luck",
        quantity="same ten seeds at all loads: six points on one side of the curve",
        unit="days",
        expected="0.4 to 0.7",
        measure=on_one_side,
        days=FEWER_DAYS,
        reason=TEN_RUNS,
    ),
    Claim(
        number="08.3",
        sentence="The dots scatter around the curve",
        quantity="ten runs at 90 % come within 0.1 s of the formula",
        unit="s",
        expected="1.425 to 1.625",
        measure=wait_at_90,
        days=FEWER_DAYS,
        reason=TEN_RUNS,
    ),
    Claim(
        number="08.4",
        sentence="The mean over all jobs is what it was without priority",
        quantity="mean wait of all jobs, express first − fifo",
        unit="s",
        expected="-0.02 to 0.02",
        measure=mean_of_classes,
        days=FEWER_DAYS,
        reason=FOUR_THOUSAND,
    ),
    Claim(
        number="08.5",
        sentence="Express first lowers the mean lead time of all orders",
        quantity="mean lead time of all orders, express first − fifo",
        unit="s",
        expected="< 0",
        measure=gain_of_priority,
    ),
    *(
        Claim(
            number=number,
            sentence="On a thousand it is the other way round",
            quantity=f"{word} workers keep the promise of 15 s",
            unit="days",
            expected=share,
            measure=kept(workers),
        )
        for number, word, workers, share in (
            ("08.6", "three", 3, "0.85 to 0.94"),
            ("08.7", "four", 4, "0.94 to 0.99"),
            ("08.8", "five", 5, "0.975 to 1"),
        )
    ),
    Claim(
        number="08.9",
        sentence="Five are better than four",
        quantity="lead time that 95 of 100 express orders keep, five workers − four",
        unit="s",
        expected="< 0",
        measure=five_against_four,
    ),
)
