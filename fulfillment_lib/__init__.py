"""Fulfill e-commerce orders with the orchestrator-workers pattern, in real asyncio, on any clock.

The root is the pattern, in this order: `orders`, `plan`, `planning`, `orchestrator`, `synthesis`,
`run` (with `records`, `settings` and `intake`). What it hands over to has a room of its own:

* `engine`: time and work, a virtual clock and the workers on it; it knows nothing of orders.
* `operations`: what the workers do. `stock`: the ledgers, where alone stock is moved.
* `reading`: orders and networks from files. `samples`, `scenarios`: days that are made up.
* `analysis`: tables, figures and the checker. `charts`, `panels`: pictures of them.
* `sweep`: many runs. `terminal`: one, printed. `course`: what only the lessons need.
* `errors`, `checks`, `frozen`: what everything above rests on.

>>> simulate(sample_orders(12)).settings.workers
5
"""

from fulfillment_lib.engine import policies
from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Attempt, Outcome, Task, TaskResult
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.errors import FulfillmentError
from fulfillment_lib.orders import Network, Order, OrderLine, Priority, Product, Warehouse
from fulfillment_lib.plan import Plan, TaskKind
from fulfillment_lib.planning import plan_order
from fulfillment_lib.reading.files import read_network, read_orders
from fulfillment_lib.records import OrderReport, OrderStatus
from fulfillment_lib.run import FulfillmentRun, fulfill, simulate
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.settings import Durations, Faults, Settings

__all__ = [
    "Attempt",
    "Durations",
    "Faults",
    "FulfillmentError",
    "FulfillmentRun",
    "Network",
    "Order",
    "OrderLine",
    "OrderReport",
    "OrderStatus",
    "Outcome",
    "Plan",
    "Priority",
    "Product",
    "Settings",
    "Task",
    "TaskKind",
    "TaskResult",
    "Warehouse",
    "WorkerPool",
    "fulfill",
    "plan_order",
    "policies",
    "read_network",
    "read_orders",
    "run_virtual",
    "sample_network",
    "sample_orders",
    "simulate",
]
