"""What must hold for any run, read off its records alone; RELIABILITY speaks of the invariants.

`checked(run)` gives the run back, or fails and lists every broken rule. `fingerprint(run)` is
equal for runs whose records are equal to the byte, in any process.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import sha256
from itertools import pairwise

from fulfillment_lib import FulfillmentRun, Outcome, plan_order
from fulfillment_lib.policies import named
from fulfillment_lib.records import MovementKind, OrderReport, TaskResult
from fulfillment_lib.stock import MemoryLedger
from fulfillment_lib.synthesis import status_of

TICK_S = 1.5e-6  # times are to the microsecond; their sums may be half of one off
NOT_DONE = (Outcome.FAILED, Outcome.TIMED_OUT)


def checked(run: FulfillmentRun) -> FulfillmentRun:
    """The run, if all rules hold."""
    broken = [*stock(run), *tasks(run), *workers(run), *dispatch(run), *attempts(run),
              *orders(run), *identifiers(run)]
    assert not broken, "\n".join(broken)
    return run


def fingerprint(run: FulfillmentRun) -> str:
    """A hash of attempts, results, movements and reports."""
    records = [[asdict(each) for each in getattr(run, name)]
               for name in ("attempts", "results", "movements", "reports")]
    return sha256(json.dumps(records).encode()).hexdigest()


def nothing_held(ledger: MemoryLedger) -> MemoryLedger:
    """The ledger, if no reservation is open and its stock adds up; for runs that were stopped."""
    assert ledger.reservations == ()
    left = {(house.name, sku): units for house in ledger.network.warehouses
            for sku, units in house.stock.items()}
    for each in ledger.movements:
        if each.kind is MovementKind.SHIP:
            left[each.warehouse, each.sku] -= each.quantity
    assert left == {(name, sku): ledger.available(sku).get(name, 0) for name, sku in left}
    return ledger


def stock(run: FulfillmentRun) -> Iterator[str]:
    """Stock adds up after every movement, and each reservation is closed exactly once."""
    available = Counter({(house.name, sku): units for house in run.network.warehouses
                         for sku, units in house.stock.items()})
    reserved: Counter[tuple[str, str]] = Counter()
    open_now: dict[tuple[str, str], tuple[str, int]] = {}
    ever: set[tuple[str, str]] = set()
    before_s = 0.0
    for move in run.movements:
        place, key = (move.warehouse, move.sku), (move.task_id, move.warehouse)
        if type(move.quantity) is not int or move.quantity < 1:
            yield f"not whole units: {move}"
        if move.at_s < before_s:
            yield f"time goes back: {move}"
        before_s = move.at_s
        if move.kind is MovementKind.RESERVE:
            if key in ever:
                yield f"reserved twice: {move}"
            ever.add(key)
            open_now[key] = (move.sku, move.quantity)
            available[place] -= move.quantity
            reserved[place] += move.quantity
        else:
            if open_now.pop(key, None) != (move.sku, move.quantity):
                yield f"closes nothing that is open: {move}"
            reserved[place] -= move.quantity
            available[place] += move.quantity * (move.kind is MovementKind.RELEASE)
        if available[place] < 0 or reserved[place] < 0:
            yield f"stock below zero: {move}"
    if open_now or any(reserved.values()):
        yield f"still reserved: {open_now}"


def tasks(run: FulfillmentRun) -> Iterator[str]:
    """One outcome per planned task, and dependents start only after success."""
    results = {result.task.id: result for result in run.results}
    if len(results) != len(run.results):
        yield "a task has two results"
    planned = []
    for order, report in zip(run.orders, run.reports, strict=True):
        parts = [each for part in report.fulfillments for each in part.reservations]
        plan = plan_order(order, parts, run.settings.durations)
        planned += [(task.id, set(task.depends_on)) for task in plan.tasks]
        yield from _counts(report, [results[task.id] for task in plan.tasks if task.id in results])
    if planned != [(each.task.id, set(each.task.depends_on)) for each in run.results]:
        yield "the results are not those of the planned tasks, in their order"
    for result in run.results:
        befores = [results[name] for name in result.task.depends_on]
        all_done = all(before.succeeded for before in befores)
        if result.outcome is Outcome.SKIPPED:
            if result.attempts or not result.error:
                yield f"skipped, but tried or without a reason: {result}"
            if all_done and result.error != "nothing reserved":
                yield f"skipped for no reason: {result}"
        elif not all_done:
            yield f"started although something before it did not succeed: {result}"
        elif any(result.attempts[0].start_s < before.attempts[-1].finish_s for before in befores):
            yield f"started before what it depends on: {result}"


def _counts(report: OrderReport, results: list[TaskResult]) -> Iterator[str]:
    outcomes = Counter(result.outcome for result in results)
    told = (report.tasks_succeeded, report.tasks_failed, report.tasks_skipped)
    if told != (outcomes[Outcome.SUCCEEDED], sum(outcomes[each] for each in NOT_DONE),
                outcomes[Outcome.SKIPPED]) or sum(told) != len(results):
        yield f"the report of {report.order_id} counts {told}, its results are {outcomes}"


def attempts(run: FulfillmentRun) -> Iterator[str]:
    """The tries of each task: numbered, within the timeout, and after the back-off."""
    settings = run.settings
    of_task = defaultdict(list)
    for attempt in run.attempts:
        of_task[attempt.task_id].append(attempt)
    ends = [attempt.finish_s for attempt in run.attempts]
    if ends != sorted(ends) or len({each.sequence for each in run.attempts}) != len(ends):
        yield "the attempts are not in the order of their ends, or share a sequence number"
    if of_task.keys() != {result.task.id for result in run.results if result.attempts}:
        yield "attempts and results speak of different tasks"
    for result in run.results:
        tries = of_task.get(result.task.id, [])
        if tuple(tries) != result.attempts:
            yield f"the result does not hold its attempts: {result}"
        if tries and (len(tries) > settings.max_attempts or tries[-1].outcome != result.outcome):
            yield f"too many attempts, or another outcome than the last: {result}"
        ready_s = None
        for number, each in enumerate(tries, 1):
            late = each.service_s - settings.timeout_s
            on_time = abs(late) < TICK_S if each.outcome is Outcome.TIMED_OUT else late < 0
            if each.attempt != number or not on_time or each.wait_s < 0 or each.service_s < 0:
                yield f"impossible attempt: {each}"
            if (each.outcome is Outcome.SUCCEEDED) == bool(each.error):
                yield f"an error without failure, or the reverse: {each}"
            if number < len(tries) and each.outcome not in NOT_DONE:
                yield f"tried again after {each}"
            if ready_s is not None and abs(each.ready_s - ready_s) > TICK_S:
                yield f"not ready at the end of its back-off: {each}"
            ready_s = each.finish_s + settings.backoff_s * 2 ** (number - 1)


def workers(run: FulfillmentRun) -> Iterator[str]:
    """No worker runs two attempts, and there are no more workers than there are."""
    by_worker = defaultdict(list)
    for each in run.attempts:
        by_worker[each.worker].append(each)
    if not by_worker.keys() <= set(range(run.settings.workers)):
        yield f"workers {sorted(by_worker)} of {run.settings.workers}"
    for own in by_worker.values():
        own.sort(key=lambda each: (each.start_s, each.finish_s))
        for one, other in pairwise(own):
            if other.start_s < one.finish_s:
                yield f"one worker, two attempts: {one} and {other}"


def dispatch(run: FulfillmentRun) -> Iterator[str]:
    """Nobody waits while a worker is free, and nobody overtakes against the policy."""
    if any(each.service_s == 0.0 for each in run.attempts):
        return  # then an instant has several rounds of dispatch, which the times do not tell apart
    policy = named(run.settings.policy)
    task_of = {result.task.id: result.task for result in run.results}
    rank = {each.sequence: (policy(task_of[each.task_id], each.ready_s), each.sequence)
            for each in run.attempts}
    for now_s in sorted({each.finish_s for each in run.attempts}
                        | {each.ready_s for each in run.attempts}):
        waiting = [each for each in run.attempts if each.ready_s <= now_s < each.start_s]
        if not waiting:
            continue
        busy = sum(each.start_s <= now_s < each.finish_s for each in run.attempts)
        if busy < run.settings.workers:
            yield f"{len(waiting)} wait at {now_s} s, and {busy} workers are busy"
        first = min(rank[each.sequence] for each in waiting)
        for each in run.attempts:
            if each.start_s == now_s and rank[each.sequence] > first:
                yield f"overtakes against the policy: {each}"


def orders(run: FulfillmentRun) -> Iterator[str]:
    """In units, per line: ordered = shipped + backordered + cancelled; packed = reserved."""
    shipped_by_ledger: Counter[str] = Counter()
    for move in run.movements:
        if move.kind is MovementKind.SHIP:
            shipped_by_ledger[move.task_id] += move.quantity
    for order, report in zip(run.orders, run.reports, strict=True):
        checks = [result for result in run.results
                  if result.task.order_id == order.id and result.task.kind == "inventory"]
        own = [each for each in run.attempts if each.order_id == order.id]
        first = (report.order_id, report.priority, report.placed_s)
        if first != (order.id, order.priority, order.placed_s):
            yield f"{report} is not of {order}"
        if report.finished_s != max(each.finish_s for each in own):
            yield f"{report} finished at {report.finished_s}, not with its last attempt"
        if min(each.ready_s for each in own) != order.placed_s:
            yield f"{report} did not begin when it was placed"
        if report.status is not status_of(report.lines):
            yield f"{report} has a status that its lines do not add up to"
        left: Counter[str] = Counter()
        for package in report.packages:
            left.update(package.contents)
        for line, wanted, check in zip(report.lines, order.lines, checks, strict=True):
            parts = (line.shipped, line.backordered, line.cancelled)
            if (line.sku, line.ordered) != (wanted.sku, wanted.quantity) or min(parts) < 0:
                yield f"{line} is not {wanted}"
            if line.ordered != sum(parts) or (line.shipped < line.ordered) != bool(line.reason):
                yield f"{line} of {order.id} does not add up"
            if line.backordered if order.shortage == "short_ship" else line.cancelled:
                yield f"{line} of {order.id} breaks the rule {order.shortage}"
            if not line.shipped == left[line.sku] == shipped_by_ledger[check.task.id]:
                yield f"{line} of {order.id}: {left[line.sku]} packed, ledger " \
                      f"{shipped_by_ledger[check.task.id]}"
        yield from _fulfillments(run, report)


def _fulfillments(run: FulfillmentRun, report: OrderReport) -> Iterator[str]:
    result_of = {result.task.id: result for result in run.results}
    if len({part.warehouse for part in report.fulfillments}) != len(report.fulfillments):
        yield f"{report}: two fulfillments at one warehouse"
    left = [part for part in report.fulfillments if part.shipment is not None]
    if (report.shipments != tuple(part.shipment for part in left)
            or report.packages != tuple(each for part in left for each in part.packages)):
        yield f"{report} lists other shipments than its fulfillments"
    for part in report.fulfillments:
        reserved, packed = Counter[str](), Counter[str]()
        for each in part.reservations:
            reserved[each.sku] += each.quantity
            if not result_of[each.task_id].succeeded or each.warehouse != part.warehouse:
                yield f"{part} holds what is not its own: {each}"
        for package in part.packages:
            packed.update(package.contents)
        if (part.packages or part.shipment) and packed != reserved:
            yield f"{part.order_id} at {part.warehouse}: packed {packed}, reserved {reserved}"
        if (part.shipment is None) == (part.outcome is Outcome.SUCCEEDED) or bool(
                part.error) == (part.outcome is Outcome.SUCCEEDED):
            yield f"{part} has an outcome that does not fit"
        if part.shipment is not None and part.shipment.packages != part.packages:
            yield f"{part} ships other packages than were packed"


def identifiers(run: FulfillmentRun) -> Iterator[str]:
    """At most one label per fulfillment, and no number twice."""
    numbers = [each for report in run.reports for each in report.voided]
    numbers += [each.tracking_number for report in run.reports for each in report.shipments]
    codes = [package.sscc for report in run.reports for part in report.fulfillments
             for package in part.packages]
    for what, all_of_them in (("tracking number", numbers), ("SSCC", codes)):
        for number, times in Counter(all_of_them).items():
            if times > 1:
                yield f"{what} {number} comes {times} times"
    for report in run.reports:
        without = sum(part.shipment is None for part in report.fulfillments)
        if len(report.voided) > without:
            yield f"{report}: {len(report.voided)} labels voided for {without} that did not ship"
