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
from fulfillment_lib.errors import NO_PARCEL
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
class Share:
    """What one warehouse ships of an order, while it is under way."""

    packing: Task
    shipping: Task
    reservations: tuple[Reservation, ...]
    packages: tuple[Package, ...] = ()
    shipment: Shipment | None = None
    outcome: Outcome = Outcome.SUCCEEDED
    error: str = ""

    @property
    def warehouse(self) -> str:
        """Where this share is packed."""
        return self.reservations[0].warehouse

    def record(self, order_id: str) -> Fulfillment:
        """What became of it."""
        end = (self.packages, self.shipment, self.outcome, self.error)
        return Fulfillment(order_id, self.warehouse, self.reservations, *end)


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
        shares = self.shares_of(plan)
        if self.order.shortage == "ship_complete":
            await self.pack_all_then_ship(shares)
        else:
            await together(self.pack_and_ship(share) for share in shares)
        return self.synthesize(plan, shares)

    async def reserve(self, plan: Plan) -> list[Reservation]:
        """Check the stock of every line at once; what was set aside for the order."""
        preferred = sources(self.order, self.workplace.network)
        checks = plan.of_kind(TaskKind.INVENTORY)
        futures = [
            self.dispatch(check, check_stock, self.workplace, check.payload, preferred)
            for check in checks
        ]
        for future in futures:
            self.keep(await future)
        found: list[Reservation] = []
        for check in checks:
            result = self.results[check.id]
            if result.succeeded:
                found += result.value.reservations
            else:  # its reply may have been lost
                self.give_back(self.workplace.ledger.held(check.id))
        units = sum([reservation.quantity for reservation in found])
        if self.order.shortage == "ship_complete" and units < self.order.units:
            self.give_back(found)
            return []
        return found

    def shares_of(self, plan: Plan) -> list[Share]:
        """The shares of a revised plan; none, and its tasks skipped, if nothing was reserved."""
        packings, shippings = plan.of_kind(TaskKind.PACKING), plan.of_kind(TaskKind.SHIPPING)
        if packings[0].payload is None:
            for task in (*packings, *shippings):
                self.skip(task, NOTHING_RESERVED)
            return []
        return [
            Share(packing, shipping, packing.payload)
            for packing, shipping in zip(packings, shippings, strict=True)
        ]

    async def pack_and_ship(self, share: Share) -> None:
        """One warehouse's share, whatever becomes of the others."""
        if await self.pack(share):
            await self.ship(share)
        else:
            self.skip(share.shipping, share.error)

    async def pack_all_then_ship(self, shares: list[Share]) -> None:
        """Every packing must succeed before any shipping starts."""
        await together(self.pack(share) for share in shares)
        broken = next((share for share in shares if share.error), None)
        if broken is None:
            await together(self.ship(share) for share in shares)
            return
        for share in shares:
            if not share.error:
                share.outcome, share.error = Outcome.SKIPPED, broken.error
                self.give_back(share.reservations)
            self.skip(share.shipping, broken.error)

    async def pack(self, share: Share) -> bool:
        """Pack one share. If that does not succeed, its stock goes back."""
        packing = self.dispatch(
            share.packing, pack_order, self.workplace, self.number, share.reservations
        )
        result = self.keep(await packing)
        if result.succeeded:
            share.packages = result.value
        else:
            self.compensate(share, result)
        return result.succeeded

    async def ship(self, share: Share) -> None:
        """Ship one share: its stock leaves. If that does not succeed, its stock goes back."""
        parcel = (self.order, self.number, share.warehouse, share.packages)
        shipping = self.dispatch(share.shipping, ship_order, self.workplace, *parcel)
        result = self.keep(await shipping)
        if result.succeeded:
            share.shipment = result.value
            for reservation in share.reservations:
                self.workplace.ledger.ship(reservation, self.now_s())
            return
        label = self.workplace.ledger.void(share.shipping.id)  # its reply may have been lost
        if label is not None:
            self.voided.append(label.tracking_number)
        self.compensate(share, result)

    def compensate(self, share: Share, result: TaskResult) -> None:
        """Undo what was done for a share that will not ship."""
        ended = result.outcome.value.replace("_", " ")
        _, no_parcel, why = result.error.partition(NO_PARCEL)
        reason = f"{no_parcel}{why}" or f"{result.task.kind} {ended}"
        share.outcome, share.error = result.outcome, reason
        self.give_back(share.reservations)

    def synthesize(
        self, plan: Plan, shares: list[Share]
    ) -> tuple[tuple[TaskResult, ...], OrderReport]:
        """The results in the plan's order, and the report."""
        results = tuple(self.results[task.id] for task in plan.tasks)
        fulfillments = [share.record(self.order.id) for share in shares]
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
        self.workplace.ledger.note(result.task.id, result.outcome, result.error)
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
