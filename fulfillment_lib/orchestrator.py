"""The orchestrator: one coroutine per order, and it reads like the pattern.

Decompose the order into tasks, dispatch them to the workers, revise the plan from what comes
back, dispatch again, synthesize. Only the orchestrator ships or releases stock, and only when
the outcome of a task is known. What the workers do is in `inventory`, `packing`, `shipping`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Outcome, Task, TaskResult
from fulfillment_lib.operations.inventory import check_stock, sources
from fulfillment_lib.operations.packing import pack_order
from fulfillment_lib.operations.shipping import ship_order
from fulfillment_lib.operations.workplace import Workplace
from fulfillment_lib.orders import Order
from fulfillment_lib.plan import Plan, TaskKind
from fulfillment_lib.planning import first_plan, revised
from fulfillment_lib.records import Fulfillment, OrderReport, Package, Reservation, Shipment
from fulfillment_lib.synthesis import synthesize

NOTHING_RESERVED = "nothing reserved"


@dataclass(slots=True)
class Part:
    """The part of an order that one warehouse ships, while it is under way."""

    packing: Task
    shipping: Task
    reservations: tuple[Reservation, ...]
    packages: tuple[Package, ...] = ()
    shipment: Shipment | None = None
    outcome: Outcome = Outcome.SUCCEEDED
    error: str = ""

    @property
    def warehouse(self) -> str:
        """Where this part is packed."""
        return self.reservations[0].warehouse


@dataclass(slots=True)
class OrderRun:
    """One order on its way through the workers."""

    order: Order
    number: int
    workplace: Workplace
    pool: WorkerPool
    results: dict[str, TaskResult] = field(default_factory=dict)
    voided: list[str] = field(default_factory=list)

    async def fulfill(self) -> tuple[tuple[TaskResult, ...], OrderReport]:
        """From order to report: the pattern."""
        plan = first_plan(self.order, self.workplace.settings.durations)
        reservations = await self.reserve(plan)
        plan = revised(plan, self.order, reservations, self.workplace.settings.durations)
        parts = self.parts_of(plan)
        if self.order.shortage == "ship_complete":
            await self.pack_all_then_ship(parts)
        else:
            await together(self.pack_and_ship(part) for part in parts)
        return self.synthesize(plan, parts)

    async def reserve(self, plan: Plan) -> tuple[Reservation, ...]:
        """Check the stock of every line at once; what was set aside for the order."""
        preferred = sources(self.order, self.workplace.network)
        checks = plan.of_kind(TaskKind.INVENTORY)
        futures = [
            self.dispatch(check, check_stock, self.workplace, check.payload, preferred)
            for check in checks
        ]
        for future in futures:
            self.keep(await future)
        for check in checks:
            if not self.results[check.id].succeeded:  # its reply may have been lost
                self.give_back(self.workplace.ledger.held(check.id))
        found = tuple(
            reservation
            for check in checks
            if self.results[check.id].succeeded
            for reservation in self.results[check.id].value.reservations
        )
        units = sum(reservation.quantity for reservation in found)
        if self.order.shortage == "ship_complete" and units < self.order.units:
            self.give_back(found)
            return ()
        return found

    def parts_of(self, plan: Plan) -> list[Part]:
        """The parts of a revised plan; none, and its tasks skipped, if nothing was reserved."""
        packings, shippings = plan.of_kind(TaskKind.PACKING), plan.of_kind(TaskKind.SHIPPING)
        if packings[0].payload is None:
            for task in (*packings, *shippings):
                self.skip(task, NOTHING_RESERVED)
            return []
        return [
            Part(packing, shipping, packing.payload)
            for packing, shipping in zip(packings, shippings, strict=True)
        ]

    async def pack_and_ship(self, part: Part) -> None:
        """One warehouse's part, whatever becomes of the others."""
        if await self.pack(part):
            await self.ship(part)
        else:
            self.skip(part.shipping, part.error)

    async def pack_all_then_ship(self, parts: list[Part]) -> None:
        """Every packing must succeed before any shipping starts."""
        await together(self.pack(part) for part in parts)
        broken = next((part for part in parts if part.error), None)
        if broken is None:
            await together(self.ship(part) for part in parts)
            return
        for part in parts:
            if not part.error:
                part.outcome, part.error = Outcome.SKIPPED, broken.error
                self.give_back(part.reservations)
            self.skip(part.shipping, broken.error)

    async def pack(self, part: Part) -> bool:
        """Pack one part. If that does not succeed, its stock goes back."""
        result = self.keep(
            await self.dispatch(
                part.packing, pack_order, self.workplace, self.number, part.reservations
            )
        )
        if result.succeeded:
            part.packages = result.value
        else:
            self.compensate(part, result)
        return result.succeeded

    async def ship(self, part: Part) -> None:
        """Ship one part: its stock leaves. If that does not succeed, its stock goes back."""
        result = self.keep(
            await self.dispatch(
                part.shipping,
                ship_order,
                self.workplace,
                self.order,
                self.number,
                part.warehouse,
                part.packages,
            )
        )
        if result.succeeded:
            part.shipment = result.value
            for reservation in part.reservations:
                self.workplace.ledger.ship(reservation, self.now_s())
            return
        label = self.workplace.ledger.void(part.shipping.id)  # its reply may have been lost
        if label is not None:
            self.voided.append(label.tracking_number)
        self.compensate(part, result)

    def compensate(self, part: Part, result: TaskResult) -> None:
        """Undo what was done for a part that will not ship."""
        ended = result.outcome.value.replace("_", " ")
        part.outcome, part.error = result.outcome, f"{result.task.kind} {ended}"
        self.give_back(part.reservations)

    def synthesize(
        self, plan: Plan, parts: list[Part]
    ) -> tuple[tuple[TaskResult, ...], OrderReport]:
        """The results in the plan's order, and the report."""
        results = tuple(self.results[task.id] for task in plan.tasks)
        fulfillments = [
            Fulfillment(
                self.order.id,
                part.warehouse,
                part.reservations,
                part.packages,
                part.shipment,
                part.outcome,
                part.error,
            )
            for part in parts
        ]
        return results, synthesize(self.order, results, fulfillments, self.voided, self.now_s())

    def dispatch(
        self, task: Task, operation: Callable[..., Coroutine[Any, Any, Any]], *details: Any
    ) -> asyncio.Future[TaskResult]:
        """Submit a task; each of its attempts is told its number."""
        attempts = 0

        def handle(task: Task) -> Coroutine[Any, Any, Any]:
            nonlocal attempts
            attempts += 1
            return operation(task, attempts, *details)

        return self.pool.submit(task, handle)

    def keep(self, result: TaskResult) -> TaskResult:
        """Note the one result of a task, in the ledger too before anything follows from it."""
        self.workplace.ledger.note(result.task.id, result.outcome.value, result.error)
        self.results[result.task.id] = result
        return result

    def skip(self, task: Task, reason: str) -> None:
        """Note that a task will not be done."""
        self.keep(TaskResult(task, Outcome.SKIPPED, None, reason))

    def give_back(self, reservations: Iterable[Reservation]) -> None:
        """Release reservations."""
        for reservation in reservations:
            self.workplace.ledger.release(reservation, self.now_s())

    def now_s(self) -> float:
        """Seconds since the start of the run."""
        return asyncio.get_running_loop().time()


async def together(coroutines: Iterable[Coroutine[Any, Any, Any]]) -> None:
    """Await coroutines concurrently; a single one costs no asyncio task."""
    waiting = list(coroutines)
    if len(waiting) == 1:
        await waiting[0]
    else:
        await asyncio.gather(*waiting)
