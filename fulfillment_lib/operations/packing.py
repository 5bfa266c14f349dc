"""Packing: the units that a warehouse ships for an order become packages.

Nothing is lost: what comes in goes into a package. Weights are in kg, lengths in cm. Nothing here
looks at stock.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, repeat

from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.operations.cartons import CARTONS, Carton, Load, measured, own_box
from fulfillment_lib.operations.identifiers import LAST_CARTON, sscc18
from fulfillment_lib.operations.workplace import Workplace, reply, serve
from fulfillment_lib.orders import Product, Units
from fulfillment_lib.records import Package, Reservation

# The carriers' usual divisor: 5,000 cm³ count as 1 kg (in the US 139 cubic inches as 1 lb).
DIMENSIONAL_CM3_PER_KG = 5_000

# The fields of a package that is not labelled: name, contents, three sides, and two weights.
Closed = tuple[str, Units, float, float, float, float, float]


def pack(
    items: tuple[tuple[Product, int], ...], warehouse: str, order_number: int, warehouse_number: int
) -> tuple[Package, ...]:
    """The packages that hold the items: pairs (product, units), each product once, in any order.

    The smallest carton that takes all units is used. If none does, the largest takes what it can,
    and the rest goes on. What a carton takes is an estimate by volume (module `cartons`): no
    carton is filled beyond its usable volume or its greatest weight, not even by a single unit.
    A unit that no carton takes, by size or by weight, ships alone in the maker's box, which adds
    neither size nor weight. So there are never more packages than units.

    A package's weight is rounded up to the gram. Its billable weight is the larger one of that
    and its volume ÷ 5,000 cm³ per kg, rounded up to 0.5 kg.

    Raises:
        IdentifierError: more than 1,000 packages, or a number outside the serial space.
    """
    packages = [
        Package(sscc18(order_number, warehouse_number, number), warehouse, *closed)
        for number, closed in enumerate(_closed_cartons(items))
    ]
    return tuple(packages)


@lru_cache(maxsize=4096)  # most orders resemble another one
def _closed_cartons(items: tuple[tuple[Product, int], ...]) -> tuple[Closed, ...]:
    """The cartons of the items without their labels; one too many is enough for an error."""
    filled = islice(_filled_cartons(measured(items)), LAST_CARTON + 2)
    return tuple([_closed(carton, load) for carton, load in filled])


def _filled_cartons(load: Load) -> Iterator[tuple[Carton, Load]]:
    """Cartons and what lies in each, one by one."""
    largest = CARTONS[-1]
    for item, units in load.items():
        if not largest.takes(item):
            yield from repeat((own_box(item), {item: 1}), units)
    rest = {item: units for item, units in load.items() if largest.takes(item)}
    while rest:
        carton, share = _next_carton(rest)
        yield carton, share
        rest = {item: left for item, units in rest.items() if (left := units - share.get(item, 0))}


def _next_carton(load: Load) -> tuple[Carton, Load]:
    """The smallest carton that takes the whole load, or else the largest, and what it takes."""
    for carton in CARTONS:
        share = carton.share_of(load)
        if share == load:
            break
    return carton, share


def _closed(carton: Carton, load: Load) -> Closed:
    """A carton as its record has it; in whole grams and half kilograms, so that it is exact."""
    weight_mg = carton.tare_mg + sum(item.weight_mg * units for item, units in load.items())
    grams = _divided_up(weight_mg, 1_000)
    by_volume = _divided_up(2 * carton.volume_mm3, 1_000 * DIMENSIONAL_CM3_PER_KG)
    half_kg = max(_divided_up(grams, 500), by_volume)
    length_cm, width_cm, height_cm = (side_mm / 10 for side_mm in carton.sides_mm)
    contents = Units({item.sku: units for item, units in load.items()})
    return carton.name, contents, length_cm, width_cm, height_cm, grams / 1_000, half_kg / 2


def _divided_up(number: int, divisor: int) -> int:
    return -(-number // divisor)


async def pack_order(
    task: Task,
    attempt: int,
    workplace: Workplace,
    order_number: int,
    reservations: tuple[Reservation, ...],
) -> tuple[Package, ...]:
    """Pack what one warehouse has set aside for an order."""
    part, warehouse = workplace.place(task, reservations[0].warehouse)
    draw = workplace.draw(task, part, attempt)
    product = workplace.network.product
    items = tuple((product(reserved.sku), reserved.quantity) for reserved in reservations)
    computation = workplace.compute(pack, items, warehouse.name, order_number, part)
    await serve(draw)
    packages = await workplace.collect(computation, Package)
    await reply(draw)
    return packages
