"""What users of the pool give it: handlers, hooks, and the context variables around a task."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from inspect import isawaitable
from typing import NoReturn

from fulfillment_lib.checks import refuse
from fulfillment_lib.engine.tasks import T, Task
from fulfillment_lib.errors import shown

Handler = Callable[[Task], Awaitable[T]]


def awaitable(answer: Awaitable[T], handler: Handler[T]) -> Awaitable[T]:
    """What a handler has given, if that can be awaited."""
    if not isawaitable(answer):
        raise TypeError(
            f"{name_of(handler)} must be an async function, got {type(answer).__name__} from it"
        )
    return answer


def are_same(one: Context, other: Context) -> bool:
    """Whether two contexts have the same variables with the same values.

    The same, not equal ones: two equal lists are two, and a handler may change one of them.
    """
    return len(one) == len(other) and all(other.get(name, one) is one[name] for name in one)


def refuse_handler(handler: object) -> NoReturn:
    """Say what a handler must be; a coroutine is closed, as nobody will await it."""
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
