"""Something happens to a program at any moment: it is cancelled, or its loop is stopped.

A moment is the end of a callback, and the time between the clock's step to a timer and that
timer's callback: all that an asyncio program can observe. `loops` gives a loop for each moment,
and ends after the first that the program did not live to see. Every callback reaches a loop by
one of the four public methods that are overridden here, so nothing depends on how the loop keeps
what is ready and what is scheduled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from itertools import count
from typing import Any, TypeVar

from fulfillment_lib.engine.loop import VirtualLoop
from fulfillment_lib.engine.virtual import run_to_end

T = TypeVar("T")


class TrippedLoop(VirtualLoop):
    """Calls `trip` at one moment in the life of `victim`, and at some that follow."""

    def __init__(self, moment: int, trip: Callable[[TrippedLoop], object], times: int) -> None:
        super().__init__()
        self.moments_left, self.trip, self.trips_left = moment, trip, times
        self.victim: asyncio.Task[Any] | None = None

    @property
    def tripped(self) -> bool:
        """Whether the moment came."""
        return self.moments_left <= 0

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:
        return super().call_soon(self._watched, callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> Any:
        return super().call_at(when, self._timed, callback, *args, context=context)

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:
        return super().call_later(delay, self._timed, callback, *args, context=context)

    def call_first_at(self, when: float, callback: Any, *args: Any) -> Any:
        return super().call_first_at(when, self._timed, callback, *args)

    def _timed(self, callback: Callable[..., object], *args: Any) -> None:
        self._moment()
        self._watched(callback, *args)

    def _watched(self, callback: Callable[..., object], *args: Any) -> None:
        callback(*args)
        self._moment()

    def _moment(self) -> None:
        if self.victim is None or self.victim.done():
            return
        self.moments_left -= 1
        if self.tripped and self.trips_left:
            self.trips_left -= 1
            self.trip(self)

    def run(self, program: Coroutine[Any, Any, T]) -> T:
        """The program's value; it leaves no task, also where it was cancelled."""

        async def main() -> T:
            self.victim = asyncio.create_task(program)
            await asyncio.wait([self.victim])
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return self.victim.result()

        return run_to_end(self, main())


def cancels(loop: TrippedLoop) -> None:
    assert loop.victim is not None
    loop.victim.cancel()


def stops(loop: TrippedLoop) -> None:
    loop.stop()


def interrupts(loop: TrippedLoop) -> None:
    raise KeyboardInterrupt


def exits(loop: TrippedLoop) -> None:
    raise SystemExit


def loops(
    trip: Callable[[TrippedLoop], object] = cancels, times: int = 1, *, at_least: int
) -> Iterator[TrippedLoop]:
    """A loop for each moment of a program that has at least so many; the last one does not trip."""
    for moment in count(1):
        loop = TrippedLoop(moment, trip, times)
        yield loop
        if not loop.tripped:
            assert moment > at_least
            return
