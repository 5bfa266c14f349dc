"""Hypothesis strategies for whole runs: small days with shortages, splits, faults and retries.

They are built from named functions, because Hypothesis shows a falsifying example as the calls
that make it: `day(numbered([({'A': 1}, 'express', …)]), …)` can be read, and pasted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

from fulfillment_lib import (
    Durations,
    Faults,
    FulfillmentRun,
    Network,
    Order,
    Product,
    Settings,
    Warehouse,
    policies,
    simulate,
)
from fulfillment_lib.orders import Units
from fulfillment_lib.plan import TaskKind, task_id

SKUS = ("A", "B", "C/%")
SIZES_CM = {"A": (10, 10, 10), "B": (55, 45, 40), "C/%": (90, 70, 60)}  # the last fits no carton
PLACES = {"10001": "US", "94103": "US", "96815": "US", "80331": "DE"}
CONSTANT = Durations.constant(inventory=1, packing=4, shipping=2)


class Day(NamedTuple):
    """Orders, network and settings."""

    orders: tuple[Order, ...]
    network: Network
    settings: Settings

    def run(self, **options: Any) -> FulfillmentRun:
        """The day in virtual time."""
        return simulate(*self, **options)


def day(orders: list[Order], stock: list[tuple[str, dict[str, int]]], **settings: Any) -> Day:
    """A day with warehouses W/0, W/1 …, each given as (postal code, stock)."""
    products = [
        Product(sku, sku, weight_kg, *SIZES_CM[sku])
        for sku, weight_kg in zip(SKUS, (0.001, 1.0, 16.0), strict=True)
    ]
    houses = [Warehouse(f"W/{part}", *each) for part, each in enumerate(stock)]
    return Day(tuple(orders), Network(products, houses), Settings(**settings))


def numbered(details: list[tuple[Any, ...]]) -> list[Order]:
    """Orders O/0, O/1 …, given as (lines, priority, postal code, placed_s, shortage, promise)."""
    return [
        Order(f"O/{number}", lines, priority, code, PLACES[code], *rest)
        for number, (lines, priority, code, *rest) in enumerate(details)
    ]


def farthest_first(order: Order, sku: str, available: Mapping[str, Units]) -> list[str]:
    """A routing of one's own: the last warehouse that has a product comes first, the first never.

    It leaves out warehouses, so that some units are not found.
    """
    return [*available[sku]][:0:-1]


RATES = st.sampled_from([0.0, 0.1, 0.3])
LINES = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 5), min_size=1, max_size=3)
STOCK = st.tuples(
    st.sampled_from(["10001", "60601", "94103"]),
    st.dictionaries(st.sampled_from(SKUS), st.integers(0, 4), max_size=3),
)
ORDERS = st.lists(
    st.tuples(
        LINES,
        st.sampled_from(["express", "standard"]),
        st.sampled_from(list(PLACES)),
        st.sampled_from([0.0, 1.0, 2.5, 7.123457, 86_395.0]),
        st.sampled_from(["backorder", "short_ship", "ship_complete"]),
        st.sampled_from([None, 1, 3]),
    ),
    max_size=5,
).map(numbered)
TASKS = [
    task_id(f"O/{number}", kind, part)
    for number in range(2)
    for kind in TaskKind
    for part in (SKUS if kind is TaskKind.INVENTORY else ("W/0", "W/1"))
]
SCRIPTS = st.dictionaries(
    st.sampled_from(TASKS),
    st.lists(st.sampled_from(["ok", "fail", "hang", "lost_reply"]), min_size=1, max_size=3).map(
        tuple
    ),
    max_size=3,
)
SETTINGS = {
    "workers": st.integers(1, 4),
    "timeout_s": st.sampled_from([10.0, 2.0, 4.0, 4.5]),
    "policy": st.sampled_from(
        ["express_first", "fifo", "shortest_first", "earliest_due", policies.ageing(0.5)]
    ),
    "max_attempts": st.integers(1, 3),
    "backoff_s": st.sampled_from([1.0, 0.0, 0.5, 3.0]),
    "seed": st.integers(0, 2**63 - 1),
    "durations": st.sampled_from(
        [CONSTANT, Durations(), Durations.constant(0, 4, 0), Durations.constant(0, 0, 0)]
    ),
    "faults": st.builds(Faults, RATES, RATES, RATES, SCRIPTS),
    "replan": st.integers(0, 2),
    "routing": st.sampled_from(["nearest", "fewest_parcels", farthest_first]),
}
DAYS = st.builds(day, ORDERS, st.lists(STOCK, min_size=1, max_size=3), **SETTINGS)
ANY_RUN = DAYS.map(Day.run)
