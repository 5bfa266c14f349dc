"""The orchestrator: one coroutine per order, and it reads like the pattern.

Decompose the order into tasks, dispatch them to the workers, revise the plan from what comes
back, dispatch again, synthesize. Only the orchestrator ships or releases stock, and only when
the outcome of a task is known. What the workers do is in `inventory`, `packing`, `shipping`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Outcome, Task, TaskResult
from fulfillment_lib.errors import NO_PARCEL
from fulfillment_lib.operations.inventory import check_stock
from fulfillment_lib.operations.packing import pack_order
from fulfillment_lib.operations.routing import Route
from fulfillment_lib.operations.shipping import ship_order
from fulfillment_lib.operations.workplace import Workplace
from fulfillment_lib.orders import Order
from fulfillment_lib.plan import Plan, TaskKind
from fulfillment_lib.planning import checks_again, first_plan, planned_again, revised
from fulfillment_lib.records import Fulfillment, OrderReport, Package, Reservation, Shipment
from fulfillment_lib.synthesis import synthesize

T = TypeVar("T")
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
    without: tuple[str, ...] = ()  # warehouses where its units could not be packed

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
    tasks: list[Task] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    rounds: int = 1  # of planning

    async def fulfill(self) -> tuple[tuple[TaskResult, ...], OrderReport]:
        """From order to report: the pattern."""
        plan = first_plan(self.order, self.workplace.settings.durations)
        reservations = await self.reserve(plan.of_kind(TaskKind.INVENTORY))
        plan = revised(plan, self.order, reservations, self.workplace.settings.durations)
        self.tasks += plan.tasks
        self.shares += self.shares_of(plan)
        if self.order.shortage == "ship_complete":
            await self.pack_all_then_ship()
        else:
            await together(map(self.pack_and_ship, tuple(self.shares)))
        return self.synthesize()

    async def reserve(self, checks: Sequence[Task], *without: str) -> list[Reservation]:
        """Check the stock of several lines at once; what was set aside for the order."""
        route = Route(self.order, self.workplace, without)
        futures = [
            self.dispatch(check, check_stock, self.workplace, check.payload, route)
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
        wanted = sum([check.payload.quantity for check in checks])
        if self.order.shortage == "ship_complete" and units < wanted:
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
            await together(map(self.pack_and_ship, await self.replan(share)))

    async def pack_all_then_ship(self) -> None:
        """Every packing must succeed, here or elsewhere, before any shipping starts."""
        lost = await together(map(self.pack_somewhere, tuple(self.shares)))
        reason = next(filter(None, lost), "")
        packed = [share for share in self.shares if not share.error]
        for share in self.shares:
            if reason and not share.error:
                share.outcome, share.error = Outcome.SKIPPED, reason
                self.give_back(share.reservations)
            if share.error:
                self.skip(share.shipping, reason or share.error)
        if reason:
            return
        if self.rounds > 1:
            before = tuple([share.packing.id for share in packed])
            for share in packed:
                share.shipping = replace(share.shipping, depends_on=before)
        await together(map(self.ship, packed))

    async def pack_somewhere(self, share: Share) -> str:
        """Pack one share, or what replaces it; the reason if nothing does."""
        if await self.pack(share):
            return ""
        others = await self.replan(share)
        lost = await together(map(self.pack_somewhere, others)) if others else [share.error]
        return next(filter(None, lost), "")

    async def replan(self, failed: Share) -> list[Share]:
        """Other warehouses for what could not be packed; none if the order has looked enough."""
        settings = self.workplace.settings
        if self.rounds > settings.replan:
            return []
        self.rounds += 1
        number = self.rounds
        checks = checks_again(self.order, failed.packing, settings.durations, number)
        self.tasks += checks
        without = (*failed.without, failed.warehouse)
        reservations = await self.reserve(checks, *without)
        known = {task.id for task in self.tasks}
        pairs = planned_again(self.order, reservations, settings.durations, number, known)
        shares = [Share(*pair, pair[0].payload, without=without) for pair in pairs]
        self.tasks += [task for pair in pairs for task in pair]
        self.shares += shares
        return shares

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

    def synthesize(self) -> tuple[tuple[TaskResult, ...], OrderReport]:
        """The results in the plan's order, and the report."""
        results = tuple(self.results[task.id] for task in self.tasks)
        fulfillments = [share.record(self.order.id) for share in self.shares]
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


async def together(coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Await coroutines concurrently; a single one costs no asyncio task."""
    waiting = list(coroutines)
    if len(waiting) == 1:
        return [await waiting[0]]
    return await asyncio.gather(*waiting)
