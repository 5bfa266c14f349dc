"""The judges of lesson 10: a service for each parcel, and warehouses for whole orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import islice, permutations, product
from math import fsum
from typing import Any

from fulfillment_lib.course.verdicts import NotYet, need
from fulfillment_lib.errors import shown
from fulfillment_lib.operations.packing import pack
from fulfillment_lib.operations.shipping import US_SERVICES, Service, ship
from fulfillment_lib.orders import Network, Order, Units
from fulfillment_lib.records import Package
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.settings import Routing, Settings, uniforms
from fulfillment_lib.stock.base import sourced

PARCELS, ZONES, LONGEST_DAYS = 1_000, 6, 7
# Of each kind of day: orders, stock level, and the seeds of days that are not shown.
DAYS = {"scarce": (30, 3.0, range(700, 724)), "full": (40, 10.0, range(724, 736))}
MOST_DEARER = 0.01
# Nobody waits and nothing times out, so that the routing decides, and nothing else does.
CALM = Settings(workers=100, timeout_s=10_000)


def service(answer: Any) -> str:
    """`answer(parcel, services, zone, days_left)`: the cheapest service that is in time."""
    late = 0
    for number, parcel in enumerate(islice(_parcels(), PARCELS)):
        services, zone, days_left = _question(number)
        ranks = {
            each: _rank(days, days_left, each.cost_cents(zone, [parcel.billable_weight_kg]))
            for each in services
            if (days := each.days_to(zone)) is not None
        }
        said = _service_of(answer(parcel, services, zone, days_left), services)
        need(said in ranks, f"it must be a service that goes to zone {zone}", _name(said))
        best = min(ranks, key=lambda each: ranks[each])
        if ranks[said] != ranks[best]:
            where = f"{parcel.billable_weight_kg:g} kg billed, zone {zone}, {days_left} days left"
            rows = [
                f"{_name(each)}: {each.days_to(zone)} days, {ranks[each][2] / 100:.2f} dollars"
                for each in sorted(ranks, key=lambda each: ranks[each])
            ]
            raise NotYet(f"{where}: you say {_name(said)}, it is {_name(best)}", rows)
        late += ranks[best][0]
    return f"right for {PARCELS:,} parcels; for {late} of them no service was in time"


def _rank(days: int, days_left: int, cost_cents: int) -> tuple[bool, int, int]:
    """In time before late; then the cheapest, or of the late ones the fastest first."""
    late = days > days_left
    return late, late * days, cost_cents


def _parcels() -> Iterator[Package]:
    """Parcels of sample orders, each order packed in one place."""
    network = sample_network()
    for order in sample_orders(PARCELS, seed=10):
        items = tuple((network.product(line.sku), line.quantity) for line in order.lines)
        yield from pack(items, "EAST", 0, 0)


def _question(number: int) -> tuple[tuple[Service, ...], int, int]:
    """Three to six services in any order, a zone, and the days that are left."""
    draws = {each: uniforms("10.1", number, each.name)[0] for each in US_SERVICES}
    shuffled = sorted(draws, key=lambda each: draws[each])
    zone, days_left = uniforms("10.1", number, "where and when")
    return (
        tuple(shuffled[: 3 + number % 4]),
        1 + int(ZONES * zone),
        int((LONGEST_DAYS + 1) * days_left),
    )


def _service_of(said: object, services: Iterable[Service]) -> Service:
    """The service itself, or that of a name, with the carrier's or without."""
    text = " ".join(map(str, said)) if isinstance(said, tuple | list) else said
    for each in services:
        if said is each or (isinstance(text, str) and text in (each.name, _name(each))):
            return each
    raise NotYet(f"it must be one of the services that are given, got {shown(said)}")


def _name(service: Service) -> str:
    return f"{service.carrier} {service.name}"


def routing(answer: Any) -> str:
    """`answer(order, sku, available)`: names of warehouses, by which whole days are cheap."""
    told = []
    for kind in DAYS:
        mine = tuple(_days(kind, answer))
        best, nearest = _compared(kind)
        for run, other in zip(mine, nearest, strict=True):
            for report, full in zip(run.reports, other.reports, strict=True):
                if report.total("shipped") < full.total("shipped"):
                    rule = "a warehouse that is not named is not asked"
                    raise NotYet(f"{report.order_id}: fewer units are shipped; {rule}")
        costs = [fsum(map(shipping_cost, runs)) for runs in (mine, nearest, best)]
        dearer = f"{100 * (costs[0] / costs[2] - 1):.1f} % above the best for each order"
        if costs[0] > (1 + MOST_DEARER) * costs[2]:
            why = f"on {kind} days shipping costs {dearer}; at most {MOST_DEARER:.0%} is allowed"
            names = "yours", "nearest", "the best for each order"
            raise NotYet(why, map("{}: {:,.2f} dollars".format, names, costs))
        told.append(f"{dearer} on {kind} days")
    return ", ".join(told)


def shipping_cost(run: FulfillmentRun) -> float:
    """What the shipments of a run cost together, in dollars."""
    return fsum(shipment.cost for report in run.reports for shipment in report.shipments)


@lru_cache(maxsize=4)  # they are the same for every answer
def _compared(kind: str) -> tuple[tuple[FulfillmentRun, ...], ...]:
    return tuple(_days(kind, best_for_each_order(sample_network()))), tuple(_days(kind, "nearest"))


def _days(kind: str, routing: Routing | str) -> Iterator[FulfillmentRun]:
    """The days of a kind. No two orders have one id, so that an answer may remember orders."""
    count, stock, seeds = DAYS[kind]
    for seed in seeds:
        orders = [
            replace(order, id=f"{seed}-{order.id}") for order in sample_orders(count, seed=seed)
        ]
        yield simulate(orders, sample_network(stock), CALM, routing=routing)


def best_for_each_order(network: Network) -> Routing:
    """A routing that tries, for each order, every way to rank the warehouses for each line.

    It takes the cheapest way by the library's cartons, rates and promise, with the units that are
    available to the order at that moment. It knows nothing of the orders that come later.
    """
    warehouses = {warehouse.name: warehouse for warehouse in network.warehouses}

    @lru_cache(maxsize=4096)
    def cost(order: Order, name: str, units: tuple[tuple[str, int], ...]) -> float:
        packages = pack(tuple((network.product(sku), count) for sku, count in units), name, 0, 0)
        return ship(order, warehouses[name], packages, 0, 0, CALM.start_date, order.placed_s).cost

    def price(order: Order, picks: Iterable[tuple[tuple[str, int], ...]]) -> float:
        parts: dict[str, tuple[tuple[str, int], ...]] = {}
        for line, served in zip(order.lines, picks, strict=True):
            for name, units in served:
                parts[name] = (*parts.get(name, ()), (line.sku, units))
        return round(fsum(cost(order, name, units) for name, units in parts.items()), 2)

    def route(order: Order, sku: str, available: Mapping[str, Units]) -> tuple[str, ...]:
        ways = {  # of each line: from where its units come, and the names that lead there
            line.sku: {
                tuple(sourced(line.quantity, available[line.sku], names)): names
                for names in permutations(warehouses)
            }
            for line in order.lines
        }
        best = min(product(*ways.values()), key=lambda picks: price(order, picks))
        return ways[sku][best[list(ways).index(sku)]]

    return route
