"""Seven businesses, each a Scenario: its orders, its network, its settings, and what goes wrong.

All are made from the orders of `sample_orders` at the same seed, so that customers, cities and
arrivals are those of the web shop where the text does not say otherwise. Times are seconds from
the start of the run. `n` is the number of orders in the web shop's day, and what `web_shop`
refuses, the others refuse too. Nothing here runs a day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fulfillment_lib import checks
from fulfillment_lib.errors import printable
from fulfillment_lib.orders import Network, Order, OrderLine, Priority, Warehouse
from fulfillment_lib.samples import (
    MOST_ORDERS,
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
    return Scenario(
        "web shop",
        sample_orders(n, seed=seed),
        _stocked(n),
        Settings(seed=seed),
        "A calm day, with which the others are compared.",
    )


def flash_sale(n: int = N, seed: int = 0) -> Scenario:
    """Everybody wants the same bargain at once: the day comes eight times as fast.

    Four orders of five are for the bargain alone, and there is half a unit for each unit wanted.
    The queue explodes, the bargain sells out, and who came late waits for a backorder.
    """
    orders = tuple(
        replace(order, lines=(OrderLine(BARGAIN, order.lines[0].quantity),), shortage="backorder")
        if _chance(seed, order, "bargain") < 0.8
        else order
        for order in vary_orders(sample_orders(n, seed=seed), speed=8)
    )
    wanted = sum(line.quantity for order in orders for line in order.lines if line.sku == BARGAIN)
    return Scenario(
        "flash sale",
        orders,
        _with_stock(_stocked(n), BARGAIN, wanted // 2),
        Settings(seed=seed),
        "Most want the same bargain at once, and there is half enough of it.",
    )


def supply_chain(n: int = N, seed: int = 0) -> Scenario:
    """Goods that come from far: handing over to a carrier is slow, erratic, and often in vain.

    A twentieth of all attempts hangs and a tenth fails. Three attempts and a timeout of 20 s see
    to it that the orders arrive all the same, late.
    """
    settings = Settings(
        seed=seed,
        timeout_s=20.0,
        max_attempts=3,
        faults=Faults(fail=0.1, hang=0.05),
        durations=Durations(shipping=(4.0, 1.0)),
    )
    return Scenario(
        "supply chain",
        sample_orders(n, seed=seed),
        _stocked(n),
        settings,
        "Handing over is slow and erratic; attempts hang and fail, and are repeated.",
    )


def scarce_stock(n: int = N, seed: int = 0) -> Scenario:
    """Allocation: there is a third of the web shop's stock, and half of the orders take all or
    nothing.

    Whose stock check ends first gets the units, so that the first half of the day is served
    better than the second.
    """
    orders = tuple(
        replace(order, shortage="ship_complete")
        if _chance(seed, order, "all or nothing") < 0.5
        else order
        for order in sample_orders(n, seed=seed)
    )
    return Scenario(
        "scarce-stock allocation",
        orders,
        scale_stock(_stocked(n), 1 / 3),
        Settings(seed=seed),
        "There is a third of the stock, and half of the orders take all or nothing.",
    )


def marketplace(n: int = N, seed: int = 0) -> Scenario:
    """Three vendors under one roof: each product is sold by one of them only.

    About nine of ten orders of several products are split: more packages, more labels, more
    cost, and an order is complete only when the slowest vendor has shipped.
    """
    stocked = _stocked(n)
    shelves: dict[str, dict[str, int]] = {name: {} for name in VENDORS}
    for place, product in enumerate(stocked.products):
        vendor = list(VENDORS)[place % len(VENDORS)]
        shelves[vendor][product.sku] = sum(
            warehouse.stock.get(product.sku, 0) for warehouse in stocked.warehouses
        )
    warehouses = tuple(Warehouse(name, VENDORS[name], shelf) for name, shelf in shelves.items())
    return Scenario(
        "marketplace",
        sample_orders(n, seed=seed),
        Network(products=stocked.products, warehouses=warehouses),
        Settings(seed=seed),
        "Each product is sold by one of three vendors, so that orders are split.",
    )


def subscription_box(n: int = N, seed: int = 0) -> Scenario:
    """The monthly box: the same three products for every subscriber, all due at the same moment.

    Nobody is express, a box goes out whole or not at all, and there is stock for all. The order
    in which things wait is everything; until the end the workers are hardly ever idle.
    """
    lines = tuple(OrderLine(sku, 1) for sku in BOX)
    orders = tuple(
        replace(
            order, lines=lines, placed_s=0.0, priority=Priority.STANDARD, shortage="ship_complete"
        )
        for order in sample_orders(n, seed=seed)
    )
    network = _stocked(n)
    for sku in BOX:
        network = _with_stock(network, sku, 3 * n)
    return Scenario(
        "subscription box",
        orders,
        network,
        Settings(seed=seed),
        "The same box for every subscriber, all due at the same moment.",
    )


def b2b(n: int = N, seed: int = 0) -> Scenario:
    """Business customers: a quarter as many orders, each line in cases of 24, all or nothing.

    An order fills many cartons, packing takes three times as long, and one missing unit holds
    all of it back. The timeout is 60 s, since a healthy packing may take that long.
    """
    orders = tuple(
        replace(
            order,
            shortage="ship_complete",
            promise_days=10,
            lines=tuple(
                OrderLine(line.sku, line.quantity * UNITS_PER_CASE) for line in order.lines
            ),
        )
        for order in sample_orders(n, seed=seed)[::4]
    )
    settings = Settings(seed=seed, timeout_s=60.0, durations=Durations(packing=(12.0, 0.5)))
    return Scenario(
        "B2B",
        orders,
        scale_stock(_stocked(n), UNITS_PER_CASE / 2),
        settings,
        "A few orders of many cases each, all or nothing.",
    )


ALL = (web_shop, flash_sale, supply_chain, scarce_stock, marketplace, subscription_box, b2b)


def _stocked(n: int) -> Network:
    """The sample network with stock for nearly all of n sample orders."""
    return sample_network(max(checks.whole("n", n, 0, MOST_ORDERS), 1) / ORDERS_PER_STOCK)


def _with_stock(network: Network, sku: str, units: int) -> Network:
    """The network with so many units of one product in all, shared out evenly."""
    count = len(network.warehouses)
    return replace(
        network,
        warehouses=tuple(
            replace(warehouse, stock={**warehouse.stock, sku: (units + number) // count})
            for number, warehouse in enumerate(network.warehouses)
        ),
    )


def _chance(seed: int, order: Order, what: str) -> float:
    """A number from 0 to 1 that depends on seed, order and purpose alone."""
    return uniforms("scenario", seed, order.id, what)[0]
