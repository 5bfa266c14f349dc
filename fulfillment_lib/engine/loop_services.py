"""What an event loop owes to asyncio besides scheduling: tasks, generators, runs to an end.

This is the lower half of `loop.VirtualLoop`, which schedules what is made here; below it are
`computing` and `reports`: one class in several files, of which nobody uses a part alone.
"""

from __future__ import annotations

import asyncio
import sys
import weakref
from collections.abc import AsyncGenerator, Callable
from itertools import count
from typing import Any

from fulfillment_lib.engine.computing import LoopComputing
from fulfillment_lib.engine.handles import OrderedTask
from fulfillment_lib.errors import DeadlockError, shown

EAGER = getattr(asyncio, "eager_task_factory", None)  # since Python 3.12


class LoopServices(LoopComputing):
    """Tasks, generators and runs to an end of a loop."""

    _stopping: bool

    def __init__(self) -> None:
        super().__init__()
        self.next_number = count().__next__  # of tasks, futures and timers, in one series
        self._task_numbers = count(1)
        self._task_factory: Callable[..., Any] | None = None
        # A dict, because it keeps the order: generators are closed in the order of their starts.
        self._generators: weakref.WeakKeyDictionary[AsyncGenerator[Any, Any], None] = (
            weakref.WeakKeyDictionary()
        )

    # Tasks

    def create_task(
        self, coro: Any, *, name: str | None = None, **options: Any
    ) -> asyncio.Task[Any]:
        """A task of this loop, named from the loop's own counter unless told otherwise.

        A task factory is called as asyncio calls it. Tasks of `asyncio.eager_task_factory` hash
        by number as all others; a factory that makes tasks of another class gives that up.
        """
        if self._closed:
            coro.close()
            raise RuntimeError("the loop is closed")
        if self._task_factory not in (None, EAGER):
            return self._made_by_factory(coro, name, options)
        if self._task_factory is not None:
            options.setdefault("eager_start", True)
        task = OrderedTask(coro, loop=self, name=self._name(name), **options)
        if self._debug:
            del task._source_traceback[-1]  # type: ignore[attr-defined]  # this very line
        return task

    def _made_by_factory(
        self, coro: Any, name: str | None, options: dict[str, Any]
    ) -> asyncio.Task[Any]:
        assert self._task_factory is not None
        options = {option: value for option, value in options.items() if value is not None}
        if name is not None and sys.version_info >= (3, 14):
            options["name"] = name
        task: asyncio.Task[Any] = self._task_factory(self, coro, **options)
        if name is not None and "name" not in options:
            task.set_name(name)
        elif isinstance(task, asyncio.Task) and task.get_name().startswith("Task-"):
            task.set_name(self._name(name))
        return task

    def _name(self, name: str | None) -> str:
        return f"Task-{next(self._task_numbers)}" if name is None else name

    def set_task_factory(self, factory: Callable[..., Any] | None) -> None:
        """Let `factory(loop, coro, **options)` make the tasks; None for the loop itself."""
        if factory is not None and not callable(factory):
            raise TypeError(f"factory must be a callable object or None, got {shown(factory)}")
        self._task_factory = factory

    def get_task_factory(self) -> Callable[..., Any] | None:
        """The factory that was set."""
        return self._task_factory

    # Generators

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

    # Running to an end

    def _deadlock(self) -> DeadlockError:
        state = f"nothing is ready and nothing is scheduled at {self.time():g} s"
        waiting = f"but {self._waiting()}" if asyncio.all_tasks(self) else "and there is no task"
        return DeadlockError(f"{state}, {waiting}{self._unawaited_threads()}")

    def run_until_complete(self, future: Any) -> Any:
        """Run a coroutine or a future to its end; its value."""
        self._check_can_run()
        future = asyncio.ensure_future(future, loop=self)
        awaited = True

        # An exit that a task raises goes up through `run_forever` at once, while this callback of
        # that task is still queued and can no longer be removed. It must not stop the clean-up
        # that comes next. So it stops only the run to which it belongs.
        def stop(_: object) -> None:
            self._stopping = self._stopping or awaited

        future.add_done_callback(stop)
        try:
            self.run_forever()
        except BaseException:
            if future.done() and not future.cancelled():
                future.exception()  # it goes up from here: no need to log it too
            raise
        finally:
            awaited = False
            future.remove_done_callback(stop)
        if not future.done():
            raise RuntimeError("the loop was stopped before the end")
        return future.result()
