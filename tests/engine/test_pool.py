"""The pool: who starts when, how tries and cancels end, and what no set of jobs may break."""

from __future__ import annotations

import asyncio
import functools
import gc
import itertools
import math
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tripping import cancels, loops

from fulfillment_lib import policies
from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Attempt, Outcome, Task, TaskResult
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.errors import ArgumentError, FulfillmentError

BASES = (0.0, 1e6, 1.7e9)


def now() -> float:
    return asyncio.get_running_loop().time()


async def work(task: Task) -> str:
    """Sleep for the task's payload in seconds."""
    await asyncio.sleep(task.payload)
    return f"{task.id} done"


async def fail(task: Task) -> None:
    await asyncio.sleep(task.payload or 0.0)
    raise ValueError(f"{task.id} failed")


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No test here leaves a complaint to the garbage collector (warnings are errors)."""
    gc.freeze()  # what is there already is not looked at again and again
    yield
    gc.collect()
    gc.unfreeze()


def starts(attempts: tuple[Attempt, ...]) -> list[tuple[str, float]]:
    ranked = sorted(attempts, key=lambda each: (each.start_s, each.worker))
    return [(each.task_id, each.start_s) for each in ranked]


def pooled(*tasks: Task, **options: Any) -> WorkerPool:
    """A pool in which all the tasks were submitted at once, and have ended."""

    async def main() -> WorkerPool:
        async with WorkerPool(**options) as pool:
            for task in tasks:
                pool.submit(task, work)
        return pool

    return run_virtual(main())


# Dispatch


GRAHAM_S = (3, 2, 2, 2, 4, 4, 4, 4, 9)  # the nine tasks of Graham's paper of 1969
GRAHAM_EDGES = {9: (1,), 5: (4,), 6: (4,), 7: (4,), 8: (4,)}


@pytest.mark.parametrize(
    ("workers", "shorter_s", "edges", "makespan_s"),
    [
        (3, 0, GRAHAM_EDGES, 12.0),
        (4, 0, GRAHAM_EDGES, 15.0),  # more workers: later
        (3, 1, GRAHAM_EDGES, 13.0),  # shorter tasks: later
        (3, 0, {9: (1,), 7: (4,), 8: (4,)}, 16.0),  # fewer dependencies: later
    ],
)
@pytest.mark.parametrize("base", BASES)
def test_graham_s_nine_tasks_show_his_anomalies(
    workers: int, shorter_s: int, edges: dict[int, tuple[int, ...]], makespan_s: float, base: float
) -> None:
    async def main() -> float:
        ended = {number: asyncio.Event() for number in range(1, 10)}

        async def one(pool: WorkerPool, number: int) -> None:
            for before in edges.get(number, ()):
                await ended[before].wait()
            payload = GRAHAM_S[number - 1] - shorter_s
            await pool.run(Task(f"T{number}", priority=number, payload=payload), work)
            ended[number].set()

        async with WorkerPool(workers, timeout_s=100.0) as pool:
            await asyncio.gather(*(one(pool, number) for number in reversed(range(1, 10))))
        return now() - base

    assert run_virtual(main(), start_s=base) == makespan_s


def test_of_all_that_is_submitted_together_express_starts_first() -> None:
    tasks = [
        Task(f"{word} {number}", priority=priority, payload=1.0)
        for number in range(2)
        for word, priority in (("standard", 1), ("express", 0))
    ]
    assert starts(pooled(*tasks, workers=2).attempts) == [
        ("express 0", 0.0),
        ("express 1", 0.0),
        ("standard 0", 1.0),
        ("standard 1", 1.0),
    ]


def test_what_becomes_ready_in_one_instant_competes_however_many_awaits_lie_between() -> None:
    async def main() -> list[tuple[str, float]]:
        async def late(pool: WorkerPool) -> None:
            for _ in range(50):
                await asyncio.sleep(0)
            await asyncio.to_thread(int)
            pool.submit(Task("express", priority=0, payload=1.0), work)

        async with WorkerPool(1) as pool:
            lingering = asyncio.create_task(late(pool))
            pool.submit(Task("standard", priority=1, payload=1.0), work)
            await lingering
        return starts(pool.attempts)

    assert run_virtual(main()) == [("express", 0.0), ("standard", 1.0)]


def test_a_timeout_frees_the_worker_and_not_the_thread_that_its_handler_waits_for() -> None:
    go_on, effects = threading.Event(), []

    def charge(started: threading.Event) -> None:
        started.set()
        go_on.wait()
        effects.append("charged")

    async def handler(task: Task) -> None:
        started = threading.Event()
        thread = asyncio.get_running_loop().run_in_executor(executor, charge, started)
        started.wait()  # so that the timeout cannot come first
        await thread

    async def main() -> TaskResult[None]:
        async with WorkerPool(1, timeout_s=0.01, max_attempts=3, backoff_s=0.0) as pool:
            return await pool.run(Task("charge"), handler)

    with ThreadPoolExecutor(3) as executor:
        try:
            result = asyncio.run(main())
            assert (result.outcome, len(result.attempts)) == (Outcome.TIMED_OUT, 3)
            assert effects == []  # three threads are under way at once, for one worker
        finally:
            go_on.set()
    assert effects == ["charged"] * 3


def test_what_arrives_in_the_instant_of_an_end_competes_for_the_freed_worker() -> None:
    async def main() -> list[tuple[str, float]]:
        async with WorkerPool(1) as pool:
            pool.submit(Task("running", payload=3.0), work)
            pool.submit(Task("waiting", priority=1, payload=1.0), work)
            await asyncio.sleep(3.0)
            pool.submit(Task("arriving", priority=0, payload=1.0), work)
        return starts(pool.attempts)

    assert run_virtual(main()) == [("running", 0.0), ("arriving", 3.0), ("waiting", 4.0)]


def test_a_running_attempt_is_never_stopped_for_a_better_one() -> None:
    async def main() -> tuple[Attempt, ...]:
        async with WorkerPool(1) as pool:
            pool.submit(Task("standard", priority=9, payload=5.0), work)
            await asyncio.sleep(1.0)
            pool.submit(Task("express", priority=-9, payload=1.0), work)
        return pool.attempts

    first, second = run_virtual(main())
    assert (first.task_id, first.start_s, first.finish_s) == ("standard", 0.0, 5.0)
    assert (second.task_id, second.start_s, second.wait_s) == ("express", 5.0, 4.0)


def test_ties_start_in_the_order_of_submission_on_the_lowest_free_worker() -> None:
    pool = pooled(*(Task(f"t{each:02}", payload=1.0) for each in range(9)), workers=4)
    assert [(each.task_id, each.worker, each.start_s, each.sequence) for each in pool.attempts] == [
        (f"t{each:02}", each % 4, float(each // 4), each) for each in range(9)
    ]


def test_a_task_goes_to_the_lowest_of_the_free_workers() -> None:
    async def main() -> list[tuple[str, int]]:
        async with WorkerPool(4) as pool:
            for each in range(4):
                pool.submit(Task(f"first {each}", payload=4.0 - each), work)
            await asyncio.sleep(3.5)
            for each in range(3):
                pool.submit(Task(f"then {each}", payload=1.0 + each), work)
        return [(each.task_id, each.worker) for each in pool.attempts[-3:]]

    assert run_virtual(main()) == [("then 0", 1), ("then 1", 2), ("then 2", 3)]


def test_tasks_with_equal_keys_are_never_compared() -> None:
    @functools.total_ordering
    class Same:
        def __eq__(self, other: object) -> bool:
            return True

        def __lt__(self, other: object) -> bool:
            return False

    pool = pooled(
        *(Task(f"t{each}", payload=1.0) for each in range(5)),
        workers=1,
        policy=lambda task, ready_s: Same(),
    )
    assert [each.task_id for each in pool.attempts] == [f"t{each}" for each in range(5)]


def test_a_task_may_submit_others_and_the_pool_waits_for_those_too() -> None:
    async def main() -> tuple[list[tuple[str, float]], float]:
        async with WorkerPool(1) as pool:

            async def parent(task: Task) -> None:
                await asyncio.sleep(1.0)
                if len(task.id) < 4:
                    pool.submit(Task(task.id + "+"), parent)

            pool.submit(Task("t"), parent)
        return starts(pool.attempts), now()

    assert run_virtual(main()) == ([("t", 0.0), ("t+", 1.0), ("t++", 2.0), ("t+++", 3.0)], 4.0)


def test_a_task_of_no_length_takes_no_time() -> None:
    pool = pooled(*(Task(f"t{each}", payload=0) for each in range(100)), workers=1)
    assert {(each.start_s, each.finish_s) for each in pool.attempts} == {(0.0, 0.0)}


@pytest.mark.parametrize("base", BASES)
def test_attempts_tell_wait_ready_and_service_times_exactly(base: float) -> None:
    async def main() -> tuple[Attempt, ...]:
        await asyncio.sleep(0.1)
        async with WorkerPool(1) as pool:
            pool.submit(Task("a", "kind", "order", 3, payload=1.1), work)
            await asyncio.sleep(0.2)
            pool.submit(Task("b", payload=2.2), work)
        return pool.attempts

    first, second = run_virtual(main(), start_s=base)
    assert first == Attempt(
        "order",
        "a",
        "kind",
        3,
        0,
        1,
        base + 0.1,
        base + 0.1,
        round(base + 1.2, 6),
        Outcome.SUCCEEDED,
        "",
        0,
    )
    assert (second.ready_s, second.start_s, second.finish_s) == (
        round(base + 0.3, 6),
        round(base + 1.2, 6),
        round(base + 3.4, 6),
    )
    assert (second.wait_s, second.service_s, second.sequence) == (0.9, 2.2, 1)


# Policies


QUEUE = (  # id, priority, submitted at, expected_s, due_s; one worker is busy until 5.0
    ("a", 1, 1.0, 4.0, None),
    ("b", 0, 2.0, None, 9.0),
    ("c", 1, 3.0, 1.0, 7.0),
    ("d", 0, 4.0, 2.0, 7.0),
    ("e", 2, 0.5, 4.0, 8.0),
)


@pytest.mark.parametrize(
    ("policy", "order"),
    [
        ("fifo", "eabcd"),
        ("express_first", "bdace"),
        ("shortest_first", "cdeab"),
        ("earliest_due", "cdeba"),
        (policies.ageing(0.0), "eabcd"),
        (policies.ageing(1.5), "baedc"),
        (policies.ageing(math.inf), "bdace"),
        (lambda task, ready_s: (-task.priority, -ready_s), "ecadb"),
        (lambda task, ready_s: task.id, "abcde"),
    ],
)
def test_a_policy_ranks_what_waits(policy: Any, order: str) -> None:
    async def main() -> str:
        async with WorkerPool(1, policy=policy) as pool:
            pool.submit(Task("z", payload=5.0), work)
            for name, priority, at_s, expected_s, due_s in sorted(QUEUE, key=lambda each: each[2]):
                await asyncio.sleep(at_s - now())
                pool.submit(
                    Task(name, priority=priority, payload=1.0, expected_s=expected_s, due_s=due_s),
                    work,
                )
        return "".join(each.task_id for each in pool.attempts)

    assert run_virtual(main()) == "z" + order


@pytest.mark.parametrize(
    ("policy", "start_s"),
    [
        (policies.ageing(10.0), 11.0),
        (policies.ageing(30.0), 31.0),
        (policies.express_first, 100.0),
        (policies.ageing(math.inf), 100.0),
        (policies.ageing(0.0), 1.0),
        (policies.fifo, 1.0),
    ],
)
def test_under_an_endless_express_stream_a_standard_task_waits_for_its_head_start(
    policy: policies.Policy, start_s: float
) -> None:
    async def main() -> float:
        async with WorkerPool(1, policy=policy) as pool:
            standard = pool.submit(Task("standard", priority=1, payload=1.0), work)
            pool.submit(Task("express 0", priority=0, payload=1.0), work)
            pool.submit(Task("express 0'", priority=0, payload=1.0), work)
            for number in range(1, 99):
                await asyncio.sleep(1.0)
                pool.submit(Task(f"express {number}", priority=0, payload=1.0), work)
        return (await standard).attempts[0].start_s

    # Fifo takes the standard task first, for it came first.
    expected_s = 0.0 if start_s == 1.0 else start_s
    assert run_virtual(main()) == expected_s


def test_a_policy_sees_the_task_and_the_time_at_which_it_became_ready_once_per_try() -> None:
    seen: list[tuple[str, float]] = []

    def policy(task: Task, ready_s: float) -> int:
        seen.append((task.id, ready_s))
        return 0

    async def main() -> None:
        async with WorkerPool(1, policy=policy, max_attempts=2, backoff_s=0.5) as pool:
            pool.submit(Task("a", payload=1.0), fail)
            await asyncio.sleep(0.25)
            pool.submit(Task("b", payload=1.0), work)

    run_virtual(main())
    assert seen == [("a", 0.0), ("b", 0.25), ("a", 1.5)]


def _raising(task: Task, ready_s: float) -> int:
    if task.id == "bad":
        raise ZeroDivisionError("in the policy")
    return 0


class _Unequal:
    def __lt__(self, other: object) -> bool:
        raise ValueError("not comparable")


@pytest.mark.parametrize(
    ("policy", "error", "message"),
    [
        (_raising, ZeroDivisionError, "in the policy"),
        (
            lambda task, ready_s: math.nan if task.id == "bad" else 0.0,
            ArgumentError,
            "policy must be a function that gives keys to sort by, got nan",
        ),
        (
            lambda task, ready_s: "x" if task.id == "bad" else 0,
            ArgumentError,
            "policy must be a function whose sort keys can be compared, got 'x'",
        ),
        (lambda task, ready_s: None if task.id == "bad" else 0, ArgumentError, "got None"),
        (
            lambda task, ready_s: _Unequal() if task.id == "bad" else 0,
            ArgumentError,
            "got <.*_Unequal",
        ),
    ],
)
def test_a_policy_without_a_usable_key_is_refused_and_the_others_run_on(
    policy: Any, error: type[Exception], message: str
) -> None:
    async def main() -> tuple[str, list[tuple[str, float]]]:
        async with WorkerPool(1, policy=policy) as pool:
            for name in ("a", "b", "c"):
                pool.submit(Task(name, payload=1.0), work)
            with pytest.raises(error, match=message):
                pool.submit(Task("bad"), work)
            shown = repr(pool)
            pool.submit(Task("d", payload=1.0), work)
        return shown, starts(pool.attempts)

    shown, started = run_virtual(main())
    assert shown == "WorkerPool(1 workers, 0 busy, 3 waiting, 0 attempts)"
    assert started == [("a", 0.0), ("b", 1.0), ("c", 2.0), ("d", 3.0)]


def test_a_policy_that_fails_at_a_retry_fails_the_task() -> None:
    def once(task: Task, ready_s: float) -> int:
        if ready_s:
            raise ZeroDivisionError("the second time")
        return 0

    async def main() -> TaskResult:
        async with WorkerPool(1, policy=once, max_attempts=3) as pool:
            return await pool.run(Task("t", payload=1.0), fail)

    result = run_virtual(main())
    assert (result.outcome, len(result.attempts)) == (Outcome.FAILED, 1)
    assert result.error == "in the policy: ZeroDivisionError: the second time"


def test_keys_whose_quarrel_shows_only_later_fail_the_tasks_that_wait_and_lose_none() -> None:
    keys = {"a": (0, None), "b": (1, "text"), "c": (1, None)}

    async def main() -> list[TaskResult]:
        async with WorkerPool(1, policy=lambda task, ready_s: keys[task.id]) as pool:
            withdrawn = pool.submit(Task("a", payload=1.0), work)
            futures = [pool.submit(Task(each, payload=1.0), work) for each in "bc"]
            withdrawn.cancel()
            results = await asyncio.gather(*futures)
            keys["b"] = (1, "late")
            return [*results, await pool.run(Task("b", payload=1.0), work)]

    first, second, later = run_virtual(main())
    assert first.outcome is second.outcome is Outcome.FAILED
    assert first.error.startswith("in the policy: TypeError: '<' not supported")
    assert later.outcome is Outcome.SUCCEEDED


# Tries


@pytest.mark.parametrize("base", BASES)
def test_a_failed_task_is_tried_again_after_a_doubling_pause(base: float) -> None:
    async def main() -> tuple[TaskResult, float]:
        async with WorkerPool(2, max_attempts=4, backoff_s=0.1) as pool:
            result = await pool.run(Task("t", payload=1.0), fail)
            return result, now()

    result, end_s = run_virtual(main(), start_s=base)
    times = [(each.attempt, each.ready_s, each.start_s, each.finish_s) for each in result.attempts]
    assert times == [
        (1, base, base, base + 1.0),
        (2, round(base + 1.1, 6), round(base + 1.1, 6), round(base + 2.1, 6)),
        (3, round(base + 2.3, 6), round(base + 2.3, 6), round(base + 3.3, 6)),
        (4, round(base + 3.7, 6), round(base + 3.7, 6), round(base + 4.7, 6)),
    ]
    assert end_s == round(base + 4.7, 6)  # no pause after the last failure
    assert (result.outcome, result.error) == (Outcome.FAILED, "ValueError: t failed")


def test_a_task_succeeds_at_a_later_try_and_keeps_its_record_of_failures() -> None:
    async def main() -> TaskResult:
        tries: list[int] = []

        async def third_time_lucky(task: Task) -> str:
            tries.append(1)
            await asyncio.sleep(5.0 if len(tries) == 2 else 1.0)
            if len(tries) == 1:
                raise ValueError("first")
            return f"try {len(tries)}"

        async with WorkerPool(1, timeout_s=2.0, max_attempts=9, backoff_s=1.0) as pool:
            return await pool.run(Task("t"), third_time_lucky)

    result = run_virtual(main())
    assert (result.outcome, result.value, result.error) == (Outcome.SUCCEEDED, "try 3", "")
    assert [(each.outcome, each.start_s, each.finish_s) for each in result.attempts] == [
        ("failed", 0.0, 1.0),
        ("timed_out", 2.0, 4.0),
        ("succeeded", 6.0, 7.0),
    ]


def test_during_the_pause_the_worker_is_free_and_the_retry_ranks_as_submitted_then() -> None:
    async def main() -> list[tuple[str, float, int]]:
        async with WorkerPool(1, max_attempts=2, backoff_s=1.0) as pool:
            pool.submit(Task("fails", payload=1.0), fail)
            pool.submit(Task("next", payload=1.0), work)
            pool.submit(Task("last", payload=1.0), work)
            await asyncio.sleep(1.5)
            pool.submit(Task("new", payload=1.0), work)
        return [(each.task_id, each.start_s, each.sequence) for each in pool.attempts]

    assert run_virtual(main()) == [
        ("fails", 0.0, 0),
        ("next", 1.0, 1),
        ("last", 2.0, 2),
        ("new", 3.0, 3),
        ("fails", 4.0, 4),
    ]


def test_a_retry_without_a_pause_competes_in_the_instant_of_the_failure() -> None:
    async def main() -> list[tuple[str, float]]:
        async with WorkerPool(1, max_attempts=2, backoff_s=0.0) as pool:
            pool.submit(Task("express", priority=0, payload=1.0), fail)
            pool.submit(Task("standard", priority=1, payload=1.0), work)
        return starts(pool.attempts)

    assert run_virtual(main()) == [("express", 0.0), ("express", 1.0), ("standard", 2.0)]


@pytest.mark.parametrize(("attempts", "backoff_s"), [(31, 1.0), (8, 1e7), (100, 1e-21), (100, 0)])
def test_the_longest_pause_is_only_a_late_time(attempts: int, backoff_s: float) -> None:
    async def main() -> int:
        async with WorkerPool(1, max_attempts=attempts, backoff_s=backoff_s) as pool:
            return len((await pool.run(Task("t", payload=0.0), fail)).attempts)

    assert run_virtual(main()) == attempts


@pytest.mark.parametrize(
    ("attempts", "backoff_s", "remedy"),
    [
        (32, 1.0, "give backoff_s=1 at most 31 attempts, or shorten it"),
        (9, 1e7, r"give backoff_s=1e\+07 at most 8 attempts"),
        (100, 1.0, "give backoff_s=1 at most 31 attempts"),
        (100, 1e-20, "give backoff_s=1e-20 at most 98 attempts"),
    ],
)
def test_pauses_that_no_clock_can_wait_for_are_refused_with_what_fits(
    attempts: int, backoff_s: float, remedy: str
) -> None:
    rule = f"max_attempts must be so few .* at most 1,000,000,000 s, got {attempts}; "
    with pytest.raises(ArgumentError, match=rule + remedy):
        WorkerPool(max_attempts=attempts, backoff_s=backoff_s)


# Withdrawing


def test_a_task_that_is_withdrawn_while_it_waits_never_starts() -> None:
    async def main() -> tuple[list[tuple[str, float]], str, bool]:
        async with WorkerPool(1) as pool:
            futures = [pool.submit(Task(f"t{each}", payload=1.0), work) for each in range(4)]
            await asyncio.sleep(0.5)
            assert futures[1].cancel()
            assert not futures[1].cancel()
            shown = repr(pool)
        return starts(pool.attempts), shown, futures[1].cancelled()

    assert run_virtual(main()) == (
        [("t0", 0.0), ("t2", 1.0), ("t3", 2.0)],
        "WorkerPool(1 workers, 1 busy, 2 waiting, 0 attempts)",
        True,
    )


def test_a_task_that_is_withdrawn_between_two_tries_is_not_tried_again() -> None:
    ranked: list[str] = []

    async def main() -> tuple[int, float]:
        async with WorkerPool(
            1,
            max_attempts=5,
            backoff_s=10.0,
            policy=lambda task, ready_s: ranked.append(task.id) or 0,
        ) as pool:
            future = pool.submit(Task("t", payload=1.0), fail)
            await asyncio.sleep(3.0)
            future.cancel()
            left = pool._unfinished
            await asyncio.sleep(60.0)
        return len(pool.attempts), left

    assert run_virtual(main()) == (1, 0)
    assert ranked == ["t"]


def test_withdrawing_frees_the_worker_for_the_next() -> None:
    async def main() -> list[tuple[str, float]]:
        async with WorkerPool(1) as pool:
            first = pool.submit(Task("first", payload=9.0), work)
            pool.submit(Task("second", payload=1.0), work)
            await asyncio.sleep(2.0)
            first.cancel()
        return starts(pool.attempts)

    assert run_virtual(main()) == [("first", 0.0), ("second", 2.0)]


def test_a_task_that_has_ended_cannot_be_withdrawn() -> None:
    async def main() -> tuple[bool, str]:
        async with WorkerPool(1) as pool:
            future = pool.submit(Task("t", payload=1.0), work)
            await future
            return future.cancel(), future.result().value

    assert run_virtual(main()) == (False, "t done")


async def _by_gather(pool: WorkerPool) -> None:
    async with asyncio.timeout(2.5):
        await asyncio.gather(
            *(pool.submit(Task(f"t{each}", payload=2.0), work) for each in range(6))
        )


async def _by_wait_for(pool: WorkerPool) -> None:
    for each in range(4):
        pool.submit(Task(f"t{each}", payload=2.0), work)
    await asyncio.wait_for(pool.run(Task("t4", payload=2.0), work), 2.5)


async def _by_task_group(pool: WorkerPool) -> None:
    async def give_up() -> None:
        await asyncio.sleep(2.5)
        raise TimeoutError

    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.TaskGroup() as group:
            group.create_task(give_up())
            for each in range(6):
                group.create_task(pool.run(Task(f"t{each}", payload=2.0), work))
    raise raised.value.exceptions[0]


@pytest.mark.parametrize(
    ("way", "outcomes"),
    [
        (_by_gather, ["succeeded"] * 2 + ["cancelled"] * 2),
        (_by_task_group, ["succeeded"] * 2 + ["cancelled"] * 2),
        (_by_wait_for, ["succeeded"] * 4),
    ],
)
def test_whoever_stops_waiting_withdraws_what_it_waits_for(
    way: Callable[[WorkerPool], Coroutine[Any, Any, None]], outcomes: list[str]
) -> None:
    async def main() -> list[str]:
        async with WorkerPool(2) as pool:
            with pytest.raises(TimeoutError):
                await way(pool)
            assert now() == 2.5
        return [each.outcome for each in pool.attempts]

    assert run_virtual(main()) == outcomes


def test_shielded_work_goes_on_when_its_caller_is_cancelled() -> None:
    async def main() -> list[str]:
        async with WorkerPool(1) as pool:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(
                    asyncio.shield(pool.submit(Task("t", payload=2.0), work)), 1.0
                )
        return [each.outcome for each in pool.attempts]

    assert run_virtual(main()) == ["succeeded"]


def test_futures_lie_well_in_sets() -> None:
    async def main() -> list[str]:
        async with WorkerPool(3) as pool:
            futures = {pool.submit(Task(f"t{each}", payload=1.0), work) for each in range(9)}
            done, _ = await asyncio.wait(futures)
        return [each.result().task.id for each in done]

    assert run_virtual(main()) == [f"t{each}" for each in range(9)]


# Leaving


def test_leaving_waits_for_all_that_was_submitted() -> None:
    async def main() -> tuple[float, int]:
        async with WorkerPool(2) as pool:
            for each in range(5):
                pool.submit(Task(f"t{each}", payload=1.0), work)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return now(), len(pool.attempts)

    assert run_virtual(main()) == (3.0, 5)


def test_leaving_with_an_error_cancels_what_waits_runs_and_rests() -> None:
    log: list[Any] = []

    async def careful(task: Task) -> None:
        try:
            await asyncio.sleep(50.0)
        finally:
            await asyncio.sleep(0.25)
            log.append((task.id, now()))

    async def main() -> None:
        futures = []
        with pytest.raises(ValueError, match="enough"):
            async with WorkerPool(2, timeout_s=99.0, max_attempts=3, backoff_s=50.0) as pool:
                futures = [
                    pool.submit(Task("rests"), fail),
                    pool.submit(Task("runs"), careful),
                    pool.submit(Task("runs too"), careful),
                    pool.submit(Task("waits"), careful),
                ]
                await asyncio.sleep(1.0)
                raise ValueError("enough")
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert now() == 1.25
        assert all(each.cancelled() for each in futures)
        assert [each.outcome for each in pool.attempts] == ["failed", "cancelled", "cancelled"]

    run_virtual(main())
    assert sorted(log) == [("runs", 1.25), ("runs too", 1.25)]


def test_a_pool_is_entered_once_and_takes_work_only_inside() -> None:
    async def main() -> None:
        pool = WorkerPool()
        with pytest.raises(FulfillmentError, match="the pool is not open; submit inside `async"):
            pool.submit(Task("t"), work)
        async with pool:
            with pytest.raises(FulfillmentError, match="a pool can be entered once; make a new"):
                async with pool:
                    pass
        with pytest.raises(FulfillmentError, match="the pool is not open"):
            await pool.run(Task("t"), work)
        with pytest.raises(FulfillmentError, match="entered once"):
            await pool.__aenter__()

    run_virtual(main())


def test_an_empty_pool_ends_at_once_without_a_task_left() -> None:
    async def main() -> set[Any]:
        async with WorkerPool(1000):
            pass
        async with WorkerPool(3):
            await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert run_virtual(main()) == set()
    assert asyncio.run(main()) == set()


def test_two_pools_share_a_loop() -> None:
    async def main() -> tuple[float, int]:
        async with WorkerPool(1) as two, WorkerPool(1) as one:

            async def relay(task: Task) -> None:
                await two.run(Task("inner", payload=1.0), work)

            for _ in range(3):
                one.submit(Task("outer"), relay)
        return now(), len(one.attempts) + len(two.attempts)

    assert run_virtual(main()) == (3.0, 6)


async def _busy_day(attempts: list[Attempt], running: set[str]) -> None:
    """Waits, retries, timeouts, clean-ups that take time, withdrawals: everything at once."""

    async def handler(task: Task) -> None:
        running.add(task.id)
        try:
            if task.payload == "fails":
                await asyncio.sleep(0.5)
                raise ValueError
            await asyncio.sleep({"hangs": 99.0, "swallows": 99.0}.get(task.payload, 1.0))
        except asyncio.CancelledError:
            if task.payload != "swallows":
                raise
        finally:
            try:
                await asyncio.sleep(0.125)
            finally:
                running.discard(task.id)

    async def customer(pool: WorkerPool, number: int) -> None:
        for word in ("works", "fails", "hangs", "swallows"):
            await pool.run(Task(f"{number} {word}", priority=number % 2, payload=word), handler)

    async with WorkerPool(
        2, timeout_s=2.0, max_attempts=2, backoff_s=0.25, on_attempt=attempts.append
    ) as pool:
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(customer(pool, number))
            pool.submit(Task("withdrawn", payload="hangs"), handler).cancel()
            late = pool.submit(Task("withdrawn late", priority=-1, payload="hangs"), handler)
            asyncio.get_running_loop().call_later(1.0, late.cancel)
        pool.submit(Task("at the end", payload="works"), handler)


@pytest.mark.parametrize("times", [1, 2])
def test_cancelling_at_any_moment_of_a_busy_pool_leaves_no_task(times: int) -> None:
    for loop in loops(cancels, times, at_least=150):
        attempts: list[Attempt] = []
        running: set[str] = set()
        try:
            loop.run(_busy_day(attempts, running))
        except asyncio.CancelledError:
            assert loop.tripped
        assert running == set()
        assert len({(each.task_id, each.attempt) for each in attempts}) == len(attempts)


def test_cancelling_twice_still_waits_for_the_clean_up() -> None:
    log: list[float] = []

    async def careful(task: Task) -> None:
        try:
            await asyncio.sleep(50.0)
        finally:
            await asyncio.sleep(0.75)
            log.append(now())

    async def use() -> None:
        async with WorkerPool(2) as pool:
            await asyncio.gather(*(pool.run(Task(f"t{each}"), careful) for each in range(2)))

    async def main() -> None:
        user = asyncio.create_task(use())
        for _ in range(5):
            await asyncio.sleep(0.125)
            user.cancel()
        await asyncio.wait([user])
        assert user.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(main())
    assert log == [0.875, 0.875]


# Arguments, hooks, looks


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"policy": "fifo_"}, "policy must be a known policy, got 'fifo_'; did you mean 'fifo'"),
        ({"policy": policies.ageing}, "policy must be a name or a function.*head_start_s=30"),
    ],
)
def test_an_unknown_policy_is_refused_with_what_may_be_meant(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        WorkerPool(**options)


def test_a_coroutine_in_the_place_of_a_handler_is_refused_and_not_left_unawaited() -> None:
    async def main() -> None:
        async with WorkerPool() as pool:
            coroutine: Any = work(Task("t"))
            with pytest.raises(ArgumentError, match=r"\(not the result of calling one\), got <cor"):
                pool.submit(Task("t"), coroutine)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run_virtual(main())


def test_hooks_tell_starts_and_ends_as_they_happen() -> None:
    log: list[Any] = []

    async def main() -> WorkerPool:
        async with WorkerPool(
            2,
            max_attempts=2,
            backoff_s=0.5,
            on_start=lambda task, worker, start_s: log.append((task.id, worker, start_s)),
            on_attempt=log.append,
        ) as pool:
            pool.submit(Task("a", payload=2.0), work)
            pool.submit(Task("b", payload=1.0), fail)
        return pool

    attempts = run_virtual(main()).attempts
    assert log == [
        ("a", 0, 0.0),
        ("b", 1, 0.0),
        attempts[0],
        ("b", 1, 1.5),
        attempts[1],
        attempts[2],
    ]
    assert [(each.task_id, each.finish_s) for each in attempts] == [
        ("b", 1.0),
        ("a", 2.0),
        ("b", 2.5),
    ]


def test_a_hook_that_fails_is_reported_and_disturbs_nobody() -> None:
    errors: list[str] = []

    def complain(*args: object) -> None:
        raise ValueError("no, thanks")

    async def main() -> list[tuple[str, float]]:
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: errors.append(str(context["exception"]))
        )
        async with WorkerPool(2, on_start=complain, on_attempt=complain) as pool:
            for each in range(4):
                pool.submit(Task(f"t{each}", payload=1.0), work)
        return starts(pool.attempts)

    assert run_virtual(main()) == [("t0", 0.0), ("t1", 0.0), ("t2", 1.0), ("t3", 1.0)]
    assert errors == ["no, thanks"] * 8


@pytest.mark.parametrize("handler", [work, fail])
def test_a_hook_may_withdraw_and_submit(handler: Any) -> None:
    async def main() -> tuple[float, int]:
        futures: list[asyncio.Future[TaskResult]] = []

        def on_attempt(attempt: Attempt) -> None:
            futures[-1].cancel()
            if len(futures) < 4:
                futures.append(pool.submit(Task("again", payload=1.0), handler))

        async with WorkerPool(1, max_attempts=2, on_attempt=on_attempt) as pool:
            futures.append(pool.submit(Task("first", payload=1.0), handler))
        assert pool._unfinished == 0
        return now(), len(pool.attempts)

    assert run_virtual(main()) == (4.0, 4)


def test_a_hook_may_withdraw_what_starts() -> None:
    async def main() -> list[tuple[str, str, float]]:
        futures: dict[str, asyncio.Future[TaskResult]] = {}
        async with WorkerPool(
            1, on_start=lambda task, worker, start_s: task.priority or futures[task.id].cancel()
        ) as pool:
            for number in range(3):
                task = Task(f"t{number}", priority=number % 2, payload=1.0)
                futures[task.id] = pool.submit(task, work)
        return [(each.task_id, each.outcome, each.finish_s) for each in pool.attempts]

    assert run_virtual(main()) == [
        ("t0", "cancelled", 0.0),
        ("t2", "cancelled", 0.0),
        ("t1", "succeeded", 1.0),
    ]


def test_attempts_come_in_the_order_of_their_ends_and_cannot_be_changed() -> None:
    pool = pooled(*(Task(f"t{each}", payload=4.0 - each) for each in range(4)), workers=4)
    assert [each.task_id for each in pool.attempts] == ["t3", "t2", "t1", "t0"]
    assert isinstance(pool.attempts, tuple)


def test_a_pool_tells_how_busy_it_is() -> None:
    async def main() -> list[str]:
        looks = []
        async with WorkerPool(2) as pool:
            for each in range(5):
                pool.submit(Task(f"t{each}", payload=1.0), work)
            looks.append(repr(pool))
            await asyncio.sleep(1.5)
            looks.append(repr(pool))
        return [*looks, repr(pool)]

    assert run_virtual(main()) == [
        "WorkerPool(2 workers, 0 busy, 5 waiting, 0 attempts)",
        "WorkerPool(2 workers, 2 busy, 1 waiting, 2 attempts)",
        "WorkerPool(2 workers, 0 busy, 0 waiting, 5 attempts)",
    ]


# An ordinary loop


def test_on_an_ordinary_loop_the_pool_does_the_same_with_real_sleeps() -> None:
    async def main() -> tuple[list[str], list[str]]:
        async with WorkerPool(1, timeout_s=0.2, max_attempts=2, backoff_s=0.005) as pool:
            names = ["works", "fails", "hangs", "express"]
            lengths = [0.002, 0.002, 30.0, 0.002]
            futures = [
                pool.submit(
                    Task(name, priority=int(name != "express"), payload=length),
                    fail if name == "fails" else work,
                )
                for name, length in zip(names, lengths, strict=True)
            ]
            results = await asyncio.gather(*futures)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return [each.task_id for each in pool.attempts], [each.outcome for each in results]

    order, outcomes = asyncio.run(main())
    assert order[:3] == ["express", "works", "fails"]
    assert sorted(order[3:]) == ["fails", "hangs", "hangs"]
    assert outcomes == ["succeeded", "failed", "timed_out", "succeeded"]


def test_on_an_ordinary_loop_a_thousand_tasks_of_no_length_keep_their_order() -> None:
    async def nothing(task: Task) -> int:
        return task.payload

    async def main() -> list[int]:
        async with WorkerPool(5, policy="fifo") as pool:
            results = await asyncio.gather(
                *(pool.submit(Task("t", payload=each), nothing) for each in range(1_000))
            )
        return [each.value for each in results]

    assert asyncio.run(main()) == list(range(1_000))


def test_on_an_ordinary_loop_a_cancelled_caller_leaves_no_task() -> None:
    async def use() -> None:
        async with WorkerPool(2) as pool:
            await asyncio.gather(
                *(pool.run(Task(f"t{each}", payload=30.0), work) for each in range(5))
            )

    async def main() -> None:
        for turns in range(12):
            user = asyncio.create_task(use())
            for _ in range(turns):
                await asyncio.sleep(0)
            user.cancel()
            await asyncio.wait([user])
            assert user.cancelled()
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


# Whatever is submitted


@dataclass(frozen=True)
class Try:
    """What a handler does at one try: quarters of a second, and how it ends."""

    quarters: int
    end: str


@dataclass(frozen=True)
class Submission:
    at: int  # quarters of a second
    priority: int
    tries: tuple[Try, ...]
    withdrawn_after: int | None


tries = st.builds(Try, st.integers(1, 12), st.sampled_from(["ok", "ok", "fail", "swallow"]))
submissions = st.lists(
    st.builds(
        Submission,
        st.integers(0, 12),
        st.integers(0, 2),
        st.tuples(tries, tries, tries),
        st.none() | st.none() | st.integers(0, 20),
    ),
    max_size=14,
)


@given(
    submissions,
    st.integers(1, 4),
    st.integers(1, 9),
    st.integers(1, 3),
    st.integers(0, 4),
    st.integers(0, 6),
    st.sampled_from(["fifo", "express_first", policies.ageing(0.75)]),
    st.sampled_from(BASES),
)
def test_whatever_is_submitted_the_invariants_hold(
    given_jobs: list[Submission],
    workers: int,
    timeout: int,
    max_attempts: int,
    backoff: int,
    grace: int,
    policy: Any,
    base: float,
) -> None:
    timeout_s, backoff_s, grace_s = timeout / 4, backoff / 4, grace / 4
    counts: dict[str, int] = {}

    async def handler(task: Task) -> int:
        number = counts[task.id] = counts.get(task.id, 0) + 1
        plan: Try = task.payload.tries[number - 1]
        try:
            await asyncio.sleep(plan.quarters / 4)
        except asyncio.CancelledError:
            if plan.end != "swallow":
                raise
            await asyncio.sleep(plan.quarters / 4)
        if plan.end == "fail":
            raise ValueError("planned")
        return number

    async def one(pool: WorkerPool, number: int, job: Submission) -> TaskResult | None:
        await asyncio.sleep(job.at / 4)
        future = pool.submit(Task(f"t{number}", priority=job.priority, payload=job), handler)
        if job.withdrawn_after is not None:
            asyncio.get_running_loop().call_later(job.withdrawn_after / 4, future.cancel)
        await asyncio.wait([future])
        return None if future.cancelled() else future.result()

    async def main() -> tuple[list[TaskResult | None], WorkerPool]:
        async with WorkerPool(workers, timeout_s, policy, max_attempts, backoff_s, grace_s) as pool:
            results = await asyncio.gather(
                *(one(pool, number, job) for number, job in enumerate(given_jobs))
            )
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return results, pool

    results, pool = run_virtual(main(), start_s=base)
    by_task: dict[str, list[Attempt]] = {f"t{each}": [] for each in range(len(given_jobs))}
    for attempt in sorted(pool.attempts, key=lambda each: each.attempt):
        by_task[attempt.task_id].append(attempt)
    for number, (job, result) in enumerate(zip(given_jobs, results, strict=True)):
        mine = by_task[f"t{number}"]
        _check_outcome(job, result, mine)
        _check_tries(mine, max_attempts, backoff_s)
        for attempt in mine:
            _check_end(job.tries[attempt.attempt - 1], attempt, timeout_s, grace_s)
    _check_workers(pool.attempts, workers)
    _check_order(pool, given_jobs, base)


def _check_outcome(job: Submission, result: TaskResult | None, mine: list[Attempt]) -> None:
    """Invariant 6: one outcome, that of the last attempt."""
    if result is None:
        assert job.withdrawn_after is not None
        return
    assert result.attempts == tuple(mine)
    assert result.outcome is mine[-1].outcome
    assert result.outcome in ("succeeded", "failed", "timed_out")
    assert result.value == (len(mine) if result.succeeded else None)
    assert all(each.outcome in ("failed", "timed_out") for each in mine[:-1])


def _check_tries(mine: list[Attempt], max_attempts: int, backoff_s: float) -> None:
    """Invariant 13: the number of attempts, and the pauses between them."""
    assert [each.attempt for each in mine] == list(range(1, len(mine) + 1))
    assert len(mine) <= max_attempts
    for before, after in itertools.pairwise(mine):
        assert after.ready_s == before.finish_s + backoff_s * 2 ** (before.attempt - 1)
        assert after.sequence > before.sequence


def _check_end(plan: Try, attempt: Attempt, timeout_s: float, grace_s: float) -> None:
    """Invariant 11: the end of an attempt to the microsecond, by its plan."""
    lasts_s, service_s = plan.quarters / 4, attempt.finish_s - attempt.start_s
    held_s = min(lasts_s, grace_s) if plan.end == "swallow" else 0.0
    if attempt.outcome is Outcome.CANCELLED:
        assert service_s <= min(lasts_s, timeout_s) + held_s
    elif lasts_s >= timeout_s:
        assert (attempt.outcome, service_s) == (Outcome.TIMED_OUT, timeout_s + held_s)
    else:
        outcome = Outcome.FAILED if plan.end == "fail" else Outcome.SUCCEEDED
        assert (attempt.outcome, service_s) == (outcome, lasts_s)


def _busy(attempts: tuple[Attempt, ...], at_s: float) -> list[int]:
    return [each.worker for each in attempts if each.start_s <= at_s < each.finish_s]


def _check_workers(attempts: tuple[Attempt, ...], workers: int) -> None:
    """Invariant 8: none too many, none twice, none idle while something waits."""
    for at_s in sorted({each.start_s for each in attempts} | {each.finish_s for each in attempts}):
        busy = _busy(attempts, at_s)
        assert len(busy) == len(set(busy)) <= workers
        assert all(0 <= each < workers for each in busy)
        if any(each.ready_s <= at_s < each.start_s for each in attempts):
            assert len(busy) == workers


def _check_order(pool: WorkerPool, given_jobs: list[Submission], base: float) -> None:
    """Invariant 9: whoever waits at a start has no better key than the one who starts."""
    keys = {
        id(each): (pool.policy(Task("t", priority=each.priority), each.ready_s), each.sequence)
        for each in pool.attempts
    }
    for one in pool.attempts:
        for other in pool.attempts:
            if other.ready_s <= one.start_s < other.start_s:
                assert keys[id(one)] < keys[id(other)]
