"""A run → the list of rules that it breaks; empty if all hold.

The rules are those invariants of fulfillment that can be read off records alone. They are written
down here a second time, apart from the code that they judge: nothing of planning, pool, ledger,
packing, shipping or synthesis is used. Two things are asked and not judged: the settings, how an
attempt was drawn, and `geography`, how far it is. Rates, days of transit and the sizes of cartons
are not known here, and the words of an error are taken as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fulfillment_lib.analysis.invariants import parcel_rules as parcels
from fulfillment_lib.analysis.invariants import report_rules as reports
from fulfillment_lib.analysis.invariants import stock_rules as stock
from fulfillment_lib.analysis.invariants import task_rules as tasks
from fulfillment_lib.analysis.invariants import worker_rules as workers
from fulfillment_lib.analysis.invariants.log import Finding, RunLog
from fulfillment_lib.analysis.run import Run, need_run
from fulfillment_lib.errors import printable

__all__ = ["Violation", "check"]

Rule = Callable[[RunLog], Iterator[Finding]]

RULES: dict[str, tuple[Rule, ...]] = {
    "1 stock adds up": (stock.stock_adds_up,),
    "2 exactly what there is": (stock.exactly_what_there_is,),
    "3 resolved once": (stock.resolved_once,),
    "4 nothing left reserved": (stock.moved_with_their_tasks,),
    "5 one label": (parcels.one_label,),
    "6 one outcome": (tasks.one_outcome, tasks.outcomes_of_attempts),
    "7 dependencies first": (tasks.dependencies_first,),
    "8 workers": (workers.one_at_a_time, workers.nobody_idle),
    "9 policy order": (workers.best_first,),
    "11 timeout": (workers.timeouts,),
    "13 attempts and back-off": (tasks.attempts_and_back_off,),
    "18 records": (
        workers.times,
        workers.as_drawn,
        tasks.tasks_of_their_orders,
        parcels.parcels_fit,
        reports.reports_add_up,
    ),
    "21 makespan": (workers.makespan_within_bounds,),
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
    two arguments. Those of the policies that have a name are told here. A ledger that other runs
    use too is fine, their movements count for the stock.

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
