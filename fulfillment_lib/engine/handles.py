"""The small things that a virtual loop hands out: callbacks to come, tasks and futures."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

TICKS_PER_S = 1_000_000


class Handle(asyncio.Handle):
    """A callback that waits for its turn, until it is cancelled."""

    __slots__ = ()

    # asyncio's own constructor takes three times as long: it looks up the debug mode.
    def __init__(
        self,
        callback: Callable[..., Any],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
    ) -> None:
        self._callback: Callable[..., Any] | None = callback
        self._args = args
        self._context = contextvars.copy_context() if context is None else context

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
    """A callback that waits for its time."""

    __slots__ = ("_ticks",)

    def __init__(
        self,
        ticks: float,
        callback: Callable[..., Any],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
    ) -> None:
        self._callback = callback
        self._args = args
        self._context = contextvars.copy_context() if context is None else context
        self._ticks = ticks

    @property
    def _when(self) -> float:  # what asyncio's `when`, comparisons and hash ask for
        return self._ticks / TICKS_PER_S


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
