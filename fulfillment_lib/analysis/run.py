"""What the views read of a run: its records, and its times in whole microseconds.

Times in records are seconds from the start of the run. They are added and subtracted as `ticks`,
because sums of floats are off in the last digit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from fulfillment_lib import checks
from fulfillment_lib.engine.tasks import Attempt, TaskResult
from fulfillment_lib.orders import Network, Order
from fulfillment_lib.records import Movement, OrderReport
from fulfillment_lib.settings import Settings

TICKS_PER_S = 1_000_000
RECORDS = ("orders", "network", "settings", "attempts", "results", "movements", "reports")


class Run(Protocol):
    """What a view may read of a run."""

    @property
    def orders(self) -> tuple[Order, ...]: ...
    @property
    def network(self) -> Network: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def attempts(self) -> tuple[Attempt, ...]: ...
    @property
    def results(self) -> tuple[TaskResult, ...]: ...
    @property
    def movements(self) -> tuple[Movement, ...]: ...
    @property
    def reports(self) -> tuple[OrderReport, ...]: ...
    @property
    def makespan_s(self) -> float: ...
    def report(self, order_id: str) -> OrderReport: ...


def need_run(run: object, field: str = "run") -> None:
    """Refuse what does not have the records of a run.

    Raises:
        ArgumentError: it has not.
    """
    if isinstance(run, type) or not all(hasattr(run, name) for name in RECORDS):
        checks.refuse(field, "a FulfillmentRun", run)


def by_order(results: Iterable[TaskResult]) -> defaultdict[str, list[TaskResult]]:
    """The results of each order, in the order of its plan; none of an order without any."""
    groups: defaultdict[str, list[TaskResult]] = defaultdict(list)
    for result in results:
        groups[result.task.order_id].append(result)
    return groups


def ticks(seconds: float) -> int:
    """Seconds of a record as whole microseconds."""
    return round(seconds * TICKS_PER_S)
