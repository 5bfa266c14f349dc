"""One attempt at a time: timeouts to the microsecond, and handlers that behave badly."""

from __future__ import annotations

import asyncio
import functools
import gc
import math
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Attempt, Outcome, Task, TaskResult
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.engine.workers import Handler

BASES = (0.0, 1e6, 1.7e9)
TASK = Task("t")


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture(autouse=True)
def nothing_is_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test here ends with a complaint about tasks or errors that nobody looked at."""
    gc.freeze()  # what is there already is not looked at again and again
    yield
    gc.collect()
    gc.unfreeze()
    assert [*caplog.get_records("call"), *caplog.records] == []


async def result_of(handler: Handler, **options: Any) -> TaskResult:
    """What one task comes to; afterwards none but the caller's task is there."""
    async with WorkerPool(1, **options) as pool:
        result = await pool.run(TASK, handler)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    return result


def attempt_of(handler: Handler, start_s: float = 0.0, **options: Any) -> Attempt:
    result = run_virtual(result_of(handler, **options), start_s=start_s)
    assert len(result.attempts) == 1
    assert (result.outcome, result.error) == (result.attempts[0].outcome, result.attempts[0].error)
    return result.attempts[0]


def sleeper(delay_s: float, value: Any = "value") -> Callable[[Task], Coroutine[Any, Any, Any]]:
    async def sleep(task: Task) -> Any:
        await asyncio.sleep(delay_s)
        return value

    return sleep


# The timeout


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    ("delay_s", "outcome", "end_s"),
    [
        (9.999999, "succeeded", 9.999999),
        (10.0, "timed_out", 10.0),  # exactly at the timeout is too late
        (10.000001, "timed_out", 10.0),
        (3600.0, "timed_out", 10.0),
    ],
)
def test_a_timeout_ends_an_attempt_to_the_microsecond_at_any_base(
    base: float, delay_s: float, outcome: str, end_s: float
) -> None:
    attempt = attempt_of(sleeper(delay_s), base, timeout_s=10.0)
    assert (attempt.start_s, attempt.finish_s, attempt.outcome) == (
        base,
        round(base + end_s, 6),
        outcome,
    )
    assert attempt.error == ("" if outcome == "succeeded" else "no answer within 10 s")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("steps", [3, 7, 10])
def test_an_attempt_of_many_steps_that_ends_exactly_at_its_timeout_is_timed_out(
    base: float, steps: int
) -> None:
    async def walk(task: Task) -> str:
        for _ in range(steps):
            await asyncio.sleep(0.1)
        return "there"

    attempt = attempt_of(walk, base, timeout_s=steps / 10)
    assert attempt.outcome is Outcome.TIMED_OUT
    assert attempt.finish_s == round(base + steps / 10, 6)
    assert attempt_of(walk, base, timeout_s=steps / 10 + 1e-6).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("timeout_s", "outcome"), [(4e-7, Outcome.TIMED_OUT), (6e-7, Outcome.SUCCEEDED)]
)
def test_an_end_within_half_a_microsecond_of_the_timeout_is_too_late(
    timeout_s: float, outcome: Outcome
) -> None:
    attempt = attempt_of(sleeper(0.0), timeout_s=timeout_s)
    assert (attempt.outcome, attempt.service_s) == (outcome, 0.0)


def test_an_end_at_the_timeout_is_too_late_even_if_it_was_set_off_before_the_watchdog() -> None:
    async def main() -> TaskResult:
        event = asyncio.Event()
        asyncio.get_running_loop().call_later(2.0, event.set)

        async def wait(task: Task) -> str:
            await event.wait()
            return "just too late"

        return await result_of(wait, timeout_s=2.0)

    result = run_virtual(main())
    assert (result.outcome, result.value) == (Outcome.TIMED_OUT, None)


def test_the_timeout_counts_from_the_start_and_for_each_attempt() -> None:
    async def main() -> list[tuple[float, float, float]]:
        async with WorkerPool(1, timeout_s=2.0, max_attempts=2, backoff_s=0.5) as pool:
            pool.submit(Task("first"), sleeper(1.5))
            await pool.run(Task("second"), sleeper(99.0))
        return [(each.ready_s, each.start_s, each.finish_s) for each in pool.attempts]

    assert run_virtual(main()) == [(0.0, 0.0, 1.5), (0.0, 1.5, 3.5), (4.0, 4.0, 6.0)]


def test_a_handler_that_is_timed_out_is_cancelled_and_its_finally_runs() -> None:
    log: list[Any] = []

    async def handler(task: Task) -> None:
        try:
            await asyncio.sleep(100.0)
        except asyncio.CancelledError:
            log.append(("cancelled", now()))
            raise
        finally:
            await asyncio.sleep(0.25)
            log.append(("finally", now()))

    attempt = attempt_of(handler, timeout_s=2.0)
    assert log == [("cancelled", 2.0), ("finally", 2.25)]
    assert (attempt.outcome, attempt.finish_s) == (Outcome.TIMED_OUT, 2.25)


def test_the_children_of_a_timed_out_handler_end_with_it() -> None:
    log: list[Any] = []

    async def child(number: int) -> None:
        try:
            await asyncio.sleep(100.0)
        finally:
            log.append((number, now()))

    async def handler(task: Task) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(child(number))

    assert attempt_of(handler, timeout_s=2.0).outcome is Outcome.TIMED_OUT
    assert sorted(log) == [(0, 2.0), (1, 2.0), (2, 2.0)]


def test_a_timeout_inside_the_handler_is_a_failure_of_the_handler() -> None:
    async def handler(task: Task) -> None:
        async with asyncio.timeout(1.0):
            await asyncio.sleep(100.0)

    attempt = attempt_of(handler, timeout_s=2.0)
    assert (attempt.outcome, attempt.finish_s, attempt.error) == (
        Outcome.FAILED,
        1.0,
        "TimeoutError",
    )


# Swallowed cancellation


def swallower(more_s: float, value: Any = "late") -> Callable[[Task], Coroutine[Any, Any, Any]]:
    async def swallow(task: Task) -> Any:
        try:
            await asyncio.sleep(100.0)
        except asyncio.CancelledError:
            await asyncio.sleep(more_s)
        return value

    return swallow


@pytest.mark.parametrize("more_s", [0.0, 0.75, 0.999999])
def test_a_value_that_comes_after_the_timeout_is_dropped(more_s: float) -> None:
    attempt = attempt_of(swallower(more_s), timeout_s=2.0)
    assert (attempt.outcome, attempt.finish_s, attempt.error) == (
        Outcome.TIMED_OUT,
        2.0 + more_s,
        "no answer within 2 s",
    )
    assert run_virtual(result_of(swallower(more_s), timeout_s=2.0)).value is None


def test_an_error_that_comes_after_the_timeout_is_dropped_too() -> None:
    async def handler(task: Task) -> None:
        try:
            await asyncio.sleep(100.0)
        finally:
            raise ValueError("while cleaning up")

    attempt = attempt_of(handler, timeout_s=2.0)
    assert (attempt.outcome, attempt.error) == (Outcome.TIMED_OUT, "no answer within 2 s")


@pytest.mark.parametrize(("more_s", "grace_s"), [(1.0, 1.0), (5.0, 1.0), (5.0, 0.25), (5.0, 0.0)])
def test_a_handler_that_does_not_let_go_is_abandoned_after_the_grace_time_and_named(
    more_s: float, grace_s: float
) -> None:
    async def main() -> tuple[TaskResult, TaskResult]:
        async with WorkerPool(1, timeout_s=2.0, grace_s=grace_s) as pool:
            stuck = pool.submit(Task("stuck"), swallower(more_s))
            following = await pool.run(Task("following"), sleeper(10 - 9.0))
            await asyncio.sleep(10.0)
        return await stuck, following

    stuck, following = run_virtual(main())
    assert (stuck.outcome, stuck.value, stuck.attempts[0].finish_s) == (
        Outcome.TIMED_OUT,
        None,
        2.0 + grace_s,
    )
    assert "swallower.<locals>.swallow' was cancelled and did not end within" in stuck.error
    assert stuck.error.endswith(f"{grace_s:g} s; abandoned")
    assert following.outcome is Outcome.SUCCEEDED
    assert (following.attempts[0].worker, following.attempts[0].start_s) == (0, 2.0 + grace_s)


@pytest.mark.parametrize("late", [ValueError, asyncio.CancelledError, GeneratorExit])
def test_what_an_abandoned_handler_raises_in_the_end_reaches_nobody(
    late: type[BaseException],
) -> None:
    async def handler(task: Task) -> None:
        try:
            await asyncio.sleep(100.0)
        except asyncio.CancelledError:
            await asyncio.sleep(5.0)
            raise late("late") from None

    async def main() -> list[Attempt]:
        async with WorkerPool(2, timeout_s=2.0) as pool:
            pool.submit(TASK, handler)
            await asyncio.sleep(20.0)
            pool.submit(Task("times out"), sleeper(9.0))
            await asyncio.sleep(20.0)
        return list(pool.attempts)

    assert [each.finish_s for each in run_virtual(main())] == [3.0, 22.0]


def test_a_handler_that_swallows_for_ever_does_not_hold_the_pool() -> None:
    async def handler(task: Task) -> None:
        while True:
            try:
                await asyncio.sleep(1.0)
            except asyncio.CancelledError:
                pass

    async def main() -> float:
        async with WorkerPool(2, timeout_s=2.0) as pool:
            for number in range(4):
                pool.submit(Task(f"t{number}"), handler)
        assert [each.finish_s for each in pool.attempts] == [3.0, 3.0, 6.0, 6.0]
        return now()

    assert run_virtual(main()) == 7.0  # and the grace time once more, for the abandoned


def test_after_a_swallowed_cancellation_the_worker_starts_afresh() -> None:
    cancellations: list[int] = []

    async def handler(task: Task) -> None:
        current = asyncio.current_task()
        assert current is not None
        cancellations.append(current.cancelling())
        try:
            await asyncio.sleep(100.0)
        except asyncio.CancelledError:
            pass

    async def main() -> list[str]:
        async with WorkerPool(1, timeout_s=1.0) as pool:
            results = [await pool.run(TASK, handler) for _ in range(3)]
        return [each.outcome for each in results]

    assert run_virtual(main()) == ["timed_out"] * 3
    assert cancellations == [0, 0, 0]


async def _cancel_myself(task: Task) -> str:
    current = asyncio.current_task()
    assert current is not None
    current.cancel()
    try:
        await asyncio.sleep(100.0)
    except asyncio.CancelledError:
        pass
    return "swallowed"


def test_a_handler_that_swallows_its_own_cancellation_leaves_none_to_the_next() -> None:
    async def look(task: Task) -> int:
        current = asyncio.current_task()
        assert current is not None
        cancelling = current.cancelling()
        await asyncio.sleep(100.0)
        return cancelling

    async def main() -> list[Attempt]:
        async with WorkerPool(1, timeout_s=1000.0) as pool:
            assert (await pool.run(TASK, _cancel_myself)).value == "swallowed"
            assert (await pool.run(TASK, look)).value == 0
            withdrawn = pool.submit(TASK, look)
            await asyncio.sleep(1.0)
            withdrawn.cancel()
        return list(pool.attempts)

    attempts = run_virtual(main())
    assert [attempt.outcome for attempt in attempts] == ["succeeded", "succeeded", "cancelled"]
    assert (attempts[-1].finish_s, attempts[-1].error) == (101.0, "withdrawn")


# Withdrawn


def test_a_withdrawn_attempt_is_cancelled_and_its_finally_runs() -> None:
    log: list[float] = []

    async def handler(task: Task) -> None:
        try:
            await asyncio.sleep(100.0)
        finally:
            await asyncio.sleep(0.5)
            log.append(now())

    async def main() -> Attempt:
        async with WorkerPool(1) as pool:
            future = pool.submit(TASK, handler)
            await asyncio.sleep(1.0)
            future.cancel()
        assert future.cancelled()
        return pool.attempts[0]

    attempt = run_virtual(main())
    assert (attempt.outcome, attempt.finish_s, attempt.error) == (
        Outcome.CANCELLED,
        1.5,
        "withdrawn",
    )
    assert log == [1.5]


@pytest.mark.parametrize(
    ("cancel_at_s", "outcome"), [(1.5, "cancelled"), (2.0, "timed_out"), (2.25, "timed_out")]
)
def test_of_a_cancel_and_a_timeout_the_first_wins(cancel_at_s: float, outcome: str) -> None:
    async def main() -> Attempt:
        loop = asyncio.get_running_loop()
        async with WorkerPool(1, timeout_s=2.0) as pool:
            loop.call_at(cancel_at_s, lambda: future.cancel())  # at 2.0 the timeout is first
            future = pool.submit(TASK, swallower(0.5))
        return pool.attempts[0]

    assert run_virtual(main()).outcome == outcome


def test_a_withdrawn_handler_that_does_not_let_go_is_abandoned_and_named() -> None:
    async def main() -> Attempt:
        async with WorkerPool(1, grace_s=0.5) as pool:
            future = pool.submit(TASK, swallower(5.0))
            await asyncio.sleep(1.0)
            future.cancel()
        return pool.attempts[0]

    attempt = run_virtual(main())
    assert (attempt.outcome, attempt.finish_s) == (Outcome.CANCELLED, 1.5)
    assert "did not end within 0.5 s; abandoned" in attempt.error


def test_a_handler_can_withdraw_itself() -> None:
    async def main() -> list[tuple[str, float]]:
        async def handler(task: Task) -> str:
            await asyncio.sleep(1.0)
            future.cancel()
            if task.id == "waits":
                await asyncio.sleep(5.0)
            return "in spite of all"

        async with WorkerPool(1) as pool:
            future = pool.submit(Task("returns"), handler)
            await asyncio.wait([future])
            future = pool.submit(Task("waits"), handler)
            await asyncio.wait([future])
            await asyncio.sleep(0)
        return [(each.outcome, each.finish_s) for each in pool.attempts]

    assert run_virtual(main()) == [("cancelled", 1.0), ("cancelled", 2.0)]


def test_whoever_cancels_all_tasks_of_the_loop_withdraws_what_runs() -> None:
    async def main() -> list[tuple[str, str]]:
        async with WorkerPool(2) as pool:
            future = pool.submit(TASK, sleeper(100.0))
            await asyncio.sleep(1.0)
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.wait([future])
            again = await asyncio.gather(  # the idle worker, which was cancelled too, is replaced
                *(pool.submit(Task(f"t{each}"), sleeper(1.0)) for each in range(4))
            )
        assert future.cancelled()
        assert now() == 3.0
        return [(each.task.id, each.outcome) for each in again]

    assert run_virtual(main()) == [(f"t{each}", "succeeded") for each in range(4)]


def test_a_second_reason_to_end_does_not_break_into_a_handler_s_clean_up() -> None:
    log: list[float] = []

    async def careful(task: Task) -> None:
        try:
            await asyncio.sleep(100.0)
        finally:
            await asyncio.sleep(0.5)
            log.append(now())

    async def main() -> list[str]:
        with pytest.raises(ValueError, match="and leave"):
            async with WorkerPool(1) as pool:
                pool.submit(TASK, careful)
                await asyncio.sleep(1.0)
                for task in asyncio.all_tasks() - {asyncio.current_task()}:
                    task.cancel()
                await asyncio.sleep(0.25)
                raise ValueError("and leave")
        return [each.outcome for each in pool.attempts]

    assert run_virtual(main()) == ["cancelled"]
    assert log == [1.5]


# What a handler may give back, or raise


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("no")


class Halt(BaseException):
    pass


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("wrong"), "ValueError: wrong"),
        (Halt("stop"), "Halt: stop"),
        (GeneratorExit("bye"), "GeneratorExit: bye"),
        (StopAsyncIteration("end"), "StopAsyncIteration: end"),
        (StopIteration("end"), "RuntimeError: coroutine raised StopIteration"),
        (asyncio.CancelledError("by itself"), "CancelledError: by itself"),
        (asyncio.CancelledError(), "CancelledError"),
        (asyncio.InvalidStateError("mine"), "InvalidStateError: mine"),
        (Unprintable(), "Unprintable: <its message cannot be shown>"),
        (ExceptionGroup("two", [ValueError("a")]), "ExceptionGroup: two (1 sub-exception)"),
        (
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "\ud800"),
            r"UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: \ud800",
        ),
    ],
)
@pytest.mark.parametrize("delay_s", [0.0, 1.0])
def test_a_handler_that_raises_anything_has_failed_and_stops_nobody(
    error: BaseException, text: str, delay_s: float
) -> None:
    async def fail(task: Task) -> None:
        await asyncio.sleep(delay_s)
        raise error

    async def main() -> tuple[TaskResult, list[TaskResult]]:
        async with WorkerPool(2) as pool:
            others = [pool.submit(Task(f"t{each}"), sleeper(2.0, each)) for each in range(3)]
            failed = await pool.run(TASK, fail)
            return failed, await asyncio.gather(*others)

    failed, others = run_virtual(main())
    assert (failed.outcome, failed.error, failed.value) == (Outcome.FAILED, text, None)
    assert [each.value for each in others] == [0, 1, 2]


def _synchronous(task: Task) -> int:
    return 42


def _raises_at_once(task: Task) -> int:
    raise KeyError("at once")


async def _generator(task: Task) -> Any:
    yield 1


async def _takes_nothing() -> None:
    pass


class Callable_:
    async def __call__(self, task: Task) -> str:
        return f"called with {task}"


class Sleepless:
    def __await__(self) -> Any:
        return "awaited"
        yield


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (
            _synchronous,
            "TypeError: handler '_synchronous' must be an async function, got int from it",
        ),
        (
            _generator,
            "TypeError: handler '_generator' must be an async function, got async_generator",
        ),
        (lambda task: None, "<lambda>' must be an async function, got NoneType from it"),
        (functools.partial(_synchronous), "handler 'partial' must be an async function, got int"),
        (_raises_at_once, "KeyError: 'at once'"),
        (
            _takes_nothing,
            "TypeError: _takes_nothing() takes 0 positional arguments but 1 was given",
        ),
    ],
)
def test_a_handler_that_is_not_async_has_failed_and_is_named(handler: Any, text: str) -> None:
    attempt = attempt_of(handler)
    assert attempt.outcome is Outcome.FAILED
    assert text in attempt.error


@pytest.mark.parametrize(
    ("handler", "value"),
    [
        (Callable_(), "called with t"),
        (functools.partial(sleeper(1.0, "part")), "part"),
        (lambda task: Sleepless(), "awaited"),
        (lambda task: asyncio.ensure_future(sleeper(1.0, "in a task")(task)), "in a task"),
    ],
)
def test_whatever_gives_an_awaitable_is_a_handler(handler: Any, value: str) -> None:
    assert run_virtual(result_of(handler)).value == value


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("run", [run_virtual, asyncio.run])
def test_an_interrupt_in_a_handler_stops_the_run_cleanly_and_goes_up(
    kind: type[BaseException], run: Callable[[Any], Any]
) -> None:
    log: list[str] = []

    async def interrupt(task: Task) -> None:
        await asyncio.sleep(0.01)
        raise kind("from a handler")

    async def other(task: Task) -> None:
        try:
            await asyncio.sleep(30.0)
        finally:
            await asyncio.sleep(0)
            log.append("cleaned up")

    async def main() -> None:
        async with WorkerPool(2) as pool:
            pool.submit(Task("other"), other)
            await pool.run(TASK, interrupt)

    with pytest.raises(kind, match="from a handler"):
        run(main())
    assert log == ["cleaned up"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_the_clean_up_of_a_handler_goes_up_too(kind: type[BaseException]) -> None:
    log: list[str] = []

    async def handler(task: Task) -> None:
        try:
            await asyncio.sleep(30.0)
        finally:
            log.append(task.id)
            await asyncio.sleep(0.25)
            raise kind("from a clean-up")

    async def main() -> None:
        async with WorkerPool(2) as pool:
            pool.submit(TASK, handler)
            await asyncio.sleep(1.0)
            raise ValueError("leave")

    with pytest.raises(kind, match="from a clean-up"):
        run_virtual(main())
    assert log == ["t"]


# On the wall clock: only orders and outcomes are looked at


def test_a_handler_that_blocks_the_real_clock_past_its_timeout_is_timed_out() -> None:
    async def block(task: Task) -> str:
        time.sleep(0.03)  # nothing can stop it, but its value does not count
        return "late"

    async def wait(task: Task) -> str:
        await asyncio.sleep(10.0)
        return "late"

    for handler in (block, wait, swallower(0.0)):
        result = asyncio.run(result_of(handler, timeout_s=0.02))
        assert (result.outcome, result.value) == (Outcome.TIMED_OUT, None)


def test_a_handler_that_swallows_on_the_real_clock_is_abandoned() -> None:
    result = asyncio.run(
        result_of(
            swallower(0.2),
            timeout_s=0.01,
            grace_s=0.01,
        )
    )
    assert result.outcome is Outcome.TIMED_OUT
    assert "abandoned" in result.error


@pytest.mark.parametrize(
    ("takes_s", "outcome"),
    [(10.0, Outcome.TIMED_OUT), (10.0 - 1e-7, Outcome.TIMED_OUT), (10.0 - 1e-6, Outcome.SUCCEEDED)],
)
def test_a_call_that_blocks_for_exactly_the_timeout_is_timed_out_on_an_ordinary_loop(
    takes_s, outcome
):
    now_s = [1000.0]

    async def blocks(task):
        now_s[0] += takes_s  # nobody can cancel it meanwhile: only the clock tells

    async def main():
        asyncio.get_running_loop().time = lambda: now_s[0]
        async with WorkerPool(1, timeout_s=10.0) as pool:
            future = pool.submit(Task("A"), blocks)
        return (await future).outcome

    assert asyncio.run(main()) is outcome


def test_attempts_that_began_together_time_out_together_whatever_the_sum_of_floats() -> None:
    async def hang(task: Task) -> None:
        await asyncio.sleep(math.inf)

    async def main() -> list[float]:
        await asyncio.sleep(3.000004)  # and one more second is 4.0000040000000005
        async with WorkerPool(3, timeout_s=1.0) as pool:
            for name in "abc":
                pool.submit(Task(name), hang)
        return [attempt.finish_s for attempt in pool.attempts]

    assert run_virtual(main()) == [4.000004] * 3
