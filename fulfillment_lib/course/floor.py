"""A floor for an orchestrator that a reader writes, and the day that it makes of it.

Stock, workers, service times and faults are those of the library; only the orchestrator is missing.
The pool's log says what was asked for, and when. Times are virtual seconds.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Outcome, T, Task
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.operations.routing import sources
from fulfillment_lib.operations.workplace import reply, serve
from fulfillment_lib.orders import Network, Order, OrderLine
from fulfillment_lib.plan import task_id
from fulfillment_lib.records import MovementKind, Reservation
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.settings import Settings
from fulfillment_lib.stock.memory import MemoryLedger

GIVING_BACK_S = 2.0
MOST_S = 300.0  # then an order that has not ended is stopped
AFTER_S = 30.0  # for what goes on behind the orders, such as a give_back in a shield
Cancelled = Mapping[str, Sequence[float]]  # by order, in seconds after it was placed


class FloorFailure(Exception):
    """A worker could not do what was asked for."""


class Parcel(NamedTuple):
    """What a warehouse has packed."""

    warehouse: str
    reservations: tuple[Reservation, ...]


@dataclass(slots=True)
class Label:
    """A carrier's label. Its parcel leaves when the answer arrives, or else it may be voided."""

    number: str
    parcel: Parcel
    left: bool = False
    void: bool = False


@dataclass(slots=True)
class End:
    """How an orchestrator ended: what it said or raised, and when it was cancelled, if it was."""

    ended_s: float = inf
    said: Any = None
    cancelled_s: float = inf


class Day:
    """The orders of a day, what was asked for them, and how they ended.

    The log is `pool.attempts`, in which `ready_s` is when something was asked for.
    """

    def __init__(self, orders: Sequence[Order], network: Network, settings: Settings) -> None:
        self.orders, self.settings = tuple(orders), settings
        self.ledger = MemoryLedger(network)
        self.pool = WorkerPool(settings.workers, settings.timeout_s, settings.policy)
        self.labels: dict[Any, Label] = {}  # by key
        self.asked: Counter[str] = Counter()  # by the id of a task
        self.ends = {order.id: End() for order in self.orders}

    @property
    def said(self) -> dict[str, Any]:
        """What each order was answered, or the error that came out."""
        return {name: end.said for name, end in self.ends.items()}

    @property
    def shipped(self) -> dict[str, Counter[str]]:
        """The units that left, by order and SKU."""
        units: dict[str, Counter[str]] = {order.id: Counter() for order in self.orders}
        for moved in self.ledger.movements:
            if moved.kind is MovementKind.SHIP:
                units[moved.task_id.partition("/")[0]][moved.sku] += moved.quantity
        return units

    async def run(self, orchestrator: Any, cancelled: Cancelled) -> None:
        """All orders, each from the moment at which it is placed."""
        async with self.pool:
            orders = [
                self._order(orchestrator(order, Floor(self, order)), order, cancelled)
                for order in self.orders
            ]
            await asyncio.gather(*orders)
            await asyncio.sleep(AFTER_S)

    async def _order(self, answer: Any, order: Order, cancelled: Cancelled) -> None:
        await asyncio.sleep(order.placed_s)
        end, task = self.ends[order.id], asyncio.create_task(answer)

        def cancel() -> None:
            if task.cancel():
                end.cancelled_s = min(end.cancelled_s, _now_s())

        for after_s in cancelled.get(order.id, ()):
            asyncio.get_running_loop().call_later(after_s, cancel)
        await asyncio.wait([task], timeout=MOST_S)
        if task.done():
            end.ended_s = _now_s()
            (end.said,) = await asyncio.gather(task, return_exceptions=True)
        task.cancel()


class Floor:
    """What the orchestrator of one order may ask for.

    `check`, `pack` and `ship` go to the workers, and raise FloorFailure or TimeoutError when they
    do not succeed. Cancelling the caller withdraws what it waits for.
    """

    def __init__(self, day: Day, order: Order) -> None:
        self._day, self._order, self._ledger = day, order, day.ledger

    async def check(self, line: OrderLine) -> tuple[Reservation, ...]:
        """Set units of a line aside, in the nearest warehouses; there may be fewer than ordered.

        A check that does not answer has set nothing aside.
        """
        task, names = self._task("inventory", line.sku), sources(self._order, self._ledger.network)
        asked = (task.id, line.sku, line.quantity, names)
        try:
            answer = await self._done(task, lambda: self._ledger.reserve(*asked, _now_s()))
        except BaseException:
            self._release(self._ledger.held(task.id))
            raise
        return answer.reservations

    async def pack(self, reservations: Iterable[Reservation]) -> Parcel:
        """Pack what one warehouse has set aside; to do it again does no harm."""
        packed = tuple(reservations)
        houses = sorted({reservation.warehouse for reservation in packed})
        if len(houses) != 1:
            raise ValueError(f"pack takes the reservations of one warehouse, got those of {houses}")
        parcel = Parcel(houses[0], packed)
        return await self._done(self._task("packing", houses[0]), lambda: parcel)

    async def ship(self, parcel: Parcel, key: object = None) -> str:
        """Hand a parcel to the carrier, and give the number of its label.

        The carrier prints one label for a key, and gives the same one again; without a key it
        prints a new one each time. The parcel leaves when the answer arrives.
        """
        labels, task = self._day.labels, self._task("shipping", parcel.warehouse)
        key = task.id if key is None else key
        new = Label(f"SIM-{len(labels) + 1:04}", parcel)
        label = await self._done(task, lambda: labels.setdefault(key, new))
        if label.parcel == parcel and not label.left:
            label.left = True
            for reservation in set(parcel.reservations).intersection(self._ledger.reservations):
                self._ledger.ship(reservation, _now_s())
        return label.number

    async def give_back(self, reservations: Iterable[Reservation]) -> None:
        """Put units back on the shelf, and void a label that has brought no answer. Takes 2 s.

        It does not fail; cancelled before its end, it has done nothing.

        Raises:
            LedgerError: something was shipped or given back before.
        """
        given = tuple(reservations)
        await asyncio.sleep(GIVING_BACK_S)
        self._release(given)
        for label in self._day.labels.values():
            label.void |= not label.left and not set(given).isdisjoint(label.parcel.reservations)

    def _release(self, reservations: Iterable[Reservation]) -> None:
        for reservation in reservations:
            self._ledger.release(reservation, _now_s())

    def _task(self, kind: str, part: str) -> Task:
        """A task with a number behind its id, which counts how often it was asked for."""
        name = task_id(self._order.id, kind, part)
        self._day.asked[name] += 1
        number, priority = self._day.asked[name], self._order.priority
        return Task(f"{name}/{number}", kind, self._order.id, priority, payload=(part, number))

    async def _done(self, task: Task, effect: Callable[[], T]) -> T:
        """Let a worker do a task: its effect comes at the end of its service time."""
        name = task.id.rpartition("/")[0]  # a script of faults knows it by this
        draw = self._day.settings.draw(name, task.order_id, task.kind, *task.payload)

        async def work(_: Task) -> T:
            await serve(draw)
            value = effect()
            await reply(draw)
            return value

        result = await self._day.pool.run(task, work)
        if not result.succeeded:
            is_late = result.outcome is Outcome.TIMED_OUT
            raise (TimeoutError if is_late else FloorFailure)(f"{task}: {result.error}")
        return result.value


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def run_day(
    orchestrator: Callable[[Order, Floor], Awaitable[Any]],
    orders: Sequence[Order] | None = None,
    network: Network | None = None,
    *,
    cancelled: Cancelled | None = None,
    **changes: Any,
) -> Day:
    """Run a day in virtual time: `await orchestrator(order, floor)` for each order.

    Args:
        orders, network: None are five sample orders, and the sample network.
        cancelled: the orders that are cancelled, each with the seconds after it was placed.
        changes: settings, such as `workers=3` or `faults=Faults(fail=0.1)`.
    """
    network = sample_network() if network is None else network
    day = Day(sample_orders(5) if orders is None else orders, network, Settings(**changes))
    run_virtual(day.run(orchestrator, cancelled or {}))
    return day
