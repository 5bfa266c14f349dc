"""Days small enough to be done in the head: three to six tasks, whole seconds, few workers.

Each runs in the pool on the virtual clock, and so does what people wrongly expect, where other
settings of the pool give it. Times are whole seconds from the start of the day.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Attempt, Task
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.orders import Network, Order, Priority, Warehouse
from fulfillment_lib.records import OrderReport
from fulfillment_lib.run import simulate
from fulfillment_lib.samples import sample_network


@dataclass(frozen=True, slots=True)
class Job:
    """A task of a small day. Of its attempts the first `hangs` never end by themselves."""

    task: str
    seconds: int
    placed_s: int = 0
    priority: str = "standard"
    hangs: int = 0


def attempts_of(workers: int, *stages: Iterable[Job], **settings: Any) -> tuple[Attempt, ...]:
    """All attempts, in the order of their ends.

    The jobs of a stage are submitted in their order, each when it is placed, after all jobs of the
    stage before have ended. There is no timeout unless the settings of the pool have one.
    """
    tries: Counter[str] = Counter()

    async def work(task: Task) -> None:
        tries[task.id] += 1
        hangs = tries[task.id] <= task.payload.hangs
        await asyncio.sleep(inf if hangs else task.payload.seconds)

    async def day() -> tuple[Attempt, ...]:
        now_s = asyncio.get_running_loop().time
        async with WorkerPool(workers, **{"timeout_s": 1e6} | settings) as pool:
            for stage in stages:
                results = []
                for job in stage:
                    await asyncio.sleep(job.placed_s - now_s())
                    rank = Priority[job.priority.upper()]
                    task = Task(job.task, "", "", rank, (), job, job.seconds)
                    results.append(pool.submit(task, work))
                await asyncio.gather(*results)
            return pool.attempts

    return run_virtual(day())


def end_s(workers: int, *stages: Iterable[Job], **settings: Any) -> int:
    """When the last attempt of the day ends."""
    return int(max(attempt.finish_s for attempt in attempts_of(workers, *stages, **settings)))


def start_s(name: str, jobs: Iterable[Job], **settings: Any) -> int:
    """When a job starts where there is one worker."""
    starts_s = {attempt.task_id: attempt.start_s for attempt in attempts_of(1, jobs, **settings)}
    return int(starts_s[name])


def report_of(
    ordered: Mapping[str, int], stock: Mapping[str, Mapping[str, int]], rule: str, **settings: Any
) -> OrderReport:
    """What becomes of one order, under a shortage rule and with the stock of each warehouse."""
    order = Order("ORD-001", dict(ordered), "standard", "10001", shortage=rule)
    products = tuple(product for product in sample_network().products if product.sku in ordered)
    warehouses = tuple(Warehouse(name, "10001", units) for name, units in stock.items())
    return simulate(order, Network(products, warehouses), **settings).reports[0]
