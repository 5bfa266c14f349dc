"""The judges of lesson 10: a service for each parcel, and warehouses for whole orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice, permutations, product
from math import fsum
from typing import Any

from fulfillment_lib.course.verdicts import NotYet
from fulfillment_lib.errors import shown
from fulfillment_lib.operations.packing import pack
from fulfillment_lib.operations.shipping import US_SERVICES, Service, ship
from fulfillment_lib.orders import Network, Order, Units
from fulfillment_lib.records import Package
from fulfillment_lib.run import simulate
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.settings import Durations, Routing, Settings, uniforms
from fulfillment_lib.stock.base import sourced

PARCELS, ZONES, LONGEST_DAYS = 1_000, 6, 7
# Days that are not shown, of so many orders and with so much stock that it runs short.
SEEDS, ORDERS, STOCK = range(700, 724), 30, 3.0
MOST_DEARER = 0.01
# Nobody waits and nothing times out, so that the routing decides, and nothing else does.
CALM = Settings(workers=100, durations=Durations.constant())


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
        said = _service_of(answer(parcel, services, zone, days_left), ranks, zone)
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
    services = sorted(draws, key=lambda each: draws[each])[: 3 + number % 4]
    where, when = uniforms("10.1", number, "where and when")
    return tuple(services), 1 + int(ZONES * where), int((LONGEST_DAYS + 1) * when)


def _service_of(said: object, services: Iterable[Service], zone: int) -> Service:
    """The service itself, or that of a name, with the carrier's or without."""
    text = " ".join(map(str, said)) if isinstance(said, tuple | list) else said
    for each in services:
        if said is each or (isinstance(text, str) and text in (each.name, _name(each))):
            return each
    raise NotYet(f"it must be one of the given services that go to zone {zone}, got {shown(said)}")


def _name(service: Service) -> str:
    return f"{service.carrier} {service.name}"


def routing(answer: Any) -> str:
    """`answer(order, sku, available)`: names of warehouses, by which whole orders are cheap."""
    days = [costs(answer, seed) for seed in SEEDS]
    mine, best = (fsum(dollars) for dollars in zip(*days, strict=True))
    told = (
        f"{len(days)} days cost {100 * (mine / best - 1):.1f} % more than the best for each order"
    )
    if mine > (1 + MOST_DEARER) * best:
        row = f"yours: {mine:,.2f} dollars, the best for each order: {best:,.2f} dollars"
        raise NotYet(f"{told}; at most {100 * MOST_DEARER:.0f} % is allowed", [row])
    return told


def costs(routing: Routing, seed: int) -> tuple[float, float]:
    """What the shipments of a day cost, and what the best choice for each order would have cost.

    The best for an order is found by brute force: with the units that are available to it when its
    first line is checked, all ways to rank the warehouses for each of its lines are priced, by
    the library's cartons, rates and promise. It knows nothing of the orders that come later.

    Raises:
        NotYet: an order gets fewer units than are available to it.
    """
    network = sample_network(STOCK)
    best: dict[str, tuple[float, int]] = {}

    def noted(order: Order, sku: str, available: Mapping[str, Units]) -> Iterable[str]:
        if order.id not in best:
            best[order.id] = _best(order, network, available)
        return routing(order, sku, available)

    # No two orders have one id, so that an answer may remember orders.
    orders = [
        replace(order, id=f"{seed}-{order.id}", shortage="backorder")
        for order in sample_orders(ORDERS, seed=seed)
    ]
    run = simulate(orders, network, CALM, routing=noted)
    for report in run.reports:
        if report.total("shipped") < best[report.order_id][1]:
            rule = "a warehouse that is not named is not asked"
            raise NotYet(f"{report.order_id}: fewer units are shipped than are there; {rule}")
    mine = fsum(shipment.cost for report in run.reports for shipment in report.shipments)
    return mine, fsum(cost for cost, _ in best.values())


def _best(order: Order, network: Network, available: Mapping[str, Units]) -> tuple[float, int]:
    """The least cost of an order, and its units that are there."""
    ways = [
        {
            tuple(sourced(line.quantity, available[line.sku], names))
            for names in permutations(available[line.sku])
        }
        for line in order.lines
    ]
    least = min(_price(order, network, picks) for picks in product(*ways))
    return least, sum(units for way in ways for _, units in next(iter(way)))


def _price(order: Order, network: Network, picks: Iterable[tuple[tuple[str, int], ...]]) -> float:
    """What an order costs when its lines come from these warehouses, as pairs (name, units)."""
    dollars = []
    for warehouse in network.warehouses:
        items = tuple(
            (network.product(line.sku), units)
            for line, pick in zip(order.lines, picks, strict=True)
            for name, units in pick
            if name == warehouse.name
        )
        if items:
            packages = pack(items, warehouse.name, 0, 0)
            shipment = ship(order, warehouse, packages, 0, 0, CALM.start_date, order.placed_s)
            dollars.append(shipment.cost)
    return fsum(dollars)
