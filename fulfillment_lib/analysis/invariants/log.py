"""A run's records as the rules of `invariants` read them: in whole microseconds, by task, by time.

Nothing is corrected, and nothing is judged. The types of the records are trusted: they are frozen,
and checked where they are made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import fields, is_dataclass
from math import inf
from typing import NamedTuple

from fulfillment_lib.analysis.run import TICKS_PER_S, Run, by_order, ticks
from fulfillment_lib.engine.tasks import IN_POLICY, Attempt, Outcome, TaskResult
from fulfillment_lib.errors import shown
from fulfillment_lib.orders import Order
from fulfillment_lib.plan import TaskKind, of_round, task_id_parts
from fulfillment_lib.records import Fulfillment, Movement, OrderReport, Reservation, StockCheck
from fulfillment_lib.settings import Draw

PLANNED_KINDS = (TaskKind.INVENTORY, TaskKind.PACKING, TaskKind.SHIPPING)
NO_FAILURE = (Outcome.SUCCEEDED, Outcome.SKIPPED)


class Finding(NamedTuple):
    """Rows of a run that break a rule, the time in seconds if there is one, and what is wrong.

    `where` names tasks, attempts, movements or orders.
    """

    where: tuple[str, ...]
    at_s: float | None
    text: str

    @classmethod
    def of_attempt(cls, attempt: Attempt, text: str, at_s: float | None = None) -> Finding:
        """What is wrong with an attempt, at its start or at the time given."""
        return cls.of_attempts([attempt], text, attempt.start_s if at_s is None else at_s)

    @classmethod
    def of_attempts(cls, attempts: Iterable[Attempt], text: str, at_s: float) -> Finding:
        """What is wrong with attempts together."""
        names = (f"{attempt.task_id}, attempt {attempt.attempt}," for attempt in attempts)
        return cls(tuple(names), at_s, text)

    @classmethod
    def of_report(cls, report: OrderReport, text: str) -> Finding:
        """What is wrong with an order's report."""
        return cls((report.order_id,), report.finished_s, text)

    @classmethod
    def of_movement(cls, place: int, movement: Movement, text: str) -> Finding:
        """What is wrong with a movement, at that place in the ledger."""
        moved = f"{movement.kind} of {movement.quantity} × {movement.sku} at {movement.warehouse}"
        name = f"movement {place}, {moved} for {movement.task_id},"
        return cls((name,), movement.at_s, text)


class Row(NamedTuple):
    """An attempt with its times in microseconds, and its place among the rows."""

    ready: int
    start: int
    finish: int
    place: int
    attempt: Attempt


class Instant(NamedTuple):
    """What happens at one time: the rows that become ready, that start, and that end."""

    ready: list[Row]
    starts: list[Row]
    ends: list[Row]


class Round(NamedTuple):
    """A round of planning: from the second on, after a packing that has failed.

    `wanted` holds the units of each product that it looks for, `without` the warehouses at which
    these could not be packed.
    """

    number: int
    after: str
    wanted: dict[str, int]
    without: frozenset[str]


class RunLog:
    """The records of a run, and ways to find them.

    `result_of` finds a result by its task, `results_of` those of an order by its id. `tries`
    holds the rows of each task in the order of the log. `movements` come with their places in the
    ledger. `instants` are in order of time, by microsecond, and leave out rows whose times go back.
    `houses` and `products` are found by their names. `plans` keeps what the rules of tasks work
    out.

    `rounds` are those that an order is due, `round_of` tells in which one a task was planned, and
    `rounds_after` which one the stock checks name that wait for a packing. `shares` are the results
    of what a warehouse does for an order, by the names of both and the round; `held` is, for an
    order, what was reserved for a share, by round and warehouse.

    `draws` holds what was to happen to an attempt, by its place. `effects` holds when a task moved
    stock or made its label, in seconds: at the end of the service of the first attempt that came so
    far. `unsure` holds the orders of which such times are not certain. `timeout` is in
    microseconds.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.rows = [_row(place, attempt) for place, attempt in enumerate(run.attempts)]
        self.result_of = {result.task.id: result for result in run.results}
        self.results_of = by_order(run.results)
        self.orders = list(zip(run.orders, run.reports, strict=False))
        self.movements = list(enumerate(run.movements))
        self.tries: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            self.tries[row.attempt.task_id].append(row)
        self.instants = _instants(self.rows)
        self.round_of: dict[str, int] = {}
        self.rounds_after: dict[str, int] = {}
        self.failed: dict[str, list[str]] = defaultdict(list)  # packings of an order
        self.plans: dict[str, dict[str, frozenset[str]]] = {}
        self.shares: dict[tuple[str, str, int], list[TaskResult]] = defaultdict(list)
        self.held: dict[str, dict[tuple[int, str], list[Reservation]]] = defaultdict(dict)
        pairs: dict[tuple[str, str, int], int] = {}  # by what their ids say: their round
        for result in run.results:
            self._look_up_round(result, pairs)
        self.products = {product.sku: product for product in run.network.products}
        self.houses = {house.name: house for house in run.network.warehouses}
        self.unsure = {result.task.order_id for result in run.results if never_ran(result)}
        self.timeout = max(0.001, round(run.settings.timeout_s * TICKS_PER_S, 3))
        self.draws: dict[int, Draw] = {}
        self.effects: dict[str, float] = {}
        for row in self.rows:
            self._look_up_draw(row)
        self.rounds = {order.id: self._rounds(order) for order in run.orders}

    def _look_up_round(self, result: TaskResult, pairs: dict[tuple[str, str, int], int]) -> None:
        task, number = result.task, 1
        if task.kind != TaskKind.INVENTORY:
            part, shown = _part_and_round(task.id)
            if task.kind == TaskKind.PACKING:
                number = self.round_of.get(task.depends_on[0], 1) if task.depends_on else 1
                pairs[task.order_id, part, shown] = number
                if result.outcome not in NO_FAILURE:
                    self.failed[task.order_id].append(task.id)
            number = pairs.get((task.order_id, part, shown), 1)
            self.shares[task.order_id, part, number].append(result)
        elif task.depends_on:
            number = self.rounds_after[task.depends_on[0]] = _part_and_round(task.id)[1]
        if isinstance(result.value, StockCheck):
            held = self.held[task.order_id]
            for reservation in result.value.reservations:
                held.setdefault((number, reservation.warehouse), []).append(reservation)
        self.round_of[task.id] = number

    def _rounds(self, order: Order) -> list[Round]:
        """The rounds of an order: after each packing that failed, as often as it may look.

        Which of several came first is taken from the records where they ended at once.
        """
        wanted = {line.sku: line.quantity for line in order.lines}
        rounds, failed = [Round(1, "", wanted, frozenset())], self.failed.get(order.id, [])
        failed.sort(key=lambda name: (self.ended(name), self.rounds_after.get(name, inf)))
        for number, name in enumerate(failed[: self.run.settings.replan], 2):
            house, before = _part_and_round(name)[0], self.round_of[name]
            held = self.held[order.id].get((before, house), [])
            without = rounds[min(before, len(rounds)) - 1].without | {house}
            wanted = {reservation.sku: reservation.quantity for reservation in held}
            rounds.append(Round(number, name, wanted, without))
        return rounds

    def round_of_part(self, part: Fulfillment) -> int:
        """The round in which a fulfillment was planned: that of its reservations."""
        return max((self.round_of.get(made.task_id, 1) for made in part.reservations), default=1)

    def place_of(self, order_id: str, names: Container[str]) -> float:
        """The place of the first of some tasks among an order's results."""
        tasks = (result.task.id for result in self.results_of[order_id])
        return next((place for place, name in enumerate(tasks) if name in names), inf)

    def ended(self, *names: str) -> int:
        """When the last of some tasks ended, in microseconds; 0 where that is not certain."""
        known = [self.result_of[name] for name in names if name in self.result_of]
        if any(result.task.order_id in self.unsure for result in known):
            return 0
        return max((row.finish for row in self.last_rows(known)), default=0)

    def _look_up_draw(self, row: Row) -> None:
        attempt, (part, number) = row.attempt, _part_and_round(row.attempt.task_id)
        stock_check = attempt.kind == TaskKind.INVENTORY
        if attempt.kind not in PLANNED_KINDS or not (stock_check or part in self.houses):
            return
        subject: str | int = of_round(part, number)
        if not stock_check:
            subject = [*self.houses].index(part) + (number - 1) * len(self.houses)
        key = (attempt.task_id, attempt.order_id, attempt.kind, subject, attempt.attempt)
        draw = self.draws[row.place] = self.run.settings.draw(*key)
        late_by = ticks(draw.service_s) - self.timeout
        # A timeout comes before what ends then, too. Where it is no whole number of microseconds,
        # rounding decides.
        if self.timeout % 1 and abs(late_by) < 1:
            self.unsure.add(attempt.order_id)
        may = draw.fault in ("ok", "lost_reply") and attempt.outcome is not Outcome.FAILED
        if may and late_by < self.timeout % 1:
            self.effects.setdefault(attempt.task_id, attempt.start_s + draw.service_s)

    def last_rows(self, results: Iterable[TaskResult]) -> list[Row]:
        """The last attempts of tasks, as far as they made any."""
        rows = (self.tries.get(result.task.id) for result in results)
        return [tries[-1] for tries in rows if tries]

    def by_task(self, task_id: str, text: str) -> Finding:
        """What is wrong with a task, when its last attempt ended, if there was one."""
        rows = self.tries.get(task_id)
        return Finding((task_id,), rows[-1].attempt.finish_s if rows else None, text)


def never_ran(result: TaskResult) -> bool:
    """Whether a task ended otherwise than by an attempt: withdrawn, or failed by the policy."""
    by_policy = result.outcome is Outcome.FAILED and result.error.startswith(IN_POLICY)
    return by_policy or result.outcome is Outcome.CANCELLED


def _part_and_round(task_id: str) -> tuple[str, int]:
    """The SKU or the warehouse in a task's id, and the round that stands behind; else 1."""
    pieces = task_id.split("/")
    number = pieces[3] if len(pieces) == 4 else ""
    part = task_id_parts(pieces[2])[0] if len(pieces) > 2 else ""
    return part, int(number) if number.isdecimal() else 1


def differences(told: object, due: object, name: str = "") -> Iterator[str]:
    """Where a record is not the one that is due, in words: each field, in records within it too."""
    if told == due:
        return
    if is_dataclass(due) and type(told) is type(due):
        for part in fields(due):
            inner = f"{name} {part.name}".strip()
            yield from differences(getattr(told, part.name), getattr(due, part.name), inner)
    elif isinstance(told, tuple) and isinstance(due, tuple) and len(told) == len(due):
        for place, pair in enumerate(zip(told, due, strict=True), 1):
            yield from differences(*pair, f"{name} {place}")
    else:
        yield f"has the {name} {shown(told)} instead of {shown(due)}"


def meet(ticks: int, expected: float) -> bool:
    """Whether a time is the expected one: to the microsecond, and to the precision of a float."""
    return abs(ticks - expected) < max(1.0, abs(expected) * 2.0**-50)


def _row(place: int, attempt: Attempt) -> Row:
    times = (ticks(attempt.ready_s), ticks(attempt.start_s), ticks(attempt.finish_s))
    return Row(*times, place, attempt)


def _instants(rows: list[Row]) -> dict[int, Instant]:
    instants: dict[int, Instant] = defaultdict(lambda: Instant([], [], []))
    for row in rows:
        if row.ready <= row.start <= row.finish:
            instants[row.ready].ready.append(row)
            instants[row.start].starts.append(row)
            instants[row.finish].ends.append(row)
    return dict(sorted(instants.items()))
