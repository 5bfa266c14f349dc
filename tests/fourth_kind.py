"""A run with a kind of task that the package does not know, as a newcomer might add it."""

from __future__ import annotations

from dataclasses import replace

from fulfillment_lib import Attempt, FulfillmentRun, Outcome, TaskResult
from fulfillment_lib.records import MovementKind

QUALITY = "quality check"
TAKES_S = 3.0


def with_quality_checks(run: FulfillmentRun) -> FulfillmentRun:
    """The run of one order that never waits and never fails, each of its parcels checked.

    Between packing and shipping comes one more task per parcel, of three seconds. Whatever
    depended on a packing depends on its quality check.
    """
    kinds = {
        kind: [each for each in run.results if each.task.kind == kind]
        for kind in ("inventory", "packing", "shipping")
    }
    results = _numbered(
        [
            *kinds["inventory"],
            *kinds["packing"],
            *map(_quality_check, kinds["packing"]),
            *map(_later, kinds["shipping"]),
        ]
    )
    attempts = sorted(
        (each for result in results for each in result.attempts),
        key=lambda attempt: (attempt.finish_s, attempt.sequence),
    )
    movements = tuple(
        replace(each, at_s=each.at_s + TAKES_S) if each.kind is MovementKind.SHIP else each
        for each in run.movements
    )
    [report] = run.reports
    report = replace(report, finished_s=report.finished_s + TAKES_S, tasks_succeeded=len(results))
    return replace(
        run, attempts=tuple(attempts), results=results, movements=movements, reports=(report,)
    )


def _renamed(task_id: str) -> str:
    return task_id.replace("/packing/", f"/{QUALITY}/")


def _quality_check(packing: TaskResult) -> TaskResult:
    name, end_s = _renamed(packing.task.id), packing.attempts[-1].finish_s
    attempt = replace(
        packing.attempts[-1],
        task_id=name,
        kind=QUALITY,
        ready_s=end_s,
        start_s=end_s,
        finish_s=end_s + TAKES_S,
    )
    task = replace(packing.task, id=name, kind=QUALITY, depends_on=(packing.task.id,))
    return TaskResult(task, Outcome.SUCCEEDED, None, "", (attempt,))


def _later(shipping: TaskResult) -> TaskResult:
    attempts = tuple(
        replace(
            each,
            **{name: getattr(each, name) + TAKES_S for name in ("ready_s", "start_s", "finish_s")},
        )
        for each in shipping.attempts
    )
    depends_on = tuple(map(_renamed, shipping.task.depends_on))
    return replace(shipping, task=replace(shipping.task, depends_on=depends_on), attempts=attempts)


def _numbered(results: list[TaskResult]) -> tuple[TaskResult, ...]:
    """The same results, their attempts submitted in the order of being ready."""
    attempts: list[Attempt] = [each for result in results for each in result.attempts]
    place = {
        each.task_id: number
        for number, each in enumerate(sorted(attempts, key=lambda attempt: attempt.ready_s))
    }
    return tuple(
        replace(
            result,
            attempts=tuple(replace(each, sequence=place[each.task_id]) for each in result.attempts),
        )
        for result in results
    )
