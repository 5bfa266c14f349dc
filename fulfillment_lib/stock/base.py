"""What all ledgers share: arguments are checked here, and here it is decided which units to take.

Checking and setting aside are one step: between them nobody else can come. Each answer is kept
with the key of the task that asked, so that asking again (a retry after a lost reply) has no
second effect. Where things are kept is the business of the classes below.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import Any, NoReturn

from fulfillment_lib import checks
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.errors import LedgerError, shown
from fulfillment_lib.orders import Network, Order, Units
from fulfillment_lib.plan import TaskKind, checked_id, of_round, round_of, task_id
from fulfillment_lib.records import Movement, MovementKind, Reservation, Shipment, StockCheck
from fulfillment_lib.settings import Settings
from fulfillment_lib.stock.ledger import Ledger

_SIGNS = {MovementKind.RESERVE: -1, MovementKind.SHIP: 0, MovementKind.RELEASE: 1}


class LedgerBase(Ledger):
    """A ledger over five primitives and three mappings, which a class below provides.

    The primitives are `movements` and the four abstract methods. The mappings keep the order in
    which their keys came. Such a ledger refuses orders that it knows; a `ResumableLedger` can
    take up the work of a program that was killed.
    """

    _answers: MutableMapping[str, StockCheck]
    _labels: MutableMapping[str, Shipment]
    _voided: MutableMapping[str, bool]

    def __init__(self, network: Network) -> None:
        checks.instance("network", network, Network)
        self.network = network
        self._under_way: set[str] = set()  # the ids of orders
        self._numbers: dict[str, int] = {}  # by the id of an order
        self._rounds = 1  # of planning, in the run that plans most often

    @abstractmethod
    def _step(self) -> AbstractContextManager[object]:
        """All or nothing, and nobody else in between; a step within a step is part of it."""

    @abstractmethod
    def _movements_of(self, task_id: str) -> Iterable[Movement]:
        """The movements of one stock check, in order."""

    @abstractmethod
    def _move(self, movement: Movement) -> None:
        """Append a movement, and add its `gain` to what is available at its warehouse."""

    @abstractmethod
    def _left(self, sku: str) -> Mapping[str, int]:
        """Units that can be reserved, by warehouse; one that has none may be left out."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._counts()})"

    def _counts(self) -> str:
        return f"{len(self.movements)} movements, {len(self.reservations)} open reservations"

    @property
    def reservations(self) -> tuple[Reservation, ...]:
        return still_open(self.movements)

    @property
    def voided(self) -> tuple[str, ...]:
        return tuple(self._voided)

    def available(self, sku: str) -> Units:
        self.network.product(sku)
        left = self._left(sku)
        houses = self.network.warehouses
        return Units({house.name: left[house.name] for house in houses if left.get(house.name)})

    def reserve(
        self, task_id: str, sku: str, quantity: int, sources: Sequence[str], at_s: float
    ) -> StockCheck:
        quantity = checks.whole("quantity", quantity, 1, checks.LARGEST_QUANTITY)
        task_id, at_s = checked_id(task_id), checks.time("at_s", at_s)
        with self._step():
            answer = self._answers.get(task_id)
            if answer is None:
                available = self.available(sku)
                picks = sourced(quantity, available, sources)
                made = tuple([Reservation(task_id, name, sku, units) for name, units in picks])
                for reservation in made:
                    self._move(_movement(MovementKind.RESERVE, reservation, at_s))
                answer = StockCheck(sku, quantity, available, made)
                self._answers[task_id] = answer
            self._tell("reserve", task_id)
        return answer

    def answered(self, task_id: str) -> bool:
        return checked_id(task_id) in self._answers

    def held(self, task_id: str) -> tuple[Reservation, ...]:
        return still_open(self._movements_of(checked_id(task_id)))

    def ship(self, reservation: Reservation, at_s: float) -> None:
        self._end(reservation, MovementKind.SHIP, at_s)

    def release(self, reservation: Reservation, at_s: float) -> None:
        self._end(reservation, MovementKind.RELEASE, at_s)

    def label(self, task_id: str, shipment: Shipment) -> Shipment:
        task_id = checked_id(task_id)
        with self._step():
            label = self._labels.get(task_id)
            if label is None:
                checks.instance("shipment", shipment, Shipment)
                label = self._labels[task_id] = shipment
            self._tell("label", task_id)
        return label

    def void(self, task_id: str) -> Shipment | None:
        task_id = checked_id(task_id)
        with self._step():
            label = self._labels.get(task_id)
            if label is not None:
                self._voided.setdefault(task_id, True)
                self._tell("void", task_id)
        return label

    def begin(self, orders: Sequence[Order], settings: Settings) -> None:
        with self._step():
            for order in orders:
                self._refuse_under_way(order)
                self._refuse_answered(order)
            names = [order.id for order in orders]
            self._numbers = numbered([*self._numbers, *names])
            self._rounds = max(self._rounds, 1 + settings.replan)
            self._under_way.update(names)

    def number_of(self, order_id: str) -> int:
        return self._numbers[order_id]

    def note(self, task_id: str, outcome: Outcome, error: str) -> None:
        """A task has its result. What one life of a program keeps needs no copy of it."""

    def finish(self, orders: Sequence[Order]) -> None:
        """A run has come to its end, and nothing is left to do."""
        self._leave(orders)

    def pause(self, orders: Sequence[Order], at_s: float) -> None:
        """A run cannot go on now. What one life of a program keeps is given back."""
        self.stop(orders, at_s)

    def stop(self, orders: Sequence[Order], at_s: float) -> None:
        """Give back what orders still hold, and void the labels of what stays.

        An error of the ledger keeps no other reservation open; the first one is raised at the end.
        """
        at_s = min(at_s, checks.LATEST_S)  # whatever the clock says
        problems: list[Exception] = []

        def tried(step: Callable[..., Any], *details: Any) -> Any:
            try:
                return step(*details)
            except Exception as problem:
                problems.append(problem)

        for order in orders:
            known = stock_checks([order], self._rounds)
            past = chain.from_iterable(tried(self._movements_of, check) or () for check in known)
            left = {move.warehouse for move in past if move.kind is MovementKind.SHIP}
            for check in known:
                for reservation in tried(self.held, check) or ():
                    shipping = task_id(order.id, TaskKind.SHIPPING, reservation.warehouse)
                    own = of_round(shipping, round_of(check))
                    shared = reservation.warehouse in left  # then another share has left under it
                    for name in {own} if shared else {own, shipping}:
                        tried(self.void, name)
                    tried(self.release, reservation, at_s)
        self._leave(orders)
        if problems:
            raise problems[0]

    def _end(self, reservation: Reservation, kind: MovementKind, at_s: float) -> None:
        checks.instance("reservation", reservation, Reservation)
        movement = _movement(kind, reservation, checks.time("at_s", at_s))
        with self._step():
            past = tuple(self._movements_of(reservation.task_id))
            if reservation in still_open(past):
                self._move(movement)
            elif movement not in past or not self._may_repeat(reservation):
                verb = "shipped" if kind is MovementKind.SHIP else "released"
                raise LedgerError(
                    f"the reservation of {shown(reservation.sku)} at "
                    f"{shown(reservation.warehouse)} for {shown(reservation.task_id)} "
                    f"cannot be {verb}: it is not open"
                )
            self._tell("end", reservation.task_id, reservation.warehouse)

    def _tell(self, *fact: str) -> None:
        """In its step a call tells what it did, now or before: a verb, the task, a warehouse."""

    def _may_repeat(self, reservation: Reservation) -> bool:
        """Whether the same end once more is no error."""
        return False

    def _refuse_under_way(self, order: Order) -> None:
        if order.id in self._under_way:
            self._refuse(f"{shown(order.id)} is under way in it; wait for the end")

    def _refuse_answered(self, order: Order) -> None:
        if not self._answers.keys().isdisjoint(stock_checks([order])):
            self._refuse(f"it knows {shown(order.id)} already; make a new one")

    def _leave(self, orders: Sequence[Order]) -> None:
        """From now on these orders are not under way."""
        self._under_way.difference_update(order.id for order in orders)

    def _refuse(self, remedy: str) -> NoReturn:
        checks.refuse("ledger", "one that has not worked on these orders", self, remedy)


def sourced(quantity: int, available: Units, sources: Iterable[str]) -> list[tuple[str, int]]:
    """From where the units come, as pairs (warehouse, units), `sources` in order of preference.

    >>> sourced(3, Units(EAST=2, WEST=5), ["EAST", "WEST"])
    [('WEST', 3)]
    >>> sourced(6, Units(EAST=2, WEST=5), ["EAST", "WEST"])
    [('EAST', 2), ('WEST', 4)]
    """
    if isinstance(sources, str) or not isinstance(sources, Iterable):
        checks.refuse("sources", "a sequence of names of warehouses", sources)
    ordered = dict.fromkeys(sources)
    for name in ordered:
        if available.get(name, 0) >= quantity:
            return [(name, quantity)]
    picks = []
    for name in ordered:
        units = min(quantity, available.get(name, 0))
        if units:
            picks.append((name, units))
            quantity -= units
    return picks


def still_open(movements: Iterable[Movement]) -> tuple[Reservation, ...]:
    """The reservations among movements that have no end there, in the order of their making."""
    made: dict[tuple[str, str], Reservation] = {}
    for movement in movements:
        key = movement.task_id, movement.warehouse
        if movement.kind is MovementKind.RESERVE:
            made[key] = reservation_of(movement)
        else:
            made.pop(key, None)
    return tuple(made.values())


def reservation_of(movement: Movement) -> Reservation:
    """What a movement reserves, ships or gives back."""
    return Reservation(movement.task_id, movement.warehouse, movement.sku, movement.quantity)


def gain(movement: Movement) -> int:
    """By how much a movement changes what is available at its warehouse."""
    return _SIGNS[movement.kind] * movement.quantity


def numbered(order_ids: Iterable[str]) -> dict[str, int]:
    """The numbers of orders, from 0 in the order of their coming.

    Raises:
        ArgumentError: there are more orders than numbers.
    """
    numbers = {name: number for number, name in enumerate(dict.fromkeys(order_ids))}
    if len(numbers) > checks.MOST_ORDERS:
        rule = f"at most {checks.MOST_ORDERS:,}"
        remedy = "make a new ledger for what comes now"
        checks.refuse("number of orders in a ledger", rule, len(numbers), remedy)
    return numbers


def stock_checks(orders: Iterable[Order], rounds: int = 1) -> list[str]:
    """The ids of the tasks that may reserve stock for orders, in so many rounds of planning."""
    return [
        of_round(task_id(order.id, TaskKind.INVENTORY, line.sku), number)
        for order in orders
        for number in range(1, rounds + 1)
        for line in order.lines
    ]


def _movement(kind: MovementKind, made: Reservation, at_s: float) -> Movement:
    return Movement(at_s, kind, made.warehouse, made.sku, made.quantity, made.task_id)
