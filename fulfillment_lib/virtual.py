"""Running a coroutine in virtual time, and leaving nothing behind: no task, generator, thread."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from asyncio import events
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from fulfillment_lib.checks import refuse
from fulfillment_lib.clock import VirtualLoop
from fulfillment_lib.errors import ClockError

T = TypeVar("T")
MOST_TURNS_OF_CLEANUP = 20_000


def run_virtual(main: Coroutine[Any, Any, T], start_s: float = 0.0) -> T:
    """Run a coroutine in virtual time, and give its value.

    It works in a script, in a notebook cell and inside a coroutine: where a loop runs already,
    the virtual one gets a short-lived thread of its own. `start_s` is the first reading of the
    clock, in seconds.

    >>> async def nap():
    ...     await asyncio.sleep(3600)
    ...     return asyncio.get_running_loop().time()
    >>> run_virtual(nap())
    3600.0

    Raises:
        ArgumentError: `main` is not a coroutine.
        DeadlockError: nothing is ready, nothing is scheduled, and the coroutine has not ended.
        ClockError: time stands still, because of an endless loop around `sleep(0)`.
    """
    if not asyncio.iscoroutine(main):
        refuse("main", "a coroutine, as in run_virtual(main())", main)
    loop = VirtualLoop(start_s)  # type: ignore[abstract]  # no network
    if events._get_running_loop() is None:
        return run_to_end(loop, main)
    result: Future[T] = in_thread(loop, main)
    try:
        return result.result()
    except BaseException:
        if not result.done():  # an interrupt: end the run before going on up
            loop.call_soon_threadsafe(loop.stop)
            result.exception()
        raise


def run_to_end(loop: VirtualLoop, main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on the loop, then leave nothing behind: no task, no generator, no thread."""
    try:
        value: T = loop.run_until_complete(main)
        return value
    finally:
        _clean_up(loop)
        loop.close()


def in_thread(loop: VirtualLoop, main: Coroutine[Any, Any, T]) -> Future[T]:
    """Start `run_to_end` in a thread of its own, and give the future of its value."""
    result: Future[T] = Future()

    def run() -> None:
        try:
            value = run_to_end(loop, main)
        except BaseException as error:
            result.set_exception(error)
        else:
            result.set_result(value)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name="virtual time", daemon=True).start()
    return result


def _clean_up(loop: VirtualLoop) -> None:
    """Cancel every task and close every generator, in a bounded number of turns.

    A task that refuses to end even then has its coroutine closed.
    """
    loop.settle(MOST_TURNS_OF_CLEANUP)
    tasks = sorted(asyncio.all_tasks(loop), key=hash)
    for task in tasks:
        task.cancel()
    try:
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    except ClockError:
        pass
    for task in sorted(asyncio.all_tasks(loop), key=hash):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        _force_end(task)


def _force_end(task: asyncio.Task[Any]) -> None:
    coroutine = task.get_coro()
    try:
        if coroutine is not None:
            coroutine.close()
    except RuntimeError:  # it ignored GeneratorExit too, or awaits in a `finally`
        pass
