"""W2, the pipeline: orders of three inventory tasks in parallel, then packing, then shipping.

Five workers, 85 % busy; lognormal service times (mean 1 s, sigma 0.8); 2 % of the tasks fail; a
timeout of 10 s; priority by (class, order). An order ends with the first stage that fails. All
contenders get the same orders, and must come to the same number of tasks of each outcome.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from random import Random
from typing import Any, NamedTuple

import simpy

from fulfillment_lib import Task, WorkerPool, run_virtual

from .measure import Row, compared
from .queue import EXPRESS_SHARE, TICKS_PER_S, run_on_solipsism

WORKERS = 5
UTILIZATION = 0.85
SIGMA = 0.8
FAIL_RATE = 0.02
TIMEOUT_S = 10.0
STAGES = (3, 1, 1)  # tasks of inventory, packing, shipping
TASKS_PER_ORDER = sum(STAGES)
KINDS = ("inventory", "packing", "shipping")
TARGETS = {"SimPy, with timeouts": (0.78, 1.0), "pool on async-solipsism": (2.0, 2.5)}


class Work(NamedTuple):
    """The service time of a task in microseconds, and whether it fails at the end of it."""

    service: int
    fails: bool


class PipelineOrder(NamedTuple):
    """When an order arrives in microseconds, its rank (lower first), and its work by stage."""

    arrival: int
    rank: int
    stages: tuple[tuple[Work, ...], ...]


class Broken(Exception):
    """What a failing task raises."""


def sample_pipeline(n: int, seed: int = 1) -> list[PipelineOrder]:
    """Orders of a Poisson stream; the rank puts every express order before every other one."""
    random = Random(seed)
    arrival_s, orders = 0.0, []
    for number in range(n):
        arrival_s += random.expovariate(UTILIZATION * WORKERS / TASKS_PER_ORDER)
        rank = number + n * (random.random() >= EXPRESS_SHARE)
        stages = tuple(tuple(_sample_work(random) for _ in range(tasks)) for tasks in STAGES)
        orders.append(PipelineOrder(round(arrival_s * TICKS_PER_S), rank, stages))
    return orders


def _sample_work(random: Random) -> Work:
    service_s = random.lognormvariate(-(SIGMA**2) / 2, SIGMA)
    return Work(round(service_s * TICKS_PER_S), random.random() < FAIL_RATE)


async def pool_of(orders: Sequence[PipelineOrder]) -> WorkerPool:
    """The pipeline on a pool, on whatever loop runs: one coroutine per order."""
    loop = asyncio.get_running_loop()

    async def serve(task: Task) -> None:
        await asyncio.sleep(task.payload.service / TICKS_PER_S)
        if task.payload.fails:
            raise Broken

    async def fulfill(number: int, order: PipelineOrder) -> None:
        name = f"order {number}"
        for kind, stage in zip(KINDS, order.stages, strict=True):
            futures = [
                pool.submit(Task(f"{name}/{kind}/{part}", kind, name, order.rank, (), work), serve)
                for part, work in enumerate(stage)
            ]
            results = [await future for future in futures]
            if not all(result.succeeded for result in results):
                return

    async with WorkerPool(WORKERS, TIMEOUT_S) as pool, asyncio.TaskGroup() as group:
        for number, order in enumerate(orders):
            await asyncio.sleep(order.arrival / TICKS_PER_S - loop.time())
            group.create_task(fulfill(number, order))
    return pool


def pool_outcomes(pool: WorkerPool) -> Counter[str]:
    """How many tasks ended how, by the pool's records."""
    return Counter(str(attempt.outcome) for attempt in pool.attempts)


def simpy_outcomes(orders: Sequence[PipelineOrder]) -> Counter[str]:
    """The pipeline in SimPy, with a real timeout: a process for the work, interrupted in time."""
    environment = simpy.Environment()
    workers = simpy.PriorityResource(environment, capacity=WORKERS)
    outcomes: Counter[str] = Counter()

    def serve(work: Work) -> Generator[simpy.Event, Any, str]:
        try:
            yield environment.timeout(work.service / TICKS_PER_S)
        except simpy.Interrupt:
            return "timed_out"
        return "failed" if work.fails else "succeeded"

    def attempt(rank: int, work: Work) -> Generator[simpy.Event, Any, bool]:
        with workers.request(rank) as turn:
            yield turn
            service = environment.process(serve(work))
            yield service | environment.timeout(TIMEOUT_S)
            if service.is_alive:
                service.interrupt()
                yield service
        outcomes[str(service.value)] += 1
        return service.value == "succeeded"

    def fulfill(order: PipelineOrder) -> Generator[simpy.Event, Any, None]:
        for stage in order.stages:
            attempts = [environment.process(attempt(order.rank, work)) for work in stage]
            for process in attempts:  # noqa: UP028  # SimPy sends values: a list takes none
                yield process
            if not all(process.value for process in attempts):
                return

    def source() -> Generator[simpy.Event, Any, None]:
        for order in orders:
            yield environment.timeout(order.arrival / TICKS_PER_S - environment.now)
            environment.process(fulfill(order))

    environment.process(source())
    environment.run()
    return outcomes


def contenders(orders: Sequence[PipelineOrder]) -> dict[str, Callable[[], Any]]:
    """Who works on the orders, the library first."""
    return {
        "run_virtual + WorkerPool": lambda: run_virtual(pool_of(orders)),
        "SimPy, with timeouts": lambda: simpy_outcomes(orders),
        "pool on async-solipsism": lambda: run_on_solipsism(pool_of(orders)),
    }


def all_outcomes(orders: Sequence[PipelineOrder]) -> dict[str, Counter[str]]:
    """What every contender makes of the same orders."""
    results = {name: work() for name, work in contenders(orders).items()}
    return {
        name: pool_outcomes(result) if isinstance(result, WorkerPool) else result
        for name, result in results.items()
    }


def rows(size: int, rounds: int) -> list[Row]:
    """W2 measured, after a check that all contenders come to the same outcomes."""
    orders = sample_pipeline(size)
    outcomes = all_outcomes(orders)
    expected = outcomes["run_virtual + WorkerPool"]
    for name, counts in outcomes.items():
        if counts != expected:
            raise AssertionError(f"W2: {name} came to {counts}, not {expected}")
    return compared("W2 pipeline", size, expected.total(), rounds, contenders(orders), TARGETS)
