"""Shipping: packages of a warehouse become a shipment with service, tracking number and dates.

Transit counts business days, Monday to Friday, without the day of shipping; holidays are left
out. Costs are whole cents inside and US dollars in the record. Services, their speed and the
check digits are modelled on real ones; the rates are illustrative, and no carrier is called.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import NamedTuple

from fulfillment_lib import checks
from fulfillment_lib.business_days import (
    SECONDS_PER_DAY,
    add_business_days,
    business_day,
    business_days_until,
)
from fulfillment_lib.countries import is_us
from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.errors import NO_PARCEL, ParcelError
from fulfillment_lib.operations.geography import zone
from fulfillment_lib.operations.identifiers import dhl_express, fedex_express, ups_1z, usps
from fulfillment_lib.operations.workplace import Workplace, reply, serve
from fulfillment_lib.orders import Order, Priority, Warehouse
from fulfillment_lib.records import Package, Shipment

LAST_OF_48 = 5  # the farthest zone within the 48 states


class Limits(NamedTuple):
    """The largest parcel that a carrier takes, in kg and cm; the girth goes around its length."""

    weight_kg: float
    length_cm: float
    length_and_girth_cm: float

    def take(self, package: Package) -> bool:
        """Whether a package is within all three."""
        *girth, length_cm = sorted((package.length_cm, package.width_cm, package.height_cm))
        return (
            package.weight_kg <= self.weight_kg
            and length_cm <= self.length_cm
            and length_cm + 2 * sum(girth) <= self.length_and_girth_cm
        )


# As the carriers publish them for parcels: UPS 70 kg (in the US 150 lb), 108 in and 165 in; FedEx
# Ground 150 lb, 108 in and 165 in, which stand here for all its services; Priority Mail 70 lb, and
# 108 in of length and girth; DHL Express 70 kg and 120 × 80 × 80 cm.
UPS_LIMITS = Limits(70.0, 274.0, 419.0)
FEDEX_LIMITS = Limits(68.0, 274.0, 419.0)
USPS_LIMITS = Limits(31.7, 274.0, 274.0)
DHL_LIMITS = Limits(70.0, 120.0, 440.0)


@dataclass(frozen=True, slots=True, eq=False)  # a row of a table: it equals itself alone
class Service:
    """A carrier's service. `days` and `half_kg_cents` have one entry per zone, from 1 on.

    A service does not go to a zone without days, nor to those beyond its last entry. A package
    costs `base_cents` plus `half_kg_cents` for each half kilogram of billable weight. `track` makes
    a tracking number of the carrier from the order's number, the warehouse's and, where each
    package has one (`per_package`), from the second on the carton's number.
    """

    carrier: str
    name: str
    track: Callable[..., str]
    days: tuple[int | None, ...]
    base_cents: int
    half_kg_cents: tuple[int, ...]
    limits: Limits = UPS_LIMITS
    per_package: bool = True

    def days_to(self, zone: int) -> int | None:
        """Business days of transit; None in a zone to which the service does not go."""
        return self.days[zone - 1] if zone <= len(self.days) else None

    def cost_cents(self, zone: int, weights_kg: Iterable[float]) -> int:
        """The price of packages of these billable weights (multiples of 0.5 kg)."""
        rate = self.half_kg_cents[zone - 1]
        return sum([self.base_cents + rate * round(2 * weight) for weight in weights_kg])

    def numbers(self, order_number: int, warehouse_number: int, packages: int) -> tuple[str, ...]:
        """The tracking numbers of a shipment, the first package's first."""
        cartons = range(1, packages if self.per_package else 1)
        first = self.track(order_number, warehouse_number)
        return first, *[
            self.track(order_number, warehouse_number, carton=carton) for carton in cartons
        ]


def _ups(service_code: str) -> Callable[..., str]:
    return partial(ups_1z, service_code=service_code)


# Rates are made up. UPS asks more to begin with and less per kilogram than FedEx: light packages
# are cheaper with FedEx, heavy ones with UPS, and the two cross between 2 and 4 kg. To Alaska,
# Hawaii and Puerto Rico (zone 6) all is slower and dearer, and there is no 3 Day Select.
US_SERVICES = (
    Service("UPS", "Next Day Air", _ups("01"), (1, 1, 1, 1, 1, 2), 3_300,
            (120, 150, 180, 210, 240, 420)),
    Service("FedEx", "Standard Overnight", fedex_express, (1, 1, 1, 1, 1, 2), 3_000,
            (165, 200, 235, 275, 310, 520), FEDEX_LIMITS),
    Service("UPS", "2nd Day Air", _ups("02"), (2, 2, 2, 2, 2, 3), 1_800,
            (70, 85, 100, 120, 140, 290)),
    Service("FedEx", "2Day", fedex_express, (2, 2, 2, 2, 2, 3), 1_550,
            (110, 130, 150, 175, 200, 380), FEDEX_LIMITS),
    Service("UPS", "3 Day Select", _ups("12"), (3,) * 5, 1_200, (40, 50, 60, 75, 90)),
    Service("UPS", "Ground", _ups("03"), (1, 2, 3, 4, 5, 7), 800, (18, 22, 28, 35, 42, 110)),
)  # fmt: skip
# Beyond the 48 states the Postal Service goes, too, and alone to Guam (7) and to military mail (8).
POSTAL_SERVICES = (
    Service("USPS", "Priority Mail Express", usps, (None,) * 5 + (3, 4, 6), 3_100,
            (0,) * 5 + (330, 360, 360), USPS_LIMITS),
    Service("USPS", "Priority Mail", usps, (None,) * 5 + (4, 6, 10), 1_100,
            (0,) * 5 + (150, 180, 180), USPS_LIMITS),
)  # fmt: skip
# For all that does not both begin and end in the US. Within another country is zone 3, across a
# border zone 5.
WORLD_SERVICES = (
    Service("DHL", "Express Worldwide", dhl_express, (2, 2, 2, 2, 3), 3_800,
            (200, 200, 200, 200, 350), DHL_LIMITS, per_package=False),
)  # fmt: skip


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
        ParcelError: there is no service that takes all packages.
        IdentifierError: a number outside the serial space.
        ArgumentError: no calendar has the day.
    """
    in_zone = zone(warehouse.postal_code, warehouse.country, order.postal_code, order.country)
    weights = tuple([package.billable_weight_kg for package in packages])
    services = _services(warehouse.country, order.country, in_zone, packages)
    try:
        ships = business_day(start_date, finish_s)
    except OverflowError:
        day = f"{start_date} + {finish_s // SECONDS_PER_DAY:,.0f} days"
        checks.refuse("day of shipping", "before the year 10000", day)
    days_left = business_days_until(ships, order.promised_date(start_date))
    service = choose_service(services, order.priority, days_left, in_zone, weights)
    number, *more = service.numbers(order_number, warehouse_number, len(packages))
    return Shipment(
        order.id,
        warehouse.name,
        service.carrier,
        service.name,
        number,
        origin=_place(warehouse.postal_code, warehouse.country),
        destination=_place(order.postal_code, order.country),
        ship_date=_iso(ships),
        delivery_date=_iso(add_business_days(ships, _days(service, in_zone))),
        cost=service.cost_cents(in_zone, weights) / 100,
        packages=packages,
        more_numbers=tuple(more),
    )


@lru_cache(maxsize=4096)
def choose_service(
    services: tuple[Service, ...],
    priority: Priority,
    days_left: int,
    zone: int,
    weights_kg: tuple[float, ...],
) -> Service:
    """The service for packages of these billable weights.

    Express takes the fastest, and of equally fast ones the cheapest. Standard takes the cheapest
    that arrives within `days_left`, the business days from the day of shipping to the promised
    one, or the fastest if none does: what an order has lost in the warehouse, a faster service
    may still win back.
    """

    def cost(service: Service) -> int:
        return service.cost_cents(zone, weights_kg)

    def speed(service: Service) -> tuple[int, int]:
        return _days(service, zone), cost(service)

    if priority is Priority.STANDARD:
        on_time = [service for service in services if _days(service, zone) <= days_left]
        if on_time:
            return min(on_time, key=cost)
    return min(services, key=speed)


def _services(
    origin_country: str, destination_country: str, zone: int, packages: tuple[Package, ...]
) -> tuple[Service, ...]:
    """The services that go there and take all packages."""
    services: tuple[Service, ...] = WORLD_SERVICES
    if is_us(origin_country) and is_us(destination_country):
        services = US_SERVICES if zone <= LAST_OF_48 else (*US_SERVICES, *POSTAL_SERVICES)
    found = tuple(
        [
            service
            for service in services
            if service.days_to(zone) is not None and all(map(service.limits.take, packages))
        ]
    )
    if not found:
        raise ParcelError(f"{NO_PARCEL}{_largest(packages)}, and no carrier takes that")
    return found


def _days(service: Service, zone: int) -> int:
    """Days of transit of a service that goes there."""
    days = service.days_to(zone)
    assert days is not None
    return days


def _largest(packages: Iterable[Package]) -> str:
    """The package that exceeds the limits of carriers by the most, in words."""

    def excess(package: Package) -> float:
        sides = sorted((package.length_cm, package.width_cm, package.height_cm))
        return max(package.weight_kg / 70.0, sides[2] / 274.0, sum(sides) / 274.0)

    package = max(packages, key=excess)
    sides_cm = (package.length_cm, package.width_cm, package.height_cm)
    return f"{package.weight_kg:,g} kg, {' × '.join(f'{side:,g}' for side in sides_cm)} cm"


@lru_cache(maxsize=4096)  # so that shipments share one text
def _place(postal_code: str, country: str) -> str:
    return f"{postal_code} {country}".strip()


@lru_cache(maxsize=4096)
def _iso(day: date) -> str:
    return day.isoformat()


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
    part, warehouse = workplace.place(task, warehouse_name)
    draw = workplace.draw(task, part, attempt)
    finish_s = asyncio.get_running_loop().time() + draw.service_s
    numbers = (order_number, part)
    start_date = workplace.settings.start_date
    shipment = workplace.compute(ship, order, warehouse, packages, *numbers, start_date, finish_s)
    await serve(draw)
    label = workplace.ledger.label(task.id, await workplace.collect(shipment, Shipment))
    await reply(draw)
    return label
