"""How a handler is called: in the context of its submitter, step by step, inside its worker."""

from __future__ import annotations

import asyncio
import contextvars
import decimal
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest

from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Outcome, Task, TaskResult
from fulfillment_lib.engine.virtual import run_virtual

WORD = contextvars.ContextVar("word", default="none")

on_any_loop = pytest.mark.parametrize("run", [run_virtual, asyncio.run])


async def look(task: Task) -> str:
    return WORD.get()


async def look_and_set(task: Task) -> tuple[str, str]:
    before = WORD.get()
    WORD.set(task.id)
    await asyncio.sleep(0.001)
    return before, WORD.get()


@on_any_loop
def test_a_handler_sees_the_context_in_which_its_task_was_submitted(
    run: Callable[..., Any],
) -> None:
    async def request(name: str, pool: WorkerPool) -> str:
        WORD.set(name)
        job = pool.submit(Task(name), look)
        WORD.set("changed afterwards")
        return (await job).value

    async def main() -> list[str]:
        WORD.set("of the pool")
        async with WorkerPool(2) as pool:
            requests = [asyncio.create_task(request(f"r{number}", pool)) for number in range(5)]
            return await asyncio.gather(*requests)

    assert run(main()) == ["r0", "r1", "r2", "r3", "r4"]


@on_any_loop
def test_what_a_handler_sets_is_its_own_and_lasts_over_its_awaits(run: Callable[..., Any]) -> None:
    async def main() -> list[Any]:
        WORD.set("main")
        async with WorkerPool(1) as pool:
            results = [await pool.run(Task(name), look_and_set) for name in "abc"]
        return [*(result.value for result in results), WORD.get()]

    assert run(main()) == [("main", "a"), ("main", "b"), ("main", "c"), "main"]


@on_any_loop
def test_each_attempt_starts_with_the_context_of_the_submitter(run: Callable[..., Any]) -> None:
    seen: list[str] = []

    async def fail(task: Task) -> None:
        seen.append(WORD.get())
        WORD.set("a failed attempt")
        await asyncio.sleep(0.001)
        raise ValueError

    async def main() -> None:
        async with WorkerPool(1, max_attempts=3, backoff_s=0.001) as pool:
            WORD.set("submitter")
            job = pool.submit(Task("t"), fail)
            WORD.set("changed afterwards")
            await job

    run(main())
    assert seen == ["submitter"] * 3


def test_two_handlers_at_once_keep_their_contexts_apart() -> None:
    async def walk(task: Task) -> list[str]:
        seen = []
        for step in range(3):
            WORD.set(f"{task.id}{step}")
            await asyncio.sleep(1.0)
            seen.append(WORD.get())
        return seen

    async def main() -> list[list[str]]:
        async with WorkerPool(2) as pool:
            jobs = [pool.submit(Task(name), walk) for name in "ab"]
        return [job.result().value for job in jobs]

    assert run_virtual(main()) == [["a0", "a1", "a2"], ["b0", "b1", "b2"]]


def test_the_precision_of_decimals_is_not_left_to_the_next_task() -> None:
    async def third(task: Task) -> int:
        if task.id == "rough":
            decimal.setcontext(decimal.Context(prec=3))
        return len(str(decimal.Decimal(1) / 3))

    async def main() -> list[int]:
        async with WorkerPool(1) as pool:
            return [(await pool.run(Task(name), third)).value for name in ("a", "rough", "b")]

    assert run_virtual(main()) == [30, 5, 30]


def test_a_plain_function_that_gives_a_coroutine_runs_in_the_context_too() -> None:
    def handler(task: Task) -> Awaitable[str]:
        WORD.set(f"{WORD.get()}, set before the coroutine")
        return look(task)

    async def main() -> list[str]:
        WORD.set("main")
        async with WorkerPool(1) as pool:
            values = [(await pool.run(Task("t"), handler)).value for _ in range(2)]
        return [*values, WORD.get()]

    assert run_virtual(main()) == ["main, set before the coroutine"] * 2 + ["main"]


def test_children_of_a_handler_see_what_it_has_set() -> None:
    async def child() -> str:
        return WORD.get()

    async def handler(task: Task) -> list[str]:
        WORD.set("the handler's")
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(child()) for _ in range(2)]
        return [await asyncio.to_thread(WORD.get), *(task.result() for task in tasks)]

    async def main() -> TaskResult[list[str]]:
        async with WorkerPool(1) as pool:
            return await pool.run(Task("t"), handler)

    assert run_virtual(main()).value == ["the handler's"] * 3


@on_any_loop
def test_timeouts_and_groups_inside_a_handler_cancel_what_they_should(
    run: Callable[..., Any],
) -> None:
    async def fail() -> None:
        raise ValueError("the child")

    async def handler(task: Task) -> tuple[Any, ...]:
        WORD.set("mine")
        current = asyncio.current_task()
        assert current is not None
        seen: list[Any] = []
        try:
            async with asyncio.timeout(0.001):
                await asyncio.sleep(60.0)
        except TimeoutError:
            seen.append("timeout")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                await asyncio.sleep(60.0)
        except* ValueError as errors:
            seen += [str(error) for error in errors.exceptions]
        seen.append(asyncio.current_task() is current)
        return (*seen, current.cancelling(), WORD.get())

    async def main() -> TaskResult[tuple[Any, ...]]:
        async with WorkerPool(1) as pool:
            return await pool.run(Task("t"), handler)

    assert run(main()).value == ("timeout", "the child", True, 0, "mine")


def test_an_error_thrown_into_a_handler_can_be_caught_and_its_clean_up_has_the_context() -> None:
    log: list[Any] = []

    async def handler(task: Task) -> None:
        WORD.set("mine")
        try:
            await asyncio.sleep(60.0)
        except asyncio.CancelledError:
            log.append(WORD.get())
            raise
        finally:
            await asyncio.sleep(0.5)
            log.append(WORD.get())

    async def main() -> TaskResult[None]:
        async with WorkerPool(1, timeout_s=2.0) as pool:
            return await pool.run(Task("t"), handler)

    result = run_virtual(main())
    assert (result.outcome, result.attempts[0].finish_s) == (Outcome.TIMED_OUT, 2.5)
    assert log == ["mine", "mine"]


class Patient:
    """An awaitable that is no coroutine."""

    def __await__(self) -> Generator[Any, None, str]:
        yield from asyncio.sleep(1.0).__await__()
        return WORD.get()


def test_a_handler_may_give_any_awaitable_which_is_awaited_in_the_context() -> None:
    async def main() -> list[Any]:
        WORD.set("main")
        loop = asyncio.get_running_loop()
        async with WorkerPool(1) as pool:
            patient = await pool.run(Task("t"), lambda task: Patient())
            future = await pool.run(Task("t"), lambda task: loop.run_in_executor(None, int, "7"))
        return [patient.value, future.value]

    assert run_virtual(main()) == ["main", 7]


def test_a_handler_that_yields_what_no_loop_understands_fails() -> None:
    class Odd:
        def __await__(self) -> Generator[Any, None, None]:
            yield 5

    async def handler(task: Task) -> None:
        await Odd()

    async def main() -> TaskResult[None]:
        async with WorkerPool(1) as pool:
            return await pool.run(Task("t"), handler)

    assert run_virtual(main()).error == "RuntimeError: Task got bad yield: 5"


@on_any_loop
def test_workers_that_gave_their_place_to_another_context_end_with_the_pool(
    run: Callable[..., Any],
) -> None:
    async def main() -> list[str]:
        async with WorkerPool(2) as pool:  # its workers have not begun when the first task comes
            for number in range(6):
                WORD.set(f"request {number}")
                pool.submit(Task(f"t{number}"), look)
        return [task.get_name() for task in asyncio.all_tasks() if "worker" in task.get_name()]

    assert run(main()) == []
