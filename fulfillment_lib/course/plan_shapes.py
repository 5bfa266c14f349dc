"""Plans of another shape for the same orders, and an orchestrator that runs any plan.

Some businesses differ from a web shop in what has to be done, and not only in how long it takes.
`plans_of` gives the plans of a day as they are today, three functions turn such a plan into one of
another shape, and `run_plans` runs them. Stock, timeouts and faults are left out: each task is done
once, and two runs of a day differ in the shape of their plans alone. Times are virtual seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd

from fulfillment_lib.analysis.run import by_order
from fulfillment_lib.analysis.timeline import priority_word
from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.plan import Plan, TaskKind, part_of, task_id
from fulfillment_lib.run import simulate
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Durations, Faults, Settings, changed, uniforms

SERVICES = {"inbound": (20.0, 1.0), "consolidation": (1.0, 0.5)}  # mean in s, and variation
NO_TIMEOUT_S = 1e6


class PlansRun(NamedTuple):
    """What came of the plans of a day.

    `attempts` is a timeline: one row per task, by (start_s, worker); the workers of the house have
    the first numbers. `lead_s` has the lead time of each order, by its id.
    """

    attempts: pd.DataFrame
    lead_s: pd.Series[float]


def plans_of(day: Scenario) -> tuple[Plan, ...]:
    """The plan of each order of a day, in input order, as it is once the reservations are known.

    Nothing fails that day. An order that gets nothing has its stock checks alone.
    """
    run = simulate(day, timeout_s=NO_TIMEOUT_S, faults=Faults())
    done = by_order(result for result in run.results if result.attempts)
    tasks = {order.id: [result.task for result in done[order.id]] for order in run.orders}
    return tuple(Plan(order_id, tuple(of_order)) for order_id, of_order in tasks.items())


def with_inbound(plan: Plan) -> Plan:
    """Goods come from far: between its stock check and the packing each product takes a lorry."""
    packings, legs = [], {}
    for packing in plan.of_kind(TaskKind.PACKING):
        for check in packing.depends_on:
            legs[check] = _further(plan, "inbound", part_of(check), (check,))
        before = tuple(legs[check].id for check in packing.depends_on)
        packings.append(replace(packing, depends_on=before))
    stock_checks, shippings = plan.of_kind(TaskKind.INVENTORY), plan.of_kind(TaskKind.SHIPPING)
    return Plan(plan.order_id, (*stock_checks, *legs.values(), *packings, *shippings))


def vendors_pack(plan: Plan) -> Plan:
    """Vendors pack for themselves; the house puts their boxes into one, and ships that."""
    packings = plan.of_kind(TaskKind.PACKING)
    tasks = [*plan.of_kind(TaskKind.INVENTORY), *packings]
    if len(packings) > 1:
        boxes = tuple(packing.id for packing in packings)
        tasks.append(_further(plan, "consolidation", "", boxes))
    for shipping in plan.of_kind(TaskKind.SHIPPING)[:1]:
        name, draws = (
            task_id(plan.order_id, "shipping", "one box"),
            [("shipping", part_of(shipping.id))],
        )
        tasks.append(replace(shipping, id=name, depends_on=(tasks[-1].id,), payload=draws))
    return Plan(plan.order_id, tuple(tasks))


def one_picking(plan: Plan) -> Plan:
    """One worker picks the whole box, in as many seconds as its stock checks take together."""
    draws = [("inventory", part_of(check.id)) for check in plan.of_kind(TaskKind.INVENTORY)]
    picking = replace(_further(plan, "picking", "", ()), payload=draws)
    packings = [replace(task, depends_on=(picking.id,)) for task in plan.of_kind(TaskKind.PACKING)]
    return Plan(plan.order_id, (picking, *packings, *plan.of_kind(TaskKind.SHIPPING)))


def _further(plan: Plan, kind: str, part: str, before: tuple[str, ...]) -> Task:
    """A task of another kind, which the policy ranks as the first one of its order."""
    name = task_id(plan.order_id, kind, part)
    return replace(plan.tasks[0], id=name, kind=kind, depends_on=before, payload=None)


def run_plans(
    plans: Sequence[Plan], day: Scenario, packers: Mapping[str, int] | None = None, **changes: Any
) -> PlansRun:
    """Run plans of the orders of a day, each task as soon as all that it depends on is done.

    A packing waits for all stock checks of its order, too, as in `simulate`. A lorry takes no
    worker. What a task takes depends on seed, order, kind and part alone, so that plans of all
    shapes have the same work.

    Args:
        packers: warehouses that pack with staff of their own, and how many they are.
        changes: settings of the day, such as `workers=6`; timeouts and faults have no effect.
    """
    settings = changed(day.settings, changes)
    placed_s = {order.id: order.placed_s for order in day.orders}
    lorries = sum(task.kind == "inbound" for plan in plans for task in plan.tasks)
    sizes = {"house": settings.workers, "road": lorries or 1, **(packers or {})}
    pools = {team: WorkerPool(size, NO_TIMEOUT_S, settings.policy) for team, size in sizes.items()}

    async def perform(task: Task, before: Sequence[asyncio.Task[None]]) -> None:
        await asyncio.gather(*before)
        seconds = service_s(task, day, settings)
        team = {"inbound": "road", "packing": part_of(task.id)}.get(task.kind, "house")
        await pools.get(team, pools["house"]).run(task, lambda _: asyncio.sleep(seconds))

    async def fulfill(plan: Plan) -> None:
        await asyncio.sleep(placed_s[plan.order_id])
        begun: dict[str, asyncio.Task[None]] = {}
        for task in plan.tasks:
            barrier = plan.of_kind(TaskKind.INVENTORY) if task.kind == TaskKind.PACKING else ()
            names = [*task.depends_on, *(check.id for check in barrier)]
            begun[task.id] = asyncio.create_task(perform(task, [begun[name] for name in names]))
        await asyncio.gather(*begun.values())

    async def fulfill_all() -> None:
        async with AsyncExitStack() as stack:
            for pool in pools.values():
                await stack.enter_async_context(pool)
            await asyncio.gather(*map(fulfill, plans))

    run_virtual(fulfill_all())
    rows, first = [], 0  # the number of a team's first worker
    for pool in pools.values():
        rows += [replace(attempt, worker=first + attempt.worker) for attempt in pool.attempts]
        first += pool.workers
    attempts = pd.DataFrame(rows).sort_values(["start_s", "worker"], ignore_index=True)
    attempts["priority"] = attempts["priority"].map(priority_word)
    lead_s = attempts.groupby("order_id")["finish_s"].max() - pd.Series(placed_s)
    return PlansRun(attempts, lead_s.round(6))


def service_s(task: Task, day: Scenario, settings: Settings) -> float:
    """The seconds that a task takes, whoever does it; a warehouse counts by its number."""
    numbers = {warehouse.name: number for number, warehouse in enumerate(day.network.warehouses)}
    draws = task.payload if isinstance(task.payload, list) else [(task.kind, part_of(task.id))]
    total_s = 0.0
    for kind, part in draws:
        key = numbers.get(part, part or 0)  # the first one, where a plan does not know which
        uniform, _ = uniforms(settings.seed, task.order_id, kind, key, 1)
        pair = SERVICES.get(kind) or getattr(settings.durations, kind)
        total_s += Durations(pair).at("inventory", uniform)
    return total_s
