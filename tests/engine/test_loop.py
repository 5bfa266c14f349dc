"""The virtual clock: exact times, exact orders, and the errors of programs that cannot go on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from fulfillment_lib.engine import loop as clock
from fulfillment_lib.engine.loop import VirtualLoop
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.errors import ArgumentError, ClockError, DeadlockError

BASES = (0.0, 1e6, 1.7e9)


def now() -> float:
    return asyncio.get_running_loop().time()


async def after(delay_s: float, value: Any = None) -> Any:
    await asyncio.sleep(delay_s)
    return value


# Time


def test_times_print_as_people_write_them() -> None:
    async def main() -> list[float]:
        times = []
        for _ in range(22):
            await asyncio.sleep(0.1)
            times.append(now())
        return times

    assert run_virtual(main()) == [each / 10 for each in range(1, 23)]


@pytest.mark.parametrize("base", BASES)
def test_a_microsecond_counts_at_any_base(base: float) -> None:
    async def main() -> float:
        await asyncio.sleep(1e-6)
        return now()

    ticks = round(base * 1_000_000)
    assert run_virtual(main(), start_s=base) == (ticks + 1) / 1_000_000


@pytest.mark.parametrize("base", BASES)
def test_a_deadline_given_as_a_time_is_met_to_the_microsecond(base: float) -> None:
    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        log: list[int] = []
        for microseconds in (7, 3, 1_000_001):
            loop.call_at(
                loop.time() + microseconds / 1e6, lambda: log.append(round((now() - base) * 1e6))
            )
        await asyncio.sleep(2.0)
        return log

    assert run_virtual(main(), start_s=base) == [3, 7, 1_000_001]


@pytest.mark.parametrize("base", BASES)
def test_equal_deadlines_wake_in_the_order_in_which_they_were_set(base: float) -> None:
    async def main() -> list[int]:
        log: list[int] = []

        async def nap(number: int) -> None:
            await asyncio.sleep(5.0)
            log.append(number)

        await asyncio.gather(*(nap(each) for each in range(9)))
        return log

    assert run_virtual(main(), start_s=base) == list(range(9))


def test_timers_fire_one_at_a_time_and_only_when_nothing_is_ready() -> None:
    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        log: list[str] = []

        async def chain(name: str) -> None:
            await asyncio.sleep(1.0)
            for step in range(3):
                log.append(f"{name}{step}")
                await asyncio.sleep(0)

        await asyncio.gather(chain("a"), chain("b"))
        loop.call_later(1.0, lambda: loop.call_soon(log.append, "ready first"))
        loop.call_later(1.0, log.append, "then the timer")
        await asyncio.sleep(2.0)
        return log

    assert run_virtual(main()) == [
        "a0",
        "a1",
        "a2",
        "b0",
        "b1",
        "b2",
        "ready first",
        "then the timer",
    ]


@pytest.mark.parametrize("delay", [-1.0, -1e300, -math.inf])
def test_a_deadline_in_the_past_is_now(delay: float) -> None:
    async def main() -> list[float]:
        log: list[float] = []
        await asyncio.sleep(3.0)
        asyncio.get_running_loop().call_at(delay, lambda: log.append(now()))
        asyncio.get_running_loop().call_later(delay, lambda: log.append(now()))
        await asyncio.sleep(1.0)
        return log

    assert run_virtual(main()) == [3.0, 3.0]


def test_callbacks_of_one_instant_run_in_the_order_soon_then_past_then_present() -> None:
    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        log: list[str] = []
        await asyncio.sleep(1.0)
        loop.call_later(0.0, log.append, "later 0")
        loop.call_at(0.5, log.append, "at 0.5")
        loop.call_at(1.0, log.append, "at 1")
        loop.call_soon(log.append, "soon")
        await asyncio.sleep(0.0000004)  # nearest to now, but later
        log.append(f"{now()}")
        return log

    assert run_virtual(main()) == ["soon", "later 0", "at 0.5", "at 1", "1.000001"]


def test_a_sleep_for_ever_never_ends_but_can_be_left() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5.0):
                await asyncio.sleep(math.inf)
        return now()

    assert run_virtual(main()) == 5.0


def test_nan_is_no_time() -> None:
    async def sleep() -> None:
        await asyncio.sleep(math.nan)

    async def call() -> None:
        asyncio.get_running_loop().call_at(math.nan, print)

    for main in (sleep, call):
        with pytest.raises(ValueError, match="NaN"):
            run_virtual(main())


@pytest.mark.parametrize("start", [-1.0, math.nan, math.inf, 4.1e9, "0", None, True])
def test_a_start_that_is_no_time_is_refused(start: Any) -> None:
    with pytest.raises(ArgumentError, match="start_s must be a number from 0 to 4,000,000,000"):
        VirtualLoop(start)


def test_a_blocking_call_is_free() -> None:
    async def main() -> float:
        sum(range(100_000))
        return now()

    assert run_virtual(main()) == 0.0


SPANS_S = [1 / 3, 0.1 + 0.2, 2e-6 / 3, 1e-9, 4e-7, 0.2, 7 / 30, 1 / 7]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("span_s", SPANS_S)
def test_waiting_until_a_time_ends_at_the_next_microsecond(base: float, span_s: float) -> None:
    async def main() -> tuple[float, float, int]:
        await asyncio.sleep(0.1)
        goal_s, naps = now() + span_s, 0
        while now() < goal_s:
            await asyncio.sleep(goal_s - now())
            naps += 1
        return goal_s, now(), naps

    goal_s, end_s, naps = run_virtual(main(), start_s=base)
    assert goal_s <= end_s <= goal_s + 1e-6
    assert naps <= 2


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("delay_s", [5e-324, 1e-12, 4e-7])
def test_a_timer_for_later_than_now_fires_later_than_now(base: float, delay_s: float) -> None:
    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        log: list[float] = []
        await asyncio.sleep(delay_s)
        log.append(now())
        loop.call_later(delay_s, lambda: log.append(now()))
        await asyncio.sleep(1e-6)
        loop.call_at(math.nextafter(now(), math.inf), lambda: log.append(now()))
        await asyncio.sleep(1e-6)
        try:
            async with asyncio.timeout(max(delay_s, math.ulp(now()))):
                await asyncio.sleep(1.0)
        except TimeoutError:
            log.append(now())
        return [round((time_s - base) * 1e6) for time_s in log]

    assert run_virtual(main(), start_s=base) == [1, 2, 3, 4]


@pytest.mark.parametrize("rate", [3, 7, 10, 30, 33, 1_000_003])
def test_a_limiter_of_any_rate_lets_through_what_it_should(rate: int) -> None:
    async def main() -> float:
        level, filled_s = 0.0, now()
        for _ in range(5 * rate if rate < 100 else 100):
            while True:
                level, filled_s = max(0.0, level - (now() - filled_s) * rate), now()
                if level + 1 <= 1:
                    break
                await asyncio.sleep(level / rate)
            level += 1
        return now()

    count = 5 * rate if rate < 100 else 100
    assert run_virtual(main()) == pytest.approx((count - 1) / rate, abs=count * 1e-6)


# Waiting for ever, and spinning


def test_a_deadlock_is_an_error_that_names_the_waiting_tasks() -> None:
    async def stuck() -> None:
        await asyncio.get_running_loop().create_future()

    async def main() -> None:
        named = asyncio.create_task(stuck(), name="the picker")
        await asyncio.sleep(2.5)
        await named

    message = (
        r"nothing is ready and nothing is scheduled at 2.5 s, but 2 waiting: "
        r"Task-1 \(.*main\), the picker \(.*stuck\)$"
    )
    with pytest.raises(DeadlockError, match=message):
        run_virtual(main())


def test_a_deadlock_of_many_names_ten() -> None:
    async def main() -> None:
        await asyncio.gather(*(asyncio.sleep(math.inf) for _ in range(30)))

    with pytest.raises(DeadlockError, match=r"31 waiting: .*Task-10 \(sleep\) and 21 more$"):
        run_virtual(main())


def test_a_deadlocked_program_still_cleans_up() -> None:
    log: list[str] = []

    async def main() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(1.0)
            log.append(f"cleaned at {now()}")

    with pytest.raises(DeadlockError, match="at 0 s"):
        run_virtual(main())
    assert log == ["cleaned at 1.0"]


@pytest.fixture
def few_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "MOST_TURNS_PER_INSTANT", 200)


async def _sleep_nothing() -> None:
    await asyncio.sleep(0)


async def _run_on_an_executor() -> None:
    await asyncio.to_thread(int)


@pytest.mark.parametrize("step", [_sleep_nothing, _run_on_an_executor])
def test_a_spin_in_which_time_stands_still_is_an_error(
    few_turns: None, step: Callable[[], Awaitable[None]]
) -> None:
    async def main() -> None:
        await asyncio.sleep(1.5)
        while True:
            await step()

    message = r"time stands still at 1.5 s after 200 turns; .*sleep\(0\)\? 1 waiting: Task-1"
    with pytest.raises(ClockError, match=message):
        run_virtual(main())


def test_a_callback_that_calls_itself_again_is_a_spin_too(few_turns: None) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()

        def again() -> None:
            loop.call_soon(again)

        again()
        await asyncio.sleep(1.0)

    with pytest.raises(ClockError, match="time stands still at 0 s"):
        run_virtual(main())


def test_turns_are_counted_per_instant(few_turns: None) -> None:
    async def main() -> float:
        for _ in range(20):
            for _ in range(150):
                await asyncio.sleep(0)
            await asyncio.sleep(1.0)
        return now()

    assert run_virtual(main()) == 20.0


def test_a_deadlock_without_a_task_says_that_there_is_none() -> None:
    loop = VirtualLoop()
    with pytest.raises(DeadlockError, match=r"scheduled at 0 s, and there is no task$"):
        loop.run_forever()
    with pytest.raises(DeadlockError, match="and there is no task"):
        loop.run_until_complete(loop.create_future())
    loop.close()


# Starting, stopping, closing


def test_a_loop_that_was_stopped_before_it_runs_runs_what_is_ready_and_stops() -> None:
    loop = VirtualLoop()
    log: list[str] = []
    loop.call_soon(loop.call_soon, log.append, "the second turn")
    loop.call_soon(log.append, "the first turn")
    loop.stop()
    loop.run_forever()
    assert log == ["the first turn"]
    loop.stop()
    loop.run_forever()
    assert log == ["the first turn", "the second turn"]
    loop.close()


def test_a_nested_run_that_is_refused_runs_nothing() -> None:
    ran: list[bool] = []

    async def inner() -> None:
        ran.append(True)

    async def main() -> None:
        refused = inner()
        with pytest.raises(RuntimeError, match="a loop runs already; await in it, or use run_vir"):
            asyncio.get_running_loop().run_until_complete(refused)
        await asyncio.sleep(1.0)
        refused.close()

    run_virtual(main())
    assert not ran


@pytest.mark.parametrize(
    "call",
    [
        lambda loop: loop.call_soon(print),
        lambda loop: loop.call_soon_threadsafe(print),
        lambda loop: loop.call_later(1.0, print),
        lambda loop: loop.call_at(1.0, print),
        lambda loop: loop.call_at(math.inf, print),
        lambda loop: loop.run_in_executor(None, print),
        lambda loop: loop.create_task(_sleep_nothing()),
        lambda loop: loop.run_forever(),
    ],
)
def test_a_closed_loop_takes_nothing(call: Callable[[VirtualLoop], object]) -> None:
    loop = VirtualLoop()
    loop.close()
    loop.close()
    with pytest.raises(RuntimeError, match="the loop is closed"):
        call(loop)


def test_a_running_loop_cannot_be_closed() -> None:
    async def main() -> float:
        with pytest.raises(RuntimeError, match="a running loop cannot be closed"):
            asyncio.get_running_loop().close()
        await asyncio.sleep(1.0)
        return now()

    assert run_virtual(main()) == 1.0


# Timers


def test_a_cancelled_timer_moves_no_time() -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_later(50.0, print).cancel()
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError, match="nothing is scheduled at 0 s"):
        run_virtual(main())


def test_cancelled_timers_are_compacted() -> None:
    async def main() -> tuple[int, float]:
        loop = asyncio.get_running_loop()
        for _ in range(5_000):
            loop.call_later(1_000.0, print).cancel()
        await asyncio.sleep(1.0)
        return len(loop._timers), now()

    assert run_virtual(main())[0] <= 101
    assert run_virtual(main())[1] == 1.0


def test_compacting_loses_no_timer_and_keeps_the_order() -> None:
    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        log: list[int] = []
        timers = [loop.call_later(each % 7, log.append, each) for each in range(1_000)]
        for number, timer in enumerate(timers):
            if number % 5:
                timer.cancel()
        await asyncio.sleep(10.0)
        return log

    assert run_virtual(main()) == sorted(range(0, 1_000, 5), key=lambda each: (each % 7, each))


def test_the_loop_tells_its_time_and_how_much_is_ready_and_scheduled() -> None:
    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        for _ in range(3):
            await asyncio.sleep(0.5)
        loop.call_soon(int)
        loop.call_later(1.0, int)
        loop.call_later(math.inf, print).cancel()
        return repr(loop)

    assert run_virtual(main()) == "VirtualLoop(1.5 s, 1 ready, 1 timers)"


# The tools of asyncio


def test_a_task_group_runs_children_side_by_side_and_cancels_them_on_an_error() -> None:
    log: list[str] = []

    async def child(name: str, delay_s: float) -> None:
        try:
            await asyncio.sleep(delay_s)
            raise ValueError(name)
        except asyncio.CancelledError:
            log.append(f"{name} cancelled at {now()}")
            raise

    async def main() -> float:
        async with asyncio.TaskGroup() as group:
            group.create_task(after(3.0))
            group.create_task(after(2.0))
        assert now() == 3.0
        with pytest.raises(ExceptionGroup, match="unhandled errors") as caught:
            async with asyncio.TaskGroup() as group:
                for number in range(9):
                    group.create_task(child(f"child {number}", 5.0 + number))
        assert [str(each) for each in caught.value.exceptions] == ["child 0"]
        return now()

    assert run_virtual(main()) == 8.0
    assert log == [f"child {each} cancelled at 8.0" for each in range(1, 9)]


def test_timeout_and_wait_for_end_exactly_at_their_time() -> None:
    async def main() -> list[Any]:
        log: list[Any] = []
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.25):
                await asyncio.sleep(2.0)
        log.append(now())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(after(2.0), 0.75)
        log.append(now())
        log.append(await asyncio.wait_for(after(1.0, "in time"), 1.5))
        async with asyncio.timeout_at(now() + 1.0) as moved:
            moved.reschedule(now() + 5.0)
            await asyncio.sleep(4.0)
        log.append(now())
        return log

    assert run_virtual(main()) == [1.25, 2.0, "in time", 7.0]


def test_wait_gives_the_first_and_the_rest_of_tasks() -> None:
    async def main() -> list[Any]:
        tasks = [asyncio.create_task(after(delay, delay)) for delay in (3.0, 1.0, 2.0)]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        log: list[Any] = [[each.result() for each in done], now(), len(pending)]
        done, pending = await asyncio.wait(pending, timeout=1.0)
        log += [[each.result() for each in done], now(), len(pending)]
        done, pending = await asyncio.wait(pending)
        return [*log, now(), len(pending)]

    assert run_virtual(main()) == [[1.0], 1.0, 2, [2.0], 2.0, 1, 3.0, 0]


def test_the_sets_that_wait_gives_come_in_the_order_of_creation() -> None:
    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in range(8)]
        for number, future in reversed(list(enumerate(futures))):
            loop.call_later(1.0, future.set_result, number)
        done, _ = await asyncio.wait(futures)
        return [each.result() for each in done]

    orders = {tuple(run_virtual(main())) for _ in range(5)}
    assert len(orders) == 1
    assert sorted(orders.pop()) == list(range(8))


def test_as_completed_and_gather_keep_their_orders() -> None:
    async def main() -> list[Any]:
        log = [
            await each
            for each in asyncio.as_completed([after(3.0, "c"), after(1.0, "a"), after(2.0, "b")])
        ]
        log += await asyncio.gather(after(3.0, "c"), after(1.0, "a"))
        return [*log, now()]

    assert run_virtual(main()) == ["a", "b", "c", "c", "a", 6.0]


def test_gather_raises_the_first_error_when_it_happens() -> None:
    async def fail(delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        raise ValueError(f"at {now()}")

    async def main() -> list[Any]:
        with pytest.raises(ValueError, match=r"at 1\.0"):
            await asyncio.gather(fail(2.0), fail(1.0), after(3.0))
        errors = await asyncio.gather(fail(2.0), after(1.0, "fine"), return_exceptions=True)
        return [str(errors[0]), errors[1], now()]

    assert run_virtual(main()) == ["at 3.0", "fine", 3.0]


def test_a_queue_hands_over_in_order_and_holds_back_the_producer() -> None:
    async def main() -> list[Any]:
        queue: asyncio.Queue[int] = asyncio.Queue(2)
        log: list[Any] = []

        async def produce() -> None:
            for number in range(4):
                await queue.put(number)
                log.append(("put", number, now()))

        async def consume() -> None:
            while True:
                await asyncio.sleep(1.0)
                log.append(("got", await queue.get(), now()))
                queue.task_done()

        consumer = asyncio.create_task(consume())
        await produce()
        await queue.join()
        consumer.cancel()
        return log

    assert run_virtual(main()) == [
        ("put", 0, 0.0),
        ("put", 1, 0.0),
        ("got", 0, 1.0),
        ("put", 2, 1.0),
        ("got", 1, 2.0),
        ("put", 3, 2.0),
        ("got", 2, 3.0),
        ("got", 3, 4.0),
    ]


def test_locks_semaphores_events_conditions_and_barriers_take_no_time_of_their_own() -> None:
    async def main() -> list[Any]:
        log: list[Any] = []
        semaphore, event, condition = asyncio.Semaphore(2), asyncio.Event(), asyncio.Condition()
        barrier, lock = asyncio.Barrier(3), asyncio.Lock()

        async def work(number: int) -> None:
            async with semaphore:
                await asyncio.sleep(1.0)
                log.append(("semaphore", number, now()))
            async with lock:
                await asyncio.sleep(0.5)
            log.append(("barrier", await barrier.wait(), now()))
            await event.wait()
            log.append(("event", number, now()))
            async with condition:
                await condition.wait()
                log.append(("condition", number, now()))

        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(work(number))
            await asyncio.sleep(5.0)
            event.set()
            await asyncio.sleep(1.0)
            async with condition:
                condition.notify_all()
        return log

    assert run_virtual(main()) == [
        ("semaphore", 0, 1.0),
        ("semaphore", 1, 1.0),
        ("semaphore", 2, 2.0),
        ("barrier", 2, 2.5),
        ("barrier", 0, 2.5),
        ("barrier", 1, 2.5),
        ("event", 2, 5.0),
        ("event", 0, 5.0),
        ("event", 1, 5.0),
        ("condition", 2, 6.0),
        ("condition", 0, 6.0),
        ("condition", 1, 6.0),
    ]


def test_call_at_call_later_and_call_soon_pass_their_arguments() -> None:
    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        log: list[Any] = []

        def note(*args: object) -> None:
            log.append((*args, now()))

        loop.call_at(12.0, note, "at", 1)
        loop.call_later(1.0, note, "later", 2)
        loop.call_soon(note, "soon", 3)
        loop.call_soon_threadsafe(note, "threadsafe", 4)
        await asyncio.sleep(5.0)
        return log

    assert run_virtual(main(), start_s=10.0) == [
        ("soon", 3, 10.0),
        ("threadsafe", 4, 10.0),
        ("later", 2, 11.0),
        ("at", 1, 12.0),
    ]


# Tasks


def test_an_empty_name_is_a_name() -> None:
    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(_sleep_nothing(), name=name) for name in ("", "x", None)]
        await asyncio.wait(tasks)
        return [task.get_name() for task in tasks]

    assert run_virtual(main()) == ["", "x", "Task-2"]


def test_tasks_are_named_from_the_loop_s_own_counter() -> None:
    async def main() -> list[str]:
        tasks = [asyncio.create_task(after(1.0)) for _ in range(2)]
        await asyncio.gather(*tasks)
        return [each.get_name() for each in [asyncio.current_task(), *tasks]]

    assert run_virtual(main()) == ["Task-1", "Task-2", "Task-3"]
    assert run_virtual(main()) == ["Task-1", "Task-2", "Task-3"]


def test_a_closed_loop_refuses_work_and_lets_no_coroutine_fall() -> None:
    loop = VirtualLoop()
    assert loop.run_until_complete(after(1.0, "done")) == "done"
    loop.close()
    assert loop.is_closed() and not loop.is_running()
    with pytest.raises(RuntimeError, match="closed"):
        loop.create_task(after(1.0))
    with pytest.raises(RuntimeError, match="closed"):
        loop.call_soon_threadsafe(print)
    with pytest.raises(RuntimeError, match="closed"):
        loop.run_forever()


def test_a_stopped_loop_says_that_the_end_was_not_reached_and_can_go_on() -> None:
    loop = VirtualLoop()
    task = loop.create_task(after(5.0, "done"))
    loop.call_later(2.0, loop.stop)
    with pytest.raises(RuntimeError, match="stopped before the end"):
        loop.run_until_complete(task)
    assert loop.time() == 2.0
    assert loop.run_until_complete(task) == "done"
    assert loop.time() == 5.0
    loop.close()


def test_it_serves_asyncio_s_own_runner() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(after(60.0, "first")) == "first"
        assert runner.run(after(60.0, "second")) == "second"
        assert runner.get_loop().time() == 120.0


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_callback_goes_up(kind: type[BaseException]) -> None:
    def interrupt() -> None:
        raise kind("now")

    async def main() -> None:
        asyncio.get_running_loop().call_later(1.0, interrupt)
        await asyncio.sleep(5.0)

    with pytest.raises(kind, match="now"):
        run_virtual(main())


# Whole programs


class RandomProgram:
    """An asyncio program drawn from a seed; each draw goes by the order of events so far.

    So the least change of order shows in the log, and in everything after it.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.log: list[str] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.left = 60

    def run(self) -> list[str]:
        with contextlib.suppress(DeadlockError, ValueError, ExceptionGroup, asyncio.CancelledError):
            run_virtual(self.node("0", 0))
        self.log.append("end")
        return self.log

    def note(self, what: str) -> None:
        self.log.append(f"{now()} {what}")

    def delay(self) -> float:
        return self.random.choice([0.0, 0.0, 0.5, 1.0, 1.0, 2.0])

    def child(self, name: str, depth: int, number: int) -> asyncio.Task[Any]:
        task = asyncio.create_task(self.node(f"{name}.{number}", depth + 1))
        task.add_done_callback(lambda task: task.cancelled() or task.exception())  # has been seen
        self.tasks.append(task)
        return task

    async def node(self, name: str, depth: int) -> str:
        self.left -= 1
        self.note(f"{name} starts")
        acts = [self.sleep, self.futures, self.cancel, self.fail, self.generator]
        if depth < 3 and self.left > 0:
            acts += [self.group, self.wait, self.limit, self.gather] * 2
        try:
            for _ in range(self.random.randint(1, 4)):
                await self.random.choice(acts)(name, depth)
        except BaseException as error:
            self.note(f"{name} ends with {type(error).__name__}")
            raise
        finally:
            if self.random.random() < 0.2:
                await asyncio.sleep(self.delay())
        self.note(f"{name} ends")
        return name

    async def sleep(self, name: str, depth: int) -> None:
        await asyncio.sleep(self.delay())

    async def fail(self, name: str, depth: int) -> None:
        if self.random.random() < 0.3:
            raise ValueError(name)

    async def cancel(self, name: str, depth: int) -> None:
        if self.tasks and self.random.random() < 0.3:
            self.random.choice(self.tasks).cancel()
        await asyncio.sleep(0)

    async def group(self, name: str, depth: int) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self.random.randint(2, 6)):
                    self.tasks.append(group.create_task(self.node(f"{name}.{number}", depth + 1)))
        except* ValueError as errors:
            self.note(f"{name} lost {[str(each) for each in errors.exceptions]}")

    async def wait(self, name: str, depth: int) -> None:
        tasks = [self.child(name, depth, each) for each in range(self.random.randint(2, 6))]
        done, pending = await asyncio.wait(
            tasks,
            timeout=self.delay() + 0.5,
            return_when=self.random.choice(
                [asyncio.FIRST_COMPLETED, asyncio.FIRST_EXCEPTION, asyncio.ALL_COMPLETED]
            ),
        )
        for task in done:
            error = None if task.cancelled() else task.exception()
            self.note(f"{name} has {task.get_name()} {error!r}")
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def futures(self, name: str, depth: int) -> None:
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in range(self.random.randint(2, 6))]
        for number, future in enumerate(futures):
            loop.call_later(
                self.delay(),
                lambda future=future, number=number: (
                    None if future.done() else future.set_result(number)
                ),
            )
        done, pending = await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
        self.note(f"{name} got {[each.result() for each in done]}, {len(pending)} to come")

    async def limit(self, name: str, depth: int) -> None:
        try:
            async with asyncio.timeout(self.delay()):
                await self.node(f"{name}.t", depth + 1)
        except TimeoutError:
            self.note(f"{name} has no time left")

    async def gather(self, name: str, depth: int) -> None:
        children = [self.child(name, depth, each) for each in range(self.random.randint(2, 4))]
        answers = await asyncio.gather(*children, return_exceptions=True)
        self.note(f"{name} gathered {[str(each) for each in answers]}")

    async def generator(self, name: str, depth: int) -> None:
        async def numbers() -> Any:
            try:
                for number in range(3):
                    await asyncio.sleep(self.delay())
                    yield number
            finally:
                self.note(f"{name} closes its numbers")

        async for number in numbers():
            if self.random.random() < 0.3:
                break
            self.note(f"{name} counts {number}")


def _program_logs() -> list[list[str]]:
    return [RandomProgram(seed).run() for seed in range(100)]


@pytest.fixture(scope="module")
def program_logs() -> list[list[str]]:
    return _program_logs()


@pytest.mark.slow
def test_random_programs_repeat_exactly(program_logs: list[list[str]]) -> None:
    ballast = [object() for _ in range(54_321)]  # so that addresses differ
    assert _program_logs() == program_logs
    assert ballast
    assert sum(map(len, program_logs)) > 3_000
    together = "\n".join(line for log in program_logs for line in log)
    for word in ("lost", "has Task", "no time left", "gathered", "to come", "closes"):
        assert word in together  # each kind of act comes up


@pytest.mark.slow
def test_random_programs_repeat_in_processes_with_other_hash_seeds_and_memory(
    program_logs: list[list[str]],
) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, __file__],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
        )
        for hash_seed in ("1", "4711")
    ]
    for process in processes:
        with process:
            output, _ = process.communicate()
            assert json.loads(output) == program_logs


if __name__ == "__main__":
    _ballast = [bytes(each % 999) for each in range(hash("memory") % 10_000)]
    print(json.dumps(_program_logs()))
