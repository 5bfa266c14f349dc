"""What a ledger is: the only place where stock moves, and the memory of what was done with it.

Three things that belong together, each a protocol of its own: stock that is set aside, shipped or
given back; labels of what is shipped; and a journal of the runs that worked on both.

on hand = available + reserved, per warehouse and SKU, in whole units, at any moment. Times are in
seconds from the start of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.orders import Network, Order, Units
from fulfillment_lib.records import Movement, Reservation, Shipment, StockCheck
from fulfillment_lib.settings import Settings


class Stock(Protocol):
    """Units of each product at each warehouse, and those of them that are set aside."""

    network: Network

    @property
    def movements(self) -> tuple[Movement, ...]:
        """All movements so far, in the order in which they happened."""

    @property
    def reservations(self) -> tuple[Reservation, ...]:
        """The reservations that are neither shipped nor released."""

    def available(self, sku: str) -> Units:
        """Units that can be reserved now, by warehouse; only where there are any."""

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

    def answered(self, task_id: str) -> bool:
        """Whether a task has had its answer, however its reservations ended."""

    def held(self, task_id: str) -> tuple[Reservation, ...]:
        """The reservations of a task that are still open."""

    def ship(self, reservation: Reservation, at_s: float) -> None:
        """Let reserved units leave. Each reservation is shipped or released, once.

        Raises:
            ArgumentError: `reservation` is no Reservation, or `at_s` no time.
            LedgerError: it is not open.
        """

    def release(self, reservation: Reservation, at_s: float) -> None:
        """Give reserved units back. Each reservation is shipped or released, once.

        Raises:
            ArgumentError: `reservation` is no Reservation, or `at_s` no time.
            LedgerError: it is not open.
        """


class Labels(Protocol):
    """The labels that shipping tasks made, each made once and perhaps voided."""

    @property
    def voided(self) -> tuple[str, ...]:
        """The shipping tasks whose labels were voided, in order."""

    def label(self, task_id: str, shipment: Shipment) -> Shipment:
        """Keep the label of a shipping task; a repeat gets the label of the first time."""

    def void(self, task_id: str) -> Shipment | None:
        """Void the label of a shipping task that did not succeed; None if there is none."""


class Journal(Protocol):
    """The runs that worked on the stock, and how their tasks ended."""

    def begin(self, orders: Sequence[Order], settings: Settings) -> None:
        """Take up the orders of a run.

        Raises:
            ArgumentError: it has worked on one of them already, and cannot resume that; or it is
                at work on one of them.
        """

    def note(self, task_id: str, outcome: Outcome, error: str) -> None:
        """A task has its result."""

    def finish(self, orders: Sequence[Order]) -> None:
        """A run has come to its end."""

    def stop(self, orders: Sequence[Order], at_s: float) -> None:
        """Give back what a run that was stopped has reserved, and void the labels of that.

        The time may be any.
        """


class Continued(Protocol):
    """What a ledger may do besides, as all of this package do; a run looks whether it does.

    A run numbers its orders from 0 if there is no `number_of`, and their numbers make those on
    packages and labels. Without `pause` a fault stops a run.
    """

    def number_of(self, order_id: str) -> int:
        """The number of an order that has begun, from 0 to 999,999; no other order has it."""

    def pause(self, orders: Sequence[Order], at_s: float) -> None:
        """A run cannot go on now: a disk is full, an executor is gone.

        A ledger that can resume it keeps what it has, and any other gives it back.
        """


@runtime_checkable
class Ledger(Stock, Labels, Journal, Protocol):
    """What every ledger can do; that an object has all of this is all that `isinstance` asks."""
