"""The anatomy of a lead time: records in, and every second of an order in exactly one segment out.

Many tasks of an order run side by side, so one thread of them has to be followed: that of a parcel
on which the order waited. Take an order of five units, two at EAST and three at WEST, that may only
ship complete. At WEST the first packing fails:

    stock check   0–1 s
    packing EAST  1–5 s
    packing WEST  1–5 s failed, back-off until 6 s, 6–10 s
    shipping      10–12 s from both

Both shippings end last. The first of the plan, EAST, is followed back to its packing, and on to
the slowest of the stock checks that reserved there. The segments are inventory 0–1 s, packing
1–5 s, waiting for a sibling 5–10 s, shipping 10–12 s. In the third the parcel of EAST was packed
and stood, and the segment names the task that it waited for, packing at WEST.

Other threads were tried, and teach less. Along whatever ended last at each step (here packing WEST)
nobody would ever wait for a sibling. Along what ended first, a queue for workers would look like a
slow sibling.

Times are seconds from the start of the run; they are added and subtracted in whole microseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

import pandas as pd

from fulfillment_lib.analysis.run import TICKS_PER_S, Run, by_order, need_run, ticks
from fulfillment_lib.analysis.table import Table
from fulfillment_lib.engine.tasks import Attempt, Outcome, TaskResult
from fulfillment_lib.plan import Plan, TaskKind, task_id_parts
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


class Busy:
    """Which attempt each worker was making, at any moment of a run."""

    def __init__(self, attempts: Iterable[Attempt]) -> None:
        by_worker: dict[int, list[Attempt]] = defaultdict(list)
        for attempt in sorted(attempts, key=attrgetter("worker", "start_s", "finish_s")):
            by_worker[attempt.worker].append(attempt)
        self._days = [([attempt.start_s for attempt in day], day) for day in by_worker.values()]

    def at(self, now_s: float) -> tuple[Attempt, ...]:
        """The attempts under way from `now_s` on, in the order of the workers."""
        begun = ((bisect_right(starts, now_s), day) for starts, day in self._days)
        return tuple(
            day[count - 1] for count, day in begun if count and day[count - 1].finish_s > now_s
        )


def anatomy(run: Run) -> pd.DataFrame:
    """One row per segment, by order (as they were given) and time; no row is empty of time.

    The segments of an order follow each other without gap or overlap from `placed_s` to
    `finished_s`: in whole microseconds their `seconds` add up to the lead time. Columns:

    * order_id, and segment: one of the words of SEGMENTS.
    * start_s, finish_s, seconds.
    * task_id, kind, attempt: the task that waited, was served or rested, and its attempt (of a
      back-off: the attempt before it).
    * worker: the one at work, a nullable integer; <NA> if there was none.
    * blocked_by: a tuple of task ids. For "waiting for a worker" the tasks that held the workers
      when the waiting began, one per worker (`explain` counts those that came in between). For
      "waiting for a sibling" the tasks of the order that were not done by then. Else empty.

    A segment named after a kind is the service of an attempt that succeeded. "not in the log"
    is time without an attempt: it comes only from a policy that raises, in which case the pool
    fails the tasks that it cannot rank.
    """
    need_run(run)
    busy = Busy(run.attempts)
    results = by_order(run.results)
    parts = (segments(report, results[report.order_id], busy) for report in run.reports)
    table = Table(list(chain.from_iterable(parts)), columns=list(Segment._fields))
    types = dict.fromkeys(("order_id", "segment", "task_id", "kind"), "str")
    types |= dict.fromkeys(("start_s", "finish_s", "seconds"), "float64")
    return table.astype(types | {"worker": "Int64", "attempt": "int64", "blocked_by": "object"})


def segments(report: OrderReport, results: Sequence[TaskResult], busy: Busy) -> Iterator[Segment]:
    """The segments of one order, from when it was placed to when it was finished."""
    start_s = report.placed_s
    for word, finish_s, attempt, blocked_by in _steps(report, results, busy):
        if finish_s > start_s:
            yield Segment(
                report.order_id,
                word,
                start_s,
                finish_s,
                (ticks(finish_s) - ticks(start_s)) / TICKS_PER_S,
                attempt.task_id if attempt else "",
                str(attempt.kind) if attempt else "",
                attempt.worker if attempt and word not in (WORKER, SIBLING, BACK_OFF) else None,
                attempt.attempt if attempt else 0,
                blocked_by,
            )
            start_s = finish_s


def _steps(
    report: OrderReport, results: Sequence[TaskResult], busy: Busy
) -> Iterator[tuple[str, float, Attempt | None, tuple[str, ...]]]:
    """The same as (word, end, attempt, blocked_by): each begins where the one before it ends."""
    before = None
    for result in thread(results):
        for attempt in result.attempts:
            if attempt.attempt > 1:
                yield BACK_OFF, attempt.ready_s, before, ()
            elif before is not None:
                yield SIBLING, attempt.ready_s, attempt, _waited_for(results, before, attempt)
            held = busy.at(attempt.ready_s) if attempt.start_s > attempt.ready_s else ()
            yield WORKER, attempt.start_s, attempt, tuple(other.task_id for other in held)
            yield VAIN.get(attempt.outcome, str(attempt.kind)), attempt.finish_s, attempt, ()
            before = attempt
    yield UNKNOWN, report.finished_s, None, ()


def _waited_for(results: Sequence[TaskResult], before: Attempt, after: Attempt) -> tuple[str, ...]:
    """The tasks of the kind of an attempt that ended after it, and until the next was ready."""
    alike = [result for result in results if result.task.kind == before.kind and result.attempts]
    ended = [(result.task.id, _end_s(result)) for result in alike]
    return tuple(name for name, end_s in ended if before.finish_s < end_s <= after.ready_s)


def thread(results: Sequence[TaskResult]) -> list[TaskResult]:
    """The results that decide an order's lead time, in the order of time; none without attempts.

    The last is the one that ended last; of equal ends the one of the latest stage of the plan, and
    then the first, counts.
    """
    by_id = {result.task.id: result for result in results}
    tried = [result for result in results if result.attempts]
    if not tried:
        return []
    plan = Plan(tried[0].task.order_id, tuple(result.task for result in results))
    stage = {task.id: number for number, tasks in enumerate(plan.stages) for task in tasks}
    backwards = [max(tried, key=lambda result: (_end_s(result), stage[result.task.id]))]
    while backwards[-1].task.depends_on:
        backwards.append(_before(backwards[-1], by_id))
    return backwards[::-1]


def _before(result: TaskResult, by_id: dict[str, TaskResult]) -> TaskResult:
    """What a parcel went through before: the task of its own share, else its slowest check."""
    before = [by_id[name] for name in result.task.depends_on]
    share = task_id_parts(result.task.id)[2:]
    own = [
        earlier
        for earlier in before  # a stock check ends in an SKU, even if that is EAST
        if earlier.task.kind != TaskKind.INVENTORY and task_id_parts(earlier.task.id)[2:] == share
    ]
    return max(own or before, key=_end_s)


def _end_s(result: TaskResult) -> float:
    return result.attempts[-1].finish_s
