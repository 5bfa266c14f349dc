"""The rules of parcels: packages, labels and their numbers → violations. In whole grams and mm.

How check digits go is written down here a second time, after the carriers' own schemes. The numbers
of a carrier that is not known here are taken as they are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import cycle
from math import prod

from fulfillment_lib.analysis.invariants.log import Finding, RunLog
from fulfillment_lib.business_days import business_day
from fulfillment_lib.orders import Order, Product, Warehouse
from fulfillment_lib.plan import TaskKind, task_id
from fulfillment_lib.records import OrderReport, Package, Shipment

LATEST_S = 1e11  # more than 3,000 years: calendars go on for some more


def _sum(body: str, *weights: int) -> int:
    """The weighted sum of marks; a letter counts as (ASCII − 3) mod 10."""
    values = (int(mark) if mark.isdigit() else (ord(mark) - 3) % 10 for mark in body)
    return sum(weight * value for weight, value in zip(cycle(weights), values, strict=False))


def _gs1(body: str) -> int:
    return -_sum(body[::-1], 3, 1)


# What comes before the check digit, and the sum that is the digit, modulo 10.
SCHEMES: dict[str, tuple[str, Callable[[str], int]]] = {
    "UPS": ("1Z[0-9A-Z]{15}", lambda body: -_sum(body[2:], 1, 2)),
    "FedEx": ("[0-9]{11}", lambda body: _sum(body, 3, 1, 7) % 11),
    "USPS": ("[0-9]{21}", _gs1),
    "DHL": ("[0-9]{9}", lambda body: int(body) % 7),
    "SSCC": ("[0-9]{17}", _gs1),
}


def _has_form(scheme: str, number: str) -> bool:
    return bool(re.fullmatch(f"{SCHEMES[scheme][0]}[0-9]", number))


def _is_number(scheme: str, number: str) -> bool:
    digit = SCHEMES[scheme][1]
    return _has_form(scheme, number) and int(number[-1]) == digit(number[:-1]) % 10


def one_label(log: RunLog) -> Iterator[Finding]:
    """A fulfillment has one label at most; one that was made in vain is voided; no number twice."""
    owners: dict[str, list[OrderReport]] = defaultdict(list)
    for order, report in log.orders:
        for number in _numbers(report):
            owners[number].append(report)
        names = [fulfillment.warehouse for fulfillment in report.fulfillments]
        if len(set(names)) < len(names):
            yield Finding.of_report(report, f"has two fulfillments at one warehouse: {names}")
        in_vain = [
            result.task.id
            for result in log.results_of[order.id]
            if result.task.kind == TaskKind.SHIPPING and not result.succeeded
        ]
        made = len(log.effects.keys() & in_vain)
        if len(report.voided) != made:
            text = f"has {len(report.voided)} voided labels, where {made} were made in vain"
            yield Finding.of_report(report, text)
    for number, reports in owners.items():
        if len(reports) > 1:
            text = f"has the number {number}, which comes {len(reports)} times"
            yield Finding.of_report(reports[-1], text)


def _numbers(report: OrderReport) -> list[str]:
    numbers = list(report.voided)
    for fulfillment in report.fulfillments:
        numbers += [package.sscc for package in fulfillment.packages]
        if fulfillment.shipment is not None:
            numbers += fulfillment.shipment.tracking_numbers
    return numbers


def parcels_fit(log: RunLog) -> Iterator[Finding]:
    """Packages hold what is in them; labels are of their order, with days and numbers that can be.

    A voided number is a right one of the carriers that make numbers of its form.
    """
    houses = {house.name: house for house in log.run.network.warehouses}
    products = {product.sku: product for product in log.run.network.products}
    for order, report in log.orders:
        wrong = [
            f"has voided {number}, whose check digit is wrong"
            for number in report.voided
            if (forms := [scheme for scheme in SCHEMES if _has_form(scheme, number)])
            and not any(_is_number(scheme, number) for scheme in forms)
        ]
        for fulfillment in report.fulfillments:
            shipment, house = fulfillment.shipment, houses.get(fulfillment.warehouse)
            for package in fulfillment.packages:
                wrong += _wrong_in_package(package, products)
            if shipment is not None and house is not None:
                wrong += _wrong_in_label(log, order, house, shipment)
        for text in wrong:
            yield Finding.of_report(report, text)


def _wrong_in_package(package: Package, products: dict[str, Product]) -> Iterator[str]:
    if not _is_number("SSCC", package.sscc):
        yield f"has a package with {package.sscc}, which is no SSCC"
    box = sorted(round(side * 10) for side in _sides(package))
    milligrams = round(package.weight_kg * 1e6)
    half_kg = max(-(-milligrams // 500_000), -(-prod(box) // 2_500_000))
    if package.billable_weight_kg * 2 != half_kg:
        text = f"{package.billable_weight_kg} kg, where {half_kg / 2} kg are due"
        yield f"has a package {package.sscc} billed as {text}"
    contents = [
        (products[sku], units) for sku, units in package.contents.items() if sku in products
    ]
    if milligrams < sum(round(product.weight_kg * 1e6) * units for product, units in contents):
        yield f"has a package {package.sscc} of {package.weight_kg} kg, less than what is in it"
    sides = [sorted(side * 10 - 1e-3 for side in _sides(product)) for product, _ in contents]
    fits = all(inner <= outer for each in sides for inner, outer in zip(each, box, strict=True))
    volume = sum(prod(each) * units for each, (_, units) in zip(sides, contents, strict=True))
    if not fits or volume > prod(box):
        yield f"has a package {package.sscc} that is smaller than what is in it"


def _sides(box: Package | Product) -> tuple[float, float, float]:
    return box.length_cm, box.width_cm, box.height_cm


def _wrong_in_label(
    log: RunLog, order: Order, house: Warehouse, shipment: Shipment
) -> Iterator[str]:
    label = f"has the label {shipment.tracking_number}"
    told = (shipment.order_id, shipment.warehouse, shipment.origin, shipment.destination)
    due = (order.id, house.name, _place(house), _place(order))
    if told != due:
        yield f"{label} of {told}, where {due} are due"
    made_s, day = log.effects.get(task_id(order.id, TaskKind.SHIPPING, house.name)), "another day"
    if made_s is not None and made_s < LATEST_S:
        day = business_day(log.run.settings.start_date, made_s).isoformat()
    if shipment.ship_date != day or shipment.delivery_date <= day:
        days = f"ships on {shipment.ship_date} and arrives on {shipment.delivery_date}"
        yield f"{label}, which was made on {day}, {days}"
    if not shipment.cost >= 0.0:
        yield f"{label} for {shipment.cost} dollars"
    numbers, packages = shipment.tracking_numbers, len(shipment.packages)
    if shipment.carrier in SCHEMES:
        if len(numbers) != (1 if shipment.carrier == "DHL" else packages):
            yield f"{label}: {len(numbers)} numbers for {packages} packages"
        for number in numbers:
            if not _is_number(shipment.carrier, number):
                yield f"{label}, but {number} is no number of {shipment.carrier}"


def _place(address: Order | Warehouse) -> str:
    return f"{address.postal_code} {address.country}".strip()
