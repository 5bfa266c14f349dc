"""Order files → Orders, and a folder with products and stock → a Network.

Units are whole, times in seconds, weights in kg, lengths in cm. All problems of a file come in
one `FileError`. Nothing is corrected silently, no part of a bad file is used, and no file is
written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from fulfillment_lib import checks
from fulfillment_lib.errors import ArgumentError, FileError, shown
from fulfillment_lib.orders import Network, Order, OrderLine, Product, Warehouse
from fulfillment_lib.reading.text import Problems, check_names, raise_problems, read_rows, read_text
from fulfillment_lib.reading.values import Group, Parts, made, values_of

# Columns of the files, with the fields that they become. The country comes before the postal
# code, whose rule depends on it.
_OPTIONAL = ("country", "placed_s", "shortage", "promise_days")
_ORDER = {"order_id": "id"}
_ORDER |= {name: name for name in ("country", "postal_code", "priority", *_OPTIONAL)}
_LINE = {"sku": "sku", "quantity": "quantity"}
_SIZES = ("weight_kg", "length_cm", "width_cm", "height_cm")
_PRODUCT = {name: name for name in ("sku", "name", *_SIZES)}
_WAREHOUSE = {"warehouse": "name", "country": "country", "postal_code": "postal_code"}

_REQUIRED = ("order_id", "priority", "postal_code")
_ONCE_IN_ORDER = "sku must be unique in its order"

_Orders = list[tuple[Order, Parts[OrderLine]]]
_Stock = list[tuple[Warehouse, Parts[int]]]

# They break no rule: what a file says is tried in them.
_SOME_LINE = OrderLine("-", 1)
_SOME_ORDER = Order("-", {"-": 1}, "standard", "00000")
_SOME_PRODUCT = Product("-", "-", 1.0, 1.0, 1.0, 1.0)
_SOME_WAREHOUSE = Warehouse("-", "00000")


def read_orders(path: str | os.PathLike[str]) -> tuple[Order, ...]:
    """The orders of a file, in the order in which they first appear.

    A name that ends in `.json` is read as JSON, any other as CSV; both in UTF-8, with or without
    a byte order mark, up to 256 MiB.

    CSV: one row per order line, with the columns `order_id,priority,postal_code,sku,quantity`
    and, if wanted, `country,placed_s,shortage,promise_days`, in any sequence. Rows with the same
    order id belong to one order, wherever they stand, and must agree in all but SKU and quantity.
    Spaces around a cell do not count, and rows without any content are passed over.

    JSON: a list of objects with the keys `order_id`, `priority`, `postal_code`, `lines` (a list
    of objects with `sku` and `quantity`) and the same optional ones.

    An optional cell that is empty (in JSON: null) takes the default of `Order`.

    Raises:
        FileError: the file cannot be read; the message lists up to 20 of its problems, each
            with its line (in JSON: its order, or the line of what is no JSON at all).
        ArgumentError: `path` is not a path.
    """
    problems = Problems(checks.path_text("path", path))
    read = _read_json if problems.path.lower().endswith(".json") else _read_csv
    orders = read(problems)
    raise_problems(problems)
    return tuple(replace(order, lines=tuple(lines.by_name.values())) for order, lines in orders)


def read_network(folder: str | os.PathLike[str]) -> Network:
    """The network in a folder with the CSV files `products.csv` and `stock.csv`.

    products.csv: one row per product, `sku,name,weight_kg,length_cm,width_cm,height_cm`.
    stock.csv: one row per warehouse and SKU, `warehouse,postal_code,country,sku,on_hand` (the
    country may be left out); rows of one warehouse must agree in postal code and country. What
    a warehouse does not list, it does not have.

    Raises:
        FileError: a file cannot be read, or stock.csv names an unknown SKU; the message lists
            up to 20 problems of each file, with their lines.
        ArgumentError: `folder` is not a path.
    """
    base = checks.path_text("folder", folder)
    in_products = Problems(os.path.join(base, "products.csv"))
    in_stock = Problems(os.path.join(base, "stock.csv"))
    products = _read_products(in_products)
    warehouses = _read_stock(in_stock, None if in_products.lost else products)
    raise_problems(in_products, in_stock)
    try:
        return Network(
            tuple(product for product in products.values() if product),
            tuple(replace(warehouse, stock=units.by_name) for warehouse, units in warehouses),
        )
    except ArgumentError as error:
        in_stock.add("", str(error))
        raise FileError(str(in_stock)) from error


def _read_csv(problems: Problems) -> _Orders:
    groups: dict[str, Group[Order, OrderLine]] = {}
    for row in read_rows(problems, (*_REQUIRED, *_LINE), _OPTIONAL):
        values = values_of(row, ("quantity", "promise_days"), ("placed_s",), _OPTIONAL)
        order = made(_SOME_ORDER, _ORDER, values, row.place, problems)
        line = made(_SOME_LINE, _LINE, values, row.place, problems)
        if order is not None:
            group = groups.setdefault(order.id, Group(order, row, Parts(_ONCE_IN_ORDER)))
            group.agree(order, row, _ORDER, problems)
            if line is not None:
                group.parts.add(line.sku, line, row.place, problems)
    return [(group.head, group.parts) for group in groups.values()]


def _read_products(problems: Problems) -> dict[str, Product | None]:
    """The products by SKU; None for one that has a problem, so that its SKU is known."""
    products: Parts[Product | None] = Parts("sku must be unique in the file")
    for row in read_rows(problems, tuple(_PRODUCT)):
        values = values_of(row, (), _SIZES, ())
        product = made(_SOME_PRODUCT, _PRODUCT, values, row.place, problems)
        products.add(row.cells["sku"], product, row.place, problems)
    return products.by_name


def _read_stock(problems: Problems, products: Mapping[str, object] | None) -> _Stock:
    """Warehouses and units; SKUs are compared with the products, unless these are None."""
    groups: dict[str, Group[Warehouse, int]] = {}
    for row in read_rows(problems, ("warehouse", "postal_code", "sku", "on_hand"), ("country",)):
        values = values_of(row, ("on_hand",), (), ("country",))
        warehouse = made(_SOME_WAREHOUSE, _WAREHOUSE, values, row.place, problems)
        stock = {"on_hand": {"-": values["on_hand"]}}
        held = made(_SOME_WAREHOUSE, {"on_hand": "stock"}, stock, row.place, problems)
        sku = row.cells["sku"]
        if products is not None and sku not in products:
            got = f"{shown(sku)}{problems.remedy(sku, products)}"
            problems.add(row.place, f"sku must be one of products.csv, got {got}")
        if warehouse is not None:
            parts: Parts[int] = Parts("sku must be unique in its warehouse")
            group = groups.setdefault(warehouse.name, Group(warehouse, row, parts))
            group.agree(warehouse, row, _WAREHOUSE, problems)
            group.parts.add(sku, held.stock["-"] if held else 0, row.place, problems)
    return [(group.head, group.parts) for group in groups.values()]


class _Object(dict[str, object]):
    """A JSON object that remembers the names of its keys, also of those that came twice."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self.names = [name for name, _ in pairs]


def _read_json(problems: Problems) -> _Orders:
    orders: Parts[tuple[Order, Parts[OrderLine]]] = Parts("order_id must be unique")
    for number, item in enumerate(_json_list(problems), 1):
        place = f"order {number}"
        if not isinstance(item, _Object):
            problems.add(place, f"an order must be an object, got {shown(item)}")
            continue
        check_names(problems, place, "key", item.names, (*_REQUIRED, "lines"), _OPTIONAL)
        absent = [key for key in _OPTIONAL if item.get(key) is None]
        values = {key: value for key, value in item.items() if key not in absent}
        order = made(_SOME_ORDER, _ORDER, values, place, problems)
        lines = _json_lines(item["lines"], place, problems) if "lines" in item else Parts("")
        if order is not None and "order_id" in item:
            orders.add(order.id, (order, lines), place, problems)
    return list(orders.by_name.values())


def _json_lines(items: object, place: str, problems: Problems) -> Parts[OrderLine]:
    lines: Parts[OrderLine] = Parts(_ONCE_IN_ORDER)
    if not isinstance(items, list) or not items:
        rule = "lines must be a list of at least one object with sku and quantity"
        problems.add(place, f"{rule}, got {shown(items)}")
        return lines
    for number, item in enumerate(items, 1):
        line_place = f"{place}, line {number}"
        if not isinstance(item, _Object):
            problems.add(line_place, f"a line must be an object, got {shown(item)}")
            continue
        check_names(problems, line_place, "key", item.names, tuple(_LINE), ())
        line = made(_SOME_LINE, _LINE, item, line_place, problems)
        if line is not None and "sku" in item:
            lines.add(line.sku, line, line_place, problems)
    return lines


def _json_list(problems: Problems) -> list[object]:
    import json

    text = read_text(problems)
    if problems.count:
        return []
    try:
        document = json.loads(text, object_pairs_hook=_Object, parse_int=_json_integer)
    except json.JSONDecodeError as error:
        broken = f"the JSON is broken at column {error.colno}: {error.msg}"
        problems.add(f"line {error.lineno}", broken)
    except RecursionError:
        problems.add("", "the JSON must not be nested so deeply")
    else:
        if isinstance(document, list):
            return document
        problems.add("", f"the JSON must be a list of orders, got {shown(document)}")
    return []


def _json_integer(digits: str) -> float:
    """A whole number; one that is longer than any rule allows is not worked out to the digit."""
    return int(digits) if len(digits) <= 18 else float(digits)
