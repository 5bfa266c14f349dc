"""The runs of a ledger that outlives its program, and what a resumed one repeats.

A run goes from begun to finished, or to stopped. One that was killed is still begun, and may
begin again; so may a finished one, which then repeats all and changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import MutableMapping, Sequence

from fulfillment_lib import checks
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.errors import LedgerError, shown
from fulfillment_lib.orders import Network, Order
from fulfillment_lib.plan import checked_id
from fulfillment_lib.records import MovementKind, Reservation
from fulfillment_lib.settings import Settings
from fulfillment_lib.stock.base import LedgerBase, stock_checks
from fulfillment_lib.stock.encoding import work_digest


class ResumableLedger(LedgerBase):
    """A ledger whose runs can be resumed, over three more mappings than LedgerBase.

    A run that was killed is resumed by running it again: the same orders and the same settings, on
    the same ledger. In virtual time it goes the same way from second 0 on. What the killed run had
    committed is not done again: a stock check gets the answer it got, a shipping task its label,
    and a reservation that ended in the same way at the same time counts as ended now. From there
    on the calls have their effect. So each order is completed once, and the records are those of a
    run that nobody disturbed. Packing has no effect and is computed again.

    Outside of a run, and the second time within one, a reservation that has ended is not open, as
    in memory. The ledger knows a run by a digest of its orders and settings, and an order by its
    run. A run that was stopped (by an error or by cancelling) has given back what it held, in one
    step with the note that says so; it is over and cannot be resumed.
    """

    _results: MutableMapping[str, tuple[str, str]]  # outcome and error, by task
    _states: MutableMapping[str, str]  # by the digest of a run
    _digests: MutableMapping[str, str]  # by order

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        # By stock check of a run under way: the warehouses whose reservation this run has ended.
        # Of those that are known as ended besides, the run may still repeat the end.
        self._ends: dict[str, set[str]] = {}
        self._beginning = threading.Lock()

    def begin(self, orders: Sequence[Order], settings: Settings) -> None:
        """Take up the orders of a run, for the first time or again.

        Raises:
            ArgumentError: it knows one of the orders, and not from the same run; or that run was
                stopped, or is under way here.
        """
        digest = work_digest(orders, settings)
        with self._beginning:  # no other thread takes them up before they are under way here
            with self._step():
                for order in orders:
                    self._refuse_in_the_way(order, digest)
                    if order.id not in self._digests:
                        super().begin([order], settings)
                self._states.setdefault(digest, "begun")
                for order in orders:
                    self._digests.setdefault(order.id, digest)
            self._ends.update({check: set() for check in stock_checks(orders)})

    def note(self, task_id: str, outcome: Outcome, error: str) -> None:
        """Keep the result of a task.

        Raises:
            ArgumentError: an argument breaks its rule.
            LedgerError: another one is kept: then this is not the run that was killed.
        """
        task_id, outcome = checked_id(task_id), Outcome(checks.choice("outcome", outcome, Outcome))
        checks.instance("error", error, str)
        with self._step():
            kept = self._results.setdefault(task_id, (outcome.value, error))
        if kept != (outcome, error):
            raise LedgerError(
                f"the result of {shown(task_id)} must be {kept[0]} as in the file, got {outcome}; "
                "resume with the code that began it"
            )

    def finish(self, orders: Sequence[Order]) -> None:
        """Note that a run has come to its end."""
        try:
            with self._step():
                self._close(orders, "finished")
        finally:
            self._leave(orders)

    def stop(self, orders: Sequence[Order], at_s: float) -> None:
        """Give all back, and note it; if nothing was answered, as if the run had never begun."""
        try:
            with self._step():
                if any(map(self.answered, stock_checks(orders))):
                    self._close(orders, "stopped")
                else:
                    self._forget(orders)
                super().stop(orders, at_s)
        finally:
            self._leave(orders)

    def _end(self, reservation: Reservation, kind: MovementKind, at_s: float) -> None:
        super()._end(reservation, kind, at_s)
        self._ends.get(reservation.task_id, set()).add(reservation.warehouse)

    def _may_repeat(self, reservation: Reservation) -> bool:
        """Whether a run under way says for the first time what is known already."""
        ends = self._ends.get(reservation.task_id)
        return ends is not None and reservation.warehouse not in ends

    def _refuse_in_the_way(self, order: Order, digest: str) -> None:
        """Refuse an order that a run here is at work on, or that is known from another run."""
        name, known = shown(order.id), self._digests.get(order.id, digest)
        if any(check in self._ends for check in stock_checks([order])):
            self._refuse(f"{name} is under way in it; wait for the end")
        if known != digest:
            other = f"it knows {name} already, from a run of other orders or settings"
            self._refuse(f"{other}; make a new one, or run the same again")
        if self._states.get(digest) == "stopped":
            self._refuse(f"its run of {name} was stopped; make a new one")

    def _close(self, orders: Sequence[Order], state: str) -> None:
        """A finished run stays finished, even if its repetition is stopped."""
        for digest in {self._digests.get(order.id, "") for order in orders}:
            if self._states.get(digest) == "begun":
                self._states[digest] = state

    def _forget(self, orders: Sequence[Order]) -> None:
        for digest in {self._digests.pop(order.id, "") for order in orders}:
            self._states.pop(digest, None)

    def _leave(self, orders: Sequence[Order]) -> None:
        """From now on these orders are not under way."""
        for check in stock_checks(orders):
            self._ends.pop(check, None)
