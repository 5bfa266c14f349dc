"""Packing: the units that a warehouse ships for an order become packages.

Nothing is lost: what comes in goes into a package. Weights are in kg, lengths in cm. Nothing here
looks at stock.
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any

from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.operations.cartons import (
    CARTONS,
    Box,
    Carton,
    Item,
    Placement,
    Wanted,
    boxed,
    filled,
    fits,
    measured,
)
from fulfillment_lib.operations.identifiers import sscc18
from fulfillment_lib.operations.workplace import Workplace, reply, serve
from fulfillment_lib.orders import Product, Units
from fulfillment_lib.records import Package, Reservation

OWN_BOX = "own box"
# The carriers' usual divisor: 5,000 cm³ count as 1 kg (in the US 139 cubic inches as 1 lb).
DIMENSIONAL_CM3_PER_KG = 5_000

_BOXES = tuple(map(boxed, CARTONS))
_all_but_labels = attrgetter(*[part.name for part in fields(Package)][2:])  # SSCC and warehouse


def pack(
    items: tuple[tuple[Product, int], ...], warehouse: str, order_number: int, part: int
) -> tuple[Package, ...]:
    """The packages that hold the items: pairs (product, units), each product once, in any order.

    The smallest carton that holds all is used. If none does, the largest is filled as far as it
    goes, and the rest goes on. A unit that fits no carton, by size or by weight, ships alone in
    the maker's box, which adds neither size nor weight.

    A package's weight is rounded up to the gram. Its billable weight is the larger one of that
    and its volume ÷ 5,000 cm³ per kg, rounded up to 0.5 kg.

    Raises:
        IdentifierError: more than 1,000 packages, or a number outside the serial space.
    """
    wanted = measured(items)
    packages: list[Package] = []
    while wanted:
        sscc = sscc18(order_number, part, len(packages))
        box, contents = _next_box(wanted)
        packages.append(_closed(box, contents, wanted, sscc, warehouse))
        wanted = [
            (item, rest) for item, units in wanted if (rest := units - contents.get(item.sku, 0))
        ]
    return tuple(packages)


def _next_box(wanted: Wanted) -> tuple[Box, Units]:
    """The box for what comes next, and the units that go into it."""
    largest = _BOXES[-1]
    for item, _ in wanted:
        if not fits(item, largest):
            return _own_box(item), Units({item.sku: 1})
    volume_mm3 = sum(item.volume_mm3 * units for item, units in wanted)
    weight_mg = sum(item.weight_mg * units for item, units in wanted)
    for box in _BOXES[:-1]:
        if (
            volume_mm3 <= box.volume_mm3
            and weight_mg <= box.room_mg
            and all(fits(item, box) for item, _ in wanted)
        ):
            contents = _contents(filled(box, wanted))
            if all(contents.get(item.sku) == units for item, units in wanted):
                return box, contents
    return largest, _contents(filled(largest, wanted))


def _own_box(item: Item) -> Box:
    length_mm, width_mm, height_mm = item.turns[0]
    return boxed(
        Carton(
            OWN_BOX,
            length_mm / 10,
            width_mm / 10,
            height_mm / 10,
            tare_kg=0.0,
            max_weight_kg=item.weight_mg / 1_000_000,
        )
    )


def _contents(placed: list[Placement]) -> Units:
    contents: dict[str, int] = {}
    for block in placed:
        contents[block.sku] = contents.get(block.sku, 0) + block.units
    return Units(contents)


def _closed(box: Box, contents: Units, wanted: Wanted, sscc: str, warehouse: str) -> Package:
    """The record of a closed box; in whole grams and half kilograms, so that it is exact."""
    weight_mg = box.tare_mg + sum(item.weight_mg * contents.get(item.sku, 0) for item, _ in wanted)
    grams = _divided_up(weight_mg, 1_000)
    half_kg = max(
        _divided_up(grams, 500), _divided_up(2 * box.volume_mm3, 1_000 * DIMENSIONAL_CM3_PER_KG)
    )
    carton = box.carton
    return Package(
        sscc,
        warehouse,
        carton.name,
        contents,
        carton.length_cm,
        carton.width_cm,
        carton.height_cm,
        grams / 1_000,
        half_kg / 2,
    )


def _divided_up(number: int, divisor: int) -> int:
    return -(-number // divisor)


def packed(
    items: tuple[tuple[Product, int], ...], warehouse: str, order_number: int, part: int
) -> tuple[Package, ...]:
    """What `pack` gives, computed once for the same items: most orders resemble another."""
    cartons = enumerate(_without_labels(items))
    return tuple(
        [Package(sscc18(order_number, part, carton), warehouse, *rest) for carton, rest in cartons]
    )


@lru_cache(maxsize=4096)
def _without_labels(items: tuple[tuple[Product, int], ...]) -> list[tuple[Any, ...]]:
    return [_all_but_labels(package) for package in pack(items, "", 0, 0)]


async def pack_order(
    task: Task,
    attempt: int,
    workplace: Workplace,
    order_number: int,
    reservations: tuple[Reservation, ...],
) -> tuple[Package, ...]:
    """Pack what one warehouse has set aside for an order."""
    part, warehouse = workplace.places[reservations[0].warehouse]
    draw = workplace.draw(task, part, attempt)
    items = tuple((workplace.network.product(each.sku), each.quantity) for each in reservations)
    computation = workplace.compute(packed, items, warehouse.name, order_number, part)
    await serve(draw)
    packages: tuple[Package, ...] = await workplace.collect(computation, Package)
    await reply(draw)
    return packages
