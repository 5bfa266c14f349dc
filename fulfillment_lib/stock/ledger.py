"""The ledger: who may move stock, and the only place where it moves.

on hand = available + reserved, per warehouse and SKU, in whole units, at any moment. Checking and
setting aside are one step: between them nobody else can come. Each answer is kept with the key of
the task that asked, so that asking again (a retry after a lost reply) has no second effect.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from fulfillment_lib.checks import LARGEST_QUANTITY, instance, refuse, time, whole
from fulfillment_lib.errors import LedgerError, shown
from fulfillment_lib.orders import Network, Order, Units
from fulfillment_lib.plan import TaskKind, checked_id, task_id
from fulfillment_lib.records import Movement, MovementKind, Reservation, Shipment, StockCheck
from fulfillment_lib.settings import Settings

UNKNOWN_ORDERS = "one that has not worked on these orders"


class Ledger(Protocol):
    """What every ledger can do, for the orchestrator. MemoryLedger says what each call does."""

    network: Network

    @property
    def movements(self) -> tuple[Movement, ...]: ...
    def reserve(
        self, task_id: str, sku: str, quantity: int, sources: Sequence[str], at_s: float
    ) -> StockCheck: ...
    def ship(self, reservation: Reservation, at_s: float) -> None: ...
    def release(self, reservation: Reservation, at_s: float) -> None: ...
    def answered(self, task_id: str) -> bool: ...
    def held(self, task_id: str) -> tuple[Reservation, ...]: ...
    def label(self, task_id: str, shipment: Shipment) -> Shipment: ...
    def void(self, task_id: str) -> Shipment | None: ...
    def begin(self, orders: Sequence[Order], settings: Settings) -> None: ...
    def note(self, task_id: str, outcome: str, error: str) -> None: ...
    def finish(self, orders: Sequence[Order]) -> None: ...
    def stop(self, orders: Sequence[Order], at_s: float) -> None: ...


class MemoryLedger:
    """A ledger in memory: the default, and the model for any other.

    Runs in several threads may share one.
    """

    def __init__(self, network: Network) -> None:
        instance("network", network, Network)
        self.network = network
        self._available: dict[str, dict[str, int]] = {
            product.sku: {} for product in network.products
        }
        for warehouse in network.warehouses:
            for sku, units in warehouse.stock.items():
                self._available[sku][warehouse.name] = units
        self._answers: dict[str, StockCheck] = {}
        self._open: dict[tuple[str, str], Reservation] = {}
        self._labels: dict[str, Shipment] = {}
        self._voided: dict[str, None] = {}
        self._movements: list[Movement] = []
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return (
            f"MemoryLedger({len(self._movements)} movements, {len(self._open)} open reservations)"
        )

    @property
    def movements(self) -> tuple[Movement, ...]:
        """All movements so far, in the order in which they happened."""
        return tuple(self._movements)

    @property
    def reservations(self) -> tuple[Reservation, ...]:
        """The reservations that are neither shipped nor released."""
        return tuple(self._open.values())

    @property
    def voided(self) -> tuple[str, ...]:
        """The shipping tasks whose labels were voided, in order."""
        return tuple(self._voided)

    def available(self, sku: str) -> Units:
        """Units that can be reserved now, by warehouse; only where there are any."""
        self.network.product(sku)
        return Units({name: units for name, units in self._available[sku].items() if units})

    def reserve(
        self, task_id: str, sku: str, quantity: int, sources: Sequence[str], at_s: float
    ) -> StockCheck:
        """Set units aside, as many as there are, up to `quantity`.

        They come from the first of `sources` that has the whole quantity, else from as many of
        them as it takes, in their order. The same `task_id` gets the same answer again, without
        a second effect.

        Raises:
            ArgumentError: an unknown SKU, a quantity that is not from 1 to 1,000,000, sources
                that are no sequence, a task id that is no text, or a time that is no number.
        """
        quantity = whole("quantity", quantity, 1, LARGEST_QUANTITY)
        task_id, at_s = checked_id(task_id), time("at_s", at_s)
        with self._lock:
            if task_id in self._answers:
                return self._answers[task_id]
            available = self.available(sku)
            picks = sourced(quantity, available, sources)
            reservations = tuple(Reservation(task_id, name, sku, units) for name, units in picks)
            for reservation in reservations:
                self._available[sku][reservation.warehouse] -= reservation.quantity
                self._open[task_id, reservation.warehouse] = reservation
                self._record(MovementKind.RESERVE, reservation, at_s)
            answer = StockCheck(sku, quantity, available, reservations)
            self._answers[task_id] = answer
            return answer

    def answered(self, task_id: str) -> bool:
        """Whether a task has had its answer, however its reservations ended."""
        return checked_id(task_id) in self._answers

    def held(self, task_id: str) -> tuple[Reservation, ...]:
        """The reservations of a task that are still open."""
        answer = self._answers.get(checked_id(task_id))
        made = answer.reservations if answer else ()
        return tuple(each for each in made if (task_id, each.warehouse) in self._open)

    def ship(self, reservation: Reservation, at_s: float) -> None:
        """Let reserved units leave. Each reservation is shipped or released, once.

        Raises:
            ArgumentError: `reservation` is no Reservation, or `at_s` no time.
            LedgerError: it is not open.
        """
        self._end(reservation, MovementKind.SHIP, at_s)

    def release(self, reservation: Reservation, at_s: float) -> None:
        """Give reserved units back. Each reservation is shipped or released, once.

        Raises:
            ArgumentError: `reservation` is no Reservation, or `at_s` no time.
            LedgerError: it is not open.
        """
        self._end(reservation, MovementKind.RELEASE, at_s)

    def label(self, task_id: str, shipment: Shipment) -> Shipment:
        """Keep the label of a shipping task; a repeat gets the label of the first time."""
        return self._labels.setdefault(checked_id(task_id), shipment)

    def void(self, task_id: str) -> Shipment | None:
        """Void the label of a shipping task that did not succeed; None if there is none."""
        if checked_id(task_id) in self._labels:
            self._voided[task_id] = None
        return self._labels.get(task_id)

    def begin(self, orders: Sequence[Order], settings: Settings) -> None:
        """Take up the orders of a run.

        Raises:
            ArgumentError: it has worked on one of them already.
        """
        for order in orders:
            if any(self.answered(check) for check in stock_checks(order)):
                refuse(
                    "ledger",
                    UNKNOWN_ORDERS,
                    self,
                    f"it knows {shown(order.id)} already; make a new one",
                )

    def note(self, task_id: str, outcome: str, error: str) -> None:
        """A task has its result. What is in memory needs no copy of it."""

    def finish(self, orders: Sequence[Order]) -> None:
        """Nothing is left to do when a run has come to its end."""

    def stop(self, orders: Sequence[Order], at_s: float) -> None:
        """Give back what a run that was stopped has reserved, and void the labels of that."""
        give_everything_back(self, orders, at_s)

    def _end(self, reservation: Reservation, kind: MovementKind, at_s: float) -> None:
        instance("reservation", reservation, Reservation)
        key, at_s = (reservation.task_id, reservation.warehouse), time("at_s", at_s)
        with self._lock:
            if self._open.get(key) != reservation:
                raise not_open(reservation, kind)
            del self._open[key]
            if kind is MovementKind.RELEASE:
                self._available[reservation.sku][reservation.warehouse] += reservation.quantity
            self._record(kind, reservation, at_s)

    def _record(self, kind: MovementKind, reservation: Reservation, at_s: float) -> None:
        self._movements.append(
            Movement(
                at_s,
                kind,
                reservation.warehouse,
                reservation.sku,
                reservation.quantity,
                reservation.task_id,
            )
        )


def sourced(quantity: int, available: Units, sources: Iterable[str]) -> list[tuple[str, int]]:
    """From where the units come, as pairs (warehouse, units), `sources` in order of preference.

    >>> sourced(3, Units(EAST=2, WEST=5), ["EAST", "WEST"])
    [('WEST', 3)]
    >>> sourced(6, Units(EAST=2, WEST=5), ["EAST", "WEST"])
    [('EAST', 2), ('WEST', 4)]
    """
    if isinstance(sources, str) or not isinstance(sources, Iterable):
        refuse("sources", "a sequence of names of warehouses", sources)
    ordered = [name for name in dict.fromkeys(sources) if name in available]
    for name in ordered:
        if available[name] >= quantity:
            return [(name, quantity)]
    picks = []
    for name in ordered:
        units = min(quantity, available[name])
        if units:
            picks.append((name, units))
            quantity -= units
    return picks


def stock_checks(order: Order) -> list[str]:
    """The ids of the tasks that reserve stock for an order."""
    return [task_id(order.id, TaskKind.INVENTORY, line.sku) for line in order.lines]


def not_open(reservation: Reservation, kind: MovementKind) -> LedgerError:
    """The error of shipping or releasing a reservation that is not open."""
    verb = "shipped" if kind is MovementKind.SHIP else "released"
    return LedgerError(
        f"the reservation of {shown(reservation.sku)} at "
        f"{shown(reservation.warehouse)} for {shown(reservation.task_id)} "
        f"cannot be {verb}: it is not open"
    )


def give_everything_back(ledger: Ledger, orders: Iterable[Order], at_s: float) -> None:
    """Release what orders still hold, and void the labels of what stays.

    An error of the ledger keeps no other reservation open; the first one is raised at the end.
    """
    problems: list[Exception] = []

    def tried(step: Callable[..., Any], *details: Any) -> Any:
        try:
            return step(*details)
        except Exception as problem:
            problems.append(problem)

    for order in orders:
        for check in stock_checks(order):
            for reservation in tried(ledger.held, check) or ():
                tried(ledger.void, task_id(order.id, TaskKind.SHIPPING, reservation.warehouse))
                tried(ledger.release, reservation, at_s)
    if problems:
        raise problems[0]
