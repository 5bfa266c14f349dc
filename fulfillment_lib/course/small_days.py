"""Days small enough to be done in the head: three to six tasks, whole seconds, few workers.

Each runs in the pool on the virtual clock, and so does what people wrongly expect, where other
settings of the pool give it. Times are whole seconds from the start of the day.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Any

from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Attempt, Task
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.orders import Network, Order, Warehouse
from fulfillment_lib.records import OrderReport
from fulfillment_lib.run import simulate
from fulfillment_lib.samples import sample_network

Stock = dict[str, dict[str, int]]  # units by warehouse and SKU


@dataclass(frozen=True, slots=True)
class Job:
    """A task of a small day. Of its attempts the first `hangs` never end by themselves."""

    task: str
    seconds: int
    placed_s: int = 0
    priority: str = "standard"
    hangs: int = 0


def attempts_of(workers: int, jobs: Iterable[Job], **settings: Any) -> tuple[Attempt, ...]:
    """All attempts, in the order of their ends.

    The jobs are submitted in their order, each when it is placed. There is no timeout unless the
    settings of the pool have one.
    """
    tries: Counter[str] = Counter()

    async def work(task: Task) -> None:
        tries[task.id] += 1
        await asyncio.sleep(task.payload.seconds if tries[task.id] > task.payload.hangs else inf)

    async def day() -> tuple[Attempt, ...]:
        async with WorkerPool(workers, **{"timeout_s": 1e6} | settings) as pool:
            for job in jobs:
                await asyncio.sleep(job.placed_s - asyncio.get_running_loop().time())
                rank = int(job.priority == "standard")
                pool.submit(Task(job.task, "", "", rank, (), job, job.seconds), work)
        return pool.attempts

    return run_virtual(day())


def end_s(workers: int, jobs: Iterable[Job], **settings: Any) -> int:
    """When the last attempt of the day ends."""
    return int(max(attempt.finish_s for attempt in attempts_of(workers, jobs, **settings)))


def report_of(stock: Stock, rule: str = "backorder", **settings: Any) -> OrderReport:
    """What becomes of an order for all units in stock, under a shortage rule."""
    ordered = {sku: number for units in stock.values() for sku, number in units.items()}
    products = tuple(product for product in sample_network().products if product.sku in ordered)
    warehouses = tuple(Warehouse(name, "10001", units) for name, units in stock.items())
    order = Order("ORD-001", ordered, "standard", "10001", shortage=rule)
    return simulate(order, Network(products, warehouses), **settings).reports[0]
