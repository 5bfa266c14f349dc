"""A run → the list of rules that it breaks; empty if all hold.

The rules are those invariants of fulfillment that can be read off records alone. They are written
down here a second time, apart from the code that they judge: nothing of planning, pool, ledger or
synthesis is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fulfillment_lib.analysis.invariants import record_rules, stock_rules, task_rules, worker_rules
from fulfillment_lib.analysis.invariants.log import RunLog, Violation
from fulfillment_lib.analysis.run import Run, need_run

__all__ = ["Violation", "check"]

Rule = Callable[[RunLog], Iterator[Violation]]

RULES: dict[str, tuple[Rule, ...]] = {
    stock_rules.ADDS_UP: (stock_rules.stock_adds_up,),
    stock_rules.RESOLVED_ONCE: (stock_rules.resolved_once,),
    stock_rules.NOTHING_LEFT: (stock_rules.nothing_left_reserved,),
    stock_rules.ONE_LABEL: (stock_rules.one_label,),
    task_rules.ONE_OUTCOME: (
        task_rules.one_outcome,
        task_rules.outcomes_of_attempts,
        task_rules.counts_of_reports,
    ),
    task_rules.DEPENDENCIES: (task_rules.dependencies_first,),
    worker_rules.WORKERS: (worker_rules.one_at_a_time, worker_rules.nobody_idle),
    worker_rules.POLICY: (worker_rules.best_first, worker_rules.never_stopped),
    worker_rules.TIMEOUT: (worker_rules.timeouts,),
    task_rules.ATTEMPTS: (task_rules.attempts_and_back_off,),
    record_rules.RECORDS: (
        record_rules.times,
        record_rules.attempts_fit,
        record_rules.lines_add_up,
        record_rules.reports_fit,
        record_rules.packed_is_reserved,
    ),
    worker_rules.MAKESPAN: (worker_rules.makespan_within_bounds,),
}


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
    log = RunLog.of(run)
    return [violation for rules in RULES.values() for rule in rules for violation in rule(log)]
