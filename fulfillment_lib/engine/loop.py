"""Virtual time: an asyncio event loop whose clock moves only when nothing is left to do.

`run_virtual(main())` runs ordinary asyncio code. A sleep of ten seconds takes microseconds, and
every run repeats exactly. Time is counted in whole microseconds; `loop.time()` gives seconds.

The rules, in the order in which the loop applies them:

1. What is ready runs, in the order in which it became ready.
2. When nothing is ready, results of computations that somebody waits for are collected, in the
   order of the calls. Time stands still meanwhile.
3. Then the earliest timer fires, alone; equal deadlines fire in the order in which they were set.
4. When there is no timer either, the program waits for ever: that is an error, and it says who.

The loop never reads the wall clock (`pacing` adds that) and has no network. Only awaiting takes
virtual time: a blocking call is free here.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
import sys
from asyncio import events
from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any

from fulfillment_lib.checks import number
from fulfillment_lib.engine.handles import (
    TICKS_PER_S,
    Handle,
    OrderedFuture,
    OrderedTask,
    TimerHandle,
)
from fulfillment_lib.engine.loop_services import LoopServices
from fulfillment_lib.errors import ClockError, DeadlockError

LATEST_START_S = 4e9
MOST_TURNS_PER_INSTANT = 1_000_000
FIRST = -(2**62)  # added to a timer's number, puts it before all that have none


class VirtualLoop(LoopServices):
    """The event loop of virtual time; most programs want `run_virtual` instead."""

    _wait_until: Callable[[int], bool] | None = None  # may the clock go on? In virtual time: yes

    def __init__(self, start_s: float = 0.0) -> None:
        super().__init__()
        self._ticks = round(number("start_s", start_s, 0.0, LATEST_START_S) * TICKS_PER_S)
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[int, int, TimerHandle]] = []
        self._cancelled_timers = 0
        self._turns = 0
        self._most_turns = MOST_TURNS_PER_INSTANT
        self._next_number = count().__next__
        self._task_numbers = count(1)
        self._running = self._stopping = self._closed = self._settling = False

    def __repr__(self) -> str:
        waiting = sum(not timer.cancelled() for _, _, timer in self._timers)
        return (
            f"{type(self).__name__}({self.time():g} s, {len(self._ready)} ready, {waiting} timers)"
        )

    # Scheduling

    def time(self) -> float:
        """Virtual seconds."""
        return self._ticks / TICKS_PER_S  # a product with 1e-6 would print 1.0999999999999999

    # The stubs of asyncio tie the types of `args` to those of the callback; Any says less.
    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., Any], *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        """Run the callback in this instant, after all that is ready already."""
        handle = Handle(callback, args, context)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., Any], *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        """The same from another thread."""
        if self._closed:
            raise RuntimeError("the loop is closed")
        handle = self.call_soon(callback, *args, context=context)
        self._wakeup.set()
        return handle

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., Any],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> TimerHandle:
        """Run the callback at a time in seconds. The past is now; infinity is never."""
        return self._schedule(when * TICKS_PER_S, callback, args, context)

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., Any],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> TimerHandle:
        """Run the callback in `delay` seconds, to the microsecond."""
        return self._schedule(self._ticks + delay * TICKS_PER_S, callback, args, context)

    def call_first_at(self, when: float, callback: Callable[..., Any], *args: Any) -> TimerHandle:
        """The same as `call_at`, but before all other timers of that time."""
        return self._schedule(when * TICKS_PER_S, callback, args, None, FIRST)

    def _schedule(
        self,
        ticks: float,
        callback: Callable[..., Any],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
        rank: int = 0,
    ) -> TimerHandle:
        if ticks == math.inf:
            return TimerHandle(math.inf, callback, args, context, None)
        whole_ticks = round(ticks) if ticks > self._ticks or ticks != ticks else self._ticks
        handle = TimerHandle(whole_ticks, callback, args, context, self)
        heappush(self._timers, (whole_ticks, self._next_number() + rank, handle))
        return handle

    def _timer_was_cancelled(self) -> None:
        self._cancelled_timers += 1
        if self._cancelled_timers > 100 and self._cancelled_timers * 2 > len(self._timers):
            self._timers[:] = [entry for entry in self._timers if not entry[2].cancelled()]
            heapify(self._timers)
            self._cancelled_timers = 0

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return OrderedFuture(loop=self)

    def create_task(
        self, coro: Any, *, name: str | None = None, **options: Any
    ) -> asyncio.Task[Any]:
        """A task of this loop, named from the loop's own counter unless told otherwise."""
        if self._closed:
            coro.close()
            raise RuntimeError("the loop is closed")
        return OrderedTask(
            coro, loop=self, name=name or f"Task-{next(self._task_numbers)}", **options
        )

    # Running

    def run_forever(self) -> None:
        """Run until `stop` is called."""
        if self._closed or events._get_running_loop() is not None:
            raise RuntimeError("the loop is closed, or a loop runs in this thread already")
        hooks = sys.get_asyncgen_hooks()
        try:
            sys.set_asyncgen_hooks(self._generators.setdefault, self._close_generator)
            self._running, self._stopping = True, False
            events._set_running_loop(self)
            self._run()
        finally:
            self._running = False
            events._set_running_loop(None)
            sys.set_asyncgen_hooks(*hooks)

    def _run(self) -> None:
        # One function with everything in it: split in three, a small task took 4 % more time.
        ready, held, timers = self._ready, self._held, self._timers
        while not self._stopping:
            if ready:
                self._turns += 1
                if self._turns > self._most_turns:
                    raise ClockError(
                        f"time stands still at {self.time():g} s after "
                        f"{self._most_turns:,} turns; is there a loop around "
                        f"sleep(0)? {self._waiting()}"
                    )
                for _ in range(len(ready)):
                    handle = ready.popleft()
                    callback = handle._callback
                    if callback is not None:
                        try:
                            handle._context.run(callback, *handle._args)
                        except (KeyboardInterrupt, SystemExit):
                            raise
                        except BaseException as error:
                            self._report(callback, error)
            elif held:
                self._collect()
            elif timers:
                ticks, _, timer = timers[0]
                if timer._callback is None:
                    self._cancelled_timers -= 1
                elif ticks > self._ticks:
                    if self._wait_until is not None and not self._wait_until(ticks):
                        continue
                    self._ticks = ticks
                    if not self._settling:
                        self._turns = 0
                heappop(timers)
                timer._timers = None
                ready.append(timer)
            else:
                raise DeadlockError(
                    f"nothing is ready and nothing is scheduled at "
                    f"{self.time():g} s, but {self._waiting()}"
                )

    def _report(self, callback: Callable[..., Any], error: BaseException) -> None:
        self.call_exception_handler(
            {"message": f"a callback failed: {callback!r}", "exception": error}
        )

    def _waiting(self) -> str:
        tasks = sorted(asyncio.all_tasks(self), key=hash)
        names = [
            f"{task.get_name()} ({getattr(task.get_coro(), '__qualname__', '?')})"
            for task in tasks[:10]
        ]
        more = f" and {len(tasks) - 10} more" if len(tasks) > 10 else ""
        return f"{len(tasks)} waiting: {', '.join(names)}{more}"

    def run_until_complete(self, future: Any) -> Any:
        """Run a coroutine or a future to its end; its value."""
        future = asyncio.ensure_future(future, loop=self)
        future.add_done_callback(self._stop_after)
        try:
            self.run_forever()
        except BaseException:
            if future.done() and not future.cancelled():
                future.exception()  # it goes up from here: no need to log it too
            raise
        finally:
            future.remove_done_callback(self._stop_after)
        if not future.done():
            raise RuntimeError("the loop was stopped before the end")
        return future.result()

    def _stop_after(self, _: object) -> None:
        self._stopping = True

    def stop(self) -> None:
        """Stop after the callbacks that are ready now; a clean-up is not stopped half-way."""
        self._stopping = self._stopping or not self._settling

    def settle(self, most_turns: int) -> None:
        """From now on allow this many turns in all, not per instant: enough to clean up."""
        self._settling = True
        self._turns, self._most_turns = 0, most_turns

    def is_running(self) -> bool:
        """Whether `run_forever` is under way."""
        return self._running

    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Forget everything that is scheduled."""
        self._closed = True
        self._ready.clear()
        self._timers.clear()
