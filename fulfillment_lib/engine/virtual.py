"""Running a coroutine in virtual time, and leaving nothing behind: no task, generator, thread."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import threading
from asyncio import events
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from fulfillment_lib.checks import refuse
from fulfillment_lib.engine.gc_pause import seldom_collected
from fulfillment_lib.engine.loop import VirtualLoop
from fulfillment_lib.errors import ArgumentError, ClockError

T = TypeVar("T")
MOST_TURNS_OF_CLEANUP = 20_000
INTERRUPT_S = 0.5  # on Windows an interrupt is seen between two waits, not within one


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
    try:
        loop = VirtualLoop(start_s)  # type: ignore[abstract]  # no network
    except ArgumentError:
        main.close()  # or Python warns that it was never awaited
        raise
    if events._get_running_loop() is None:
        return run_to_end(loop, main)
    thread, result = in_thread(loop, main)
    try:
        while not result.done():
            wait([result], INTERRUPT_S)
        return result.result()
    except BaseException:
        if not result.done():  # an interrupt: end the run before going on up
            with suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(loop.stop)
        raise
    finally:
        thread.join()


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


def in_thread(
    loop: VirtualLoop, main: Coroutine[Any, Any, T]
) -> tuple[threading.Thread, Future[T]]:
    """Start `run_to_end` in a thread of its own; the thread, and the future of the value."""
    result: Future[T] = Future()

    def run() -> None:
        try:
            value = run_to_end(loop, main)
        except BaseException as error:
            result.set_exception(error)
        else:
            result.set_result(value)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), name="virtual time", daemon=True)
    thread.start()
    return thread, result


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
    while (tasks := _tasks(loop)) and not any(isinstance(each, ClockError) for each in problems):
        for task in tasks:
            if task not in cancelled:
                task.cancel()
        cancelled.update(tasks)
        problems += _problems(loop, asyncio.wait(tasks))
    for task in sorted(cancelled, key=hash):
        _tell_of_failure(loop, task)
    return problems


def _tell_of_failure(loop: VirtualLoop, task: asyncio.Task[Any]) -> None:
    """Report the error of a task that failed in the clean-up; an interrupt goes up anyway."""
    error = None if not task.done() or task.cancelled() else task.exception()
    if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
        loop.call_exception_handler(
            {
                "message": f"{task.get_name()} failed in the clean-up",
                "exception": error,
                "task": task,
            }
        )


def _problems(loop: VirtualLoop, step: Coroutine[Any, Any, Any]) -> list[BaseException]:
    try:
        loop.run_until_complete(step)
    except (ClockError, KeyboardInterrupt, SystemExit) as problem:
        return [problem]
    return []


def _tasks(loop: VirtualLoop) -> list[asyncio.Task[Any]]:
    return sorted(asyncio.all_tasks(loop), key=hash)
