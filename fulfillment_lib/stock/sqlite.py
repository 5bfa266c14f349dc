"""The ledger in a file: the same answers as in memory, and it survives `kill -9`.

Each call that changes something is one transaction, committed before the call returns. Processes
may share a file: checking and setting aside is one guarded update under the lock of the file.

A run that was killed is resumed by running it again: the same orders and the same settings, on
the same file. In virtual time it goes the same way from second 0 on. What the killed run had
committed is not done again: a stock check gets the answer it got, a shipping task its label, and
a reservation that ended in the same way at the same time counts as ended now. From there on the
calls have their effect. So each order is completed once, and the records are those of a run that
nobody disturbed. Packing has no effect and is computed again.

Outside of a run, and the second time within one, a reservation that has ended is not open, as in
memory. The file knows a run by a digest of its orders and settings, and an order by its run.
A run that was stopped (by an error or by cancelling) has given back what it held, in one
transaction with the note that says so; it is over and cannot be resumed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from fulfillment_lib.checks import LARGEST_QUANTITY, choice, instance, time, whole
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.errors import LedgerError, shown
from fulfillment_lib.orders import Network, Order, Units
from fulfillment_lib.plan import checked_id
from fulfillment_lib.records import Movement, MovementKind, Reservation, Shipment, StockCheck
from fulfillment_lib.settings import Settings
from fulfillment_lib.stock.database import Database
from fulfillment_lib.stock.encoding import answer_from, answer_text, label_from, label_text
from fulfillment_lib.stock.ledger import give_everything_back, not_open, sourced
from fulfillment_lib.stock.runs import Runs


class SqliteLedger:
    """A ledger in the file `path`, which is made if there is none.

    Runs in several threads may share one, and several processes one file. A lock of another
    process is waited for, `busy_s` seconds at most. Close it at the end, or use it in `with`.

    Raises:
        ArgumentError: an argument breaks its rule.
        LedgerError: the file is no ledger of this network, does not add up, or cannot be used;
            it is left as it was. Later: the file is closed, locked or cannot be written.
    """

    def __init__(
        self, path: str | os.PathLike[str], network: Network, *, busy_s: float = 5.0
    ) -> None:
        instance("network", network, Network)
        self.network = network
        self._file = Database(path, network, busy_s)
        self._runs = Runs(self._file)

    def __repr__(self) -> str:
        name = os.path.basename(self._file.path)
        try:
            counts = f"{len(self.movements)} movements, {len(self.reservations)} open reservations"
        except LedgerError:
            counts = "closed, or not to be read"
        return f"SqliteLedger({name!r}, {counts})"

    def __enter__(self) -> SqliteLedger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. All that was acknowledged is in it."""
        self._file.close()

    @property
    def movements(self) -> tuple[Movement, ...]:
        """All movements so far, in the order in which they happened."""
        return tuple(
            Movement(at_s, MovementKind(kind), *rest)
            for at_s, kind, *rest in self._file.rows(
                "SELECT at_s, kind, warehouse, sku, quantity, task_id "
                "FROM movements ORDER BY number"
            )
        )

    @property
    def reservations(self) -> tuple[Reservation, ...]:
        """The reservations that are neither shipped nor released."""
        return tuple(
            Reservation(*row)
            for row in self._file.rows(
                "SELECT task_id, warehouse, sku, quantity FROM open_reservations ORDER BY number"
            )
        )

    @property
    def voided(self) -> tuple[str, ...]:
        """The shipping tasks whose labels were voided, in order."""
        return tuple(
            each for (each,) in self._file.rows("SELECT task_id FROM voids ORDER BY number")
        )

    def available(self, sku: str) -> Units:
        """Units that can be reserved now, by warehouse; only where there are any."""
        self.network.product(sku)
        left = dict(
            self._file.rows(
                "SELECT warehouse, available FROM stock WHERE sku = ? AND available > 0", sku
            )
        )
        return Units(
            {
                house.name: left[house.name]
                for house in self.network.warehouses
                if house.name in left
            }
        )

    def reserve(
        self, task_id: str, sku: str, quantity: int, sources: Sequence[str], at_s: float
    ) -> StockCheck:
        """Set units aside, as many as there are, up to `quantity`; as in MemoryLedger.

        Raises:
            ArgumentError: an unknown SKU, or a quantity that is not from 1 to 1,000,000.
        """
        quantity = whole("quantity", quantity, 1, LARGEST_QUANTITY)
        task_id, at_s = checked_id(task_id), time("at_s", at_s)
        with self._file.change():
            for (answer,) in self._file.rows(
                "SELECT answer FROM answers WHERE task_id = ?", task_id
            ):
                return answer_from(answer)
            available = self.available(sku)
            made = tuple(
                Reservation(task_id, name, sku, units)
                for name, units in sourced(quantity, available, sources)
            )
            for reservation in made:
                self._set_aside(reservation, at_s)
            check = StockCheck(sku, quantity, available, made)
            self._file.count("INSERT INTO answers VALUES (?, ?)", task_id, answer_text(check))
        return check

    def answered(self, task_id: str) -> bool:
        """Whether a task has had its answer, however its reservations ended."""
        return self._runs.answered(checked_id(task_id))

    def held(self, task_id: str) -> tuple[Reservation, ...]:
        """The reservations of a task that are still open."""
        return tuple(
            Reservation(*row)
            for row in self._file.rows(
                "SELECT task_id, warehouse, sku, quantity FROM open_reservations "
                "WHERE task_id = ? ORDER BY number",
                checked_id(task_id),
            )
        )

    def ship(self, reservation: Reservation, at_s: float) -> None:
        """Let reserved units leave. Each reservation is shipped or released, once.

        Raises:
            LedgerError: the reservation is not open.
        """
        self._end(reservation, MovementKind.SHIP, time("at_s", at_s))

    def release(self, reservation: Reservation, at_s: float) -> None:
        """Give reserved units back. Each reservation is shipped or released, once.

        Raises:
            LedgerError: the reservation is not open.
        """
        self._end(reservation, MovementKind.RELEASE, time("at_s", at_s))

    def label(self, task_id: str, shipment: Shipment) -> Shipment:
        """Keep the label of a shipping task; a repeat gets the label of the first time."""
        task_id = checked_id(task_id)
        with self._file.change():
            first = self._label(task_id)
            if first is None:
                instance("shipment", shipment, Shipment)
                self._file.count("INSERT INTO labels VALUES (?, ?)", task_id, label_text(shipment))
        return first or shipment

    def void(self, task_id: str) -> Shipment | None:
        """Void the label of a shipping task that did not succeed; None if there is none."""
        task_id = checked_id(task_id)
        with self._file.change():
            label = self._label(task_id)
            if label is not None:
                self._file.count("INSERT OR IGNORE INTO voids (task_id) VALUES (?)", task_id)
        return label

    def begin(self, orders: Sequence[Order], settings: Settings) -> None:
        """Take up the orders of a run, for the first time or again.

        Raises:
            ArgumentError: it knows one of the orders, and not from the same run; or that run was
                stopped, or is under way here.
        """
        self._runs.begin(self, orders, settings)

    def note(self, task_id: str, outcome: str, error: str) -> None:
        """Commit the result of a task.

        Raises:
            ArgumentError: an argument breaks its rule.
            LedgerError: the file holds another one: then this is not the run that was killed.
        """
        task_id, outcome = checked_id(task_id), choice("outcome", outcome, list(Outcome))
        instance("error", error, str)
        with self._file.change():
            self._file.count(
                "INSERT OR IGNORE INTO results VALUES (?, ?, ?)", task_id, outcome, error
            )
            kept = self._file.rows("SELECT outcome, error FROM results WHERE task_id = ?", task_id)
        if kept != [(outcome, error)]:
            raise LedgerError(
                f"the result of {shown(task_id)} must be {kept[0][0]} as in the "
                f"file, got {outcome}; resume with the code that began it"
            )

    def finish(self, orders: Sequence[Order]) -> None:
        """Note that a run has come to its end."""
        self._runs.finish(orders)

    def stop(self, orders: Sequence[Order], at_s: float) -> None:
        """Give back what a run that was stopped has reserved, and void the labels of that."""
        try:
            with self._file.change():
                self._runs.stop(orders)
                give_everything_back(self, orders, at_s)
        finally:
            self._runs.leave(orders)

    def _set_aside(self, reservation: Reservation, at_s: float) -> None:
        units, place = reservation.quantity, (reservation.warehouse, reservation.sku)
        if not self._file.count(
            "UPDATE stock SET available = available - ? WHERE warehouse = ? "
            "AND sku = ? AND available >= ?",
            units,
            *place,
            units,
        ):
            raise LedgerError(
                f"{units} of {shown(reservation.sku)} at "
                f"{shown(reservation.warehouse)} cannot be reserved for "
                f"{shown(reservation.task_id)}: so many are not available"
            )
        self._file.count(
            "INSERT INTO movements (at_s, kind, warehouse, sku, quantity, task_id) "
            "VALUES (?, 'reserve', ?, ?, ?, ?)",
            at_s,
            *place,
            units,
            reservation.task_id,
        )

    def _end(self, reservation: Reservation, kind: MovementKind, at_s: float) -> None:
        instance("reservation", reservation, Reservation)
        units, place = reservation.quantity, (reservation.warehouse, reservation.sku)
        with self._file.change():
            ended = self._file.count(
                "INSERT INTO movements (at_s, kind, warehouse, sku, quantity, task_id) "
                "SELECT ?, ?, warehouse, sku, quantity, task_id FROM open_reservations "
                "WHERE warehouse = ? AND sku = ? AND quantity = ? AND task_id = ?",
                at_s,
                kind.value,
                *place,
                units,
                reservation.task_id,
            )
            if not ended and not self._runs.repeats(reservation, kind, at_s):
                raise not_open(reservation, kind)
            if ended and kind is MovementKind.RELEASE:
                self._file.count(
                    "UPDATE stock SET available = available + ? WHERE warehouse = ? AND sku = ?",
                    units,
                    *place,
                )
        self._runs.note_end(reservation)

    def _label(self, task_id: str) -> Shipment | None:
        found = self._file.rows("SELECT label FROM labels WHERE task_id = ?", task_id)
        return label_from(found[0][0]) if found else None
