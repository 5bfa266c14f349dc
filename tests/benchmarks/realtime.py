"""W5, real time: handlers of no length on an ordinary loop, five workers.

The pool is compared with the pool that one would write by hand: workers on an
`asyncio.PriorityQueue`, a future per task, `asyncio.timeout` around each handler.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

from fulfillment_lib import Outcome, Task, TaskResult, WorkerPool
from fulfillment_lib.engine.workers import Handler

from .measure import Row, compared

WORKERS = 5
TIMEOUT_S = 10.0
TARGETS = {"WorkerPool": (1.3, 1.0)}


async def answer(task: Task) -> Any:
    """A handler of no length."""
    return task.payload


class HandmadePool:
    """The least that serves: order by priority, a timeout, a future for the caller."""

    def __init__(self) -> None:
        self._queue: asyncio.PriorityQueue[Any] = asyncio.PriorityQueue()
        self._sequence = count()

    async def __aenter__(self) -> HandmadePool:
        self._workers = [asyncio.create_task(self._work()) for _ in range(WORKERS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.wait(self._workers)

    def submit(self, task: Task, handler: Handler) -> asyncio.Future[Any]:
        """Put the task on the queue, and give the future of its value."""
        future = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((task.priority, next(self._sequence), task, handler, future))
        return future

    async def _work(self) -> None:
        while True:
            _, _, task, handler, future = await self._queue.get()
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    value = await handler(task)
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(value)


async def handmade_values(size: int) -> list[Any]:
    """All tasks at once on the pool by hand."""
    async with HandmadePool() as pool:
        futures = [pool.submit(Task(f"task {n}", payload=n), answer) for n in range(size)]
        return [await future for future in futures]


async def pool_values(size: int) -> list[Any]:
    """All tasks at once on a WorkerPool."""
    async with WorkerPool(WORKERS, TIMEOUT_S) as pool:
        futures = [pool.submit(Task(f"task {n}", payload=n), answer) for n in range(size)]
        return [_value(await future) for future in futures]


def _value(result: TaskResult) -> Any:
    assert result.outcome is Outcome.SUCCEEDED
    return result.value


def rows(size: int, rounds: int) -> list[Row]:
    """W5 measured, on asyncio's own loop."""
    return compared(
        "W5 real time",
        size,
        size,
        rounds,
        {
            "a pool by hand": lambda: asyncio.run(handmade_values(size)),
            "WorkerPool": lambda: asyncio.run(pool_values(size)),
        },
        TARGETS,
    )
