"""The way out of a pool for an error that is no outcome of a task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


# A full disk is no fact of the task that met it. An attempt that "failed" of it would stand in the
# records for ever. To raise the error where the task's result is awaited is not enough: that may be
# much later, behind another result, and time would go on meanwhile. To let it fall out of the loop,
# as KeyboardInterrupt does, would end programs that have nothing to do with the pool. So the pool
# does what asyncio.TaskGroup does: it cancels whoever has entered it, and gives the error in place
# of that cancellation. Hence the invariant: nothing starts after a fault but what ends the pool.
class Halting:
    """Ends a pool that the present task enters by an error, if `is_fault` calls it a fault."""

    def __init__(self, is_fault: Callable[[BaseException], bool] | None) -> None:
        self._is_fault = is_fault
        self._fault: BaseException | None = None
        self._owner = asyncio.current_task()

    def takes(self, problem: BaseException) -> bool:
        """Whether an error ends the pool; from now on it does."""
        if self._is_fault is None or not self._is_fault(problem):
            return False
        if self._fault is None and self._owner is not None:
            self._fault = problem
            self._owner.cancel()
        return True

    def close(self) -> None:
        """Raise the error that has ended the pool, unless somebody else cancels its block, too."""
        if self._fault is not None and self._owner is not None and not self._owner.uncancel():
            raise self._fault
