"""Running a coroutine in virtual time: from anywhere, and with nothing left behind."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import subprocess
import sys
import threading
import warnings
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from fulfillment_lib.engine import virtual
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.errors import ArgumentError, ClockError, DeadlockError, FulfillmentError


def now() -> float:
    return asyncio.get_running_loop().time()


async def nap(delay_s: float = 1.0) -> float:
    await asyncio.sleep(delay_s)
    return now()


@pytest.fixture(autouse=True)
def nothing_is_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Each test here ends with as many threads as before, no complaint at the collection."""
    threads = threading.active_count()
    gc.freeze()  # what is there already is not looked at again and again
    yield
    gc.collect()
    gc.unfreeze()
    assert threading.active_count() == threads
    assert [*caplog.get_records("call"), *caplog.records] == []


# From where it is called


def test_it_runs_in_a_script() -> None:
    assert run_virtual(nap(3600.0)) == 3600.0
    assert run_virtual(nap(0.5), start_s=1.7e9) == 1_700_000_000.5


def test_it_runs_inside_a_coroutine_of_a_running_loop() -> None:
    async def cell() -> tuple[float, bool]:
        loop = asyncio.get_running_loop()
        value = run_virtual(nap())
        return value, asyncio.get_running_loop() is loop

    threads = threading.active_count()
    for _ in range(50):
        assert asyncio.run(cell()) == (1.0, True)
        assert threading.active_count() == threads


def test_it_runs_inside_itself() -> None:
    async def outer() -> tuple[float, float]:
        await asyncio.sleep(5.0)
        return run_virtual(nap()), now()

    assert run_virtual(outer()) == (1.0, 5.0)


def test_it_runs_twice_at_once_in_two_threads() -> None:
    async def race(log: list[float]) -> None:
        for _ in range(300):
            await asyncio.gather(*(asyncio.sleep(each) for each in range(5)))
            log.append(now())

    logs: list[list[float]] = [[], []]
    threads = [threading.Thread(target=lambda log=log: run_virtual(race(log))) for log in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert logs[0] == logs[1] == [4.0 * each for each in range(1, 301)]


def test_the_context_of_the_caller_comes_along() -> None:
    word = contextvars.ContextVar("word", default="none")

    async def main() -> str:
        return word.get()

    async def cell() -> str:
        word.set("cell")
        return run_virtual(main())

    word.set("script")
    assert run_virtual(main()) == "script"
    assert asyncio.run(cell()) == "cell"


@pytest.mark.parametrize(
    "error",
    [
        ValueError,
        KeyError,
        asyncio.CancelledError,
        SystemExit,
        KeyboardInterrupt,
        GeneratorExit,
        TimeoutError,
    ],
)
@pytest.mark.parametrize("in_a_cell", [False, True])
def test_an_error_of_the_coroutine_is_raised(error: type[BaseException], in_a_cell: bool) -> None:
    async def main() -> None:
        await asyncio.sleep(1.0)
        raise error("the reason")

    async def cell() -> None:
        with pytest.raises(error, match="the reason"):
            run_virtual(main())

    if in_a_cell:
        asyncio.run(cell())
    else:
        with pytest.raises(error, match="the reason"):
            run_virtual(main())


def test_inside_a_running_loop_it_runs_in_place_and_leaves_loop_and_task_as_they_were() -> None:
    seen: list[Any] = []

    async def inner() -> None:
        seen.append(threading.current_thread())
        await nap()

    async def outer() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        run_virtual(inner())
        with pytest.raises(ValueError, match="inside"):
            run_virtual(_fail_inside())
        assert asyncio.get_running_loop() is loop
        assert asyncio.current_task() is task
        loop.call_soon(lambda: run_virtual(inner()))  # in a callback there is no task
        async with asyncio.timeout(30.0):
            await asyncio.sleep(0.001)

    asyncio.run(outer())
    assert seen == [threading.current_thread()] * 2


async def _fail_inside() -> None:
    await nap()
    raise ValueError("inside")


def test_it_runs_where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def to_thread() -> None:
        await asyncio.to_thread(int)

    async def cell() -> float:
        with pytest.raises(RuntimeError, match="can't start new thread"):
            run_virtual(to_thread())
        return run_virtual(nap())

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert asyncio.run(cell()) == 1.0


# What is refused


@pytest.mark.parametrize("main", [nap, None, 3, "nap", [nap]])
def test_what_is_no_coroutine_is_refused_with_the_remedy(main: Any) -> None:
    with pytest.raises(ArgumentError, match=r"main must be a coroutine, as in run_virtual\(main"):
        run_virtual(main)


def test_a_bad_start_is_refused_and_the_coroutine_is_not_left_unawaited() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        main = nap()
        with pytest.raises(FulfillmentError, match="start_s must be a number from 0"):
            run_virtual(main, start_s=-1.0)
        assert main.cr_frame is None


# What is left behind


def test_tasks_that_are_still_running_at_the_end_are_cancelled_and_may_clean_up() -> None:
    log: list[str] = []

    async def child(number: int) -> None:
        try:
            await asyncio.sleep(100.0)
        finally:
            await asyncio.sleep(number)
            log.append(f"{number} cleaned at {now()}")

    kept: list[Any] = []

    async def main() -> str:
        kept.extend(asyncio.create_task(child(each)) for each in range(3))
        await asyncio.sleep(1.0)
        return "value"

    assert run_virtual(main()) == "value"
    assert log == ["0 cleaned at 1.0", "1 cleaned at 2.0", "2 cleaned at 3.0"]
    assert all(task.done() for task in kept)


def test_tasks_that_are_started_during_the_clean_up_are_ended_too() -> None:
    log: list[str] = []
    kept: list[Any] = []

    async def generation(number: int) -> None:
        try:
            await asyncio.sleep(100.0)
        except asyncio.CancelledError:
            log.append(f"generation {number}")
            if number < 5:
                kept.append(asyncio.create_task(generation(number + 1)))
            await asyncio.sleep(1.0)
            raise

    async def main() -> None:
        kept.append(asyncio.create_task(generation(1)))
        await asyncio.sleep(1.0)

    run_virtual(main())
    assert log == [f"generation {each}" for each in range(1, 6)]
    assert all(task.done() for task in kept)


@pytest.fixture
def short_clean_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual, "MOST_TURNS_OF_CLEANUP", 300)


async def _swallow_for_ever(log: list[str]) -> None:
    try:
        while True:
            try:
                await asyncio.sleep(1.0)
            except asyncio.CancelledError:
                log.append("swallowed")
    finally:
        log.append("closed")


async def _swallow_and_spin(log: list[str]) -> None:
    try:
        while True:
            try:
                await asyncio.sleep(0)
                if log:
                    continue
                await asyncio.sleep(1000.0)
            except asyncio.CancelledError:
                log.append("swallowed")
    finally:
        log.append("closed")


async def _swallow_and_wait(log: list[str]) -> None:
    try:
        while True:
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                log.append("swallowed")
    finally:
        log.append("closed")


async def _breed(log: list[str]) -> None:
    try:
        await asyncio.sleep(1000.0)
    finally:
        log.append("swallowed")
        _keep.append(asyncio.create_task(_breed(log)))


async def _die_badly(log: list[str]) -> None:
    try:
        await _swallow_for_ever(log)
    except GeneratorExit:
        raise ValueError("at the very end") from None


_keep: list[Any] = []


@pytest.mark.parametrize(
    "stubborn", [_swallow_for_ever, _swallow_and_spin, _swallow_and_wait, _breed, _die_badly]
)
def test_a_task_that_never_lets_go_does_not_hang_the_clean_up(
    short_clean_up: None, stubborn: Any
) -> None:
    log: list[str] = []
    last: list[str] = []

    async def other() -> None:
        try:
            await asyncio.sleep(1000.0)
        finally:
            await asyncio.sleep(0)
            last.append("the other cleaned up")

    async def main() -> str:
        tasks = [asyncio.create_task(each) for each in (stubborn(log), other(), stubborn(log))]
        await asyncio.to_thread(int)  # so that there is an executor to end
        await asyncio.sleep(1.5)
        return f"value of {len(tasks)}"

    assert run_virtual(main()) == "value of 3"
    _keep.clear()
    assert log.count("swallowed") >= 2
    assert stubborn is _breed or log.count("closed") == 2
    assert last == ["the other cleaned up"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_task_goes_up_and_the_others_may_clean_up(
    kind: type[BaseException],
) -> None:
    log: list[str] = []
    kept: list[Any] = []

    async def child(number: int) -> None:
        try:
            await asyncio.sleep(number)
            if number == 2:
                raise kind("stop everything")
        finally:
            await asyncio.sleep(0.5)
            log.append(f"{number} at {now()}")

    async def main() -> None:
        kept.extend(asyncio.create_task(child(each)) for each in range(1, 5))
        await asyncio.wait(kept)

    with pytest.raises(kind, match="stop everything"):
        run_virtual(main())
    assert log == ["1 at 1.5", "2 at 2.5", "3 at 3.0", "4 at 3.0"]
    assert all(task.done() for task in kept)
    for task in kept:
        task.cancelled() or task.exception()


@pytest.mark.parametrize("in_a_cell", [False, True])
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("by", ["main", "a callback in the turn of its end"])
def test_an_exit_of_main_goes_up_as_itself_after_the_others_have_cleaned_up(
    kind: type[BaseException], by: str, in_a_cell: bool
) -> None:
    log: list[float] = []

    async def child() -> None:
        try:
            await asyncio.sleep(9.0)
        finally:
            for _ in range(3):
                await asyncio.sleep(0)
            await asyncio.sleep(0.5)
            log.append(now())

    def leave() -> None:
        raise kind(3)

    async def main() -> str:
        task = asyncio.create_task(child())
        await asyncio.sleep(1.0)
        if by == "main":
            leave()
        asyncio.get_running_loop().call_soon(leave)
        return task.get_name()

    async def cell() -> None:
        with pytest.raises(kind, match="3"):
            run_virtual(main())

    if in_a_cell:
        asyncio.run(cell())
    else:
        with pytest.raises(kind, match="3"):
            run_virtual(main())
    assert log == [1.5]


def test_interrupts_during_the_clean_up_stop_no_other_s_clean_up() -> None:
    log: list[int] = []
    kept: list[Any] = []

    async def child(number: int) -> None:
        try:
            await asyncio.sleep(100.0)
        finally:
            await asyncio.sleep(number % 3)
            log.append(number)
            if number % 2:
                raise SystemExit(number)

    async def main() -> None:
        kept.extend(asyncio.create_task(child(each)) for each in range(6))
        await asyncio.sleep(1.0)

    with pytest.raises(SystemExit, match="3"):
        run_virtual(main())
    assert sorted(log) == [0, 1, 2, 3, 4, 5]
    assert all(task.done() for task in kept)
    for task in kept:
        task.cancelled() or task.exception()


def test_a_stop_of_the_loop_does_not_cut_the_clean_up_short() -> None:
    log: list[str] = []

    async def child() -> None:
        try:
            await asyncio.sleep(100.0)
        finally:
            asyncio.get_running_loop().stop()
            await asyncio.sleep(1.0)
            log.append("cleaned")

    async def main() -> str:
        task = asyncio.create_task(child())
        await asyncio.sleep(1.0)
        return task.get_name()

    assert run_virtual(main()) == "Task-2"
    assert log == ["cleaned"]


@pytest.mark.parametrize(
    ("kind", "told"), [(ValueError, ["Task-2 failed in the clean-up"]), (KeyboardInterrupt, [])]
)
def test_an_error_in_the_clean_up_is_told_at_once_unless_it_goes_up_anyway(
    kind: type[BaseException], told: list[str]
) -> None:
    complaints: list[str] = []

    async def child() -> None:
        try:
            await asyncio.sleep(100.0)
        finally:
            raise kind("while cleaning up")

    async def main() -> str:
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: complaints.append(context["message"])
        )
        task = asyncio.create_task(child())
        await asyncio.sleep(1.0)
        return task.get_name()

    if told:
        assert run_virtual(main()) == "Task-2"
    else:
        with pytest.raises(kind, match="while cleaning up"):
            run_virtual(main())
    assert complaints == told


def test_an_error_of_the_run_counts_more_than_the_clean_up_that_fails(short_clean_up: None) -> None:
    async def main() -> None:
        task = asyncio.create_task(_swallow_for_ever([]))
        await asyncio.sleep(1.0)
        raise ValueError(task.get_name())

    with pytest.raises(ValueError, match="Task-2"):
        run_virtual(main())


def test_the_threads_of_the_default_executor_end_with_the_run() -> None:
    async def main() -> int:
        await asyncio.gather(*(asyncio.to_thread(int) for _ in range(10)))
        return threading.active_count()

    before = threading.active_count()
    assert run_virtual(main()) > before
    assert threading.active_count() == before


@pytest.mark.parametrize(
    "start",
    [
        "run_virtual(main())",
        "kernel.run_until_complete(cell())",
    ],
)
def test_a_real_interrupt_ends_the_run_cleanly(start: str) -> None:
    # The interrupt comes from inside, at a known place, as the system's signal.
    script = f"""
import asyncio, signal, threading
from fulfillment_lib.engine.virtual import run_virtual

async def main():
    try:
        for number in range(10**9):
            await asyncio.sleep(1.0)
            if number == 20_000:
                signal.raise_signal(signal.SIGINT)
    finally:
        await asyncio.sleep(1.0)
        print("cleaned up", flush=True)

async def cell():
    run_virtual(main())

kernel = asyncio.new_event_loop()
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    {start}
except KeyboardInterrupt:
    print("interrupted", threading.active_count())
kernel.close()
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        timeout=60,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("cleaned up\ninterrupted 1\n", "")


def test_runs_leave_no_object_behind() -> None:
    def count() -> int:
        gc.collect()
        return sum(
            isinstance(each, (asyncio.AbstractEventLoop, asyncio.Task)) for each in gc.get_objects()
        )

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for each in range(5):
                group.create_task(nap(each))

    run_virtual(main())
    before = count()
    for _ in range(3):
        run_virtual(main())
    assert count() == before


def _deadlock() -> Coroutine[Any, Any, Any]:
    return asyncio.Event().wait()


def test_a_failed_run_leaves_the_next_one_alone() -> None:
    with pytest.raises(DeadlockError, match="nothing is ready"):
        run_virtual(_deadlock())
    with pytest.raises(ClockError, match="nothing is ready"):
        run_virtual(_deadlock())
    assert run_virtual(nap()) == 1.0
