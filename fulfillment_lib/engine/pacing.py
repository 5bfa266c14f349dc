"""The virtual loop held to the wall clock: the same run, instant by instant, in real time.

The loop runs in a thread of its own. Before each instant it waits until the wall clock is there,
so what happens, and in which order, is exactly what virtual time gives at any speed.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from fulfillment_lib.checks import number, plain_function
from fulfillment_lib.engine.handles import TICKS_PER_S
from fulfillment_lib.engine.loop import VirtualLoop
from fulfillment_lib.engine.virtual import run_to_end

T = TypeVar("T")
LONGEST_NAP_S = 3600.0


class PacedLoop(VirtualLoop):
    """A virtual loop in which `speed` virtual seconds take one second of the wall clock."""

    def __init__(self, speed: float) -> None:
        super().__init__()
        self._ticks_per_wall_s = number("speed", speed, 0.0, 1e9, above=True) * TICKS_PER_S
        self._origin_s = time.monotonic()

    def _wait_until(self, ticks: int) -> bool:
        """Whether the wall clock has come to that instant; if not, look again."""
        if self._settling:
            return True
        early_s = self._origin_s + ticks / self._ticks_per_wall_s - time.monotonic()
        if early_s <= 0.0:
            return True
        if self._wakeup.wait(min(early_s, LONGEST_NAP_S)):
            self._wakeup.clear()  # another thread has something to say: look before going on
        return False


class PacedRun:
    """One run in real time, seen from the coroutine that waits for it."""

    def __init__(self, speed: float) -> None:
        self._loop = PacedLoop(speed)  # type: ignore[abstract]  # no network
        self._caller = asyncio.get_running_loop()
        self._error: BaseException | None = None

    def reporter(
        self, name: str, callback: Callable[..., object] | None
    ) -> Callable[..., None] | None:
        """A function that calls `callback` on the caller's loop, from the run's thread.

        Raises:
            ArgumentError: the callback cannot be called, or is a coroutine function.
        """
        plain_function(name, callback)
        if callback is None:
            return None

        def call(*args: object) -> None:
            if self._error is None:
                try:
                    callback(*args)
                except BaseException as error:
                    self._error = error
                    self._stop()

        return lambda *args: self._tell_caller(call, *args)

    def _tell_caller(self, call: Callable[..., None], *args: object) -> None:
        try:
            self._caller.call_soon_threadsafe(call, *args)
        except RuntimeError:  # the caller's loop is closed: nobody listens any more
            self._loop.stop()

    def _stop(self) -> None:
        with suppress(RuntimeError):  # the run has ended already
            self._loop.call_soon_threadsafe(self._loop.stop)

    async def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main` to its end. Cancelling stops the run, and waits until it has cleaned up.

        An error in a reporter's callback stops the run too, and is raised here.
        """
        thread, result = _in_thread(self._loop, main)
        ended = asyncio.wrap_future(result)
        cancelled: asyncio.CancelledError | None = None
        while not ended.done():
            try:
                await asyncio.wait([ended])
            except asyncio.CancelledError as error:
                cancelled = error
                self._stop()
        thread.join()
        problem = self._error or cancelled
        if problem is None:
            return ended.result()
        ended.exception()  # seen: the run was stopped on purpose
        raise problem


def _in_thread(loop: PacedLoop, main: Coroutine[Any, Any, T]) -> tuple[threading.Thread, Future[T]]:
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
