"""Shipping: packages of a warehouse become a shipment with service, tracking number and dates.

Transit counts business days, Monday to Friday, without the day of shipping; holidays are left
out. Costs are whole cents inside and US dollars in the record. Services, their speed and the
check digits are modelled on real ones; the rates are illustrative, and no carrier is called.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial

from fulfillment_lib import checks
from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.operations.geography import zone
from fulfillment_lib.operations.identifiers import dhl_express, fedex_express, ups_1z
from fulfillment_lib.operations.workplace import Workplace, reply, serve
from fulfillment_lib.orders import SECONDS_PER_DAY, Order, Priority, Warehouse
from fulfillment_lib.records import Package, Shipment


@dataclass(frozen=True, slots=True, eq=False)  # a row of a table: it equals itself alone
class Service:
    """A carrier's service. `days` and `half_kg_cents` have one entry per zone, 1 to 5.

    A package costs `base_cents` plus `half_kg_cents` for each half kilogram of billable weight.
    `track` makes a tracking number of the carrier from the order's number and the warehouse's.
    """

    carrier: str
    name: str
    track: Callable[[int, int], str]
    days: tuple[int, ...]
    base_cents: int
    half_kg_cents: tuple[int, ...]

    def cost_cents(self, zone: int, weights_kg: Iterable[float]) -> int:
        """The price of packages of these billable weights (multiples of 0.5 kg)."""
        rate = self.half_kg_cents[zone - 1]
        return sum([self.base_cents + rate * round(2 * weight) for weight in weights_kg])


def _ups(service_code: str) -> Callable[[int, int], str]:
    return partial(ups_1z, service_code=service_code)


# Rates are made up. UPS asks more to begin with and less per kilogram than FedEx: light packages
# are cheaper with FedEx, heavy ones with UPS, and the two cross between 2 and 4 kg.
US_SERVICES = (
    Service("UPS", "Next Day Air", _ups("01"), (1,) * 5, 3_300, (120, 150, 180, 210, 240)),
    Service(
        "FedEx", "Standard Overnight", fedex_express, (1,) * 5, 3_000, (165, 200, 235, 275, 310)
    ),
    Service("UPS", "2nd Day Air", _ups("02"), (2,) * 5, 1_800, (70, 85, 100, 120, 140)),
    Service("FedEx", "2Day", fedex_express, (2,) * 5, 1_550, (110, 130, 150, 175, 200)),
    Service("UPS", "3 Day Select", _ups("12"), (3,) * 5, 1_200, (40, 50, 60, 75, 90)),
    Service("UPS", "Ground", _ups("03"), (1, 2, 3, 4, 5), 800, (18, 22, 28, 35, 42)),
)
# For all that does not both begin and end in the US. Within another country is zone 3, across a
# border zone 5.
WORLD_SERVICES = (
    Service(
        "DHL", "Express Worldwide", dhl_express, (2, 2, 2, 2, 3), 3_800, (200, 200, 200, 200, 350)
    ),
)


def ship(
    order: Order,
    warehouse: Warehouse,
    packages: tuple[Package, ...],
    order_number: int,
    warehouse_number: int,
    start_date: str,
    finish_s: float,
) -> Shipment:
    """The shipment of packages of one warehouse, tendered at `finish_s` seconds after the start.

    Raises:
        IdentifierError: a number outside the serial space.
        ArgumentError: no calendar has the day.
    """
    in_zone = zone(warehouse.postal_code, warehouse.country, order.postal_code, order.country)
    weights = tuple([package.billable_weight_kg for package in packages])
    domestic = warehouse.country == order.country == "US"
    services = US_SERVICES if domestic else WORLD_SERVICES
    service = choose_service(services, order.priority, order.promised_days, in_zone, weights)
    ships, arrives = _dates(start_date, finish_s // SECONDS_PER_DAY, service.days[in_zone - 1])
    return Shipment(
        order.id,
        warehouse.name,
        service.carrier,
        service.name,
        service.track(order_number, warehouse_number),
        origin=_place(warehouse.postal_code, warehouse.country),
        destination=_place(order.postal_code, order.country),
        ship_date=ships,
        delivery_date=arrives,
        cost=service.cost_cents(in_zone, weights) / 100,
        packages=packages,
    )


@lru_cache(maxsize=4096)
def choose_service(
    services: tuple[Service, ...],
    priority: Priority,
    promised_days: int,
    zone: int,
    weights_kg: tuple[float, ...],
) -> Service:
    """The service for packages of these billable weights.

    Express takes the fastest, and of equally fast ones the cheapest. Standard takes the cheapest
    that keeps the order's promise, or the fastest if none does.
    """

    def cost(service: Service) -> int:
        return service.cost_cents(zone, weights_kg)

    def speed(service: Service) -> tuple[int, int]:
        return service.days[zone - 1], cost(service)

    if priority is Priority.STANDARD:
        on_time = [service for service in services if service.days[zone - 1] <= promised_days]
        if on_time:
            return min(on_time, key=cost)
    return min(services, key=speed)


@lru_cache(maxsize=4096)  # so that shipments share one text
def _place(postal_code: str, country: str) -> str:
    return f"{postal_code} {country}"


@lru_cache(maxsize=4096)
def _dates(start_date: str, day: float, transit_days: int) -> tuple[str, str]:
    """The dates of shipping and delivery, which are the same for a whole day of the run."""
    try:
        ships = ship_day(start_date, day * SECONDS_PER_DAY)
        return ships.isoformat(), add_business_days(ships, transit_days).isoformat()
    except OverflowError:
        checks.refuse("day of shipping", "before the year 10000", f"{start_date} + {day:,.0f} days")


def ship_day(start_date: str, finish_s: float) -> date:
    """The day on which shipping ends, and the Monday after if that is a weekend.

    >>> ship_day("2026-03-06", 10.0).isoformat(), ship_day("2026-03-06", 86_400.0).isoformat()
    ('2026-03-06', '2026-03-09')
    """
    day = date.fromisoformat(start_date) + timedelta(finish_s // SECONDS_PER_DAY)
    return day + timedelta(7 - day.weekday()) if day.weekday() >= 5 else day


def add_business_days(day: date, n: int) -> date:
    """The n-th business day after a day (which itself does not count).

    >>> add_business_days(date(2026, 3, 6), 1).isoformat()
    '2026-03-09'
    """
    for _ in range(n):
        day += timedelta(1 if day.weekday() < 4 else 7 - day.weekday())
    return day


async def ship_order(
    task: Task,
    attempt: int,
    workplace: Workplace,
    order: Order,
    order_number: int,
    warehouse_name: str,
    packages: tuple[Package, ...],
) -> Shipment:
    """Tender the packages of one warehouse to a carrier; a repeat gets the same label."""
    warehouse_number, warehouse = workplace.places[warehouse_name]
    draw = workplace.draw(task, warehouse_number, attempt)
    finish_s = asyncio.get_running_loop().time() + draw.service_s
    numbers = (order_number, warehouse_number)
    start_date = workplace.settings.start_date
    shipment = workplace.compute(ship, order, warehouse, packages, *numbers, start_date, finish_s)
    await serve(draw)
    label = workplace.ledger.label(task.id, await workplace.collect(shipment, Shipment))
    await reply(draw)
    return label
