"""Seven businesses, each a Scenario: its orders, its network, its settings, and what goes wrong.

All are made from the day of the web shop at the same seed, so that customers, cities and arrivals
are the same where the text does not say otherwise. Times are seconds from the start of the run.
`n` is the number of orders in the web shop's day, and what `web_shop` refuses, the others refuse
too. Nothing here runs a day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fulfillment_lib import checks
from fulfillment_lib.errors import printable
from fulfillment_lib.orders import Network, Order, OrderLine, Priority, Warehouse
from fulfillment_lib.samples import (
    checked_orders,
    sample_network,
    sample_orders,
    scale_stock,
    vary_orders,
)
from fulfillment_lib.settings import Durations, Faults, Settings, uniforms

LONGEST_STORY = 5_000
N = 40
ORDERS_PER_STOCK = 8  # the sample network, unscaled, is enough for about as many sample orders

BARGAIN = "HEADSET-005"
BOX = ("MOUSE-002", "KEYBOARD-003", "CHARGER-008")
VENDORS = {"VENDOR A": "08817", "VENDOR B": "75050", "VENDOR C": "89408"}
UNITS_PER_CASE = 24


@dataclass(frozen=True, slots=True, repr=False)
class Scenario:
    """A business case, ready to run: orders, the network that serves them, and settings."""

    name: str
    orders: tuple[Order, ...]
    network: Network
    settings: Settings
    story: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", checks.text("name", self.name))
        object.__setattr__(self, "orders", checked_orders(self.orders))
        checks.instance("network", self.network, Network)
        checks.instance("settings", self.settings, Settings)
        checks.instance("story", self.story, str)
        if len(self.story) > LONGEST_STORY:
            checks.refuse("story", f"at most {LONGEST_STORY:,} characters", self.story)

    def __repr__(self) -> str:
        return (
            f"Scenario({printable(self.name, 100)}: {len(self.orders)} orders, "
            f"{self.settings.workers} workers, {self.network!r})"
        )


def web_shop(n: int = N, seed: int = 0) -> Scenario:
    """The base day: orders trickle in, a quarter is express, and there is stock for nearly all.

    >>> web_shop(12)
    Scenario(web shop: 12 orders, 5 workers, Network(9 products, warehouses EAST, CENTRAL, WEST))

    Raises:
        ArgumentError: n is no whole number from 0 to 1,000,000, or seed none below 2^63.
    """
    orders = sample_orders(n, seed=seed)
    network = sample_network(max(n, 1) / ORDERS_PER_STOCK)
    story = "A calm day, with which the others are compared."
    return Scenario("web shop", orders, network, Settings(seed=seed), story)


def flash_sale(n: int = N, seed: int = 0) -> Scenario:
    """Everybody wants the same bargain at once: the day comes eight times as fast.

    Four orders of five are for the bargain alone, and there is half a unit for each unit wanted.
    The queue explodes, the bargain sells out, and who came late waits for a backorder.
    """
    day = web_shop(n, seed)
    orders = tuple(
        replace(order, lines=(OrderLine(BARGAIN, order.lines[0].quantity),), shortage="backorder")
        if _chance(seed, order, "bargain") < 0.8
        else order
        for order in vary_orders(day.orders, speed=8)
    )
    wanted = sum(line.quantity for order in orders for line in order.lines if line.sku == BARGAIN)
    story = "Most want the same bargain at once, and there is half enough of it."
    network = _with_stock(day.network, {BARGAIN: wanted // 2})
    return Scenario("flash sale", orders, network, day.settings, story)


def supply_chain(n: int = N, seed: int = 0) -> Scenario:
    """Goods that come from far: handing over to a carrier is slow, erratic, and often in vain.

    A twentieth of all attempts hangs and a tenth fails. Three attempts and a timeout of 20 s see
    to it that the orders arrive all the same, late.
    """
    day = web_shop(n, seed)
    faults, durations = Faults(fail=0.1, hang=0.05), Durations(shipping=(4.0, 1.0))
    settings = Settings(
        seed=seed, timeout_s=20.0, max_attempts=3, faults=faults, durations=durations
    )
    story = "Handing over is slow and erratic; attempts hang and fail, and are repeated."
    return Scenario("supply chain", day.orders, day.network, settings, story)


def scarce_stock(n: int = N, seed: int = 0) -> Scenario:
    """Allocation: there is a third of the web shop's stock, and half of the orders take all or
    nothing.

    Whose stock check ends first gets the units, so that the first half of the day is served
    better than the second.
    """
    day = web_shop(n, seed)
    orders = tuple(
        replace(order, shortage="ship_complete")
        if _chance(seed, order, "all or nothing") < 0.5
        else order
        for order in day.orders
    )
    network = scale_stock(day.network, 1 / 3)
    story = "There is a third of the stock, and half of the orders take all or nothing."
    return Scenario("scarce-stock allocation", orders, network, day.settings, story)


def marketplace(n: int = N, seed: int = 0) -> Scenario:
    """Three vendors under one roof: each product is sold by one of them only.

    About nine of ten orders of several products are split: more packages, more labels, more
    cost, and an order is complete only when the slowest vendor has shipped.
    """
    day = web_shop(n, seed)
    units: Counter[str] = Counter()
    for warehouse in day.network.warehouses:
        units.update(warehouse.stock)
    skus = [product.sku for product in day.network.products]
    vendors = tuple(
        Warehouse(name, postal_code, {sku: units[sku] for sku in skus[place :: len(VENDORS)]})
        for place, (name, postal_code) in enumerate(VENDORS.items())
    )
    story = "Each product is sold by one of three vendors, so that orders are split."
    network = replace(day.network, warehouses=vendors)
    return Scenario("marketplace", day.orders, network, day.settings, story)


def subscription_box(n: int = N, seed: int = 0) -> Scenario:
    """The monthly box: the same three products for every subscriber, all due at the same moment.

    Nobody is express, a box goes out whole or not at all, and there is stock for all. The order
    in which things wait is everything; until the end the workers are hardly ever idle.
    """
    day = web_shop(n, seed)
    lines = tuple(OrderLine(sku, 1) for sku in BOX)
    orders = tuple(
        replace(
            order, lines=lines, placed_s=0.0, priority=Priority.STANDARD, shortage="ship_complete"
        )
        for order in day.orders
    )
    network = _with_stock(day.network, dict.fromkeys(BOX, 3 * n))
    story = "The same box for every subscriber, all due at the same moment."
    return Scenario("subscription box", orders, network, day.settings, story)


def b2b(n: int = N, seed: int = 0) -> Scenario:
    """Business customers: a quarter as many orders, each line in cases of 24, all or nothing.

    An order fills many cartons, packing takes three times as long, and one missing unit holds
    all of it back. The timeout is 60 s, since a healthy packing may take that long.
    """
    day = web_shop(n, seed)
    orders = []
    for order in day.orders[::4]:
        cases = tuple(OrderLine(line.sku, line.quantity * UNITS_PER_CASE) for line in order.lines)
        orders.append(replace(order, lines=cases, shortage="ship_complete", promise_days=10))
    network = scale_stock(day.network, UNITS_PER_CASE / 2)
    settings = Settings(seed=seed, timeout_s=60.0, durations=Durations(packing=(12.0, 0.5)))
    story = "A few orders of many cases each, all or nothing."
    return Scenario("B2B", tuple(orders), network, settings, story)


ALL = (web_shop, flash_sale, supply_chain, scarce_stock, marketplace, subscription_box, b2b)


def _with_stock(network: Network, wanted: Mapping[str, int]) -> Network:
    """The network with so many units of some products in all, shared out evenly."""
    count, warehouses = len(network.warehouses), []
    for number, warehouse in enumerate(network.warehouses):
        shares = {sku: (units + number) // count for sku, units in wanted.items()}
        warehouses.append(replace(warehouse, stock={**warehouse.stock, **shares}))
    return replace(network, warehouses=tuple(warehouses))


def _chance(seed: int, order: Order, what: str) -> float:
    """A number from 0 to 1 that depends on seed, order and purpose alone."""
    return uniforms("scenario", seed, order.id, what)[0]
