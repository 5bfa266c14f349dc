"""Running a coroutine in virtual time, and leaving nothing behind: no task, generator, thread."""

from __future__ import annotations

import asyncio
import signal
import threading
from asyncio import events, tasks
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from fulfillment_lib.checks import refuse
from fulfillment_lib.engine.gc_pause import seldom_collected
from fulfillment_lib.engine.loop import VirtualLoop
from fulfillment_lib.errors import ArgumentError, ClockError

T = TypeVar("T")
MOST_TURNS_OF_CLEANUP = 20_000


def run_virtual(main: Coroutine[Any, Any, T], start_s: float = 0.0) -> T:
    """Run a coroutine in virtual time, and give its value.

    It works in a script, in a notebook cell and inside a coroutine: where a loop runs already,
    that one is set aside until this run has ended. `start_s` is the first reading of the clock,
    in seconds.

    Time knows only the threads of executors. It stands still while a call is out that was made
    with `asyncio.to_thread` or `loop.run_in_executor`: such a call must not wait for anything
    that takes time in the loop. It does not wait for a thread of any other kind, as in
    `threading.Thread`: what such a thread sets by `call_soon_threadsafe` may come too late, when
    the clock has gone on to the next timer. Leave such threads to `asyncio.run`, or await what
    they do with `asyncio.to_thread`.

    >>> async def nap():
    ...     await asyncio.sleep(3600)
    ...     return asyncio.get_running_loop().time()
    >>> run_virtual(nap())
    3600.0

    Raises:
        ArgumentError: `main` is not a coroutine.
        DeadlockError: nothing is ready, nothing is scheduled, and the coroutine has not ended;
            or the loop and a call on an executor wait for each other.
        ClockError: time stands still, because of an endless loop around `sleep(0)`.
    """
    if not asyncio.iscoroutine(main):
        refuse("main", "a coroutine, as in run_virtual(main())", main)
    try:
        loop = VirtualLoop(start_s)  # type: ignore[abstract]  # no network
    except ArgumentError:
        main.close()  # or Python warns that it was never awaited
        raise
    if events._get_running_loop() is None:
        return run_to_end(loop, main)
    with _outer_loop_set_aside():
        return run_to_end(loop, main)


# A thread of its own for the inner loop would need nothing of asyncio's inner parts. But then
# Ctrl-C must be handed over to it, and a browser has no threads. Inside a callback or a task of
# the outer loop nothing else of that loop can run anyway. So it is enough that asyncio does not
# see it meanwhile: neither the running loop of this thread nor, from Python 3.14 on, its current
# task.
@contextmanager
def _outer_loop_set_aside() -> Iterator[None]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is not None:
        tasks._leave_task(loop, task)
    events._set_running_loop(None)
    try:
        yield
    finally:
        events._set_running_loop(loop)
        if task is not None:
            tasks._enter_task(loop, task)


def run_to_end(loop: VirtualLoop, main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on the loop, then leave nothing behind: no task, no generator, no thread."""
    with _interrupted_between_callbacks(loop), seldom_collected():
        try:
            value: T = loop.run_until_complete(main)
            return value
        finally:
            _clean_up(loop)


@contextmanager
def _interrupted_between_callbacks(loop: VirtualLoop) -> Iterator[None]:
    """Let Ctrl-C end a run between two callbacks, and a second Ctrl-C at once.

    By itself Python raises KeyboardInterrupt wherever the main thread is, also in the middle of
    what undoes a run. Other threads get no signals, and a handler of somebody else stays.
    """
    seen = False

    def stop() -> None:
        raise KeyboardInterrupt

    def interrupt(*_: object) -> None:
        nonlocal seen
        seen = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with suppress(RuntimeError):  # the loop is closed: it is raised below
            loop.call_soon_threadsafe(stop)

    if (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is interrupt:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    if seen:
        stop()


def _clean_up(loop: VirtualLoop) -> None:
    """Cancel every task and close every generator, in a bounded number of turns; close the loop.

    A task that refuses to end even then has its coroutine closed. A KeyboardInterrupt or
    SystemExit on the way goes up, after all that.
    """
    problems = _cancel_tasks(loop)
    for shut_down in (loop.shutdown_asyncgens, loop.shutdown_default_executor):
        loop.settle(MOST_TURNS_OF_CLEANUP)
        problems += _problems(loop, shut_down())
    loop.close()
    try:
        events._set_running_loop(loop)  # a `finally` may still ask for the time
        for task in _tasks(loop):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            with suppress(Exception):  # it ignored GeneratorExit too, or awaits in a `finally`
                task.get_coro().close()
    finally:
        events._set_running_loop(None)
    for problem in problems:
        if not isinstance(problem, ClockError):
            raise problem


def _cancel_tasks(loop: VirtualLoop) -> list[BaseException]:
    """Cancel all tasks, then those that they have started meanwhile, and so on."""
    loop.settle(MOST_TURNS_OF_CLEANUP)
    problems: list[BaseException] = []
    cancelled: set[asyncio.Task[Any]] = set()
    while (left := _tasks(loop)) and not any(isinstance(error, ClockError) for error in problems):
        for task in left:
            if task not in cancelled:
                task.cancel()
        cancelled.update(left)
        problems += _problems(loop, asyncio.wait(left))
    for task in sorted(cancelled, key=hash):
        _tell_of_failure(loop, task)
    return problems


def _tell_of_failure(loop: VirtualLoop, task: asyncio.Task[Any]) -> None:
    """Report the error of a task that failed in the clean-up; an interrupt goes up anyway."""
    error = None if not task.done() or task.cancelled() else task.exception()
    if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
        message = f"{task.get_name()} failed in the clean-up"
        loop.call_exception_handler({"message": message, "exception": error, "task": task})


def _problems(loop: VirtualLoop, step: Coroutine[Any, Any, Any]) -> list[BaseException]:
    try:
        loop.run_until_complete(step)
    except (ClockError, KeyboardInterrupt, SystemExit) as problem:
        return [problem]
    return []


def _tasks(loop: VirtualLoop) -> list[asyncio.Task[Any]]:
    return sorted(asyncio.all_tasks(loop), key=hash)
