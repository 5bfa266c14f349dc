"""The runs of a ledger file: which orders they took up, and what a resumed run repeats.

A run goes from begun to finished, or to stopped. One that was killed is still begun, and may
begin again; so may a finished one, which then repeats all and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from fulfillment_lib.checks import refuse
from fulfillment_lib.errors import shown
from fulfillment_lib.orders import Order
from fulfillment_lib.records import MovementKind, Reservation
from fulfillment_lib.settings import Settings
from fulfillment_lib.stock.database import Database
from fulfillment_lib.stock.encoding import work_digest
from fulfillment_lib.stock.ledger import UNKNOWN_ORDERS, Ledger, stock_checks


class Runs:
    """The runs in a file, and those that are under way through this connection."""

    def __init__(self, file: Database) -> None:
        self._file = file
        # By stock check of a run under way: the warehouses whose reservation this run has ended.
        # Of those that the file knows as ended besides, the run may still repeat the end.
        self._ends: dict[str, set[str]] = {}

    def begin(self, ledger: Ledger, orders: Sequence[Order], settings: Settings) -> None:
        """Take up orders, for the first time or again.

        Raises:
            ArgumentError: it knows one of them, and not from a run that may be resumed.
        """
        digest = work_digest(orders, settings)
        with self._file.lock:  # no other thread takes them up before they are under way here
            with self._file.change():
                known = [self._known(order, digest) for order in orders]
                problem = next(filter(None, known), "")
                if problem:
                    refuse("ledger", UNKNOWN_ORDERS, ledger, problem)
                self._file.count("INSERT OR IGNORE INTO runs VALUES (?, 'begun')", digest)
                for order in orders:
                    self._file.count("INSERT OR IGNORE INTO orders VALUES (?, ?)", order.id, digest)
            self._ends.update({check: set() for check in _checks(orders)})

    def answered(self, check: str) -> bool:
        """Whether a stock check has had its answer."""
        return bool(self._file.rows("SELECT 1 FROM answers WHERE task_id = ?", check))

    def repeats(self, reservation: Reservation, kind: MovementKind, at_s: float) -> bool:
        """Whether a run under way says for the first time what the file knows already."""
        ends = self._ends.get(reservation.task_id)
        return (
            ends is not None
            and reservation.warehouse not in ends
            and bool(
                self._file.rows(
                    "SELECT 1 FROM movements WHERE task_id = ? AND warehouse = ? AND sku = ? "
                    "AND quantity = ? AND kind = ? AND at_s = ?",
                    reservation.task_id,
                    reservation.warehouse,
                    reservation.sku,
                    reservation.quantity,
                    kind.value,
                    at_s,
                )
            )
        )

    def note_end(self, reservation: Reservation) -> None:
        """Note that a reservation has ended, if its run is under way."""
        self._ends.get(reservation.task_id, set()).add(reservation.warehouse)

    def finish(self, orders: Sequence[Order]) -> None:
        """Note that a run has come to its end."""
        try:
            with self._file.change():
                self._set_state(orders, "finished")
        finally:
            self.leave(orders)

    def stop(self, orders: Sequence[Order]) -> None:
        """Note that a run was stopped; if nothing was answered, as if it had never begun."""
        if any(self.answered(check) for check in _checks(orders)):
            self._set_state(orders, "stopped")
            return
        for digest in {digest for order in orders for digest, _ in self._run_of(order)}:
            self._file.count("DELETE FROM orders WHERE digest = ?", digest)
            self._file.count("DELETE FROM runs WHERE digest = ?", digest)

    def leave(self, orders: Sequence[Order]) -> None:
        """From now on these orders are not under way."""
        for check in _checks(orders):
            self._ends.pop(check, None)

    def _known(self, order: Order, digest: str) -> str:
        """Why an order cannot be taken up; nothing if it can."""
        checks = _checks([order])
        name = shown(order.id)
        if any(check in self._ends for check in checks):
            return f"{name} is under way in it; wait for the end"
        for other, state in self._run_of(order):
            if other != digest:
                return (
                    f"it knows {name} already, from a run of other orders or settings; "
                    "make a new one, or run the same again"
                )
            return f"its run of {name} was stopped; make a new one" if state == "stopped" else ""
        if any(self.answered(check) for check in checks):
            return f"it knows {name} already; make a new one"
        return ""

    def _run_of(self, order: Order) -> list[tuple[str, str]]:
        return self._file.rows(
            "SELECT digest, state FROM orders JOIN runs USING (digest) WHERE order_id = ?", order.id
        )

    def _set_state(self, orders: Sequence[Order], state: str) -> None:
        """A finished run stays finished, even if its repetition is stopped."""
        for order in orders:
            self._file.count(
                "UPDATE runs SET state = ? WHERE state = 'begun' AND digest = "
                "(SELECT digest FROM orders WHERE order_id = ?)",
                state,
                order.id,
            )


def _checks(orders: Sequence[Order]) -> list[str]:
    return [check for order in orders for check in stock_checks(order)]
