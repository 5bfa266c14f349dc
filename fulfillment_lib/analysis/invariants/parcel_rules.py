"""The rules of parcels: packages, labels and their numbers → violations. In whole grams and mm.

How check digits go is written down here a second time, after the carriers' own schemes. The numbers
of a carrier that is not known here are taken as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from math import prod

from fulfillment_lib.analysis.invariants.log import Finding, RunLog, differences
from fulfillment_lib.business_days import business_day
from fulfillment_lib.orders import Order, Product, Warehouse
from fulfillment_lib.plan import TaskKind
from fulfillment_lib.records import Fulfillment, OrderReport, Package

LATEST_S = 2.4e11  # 7,600 years: from 2200 on calendars go on for some more


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


def _is_right(scheme: str, number: str) -> bool | None:
    """Whether the check digit of a number is right; None if it has not the form of the scheme."""
    form, digit = SCHEMES[scheme]
    if not re.fullmatch(f"{form}[0-9]", number):
        return None
    return int(number[-1]) == digit(number[:-1]) % 10


def one_label(log: RunLog) -> Iterator[Finding]:
    """A fulfillment has one label at most; one that was made in vain is voided; no number twice."""
    times = Counter(number for _, report in log.orders for number in _numbers(report))
    for order, report in log.orders:
        for number in _numbers(report):
            if times[number] > 1:
                text = f"has the number {number}, which comes {times[number]} times"
                yield Finding.of_report(report, text)
        in_vain = [result.task for result in log.results_of[order.id] if not result.succeeded]
        made = sum(task.kind == TaskKind.SHIPPING and task.id in log.effects for task in in_vain)
        if len(report.voided) != made and order.id not in log.unsure:
            text = f"has {len(report.voided)} voided labels, where {made} were made in vain"
            yield Finding.of_report(report, text)


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
    for order, report in log.orders:
        for text in _wrong_in_parcels(log, order, report):
            yield Finding.of_report(report, text)


def _wrong_in_parcels(log: RunLog, order: Order, report: OrderReport) -> Iterator[str]:
    for number in report.voided:
        if any(_is_right(scheme, number) is False for scheme in SCHEMES):
            yield f"has voided {number}, whose check digit is wrong"
    for fulfillment in report.fulfillments:
        yield from _wrong_in_contents(fulfillment)
        for package in fulfillment.packages:
            yield from _wrong_in_package(log, package)
        yield from _wrong_in_label(log, order, fulfillment)


def _wrong_in_contents(fulfillment: Fulfillment) -> Iterator[str]:
    where, packed, reserved = fulfillment.warehouse, Counter[str](), Counter[str]()
    for reservation in fulfillment.reservations:
        reserved[reservation.sku] += reservation.quantity
    for package in fulfillment.packages:
        packed.update(package.contents)
    if (fulfillment.packages or fulfillment.shipment) and packed != reserved:
        yield f"packed {dict(packed)} at {where}, where {dict(reserved)} were reserved"
    if {package.warehouse for package in fulfillment.packages} - {where}:
        yield f"has packages of another warehouse than {where}"
    if fulfillment.shipment is not None and fulfillment.shipment.packages != fulfillment.packages:
        yield f"ships other packages from {where} than were packed"


def _wrong_in_package(log: RunLog, package: Package) -> Iterator[str]:
    if not _is_right("SSCC", package.sscc):
        yield f"has a package with {package.sscc}, which is no SSCC"
    box = sorted(round(side * 10) for side in _sides(package))
    milligrams = round(package.weight_kg * 1e6)
    half_kg = max(-(-milligrams // 500_000), -(-prod(box) // 2_500_000))
    if package.billable_weight_kg * 2 != half_kg:
        text = f"{package.billable_weight_kg} kg, where {half_kg / 2} kg are due"
        yield f"has a package {package.sscc} billed as {text}"
    units_of = package.contents.items()
    contents = [(log.products[sku], units) for sku, units in units_of if sku in log.products]
    if milligrams < sum(round(product.weight_kg * 1e6) * units for product, units in contents):
        yield f"has a package {package.sscc} of {package.weight_kg} kg, less than what is in it"
    sides = [sorted(side * 10 - 1e-3 for side in _sides(product)) for product, _ in contents]
    fits = all(inner <= outer for each in sides for inner, outer in zip(each, box, strict=True))
    volume = sum(prod(each) * units for each, (_, units) in zip(sides, contents, strict=True))
    if not fits or volume > prod(box):
        yield f"has a package {package.sscc} that is smaller than what is in it"


def _sides(box: Package | Product) -> tuple[float, float, float]:
    return box.length_cm, box.width_cm, box.height_cm


def _wrong_in_label(log: RunLog, order: Order, fulfillment: Fulfillment) -> Iterator[str]:
    shipment, house = fulfillment.shipment, log.houses.get(fulfillment.warehouse)
    if shipment is None or house is None:
        return
    label = f"label {shipment.tracking_number}"
    share = log.shares.get((order.id, house.name, log.round_of_part(fulfillment)), [])
    made_s = max((log.effects.get(result.task.id, 0.0) for result in share[-1:]), default=0.0)
    day = business_day(log.run.settings.start_date, min(made_s, LATEST_S)).isoformat()
    due = replace(shipment, order_id=order.id, warehouse=house.name, ship_date=day)
    due = replace(due, origin=_place(house), destination=_place(order))
    yield from differences(shipment, due, label)
    if shipment.delivery_date <= shipment.ship_date or not shipment.cost >= 0.0:
        text = f"from {shipment.ship_date} to {shipment.delivery_date}, for {shipment.cost} dollars"
        yield f"has the {label}, which goes {text}"
    numbers, packages = shipment.tracking_numbers, len(shipment.packages)
    if shipment.carrier in SCHEMES:
        if len(numbers) != (1 if shipment.carrier == "DHL" else packages):
            yield f"has the {label}: {len(numbers)} numbers for {packages} packages"
        for number in numbers:
            if not _is_right(shipment.carrier, number):
                yield f"has the number {number}, which is none of {shipment.carrier}"


def _place(address: Order | Warehouse) -> str:
    return f"{address.postal_code} {address.country}".strip()
