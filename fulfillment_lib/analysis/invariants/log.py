"""A run's records as the rules of `invariants` read them: in whole microseconds, by task, by time.

Nothing is corrected, and nothing is judged. The types of the records are trusted: they are frozen,
and checked where they are made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import NamedTuple

from fulfillment_lib.analysis.run import TICKS_PER_S, Run, by_order, ticks
from fulfillment_lib.engine.tasks import IN_POLICY, Attempt, Outcome, TaskResult
from fulfillment_lib.errors import shown
from fulfillment_lib.plan import TaskKind, task_id_parts
from fulfillment_lib.records import Movement, OrderReport
from fulfillment_lib.settings import Draw

PLANNED_KINDS = (TaskKind.INVENTORY, TaskKind.PACKING, TaskKind.SHIPPING)


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


class RunLog:
    """The records of a run, and ways to find them.

    `result_of` finds a result by its task, `results_of` those of an order by its id. `tries` holds
    the rows of each task in the order of the log. `movements` come with their places in the ledger.
    `instants` are in order of time, by microsecond, and leave out rows whose times go back.
    `houses` and `products` are found by their names, `shares` are the results of what a warehouse
    does for an order, by the names of both. `draws` holds what was to happen to an attempt, by its
    place. `effects` holds when a task moved stock or made its label, in seconds: at the end of the
    service of the first attempt that came so far. `unsure` holds the orders of which such times are
    not certain. `timeout` is in microseconds.
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
        self.shares: dict[tuple[str, str], list[TaskResult]] = defaultdict(list)
        for result in run.results:
            if result.task.kind != TaskKind.INVENTORY:
                self.shares[result.task.order_id, task_id_parts(result.task.id)[-1]].append(result)
        self.products = {product.sku: product for product in run.network.products}
        self.houses = {house.name: house for house in run.network.warehouses}
        self.unsure = {result.task.order_id for result in run.results if never_ran(result)}
        self.timeout = max(0.001, round(run.settings.timeout_s * TICKS_PER_S, 3))
        self.draws: dict[int, Draw] = {}
        self.effects: dict[str, float] = {}
        for row in self.rows:
            self._look_up_draw(row)

    def _look_up_draw(self, row: Row) -> None:
        attempt, part = row.attempt, task_id_parts(row.attempt.task_id)[-1]
        stock_check = attempt.kind == TaskKind.INVENTORY
        if attempt.kind not in PLANNED_KINDS or not (stock_check or part in self.houses):
            return
        subject = part if stock_check else [*self.houses].index(part)
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
