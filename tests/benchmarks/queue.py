"""W1, the queue: M/M/5 at utilization 0.9, two classes of jobs, express before standard.

Non-preemptive; 20 % of the jobs are express. All contenders get the same jobs, with times in
whole microseconds, and must come to the same waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Sequence
from heapq import heappop, heappush
from random import Random
from typing import Any, NamedTuple

import async_solipsism  # type: ignore[import-untyped]
import simpy

from fulfillment_lib import Task, WorkerPool, run_virtual

from .measure import Row, compared

SERVERS = 5
UTILIZATION = 0.9
EXPRESS_SHARE = 0.2
NEVER_S = 1e6  # a timeout that is set each time and never reached
TICKS_PER_S = 1_000_000
TARGETS = {"SimPy": (0.80, 1.0), "pool on async-solipsism": (2.0, 2.5)}


class Job(NamedTuple):
    """When it arrives and how long it takes, in microseconds; express is 0, standard 1."""

    arrival: int
    service: int
    priority: int


class Wait(NamedTuple):
    """How long a job waited, in seconds."""

    priority: int
    wait_s: float


def sample_jobs(n: int, seed: int = 1) -> list[Job]:
    """Jobs with a mean service of one second."""
    random = Random(seed)
    arrival_s, jobs = 0.0, []
    for _ in range(n):
        arrival_s += random.expovariate(SERVERS * UTILIZATION)
        service_s = random.expovariate(1.0)
        jobs.append(
            Job(
                round(arrival_s * TICKS_PER_S),
                round(service_s * TICKS_PER_S),
                int(random.random() >= EXPRESS_SHARE),
            )
        )
    return jobs


def heapq_waits(jobs: Sequence[Job]) -> list[Wait]:
    """The queue as a plain loop over events: what pure Python can do at best."""
    waits: list[Wait] = []
    waiting: list[tuple[int, int]] = []
    departures: list[int] = []
    arrived = 0
    while arrived < len(jobs) or departures:
        now = jobs[arrived].arrival if arrived < len(jobs) else departures[0]
        if departures and departures[0] < now:
            now = departures[0]
        while arrived < len(jobs) and jobs[arrived].arrival == now:
            heappush(waiting, (jobs[arrived].priority, arrived))
            arrived += 1
        while departures and departures[0] == now:
            heappop(departures)
        while waiting and len(departures) < SERVERS:
            priority, number = heappop(waiting)
            waits.append(Wait(priority, (now - jobs[number].arrival) / TICKS_PER_S))
            heappush(departures, now + jobs[number].service)
    return waits


def simpy_waits(jobs: Sequence[Job]) -> list[Wait]:
    """The queue as users of SimPy write it: a process per job, in seconds, without a timeout."""
    environment = simpy.Environment()
    servers = simpy.PriorityResource(environment, capacity=SERVERS)
    waits: list[Wait] = []

    def customer(job: Job) -> Generator[simpy.Event, Any, None]:
        with servers.request(job.priority) as turn:
            yield turn
            waits.append(Wait(job.priority, environment.now - job.arrival / TICKS_PER_S))
            yield environment.timeout(job.service / TICKS_PER_S)

    def source() -> Generator[simpy.Event, Any, None]:
        for job in jobs:
            yield environment.timeout(job.arrival / TICKS_PER_S - environment.now)
            environment.process(customer(job))

    environment.process(source())
    environment.run()
    return waits


async def pool_of(jobs: Sequence[Job]) -> WorkerPool:
    """The queue on a pool, on whatever loop runs: every arrival sets the timer of the next."""
    loop = asyncio.get_running_loop()
    all_arrived = loop.create_future()

    async def serve(task: Task) -> None:
        await asyncio.sleep(task.payload)

    def arrive(number: int) -> None:
        job = jobs[number]
        pool.submit(
            Task(f"job {number}", priority=job.priority, payload=job.service / TICKS_PER_S), serve
        )
        if number + 1 < len(jobs):
            loop.call_at(jobs[number + 1].arrival / TICKS_PER_S, arrive, number + 1)
        else:
            all_arrived.set_result(None)

    async with WorkerPool(SERVERS, timeout_s=NEVER_S) as pool:
        loop.call_at(jobs[0].arrival / TICKS_PER_S, arrive, 0)
        await all_arrived
    return pool


def pool_waits(pool: WorkerPool) -> list[Wait]:
    """What the pool's records say."""
    return [Wait(attempt.priority, attempt.wait_s) for attempt in pool.attempts]


def run_on_solipsism(main: Coroutine[Any, Any, WorkerPool]) -> WorkerPool:
    """The same coroutine on another virtual loop, one made from asyncio's own."""
    loop = async_solipsism.EventLoop()
    try:
        pool: WorkerPool = loop.run_until_complete(main)
        return pool
    finally:
        loop.close()


def mean_waits_s(waits: Sequence[Wait]) -> tuple[float, float]:
    """Mean waits of express and standard jobs, in seconds."""
    means = []
    for priority in (0, 1):
        own = [wait.wait_s for wait in waits if wait.priority == priority]
        means.append(sum(own) / len(own))
    return means[0], means[1]


def contenders(jobs: Sequence[Job]) -> dict[str, Callable[[], Any]]:
    """Who works on the jobs, the library first."""
    return {
        "run_virtual + WorkerPool": lambda: run_virtual(pool_of(jobs)),
        "SimPy": lambda: simpy_waits(jobs),
        "pool on async-solipsism": lambda: run_on_solipsism(pool_of(jobs)),
        "plain heapq": lambda: heapq_waits(jobs),
    }


def all_waits(jobs: Sequence[Job]) -> dict[str, list[Wait]]:
    """What every contender makes of the same jobs."""
    results = {name: work() for name, work in contenders(jobs).items()}
    return {
        name: pool_waits(result) if isinstance(result, WorkerPool) else result
        for name, result in results.items()
    }


def rows(size: int, rounds: int) -> list[Row]:
    """W1 measured, after a check that all contenders come to the same mean waits."""
    jobs = sample_jobs(size)
    means = {name: mean_waits_s(waits) for name, waits in all_waits(jobs).items()}
    for name, pair in means.items():
        for mean, expected in zip(pair, means["plain heapq"], strict=True):
            if abs(mean - expected) > 1e-6 * expected:
                raise AssertionError(f"W1: {name} has a mean wait of {mean} s, not {expected} s")
    return compared("W1 queue", size, size, rounds, contenders(jobs), TARGETS)
