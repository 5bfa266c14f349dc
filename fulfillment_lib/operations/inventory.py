"""Inventory: where units come from, and setting them aside for an order line."""

from __future__ import annotations

import asyncio

from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.geography import distance_km
from fulfillment_lib.operations.workplace import Workplace, reply, serve
from fulfillment_lib.orders import Network, Order, OrderLine, Warehouse
from fulfillment_lib.records import StockCheck


def sources(order: Order, network: Network) -> tuple[str, ...]:
    """The names of the warehouses, the nearest first; ties keep the network's order.

    Those in the order's country come first: any distance across a border counts as farther.
    """

    def distance(warehouse: Warehouse) -> int:
        return distance_km(
            warehouse.postal_code, warehouse.country, order.postal_code, order.country
        )

    return tuple(warehouse.name for warehouse in sorted(network.warehouses, key=distance))


async def check_stock(
    task: Task, attempt: int, workplace: Workplace, line: OrderLine, preferred: tuple[str, ...]
) -> StockCheck:
    """Look up what is available at each warehouse, and set aside what the line needs.

    Too little stock is not a failure: the answer then holds fewer units than were requested.
    Looking and setting aside are one step at the end of the service, so that no other task can
    take the units in between.
    """
    draw = workplace.draw(task, line.sku, attempt)
    await serve(draw)
    now_s = asyncio.get_running_loop().time()
    answer = workplace.ledger.reserve(task.id, line.sku, line.quantity, preferred, now_s)
    await reply(draw)
    return answer
