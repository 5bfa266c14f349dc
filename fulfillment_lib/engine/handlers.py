"""Calling what users of the pool give it: handlers in the context of their submitter, and hooks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context
from inspect import isawaitable
from types import CoroutineType, coroutine
from typing import Any

from fulfillment_lib.checks import refuse
from fulfillment_lib.engine.tasks import T, Task
from fulfillment_lib.errors import shown

Handler = Callable[[Task], Awaitable[T]]


# A worker is one asyncio task for many attempts, and asyncio gives a task one context for life. So
# a handler would see the variables of whoever opened the pool, and leave its own (a request's id,
# the precision of decimals) to the next task on that worker. An asyncio task for each attempt
# would mend that, and takes 3 µs for each: a third of a small task. Setting and resetting the
# variables one by one is wrong, since a handler may keep a token of its own. Here the worker
# passes on to the handler, step by step, what asyncio sends or throws into the worker. Each step
# runs in the attempt's own copy of the context in which the task was submitted. For asyncio the
# worker is still the current task: it is what timeouts and task groups inside a handler cancel.
@coroutine
def answer_of(handler: Handler[T], task: Task, submitted: Context) -> Generator[Any, Any, T]:
    """Await `handler(task)`, as in `await answer_of(…)`, in a copy of the context."""
    run = submitted.copy().run
    answer = run(handler, task)
    if type(answer) is not CoroutineType:
        answer = _coroutine_of(answer, handler)
    try:
        request = run(answer.send, None)
        while True:
            try:
                reply = yield request
            except BaseException as error:
                request = run(answer.throw, error)
            else:
                request = run(answer.send, reply)
    except StopIteration as end:
        value: T = end.value
        return value


def _coroutine_of(answer: Awaitable[T], handler: Handler[T]) -> Coroutine[Any, Any, T]:
    if not isawaitable(answer):
        raise TypeError(
            f"{name_of(handler)} must be an async function, got {type(answer).__name__} from it"
        )

    async def wait() -> T:
        return await answer

    return wait()


def check_handler(handler: object) -> None:
    """Refuse what cannot be called with a task."""
    if not callable(handler):
        if asyncio.iscoroutine(handler):
            handler.close()
        refuse("handler", "an async function (not the result of calling one)", handler)


def name_of(handler: Handler) -> str:
    """A handler's name as errors show it."""
    return f"handler {getattr(handler, '__qualname__', type(handler).__name__)!r}"


def tell(loop: asyncio.AbstractEventLoop, hook: Callable[..., object], *args: object) -> None:
    """Call a hook; an error in it goes to the loop's exception handler."""
    try:
        hook(*args)
    except Exception as error:
        loop.call_exception_handler({"message": f"{shown(hook)} failed", "exception": error})
