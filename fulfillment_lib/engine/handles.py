"""The small things that a virtual loop hands out: callbacks to come, tasks and futures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from fulfillment_lib.frozen import new

TICKS_PER_S = 1_000_000
Callback = Callable[..., Any]


class Handle(asyncio.Handle):
    """A callback that waits for its turn, until it is cancelled; `new_handle` makes one."""

    __slots__ = ()

    _callback: Callback | None
    _args: tuple[Any, ...]
    _context: Context

    def cancel(self) -> None:
        """Forget the callback."""
        self._callback = None
        self._args = ()

    @property
    def _cancelled(self) -> bool:  # type: ignore[override]  # asyncio keeps a flag of this name
        return self._callback is None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'cancelled' if self._cancelled else self._callback}>"


class TimerHandle(Handle, asyncio.TimerHandle):
    """A callback that waits for its time; `new_timer` makes one."""

    __slots__ = ("_ticks",)

    _ticks: float

    @property
    def _when(self) -> float:  # what asyncio's `when`, comparisons and hash ask for
        return self._ticks / TICKS_PER_S


# Functions, not constructors. That of asyncio takes three times as long, as it looks up the debug
# mode, and one of our own twice: Python calls it by way of C.
def new_handle(callback: Callback, args: tuple[Any, ...], context: Context | None) -> Handle:
    """A handle of this callback, in the present context unless another is given."""
    made: Handle = new(Handle)
    made._callback = callback
    made._args = args
    made._context = copy_context() if context is None else context
    return made


def new_timer(callback: Callback, args: tuple[Any, ...], context: Context | None) -> TimerHandle:
    """The same for a time, which the loop fills in."""
    made: TimerHandle = new(TimerHandle)
    made._callback = callback
    made._args = args
    made._context = copy_context() if context is None else context
    return made


class OrderedTask(asyncio.Task[Any]):
    """A task that hashes by its number, not by its address.

    TaskGroup and `asyncio.wait` keep tasks in sets. Ordered by address, such a set comes out in
    another order in every process, and programs that cancel or collect from it do not repeat.
    """

    _number: int

    def __hash__(self) -> int:
        try:
            return self._number
        except AttributeError:
            self._number = self.get_loop().next_number()  # type: ignore[attr-defined]
            return self._number


class OrderedFuture(asyncio.Future[Any]):
    """A future that hashes by its number, for the same reason."""

    __slots__ = ("_number",)
    __hash__ = OrderedTask.__hash__
