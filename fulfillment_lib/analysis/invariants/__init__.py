"""A run → the list of rules that it breaks; empty if all hold.

The rules are those invariants of fulfillment that can be read off records alone. They are written
down here a second time, apart from the code that they judge: nothing of planning, pool, ledger or
synthesis is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fulfillment_lib.analysis.invariants import (
    parcel_rules,
    reason_rules,
    record_rules,
    sourcing_rules,
    stock_rules,
    task_rules,
    worker_rules,
)
from fulfillment_lib.analysis.invariants.log import Finding, RunLog
from fulfillment_lib.analysis.run import Run, need_run
from fulfillment_lib.errors import printable

__all__ = ["Violation", "check"]

Rule = Callable[[RunLog], Iterator[Finding]]

RULES: dict[str, tuple[Rule, ...]] = {
    "1 stock adds up": (stock_rules.stock_adds_up,),
    "2 exactly what there is": (sourcing_rules.exactly_what_there_is,),
    "3 resolved once": (stock_rules.resolved_once,),
    "4 nothing left reserved": (stock_rules.nothing_left_reserved,),
    "5 one label": (parcel_rules.one_label,),
    "6 one outcome": (
        task_rules.one_outcome,
        task_rules.outcomes_of_attempts,
        task_rules.counts_of_reports,
    ),
    "7 dependencies first": (task_rules.dependencies_first, task_rules.ready_at_once),
    "8 workers": (worker_rules.one_at_a_time, worker_rules.nobody_idle),
    "9 policy order": (worker_rules.best_first, worker_rules.never_stopped),
    "11 timeout": (worker_rules.timeouts,),
    "13 attempts and back-off": (task_rules.attempts_and_back_off,),
    "18 records": (
        record_rules.times,
        record_rules.attempts_fit,
        record_rules.lines_add_up,
        record_rules.reports_fit,
        record_rules.packed_is_reserved,
        task_rules.tasks_of_their_orders,
        worker_rules.as_drawn,
        sourcing_rules.moved_with_their_tasks,
        parcel_rules.parcels_fit,
        reason_rules.reasons_are_true,
    ),
    "21 makespan": (worker_rules.makespan_within_bounds,),
}


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

    def __str__(self) -> str:
        time = "" if self.at_s is None else f", at {self.at_s:.15g} s"
        rows = " and ".join(self.where)
        return printable(f"{self.rule}{time}: {rows}{' ' if rows else ''}{self.text}", 10_000)


def check(run: Run) -> list[Violation]:
    """The rules that a run breaks, in the order of their numbers; an empty list if all hold.

    Policy keys are computed anew, in the order of submission: a policy must be a function of its
    two arguments. A ledger that other runs use too is fine, their movements count for the stock.

    >>> from fulfillment_lib import sample_orders, simulate
    >>> check(simulate(sample_orders(12)))
    []

    Raises:
        ArgumentError: `run` has not the records of a run.
    """
    need_run(run)
    log = RunLog(run)
    return [
        Violation(name, *finding)
        for name, rules in RULES.items()
        for rule in rules
        for finding in rule(log)
    ]
