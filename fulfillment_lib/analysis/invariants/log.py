"""A run's records as the rules of `invariants` read them: in whole microseconds, by task, by time.

Nothing is corrected, and nothing is judged. The types of the records are trusted: they are frozen,
and checked where they are made.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from fulfillment_lib.analysis.run import TICKS_PER_S, Run, by_order, ticks
from fulfillment_lib.engine.tasks import IN_THE_POLICY, Attempt, Outcome, TaskResult
from fulfillment_lib.orders import Order
from fulfillment_lib.records import Movement, OrderReport


class Finding(NamedTuple):
    """Rows of a run that break a rule, the time in seconds if there is one, and what is wrong.

    `where` names tasks, attempts, movements or orders.
    """

    where: tuple[str, ...]
    at_s: float | None
    text: str


class Row(NamedTuple):
    """An attempt with its times in microseconds, and its place among the rows."""

    ready: int
    start: int
    finish: int
    place: int
    attempt: Attempt


class Instant(NamedTuple):
    """What happens at one time: the rows that become ready, that start, and that end."""

    ticks: int
    ready: list[Row]
    starts: list[Row]
    ends: list[Row]


@dataclass(slots=True)
class RunLog:
    """The records of a run, and ways to find them.

    `result_of` finds a result by its task. `tries` holds the rows of each task in the order of the
    log. `movements` come with their places in the ledger. `instants` are in order of time, and
    leave out rows whose times go back.
    """

    run: Run
    rows: list[Row]
    result_of: dict[str, TaskResult]
    results_of: dict[str, list[TaskResult]]
    orders: list[tuple[Order, OrderReport]]
    movements: list[tuple[int, Movement]]
    tries: dict[str, list[Row]]
    instants: list[Instant]

    @classmethod
    def of(cls, run: Run) -> RunLog:
        """The log of a run."""
        rows = [
            Row(
                ticks(attempt.ready_s),
                ticks(attempt.start_s),
                ticks(attempt.finish_s),
                place,
                attempt,
            )
            for place, attempt in enumerate(run.attempts)
        ]
        tries: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            tries[row.attempt.task_id].append(row)
        return cls(
            run,
            rows,
            {result.task.id: result for result in run.results},
            dict(by_order(run.results)),
            list(zip(run.orders, run.reports, strict=False)),
            list(enumerate(run.movements)),
            dict(tries),
            _instants(rows),
        )

    def of_order(self, order: Order) -> list[TaskResult]:
        """The results of an order."""
        return self.results_of.get(order.id, [])

    def by_task(self, task_id: str, text: str) -> Finding:
        """What is wrong with a task, when its last attempt ended, if there was one."""
        rows = self.tries.get(task_id)
        return Finding((task_id,), rows[-1].attempt.finish_s if rows else None, text)


def never_ran(result: TaskResult) -> bool:
    """Whether a task ended otherwise than by an attempt: withdrawn, or failed by the policy."""
    by_policy = result.outcome is Outcome.FAILED and result.error.startswith(IN_THE_POLICY)
    return by_policy or result.outcome is Outcome.CANCELLED


def seconds(ticks: float) -> float:
    """Microseconds in seconds."""
    return ticks / TICKS_PER_S


def meet(ticks: int, expected: float) -> bool:
    """Whether a time is the expected one: to the microsecond, and to the precision of a float."""
    return abs(ticks - expected) < max(1.0, abs(expected) * 2.0**-50)


def row_name(attempt: Attempt) -> str:
    """An attempt as a finding names it."""
    return f"{attempt.task_id}, attempt {attempt.attempt},"


def by_attempt(attempt: Attempt, text: str, at_s: float | None = None) -> Finding:
    """What is wrong with an attempt, at its start or at the time given."""
    return Finding((row_name(attempt),), attempt.start_s if at_s is None else at_s, text)


def by_two(one: Attempt, other: Attempt, text: str, at_s: float) -> Finding:
    """What is wrong with two attempts together."""
    return Finding((row_name(one), row_name(other)), at_s, text)


def by_report(report: OrderReport, text: str) -> Finding:
    """What is wrong with an order's report."""
    return Finding((report.order_id,), report.finished_s, text)


def by_movement(place: int, movement: Movement, text: str) -> Finding:
    """What is wrong with a movement, at that place in the ledger."""
    name = (
        f"movement {place}, {movement.kind} of {movement.quantity} × {movement.sku} at "
        f"{movement.warehouse} for {movement.task_id},"
    )
    return Finding((name,), movement.at_s, text)


def _instants(rows: list[Row]) -> list[Instant]:
    ready: dict[int, list[Row]] = defaultdict(list)
    starts: dict[int, list[Row]] = defaultdict(list)
    ends: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if row.ready <= row.start <= row.finish:
            ready[row.ready].append(row)
            starts[row.start].append(row)
            ends[row.finish].append(row)
    times = sorted({*ready, *starts, *ends})
    return [Instant(time, ready[time], starts[time], ends[time]) for time in times]
