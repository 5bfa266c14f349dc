"""A fault ends the block of a pool and is no attempt; without `is_fault` every error is one."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Attempt, Outcome, Task
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.errors import ArgumentError, ComputationError, LedgerError

RUNS = pytest.mark.parametrize("runs", [run_virtual, asyncio.run])


class Fault(BaseException):
    """What the machine does wrong."""


def is_fault(error: BaseException) -> bool:
    return isinstance(error, Fault)


async def works(task: Task) -> str:
    await asyncio.sleep(task.payload)
    return task.id


async def breaks(task: Task) -> None:
    await asyncio.sleep(task.payload)
    raise Fault(task.id)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No test here leaves a complaint to the garbage collector (warnings are errors)."""
    yield
    gc.collect()


def a_pool(workers: int, asks: Any = is_fault, **options: Any) -> WorkerPool:
    pool = WorkerPool(workers, **options)
    pool.is_fault = asks
    return pool


def task(name: str, takes_s: float) -> Task:
    return Task(name, payload=takes_s)


@RUNS
@pytest.mark.parametrize("awaits", ["the fault", "another", "nothing"])
def test_a_fault_ends_the_block_at_once_whatever_it_waits_for(
    runs: Callable[[Coroutine[Any, Any, None]], None], awaits: str
) -> None:
    told: list[Attempt] = []
    pools: list[WorkerPool] = []

    async def main() -> None:
        pool = a_pool(2, on_attempt=told.append)
        pools.append(pool)
        async with pool:
            futures = {
                "another": pool.submit(task("long", 5.0), works),
                "the fault": pool.submit(task("broken", 0.01), breaks),
                "waits": pool.submit(task("waits", 0.0), works),
            }
            if awaits in futures:
                await futures[awaits]

    with pytest.raises(Fault, match="broken"):
        runs(main())
    assert [(each.task_id, each.outcome) for each in told] == [("long", Outcome.CANCELLED)]
    assert pools[0].attempts == tuple(told)
    assert told[0].finish_s - told[0].start_s < 2.0


@RUNS
def test_of_two_faults_the_first_goes_up(runs: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    async def main() -> None:
        async with a_pool(2) as pool:
            pool.submit(task("one", 0.0), breaks)
            pool.submit(task("two", 0.0), breaks)

    with pytest.raises(Fault, match="one"):
        runs(main())


def test_whoever_entered_the_pool_may_go_on_afterwards() -> None:
    async def main() -> tuple[float, int]:
        with pytest.raises(Fault):
            async with a_pool(1) as pool:
                await pool.run(task("one", 1.0), breaks)
        await asyncio.sleep(2.0)
        current = asyncio.current_task()
        assert current is not None
        return asyncio.get_running_loop().time(), current.cancelling()

    assert run_virtual(main()) == (3.0, 0)


def test_a_cancellation_from_outside_goes_before_a_fault() -> None:
    async def block() -> None:
        async with a_pool(1) as pool:
            await pool.run(task("one", 1.0), breaks)

    async def main() -> bool:
        running = asyncio.create_task(block())
        asyncio.get_running_loop().call_later(1.0, running.cancel)
        await asyncio.sleep(1.0)
        running.cancel()
        await asyncio.wait([running])
        return running.cancelled()

    assert run_virtual(main())


def test_a_handler_that_is_asked_to_end_may_still_meet_a_fault() -> None:
    async def cleans_up(task: Task) -> None:
        try:
            await asyncio.sleep(50.0)
        finally:
            raise Fault("while cleaning up")

    async def main() -> None:
        async with a_pool(1, timeout_s=2.0) as pool:
            await pool.run(task("one", 0.0), cleans_up)

    with pytest.raises(Fault, match="while cleaning up"):
        run_virtual(main())


@pytest.mark.parametrize("error", [LedgerError("full"), ComputationError("lost"), OSError("no")])
def test_alone_a_pool_takes_every_error_for_an_outcome(error: Exception) -> None:
    async def fails(task: Task) -> None:
        raise error

    async def main() -> Outcome:
        async with WorkerPool(1) as pool:
            return (await pool.run(task("one", 0.0), fails)).outcome

    assert run_virtual(main()) is Outcome.FAILED


def test_what_tells_a_fault_is_a_plain_function() -> None:
    async def main() -> None:
        async with a_pool(1, 5):
            pass

    with pytest.raises(ArgumentError, match="is_fault must be a plain function, got 5"):
        run_virtual(main())
