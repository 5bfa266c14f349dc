"""Intake: what a run is given, checked before anything moves, with the defaults filled in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from fulfillment_lib import checks
from fulfillment_lib.errors import nearest, shown
from fulfillment_lib.operations.workplace import InlineExecutor, Workplace
from fulfillment_lib.orders import Network, Order
from fulfillment_lib.samples import checked_orders, sample_network
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Settings, changed
from fulfillment_lib.stock import Ledger, MemoryLedger

Orders = Iterable[Order] | Order | Scenario
MOST_NAMED = 20  # unknown SKUs in a message


@dataclass(frozen=True, slots=True)
class Intake:
    """The orders of a run and its workplace, checked before anything moves."""

    orders: tuple[Order, ...]
    workplace: Workplace

    @classmethod
    def of(
        cls,
        orders: Orders,
        network: Network | None,
        settings: Settings | None,
        ledger: Ledger | None,
        executor: Executor | None,
        watchdog_s: float,
        changes: Mapping[str, Any],
    ) -> Intake:
        """What `simulate` and `fulfill` were given, with all that was left out filled in.

        Raises:
            ArgumentError: an argument breaks its rule, an order id comes twice, or an order names
                an unknown SKU.
        """
        if isinstance(orders, Scenario):
            network = orders.network if network is None else network
            settings = orders.settings if settings is None else settings
            orders = orders.orders
        if ledger is not None and not (
            isinstance(ledger, Ledger) and isinstance(ledger.network, Network)
        ):
            checks.refuse("ledger", "a ledger such as MemoryLedger(network)", ledger)
        if network is None:
            network = sample_network() if ledger is None else ledger.network
        checks.instance("network", network, Network)
        ledger = MemoryLedger(network) if ledger is None else ledger
        if ledger.network != network:
            checks.refuse("ledger", "a ledger of the same network", ledger)
        settings = Settings() if settings is None else settings
        checks.instance("settings", settings, Settings)
        executor = checks.executor_or_none("executor", executor) or InlineExecutor()
        places = {  # without the stock there is less to send to another process
            warehouse.name: (number, replace(warehouse, stock={}))
            for number, warehouse in enumerate(network.warehouses)
        }
        watchdog_s = checks.wall_clock("watchdog_s", watchdog_s)
        settings = changed(settings, changes)
        workplace = Workplace(network, settings, ledger, executor, watchdog_s, places)
        return cls(_checked(orders, network), workplace)


def _checked(orders: Iterable[Order] | Order, network: Network) -> tuple[Order, ...]:
    if isinstance(orders, str | bytes) or not isinstance(orders, Order | Iterable):
        checks.refuse("orders", "orders or a Scenario", orders)
    orders = checked_orders((orders,) if isinstance(orders, Order) else orders)
    skus = {product.sku for product in network.products}
    unknown: dict[str, str] = {}  # with the first order that names it
    for order in orders:
        for line in order.lines:
            if line.sku not in skus:
                unknown.setdefault(line.sku, order.id)
    if unknown:
        _refuse_unknown(unknown, skus)
    return orders


def _refuse_unknown(unknown: Mapping[str, str], skus: Collection[str]) -> NoReturn:
    """Name the first SKU that nobody sells, with the nearest one, and all others."""
    (first, order_id), *others = unknown.items()
    remedy = nearest(first, skus)
    if others:
        listed = ", ".join(f"{shown(sku)} in {shown(name)}" for sku, name in others[:MOST_NAMED])
        rest = f" and {len(others) - MOST_NAMED:,} more" if len(others) > MOST_NAMED else ""
        remedy = f"{remedy} unknown are also {listed}{rest}"
    checks.refuse(f"sku in order {shown(order_id)}", "a known name", first, remedy)
