"""What an event loop owes to asyncio besides scheduling: tasks, executors, generators.

This is the lower half of `loop.VirtualLoop`, which schedules what is made here: one class in
several files, of which nobody uses a part alone.

Computing takes no virtual time. A computation runs on an executor (threads, processes, a
cluster), and virtual time stands still from the moment at which somebody needs its result.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import warnings
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor, thread
from itertools import count
from types import FrameType
from typing import Any, NamedTuple

from fulfillment_lib.engine.handles import OrderedTask
from fulfillment_lib.engine.reports import LoopReports
from fulfillment_lib.errors import ComputationError, DeadlockError, error_text, shown

OWN_THREADS = "virtual time"  # how the names of threads of a loop begin
GLANCE_S = 0.5  # of the wall clock, between two looks at the other threads
EAGER = getattr(asyncio, "eager_task_factory", None)  # since Python 3.12
# The code in which a thread stands that waits for a lock, an event, a future, a queue, a thread, or
# for work of its executor. Not their files: a thread that runs a function in C stands there, too.
WAITS = {
    threading.Condition.wait.__code__,
    threading.Thread.join.__code__,
    getattr(threading.Thread, "_wait_for_tstate_lock", threading.Thread.join).__code__,  # to 3.12
    thread._worker.__code__,
}


class Held(NamedTuple):
    """A computation on an executor, and the future that waits for it."""

    computation: Future[Any]
    waiter: asyncio.Future[Any]
    watchdog_s: float | None


class LoopServices(LoopReports):
    """Tasks, executors and asynchronous generators of a loop."""

    def __init__(self) -> None:
        super().__init__()
        self.next_number = count().__next__  # of tasks, futures and timers, in one series
        self._task_numbers = count(1)
        self._task_factory: Callable[..., Any] | None = None
        self._held: deque[Held] = deque()
        self._wakeup = threading.Event()  # set from other threads
        self._older_threads = frozenset(threading.enumerate())
        self._default_executor: Executor | None = None
        self._executor_is_shut = False
        # A dict, because it keeps the order: generators are closed in the order of their starts.
        self._generators: weakref.WeakKeyDictionary[AsyncGenerator[Any, Any], None] = (
            weakref.WeakKeyDictionary()
        )

    # Tasks

    def create_task(
        self, coro: Any, *, name: str | None = None, **options: Any
    ) -> asyncio.Task[Any]:
        """A task of this loop, named from the loop's own counter unless told otherwise.

        A task factory is called as asyncio calls it. Tasks of `asyncio.eager_task_factory` hash
        by number as all others; a factory that makes tasks of another class gives that up.
        """
        if self._closed:
            coro.close()
            raise RuntimeError("the loop is closed")
        if self._task_factory not in (None, EAGER):
            return self._made_by_factory(coro, name, options)
        if self._task_factory is not None:
            options.setdefault("eager_start", True)
        task = OrderedTask(coro, loop=self, name=self._name(name), **options)
        if self._debug:
            del task._source_traceback[-1]  # type: ignore[attr-defined]  # this very line
        return task

    def _made_by_factory(
        self, coro: Any, name: str | None, options: dict[str, Any]
    ) -> asyncio.Task[Any]:
        assert self._task_factory is not None
        options = {option: value for option, value in options.items() if value is not None}
        if name is not None and sys.version_info >= (3, 14):
            options["name"] = name
        task: asyncio.Task[Any] = self._task_factory(self, coro, **options)
        if name is not None and "name" not in options:
            task.set_name(name)
        elif isinstance(task, asyncio.Task) and task.get_name().startswith("Task-"):
            task.set_name(self._name(name))
        return task

    def _name(self, name: str | None) -> str:
        return f"Task-{next(self._task_numbers)}" if name is None else name

    def set_task_factory(self, factory: Callable[..., Any] | None) -> None:
        """Let `factory(loop, coro, **options)` make the tasks; None for the loop itself."""
        if factory is not None and not callable(factory):
            raise TypeError(f"factory must be a callable object or None, got {shown(factory)}")
        self._task_factory = factory

    def get_task_factory(self) -> Callable[..., Any] | None:
        """The factory that was set."""
        return self._task_factory

    def _waiting(self) -> str:
        tasks = sorted(asyncio.all_tasks(self), key=hash)
        names = [
            f"{task.get_name()} ({getattr(task.get_coro(), '__qualname__', '?')})"
            for task in tasks[:10]
        ]
        more = f" and {len(tasks) - 10} more" if len(tasks) > 10 else ""
        return f"{len(tasks)} waiting: {', '.join(names)}{more}"

    # Executors

    def hold(
        self, computation: Future[Any], watchdog_s: float | None = None
    ) -> asyncio.Future[Any]:
        """A future of the computation's result; time stands still until it is there.

        Results are delivered in the order of the calls of `hold`, not in the order of computing.
        A computation that keeps everything waiting for more than `watchdog_s` seconds of the
        wall clock gives a ComputationError.
        """
        waiter = self.create_future()
        if not computation.done():  # an error here must come before it is held
            computation.add_done_callback(lambda _: self._wakeup.set())
        self._held.append(Held(computation, waiter, watchdog_s))
        return waiter

    def _collect(self) -> None:
        """Deliver the first of the held results, or wait until something happens."""
        computation, waiter, watchdog_s = self._held[0]
        overdue = False
        if not waiter.done() and not computation.done():
            overdue = not self._is_woken(watchdog_s)
            if not overdue:
                self._wakeup.clear()
                return
        self._held.popleft()
        if waiter.done():
            computation.cancel()
        elif overdue:
            waiter.set_exception(
                ComputationError(
                    f"a computation did not come back within {watchdog_s:g} s of the wall clock; "
                    "is its executor alive?"
                )
            )
        else:
            _copy_result(computation, waiter)

    # A thread that waits for virtual time, as in `run_coroutine_threadsafe(…).result()`, and a
    # loop that holds the time until that thread is done wait for each other for ever. To let time
    # go on meanwhile would make the results depend on the speed of threads. A limit on the wall
    # clock alone cannot tell such a thread from one that computes for an hour. But if all other
    # threads of the process stand at a lock, without a limit and in the same call as half a
    # second ago, then none of them will ever wake this one: that is certain, and is told.
    def _is_woken(self, watchdog_s: float | None) -> bool:
        """Wait until another thread has something to say, for the watchdog's time at most."""
        if watchdog_s is not None:
            return self._wakeup.wait(watchdog_s)
        before = None
        while not self._wakeup.wait(GLANCE_S):
            waits = endless_waits()
            if waits is not None and waits == before:
                raise DeadlockError(
                    f"a call on an executor holds the time at {self.time():g} s, but all threads "
                    "wait for a lock; a thread must not wait for what takes time in its loop: "
                    f"await that in the loop; {self._waiting()}"
                )
            before = waits
        return True

    def _unawaited_threads(self) -> str:
        younger = set(threading.enumerate()) - self._older_threads
        names = sorted(one.name for one in younger if not one.name.startswith(OWN_THREADS))
        if not names:
            return ""
        return (
            f"; the loop does not wait for other threads ({', '.join(names[:10])}), only "
            "for what is awaited with asyncio.to_thread or loop.run_in_executor"
        )

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Call `func(*args)` on the executor; time stands still until the result is there."""
        self._check_open()
        if executor is not None:
            return self.hold(executor.submit(func, *args))
        if self._executor_is_shut:
            raise RuntimeError("the default executor is shut down")
        default = self._default_executor or ThreadPoolExecutor(thread_name_prefix=OWN_THREADS)
        computation = default.submit(func, *args)
        self._default_executor = default  # now that it has a thread: a browser gives none
        return self.hold(computation)

    def set_default_executor(self, executor: Executor) -> None:
        """Use this executor where none is named."""
        self._default_executor = executor

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109  # as in asyncio
        """End the threads of the default executor, in `timeout` seconds of the wall clock."""
        self._executor_is_shut = True
        executor = self._default_executor
        if executor is None:
            return
        helper = ThreadPoolExecutor(1, OWN_THREADS)  # the loop must still hear what threads say
        ended = helper.submit(executor.shutdown)
        try:
            try:
                ended.result(min(GLANCE_S, timeout or GLANCE_S))  # idle threads end at once
            except TimeoutError:
                await self.hold(ended, timeout)
            helper.shutdown()
        except ComputationError:
            warnings.warn(
                f"the threads of the default executor did not end within {timeout:g} s",
                RuntimeWarning,
                stacklevel=2,
            )
            executor.shutdown(wait=False)

    # Generators

    def _close_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        self._generators.pop(generator, None)
        if not self.is_closed():  # the garbage collector may call from any thread
            self.call_soon_threadsafe(self.create_task, generator.aclose())

    async def shutdown_asyncgens(self) -> None:
        """Close all asynchronous generators that are still open."""
        for generator in list(self._generators):
            try:
                await generator.aclose()
            except Exception as error:
                self.call_exception_handler({"message": "a generator failed", "exception": error})


def endless_waits() -> dict[int, FrameType] | None:
    """Where each other thread waits for a lock without a limit; None if one of them does not."""
    frames = sys._current_frames()
    del frames[threading.get_ident()]
    for frame in frames.values():
        limit = frame.f_locals.get("timeout") if frame.f_code in WAITS else 0.0
        if limit not in (None, -1):
            return None
    return frames


def _copy_result(computation: Future[Any], waiter: asyncio.Future[Any]) -> None:
    try:
        waiter.set_result(computation.result())
    except BaseException as error:
        # A StopIteration cannot travel through a future, and a computation that was cancelled
        # does not cancel whoever waits for it: both become an error that keeps their text.
        if isinstance(error, StopIteration) or computation.cancelled():
            error = ComputationError(error_text(error))
        waiter.set_exception(error)
