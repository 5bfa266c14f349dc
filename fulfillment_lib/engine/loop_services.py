"""What an event loop owes to asyncio besides scheduling: executors, generators, errors.

Computing takes no virtual time. A computation runs on an executor (threads, processes, a
cluster), and virtual time stands still from the moment at which somebody needs its result.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from fulfillment_lib.errors import ComputationError, error_text


class Held(NamedTuple):
    """A computation on an executor, and the future that waits for it."""

    computation: Future[Any]
    waiter: asyncio.Future[Any]
    watchdog_s: float | None


class LoopServices(asyncio.AbstractEventLoop):
    """Executors, asynchronous generators, error reports and debug mode of a loop."""

    def __init__(self) -> None:
        self._held: deque[Held] = deque()
        self._wakeup = threading.Event()  # set from other threads
        self._default_executor: Executor | None = None
        # A dict, because it keeps the order: generators are closed in the order of their starts.
        self._generators: weakref.WeakKeyDictionary[AsyncGenerator[Any, Any], None] = (
            weakref.WeakKeyDictionary()
        )
        self._exception_handler: Callable[..., Any] | None = None
        self._debug = sys.flags.dev_mode or bool(os.environ.get("PYTHONASYNCIODEBUG"))

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
            overdue = not self._wakeup.wait(watchdog_s)
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

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Call `func(*args)` on the executor; time stands still until the result is there."""
        if executor is None:
            executor = self._default_executor = self._default_executor or ThreadPoolExecutor()
        return self.hold(executor.submit(func, *args))

    def set_default_executor(self, executor: Executor) -> None:
        """Use this executor where none is named."""
        self._default_executor = executor

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109  # as in asyncio
        """End the threads of the default executor."""
        if self._default_executor is not None:
            self._default_executor.shutdown()

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

    def set_exception_handler(self, handler: Callable[..., Any] | None) -> None:
        """Call `handler(loop, context)` for an error that nobody else can receive."""
        self._exception_handler = handler

    def get_exception_handler(self) -> Callable[..., Any] | None:
        """The handler that was set."""
        return self._exception_handler

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Report an error that nobody else can receive."""
        try:
            (self._exception_handler or type(self).default_exception_handler)(self, context)
        except Exception as error:
            self.default_exception_handler(context)
            self.default_exception_handler({"message": "its handler failed", "exception": error})

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Log the error where asyncio logs its own."""
        error = context.get("exception")
        logging.getLogger("asyncio").error(context.get("message", ""), exc_info=error)

    def get_debug(self) -> bool:
        """Whether asyncio's debug mode is on."""
        return self._debug

    def set_debug(self, enabled: bool) -> None:
        """Switch asyncio's debug mode on or off."""
        self._debug = enabled


def _copy_result(computation: Future[Any], waiter: asyncio.Future[Any]) -> None:
    try:
        waiter.set_result(computation.result())
    except BaseException as error:
        # A StopIteration cannot travel through a future, and a computation that was cancelled
        # does not cancel whoever waits for it: both become an error that keeps their text.
        if isinstance(error, StopIteration) or computation.cancelled():
            error = ComputationError(error_text(error))
        waiter.set_exception(error)
