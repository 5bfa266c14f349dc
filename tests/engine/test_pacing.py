"""Runs held to the wall clock: the same log as in virtual time, at once ended when cancelled."""

from __future__ import annotations

import asyncio
import gc
import math
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fulfillment_lib.engine.pacing import PacedLoop, PacedRun
from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.errors import ArgumentError, DeadlockError

FAST = 1e6
GENEROUS_S = 30.0  # a bound on hanging; nothing here is measured


@pytest.fixture(autouse=True)
def nothing_is_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Each test here ends with as many threads as before, and without a complaint."""
    threads = threading.active_count()
    gc.freeze()  # what is there already is not looked at again and again
    yield
    gc.collect()
    gc.unfreeze()
    assert threading.active_count() == threads
    assert [*caplog.get_records("call"), *caplog.records] == []


def now() -> float:
    return asyncio.get_running_loop().time()


async def day(log: list[Any]) -> list[Any]:
    async def handler(task: Task) -> None:
        await asyncio.sleep(task.payload)
        log.append((task.id, now()))

    async with WorkerPool(3, timeout_s=7.0, on_start=lambda *start: log.append(start)) as pool:
        for number in range(30):
            pool.submit(Task(f"t{number}", priority=number % 2, payload=number % 9 / 4), handler)
            await asyncio.sleep(number % 3 / 2)
    return [*log, *pool.attempts]


@pytest.mark.parametrize("speed", [FAST, 2_000, 1e9])
def test_a_paced_run_has_the_log_of_the_virtual_one_at_any_speed(speed: float) -> None:
    async def caller() -> list[Any]:
        return await PacedRun(speed).run(day([]))

    assert asyncio.run(caller()) == run_virtual(day([]))


def test_a_paced_run_takes_its_time() -> None:
    async def main() -> None:
        await asyncio.sleep(3.0)

    async def caller() -> float:
        start_s = time.monotonic()
        await PacedRun(speed=100.0).run(main())
        return time.monotonic() - start_s

    assert asyncio.run(caller()) >= 0.03  # a lower bound holds on any machine


def test_two_run_at_once_and_the_caller_s_loop_stays_free() -> None:
    async def caller() -> tuple[list[Any], list[Any], int]:
        runs = [asyncio.create_task(PacedRun(200.0).run(day([]))) for _ in range(2)]
        turns = 0
        while not all(run.done() for run in runs):
            await asyncio.sleep(0.001)
            turns += 1
        return await runs[0], await runs[1], turns

    first, second, turns = asyncio.run(caller())
    assert first == second == run_virtual(day([]))
    assert turns > 3


# Callbacks


class Halt(BaseException):
    pass


def test_callbacks_come_in_order_on_the_caller_s_thread_and_all_before_the_end() -> None:
    async def caller() -> tuple[list[int], set[int], set[bool]]:
        seen: list[int] = []
        threads: set[int] = set()
        loops: set[bool] = set()
        loop = asyncio.get_running_loop()

        def note(number: int) -> None:
            seen.append(number)
            threads.add(threading.get_ident())
            loops.add(asyncio.get_running_loop() is loop)

        run = PacedRun(FAST)
        report = run.reporter("on_attempt", note)

        async def main() -> None:
            for number in range(2_000):
                await asyncio.sleep(0.01)
                report(number)

        await run.run(main())
        return seen, threads, loops

    assert asyncio.run(caller()) == (list(range(2_000)), {threading.get_ident()}, {True})


@pytest.mark.parametrize("kind", [ValueError, Halt, asyncio.CancelledError])
def test_an_error_in_a_callback_stops_the_run_and_is_raised(kind: type[BaseException]) -> None:
    log: list[Any] = []

    async def caller() -> None:
        run = PacedRun(1.0)

        def complain(what: str) -> None:
            log.append(what)
            raise kind("no, thanks")

        report = run.reporter("on_start", complain)

        async def main() -> None:
            try:
                report("first")
                report("second")
                await asyncio.sleep(3600.0)
            finally:
                await asyncio.sleep(60.0)  # cleaning up waits for no wall clock
                log.append("cleaned up")

        with pytest.raises(kind, match="no, thanks"):
            await asyncio.wait_for(run.run(main()), GENEROUS_S)

    asyncio.run(caller())
    assert log == ["first", "cleaned up"]


def test_an_error_in_the_last_callback_is_raised_too() -> None:
    async def caller() -> None:
        run = PacedRun(FAST)
        report = run.reporter("on_start", lambda: 1 / 0)

        async def main() -> None:
            report()

        with pytest.raises(ZeroDivisionError, match="division by zero"):
            await run.run(main())

    asyncio.run(caller())


async def _asynchronous() -> None:
    pass


@pytest.mark.parametrize("callback", [3, "print", _asynchronous])
def test_a_callback_must_be_a_plain_function(callback: Any) -> None:
    async def caller() -> None:
        run = PacedRun(FAST)
        assert run.reporter("on_start", None) is None
        with pytest.raises(ArgumentError, match="on_start must be a plain function, got "):
            run.reporter("on_start", callback)
        run._loop.close()

    asyncio.run(caller())


@pytest.mark.parametrize("speed", [0, -1, math.nan, math.inf, "fast", None, True, 2e9])
def test_a_speed_is_a_number_above_zero(speed: Any) -> None:
    with pytest.raises(ArgumentError, match="speed must be a number above 0, at most"):
        PacedLoop(speed)


# Ends


def test_cancelling_ends_the_run_at_once_and_lets_it_clean_up() -> None:
    log: list[Any] = []

    async def main() -> None:
        try:
            log.append("started")
            await asyncio.sleep(3600.0)
        finally:
            await asyncio.sleep(5.0)
            log.append("cleaned up")

    async def caller() -> None:
        task = asyncio.create_task(PacedRun(0.001).run(main()))
        while not log:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, GENEROUS_S)
        log.append("over")

    asyncio.run(caller())
    assert log == ["started", "cleaned up", "over"]


def test_cancelling_again_does_not_cut_the_clean_up_short() -> None:
    log: list[Any] = []
    go = threading.Event()

    async def main() -> None:
        try:
            log.append("started")
            await asyncio.sleep(3600.0)
        finally:
            log.append("cleaning up")
            go.wait(GENEROUS_S)
            for _ in range(10):
                await asyncio.sleep(1.0)
            log.append("cleaned up")

    async def until(what: str) -> None:
        while what not in log:
            await asyncio.sleep(0.001)

    async def caller() -> None:
        task = asyncio.create_task(PacedRun(1.0).run(main()))
        await until("started")
        task.cancel()
        await until("cleaning up")
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.001)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(caller())
    assert log == ["started", "cleaning up", "cleaned up"]


def test_cancelling_before_the_first_turn_ends_the_run_too() -> None:
    async def main() -> None:
        await asyncio.sleep(3600.0)

    async def caller() -> None:
        for _ in range(20):
            task = asyncio.create_task(PacedRun(1.0).run(main()))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(asyncio.wait_for(caller(), GENEROUS_S))


def test_cancelling_leaves_the_wait_for_a_computation_too() -> None:
    go = threading.Event()
    log: list[str] = []

    async def main() -> None:
        try:
            log.append("started")
            await asyncio.to_thread(go.wait, GENEROUS_S)
        finally:
            go.set()
            log.append("cleaned up")

    async def caller() -> None:
        task = asyncio.create_task(PacedRun(1.0).run(main()))
        while not log:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(caller())
    assert log == ["started", "cleaned up"]


@pytest.mark.parametrize("kind", [ValueError, asyncio.CancelledError])
def test_an_error_of_the_run_is_raised(kind: type[BaseException]) -> None:
    async def main() -> None:
        await asyncio.sleep(1.0)
        raise kind("the reason")

    async def caller() -> None:
        with pytest.raises(kind, match="the reason"):
            await PacedRun(FAST).run(main())

    asyncio.run(caller())


def test_a_deadlock_is_found_at_once() -> None:
    async def caller() -> None:
        with pytest.raises(DeadlockError, match="nothing is ready and nothing is scheduled"):
            await PacedRun(0.001).run(asyncio.Event().wait())

    asyncio.run(caller())


def test_a_caller_whose_loop_is_closed_stops_its_run() -> None:
    log: list[str] = []
    ended = threading.Event()

    async def main(report: Any) -> None:
        try:
            while True:
                await asyncio.sleep(0.01)
                report("still there")
        finally:
            log.append("cleaned up")
            ended.set()

    async def leave() -> None:
        run = PacedRun(1.0)
        running = run.run(main(run.reporter("on_start", log.append)))
        running.send(None)  # it starts, and nobody ever waits for the end
        running.close()

    asyncio.run(leave())
    assert ended.wait(GENEROUS_S)
    assert log[-1] == "cleaned up"
    for thread in threading.enumerate():
        if thread.name == "virtual time":
            thread.join(GENEROUS_S)
