"""The rules of tasks: results, attempts and reports → violations.

What an order's plan must be is worked out here from the order and its reported fulfillments, not
asked of the planner. Of tasks of a further kind (say a quality check between packing and shipping)
this module knows only what they depend on: they are taken as they are, and seen through where
something depends on them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from fulfillment_lib.analysis.invariants.log import PLANNED_KINDS, Finding, RunLog, meet, never_ran
from fulfillment_lib.analysis.run import TICKS_PER_S, ticks
from fulfillment_lib.business_days import SECONDS_PER_DAY
from fulfillment_lib.engine.tasks import Outcome, Task, TaskResult
from fulfillment_lib.orders import Order
from fulfillment_lib.plan import TaskKind, of_round, task_id
from fulfillment_lib.records import Fulfillment, OrderReport

Needs = dict[str, frozenset[str]]  # by a task's id: the ids of what it depends on
TRIED_AGAIN = (Outcome.FAILED, Outcome.TIMED_OUT)


def planned(log: RunLog, order: Order, report: OrderReport) -> Needs:
    """The tasks of an order, in the order of its plans, and what each of them depends on."""
    if order.id not in log.plans:
        log.plans[order.id] = _planned(log, order, report)
    return log.plans[order.id]


def _planned(log: RunLog, order: Order, report: OrderReport) -> Needs:
    """The same, worked out.

    A later round is planned in two steps: its stock checks when a packing has failed, then packing
    and shipping for each warehouse. Where two steps came at once, the results tell their order.
    """
    (first, *later), packed = log.rounds[order.id], dict[str, str]()
    pairs: dict[int, Needs] = defaultdict(dict)
    for number, packing, shipping, part in _shares(log, order, report):
        reserved_by = frozenset(made.task_id for made in part.reservations)
        pairs[number].update({packing: reserved_by, shipping: frozenset([packing])})
        if part.packages:
            packed[shipping] = packing
    checks = [task_id(order.id, TaskKind.INVENTORY, sku) for sku in first.wanted]
    if not pairs[1]:
        packing = task_id(order.id, TaskKind.PACKING)
        shipping = task_id(order.id, TaskKind.SHIPPING)
        pairs[1] = {packing: frozenset(checks), shipping: frozenset([packing])}
    packings, shippings = [*pairs[1]][::2], [*pairs[1]][1::2]
    plan = dict.fromkeys(checks, frozenset[str]())
    plan |= {name: pairs[1][name] for name in packings + shippings}
    steps: list[tuple[int, Needs]] = []
    for number, after, wanted, _ in later:
        names = [of_round(task_id(order.id, TaskKind.INVENTORY, sku), number) for sku in wanted]
        again = dict.fromkeys(names, frozenset([after]))
        steps += [(log.ended(after), again), (log.ended(*again), pairs[number])]
    for _, step in sorted(steps, key=lambda step: (step[0], log.place_of(order.id, step[1]))):
        plan |= step
    if order.shortage == "ship_complete":
        plan |= dict.fromkeys(shippings, frozenset(packings))
        if not _held_up(order, report):
            plan |= dict.fromkeys(packed, frozenset(packed.values()))
    return plan


def _shares(
    log: RunLog, order: Order, report: OrderReport
) -> Iterator[tuple[int, str, str, Fulfillment]]:
    """Of each fulfillment its round, its packing, its shipping, and itself.

    The round stands behind the ids where the order has come to the warehouse before.
    """
    known: set[str] = set()
    for part in report.fulfillments:
        number = log.round_of_part(part)
        shown = number if part.warehouse in known else 1
        packing = of_round(task_id(order.id, TaskKind.PACKING, part.warehouse), shown)
        shipping = of_round(task_id(order.id, TaskKind.SHIPPING, part.warehouse), shown)
        yield number, packing, shipping, part
        known.add(part.warehouse)


def _held_up(order: Order, report: OrderReport) -> bool:
    """Whether an order ships complete, and not all of it has been packed."""
    if order.shortage != "ship_complete":
        return False
    packed = (part.reservations for part in report.fulfillments if part.packages)
    return sum(made.quantity for held in packed for made in held) < order.units


def _between(results: Iterable[TaskResult]) -> dict[str, frozenset[str]]:
    """The tasks of further kinds, and of which planned tasks they need the end."""
    needs: dict[str, frozenset[str]] = {}
    for result in results:
        if result.task.kind not in PLANNED_KINDS and result.task.depends_on:
            needs[result.task.id] = _seen_through(result.task, needs)
    return needs


def _seen_through(task: Task, between: dict[str, frozenset[str]]) -> frozenset[str]:
    """The planned tasks that a task depends on, if need be by way of tasks of further kinds."""
    return frozenset().union(*(between.get(name, {name}) for name in task.depends_on))


def one_outcome(log: RunLog) -> Iterator[Finding]:
    """Each order has its report, and each planned task one result, in the order of the plans."""
    if len(log.run.orders) != len(log.run.reports):
        yield Finding((), None, f"{len(log.run.orders)} orders have {len(log.run.reports)} reports")
    plan = [name for order, report in log.orders for name in planned(log, order, report)]
    further = {name for order, _ in log.orders for name in _between(log.results_of[order.id])}
    found = [result.task.id for result in log.run.results if result.task.id not in further]
    missing, added = Counter(plan), Counter(found)
    missing, added = missing - added, added - missing
    for name in missing:
        yield log.by_task(name, "is planned, but has no outcome")
    for name in added:
        yield log.by_task(name, "has an outcome too many, or is not planned")
    if not missing and not added:
        moved = [pair for pair in zip(plan, found, strict=True) if pair[0] != pair[1]]
        for name, other in moved[:1]:  # it has put the others out of place
            yield log.by_task(other, f"stands in the place of {name}")


def outcomes_of_attempts(log: RunLog) -> Iterator[Finding]:
    """A result holds the attempts of the log, and ends as the last one."""
    for result in log.run.results:
        name, rows = result.task.id, log.tries.get(result.task.id, [])
        told, due = (result.outcome, result.error), (Outcome.SKIPPED, result.error)
        if rows:
            due = (rows[-1].attempt.outcome, rows[-1].attempt.error)
        if tuple(row.attempt for row in rows) != result.attempts:
            yield log.by_task(name, "holds other attempts than the log")
        if told != due and not never_ran(result):
            yield log.by_task(name, f"ends as {told}, while its attempts make it {due}")
        if result.value is not None and not result.succeeded:
            yield log.by_task(name, f"is {result.outcome}, but has a value")
    for name, rows in log.tries.items():
        if name not in log.result_of:
            yield Finding.of_attempt(rows[0].attempt, "belongs to a task without an outcome")


def dependencies_first(log: RunLog) -> Iterator[Finding]:
    """A task is ready when all that it depends on have succeeded; else it is skipped.

    A packing waits for all stock checks of its round: only then is it known which packings there
    are. What depends on nothing is ready when the order is placed. The stock checks of a later
    round wait for the end of a packing that has failed.
    """
    good = {result.task.id for result in log.run.results if result.succeeded}
    for order, report in log.orders:
        results = log.results_of[order.id]
        between = _between(results)
        plan = {**planned(log, order, report), **between}
        checks = [each.task.id for each in results if each.task.kind == TaskKind.INVENTORY]
        held_up = _held_up(order, report)
        for result in results:
            task, before = result.task, plan.get(result.task.id, frozenset())
            if before != _seen_through(task, between):
                text = f"depends on {sorted(task.depends_on)} instead of {sorted(before)}"
                yield log.by_task(task.id, text)
            before = before.union(task.depends_on)
            if held_up and task.kind == TaskKind.SHIPPING:
                packings = (each for each in results if each.task.kind == TaskKind.PACKING)
                before = before.union(packing.task.id for packing in packings)
            again = task.kind == TaskKind.INVENTORY  # what comes after a packing that has failed
            missing = sorted(before - good) if not again else []
            yield from _in_turn(log, result, missing, bool(report.fulfillments))
            if task.kind == TaskKind.PACKING:
                number = log.round_of[task.id]
                before = before.union(name for name in checks if log.round_of[name] == number)
            yield from _at_once(log, order, task, before)


def _in_turn(
    log: RunLog, result: TaskResult, missing: list[str], reserved: bool
) -> Iterator[Finding]:
    rows = log.tries.get(result.task.id)
    skipped_for_nothing = result.outcome is Outcome.SKIPPED and not missing
    if skipped_for_nothing and (reserved or result.task.kind != TaskKind.PACKING):
        yield log.by_task(result.task.id, "was skipped, though all that it depends on succeeded")
    if rows and missing:
        yield Finding.of_attempt(rows[0].attempt, f"started, though {missing[0]} did not succeed")


def _at_once(log: RunLog, order: Order, task: Task, names: Iterable[str]) -> Iterator[Finding]:
    before = [log.result_of[name] for name in names if name in log.result_of]
    if task.id in log.tries and not any(map(never_ran, before)):
        row = log.tries[task.id][0]
        ends = [earlier.finish for earlier in log.last_rows(before)]
        due, began = max(ends, default=ticks(order.placed_s)), min(row.ready, row.start)
        if began != due:
            text = f"should be ready at {due / TICKS_PER_S} s, when all before it has ended"
            yield Finding.of_attempt(row.attempt, text, began / TICKS_PER_S)


def tasks_of_their_orders(log: RunLog) -> Iterator[Finding]:
    """A task has the priority and the due time of its order, and the mean of its kind."""
    durations = log.run.settings.durations
    for order, _ in log.orders:
        of_order = (order.priority, order.placed_s + order.promised_days * SECONDS_PER_DAY)
        for task in (result.task for result in log.results_of[order.id]):
            told = (task.priority, task.due_s, task.expected_s)
            if task.kind in PLANNED_KINDS and told != (*of_order, durations.mean_s(task.kind)):
                due = (*of_order, durations.mean_s(task.kind))
                text = f"has priority, due time and expected time {told} instead of {due}"
                yield log.by_task(task.id, text)


def attempts_and_back_off(log: RunLog) -> Iterator[Finding]:
    """Attempts are numbered and bounded, and follow failures after the documented pause."""
    settings = log.run.settings
    for name, rows in log.tries.items():
        last, result = rows[-1].attempt, log.result_of.get(name)
        if len(rows) > settings.max_attempts:
            text = f"is one of {len(rows)}, where at most {settings.max_attempts} may be"
            yield Finding.of_attempt(last, text)
        again = last.outcome in TRIED_AGAIN and len(rows) < settings.max_attempts
        if again and result is not None and not never_ran(result):
            text = f"is {last.outcome}, but was not tried again"
            yield Finding.of_attempt(last, text, last.finish_s)
        for number, row in enumerate(rows, 1):
            attempt, task = row.attempt, result.task if result is not None else None
            told = (attempt.attempt, attempt.order_id, attempt.kind, attempt.priority)
            if task is not None and told != (number, task.order_id, task.kind, task.priority):
                text = "has another number, order, kind or priority than due"
                yield Finding.of_attempt(attempt, text)
            succeeded = attempt.outcome is Outcome.SUCCEEDED
            if attempt.outcome is Outcome.SKIPPED or succeeded == bool(attempt.error):
                text = f"is {attempt.outcome}, with the error {attempt.error!r}"
                yield Finding.of_attempt(attempt, text, attempt.finish_s)
        for number, (row, later) in enumerate(pairwise(rows)):
            attempt = row.attempt
            if attempt.outcome not in TRIED_AGAIN:
                text = f"is {attempt.outcome}, but was tried again"
                yield Finding.of_attempt(attempt, text, attempt.finish_s)
            pause = settings.backoff_s * 2.0 ** min(number, 1_000) * TICKS_PER_S
            ready = row.finish + (max(pause, 1.0) if pause else 0.0)  # a timer is never early
            if not meet(later.ready, ready):
                text = f"should be ready at {ready / TICKS_PER_S:.15g} s, after its pause"
                yield Finding.of_attempt(later.attempt, text, later.attempt.ready_s)
