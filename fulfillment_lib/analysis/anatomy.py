"""The anatomy of a lead time: records in, and every second of an order in exactly one segment out.

An order is done when its last task is, and many of its tasks run side by side. So one thread has
to be followed. It is that of the goods that the order waited for: the task that ended last, before
it the packing of the same parcel, before that the slowest stock check among the parcel's own. Where
the parcel could have gone on but stood, because another part of the order was not that far, the
segment is "waiting for a sibling" and names it. The other choices teach less: along whatever ended
last at each step nobody would ever wait for a sibling, and from the first that ended, a queue for
workers would look like a slow sibling.

Times are seconds from the start of the run; they are added and subtracted in whole microseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

import pandas as pd

from fulfillment_lib.analysis.run import TICKS_PER_S, Run, by_order, need_run, ticks
from fulfillment_lib.analysis.table import Table
from fulfillment_lib.engine.tasks import Attempt, Outcome, TaskResult
from fulfillment_lib.plan import TaskKind
from fulfillment_lib.records import OrderReport

WORKER, SIBLING, BACK_OFF = "waiting for a worker", "waiting for a sibling", "back-off"
UNKNOWN = "not in the log"
VAIN = {
    Outcome.FAILED: "failed attempt",
    Outcome.TIMED_OUT: "timed-out attempt",
    Outcome.CANCELLED: "cancelled attempt",
}
# All words that a segment may have, in the order of a legend.
SEGMENTS = (WORKER, *(kind.value for kind in TaskKind), SIBLING, *VAIN.values(), BACK_OFF, UNKNOWN)
AT_WORK = frozenset({*(kind.value for kind in TaskKind), *VAIN.values()})


class Segment(NamedTuple):
    """A stretch of an order's time. `worker` is None where nobody works on the order."""

    order_id: str
    segment: str
    start_s: float
    finish_s: float
    seconds: float
    task_id: str
    kind: str
    worker: int | None
    attempt: int
    blocked_by: tuple[str, ...]


class Lanes:
    """Which attempt each worker was making, at any moment of a run."""

    def __init__(self, attempts: Iterable[Attempt]) -> None:
        lanes: dict[int, list[Attempt]] = defaultdict(list)
        for each in sorted(attempts, key=attrgetter("worker", "start_s", "finish_s")):
            lanes[each.worker].append(each)
        self._lanes = [([each.start_s for each in lane], lane) for lane in lanes.values()]

    def at(self, now_s: float) -> tuple[Attempt, ...]:
        """The attempts under way from `now_s` on, in the order of the workers."""
        latest = ((bisect_right(starts, now_s), lane) for starts, lane in self._lanes)
        return tuple(
            lane[place - 1] for place, lane in latest if place and lane[place - 1].finish_s > now_s
        )


def anatomy(run: Run) -> pd.DataFrame:
    """One row per segment, by order (as they were given) and time; no row is empty of time.

    The segments of an order follow each other without gap or overlap from `placed_s` to
    `finished_s`: in whole microseconds their `seconds` add up to the lead time. Columns:

    * order_id, and segment: one of the words of SEGMENTS.
    * start_s, finish_s, seconds.
    * task_id, kind, attempt: the task that waited, was served or rested, and its attempt (of a
      back-off: the attempt before it).
    * worker: who served, a nullable integer; <NA> if nobody did.
    * blocked_by: a tuple of task ids. For "waiting for a worker" the tasks that held the workers
      when the waiting began, one per worker: who came in between is told by `explain`. For
      "waiting for a sibling" the tasks of the order that were not done by then. Else empty.

    A segment named after a kind is the service of an attempt that succeeded. "not in the log"
    is time without an attempt: it comes only from a policy that raises, in which case the pool
    fails the tasks that it cannot rank.
    """
    need_run(run)
    lanes = Lanes(run.attempts)
    results = by_order(run.results)
    rows = [
        row
        for report in run.reports
        for row in segments(report, results.get(report.order_id, ()), lanes)
    ]
    table = Table(rows, columns=list(Segment._fields))
    types = dict.fromkeys(("order_id", "segment", "task_id", "kind"), "str")
    types |= dict.fromkeys(("start_s", "finish_s", "seconds"), "float64")
    return table.astype(types | {"worker": "Int64", "attempt": "int64", "blocked_by": "object"})


def segments(report: OrderReport, results: Sequence[TaskResult], lanes: Lanes) -> Iterator[Segment]:
    """The segments of one order, from when it was placed to when it was finished."""
    at_s = report.placed_s
    for word, until_s, of, blocked_by in _steps(report, results, lanes):
        if until_s > at_s:
            name, kind, number = (of.task_id, str(of.kind), of.attempt) if of else ("", "", 0)
            yield Segment(
                report.order_id,
                word,
                at_s,
                until_s,
                (ticks(until_s) - ticks(at_s)) / TICKS_PER_S,
                name,
                kind,
                of.worker if of and word in AT_WORK else None,
                number,
                blocked_by,
            )
            at_s = until_s


def _steps(
    report: OrderReport, results: Sequence[TaskResult], lanes: Lanes
) -> Iterator[tuple[str, float, Attempt | None, tuple[str, ...]]]:
    """The same as (word, end, attempt, blocked_by): each begins where the one before it ends."""
    before = None
    for result in thread(results):
        for each in result.attempts:
            if each.attempt > 1:
                yield BACK_OFF, each.ready_s, before, ()
            elif before is not None:
                yield SIBLING, each.ready_s, each, _not_done(results, before)
            held = lanes.at(each.ready_s) if each.start_s > each.ready_s else ()
            yield WORKER, each.start_s, each, tuple(other.task_id for other in held)
            yield VAIN.get(each.outcome, str(each.kind)), each.finish_s, each, ()
            before = each
    yield UNKNOWN, report.finished_s, None, ()


def _not_done(results: Sequence[TaskResult], attempt: Attempt) -> tuple[str, ...]:
    """The tasks of the same kind that ended after an attempt."""
    return tuple(
        each.task.id
        for each in results
        if each.task.kind == attempt.kind and each.attempts and _end_s(each) > attempt.finish_s
    )


def thread(results: Sequence[TaskResult]) -> list[TaskResult]:
    """The results that decide an order's lead time, in the order of time; none without attempts.

    The last is the one that ended last; of equal ends the later kind, and then the first of the
    plan, counts.
    """
    by_id = {result.task.id: result for result in results}
    kinds = list(TaskKind)
    tried = [result for result in results if result.attempts]
    if not tried:
        return []
    backwards = [max(tried, key=lambda each: (_end_s(each), kinds.index(TaskKind(each.task.kind))))]
    while backwards[-1].task.depends_on:
        backwards.append(_before(backwards[-1], by_id))
    return backwards[::-1]


def _before(result: TaskResult, by_id: dict[str, TaskResult]) -> TaskResult:
    """A parcel's packing before its shipping; before its packing the slowest of its checks."""
    task = result.task
    names = task.depends_on
    if task.kind == TaskKind.SHIPPING:
        place = task.id.rpartition("/")[2]
        names = tuple(name for name in names if name.rpartition("/")[2] == place)
    return max((by_id[name] for name in names), key=_end_s)


def _end_s(result: TaskResult) -> float:
    return result.attempts[-1].finish_s
