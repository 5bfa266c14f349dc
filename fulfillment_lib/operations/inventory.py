"""Inventory: units are set aside for an order line."""

from __future__ import annotations

import asyncio

from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.operations.routing import Route
from fulfillment_lib.operations.workplace import Workplace, reply, serve
from fulfillment_lib.orders import OrderLine
from fulfillment_lib.plan import of_round, round_of
from fulfillment_lib.records import StockCheck


async def check_stock(
    task: Task, attempt: int, workplace: Workplace, line: OrderLine, route: Route
) -> StockCheck:
    """Look up what is available at each warehouse, and set aside what the line needs.

    Too little stock is not a failure: the answer then holds fewer units than were requested.
    Looking and setting aside are one step at the end of the service, so that no other task can
    take the units in between.
    """
    draw = workplace.draw(task, of_round(line.sku, round_of(task.id)), attempt)
    await serve(draw)
    now_s = asyncio.get_running_loop().time()
    preferred = route(line.sku)
    answer = workplace.ledger.reserve(task.id, line.sku, line.quantity, preferred, now_s)
    await reply(draw)
    return answer
