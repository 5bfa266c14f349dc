"""Cartons: the sizes on hand, and an estimate of how many units go into one.

The estimate goes by volume; it computes no positions. A carton takes units if each of them fits
its sides, turned any way by right angles, if all of them together are no larger than its usable
volume, and if it then weighs no more than it may. So the estimate errs both ways. It leaves out
units that would stack without a gap, and it accepts some that nobody can place: two boxes of
which every side is longer than half of the carton's longest never lie beside each other.

Lengths are whole millimetres (rounded up), weights whole milligrams, so that all machines agree.
"""

from __future__ import annotations

from math import prod
from operator import le
from typing import NamedTuple

from fulfillment_lib.orders import Product

Sides = tuple[int, int, int]

# A round assumption, not a measurement: a quarter of a carton goes to gaps and padding.
USABLE_PERCENT = 75


class Item(NamedTuple):
    """A product as the packer sees it: the sides of one unit, longest first, and its weight."""

    sku: str
    sides_mm: Sides
    weight_mg: int

    @property
    def volume_mm3(self) -> int:
        """The volume of one unit."""
        return prod(self.sides_mm)


Load = dict[Item, int]  # units of each item, in the order of packing


class Carton(NamedTuple):
    """A kind of carton: sides, longest first, its own weight, and the most that it may weigh."""

    name: str
    sides_mm: Sides
    tare_mg: int
    max_weight_mg: int

    @property
    def volume_mm3(self) -> int:
        """The whole volume: carriers count the gaps, too."""
        return prod(self.sides_mm)

    def takes(self, item: Item) -> bool:
        """Whether one unit goes into the empty carton."""
        return bool(self.share_of({item: 1}))

    def share_of(self, load: Load) -> Load:
        """What the empty carton takes of a load: as many of the first item as go in, and so on.

        The effort grows with the items, never with the units.
        """
        volume_mm3 = self.volume_mm3 * USABLE_PERCENT // 100
        weight_mg = self.max_weight_mg - self.tare_mg
        share: Load = {}
        for item, wanted in load.items():
            units = min(wanted, volume_mm3 // item.volume_mm3)
            if item.weight_mg:
                units = min(units, weight_mg // item.weight_mg)
            if units and all(map(le, item.sides_mm, self.sides_mm)):
                share[item] = units
                volume_mm3 -= units * item.volume_mm3
                weight_mg -= units * item.weight_mg
        return share


# Made-up sizes in the range of what shops use, in mm and mg. Each takes whatever the one before
# it takes, by size, volume and weight: so a unit that the last one does not take fits none.
CARTONS = (
    Carton("mailer", (260, 180, 40), 50_000, 2_000_000),
    Carton("small", (280, 200, 120), 150_000, 5_000_000),
    Carton("medium", (400, 300, 120), 300_000, 10_000_000),
    Carton("long", (520, 320, 160), 500_000, 15_000_000),
    Carton("large", (600, 400, 300), 900_000, 25_000_000),
    Carton("extra large", (600, 500, 500), 1_400_000, 30_000_000),
)


def own_box(item: Item) -> Carton:
    """The maker's box around one unit, which adds neither size nor weight."""
    return Carton("own box", item.sides_mm, 0, item.weight_mg)


def measured(items: tuple[tuple[Product, int], ...]) -> Load:
    """Pairs (product, units) in the order of packing: largest unit first, equal ones by SKU."""
    load = [(_item(product), units) for product, units in items if units]
    return dict(sorted(load, key=lambda pair: (-pair[0].volume_mm3, pair[0].sku)))


def _item(product: Product) -> Item:
    sides_cm = (product.length_cm, product.width_cm, product.height_cm)
    short, middle, long = sorted(map(_mm, sides_cm))
    return Item(product.sku, (long, middle, short), round(product.weight_kg * 1_000_000))


def _mm(length_cm: float) -> int:
    """Rounded up, but from the nearest micrometre: 1.1 cm are 11 mm, not 12."""
    return max(1, -(-round(length_cm * 10_000) // 1_000))
