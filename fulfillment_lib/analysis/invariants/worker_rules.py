"""The rules of workers and time: attempts, in order of time → violations.

Sweeps over all instants, in n log n steps.

The times in a log do not always give the order in which things happened. A worker takes A at 1 s;
A takes no time; the worker takes B, still at 1 s. Two rounds of dispatch, and the log shows two
starts at 1 s. If C became ready at 1 s too and is better than A, was A preferred, or did C come
between the rounds? Comparing all that start or wait at an instant would accuse honest runs. To
replay the pool instead would judge its code by a copy of it. So where rounds are possible only
sequence numbers are trusted: an attempt is compared with those that waited since an earlier
instant, and with those submitted before itself. Those were certainly in the queue with it: what is
reported is an overtaking, and some overtakings at such instants go unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import pairwise
from math import inf
from operator import attrgetter, itemgetter
from typing import Any

from fulfillment_lib.analysis.bounds import bounds
from fulfillment_lib.analysis.invariants.log import Finding, Row, RunLog, meet, never_ran
from fulfillment_lib.analysis.run import TICKS_PER_S, ticks
from fulfillment_lib.engine import policies
from fulfillment_lib.engine.tasks import ABANDONED, GRACE_S, Outcome, Task
from fulfillment_lib.plan import TaskKind

Rank = tuple[Any, int, int]  # the policy's key, the sequence number, the place in the log
ENDS = {"ok": Outcome.SUCCEEDED, "fail": Outcome.FAILED}  # where there is time for it


def times(log: RunLog) -> Iterator[Finding]:
    """Times never go back, from ready to finish, and from record to record."""
    for row in log.rows:
        if not 0 <= row.ready <= row.start <= row.finish:
            seconds = (row.attempt.ready_s, row.attempt.start_s, row.attempt.finish_s)
            text = f"goes back in time: it is ready, starts and ends at {seconds}"
            yield Finding.of_attempt(row.attempt, text)
    for one, other in pairwise(log.rows):  # a run's log is in the order of the ends
        if other.finish < one.finish:
            text = "are not in the order of their ends"
            yield Finding.of_attempts([one.attempt, other.attempt], text, other.attempt.finish_s)
    attempts = sorted(log.run.attempts, key=attrgetter("sequence"))
    for before, attempt in pairwise(attempts):
        if before.sequence == attempt.sequence or attempt.ready_s < before.ready_s:
            numbers = f"{before.sequence} and {attempt.sequence}"
            text = f"have sequence numbers against their times: {numbers}"
            yield Finding.of_attempts([before, attempt], text, attempt.ready_s)
    own = [numbered for numbered in log.movements if numbered[1].task_id in log.result_of]
    for (_, earlier), (place, movement) in pairwise(own):
        if movement.at_s < earlier.at_s:
            yield Finding.of_movement(place, movement, f"goes back in time, from {earlier.at_s} s")


def one_at_a_time(log: RunLog) -> Iterator[Finding]:
    """At most `workers` attempts at any instant, and no worker runs two."""
    workers = log.run.settings.workers
    latest: dict[int, Row] = {}
    for row in sorted(log.rows, key=lambda row: (row.start, row.finish)):
        attempt, before = row.attempt, latest.get(row.attempt.worker)
        if not 0 <= attempt.worker < workers:
            yield Finding.of_attempt(attempt, f"is made by worker {attempt.worker} of {workers}")
        elif before is not None and row.start < before.finish:
            text = f"are made by worker {attempt.worker} at once"
            yield Finding.of_attempts([before.attempt, attempt], text, attempt.start_s)
        if before is None or row.finish > before.finish:
            latest[attempt.worker] = row


def nobody_idle(log: RunLog) -> Iterator[Finding]:
    """No ready task waits past an instant in which a worker is free."""
    workers, busy = log.run.settings.workers, 0
    waiting: dict[int, Row] = {}
    for now, instant in log.instants.items():
        waiting.update((row.place, row) for row in instant.ready)
        for row in instant.starts:
            waiting.pop(row.place, None)
        busy += len(instant.starts) - len(instant.ends)
        if busy < workers and waiting:
            few = f"though only {busy} of {workers} workers are busy"
            for row in waiting.values():
                text = f"waits until {row.attempt.start_s} s, {few}"
                yield Finding.of_attempt(row.attempt, text, now / TICKS_PER_S)
            waiting.clear()  # each waiting row is named once


def best_first(log: RunLog) -> Iterator[Finding]:
    """Of the tasks that wait at an instant, none goes before one with a better key."""
    rows, ranks = log.rows, _ranks(log)
    waiting: list[Rank] = []
    for now, instant in log.instants.items():
        waits = (row for row in instant.ready if row.start > now)
        fresh = [ranks[row.place] for row in waits if row.place in ranks]
        if instant.starts:
            while waiting and rows[waiting[0][2]].start <= now:
                heappop(waiting)
            rounds = any(row.start == row.finish for row in instant.starts)
            starts = [ranks[row.place] for row in instant.starts if row.place in ranks]
            for rank, better in _overtakings(starts, fresh, waiting[:1], rounds):
                ranks_of_both = f"(policy key, sequence number) is {rank[:2]}, against {better[:2]}"
                text = f"the first overtook the second, though its rank {ranks_of_both}"
                first, second = rows[rank[2]].attempt, rows[better[2]].attempt
                yield Finding.of_attempts([first, second], text, now / TICKS_PER_S)
        for rank in fresh:
            heappush(waiting, rank)


def _ranks(log: RunLog) -> dict[int, Rank]:
    """By place: the key of the heap. The policy is called as the pool did, in the same order."""
    policy = policies.named(log.run.settings.policy)
    ranks: dict[int, Rank] = {}
    for row in sorted(log.rows, key=lambda row: row.attempt.sequence):
        result = log.result_of.get(row.attempt.task_id)
        if result is not None:
            key = _key(policy, result.task, row.attempt.ready_s)
            ranks[row.place] = (key, row.attempt.sequence, row.place)
    return ranks


def _key(policy: policies.Policy, task: Task, ready_s: float) -> Any:
    """The sort key of a policy that has a name, as told here; any other policy is asked itself."""
    kind, head_start_s = type(policy), getattr(policy, "head_start_s", 0.0)
    if kind is policies.ExpressFirst or (kind is policies.Ageing and head_start_s == inf):
        return task.priority
    if kind is policies.Fifo or kind is policies.Ageing:
        return ready_s + task.priority * head_start_s
    if kind is policies.ShortestFirst or kind is policies.EarliestDue:
        key = task.due_s if kind is policies.EarliestDue else task.expected_s
        return inf if key is None else key
    return policy(task, ready_s)


def _overtakings(
    starts: list[Rank], fresh: list[Rank], best: list[Rank], rounds: bool
) -> Iterator[tuple[Rank, Rank]]:
    """The ranks that start at an instant although a better one goes on waiting, and the better.

    `best` holds the best of those that waited before. Of those that become ready now, `fresh`,
    all count; but where several `rounds` of dispatch are possible, only those submitted before
    the start.
    """
    queue = sorted(fresh, key=itemgetter(1), reverse=True)
    for rank in sorted(starts, key=itemgetter(1)):
        while queue and (not rounds or queue[-1][1] < rank[1]):
            best = [min([*best, queue.pop()])]
        if best and best[0] < rank:
            yield rank, best[0]


def timeouts(log: RunLog) -> Iterator[Finding]:
    """A timed-out attempt ends at start + timeout to the microsecond, any other before.

    An attempt whose handler did not let go is abandoned one second later, and says so.
    """
    for row in log.rows:
        attempt = row.attempt
        abandoned = attempt.error.endswith(ABANDONED)
        end = row.start + log.timeout + (GRACE_S * TICKS_PER_S if abandoned else 0.0)
        late = row.finish - row.start >= log.timeout and attempt.outcome is not Outcome.CANCELLED
        if attempt.outcome is not Outcome.TIMED_OUT and late:
            text = f"is {attempt.outcome} after its timeout of {log.timeout / TICKS_PER_S:.15g} s"
            yield Finding.of_attempt(attempt, text)
        elif attempt.outcome is Outcome.TIMED_OUT and not meet(row.finish, end):
            text = f"timed out at {attempt.finish_s} s, not at {end / TICKS_PER_S:.15g} s"
            yield Finding.of_attempt(attempt, text)


def as_drawn(log: RunLog) -> Iterator[Finding]:
    """An attempt ends as it was drawn, after the service time that was drawn.

    Of a packing or a shipping it is not known here whether it can be done: it may fail at its end.
    """
    for row in log.rows:
        draw, attempt = log.draws.get(row.place), row.attempt
        if draw is None:
            continue
        service = ticks(draw.service_s)
        due = {ENDS.get(draw.fault, Outcome.TIMED_OUT)}
        if draw.fault != "hang" and attempt.kind != TaskKind.INVENTORY:
            due.add(Outcome.FAILED)
        if service > log.timeout - 1:  # whether it is late is a matter of `timeouts`
            due.add(Outcome.TIMED_OUT)
        timed_out = attempt.outcome is Outcome.TIMED_OUT
        if attempt.outcome not in due or not (timed_out or meet(row.finish, row.start + service)):
            drawn = f"{draw.fault!r} and {draw.service_s} s were drawn"
            text = f"is {attempt.outcome} after {attempt.service_s} s, where {drawn}"
            yield Finding.of_attempt(attempt, text)


def makespan_within_bounds(log: RunLog) -> Iterator[Finding]:
    """The makespan lies between the bounds that the run's own work sets; see `bounds`."""
    if not log.rows or any(map(never_ran, log.run.results)):
        return  # a task that waited and never ran has left no row to reckon with
    found, last = bounds(log.run), max(log.rows, key=lambda row: row.finish).attempt
    low_s, high_s = found.lower_bound_s, found.upper_bound_s
    # Beyond 2^40 microseconds, 12 days, sums of times are no longer exact to the microsecond.
    if not low_s / (1 + 2**-40) <= found.makespan_s <= high_s * (1 + 2**-40):
        text = f"ends the run, whose work takes until {low_s} s at least, and {high_s} s at most"
        yield Finding.of_attempt(last, text, last.finish_s)
