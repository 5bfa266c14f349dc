"""What a virtual loop offers besides time: computations, generators, error reports."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest

from fulfillment_lib.engine.loop import VirtualLoop
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.errors import ComputationError


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


# Error reports


def _fail() -> None:
    raise ValueError("broken callback")


def _with_handler(handler: Callable[..., Any] | None) -> float:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(handler)
        assert loop.get_exception_handler() is handler
        loop.call_later(1.0, _fail)
        await asyncio.sleep(2.0)
        return now()

    return run_virtual(main())


def test_an_error_in_a_callback_goes_to_the_exception_handler_and_the_run_goes_on() -> None:
    seen: list[dict[str, Any]] = []
    assert _with_handler(lambda loop, context: seen.append(context)) == 2.0
    assert [str(each["exception"]) for each in seen] == ["broken callback"]
    assert seen[0]["message"].startswith("a callback failed: <function _fail")


def test_without_a_handler_the_error_is_logged_where_asyncio_logs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, logger="asyncio"):
        assert _with_handler(None) == 2.0
    assert "a callback failed" in caplog.text and "broken callback" in caplog.text


def test_an_exception_handler_that_fails_is_logged_and_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert _with_handler(lambda loop, context: 1 / 0) == 2.0
    assert "broken callback" in caplog.text and "division by zero" in caplog.text


def test_the_debug_mode_can_be_switched() -> None:
    loop = VirtualLoop()
    loop.set_debug(True)
    assert loop.get_debug()
    loop.set_debug(False)
    assert not loop.get_debug()
    loop.close()
