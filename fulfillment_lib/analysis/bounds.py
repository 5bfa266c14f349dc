"""The bounds of a makespan: how fast the same work could have been done, and how slowly at most.

Whatever the dispatch rule, a run that never lets a worker idle while a task is ready ends between
the two (R. L. Graham, Bounds for certain multiprocessing anomalies, 1966, and Bounds on
multiprocessing timing anomalies, 1969). Graham's tasks are all there at the start and never rest;
what orders that arrive and back-offs change is said at `Bounds`. Times are seconds from the start
of the run, computed in whole microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fulfillment_lib.analysis.run import TICKS_PER_S, Run, by_order, need_run, ticks
from fulfillment_lib.engine.tasks import TaskResult
from fulfillment_lib.plan import TaskKind

Weight = Callable[[TaskResult], int]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of a run's makespan: `lower_bound_s` ≤ `makespan_s` ≤ `upper_bound_s`.

    `work_s` is the service of all attempts. A chain is a way through the tasks of one order along
    what they depend on, such as a stock check, a packing, its shipping, with all attempts and the
    back-offs between them. The plan is revised when all stock checks of a round have ended, and
    nothing else of that round starts before: so a chain may go on from any of them.
    `critical_path_s` is the longest chain of any order.

    The lower bound is the later of two. An order cannot end before it was placed plus its longest
    chain. And from any arrival on, the work of the orders that had not yet come is still to do,
    by `workers` at most. It is at least max(critical path, work ÷ workers).

    The upper bound is the last arrival + work ÷ workers + the largest, over the chains, of
    (1 − 1 ÷ workers) × service + back-off. Without back-offs this is Graham's. A back-off counts
    in full, because it holds up a chain without any worker being busy: with one worker and one
    task that is tried twice, the makespan is the service plus the whole back-off. The bound
    needs a policy that ranks every task: what a policy that raises does is not in the log.
    """

    workers: int
    work_s: float
    critical_path_s: float
    last_placed_s: float
    lower_bound_s: float
    makespan_s: float
    upper_bound_s: float

    @property
    def work_per_worker_s(self) -> float:
        """Work ÷ workers, the makespan if every worker were always busy."""
        return self.work_s / self.workers

    @property
    def gap(self) -> float:
        """Makespan ÷ lower bound − 1; 0.0 if nothing could end earlier (or nothing was done)."""
        return self.makespan_s / self.lower_bound_s - 1 if self.lower_bound_s else 0.0


def bounds(run: Run) -> Bounds:
    """How far the makespan of a run is from what its work allows.

    The work is that of the run as it happened, attempts in vain included: the same orders under
    other settings may make other work.
    """
    need_run(run)
    workers, groups = run.settings.workers, by_order(run.results)
    by_plan = [groups[order.id] for order in run.orders]
    placed = [ticks(order.placed_s) for order in run.orders]
    work = [sum(map(service, results)) for results in by_plan]
    paths = [longest_chain(results, lambda task: service(task) + rest(task)) for results in by_plan]
    slow_paths = [
        longest_chain(results, lambda task: (workers - 1) * service(task) + workers * rest(task))
        for results in by_plan
    ]
    ends = [start + path for start, path in zip(placed, paths, strict=True)]
    last = max(placed, default=0)
    return Bounds(
        workers=workers,
        work_s=sum(work) / TICKS_PER_S,
        critical_path_s=max(paths, default=0) / TICKS_PER_S,
        last_placed_s=last / TICKS_PER_S,
        # Makespans are whole microseconds, so the bounds may be rounded inwards.
        lower_bound_s=max([*ends, _busy_until(placed, work, workers)]) / TICKS_PER_S,
        makespan_s=run.makespan_s,
        upper_bound_s=(last + (sum(work) + max(slow_paths, default=0)) // workers) / TICKS_PER_S,
    )


def service(result: TaskResult) -> int:
    """The service time of all attempts of a task, in microseconds."""
    return sum(ticks(attempt.finish_s) - ticks(attempt.start_s) for attempt in result.attempts)


def rest(result: TaskResult) -> int:
    """The back-offs between the attempts of a task, in microseconds."""
    return sum(
        ticks(later.ready_s) - ticks(earlier.finish_s)
        for earlier, later in pairwise(result.attempts)
    )


def longest_chain(results: Sequence[TaskResult], weight: Weight) -> int:
    """The heaviest way through the tasks of one order, whose results are in the plan's order."""
    checks = max((weight(result) for result in results if not result.task.depends_on), default=0)
    ends: dict[str, int] = {}  # of the heaviest way up to and with each later task
    rounds: dict[tuple[str, ...], list[str]] = {}  # later checks, by what they wait for
    for result in results:
        task = result.task
        if task.depends_on:
            before = (ends.get(name, checks) for name in task.depends_on)
            ends[task.id] = max(before) + weight(result)
            if task.kind == TaskKind.INVENTORY:  # the slowest of its round counts for all
                alike = rounds.setdefault(task.depends_on, [])
                alike.append(task.id)
                ends |= dict.fromkeys(alike, max(ends[name] for name in alike))
    return max(ends.values(), default=checks)


def _busy_until(placed: Sequence[int], work: Sequence[int], workers: int) -> int:
    """The earliest end if, from some arrival on, all workers do all that arrives from then on."""
    until = to_come = 0
    for start, order_work in sorted(zip(placed, work, strict=True), reverse=True):
        to_come += order_work
        until = max(until, start - (-to_come // workers))
    return until
