"""The timeouts of a pool: one timer that asks workers to end whose attempts have had their time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol


class Watched(Protocol):
    """A worker, as the watchdog sees it."""

    start_s: float

    def is_late(self, now_s: float) -> bool: ...
    def time_out(self) -> None: ...


# A timer for each attempt, set at its start and cancelled at its end, would be simpler, and takes a
# tenth of the time of a small task. Here one timer stands at the end of the oldest attempt, and
# moves on to the next oldest when it has fired, or stays where it is if that attempt has ended
# before. This is right only because all attempts of a pool have the same timeout: they are due in
# the order in which they began. A task with a shorter timeout of its own would run past it, until
# the timer of an older attempt fired.
class Watchdog:
    """One timer for all attempts of a pool."""

    __slots__ = ("_call_at", "_loop", "_timeout_s", "_timer", "_watched")

    def __init__(self, loop: asyncio.AbstractEventLoop, timeout_s: float) -> None:
        self._loop = loop
        self._timeout_s = timeout_s
        # On the virtual clock it goes before its equals, so that an attempt that would end
        # exactly at its timeout is always cancelled first.
        self._call_at: Callable[..., asyncio.TimerHandle]
        self._call_at = getattr(loop, "call_first_at", loop.call_at)
        self._timer: asyncio.TimerHandle | None = None
        self._watched: dict[Watched, None] = {}  # in the order in which their attempts began

    def watch(self, worker: Watched) -> None:
        """From now on look whether the worker's attempt has had its time."""
        self._watched[worker] = None
        if self._timer is None:
            self._wait_for(worker)

    def forget(self, worker: Watched) -> None:
        """The worker's attempt has ended, or has been asked to."""
        self._watched.pop(worker, None)
        if not self._watched and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait_for(self, worker: Watched) -> None:
        start_s = worker.start_s
        self._timer = self._call_at(start_s + self._timeout_s, self._look, start_s)

    def _look(self, start_s: float) -> None:
        """The timer has fired: has the oldest attempt had its time? One at a time."""
        self._timer = None
        now_s = self._loop.time()
        oldest = next(iter(self._watched))
        if oldest.start_s == start_s or oldest.is_late(now_s):
            oldest.time_out()
        if self._watched and self._timer is None:
            following = next(iter(self._watched))
            # Due now, too: as a sum of floats its end may be later by a hair, and so by a tick.
            if following.is_late(now_s):
                self._timer = self._call_at(now_s, self._look, following.start_s)
            else:
                self._wait_for(following)
