"""A ledger in a file: each movement, label and result is committed before it is acknowledged.

A run that was killed is resumed by running the same orders with the same settings on the same
file. In virtual time the run repeats itself from second 0. What the file holds already is
acknowledged without a second effect: a stock check gets its old answer, a label its old number,
and a movement of the same kind at the same moment is taken as done. From where the file ends, new
commits follow. So each order is completed exactly once, as in a run that nobody disturbed.

Several processes may use one file for different orders; one at a time works on the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any

from fulfillment_lib.checks import LARGEST_QUANTITY, instance, number, refuse, whole
from fulfillment_lib.errors import LedgerError, shown
from fulfillment_lib.orders import Network, Order, Units
from fulfillment_lib.records import Movement, MovementKind, Reservation, Shipment, StockCheck
from fulfillment_lib.settings import Settings
from fulfillment_lib.stock.database import Database
from fulfillment_lib.stock.encoding import (
    answer_from,
    answer_text,
    label_from,
    label_text,
    work_digest,
)
from fulfillment_lib.stock.ledger import sourced
from fulfillment_lib.stock.opening import opened
from fulfillment_lib.tasks import TaskKind
from fulfillment_lib.tasks import task_id as id_of

END_OF = {"shipped": MovementKind.SHIP, "released": MovementKind.RELEASE}


class SqliteLedger:
    """A ledger that survives `kill -9`. Close it, or use it in a `with` statement.

    Threads may share one; other processes open the file themselves.
    """

    def __init__(self, path: str | PathLike[str], network: Network, *, busy_s: float = 5.0) -> None:
        """Open the file, or make it. A commit waits `busy_s` while another process holds it.

        Raises:
            LedgerError: the file is none of ours, of another version or network, locked, read-only
                or does not add up. It is left as it was.
        """
        instance("network", network, Network)
        self.network = network
        self._repeats: dict[tuple[str, str], tuple[str, float, str, int]] = {}
        self._file = Database(path, opened(path, network, number("busy_s", busy_s, 0.0, 3600.0)))

    def close(self) -> None:
        """Close the file. It can be opened again."""
        self._file.close()

    def __enter__(self) -> SqliteLedger:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        moved, = self._file.one("SELECT count(*) FROM movements")
        held, = self._file.one("SELECT count(*) FROM open_reservations")
        return f"SqliteLedger({moved} movements, {held} open reservations)"

    @property
    def movements(self) -> tuple[Movement, ...]:
        """All movements so far, in the order in which they happened."""
        rows = self._file.all("SELECT at_s, kind, warehouse, sku, quantity, task_id "
                              "FROM movements ORDER BY number")
        return tuple(Movement(at_s, MovementKind(kind), *rest) for at_s, kind, *rest in rows)

    @property
    def reservations(self) -> tuple[Reservation, ...]:
        """The reservations that are neither shipped nor released."""
        return tuple(Reservation(*row) for row in self._file.all(
            "SELECT task_id, warehouse, sku, quantity FROM open_reservations ORDER BY number"))

    @property
    def voided(self) -> tuple[str, ...]:
        """The shipping tasks whose labels were voided, in order."""
        return tuple(name for name, in self._file.all("SELECT task_id FROM voids ORDER BY number"))

    def available(self, sku: str) -> Units:
        """Units that can be reserved now, by warehouse; only where there are any."""
        self.network.product(sku)
        found = dict(self._file.all("SELECT warehouse, available FROM stock WHERE sku = ?", sku))
        return Units({house.name: found[house.name] for house in self.network.warehouses
                      if found.get(house.name)})

    def answered(self, task_id: str) -> bool:
        """Whether a task has had its answer, however its reservations ended."""
        return self._answer(task_id) is not None

    def held(self, task_id: str) -> tuple[Reservation, ...]:
        """The reservations of a task that are still open."""
        return tuple(Reservation(*row) for row in self._file.all(
            "SELECT task_id, warehouse, sku, quantity FROM open_reservations "
            "WHERE task_id = ? ORDER BY number", task_id))

    def reserve(self, task_id: str, sku: str, quantity: int, sources: Sequence[str],
                at_s: float) -> StockCheck:
        """Set units aside, as `MemoryLedger.reserve` does; committed when it returns."""
        quantity = whole("quantity", quantity, 1, LARGEST_QUANTITY)
        with self._file.change():
            known = self._answer(task_id)
            if known is not None:
                return known
            available = self.available(sku)
            picks = sourced(quantity, available, sources)
            made = tuple(Reservation(task_id, name, sku, units) for name, units in picks)
            for reservation in made:
                self._take(reservation)
                self._record(MovementKind.RESERVE, reservation, at_s)
            answer = StockCheck(sku, quantity, available, made)
            self._file.do("INSERT INTO answers VALUES (?, ?)", task_id, answer_text(answer))
            return answer

    def ship(self, reservation: Reservation, at_s: float) -> None:
        """Let reserved units leave, as `MemoryLedger.ship` does."""
        with self._file.change():
            if self._end(reservation, "shipped", at_s):
                self._record(MovementKind.SHIP, reservation, at_s)

    def release(self, reservation: Reservation, at_s: float) -> None:
        """Give reserved units back, as `MemoryLedger.release` does."""
        with self._file.change():
            if self._end(reservation, "released", at_s):
                self._file.do("UPDATE stock SET available = available + ? WHERE warehouse = ? "
                         "AND sku = ?", reservation.quantity, reservation.warehouse,
                         reservation.sku)
                self._record(MovementKind.RELEASE, reservation, at_s)

    def label(self, task_id: str, shipment: Shipment) -> Shipment:
        """Keep the label of a shipping task; a repeat gets the label of the first time."""
        with self._file.change():
            self._file.do("INSERT OR IGNORE INTO labels VALUES (?, ?)", task_id,
                          label_text(shipment))
            kept = self._label(task_id)
        return shipment if kept is None else kept

    def void(self, task_id: str) -> Shipment | None:
        """Void the label of a shipping task that did not succeed; None if there is none."""
        with self._file.change():
            kept = self._label(task_id)
            if kept is not None:
                self._file.do("INSERT OR IGNORE INTO voids (task_id) VALUES (?)", task_id)
        return kept

    def begin(self, orders: Sequence[Order], settings: Settings) -> None:
        """A run begins, or goes on where it was killed, or repeats what it had finished.

        Raises:
            ArgumentError: an order is known, but its run had other orders or other settings, or
                was stopped cleanly, with everything given back.
        """
        digest = work_digest(orders, settings)
        with self._file.change():
            state = self._file.one("SELECT state FROM runs WHERE digest = ?", digest)
            for order in orders:
                row = self._file.one("SELECT digest FROM orders WHERE order_id = ?", order.id)
                if (row is not None and row[0] != digest) or state == ("stopped",):
                    why = "was stopped" if state else "had other orders or settings"
                    refuse("ledger", "one that can go on with these orders", self,
                           f"the run of {shown(order.id)} {why}; take a new file")
            if state is None:
                self._file.do("INSERT INTO runs VALUES (?, 'begun')", digest)
                for order in orders:
                    self._file.do("INSERT INTO orders VALUES (?, ?)", order.id, digest)
            else:
                self._repeats.update(self._ends_of(orders))

    def note(self, task_id: str, outcome: str, error: str) -> None:
        """Commit the result of a task.

        Raises:
            LedgerError: the file holds another one: then this is not the run that was killed.
        """
        with self._file.change():
            self._file.do("INSERT OR IGNORE INTO results VALUES (?, ?, ?)", task_id, outcome, error)
            kept = self._file.one("SELECT outcome, error FROM results WHERE task_id = ?", task_id)
        if kept != (outcome, error):
            raise LedgerError(f"the result of {shown(task_id)} must be {kept[0]} as in the file, "
                              f"got {outcome}; resume with the code that began it")

    def end(self, orders: Sequence[Order], finished: bool) -> None:
        """A run is over: finished, or stopped and everything given back."""
        with self._file.change():
            for order in orders[:1]:
                self._file.do("UPDATE runs SET state = ? WHERE digest = "
                         "(SELECT digest FROM orders WHERE order_id = ?)",
                         "finished" if finished else "stopped", order.id)

    def _end(self, reservation: Reservation, verb: str, at_s: float) -> bool:
        """Whether a reservation is open; False if a resumed run repeats how it ended."""
        key = (reservation.task_id, reservation.warehouse)
        row = self._file.one("SELECT sku, quantity FROM open_reservations "
                        "WHERE task_id = ? AND warehouse = ?", *key)
        if row == (reservation.sku, reservation.quantity):
            return True
        ended = (END_OF[verb].value, at_s, reservation.sku, reservation.quantity)
        if self._repeats.get(key) == ended:
            del self._repeats[key]
            return False
        raise LedgerError(f"the reservation of {reservation.sku} at {reservation.warehouse} for "
                          f"{reservation.task_id} cannot be {verb}: it is not open")

    def _ends_of(self, orders: Sequence[Order]) -> Iterator[tuple[tuple[str, str], Any]]:
        """How the reservations of these orders ended, as far as the file tells."""
        tasks = {id_of(order.id, TaskKind.INVENTORY, line.sku)
                 for order in orders for line in order.lines}
        for task_id, place, *ended in self._file.all(
                "SELECT task_id, warehouse, kind, at_s, sku, quantity FROM movements "
                "WHERE kind <> 'reserve'"):
            if task_id in tasks:
                yield (task_id, place), tuple(ended)

    def _take(self, reservation: Reservation) -> None:
        # The guard stands in the statement itself: nobody can come between looking and taking.
        taken = self._file.do("UPDATE stock SET available = available - ? WHERE warehouse = ? "
                         "AND sku = ? AND available >= ?", reservation.quantity,
                         reservation.warehouse, reservation.sku, reservation.quantity)
        if taken != 1:
            raise LedgerError(f"{reservation.quantity} of {reservation.sku} are not available at "
                              f"{reservation.warehouse}")

    def _record(self, kind: MovementKind, reservation: Reservation, at_s: float) -> None:
        self._file.do("INSERT INTO movements (at_s, kind, warehouse, sku, quantity, task_id) "
                 "VALUES (?, ?, ?, ?, ?, ?)", at_s, kind.value, reservation.warehouse,
                 reservation.sku, reservation.quantity, reservation.task_id)

    def _answer(self, task_id: str) -> StockCheck | None:
        row = self._file.one("SELECT answer FROM answers WHERE task_id = ?", task_id)
        return None if row is None else answer_from(row[0])

    def _label(self, task_id: str) -> Shipment | None:
        row = self._file.one("SELECT label FROM labels WHERE task_id = ?", task_id)
        return None if row is None else label_from(row[0])
