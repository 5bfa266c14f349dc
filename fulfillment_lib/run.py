"""A run: orders in, records out. `simulate` in virtual time, `fulfill` paced by the wall clock."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from fulfillment_lib import checks
from fulfillment_lib.engine.pacing import PacedRun
from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Attempt, Task, TaskResult
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.errors import counted, nearest, printable
from fulfillment_lib.intake import Intake, Orders
from fulfillment_lib.operations.fence import Fence
from fulfillment_lib.operations.workplace import Workplace
from fulfillment_lib.orchestrator import OrderRun
from fulfillment_lib.orders import Network, Order
from fulfillment_lib.records import Movement, OrderReport, Shipment
from fulfillment_lib.settings import Settings
from fulfillment_lib.stock import Ledger
from fulfillment_lib.stock.base import numbered
from fulfillment_lib.synthesis import message

if TYPE_CHECKING:
    from pandas import DataFrame

Finished = tuple[tuple[TaskResult, ...], OrderReport]  # of one order

# Jupyter sets what stands between dollars as mathematics, except in elements of these classes.
NO_MATHEMATICS = ["tex2jax_ignore", "mathjax_ignore"]


@dataclass(frozen=True, repr=False)
class FulfillmentRun:
    """Everything that a run leaves behind. All views are computed from these records.

    `attempts` are in the order of their ends; `results` and `reports` follow the orders.
    """

    orders: tuple[Order, ...]
    network: Network
    settings: Settings
    attempts: tuple[Attempt, ...]
    results: tuple[TaskResult, ...]
    movements: tuple[Movement, ...]
    reports: tuple[OrderReport, ...]

    @property
    def makespan_s(self) -> float:
        """Seconds from the start of the run to the end of its last attempt."""
        return max((attempt.finish_s for attempt in self.attempts), default=0.0)

    @property
    def unused_faults(self) -> tuple[str, ...]:
        """Task ids in the script of `Faults` of which no fault ever fired."""
        made = Counter(attempt.task_id for attempt in self.attempts)
        return tuple(
            name
            for name, words in self.settings.faults.script.items()
            if all(word == "ok" for word in words[: made[name]])
        )

    def report(self, order_id: str) -> OrderReport:
        """The report of one order.

        Raises:
            ArgumentError: no such order; the message names the nearest one.
        """
        for report in self.reports:
            if isinstance(order_id, str) and report.order_id == order_id:
                return report
        remedy = nearest(order_id, (order.id for order in self.orders))
        checks.refuse("order_id", "the id of an order of this run", order_id, remedy)

    def notification(self, order_id: str) -> str:
        """The message to the customer of one order."""
        return message(self.report(order_id))

    def track(self, number: str) -> Shipment:
        """The shipment with that tracking number, or with a package of that SSCC.

        Raises:
            ArgumentError: nothing has that number.
        """
        wanted = number.replace(" ", "") if isinstance(number, str) else None
        for report in self.reports:
            for shipment in report.shipments:
                codes = [package.sscc for package in shipment.packages]
                if wanted in (*shipment.tracking_numbers, *codes):
                    return shipment
        checks.refuse("number", "a tracking number or SSCC of this run", number)

    # The views import inside: pandas takes half a second, and the core does without it.

    def timeline(self) -> DataFrame:
        """One row per attempt, sorted by (start_s, worker).

        Columns: order_id, task_id, kind, priority, worker (from 0), attempt (from 1), ready_s,
        start_s, finish_s, wait_s, service_s, outcome, error. A skipped task has no attempt.
        """
        from fulfillment_lib.analysis.timeline import timeline

        return timeline(self)

    def summary(self) -> DataFrame:
        """One row per order, in input order.

        Columns: order_id, priority, status, units_ordered, units_shipped, units_backordered,
        units_cancelled, packages, carriers, delivery_date (the latest), placed_s, finished_s,
        lead_time_s, tasks_succeeded, tasks_failed (timed-out and cancelled ones too),
        tasks_skipped.
        """
        from fulfillment_lib.analysis.timeline import summary

        return summary(self)

    def stock(self) -> DataFrame:
        """One row per warehouse and SKU, after the run, in units.

        Columns: warehouse, sku, on_hand, reserved, available (on hand − reserved), shipped.
        """
        from fulfillment_lib.analysis.timeline import stock

        return stock(self)

    def explain(self, order_id: str) -> str:
        """Where the lead time of one order went, in words, one line per stretch of it.

        Raises:
            ArgumentError: no such order; the message names the nearest one.
        """
        from fulfillment_lib.analysis.explain import explain

        return explain(self, order_id)

    def digest(self) -> str:
        """A hash of attempts, results, movements and reports: equal for equal runs, anywhere."""
        from fulfillment_lib.analysis.digest import digest

        return digest(self)

    def __repr__(self) -> str:
        counts = (
            counted(len(self.orders), "order"),
            counted(self.settings.workers, "worker"),
            counted(len(self.attempts), "attempt"),
        )
        return f"FulfillmentRun({', '.join(counts)}, makespan {self.makespan_s:.1f} s)"

    def _repr_html_(self) -> str:
        from html import escape

        names = ["order_id", "priority", "status", "units_ordered", "units_shipped", "lead_time_s"]
        rows = self.summary()[names].round(1)
        rows["order_id"] = [printable(order_id, 40) for order_id in rows["order_id"]]
        table = rows.to_html(index=False, max_rows=12, border=0, classes=NO_MATHEMATICS)
        return f"<p>{escape(repr(self))}</p>{table}"


def simulate(
    orders: Orders,
    network: Network | None = None,
    settings: Settings | None = None,
    *,
    ledger: Ledger | None = None,
    executor: Executor | None = None,
    watchdog_s: float = 60.0,
    on_attempt: Callable[[Attempt], object] | None = None,
    **changes: Any,
) -> FulfillmentRun:
    """Fulfill orders in virtual time. The same input gives the same records, to the byte.

    Args:
        orders: orders, or a Scenario that brings its own network and settings.
        network: where the stock lies; None is the scenario's, else `sample_network()`.
        settings: None is the scenario's, else `Settings()`.
        ledger: moves the stock; None is a new MemoryLedger of the network.
        executor: computes packing and shipping; None computes here. The records are the same.
        watchdog_s: seconds of the wall clock after which a computation on the executor is lost.
        on_attempt: called with each attempt that has ended, for progress; it changes nothing.
        changes: single fields of Settings, as in `simulate(orders, workers=3)`.

    Raises:
        ArgumentError: before anything moves.
        LedgerError: the ledger cannot be read or written, or does not know this run as its own.
        ComputationError: the executor has lost a computation. Neither is an attempt: the run ends,
            and nothing of what failed is recorded. A ledger in a file keeps what it has, and the
            same call goes on from there; in memory all is given back.
    """
    intake = Intake.of(orders, network, settings, ledger, executor, watchdog_s, changes)
    return run_virtual(_run(intake, None, on_attempt))


async def fulfill(
    orders: Orders,
    network: Network | None = None,
    settings: Settings | None = None,
    *,
    speed: float = 1.0,
    ledger: Ledger | None = None,
    executor: Executor | None = None,
    watchdog_s: float = 60.0,
    on_start: Callable[[Task, int, float], object] | None = None,
    on_attempt: Callable[[Attempt], object] | None = None,
    **changes: Any,
) -> FulfillmentRun:
    """The same run in real time, `speed` virtual seconds per second, with the same records.

    `on_start(task, worker, start_s)` and `on_attempt(attempt)` are called on the caller's loop
    while the run goes on; an error in one of them stops the run and is raised here. Cancelling
    stops the run and gives back what was reserved. The other arguments and errors are those of
    `simulate`.
    """
    intake = Intake.of(orders, network, settings, ledger, executor, watchdog_s, changes)
    paced = PacedRun(speed)
    return await paced.run(
        _run(intake, paced.reporter("on_start", on_start), paced.reporter("on_attempt", on_attempt))
    )


async def _run(
    intake: Intake, on_start: Callable[..., object] | None, on_attempt: Callable[..., object] | None
) -> FulfillmentRun:
    """The whole run as one coroutine, on the virtual loop."""
    settings, ledger = intake.workplace.settings, intake.workplace.ledger
    fence = Fence(ledger)
    pool = WorkerPool(
        settings.workers,
        settings.timeout_s,
        settings.policy,
        settings.max_attempts,
        settings.backoff_s,
        on_start=on_start,
        on_attempt=on_attempt,
    )
    pool.is_fault = fence.is_fault
    ledger.begin(intake.orders, settings)
    try:
        names = [order.id for order in intake.orders]
        numbers = list(map(getattr(ledger, "number_of", numbered(names).__getitem__), names))
        workplace = replace(intake.workplace, ledger=cast(Ledger, fence), fence=fence)
        async with pool:
            finished = await _take_in(intake.orders, numbers, workplace, pool)
    except BaseException:
        now_s = asyncio.get_running_loop().time()
        if fence.fault is None:
            ledger.stop(intake.orders, now_s)
        else:
            with suppress(Exception):  # the fault is what there is to tell
                getattr(ledger, "pause", ledger.stop)(intake.orders, now_s)
        raise
    ledger.finish(intake.orders)
    network, movements = intake.workplace.network, ledger.movements
    results = tuple(result for order_results, _ in finished for result in order_results)
    reports = tuple(report for _, report in finished)
    return FulfillmentRun(
        intake.orders, network, settings, pool.attempts, results, movements, reports
    )


async def _take_in(
    orders: Sequence[Order], numbers: Sequence[int], workplace: Workplace, pool: WorkerPool
) -> list[Finished]:
    """Start one coroutine per order when it is placed; their ends, in input order."""
    loop = asyncio.get_running_loop()
    arrivals = sorted(zip(numbers, orders, strict=True), key=lambda numbered: numbered[1].placed_s)
    finished: dict[int, Finished] = {}

    async def fulfill_one(number: int, order: Order) -> None:
        finished[number] = await OrderRun(order, number, workplace, pool).fulfill()

    try:
        async with asyncio.TaskGroup() as group:
            for number, order in arrivals:
                if order.placed_s > loop.time():
                    await asyncio.sleep(order.placed_s - loop.time())
                group.create_task(fulfill_one(number, order))
    except BaseExceptionGroup as problems:
        raise problems.exceptions[0] from None
    return [finished[number] for number in numbers]
