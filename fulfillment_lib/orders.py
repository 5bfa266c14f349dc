"""What is sold, what is ordered, and where it lies: Priority, Order, Product, Warehouse, Network.

All are values: frozen, checked when they are made, in whole units, kilograms and centimetres.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from fulfillment_lib import checks
from fulfillment_lib.business_days import promised_date
from fulfillment_lib.countries import country_code, postal_code
from fulfillment_lib.errors import printable, shown
from fulfillment_lib.frozen import FrozenDict

SHORTAGE_RULES = ("backorder", "short_ship", "ship_complete")
MOST_PRODUCTS = 1_000_000
MOST_WAREHOUSES = 100


class Priority(IntEnum):
    """How urgent an order is; the lower number runs first."""

    EXPRESS = 0
    STANDARD = 1

    @classmethod
    def of(cls, value: object) -> Priority:
        """A Priority, or its name in any case: `"express"`, `"STANDARD"`."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str) and value.upper() in cls.__members__:
            return cls[value.upper()]
        checks.refuse("priority", "'express' or 'standard'", value)

    @property
    def word(self) -> str:
        """The name as tables show it."""
        return self.name.lower()


class Units(FrozenDict[str, int]):
    """Whole units by SKU (or by warehouse), in a mapping that does not change."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A number of units of one SKU."""

    sku: str
    quantity: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "sku", checks.text("sku", self.sku))
        quantity = checks.whole("quantity", self.quantity, 1, checks.LARGEST_QUANTITY)
        object.__setattr__(self, "quantity", quantity)


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer wants, where to, how fast, and what to do about a shortage.

    `lines` may be typed as a dict of SKU to quantity, `priority` as a word. `placed_s` counts
    seconds from the start of the run. `promise_days` are business days from the day on which the
    order was placed, which itself does not count (None: 2 for express, 5 for standard).
    `country` is a code of ISO 3166-1; `postal_code` is empty where the country has none.
    """

    id: str
    lines: tuple[OrderLine, ...]
    priority: Priority
    postal_code: str
    country: str = "US"
    placed_s: float = 0.0
    shortage: str = "backorder"
    promise_days: int | None = None

    if TYPE_CHECKING:  # more may be typed than what is kept

        def __init__(
            self,
            id: str,
            lines: Mapping[str, int] | Iterable[OrderLine],
            priority: Priority | str,
            postal_code: str,
            country: str = "US",
            placed_s: float = 0.0,
            shortage: str = "backorder",
            promise_days: int | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "id", checks.text("id", self.id))
        put(self, "lines", _order_lines(self.lines))
        put(self, "priority", Priority.of(self.priority))
        put(self, "country", country_code(self.country))
        put(self, "postal_code", postal_code(self.postal_code, self.country))
        put(self, "placed_s", round(checks.seconds("placed_s", self.placed_s), 6))
        put(self, "shortage", checks.choice("shortage", self.shortage, SHORTAGE_RULES))
        if self.promise_days is not None:
            put(self, "promise_days", checks.whole("promise_days", self.promise_days, 1, 365))

    @property
    def promised_days(self) -> int:
        """The promise in business days, the default of the priority filled in."""
        if self.promise_days is not None:
            return self.promise_days
        return 2 if self.priority is Priority.EXPRESS else 5

    def promised_date(self, start_date: str) -> date:
        """By when the order is promised, in a run that begins on `start_date`.

        >>> friday = Order("ORD-001", {"MOUSE-002": 1}, "express", "10001")
        >>> friday.promised_date("2026-03-06").isoformat()
        '2026-03-10'
        """
        return promised_date(start_date, self.placed_s, self.promised_days)

    @property
    def units(self) -> int:
        """Units ordered, over all lines."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class Product:
    """One SKU: its name, weight in kg and size in cm, all above 0, as every product is packed."""

    sku: str
    name: str
    weight_kg: float
    length_cm: float
    width_cm: float
    height_cm: float

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "sku", checks.text("sku", self.sku))
        put(self, "name", checks.text("name", self.name, 200))
        for measure in ("weight_kg", "length_cm", "width_cm", "height_cm"):
            put(self, measure, _measure(measure, getattr(self, measure)))


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A place that holds stock: `stock` gives the units on hand by SKU."""

    name: str
    postal_code: str
    stock: Mapping[str, int] = field(default_factory=Units)
    country: str = "US"

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "name", checks.text("name", self.name))
        put(self, "country", country_code(self.country))
        put(self, "postal_code", postal_code(self.postal_code, self.country))
        checks.instance("stock", self.stock, Mapping)
        stock = {
            checks.text("sku", sku): checks.whole(f"stock of {shown(sku)}", units, 0, 10**12)
            for sku, units in self.stock.items()
        }
        put(self, "stock", Units(stock))


@dataclass(frozen=True, slots=True, repr=False)
class Network:
    """The products on sale and the warehouses that hold them.

    Every SKU in stock must be among the products. A product that no warehouse lists is out of
    stock everywhere.
    """

    products: tuple[Product, ...]
    warehouses: tuple[Warehouse, ...]
    _by_sku: dict[str, Product] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "products", checks.tuple_of("products", self.products, Product, 0, MOST_PRODUCTS))
        warehouses = checks.tuple_of("warehouses", self.warehouses, Warehouse, 1, MOST_WAREHOUSES)
        put(self, "warehouses", warehouses)
        checks.unique("product sku", (product.sku for product in self.products))
        checks.unique("warehouse name", (warehouse.name for warehouse in self.warehouses))
        put(self, "_by_sku", {product.sku: product for product in self.products})
        for warehouse in self.warehouses:
            place = f"sku in stock at {shown(warehouse.name)}"
            for sku in warehouse.stock:
                checks.known(place, sku, self._by_sku)

    def product(self, sku: str) -> Product:
        """The product of that SKU.

        Raises:
            ArgumentError: no such SKU; the message names the nearest one.
        """
        checks.known("sku", sku, self._by_sku)
        return self._by_sku[sku]

    def __repr__(self) -> str:
        names = ", ".join(printable(warehouse.name, 100) for warehouse in self.warehouses[:4])
        more = ", …" if len(self.warehouses) > 4 else ""
        return f"Network({len(self.products)} products, warehouses {names}{more})"


def _order_lines(value: Any) -> tuple[OrderLine, ...]:
    if type(value) is tuple and len(value) == 1 and type(value[0]) is OrderLine:
        return value  # most orders of a file
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        checks.refuse("lines", "order lines or a dict of SKU to quantity", value)
    pairs = value.items() if isinstance(value, Mapping) else value
    lines = tuple(line if isinstance(line, OrderLine) else _order_line(line) for line in pairs)
    if not lines:
        checks.refuse("lines", "at least one order line", value)
    checks.unique("sku of an order line", (line.sku for line in lines))
    return lines


def _order_line(pair: object) -> OrderLine:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        checks.refuse("order line", "an OrderLine or a pair (sku, quantity)", pair)
    return OrderLine(*pair)


def _measure(field: str, value: object) -> float:
    """A weight or a side of what is packed."""
    if value == 0:
        remedy = "what needs no parcel, such as a gift card by e-mail, is left out"
        checks.refuse(field, "a number above 0, at most 10,000", value, remedy)
    return checks.number(field, value, 0.0, 10_000.0, above=True)
