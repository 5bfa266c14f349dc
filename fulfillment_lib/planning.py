"""Planning: an order becomes a plan, and reservations make a better plan of it.

On arrival nobody knows which warehouses will ship. So the first plan holds one packing and one
shipping task, *as expected*. The reservations tell, and the revised plan has one of each per
warehouse. Nothing here awaits, and nothing here knows the stock.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Any

from fulfillment_lib import checks
from fulfillment_lib.business_days import SECONDS_PER_DAY
from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.errors import shown
from fulfillment_lib.frozen import unchecked
from fulfillment_lib.orders import Order, OrderLine
from fulfillment_lib.plan import Plan, TaskKind, of_round, task_id
from fulfillment_lib.records import Reservation
from fulfillment_lib.settings import Durations

DEFAULT_DURATIONS = Durations()
_new_task, _new_plan = unchecked(Task), unchecked(Plan)  # orders and durations are checked


def plan_order(
    order: Order,
    reservations: Iterable[Reservation] | None = None,
    durations: Durations = DEFAULT_DURATIONS,
) -> Plan:
    """The plan of an order, revised if its reservations are known.

    Without reservations: one inventory task per order line, then one packing and one shipping
    task. With them: one packing and one shipping task per warehouse, each packing depending only
    on the inventory tasks that reserved there. Nothing reserved leaves the plan as expected.
    `durations` give each task its expected service time.

    Raises:
        ArgumentError: a reservation belongs to another order, or an argument has the wrong type.
    """
    checks.instance("order", order, Order)
    checks.instance("durations", durations, Durations)
    first = first_plan(order, durations)
    if reservations is None:
        return first
    checks.instance("reservations", reservations, Iterable)
    reservations = tuple(reservations)
    stock_checks = {check.id for check in first.of_kind(TaskKind.INVENTORY)}
    for reservation in reservations:
        checks.instance("each of reservations", reservation, Reservation)
        if reservation.task_id not in stock_checks:
            rule = f"an inventory task of {shown(order.id)}"
            checks.refuse("task_id of a reservation", rule, reservation.task_id)
        checks.text("warehouse of a reservation", reservation.warehouse)
    return revised(first, order, reservations, durations)


def first_plan(order: Order, durations: Durations) -> Plan:
    """The plan on arrival: the warehouses are not known yet."""
    task = _tasks_of(order, durations)
    stock_checks = [task(TaskKind.INVENTORY, line.sku, (), line) for line in order.lines]
    packing = task(TaskKind.PACKING, "", [check.id for check in stock_checks])
    shipping = task(TaskKind.SHIPPING, "", [packing.id])
    return _new_plan(order.id, (*stock_checks, packing, shipping))


def revised(
    first: Plan, order: Order, reservations: Iterable[Reservation], durations: Durations
) -> Plan:
    """The plan once the reservations are known: packing and shipping per warehouse."""
    shares = by_warehouse(reservations)
    if not shares:
        return _new_plan(order.id, first.tasks, first)
    task = _tasks_of(order, durations)
    packings, shippings = [], []
    for warehouse, share in shares.items():
        needed = dict.fromkeys([reservation.task_id for reservation in share])
        packings.append(task(TaskKind.PACKING, warehouse, needed, share))
    every_packing = [packing.id for packing in packings]
    for (warehouse, share), packing in zip(shares.items(), every_packing, strict=True):
        before = every_packing if order.shortage == "ship_complete" else [packing]
        shippings.append(task(TaskKind.SHIPPING, warehouse, before, share))
    checked = first.tasks[: len(order.lines)]
    return _new_plan(order.id, (*checked, *packings, *shippings), first)


def checks_again(order: Order, failed: Task, durations: Durations, number: int) -> tuple[Task, ...]:
    """New stock checks for what a packing, whose payload are its reservations, could not ship.

    They wait for its end. `number` is that of the round, from 2 on.
    """
    task = _tasks_of(order, durations, number)
    lines = [OrderLine(reserved.sku, reserved.quantity) for reserved in failed.payload]
    return tuple([task(TaskKind.INVENTORY, line.sku, [failed.id], line) for line in lines])


def planned_again(
    order: Order,
    reservations: Iterable[Reservation],
    durations: Durations,
    number: int,
    known: Container[str],
) -> list[tuple[Task, Task]]:
    """Packing and shipping for each warehouse of a later round.

    The round stands behind the id of a task that is `known` already.
    """
    pairs = []
    for warehouse, share in by_warehouse(reservations).items():
        is_known = task_id(order.id, TaskKind.PACKING, warehouse) in known
        task = _tasks_of(order, durations, number if is_known else 1)
        needed = dict.fromkeys([reservation.task_id for reservation in share])
        packing = task(TaskKind.PACKING, warehouse, needed, share)
        pairs.append((packing, task(TaskKind.SHIPPING, warehouse, [packing.id], share)))
    return pairs


def by_warehouse(reservations: Iterable[Reservation]) -> dict[str, tuple[Reservation, ...]]:
    """Reservations grouped by warehouse, in the order of first mention."""
    shares: dict[str, tuple[Reservation, ...]] = {}
    for reservation in reservations:
        warehouse = reservation.warehouse
        shares[warehouse] = (*shares.get(warehouse, ()), reservation)
    return shares


def _tasks_of(order: Order, durations: Durations, number: int = 1) -> Callable[..., Task]:
    """Makes the tasks of one round of an order, which have priority and due time in common."""
    priority = int(order.priority)
    due_s = order.placed_s + order.promised_days * SECONDS_PER_DAY

    def task(kind: TaskKind, part: str, depends_on: Iterable[str], payload: Any = None) -> Task:
        name = of_round(task_id(order.id, kind, part), number)
        expected_s = durations.mean_s(kind)
        return _new_task(
            name, kind, order.id, priority, tuple(depends_on), payload, expected_s, due_s
        )

    return task
