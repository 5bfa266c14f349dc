"""Virtual time: an asyncio event loop whose clock moves only when nothing is left to do.

`run_virtual(main())` runs ordinary asyncio code. A sleep of ten seconds takes microseconds, and
every run repeats exactly. Time is counted in whole microseconds; `loop.time()` gives seconds.

The rules, in the order in which the loop applies them:

1. What is ready runs, in the order in which it became ready.
2. When nothing is ready, results of computations that somebody waits for are collected, in the
   order of the calls. Time stands still meanwhile.
3. Then the earliest timer fires, alone; equal deadlines fire in the order in which they were set.
4. Before the clock goes on, what was asked for the end of the instant runs, one after the other,
   each when nothing else is left to do.
5. When there is no timer either, the program waits for ever: that is an error, and it says who.

The loop never reads the wall clock (`pacing` adds that) and has no network. Only awaiting takes
virtual time: a blocking call is free here.
"""

from __future__ import annotations

import asyncio
import math
import sys
import threading
from asyncio import events
from collections import deque
from collections.abc import Callable
from contextvars import Context
from functools import partial
from heapq import heapify, heappop, heappush
from typing import Any

from fulfillment_lib.checks import number
from fulfillment_lib.engine.handles import (
    TICKS_PER_S,
    Callback,
    Handle,
    OrderedFuture,
    TimerHandle,
    new_handle,
    new_timer,
)
from fulfillment_lib.engine.loop_services import LoopServices
from fulfillment_lib.engine.reports import names_what_it_lacks
from fulfillment_lib.errors import ClockError

LATEST_START_S = 4e9
MOST_TURNS_PER_INSTANT = 1_000_000
FEWEST_SWEPT = 1_000
NEVER = math.inf
FIRST = -(2**62)  # added to a timer's number, puts it before all that have none

# `asyncio.sleep` makes a future, and a timer that wakes it, and cancels the timer in the end. That
# is half of the work of a simulated task. Nobody else sees the two. So here the future of a sleep
# is its own timer: it stands on the heap, and is given its result when its time has come. A sleep
# of our own would do the same, but a reader's code says `asyncio.sleep`. What is recognised are
# the code of `sleep` and the callback that it sets; where another Python has others, each sleep
# goes the way of every other timer, and is only slower. Such a future hashes by its address: it
# is awaited where it was made, and never comes into a set.
Sleep = asyncio.Future
_SLEEP = asyncio.sleep.__code__
_WAKE = getattr(asyncio.futures, "_set_result_unless_cancelled", None)


@names_what_it_lacks
class VirtualLoop(LoopServices):
    """The event loop of virtual time; most programs want `run_virtual` instead."""

    _wait_until: Callable[[int], bool] | None = None  # may the clock go on? In virtual time: yes

    def __init__(self, start_s: float = 0.0) -> None:
        super().__init__()
        self._ticks = round(number("start_s", start_s, 0.0, LATEST_START_S) * TICKS_PER_S)
        self._now_s = self._ticks / TICKS_PER_S  # a product with 1e-6 prints 1.0999999999999999
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[int, int, Any]] = []
        self._most_timers = FEWEST_SWEPT  # beyond it those that were cancelled are swept out
        self._endings: deque[Handle] = deque()  # for the end of this instant
        self._turns = 0
        self._most_turns = MOST_TURNS_PER_INSTANT
        self._stopping = self._settling = False

    def __repr__(self) -> str:
        waiting = sum(not entry[2].cancelled() for entry in self._timers)
        state = f"{self.time():g} s, {len(self._ready)} ready, {waiting} timers"
        return f"{type(self).__name__}({state})"

    # Scheduling

    def time(self) -> float:
        """Virtual seconds."""
        return self._now_s  # one number for all records of an instant

    # The stubs of asyncio tie the types of `args` to those of the callback; Any says less.
    def call_soon(  # type: ignore[override]
        self, callback: Callback, *args: Any, context: Context | None = None
    ) -> Handle:
        """Run the callback in this instant, after all that is ready already."""
        handle = new_handle(callback, args, context)
        if self._wary:
            self._examine(handle, "call_soon")
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callback, *args: Any, context: Context | None = None
    ) -> Handle:
        """The same from another thread."""
        handle = new_handle(callback, args, context)
        if self._wary:
            self._examine(handle, "call_soon_threadsafe")
        self._ready.append(handle)
        self._wakeup.set()
        return handle

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callback, *args: Any, context: Context | None = None
    ) -> TimerHandle:
        """Run the callback at a time in seconds. The past is now; infinity is never."""
        handle = new_timer(callback, args, context)
        return self._schedule(handle, when * TICKS_PER_S, not when <= self._now_s)

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callback, *args: Any, context: Context | None = None
    ) -> TimerHandle:
        """Run the callback in `delay` seconds, to the microsecond."""
        ticks = self._ticks + delay * TICKS_PER_S
        if callback is _WAKE and type(args[0]) is Sleep and args[1] is None:
            if delay > 0.0 and ticks < NEVER:
                whole_ticks = round(ticks) if ticks > self._ticks + 1 else self._ticks + 1
                heappush(self._timers, (whole_ticks, self.next_number(), args[0]))
                return args[0]  # type: ignore[return-value]  # `sleep` will cancel it
        return self._schedule(new_timer(callback, args, context), ticks, not delay <= 0.0)

    def call_first_at(self, when: float, callback: Callback, *args: Any) -> TimerHandle:
        """The same as `call_at`, but before all other timers of that time."""
        handle = new_timer(callback, args, None)
        return self._schedule(handle, when * TICKS_PER_S, not when <= self._now_s, FIRST)

    def at_end_of_instant(self, callback: Callable[[], Any]) -> Callable[[], None]:
        """A function; each call of it lets the callback run once, at the end of that instant."""
        return partial(self._endings.append, new_handle(callback, (), None))

    def is_end_of_instant(self) -> bool:
        """Whether nothing is left to do at the present time, besides the callback that runs."""
        nothing_due = not self._timers or self._timers[0][0] > self._ticks
        return nothing_due and not (self._ready or self._held or self._endings)

    # A timer fires at the microsecond nearest to its time. For a time that is later than now, but
    # nearest to now, this must be the next one. `while time() < goal: sleep(goal - time())` would
    # otherwise wait for nothing, again and again. Rounding always up would end such loops too, but
    # would put a microsecond on every third sum of decimal fractions: 0.1 + 0.2 is above 0.3.
    # Whether a time is later is asked in seconds, as the caller sees it: in ticks a float of a
    # large time may come out equal. It is asked the other way round so that NaN comes to `round`,
    # which refuses it.
    def _schedule(
        self, handle: TimerHandle, ticks: float, is_later: bool, rank: int = 0
    ) -> TimerHandle:
        if ticks == NEVER:
            self._check_open()
            handle._ticks = NEVER
            return handle
        whole_ticks = max(round(ticks), self._ticks + 1) if is_later else self._ticks
        handle._ticks = whole_ticks
        if self._wary:
            self._examine(handle, "call_at")
        heappush(self._timers, (whole_ticks, self.next_number() + rank, handle))
        return handle

    def _sweep(self) -> None:
        """Forget the timers that were cancelled; do so again when there are twice as many."""
        self._timers[:] = [entry for entry in self._timers if not entry[2].cancelled()]
        heapify(self._timers)
        self._most_timers = max(FEWEST_SWEPT, 2 * len(self._timers))

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        if sys._getframe(1).f_code is _SLEEP:
            return Sleep()  # of the loop that runs; to name it would take as long again
        return OrderedFuture(loop=self)

    # Running

    def run_forever(self) -> None:
        """Run until `stop` is called."""
        self._check_can_run()
        hooks = sys.get_asyncgen_hooks()
        self._origin_depth = sys.get_coroutine_origin_tracking_depth()
        if self._stopping:  # told so before the start: after what is ready, then
            self.call_soon(self.stop)
        try:
            self._stopping = False
            self._thread_id = threading.get_ident()
            self._track_origins()
            sys.set_asyncgen_hooks(self._generators.setdefault, self._close_generator)
            events._set_running_loop(self)
            self._run()
        finally:
            self._thread_id, self._stopping = None, False
            events._set_running_loop(None)
            sys.set_asyncgen_hooks(*hooks)
            sys.set_coroutine_origin_tracking_depth(self._origin_depth)

    def _run(self) -> None:
        # One function with everything in it: split in three, a small task took 4 % more time.
        ready, held, timers, endings = self._ready, self._held, self._timers, self._endings
        wait_until = self._wait_until
        while not self._stopping:
            if not ready:
                if held:
                    self._collect()
                    continue
                if endings and not (timers and timers[0][0] <= self._ticks):
                    ready.append(endings.popleft())
                elif timers:
                    ticks, _, timer = timers[0]
                    is_sleep = type(timer) is Sleep
                    gone = timer.done() if is_sleep else timer._callback is None
                    if ticks > self._ticks and not gone:
                        if wait_until is not None and not wait_until(ticks):
                            continue
                        if len(timers) > self._most_timers:
                            self._sweep()
                            continue
                        self._ticks, self._now_s = ticks, ticks / TICKS_PER_S
                        if not self._settling:
                            self._turns = 0
                    heappop(timers)
                    if gone:
                        continue
                    if is_sleep:
                        timer.set_result(None)
                    else:
                        ready.append(timer)
                else:
                    raise self._deadlock()
            self._turns += 1
            if self._turns > self._most_turns:
                raise ClockError(
                    f"time stands still at {self.time():g} s after {self._most_turns:,} turns; "
                    f"is there a loop around sleep(0)? {self._waiting()}"
                )
            left = len(ready)
            while left:
                left -= 1
                handle = ready.popleft()
                callback = handle._callback
                if callback is not None:
                    try:
                        if self._debug:
                            self._run_timed(handle)
                        else:
                            handle._context.run(callback, *handle._args)
                    except (KeyboardInterrupt, SystemExit):
                        raise
                    except BaseException as error:
                        self._report(handle, callback, error)

    def stop(self) -> None:
        """Stop after the callbacks that are ready now; a clean-up is not stopped half-way."""
        self._stopping = self._stopping or not self._settling

    def settle(self, most_turns: int) -> None:
        """From now on allow this many turns in all, not per instant: enough to clean up."""
        self._settling = True
        self._turns, self._most_turns = 0, most_turns

    def close(self) -> None:
        """Forget everything that is scheduled; from now on take nothing more."""
        if self.is_running():
            raise RuntimeError("a running loop cannot be closed; stop it first")
        self._closed = self._wary = self._executor_is_shut = True
        self._ready.clear()
        self._timers.clear()
        self._endings.clear()
        if self._default_executor is not None:
            self._default_executor.shutdown(wait=False)
