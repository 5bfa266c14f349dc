"""The workplace: what all operations of a run share, and how an attempt spends its service time.

An operation hands its computation to an executor when it starts, serves its time, and collects
the result when the time is over. Computing takes no virtual time, wherever it happens.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar, cast

from fulfillment_lib.engine.loop import VirtualLoop
from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.errors import ComputationError, SimulatedFailure, error_text, shown
from fulfillment_lib.operations.fence import Fence
from fulfillment_lib.orders import Network, Warehouse
from fulfillment_lib.plan import round_of
from fulfillment_lib.settings import Draw, Settings
from fulfillment_lib.stock import Ledger

GO_ON = "give the same call an executor that works: a ledger in a file goes on from here"
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class Computed(Future[Answer]):
    """A future that is done from the first.

    The lock of other futures costs more than most computations, and nobody waits for this one.
    """

    def __init__(self, value: Answer | None, error: BaseException | None = None) -> None:
        self._value, self._error = value, error

    def done(self) -> bool:
        return True

    def cancel(self) -> bool:
        return False

    def cancelled(self) -> bool:
        return False

    def add_done_callback(self, fn: Callable[[Future[Answer]], object]) -> None:
        fn(self)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        return self._error

    def result(self, timeout: float | None = None) -> Answer:
        if self._error is not None:
            raise self._error
        return cast(Answer, self._value)


class InlineExecutor(Executor):
    """Computes at once, in the same thread: the executor of a run that was given none."""

    def submit(
        self, function: Callable[Given, Answer], /, *args: Given.args, **options: Given.kwargs
    ) -> Future[Answer]:
        """A future that is done already."""
        try:
            return Computed(function(*args, **options))
        except Exception as error:
            return Computed(None, error)


@dataclass(frozen=True, slots=True)
class Raised:
    """The answer of a computation that has raised an error."""

    error: Exception


def tried(function: Callable[..., Answer], /, *args: Any, **options: Any) -> Answer | Raised:
    """What a computation gives or raises, as a value: what an executor raises is then its own.

    A pure computation knows no file and no connection, and is not to blame for a lack of memory.
    """
    try:
        return function(*args, **options)
    except (MemoryError, OSError):
        raise
    except Exception as error:
        return Raised(error)


@dataclass(frozen=True, slots=True)
class Workplace:
    """The network, settings, ledger and executor of one run."""

    network: Network
    settings: Settings
    ledger: Ledger
    executor: Executor
    watchdog_s: float
    places: dict[str, tuple[int, Warehouse]]  # by name: its number and itself, without its stock
    fence: Fence = field(default_factory=Fence)

    def place(self, task: Task, name: str) -> tuple[int, Warehouse]:
        """A warehouse, and the number of the part of the order that is packed or shipped there.

        It is the warehouse's place in the network; when an order comes there a second time, a
        number beyond those of all warehouses, so that no package gets a number twice.
        """
        number, warehouse = self.places[name]
        return number + (round_of(task.id) - 1) * len(self.places), warehouse

    def draw(self, task: Task, subject: str | int, attempt: int) -> Draw:
        """What happens to this attempt; the subject is the SKU or the warehouse's number."""
        return self.settings.draw(task.id, task.order_id, task.kind, subject, attempt)

    def compute(
        self, function: Callable[Given, Answer], /, *args: Given.args, **options: Given.kwargs
    ) -> Future[Answer | Raised]:
        """Start a pure computation on the executor.

        If the executor refuses it, the error comes out where the result is collected, so the
        attempt takes its service time all the same.
        """
        try:
            return self.executor.submit(tried, function, *args, **options)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            return Computed(None, error)

    async def collect(self, computation: Future[Answer | Raised], kind: type = object) -> Answer:
        """The result of a computation; virtual time stands still until it is there.

        The type of the future is a promise that a foreign executor need not keep, and a wrong
        value would end up in the records: so the answer is checked here, too.

        Raises:
            ComputationError: it did not come back in time or not at all, or the answer is neither
                of that kind nor a tuple of at least one value of that kind. This ends the run.
        """
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        try:
            answer: Answer | Raised = await loop.hold(computation, self.watchdog_s)
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            said = str(error) if isinstance(error, ComputationError) else error_text(error)
            raise self._lost(said) from error
        if isinstance(answer, Raised):
            raise answer.error
        values = answer if isinstance(answer, tuple) else (answer,)
        if not values or not all(isinstance(value, kind) for value in values):
            wanted = f"a computation must give a {kind.__name__}"
            raise self._lost(f"{wanted}, got {shown(answer)}; what does its executor do?")
        return answer

    def _lost(self, said: str) -> BaseException:
        """The error of the executor, which ends the run."""
        return self.fence.closed_by(ComputationError(f"{said}; {GO_ON}"))


async def serve(draw: Draw) -> None:
    """Take the service time of an attempt, then fail if it was set to; one that hangs never ends.

    Raises:
        SimulatedFailure: the attempt was set to fail.
    """
    if draw.fault == "hang":
        await asyncio.sleep(math.inf)
    await asyncio.sleep(draw.service_s)
    if draw.fault == "fail":
        raise SimulatedFailure("this attempt was set to fail")


async def reply(draw: Draw) -> None:
    """Answer, unless the reply is lost: then the effect has happened, but no answer arrives."""
    if draw.fault == "lost_reply":
        await asyncio.sleep(math.inf)
