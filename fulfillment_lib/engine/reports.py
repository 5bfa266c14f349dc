"""What a virtual loop tells people: errors that nobody received, debug remarks, what it lacks.

It is the lowest part of `loop.VirtualLoop`; see `loop_services` for the middle one.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import sys
import threading
import time
import traceback
from asyncio import events, format_helpers
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, TypeVar

from fulfillment_lib.engine.handles import Handle
from fulfillment_lib.errors import shown

L = TypeVar("L", bound=type[asyncio.AbstractEventLoop])
LONGEST_SUBJECT = 1_000  # characters of a task or a callback in a log
ORIGIN_DEPTH = 10  # calls that debug mode remembers of the making of a coroutine
SUBJECTS = ("task", "future", "handle")  # of an error report, the first that is there


class LoopReports(asyncio.AbstractEventLoop):
    """Error reports and debug mode of a loop."""

    slow_callback_duration = 0.1  # seconds of the wall clock, as in asyncio

    def __init__(self) -> None:
        self._exception_handler: Callable[..., Any] | None = None
        self._closed = False
        self._thread_id: int | None = None  # of the thread in which the loop runs
        self._present_handle: Handle | None = None  # in debug mode
        self._origin_depth = 0
        self._debug = False
        self.set_debug(sys.flags.dev_mode or bool(os.environ.get("PYTHONASYNCIODEBUG")))

    def is_running(self) -> bool:
        """Whether `run_forever` is under way."""
        return self._thread_id is not None

    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the loop is closed")

    def _check_can_run(self) -> None:
        self._check_open()
        if self.is_running() or events._get_running_loop() is not None:
            raise RuntimeError(
                "a loop runs already; await in it, or use run_virtual, which can run inside it"
            )

    # Errors that nobody received

    def set_exception_handler(self, handler: Callable[..., Any] | None) -> None:
        """Call `handler(loop, context)` for an error that nobody else can receive."""
        if handler is not None and not callable(handler):
            raise TypeError(f"handler must be a callable object or None, got {shown(handler)}")
        self._exception_handler = handler

    def get_exception_handler(self) -> Callable[..., Any] | None:
        """The handler that was set."""
        return self._exception_handler

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Report an error that nobody else can receive."""
        handler = self._exception_handler or type(self).default_exception_handler
        try:
            _context_of(context).run(handler, self, context)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            report = {"message": "its handler failed", "exception": error, "context": context}
            LoopReports.default_exception_handler(self, report)

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Log the error where asyncio logs its own, with all that is known of its origin."""
        origin = getattr(self._present_handle, "_source_traceback", None)
        if origin and "source_traceback" not in context:
            context = {**context, "handle_traceback": origin}
        lines = [context.get("message") or "an error that nobody received"]
        for name in sorted(context.keys() - {"message", "exception"}):
            told = shown(context[name], LONGEST_SUBJECT)
            if name.endswith("_traceback"):
                calls = "".join(traceback.format_list(context[name]))
                told = f"created at (most recent call last):\n{calls.rstrip()}"
            lines.append(f"{name}: {told}")
        logging.getLogger("asyncio").error("\n".join(lines), exc_info=context.get("exception"))

    def _report(self, handle: Handle, callback: object, error: BaseException) -> None:
        context = {"message": f"a callback failed: {callback!r}", "exception": error}
        origin = getattr(handle, "_source_traceback", None)  # there is one in debug mode
        origins = {"source_traceback": origin} if origin else {}
        self.call_exception_handler({**context, "handle": handle, **origins})

    def _waiting(self) -> str:
        tasks = sorted(asyncio.all_tasks(self), key=hash)
        names = [
            f"{task.get_name()} ({getattr(task.get_coro(), '__qualname__', '?')})"
            for task in tasks[:10]
        ]
        more = f" and {len(tasks) - 10} more" if len(tasks) > 10 else ""
        return f"{len(tasks)} waiting: {', '.join(names)}{more}"

    # Debug mode

    def set_debug(self, enabled: bool) -> None:
        """Switch asyncio's debug mode on or off."""
        self._debug = enabled
        # Every future asks for it when it is made. A method of C answers in half the time.
        self.get_debug = bool(enabled).__bool__  # type: ignore[method-assign]
        self._wary = enabled or self._closed  # one question for both, as each callback asks it
        if self.is_running():
            self.call_soon_threadsafe(self._track_origins)

    def _track_origins(self) -> None:
        depth = ORIGIN_DEPTH if self._debug else self._origin_depth
        sys.set_coroutine_origin_tracking_depth(depth)

    def _examine(self, handle: Handle, method: str) -> None:
        """Refuse a callback for a closed loop and, in debug mode, what asyncio refuses there."""
        self._check_open()
        callback = handle._callback
        if asyncio.iscoroutine(callback) or iscoroutinefunction(callback) or not callable(callback):
            raise TypeError(
                f"{method} must be given a callable object, and no coroutines, "
                f"got {shown(callback)}"
            )
        if method != "call_soon_threadsafe" and self._thread_id not in (
            None,
            threading.get_ident(),
        ):
            raise RuntimeError(f"{method} was called in another thread; use call_soon_threadsafe")
        handle._source_traceback = format_helpers.extract_stack(sys._getframe(2))  # type: ignore[attr-defined]

    def _run_timed(self, handle: Handle) -> None:
        """Run a callback in debug mode: if it takes long on the wall clock, say which it was."""
        task = getattr(handle._callback, "__self__", None)  # if the callback is a step of one
        start_s = time.perf_counter()
        self._present_handle = handle
        try:
            handle._context.run(handle._callback, *handle._args)  # type: ignore[arg-type]
        finally:
            self._present_handle = None
            took_s = time.perf_counter() - start_s
            if took_s >= self.slow_callback_duration:
                name = repr(task if isinstance(task, asyncio.Task) else handle)
                logging.getLogger("asyncio").warning("executing %s took %.3f seconds", name, took_s)
            del handle, task  # the traceback of an error in the task keeps this frame


def _context_of(report: dict[str, Any]) -> contextvars.Context:
    """The context of what failed, copied; the present one, if that does not tell it."""
    subject = next((report[name] for name in SUBJECTS if report.get(name) is not None), None)
    get_context = getattr(subject, "get_context", contextvars.copy_context)  # since Python 3.12
    context: contextvars.Context = get_context()
    return context.copy()  # the thing itself may be entered already


def names_what_it_lacks(loop_class: L) -> L:
    """Give a loop's class, for each method that it does not have, one that says so by name."""
    for name, method in vars(asyncio.AbstractEventLoop).items():
        if callable(method) and getattr(loop_class, name) is method and not name.startswith("_"):
            setattr(loop_class, name, _lacking(name))
    return loop_class


def _lacking(name: str) -> Callable[..., Any]:
    def refuse(self: asyncio.AbstractEventLoop, *_: object, **__: object) -> None:
        raise NotImplementedError(
            f"{type(self).__name__} has no {name}: in virtual time there is no network, no signal "
            "and no other process; put a stand-in in its place, or use asyncio.run"
        )

    return refuse
