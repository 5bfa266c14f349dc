"""What a virtual loop waits for outside: computations on an executor, which take no virtual time.

A computation runs on an executor (threads, processes, a cluster), and virtual time stands still
from the moment at which somebody needs its result. This is a part of `loop.VirtualLoop`, between
`reports` and `loop_services`.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from concurrent import futures  # not its executors: they load what few programs need
from concurrent.futures import Executor, Future
from types import FrameType
from typing import Any, NamedTuple

from fulfillment_lib.engine.reports import LoopReports
from fulfillment_lib.errors import ComputationError, DeadlockError, error_text

OWN_THREADS = "virtual time"  # how the names of threads of a loop begin
GLANCE_S = 0.5  # of the wall clock, between two looks at the other threads
PATIENCE_S = 60.0  # of the wall clock, for a thread that stands at a lock
# The code in which a thread stands that waits for a lock, an event, a future, a queue or a thread.
# Not their files: a thread that runs a function in C stands there, too.
WAITS = {
    threading.Condition.wait.__code__,
    threading.Thread.join.__code__,
    getattr(threading.Thread, "_wait_for_tstate_lock", threading.Thread.join).__code__,  # to 3.12
}


class Held(NamedTuple):
    """A computation on an executor, and the future that waits for it."""

    computation: Future[Any]
    waiter: asyncio.Future[Any]
    watchdog_s: float | None


class LoopComputing(LoopReports):
    """Executors of a loop, and what is held until they have answered."""

    def __init__(self) -> None:
        super().__init__()
        self._held: deque[Held] = deque()
        self._wakeup = threading.Event()  # set from other threads
        self._older_threads = frozenset(threading.enumerate())
        self._default_executor: Executor | None = None
        self._executor_is_shut = False

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
    # second ago, then none of them will ever wake this one: that is certain, and is told at once.
    # Where some other thread lives on, a kernel's or a progress bar's, it might still do so: then
    # a thread of an executor may stand at one lock for a minute before that is called an error.
    def _is_woken(self, watchdog_s: float | None) -> bool:
        """Wait until another thread has something to say, for the watchdog's time at most."""
        if watchdog_s is not None:
            return self._wakeup.wait(watchdog_s)
        before: dict[int, FrameType] = {}
        since_s = time.monotonic()
        while not self._wakeup.wait(GLANCE_S):
            waits, all_wait = endless_waits()
            if waits != before:
                before, since_s = waits, time.monotonic()
            elif waits and (all_wait or time.monotonic() - since_s > PATIENCE_S):
                who = "all threads wait" if all_wait else f"for {PATIENCE_S:g} s it has waited"
                raise DeadlockError(
                    f"a call on an executor holds the time at {self.time():g} s, but {who} "
                    "for a lock; a thread must not wait for what takes time in its loop: "
                    f"await that in the loop; {self._waiting()}"
                )
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
        default = self._default_executor or futures.ThreadPoolExecutor(None, OWN_THREADS)
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
        # The loop must still hear what threads say.
        helper = futures.ThreadPoolExecutor(1, OWN_THREADS)
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


def endless_waits() -> tuple[dict[int, FrameType], bool]:
    """Where other threads wait for a lock without a limit, and whether all of them do.

    If not all do, only the threads that work for executors count, and these must all wait so.
    """
    frames = sys._current_frames()
    del frames[threading.get_ident()]
    if all(_is_endless(frame) for frame in frames.values()):
        return frames, True
    at_work = {name: frame for name, frame in frames.items() if _is_at_work(frame)}
    return at_work if all(map(_is_endless, at_work.values())) else {}, False


def _is_endless(frame: FrameType) -> bool:
    waits = frame.f_code in WAITS or _awaits_work(frame)
    return waits and frame.f_locals.get("timeout") in (None, -1)


def _is_at_work(frame: FrameType) -> bool:
    """Whether a thread of an executor does something besides waiting for work."""
    caller = frame.f_back
    while caller is not None and not _awaits_work(caller):
        caller = caller.f_back
    return caller is not None


def _awaits_work(frame: FrameType) -> bool:
    """Whether this is the loop of a thread of an executor."""
    from concurrent.futures import thread

    return frame.f_code is thread._worker.__code__


def _copy_result(computation: Future[Any], waiter: asyncio.Future[Any]) -> None:
    try:
        waiter.set_result(computation.result())
    except BaseException as error:
        # A StopIteration cannot travel through a future, and a computation that was cancelled
        # does not cancel whoever waits for it: both become an error that keeps their text.
        if isinstance(error, StopIteration) or computation.cancelled():
            error = ComputationError(error_text(error))
        waiter.set_exception(error)
