"""What a virtual loop offers besides time: computations, threads, tasks, generators."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import multiprocessing
import os
import queue
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest

from fulfillment_lib.engine import computing
from fulfillment_lib.engine.loop import VirtualLoop
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.errors import ComputationError, DeadlockError


def now() -> float:
    return asyncio.get_running_loop().time()


def hold(computation: Future[Any], watchdog_s: float | None = None) -> asyncio.Future[Any]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop.hold(computation, watchdog_s)


# Computations


def test_time_stands_still_while_a_result_is_awaited() -> None:
    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        log: list[Any] = []
        loop.call_later(1.0, log.append, "the timer")
        go = threading.Event()
        threading.Timer(0.02, go.set).start()
        log.append(await asyncio.to_thread(go.wait))
        log.append(await loop.run_in_executor(None, max, 3, 4))
        log.append(now())
        await asyncio.sleep(1.0)
        return log

    assert run_virtual(main()) == [True, 4, 0.0, "the timer"]


def test_results_come_in_the_order_of_the_calls_even_when_later_ones_are_computed_first() -> None:
    async def main() -> list[int]:
        log: list[int] = []
        computations: list[Future[int]] = [Future() for _ in range(5)]
        asyncio.get_running_loop().call_later(1.0, log.append, -1)

        async def collect(number: int) -> None:
            log.append(await hold(computations[number]))

        def compute() -> None:
            for number in (3, 4, 1, 0, 2):
                computations[number].set_result(number)
                time.sleep(0.002)

        tasks = [asyncio.create_task(collect(each)) for each in range(5)]
        await asyncio.sleep(0)
        threading.Thread(target=compute).start()
        await asyncio.gather(*tasks)
        await asyncio.sleep(1.0)
        return log

    assert run_virtual(main()) == [0, 1, 2, 3, 4, -1]


def test_a_computation_overlaps_with_virtual_time_until_it_is_collected() -> None:
    async def main() -> tuple[float, int]:
        with ThreadPoolExecutor(1) as executor:
            computation = executor.submit(sum, (1, 2, 3))
            await asyncio.sleep(4.0)
            return now(), await hold(computation, 5.0)

    assert run_virtual(main()) == (4.0, 6)


def test_a_thread_sees_the_context_of_its_caller() -> None:
    word = contextvars.ContextVar("word", default="none")

    async def main() -> str:
        word.set("caller")
        return await asyncio.to_thread(word.get)

    assert run_virtual(main()) == "caller"


def test_a_computation_that_does_not_come_back_is_an_error_at_the_same_virtual_time() -> None:
    async def main() -> tuple[float, str]:
        await asyncio.sleep(2.0)
        with pytest.raises(ComputationError, match="did not come back") as caught:
            await hold(Future(), watchdog_s=0.05)
        return now(), str(caught.value)

    assert run_virtual(main()) == (
        2.0,
        "a computation did not come back within 0.05 s of the wall clock; is its executor alive?",
    )


def test_a_computation_that_is_overdue_does_not_hold_up_the_next() -> None:
    async def main() -> list[Any]:
        with ThreadPoolExecutor(1) as executor:
            return await asyncio.gather(
                hold(Future(), 0.02),
                hold(executor.submit(int, "7")),
                hold(Future(), 0.02),
                return_exceptions=True,
            )

    first, second, third = run_virtual(main())
    assert second == 7
    assert isinstance(first, ComputationError) and isinstance(third, ComputationError)


def _raise(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    "error",
    [
        ValueError("wrong"),
        asyncio.CancelledError("wrong"),
        GeneratorExit("wrong"),
        TimeoutError("wrong"),
    ],
)
def test_an_error_of_a_computation_comes_to_whoever_awaits_it(error: BaseException) -> None:
    async def main() -> str:
        with pytest.raises(type(error), match="wrong"):
            await asyncio.to_thread(_raise, error)
        return "goes on"

    assert run_virtual(main()) == "goes on"


def test_a_stop_iteration_in_a_computation_becomes_an_error_that_can_travel() -> None:
    async def main() -> str:
        with pytest.raises(ComputationError, match="StopIteration: 3"):
            await asyncio.to_thread(_raise, StopIteration(3))
        return "goes on"

    assert run_virtual(main()) == "goes on"


def test_a_computation_that_was_cancelled_cancels_nobody() -> None:
    async def main() -> float:
        computation: Future[None] = Future()
        waiter = hold(computation)
        computation.cancel()
        with pytest.raises(ComputationError, match="CancelledError"):
            await waiter
        await asyncio.sleep(1.0)
        return now()

    assert run_virtual(main()) == 1.0


def test_what_is_no_computation_is_an_error_of_whoever_asks_and_holds_up_nothing() -> None:
    async def main() -> float:
        with pytest.raises(AttributeError, match="done"):
            hold(None)  # type: ignore[arg-type]
        await asyncio.sleep(3.0)
        return now()

    assert run_virtual(main()) == 3.0


def test_a_waiter_that_is_cancelled_cancels_its_computation_and_frees_the_clock() -> None:
    async def main() -> tuple[float, bool]:
        computation: Future[None] = Future()
        waiter = hold(computation)
        waiter.cancel()
        await asyncio.sleep(3.0)
        return now(), computation.cancelled()

    assert run_virtual(main()) == (3.0, True)


def test_a_broken_process_pool_gives_its_error_to_whoever_waits() -> None:
    async def main() -> float:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, context) as executor:
            with pytest.raises(BrokenProcessPool, match="terminated abruptly"):
                await asyncio.get_running_loop().run_in_executor(executor, os._exit, 1)
        await asyncio.sleep(1.0)
        return now()

    assert run_virtual(main()) == 1.0


def test_a_default_executor_of_one_s_own_is_used() -> None:
    async def main() -> str:
        executor = ThreadPoolExecutor(1, thread_name_prefix="mine")
        asyncio.get_running_loop().set_default_executor(executor)
        return await asyncio.to_thread(lambda: threading.current_thread().name)

    assert run_virtual(main()).startswith("mine")


def test_another_thread_can_wake_a_loop_that_waits_for_a_computation() -> None:
    async def main() -> str:
        loop = asyncio.get_running_loop()
        computation: Future[str] = Future()
        waiter = hold(computation)
        threading.Timer(
            0.01, loop.call_soon_threadsafe, [computation.set_result, "from a thread"]
        ).start()
        return await waiter

    assert run_virtual(main()) == "from a thread"


# Threads that wait for the loop, or for which it does not wait


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computing, "GLANCE_S", 0.02)
    monkeypatch.setattr(computing, "PATIENCE_S", 1.0)


STUCK = r"a call on an executor holds the time at 0 s, but .*(wait|waited) for a lock; a thread .*"


@pytest.mark.slow
def test_a_thread_that_waits_for_a_coroutine_of_the_loop_is_an_error_that_says_so(
    quick_looks: None,
) -> None:
    async def main() -> object:
        loop = asyncio.get_running_loop()

        def work() -> object:
            return asyncio.run_coroutine_threadsafe(asyncio.sleep(1.0, "slept"), loop).result()

        return await asyncio.to_thread(work)

    with pytest.raises(DeadlockError, match=STUCK + r"await that in the loop; .*Task-2 \(sleep\)"):
        run_virtual(main())


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["event", "queue", "semaphore"])
def test_a_thread_that_waits_for_a_timer_is_an_error_that_says_so(
    quick_looks: None, tool: str
) -> None:
    event, things, semaphore = threading.Event(), queue.Queue[int](), threading.Semaphore(0)
    wait, wake = {
        "event": (event.wait, event.set),
        "queue": (things.get, lambda: things.put(1)),
        "semaphore": (semaphore.acquire, semaphore.release),
    }[tool]

    async def main() -> None:
        asyncio.get_running_loop().call_later(1.0, wake)
        try:
            await asyncio.to_thread(wait)
        finally:
            wake()

    with pytest.raises(DeadlockError, match=STUCK):
        run_virtual(main())


@pytest.mark.slow
def test_a_thread_that_lives_on_beside_them_delays_the_error_and_no_more(
    quick_looks: None,
) -> None:
    end = threading.Event()

    def live_on() -> None:
        while not end.wait(0.01):
            pass

    async def main() -> object:
        loop = asyncio.get_running_loop()

        def work() -> object:
            return asyncio.run_coroutine_threadsafe(asyncio.sleep(1.0), loop).result()

        return await asyncio.to_thread(work)

    other = threading.Thread(target=live_on)
    other.start()
    try:
        with pytest.raises(DeadlockError, match=r"but for 1 s it has waited for a lock"):
            run_virtual(main())
    finally:
        end.set()
        other.join()


def _sleep() -> str:
    time.sleep(0.15)
    return "slept"


@pytest.mark.parametrize("nap", [_sleep, functools.partial(time.sleep, 0.15)])
def test_a_thread_that_waits_for_a_thread_that_works_is_no_deadlock(
    quick_looks: None, nap: Callable[[], Any]
) -> None:
    def work() -> str:
        with ThreadPoolExecutor(3) as executor:
            list(executor.map(int, "123"))  # idle threads beside the one that works
            executor.submit(nap).result()
        other = threading.Thread(target=nap)
        other.start()
        other.join()
        threading.Event().wait(0.15)
        return "worked"

    async def main() -> str:
        asyncio.get_running_loop().call_later(1.0, print)
        return await asyncio.to_thread(work)

    assert run_virtual(main()) == "worked"


def test_a_deadlock_beside_a_thread_of_no_executor_says_that_nobody_waits_for_it() -> None:
    go = threading.Event()

    async def main() -> None:
        await asyncio.to_thread(int)  # leaves a thread that is not named
        threading.Thread(target=go.wait, name="the driver").start()
        await asyncio.get_running_loop().create_future()

    message = (
        r"but 1 waiting: Task-1 .*; the loop does not wait for other threads \(the driver\), o"
    )
    try:
        with pytest.raises(
            DeadlockError, match=message + "nly for what is awaited with asyncio.to"
        ):
            run_virtual(main())
    finally:
        go.set()


def test_the_end_of_the_default_executor_is_awaited_as_long_as_is_said() -> None:
    go = threading.Event()

    async def main() -> str:
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, go.wait, 30.0).cancel()
        with pytest.warns(RuntimeWarning, match=r"did not end within 0\.05 s"):
            await loop.shutdown_default_executor(timeout=0.05)
        with pytest.raises(RuntimeError, match="the default executor is shut down"):
            await asyncio.to_thread(int)
        go.set()
        return "ended"

    assert run_virtual(main()) == "ended"


def test_at_the_end_a_thread_may_still_ask_something_of_the_loop() -> None:
    log: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def work() -> None:
            time.sleep(0.05)
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()
            log.append("asked")

        loop.run_in_executor(None, work).cancel()
        await loop.shutdown_default_executor()

    run_virtual(main())
    assert log == ["asked"]


# Task factories


@pytest.mark.parametrize("factory", ["spam", 3])
def test_what_cannot_be_called_is_no_task_factory(factory: Any) -> None:
    loop = VirtualLoop()
    with pytest.raises(TypeError, match="factory must be a callable object or None, got "):
        loop.set_task_factory(factory)
    assert loop.get_task_factory() is None
    loop.close()


def test_a_task_factory_makes_the_tasks_with_names_of_the_loop_and_contexts() -> None:
    word = contextvars.ContextVar("word", default="none")
    made: list[dict[str, Any]] = []

    def factory(loop: Any, coro: Any, **options: Any) -> asyncio.Task[Any]:
        made.append(options)
        return asyncio.Task(coro, loop=loop, **options)

    async def say() -> str:
        return word.get()

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(factory)
        assert loop.get_task_factory() is factory
        context = contextvars.copy_context()
        context.run(word.set, "other")
        tasks = [
            loop.create_task(say()),
            loop.create_task(say(), name="named"),
            loop.create_task(say(), context=context),
        ]
        words = await asyncio.gather(*tasks)
        loop.set_task_factory(None)
        tasks.append(loop.create_task(say()))
        return [*words, *(task.get_name() for task in tasks)]

    assert run_virtual(main()) == [
        "none",
        "none",
        "other",
        "Task-2",
        "named",
        "Task-3",
        "Task-4",
    ]
    assert [set(options) - {"name"} for options in made] == [set(), set(), {"context"}]


def test_a_task_factory_that_names_its_tasks_keeps_its_names() -> None:
    async def main() -> str:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(lambda loop, coro: asyncio.Task(coro, loop=loop, name="mine"))
        task = loop.create_task(asyncio.sleep(0))
        await task
        return task.get_name()

    assert run_virtual(main()) == "mine"


class Wrapped:
    """What a factory may give that is no task of asyncio: it hands all on to one."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self.task = task

    def __getattr__(self, name: str) -> Any:
        return getattr(self.task, name)


def test_a_task_factory_may_give_what_only_behaves_like_a_task() -> None:
    loop = VirtualLoop()
    loop.set_task_factory(lambda loop, coro: Wrapped(asyncio.Task(coro, loop=loop)))
    assert loop.run_until_complete(asyncio.sleep(2.0, "slept")) == "slept"
    assert loop.time() == 2.0
    loop.close()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are new in 3.12")
def test_eager_tasks_start_at_once_and_repeat_like_all_others() -> None:
    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)
        log: list[Any] = []

        async def child(number: int) -> None:
            log.append((number, asyncio.current_task().get_name()))
            await asyncio.sleep(number)
            log.append(now())

        async with asyncio.TaskGroup() as group:
            for number in range(3):
                task = group.create_task(child(number))
                log.append(hash(task) < 100)
        return log

    assert run_virtual(main()) == [
        (0, "Task-2"),
        True,
        (1, "Task-3"),
        True,
        (2, "Task-4"),
        True,
        0.0,
        1.0,
        2.0,
    ]


# Asynchronous generators


async def _counting(log: list[str], name: str) -> AsyncIterator[int]:
    try:
        for number in range(100):
            await asyncio.sleep(1.0)
            yield number
    finally:
        await asyncio.sleep(0.5)
        log.append(f"{name} closed at {now()}")


def test_a_generator_that_is_dropped_is_closed() -> None:
    async def main(log: list[str]) -> None:
        async for number in _counting(log, "a"):
            if number == 2:
                break
        await asyncio.sleep(10.0)

    log: list[str] = []
    run_virtual(main(log))
    assert log == ["a closed at 3.5"]


def test_unfinished_generators_are_closed_at_the_end_in_the_order_of_their_starts() -> None:
    log: list[str] = []
    kept = [_counting(log, f"{each}") for each in range(20)]

    async def main() -> None:
        for generator in reversed(kept):
            await anext(generator)

    run_virtual(main())
    assert [line.split()[0] for line in log] == [str(each) for each in reversed(range(20))]
    assert log[0] == "19 closed at 20.5"


def test_a_generator_that_fails_while_it_is_closed_keeps_no_other_open(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log: list[str] = []

    async def bad() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            raise ValueError("bad to the end")

    kept = [_counting(log, "a"), bad(), _counting(log, "b")]

    async def main() -> str:
        for generator in kept:
            await anext(generator)
        return "the value"

    assert run_virtual(main()) == "the value"
    assert log == ["a closed at 2.5", "b closed at 3.0"]
    assert "bad to the end" in caplog.text


def test_the_hooks_for_generators_are_put_back() -> None:
    before = sys.get_asyncgen_hooks()
    run_virtual(asyncio.sleep(1.0))
    assert sys.get_asyncgen_hooks() == before
