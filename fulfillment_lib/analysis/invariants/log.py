"""A run's records as the rules of `invariants` read them: in whole microseconds, by task, by time.

Nothing is corrected, and nothing is judged. The types of the records are trusted: they are frozen,
and checked where they are made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from fulfillment_lib.analysis.run import Run, by_order, ticks
from fulfillment_lib.engine.tasks import IN_POLICY, Attempt, Outcome, TaskResult
from fulfillment_lib.records import Movement, OrderReport


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

    def by_task(self, task_id: str, text: str) -> Finding:
        """What is wrong with a task, when its last attempt ended, if there was one."""
        rows = self.tries.get(task_id)
        return Finding((task_id,), rows[-1].attempt.finish_s if rows else None, text)


def never_ran(result: TaskResult) -> bool:
    """Whether a task ended otherwise than by an attempt: withdrawn, or failed by the policy."""
    by_policy = result.outcome is Outcome.FAILED and result.error.startswith(IN_POLICY)
    return by_policy or result.outcome is Outcome.CANCELLED


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
