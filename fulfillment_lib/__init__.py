"""Fulfill e-commerce orders with the orchestrator-workers pattern, in real asyncio, on any clock.

A map of the package, in reading order. An order (`orders`) becomes a plan of tasks (`planning`,
`tasks`). The tasks run on concurrent workers (`pool`, `workers`) by a policy (`policies`), in
virtual time (`clock`, `virtual`) or paced by the wall clock (`pacing`). What the workers do is in
`inventory` (the nearest warehouse: `geography`), `packing` (what fits in which carton: `cartons`)
and `shipping` (the numbers on labels: `identifiers`); what they share is the `workplace`. Stock moves
only through a ledger (`stock`). One coroutine per order holds it all together (`orchestrator`),
and what came of it is put into words (`synthesis`).

`run` is the top: `simulate` and `fulfill` take orders and `settings` in (`intake`) and give a
FulfillmentRun, the records (`records`) from which `analysis`, `charts` and `panels` make every
view; `sweep` makes many runs, and `terminal` one from the command line. Days to try it on are in
`samples`, seven businesses in `scenarios`, and `files` reads your own; `course` has what only the
lessons need. Arguments are checked by `checks`, and all errors are in `errors`.

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
