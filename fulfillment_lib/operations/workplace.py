"""The floor: what all operations of a run share, and how service time and faults are lived through.

An operation hands its computation to an executor when it starts, serves its time, and collects
the result when the time is over. Computing takes no virtual time, wherever it happens.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

from fulfillment_lib.engine.loop import VirtualLoop
from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.errors import ComputationError, SimulatedFailure, shown
from fulfillment_lib.orders import Network, Warehouse
from fulfillment_lib.settings import Draw, Settings
from fulfillment_lib.stock import Ledger


class Computed(Future[Any]):
    """A future that is done from the first, and asked only for what is here.

    The lock of other futures costs more than most computations, and nobody waits for this one.
    """

    def __init__(self, value: Any, error: Exception | None = None) -> None:
        self._value, self._error = value, error

    def done(self) -> bool:
        return True

    def cancel(self) -> bool:
        return False

    def cancelled(self) -> bool:
        return False

    def exception(self, timeout: float | None = None) -> Exception | None:
        return self._error

    def result(self, timeout: float | None = None) -> Any:
        if self._error is not None:
            raise self._error
        return self._value


class InlineExecutor(Executor):
    """Computes at once, in the same thread: the executor of a run that has no other."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        """A future that is done already."""
        try:
            return Computed(function(*args, **options))
        except Exception as error:
            return Computed(None, error)


@dataclass(frozen=True, slots=True)
class Workplace:
    """The network, settings, ledger and executor of one run."""

    network: Network
    settings: Settings
    ledger: Ledger
    executor: Executor
    watchdog_s: float
    places: dict[str, tuple[int, Warehouse]]  # by warehouse name: its number and itself

    def draw(self, task: Task, part: object, attempt: int) -> Draw:
        """What happens to this attempt."""
        return self.settings.draw(task.id, task.order_id, task.kind, part, attempt)

    def compute(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Start a pure computation on the executor.

        An executor that refuses it fails it: so an attempt takes its service time in any case.
        """
        try:
            return self.executor.submit(function, *args)
        except Exception as error:
            return Computed(None, error)

    async def collect(self, computation: Future[Any], kind: type = object) -> Any:
        """The result of a computation; virtual time stands still until it is there.

        Raises:
            ComputationError: it did not come back, or is neither of that kind nor a tuple of such.
        """
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        answer = await loop.hold(computation, self.watchdog_s)
        given = answer if isinstance(answer, tuple) else (answer,)
        if not given or not all(isinstance(each, kind) for each in given):
            raise ComputationError(
                f"a computation must give a {kind.__name__}, got "
                f"{shown(answer)}; what does its executor do?"
            )
        return answer


async def serve(draw: Draw) -> None:
    """Take the service time of an attempt, and fail or hang if that is its lot.

    Raises:
        SimulatedFailure: the attempt was set to fail.
    """
    if draw.fault == "hang":
        await asyncio.sleep(math.inf)
    await asyncio.sleep(draw.service_s)
    if draw.fault == "fail":
        raise SimulatedFailure("this attempt was set to fail")


async def reply(draw: Draw) -> None:
    """Answer, unless the reply is lost: then the effect is there, and nobody hears of it."""
    if draw.fault == "lost_reply":
        await asyncio.sleep(math.inf)
