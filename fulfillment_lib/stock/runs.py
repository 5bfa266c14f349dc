"""The runs of a ledger that outlives its program, and what a resumed one repeats.

A run goes from begun to finished, or to stopped. One that was killed is still begun, and may
begin again; so may a finished one, which then repeats all and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from fulfillment_lib import checks
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.errors import LedgerError, shown
from fulfillment_lib.orders import Network, Order
from fulfillment_lib.plan import checked_id, task_id_parts
from fulfillment_lib.records import MovementKind, Reservation
from fulfillment_lib.settings import Settings
from fulfillment_lib.stock.base import LedgerBase, numbered, stock_checks
from fulfillment_lib.stock.encoding import work_digest

Fact = tuple[str, ...]  # what a call did, the id of its task and, of an end, the warehouse
OTHER_CODE = "resume with the code that began it"


@dataclass(slots=True)
class Told:
    """What a run under way has told of itself, and what it must repeat before all else."""

    kept: set[Fact]  # when it began
    unrepeated: set[Fact]
    told: set[Fact] = field(default_factory=set)


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
    step with the note that says so; it is over and cannot be resumed. Its orders of which nothing
    is known may begin again. A run that a fault of the machine has ended is as one that was killed.

    Orders are never forgotten: the number of an order is its place among all that the ledger knows.
    """

    # Another version of the code may go another way. It is not enough that what it repeats is
    # compared with what is kept: until the first difference it may have written much that the right
    # code never would, and the run could be finished by neither. What is kept of a run is the
    # beginning of what it does, in order (see `Fence`). Hence the invariant: as long as a resumed
    # run has not repeated all that is kept, it writes nothing, and a refusal leaves all as it was.
    # Only the ends of reservations need no repetition, since what a failed stock check held is
    # asked for before it is given back.

    _results: MutableMapping[str, tuple[str, str]]  # outcome and error, by task
    _states: MutableMapping[str, str]  # by the digest of a run
    _digests: MutableMapping[str, str]  # by order

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._runs: dict[str, Told] = {}  # those under way, by each of their orders

    def begin(self, orders: Sequence[Order], settings: Settings) -> None:
        """Take up the orders of a run, for the first time or again.

        Raises:
            ArgumentError: it knows one of the orders, and not from the same run; or that run was
                stopped, or is under way here; or it has no more numbers for orders.
        """
        digest = work_digest(orders, settings)
        with ExitStack() as undo:
            with self._step():
                for order in orders:
                    self._refuse_in_the_way(order, digest)
                self._rounds = max(self._rounds, 1 + settings.replan)
                kept = self._facts(orders) if digest in self._states else set()
                if self._states.get(digest) in (None, "stopped"):
                    self._states[digest] = "begun"
                for order in orders:
                    if self._digests.get(order.id) != digest:
                        self._digests[order.id] = digest
                self._numbers = numbered(self._digests)
                undo.callback(self._leave, orders)  # nothing is under way that cannot be written
                run = Told(kept, {fact for fact in kept if fact[0] != "end"})
                self._runs |= {order.id: run for order in orders}
                self._under_way.update(order.id for order in orders)
                for first in orders[:1]:
                    self._enter(first)
            undo.pop_all()

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
            self._tell("note", task_id)
        if kept != (outcome, error):
            raise LedgerError(
                f"the result of {shown(task_id)} must be {kept[0]} as in the file, got {outcome}; "
                + OTHER_CODE
            )

    def finish(self, orders: Sequence[Order]) -> None:
        """Note that a run has come to its end."""
        try:
            with self._step():
                self._is_last(orders)
                self._close(orders, "finished")
        finally:
            self._leave(orders)

    def stop(self, orders: Sequence[Order], at_s: float) -> None:
        """Give all back, and note it, unless another program is at work on the same run."""
        try:
            with self._step():
                if self._is_last(orders):
                    self._leave(orders)
                    self._close(orders, "stopped")
                    super().stop(orders, at_s)
        finally:
            self._leave(orders)

    def pause(self, orders: Sequence[Order], at_s: float) -> None:
        """Leave all as it is, as if the program had been killed."""
        self._leave(orders)

    def _enter(self, first: Order) -> None:
        """In a step: other programs can see now that this one is at work on the order's run."""

    def _is_last(self, orders: Sequence[Order]) -> bool:
        """In a step: they no longer can. Is no other program at work on this run?"""
        return True

    def _may_repeat(self, reservation: Reservation) -> bool:
        """Whether a run under way says for the first time what is known already."""
        run = self._runs.get(task_id_parts(reservation.task_id)[0])
        return run is not None and (
            ("end", reservation.task_id, reservation.warehouse) not in run.told
        )

    def _tell(self, *fact: str) -> None:
        """As long as a resumed run has not repeated all that is kept of it, it does nothing new."""
        run = self._runs.get(task_id_parts(fact[1])[0])
        if run is None:
            return
        if run.unrepeated and fact not in run.kept:
            raise LedgerError(
                f"what a resumed run does must be in the file until it has come to the end of "
                f"that, got a new {fact[0]!r} for {shown(fact[1])}; {OTHER_CODE}"
            )
        run.unrepeated.discard(fact)
        run.told.add(fact)

    def _facts(self, orders: Sequence[Order]) -> set[Fact]:
        """What is kept of orders."""
        names = {order.id for order in orders}
        kept: tuple[tuple[str, Iterable[str]], ...] = (
            ("reserve", self._answers),
            ("label", self._labels),
            ("void", self._voided),
            ("note", self._results),
        )
        facts: set[Fact] = {
            (verb, task)
            for verb, tasks in kept
            for task in tasks
            if task_id_parts(task)[0] in names
        }
        for check in stock_checks(orders, self._rounds):
            for movement in self._movements_of(check):
                if movement.kind is not MovementKind.RESERVE:
                    facts.add(("end", check, movement.warehouse))
        return facts

    def _refuse_in_the_way(self, order: Order, digest: str) -> None:
        """Refuse an order that a run here is at work on, or that is known from another run."""
        self._refuse_under_way(order)
        name, known = shown(order.id), self._digests.get(order.id)
        if known is None:
            self._refuse_answered(order)
            return
        is_over = self._states.get(known) == "stopped"
        tasks = stock_checks([order])
        if is_over and not any(task in self._answers or task in self._results for task in tasks):
            return
        if known != digest:
            other = f"it knows {name} already, from a run of other orders or settings"
            self._refuse(f"{other}; make a new one, or run the same again")
        if is_over:
            self._refuse(f"its run of {name} was stopped; make a new one")

    def _close(self, orders: Sequence[Order], state: str) -> None:
        """A finished run stays finished, even if its repetition is stopped."""
        for digest in {self._digests.get(order.id, "") for order in orders}:
            if self._states.get(digest) == "begun":
                self._states[digest] = state

    def _leave(self, orders: Sequence[Order]) -> None:
        super()._leave(orders)
        for order in orders:
            self._runs.pop(order.id, None)
