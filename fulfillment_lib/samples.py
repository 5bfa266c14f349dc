"""Made-up days to try things on: sample_orders, sample_network, and variations of them.

Times are seconds from the start of the run, to the millisecond; weights are in kg, lengths in cm.
Every number comes from a keyed draw, so that the same call gives the same day on any machine, and
order number i is the same whatever the number of orders. Nothing here runs a day.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from fulfillment_lib import checks
from fulfillment_lib.orders import Network, Order, OrderLine, Priority, Product, Warehouse
from fulfillment_lib.settings import LARGEST_SEED, uniforms

MOST_ORDERS = checks.MOST_ORDERS
LARGEST_SCALE = 1_000_000.0

# Five workers are 80 % busy when four workers' worth of work arrives. The work of an order: one
# second for each of its lines, 2 on average, and 4 + 2 seconds for each warehouse that ships,
# about 1.1 of them: 2 × 1 + 1.1 × 6 = 8.6 s. Four workers do that every 8.6 ÷ 4 = 2.15 s.
GAP_S = 2.15

# Sizes and weights are made up, in the range of what such boxes measure. The last column is the
# stock at EAST, CENTRAL and WEST: short enough that a day of twelve orders runs out of some.
_CATALOGUE = (
    (Product("LAPTOP-001", "Laptop, 14 inch", 2.1, 38.0, 28.0, 7.0), (3, 1, 2)),
    (Product("MOUSE-002", "Wireless mouse", 0.15, 13.0, 8.0, 5.0), (4, 2, 3)),
    (Product("KEYBOARD-003", "Keyboard", 0.9, 46.0, 16.0, 5.0), (2, 2, 2)),
    (Product("MONITOR-004", "Monitor, 27 inch", 6.2, 66.0, 42.0, 17.0), (1, 0, 2)),
    (Product("HEADSET-005", "Headset", 0.4, 21.0, 18.0, 9.0), (2, 3, 1)),
    (Product("WEBCAM-006", "Webcam", 0.2, 11.0, 8.0, 7.0), (2, 2, 2)),
    (Product("DOCK-007", "Docking station", 0.7, 23.0, 13.0, 8.0), (1, 2, 1)),
    (Product("CHARGER-008", "Charger, 65 W", 0.35, 14.0, 9.0, 6.0), (3, 2, 3)),
    (Product("PRINTER-009", "Laser printer", 8.4, 44.0, 40.0, 28.0), (1, 1, 1)),
)
_WAREHOUSES = (("EAST", "08817"), ("CENTRAL", "75050"), ("WEST", "89408"))

# Two cities for each first digit of the US postal codes.
_POSTAL_CODES = (
    *("02108", "07102"),  # Boston, Newark
    *("10001", "19103"),  # New York, Philadelphia
    *("20001", "28202"),  # Washington, Charlotte
    *("30303", "33130"),  # Atlanta, Miami
    *("43215", "48226"),  # Columbus, Detroit
    *("53202", "55401"),  # Milwaukee, Minneapolis
    *("60601", "63101"),  # Chicago, St. Louis
    *("75201", "77002"),  # Dallas, Houston
    *("80202", "85004"),  # Denver, Phoenix
    *("94103", "98101"),  # San Francisco, Seattle
)
_LINES = (1, 2, 3)
_QUANTITIES = (1, 1, 1, 2, 2, 3)
_SHORTAGE_RULES = ("backorder",) * 8 + ("short_ship", "ship_complete")


def sample_network(scale: float = 1.0) -> Network:
    """Nine products of an electronics shop, in the warehouses EAST, CENTRAL and WEST.

    `scale`, from 0 to 1,000,000, multiplies the stock, rounded down to whole units.

    >>> sample_network()
    Network(9 products, warehouses EAST, CENTRAL, WEST)

    Raises:
        ArgumentError: scale is no number in that range.
    """
    scale = checks.number("scale", scale, 0.0, LARGEST_SCALE)
    warehouses = (
        Warehouse(name, postal_code, {product.sku: units[place] for product, units in _CATALOGUE})
        for place, (name, postal_code) in enumerate(_WAREHOUSES)
    )
    network = Network(tuple(product for product, _ in _CATALOGUE), tuple(warehouses))
    return network if scale == 1.0 else scale_stock(network, scale)


def sample_orders(
    n: int = 12, express_share: float = 0.25, seed: int = 0, gap_s: float = GAP_S
) -> tuple[Order, ...]:
    """`n` orders for the sample network, in order of arrival: ORD-001, ORD-002, …

    Arrivals are a Poisson process: the gaps are exponential with mean `gap_s` seconds, and the
    first order comes at 0. The default gap keeps five workers about 80 % busy. An order has one
    to three lines of one to three units, and goes to one of twenty US cities. With another
    `express_share` only priorities change, with another `gap_s` only the times, in proportion.

    >>> first, second = sample_orders(2)
    >>> first.id, first.placed_s, second.id
    ('ORD-001', 0.0, 'ORD-002')

    Raises:
        ArgumentError: n is not from 0 to 1,000,000, express_share not from 0 to 1, seed no whole
            number below 2^63, or the last order would come after 10,000,000 s.
    """
    n = checks.whole("n", n, 0, MOST_ORDERS)
    express_share = checks.number("express_share", express_share, 0.0, 1.0)
    seed = checks.whole("seed", seed, 0, LARGEST_SEED)
    gap_s = checks.seconds("gap_s", gap_s)
    return tuple(
        _order(index, placed_s, express_share, seed)
        for index, placed_s in enumerate(_arrivals(n, seed, gap_s), 1)
    )


def vary_orders(
    orders: Iterable[Order], *, express_share: float | None = None, speed: float = 1.0
) -> tuple[Order, ...]:
    """The same orders with another mix of priorities, or arriving `speed` times as fast.

    Whether an order is express depends on its id and the share alone: with a larger share those
    that were express stay so. None leaves the priorities as they are.

    >>> [order.placed_s for order in vary_orders(sample_orders(2), speed=2)]
    [0.0, 0.935]

    Raises:
        ArgumentError: express_share is not from 0 to 1, or speed not from 0.001 to 1,000.
    """
    speed = checks.number("speed", speed, 0.001, 1_000.0)
    if express_share is not None:
        express_share = checks.number("express_share", express_share, 0.0, 1.0)
    return tuple(
        replace(order, placed_s=order.placed_s / speed, priority=_priority(order, express_share))
        for order in checked_orders(orders)
    )


def _priority(order: Order, express_share: float | None) -> Priority:
    if express_share is None:
        return order.priority
    express = uniforms("express", order.id)[0] < express_share
    return Priority.EXPRESS if express else Priority.STANDARD


def scale_stock(network: Network, factor: float) -> Network:
    """The same network with `factor` times the stock, rounded down to whole units.

    Raises:
        ArgumentError: `network` is no Network, or factor is not from 0 to 1,000,000.
    """
    checks.instance("network", network, Network)
    factor = checks.number("factor", factor, 0.0, LARGEST_SCALE)
    warehouses = []
    for warehouse in network.warehouses:
        stock = {sku: math.floor(units * factor) for sku, units in warehouse.stock.items()}
        warehouses.append(replace(warehouse, stock=stock))
    return replace(network, warehouses=tuple(warehouses))


def _arrivals(n: int, seed: int, gap_s: float) -> Iterator[float]:
    gaps = 0.0
    for index in range(1, n + 1):
        if index > 1:
            gaps -= math.log(_draw(seed, index, "gap"))
        if gaps * gap_s > checks.LONGEST_TIME_S:
            rule = f"so short that all orders come within {checks.LONGEST_TIME_S:,.0f} s"
            checks.refuse("gap_s", rule, gap_s, "or take fewer orders")
        yield round(gaps * gap_s, 3)


def _order(index: int, placed_s: float, express_share: float, seed: int) -> Order:
    express = _draw(seed, index, "priority") < express_share
    return Order(
        id=f"ORD-{index:03d}",
        lines=tuple(_lines(index, seed)),
        priority=Priority.EXPRESS if express else Priority.STANDARD,
        postal_code=_POSTAL_CODES[_position(seed, index, "postal code", len(_POSTAL_CODES))],
        placed_s=placed_s,
        shortage=_SHORTAGE_RULES[_position(seed, index, "shortage", len(_SHORTAGE_RULES))],
    )


def _lines(index: int, seed: int) -> Iterator[OrderLine]:
    skus = [product.sku for product, _ in _CATALOGUE]
    for line in range(_LINES[_position(seed, index, "lines", len(_LINES))]):
        sku = skus.pop(_position(seed, index, f"sku {line}", len(skus)))
        yield OrderLine(sku, _QUANTITIES[_position(seed, index, f"units {line}", len(_QUANTITIES))])


def _position(seed: int, index: int, what: str, count: int) -> int:
    return int(_draw(seed, index, what) * count)


def _draw(seed: int, index: int, what: str) -> float:
    return uniforms("sample", seed, index, what)[0]


def checked_orders(orders: object) -> tuple[Order, ...]:
    """Orders in a tuple, each id once."""
    checked = checks.tuple_of("orders", orders, Order, 0, MOST_ORDERS)
    checks.unique("order id", (order.id for order in checked))
    return checked
