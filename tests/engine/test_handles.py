"""Handles, timers, tasks and futures of the virtual loop: cancelling, contexts, hashes."""

from __future__ import annotations

import asyncio
import contextvars

from fulfillment_lib.engine.handles import new_handle
from fulfillment_lib.engine.virtual import run_virtual


async def _nothing() -> None:
    pass


def test_a_cancelled_handle_forgets_its_callback_and_says_so() -> None:
    handle = new_handle(print, ("x",), None)
    assert "print" in repr(handle)
    handle.cancel()
    assert handle.cancelled()
    assert repr(handle) == "<Handle cancelled>"


def test_a_cancelled_callback_does_not_run() -> None:
    async def main() -> list[str]:
        log: list[str] = []
        loop = asyncio.get_running_loop()
        loop.call_soon(log.append, "soon").cancel()
        loop.call_later(1.0, log.append, "later").cancel()
        await asyncio.sleep(2.0)
        return log

    assert run_virtual(main()) == []


def test_cancelling_a_timer_twice_counts_once() -> None:
    async def main() -> str:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(1.0, print)
        timer.cancel()
        timer.cancel()
        loop.call_later(2.0, print)
        return repr(loop)

    assert run_virtual(main()) == "VirtualLoop(0 s, 0 ready, 1 timers)"


def test_a_timer_tells_when_it_is_due_and_can_lie_in_a_set() -> None:
    async def main() -> tuple[float, int]:
        loop = asyncio.get_running_loop()
        first, second = loop.call_later(1.1, print), loop.call_later(1.1, repr)
        timers = {first, second, first}
        for timer in timers:
            timer.cancel()
        return first.when(), len(timers)

    assert run_virtual(main(), start_s=1.0) == (2.1, 2)


def test_a_handle_runs_in_the_given_context_or_in_a_copy_of_the_present_one() -> None:
    word = contextvars.ContextVar("word", default="none")

    async def main() -> list[str]:
        log: list[str] = []
        loop = asyncio.get_running_loop()
        word.set("main")
        other = contextvars.copy_context()
        other.run(word.set, "other")
        loop.call_soon(lambda: log.append(word.get()))
        loop.call_soon(lambda: log.append(word.get()), context=other)
        loop.call_later(1.0, lambda: log.append(word.get()), context=other)
        word.set("changed afterwards")
        await asyncio.sleep(2.0)
        return log

    assert run_virtual(main()) == ["main", "other", "other"]


def test_tasks_and_futures_hash_by_number_so_that_sets_of_them_repeat() -> None:
    async def main() -> tuple[list[int], bool]:
        loop = asyncio.get_running_loop()
        made = [
            loop.create_task(_nothing()) if each % 2 else loop.create_future() for each in range(40)
        ]
        numbers = [hash(each) for each in made]
        return numbers, numbers == [hash(each) for each in made]

    numbers, stable = run_virtual(main())
    assert stable
    assert len(set(numbers)) == 40
    assert numbers == run_virtual(main())[0]


def test_the_futures_of_asyncio_s_own_primitives_hash_by_number_too() -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        return hash(asyncio.shield(loop.create_future()))

    assert run_virtual(main()) < 100
