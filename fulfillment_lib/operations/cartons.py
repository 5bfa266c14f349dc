"""What lies where in a carton: the sizes on hand, and blocks of equal units put into one of them.

Lengths are whole millimetres (rounded up), weights whole milligrams, so that all machines agree.
Units are boxes, turned by right angles only, and carton walls count as thin. Each unit really
fits: nothing overlaps and nothing sticks out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import NamedTuple

from fulfillment_lib.orders import Product

Millimetres = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Carton:
    """A kind of carton: size in cm, its own weight, and the most that it may weigh when full."""

    name: str
    length_cm: float
    width_cm: float
    height_cm: float
    tare_kg: float
    max_weight_kg: float


# Made-up sizes in the range of what shops use. Each holds whatever the one before it holds, by
# size and by weight: so a unit that does not fit the last one fits none.
CARTONS = (
    Carton("mailer", 26.0, 18.0, 4.0, 0.05, 2.0),
    Carton("small", 28.0, 20.0, 12.0, 0.15, 5.0),
    Carton("medium", 40.0, 30.0, 12.0, 0.3, 10.0),
    Carton("long", 52.0, 32.0, 16.0, 0.5, 15.0),
    Carton("large", 60.0, 40.0, 30.0, 0.9, 25.0),
    Carton("extra large", 60.0, 50.0, 50.0, 1.4, 30.0),
)


class Item(NamedTuple):
    """A product as the packer sees it. `turns` are its six positions, lying flat first."""

    sku: str
    volume_mm3: int
    weight_mg: int
    turns: tuple[Millimetres, ...]


class Box(NamedTuple):
    """A carton in whole numbers; `room_mg` is the weight that it takes besides its own."""

    carton: Carton
    sides: Millimetres
    volume_mm3: int
    tare_mg: int
    room_mg: int


class Placement(NamedTuple):
    """A block of equal units in a carton: nx × ny × nz of them along its three sides.

    `corner` is the block's lowest corner and `size` one unit as it lies, both in mm along the
    carton's length, width and height.
    """

    sku: str
    corner: Millimetres
    size: Millimetres
    nx: int
    ny: int
    nz: int

    @property
    def units(self) -> int:
        """Units in the block."""
        return self.nx * self.ny * self.nz


class _Space(NamedTuple):
    corner: Millimetres
    size: Millimetres
    volume_mm3: int


Wanted = list[tuple[Item, int]]


def measured(items: tuple[tuple[Product, int], ...]) -> Wanted:
    """Pairs (product, units) in the order of packing: largest unit first, equal ones by SKU."""
    wanted = [(_item(product), units) for product, units in items if units]
    return sorted(wanted, key=lambda pair: (-pair[0].volume_mm3, pair[0].sku))


def boxed(carton: Carton) -> Box:
    """The carton in millimetres and milligrams."""
    sides = (_mm(carton.length_cm), _mm(carton.width_cm), _mm(carton.height_cm))
    tare_mg = _mg(carton.tare_kg)
    return Box(carton, sides, prod(sides), tare_mg, _mg(carton.max_weight_kg) - tare_mg)


def fits(item: Item, box: Box) -> bool:
    """Whether one unit fits the empty box: longest side to longest, and so on."""
    (long, middle, short), (length, width, height) = item.turns[0], box.sides
    return long <= length and middle <= width and short <= height and item.weight_mg <= box.room_mg


def filled(box: Box, wanted: Wanted) -> list[Placement]:
    """Blocks of units in a box; what finds no room, by size or weight, is left out.

    Product by product, a block goes into the first free space that takes at least one unit, and
    the rest of that space becomes up to three new ones. The effort grows with products and
    spaces, never with units.
    """
    spaces = [_Space((0, 0, 0), box.sides, box.volume_mm3)]
    thinnest = min((item.turns[0][2] for item, _ in wanted), default=0)
    room_mg = box.room_mg
    placed = []
    for item, units in wanted:
        left = min(units, room_mg // item.weight_mg) if item.weight_mg else units
        here = 0
        while left and here < len(spaces):
            block = _block(item, spaces[here], left)
            if block is None:
                here += 1
                continue
            placed.append(block)
            left -= block.units
            room_mg -= block.units * item.weight_mg
            spaces[here : here + 1] = _cut(spaces[here], block, thinnest)
    return placed


def _block(item: Item, space: _Space, units: int) -> Placement | None:
    """The block of most units, at most `units`, in the space; None if not even one fits."""
    best, most = None, 0
    if item.volume_mm3 > space.volume_mm3:
        return None
    length, width, height = space.size
    for turn in item.turns:
        nx = min(length // turn[0], units)
        ny = min(width // turn[1], units // nx) if nx else 0
        nz = min(height // turn[2], units // (nx * ny)) if ny else 0
        if nx * ny * nz > most:
            best, most = Placement(item.sku, space.corner, turn, nx, ny, nz), nx * ny * nz
            if most == units:
                break
    return best


def _cut(space: _Space, block: Placement, thinnest: int) -> list[_Space]:
    """What the block leaves of the space, smallest first, without slices that hold nothing.

    The cuts go straight through (guillotine cuts), and the first keeps the largest slice whole.
    """
    corner, rest = space.corner, list(space.size)
    used = (block.nx * block.size[0], block.ny * block.size[1], block.nz * block.size[2])
    slices: list[_Space] = []
    for axis in sorted((2, 0, 1), key=lambda axis: used[axis] / rest[axis]):
        gap = rest[axis] - used[axis]
        if gap >= thinnest:
            start, size = list(corner), rest.copy()
            start[axis] += used[axis]
            size[axis] = gap
            slices.append(
                _Space((start[0], start[1], start[2]), (size[0], size[1], size[2]), prod(size))
            )
        rest[axis] = used[axis]
    return slices[::-1]


@lru_cache(maxsize=4096)
def _item(product: Product) -> Item:
    long, middle, short = sorted(
        map(_mm, (product.length_cm, product.width_cm, product.height_cm)), reverse=True
    )
    turns = (
        (long, middle, short),
        (middle, long, short),
        (long, short, middle),
        (short, long, middle),
        (middle, short, long),
        (short, middle, long),
    )
    return Item(product.sku, long * middle * short, _mg(product.weight_kg), turns)


def _mm(length_cm: float) -> int:
    """Rounded up, but from the nearest micrometre: 1.1 cm are 11 mm, not 12."""
    return max(1, -(-round(length_cm * 10_000) // 1_000))


def _mg(weight_kg: float) -> int:
    return round(weight_kg * 1_000_000)
