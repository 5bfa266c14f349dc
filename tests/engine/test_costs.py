"""What a task costs the engine, in counts. Seconds are measured in tests/benchmarks.

W1 and W2 are the workloads of the benchmarks, on a small scale.
"""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections import Counter
from typing import Any

import pytest
from benchmarks import pipeline, queue

from fulfillment_lib import Task, WorkerPool
from fulfillment_lib.engine.handles import TimerHandle
from fulfillment_lib.engine.loop import VirtualLoop
from fulfillment_lib.engine.virtual import run_to_end, run_virtual

pytestmark = pytest.mark.slow  # large runs are counted

JOBS = 500


class CountingLoop(VirtualLoop):
    """A virtual loop that counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def call_soon(self, *args: Any, **options: Any) -> Any:
        self.counts["callbacks"] += 1
        return super().call_soon(*args, **options)

    def call_at(self, when: float, *args: Any, **options: Any) -> TimerHandle:
        self.counts["timers"] += 1
        return super().call_at(when, *args, **options)

    def call_first_at(self, when: float, *args: Any) -> TimerHandle:
        self.counts["watchdogs"] += 1
        return super().call_first_at(when, *args)

    def call_later(self, delay: float, *args: Any, **options: Any) -> TimerHandle:
        self.counts["timers"] += 1
        return super().call_later(delay, *args, **options)

    def create_task(self, *args: Any, **options: Any) -> asyncio.Task[Any]:
        self.counts["tasks"] += 1
        return super().create_task(*args, **options)

    def create_future(self) -> asyncio.Future[Any]:
        self.counts["futures"] += 1
        return super().create_future()


def costs_of_w1(jobs: int) -> Counter[str]:
    loop = CountingLoop()
    run_to_end(loop, queue.pool_of(queue.sample_jobs(jobs)))
    return loop.counts


def costs_per_job() -> dict[str, float]:
    """The costs of twice as many jobs less those of once as many: no fixed part is left."""
    once, twice = costs_of_w1(JOBS), costs_of_w1(2 * JOBS)
    return {name: (twice[name] - once[name]) / JOBS for name in twice}


def test_a_submitted_task_makes_no_asyncio_task() -> None:
    assert costs_per_job()["tasks"] == 0


def test_a_job_of_the_queue_sets_three_timers_at_most() -> None:
    assert costs_per_job()["timers"] <= 3  # its arrival, its dispatch, its service


def test_a_watchdog_outlives_most_attempts_of_a_busy_worker() -> None:
    assert costs_per_job()["watchdogs"] <= 0.5


def test_a_job_of_the_queue_asks_for_two_callbacks_and_one_future_of_the_loop_at_most() -> None:
    costs = costs_per_job()
    assert costs["callbacks"] <= 2  # the start of the worker, the wake-up after the service
    assert costs["futures"] <= 1  # the one of its `asyncio.sleep`


def test_a_finished_attempt_leaves_four_objects_and_half_a_kilobyte() -> None:
    async def nothing(task: Task) -> None:
        pass

    async def records_of(tasks: list[Task]) -> WorkerPool:
        async with WorkerPool() as pool:
            for task in tasks:
                pool.submit(task, nothing)
        return pool

    def left_by(jobs: int) -> tuple[int, int]:
        tasks = [Task(f"task {number}") for number in range(jobs)]
        gc.collect()
        objects, size = len(gc.get_objects()), tracemalloc.get_traced_memory()[0]
        pool = run_virtual(records_of(tasks))
        gc.collect()
        assert len(pool.attempts) == jobs
        return len(gc.get_objects()) - objects, tracemalloc.get_traced_memory()[0] - size

    tracemalloc.start()
    try:
        once, twice = left_by(JOBS), left_by(2 * JOBS)
    finally:
        tracemalloc.stop()
    assert (twice[0] - once[0]) / JOBS <= 4
    assert (twice[1] - once[1]) / JOBS <= 512


def test_a_full_run_leaves_no_garbage_for_the_collector() -> None:
    jobs = queue.sample_jobs(JOBS)
    gc.collect()
    gc.disable()
    try:
        pool = run_virtual(queue.pool_of(jobs))
        found = gc.collect()
    finally:
        gc.enable()
    assert len(pool.attempts) == JOBS
    assert found < 50  # the pool and its loop, however many jobs there were


@pytest.mark.parametrize(
    "contender", ["run_virtual + WorkerPool", "pool on async-solipsism", "SimPy"]
)
def test_every_contender_comes_to_the_waits_of_the_plain_simulation(contender: str) -> None:
    waits = queue.all_waits(queue.sample_jobs(2_000))
    expected = queue.mean_waits_s(waits["plain heapq"])
    assert queue.mean_waits_s(waits[contender]) == pytest.approx(expected, rel=1e-6)


def test_every_contender_comes_to_the_same_outcomes_in_the_pipeline() -> None:
    ours, *others = pipeline.all_outcomes(pipeline.sample_pipeline(1_000)).values()
    assert set(ours) == {"succeeded", "failed", "timed_out"}
    assert others == [ours, ours]
