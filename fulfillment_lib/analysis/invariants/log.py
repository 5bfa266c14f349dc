"""A run's records as the rules of `invariants` read them: in whole microseconds, by task, by time.

A record that cannot be read (no finite times, of another class) is left out here; the rule about
records names it. Nothing is corrected, and nothing is judged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fulfillment_lib.analysis.run import TICKS_PER_S, Run, ticks
from fulfillment_lib.engine.tasks import IN_THE_POLICY, Attempt, Outcome, Task, TaskResult
from fulfillment_lib.errors import printable
from fulfillment_lib.orders import Order
from fulfillment_lib.records import Movement, MovementKind, OrderReport

LONGEST_TEXT = 10_000  # of a violation, which may quote whole records


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a run breaks, with the rows that show it, and the time in seconds.

    `rule` is the number and short name of the invariant. `where` names tasks, attempts, movements
    or orders. `at_s` is None where the records give no time.
    """

    rule: str
    where: tuple[str, ...]
    at_s: float | None
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", tuple(map(str, self.where)))  # a record may hold anything
        object.__setattr__(self, "at_s", self.at_s if _is_number(self.at_s) else None)

    def __str__(self) -> str:
        time = "" if self.at_s is None else f", at {self.at_s:.15g} s"
        rows = " and ".join(self.where)
        return printable(f"{self.rule}{time}: {rows}{' ' if rows else ''}{self.text}", LONGEST_TEXT)


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
    """The readable records of a run, and ways to find them.

    `movements` come with their places in the ledger. `tries` holds the rows of each task in the
    order of the log. `instants` are in order of time, and leave out rows whose times go back.
    """

    run: Run
    rows: list[Row]
    results: list[TaskResult]
    result_of: dict[str, TaskResult]
    orders: list[tuple[Order, OrderReport]]
    movements: list[tuple[int, Movement]]
    tries: dict[str, list[Row]] = field(default_factory=dict)
    instants: list[Instant] = field(default_factory=list)

    @classmethod
    def of(cls, run: Run) -> RunLog:
        """The log of a run."""
        rows = [
            Row(ticks(each.ready_s), ticks(each.start_s), ticks(each.finish_s), place, each)
            for place, each in enumerate(filter(is_readable, run.attempts))
        ]
        results = [each for each in run.results if is_readable(each)]
        pairs = [
            (order, report)
            for order, report in zip(run.orders, run.reports, strict=False)
            if isinstance(order, Order) and isinstance(report, OrderReport)
        ]
        movements = [(place, each) for place, each in enumerate(run.movements) if is_readable(each)]
        log = cls(run, rows, results, {each.task.id: each for each in results}, pairs, movements)
        for row in rows:
            log.tries.setdefault(row.attempt.task_id, []).append(row)
        log.instants = _instants(rows)
        return log

    def by_task(self, rule: str, task_id: str, text: str) -> Violation:
        """A rule broken by a task, when its last attempt ended, if there was one."""
        rows = self.tries.get(task_id)
        return Violation(rule, (task_id,), rows[-1].attempt.finish_s if rows else None, text)


def is_readable(record: object) -> bool:
    """Whether a record is of its class, and its times are finite numbers."""
    if isinstance(record, Attempt):
        times = (record.ready_s, record.start_s, record.finish_s, record.sequence)
        return isinstance(record.task_id, str) and all(map(_is_number, times))
    if isinstance(record, TaskResult):
        return isinstance(record.task, Task)
    return (
        isinstance(record, Movement)
        and isinstance(record.kind, MovementKind)
        and _is_number(record.at_s)
    )


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
    """An attempt as a violation names it."""
    return f"{attempt.task_id}, attempt {attempt.attempt},"


def by_attempt(rule: str, attempt: Attempt, text: str, at_s: float | None = None) -> Violation:
    """A rule broken by an attempt, at its start or at another time."""
    return Violation(rule, (row_name(attempt),), attempt.start_s if at_s is None else at_s, text)


def by_report(rule: str, report: OrderReport, text: str) -> Violation:
    """A rule broken by an order's report."""
    return Violation(rule, (report.order_id,), report.finished_s, text)


def by_movement(rule: str, place: int, movement: Movement, text: str) -> Violation:
    """A rule broken by a movement, at that place in the ledger."""
    name = (
        f"movement {place}, {movement.kind} of {movement.quantity} × {movement.sku} at "
        f"{movement.warehouse} for {movement.task_id},"
    )
    return Violation(rule, (name,), movement.at_s, text)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and -1e300 < value < 1e300


def _instants(rows: list[Row]) -> list[Instant]:
    found: dict[int, Instant] = {}
    for row in rows:
        if row.ready <= row.start <= row.finish:
            for place, time in enumerate(row[:3], 1):
                instant = found.get(time)
                if instant is None:
                    instant = found[time] = Instant(time, [], [], [])
                instant[place].append(row)  # type: ignore[union-attr]
    return sorted(found.values())
