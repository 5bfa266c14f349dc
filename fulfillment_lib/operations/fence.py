"""The fence of a run: what disk, lock or executor do wrong is no fact of an order.

An attempt that "failed" because the disk was full would be committed a moment later, when the disk
has room again, and would bar the way of every run that resumes this one. So the first fault ends
the run, and nothing of its attempt is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.stock import Ledger


# What a fault is, is told by where it comes from, not by its type: whatever a call of the ledger
# raises (but an ArgumentError, which comes out again the next time), and whatever an executor does
# besides giving what its computation gave. A list of types would have to know the errors of every
# executor and of every ledger.
#
# The error takes some turns of the loop until it has ended the run. What else happens in this
# instant must not reach the ledger: it comes after the call that has failed, and would be found
# there, before it, when the run is resumed. Hence the invariant: what a ledger keeps of a run is
# always the beginning of what an undisturbed run keeps, in the same order.
class Fence:
    """A ledger as the operations of one run see it: the first fault closes it, with that error."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        self._ledger = ledger
        self.fault: BaseException | None = None

    def is_fault(self, error: BaseException) -> bool:
        """Whether this is the error that ends the run; a lack of memory is, wherever it shows."""
        if isinstance(error, MemoryError):
            self.closed_by(error)
        return error is self.fault

    def closed_by(self, error: BaseException) -> BaseException:
        """The fault of the run: this error, if it is the first."""
        self.fault = self.fault or error
        return self.fault

    def __getattr__(self, name: str) -> Any:
        """What the ledger has; a method is looked up once."""
        found = self._tried(getattr, self._ledger, name)
        if not callable(found):
            return found
        method = partial(self._tried, found)
        setattr(self, name, method)
        return method

    def _tried(self, step: Callable[..., Any], *details: Any) -> Any:
        if self.fault is not None:
            raise self.fault
        try:
            return step(*details)
        except (ArgumentError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            self.closed_by(error)
            raise
