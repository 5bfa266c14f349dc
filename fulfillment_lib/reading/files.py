"""Order files → Orders, and a folder with products and stock → a Network.

Units are whole, times in seconds, weights in kg, lengths in cm. All problems of a file come in
one `FileError`. Nothing is corrected silently, no part of a bad file is used, and no file is
written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from fulfillment_lib import checks
from fulfillment_lib.errors import ArgumentError, FileError, shown
from fulfillment_lib.orders import Network, Order, Product, Warehouse
from fulfillment_lib.reading.columns import columns_of
from fulfillment_lib.reading.json_orders import read_json_orders
from fulfillment_lib.reading.order_rows import OrderTable
from fulfillment_lib.reading.text import EnoughRead, Problems, raise_problems, read_rows
from fulfillment_lib.reading.values import Group, Parts, made, values_of

# Columns of the files, with the fields that they become.
_SIZES = ("weight_kg", "length_cm", "width_cm", "height_cm")
_PRODUCT = {name: name for name in ("sku", "name", *_SIZES)}
_WAREHOUSE = {"warehouse": "name", "country": "country", "postal_code": "postal_code"}

_Stock = list[tuple[Warehouse, Parts[int]]]

_SOME_PRODUCT = Product("-", "-", 1.0, 1.0, 1.0, 1.0)
_SOME_WAREHOUSE = Warehouse("-", "00000")


def read_orders(
    path: str | os.PathLike[str], columns: Mapping[str, str] | str | None = None
) -> tuple[Order, ...]:
    """The orders of a file, in the order in which they first appear.

    A name that ends in `.json` is read as JSON, of at most 32 MiB, any other as CSV, of at most
    256 MiB; both in UTF-8, with or without a byte order mark. There are at most a million orders.

    CSV: one row per order line, with the columns `order_id,priority,postal_code,sku,quantity`
    and, if wanted, `country,placed_s,shortage,promise_days`, in any sequence. Rows with the same
    order id belong to one order, wherever they stand, and must agree in all but SKU and quantity.
    Blanks around a cell do not count, and rows and columns without any content are passed over.
    In place of `placed_s` a column `placed_at` may give dates and times with their zones (as in
    ISO 8601); the earliest of the file is second 0.

    JSON: a list of objects with the keys `order_id`, `priority`, `postal_code`, `lines` (a list
    of objects with `sku` and `quantity`) and the same optional ones.

    An optional cell that is empty (in JSON: null) takes the default of `Order`.

    Args:
        columns: for a CSV with other columns, their names and ours, as in `{"Name": "order_id"}`;
            columns of other names are passed over then, and a cell that is blank has what stands
            above it in the same order. "shopify" is the orders export of that shop, in which a
            shipping method that says express, overnight or next day is express.

    Raises:
        FileError: the file cannot be read; the message lists up to 20 of its problems, each
            with its line (in JSON: its order, or the line of what is no JSON at all). After a
            thousand problems reading stops.
        ArgumentError: `path` is not a path, or `columns` names what is no column.
    """
    return read_sold(path, columns, None)


def read_sold(
    path: str | os.PathLike[str],
    columns: Mapping[str, str] | str | None,
    network: Network | None,
    progress: bool = False,
) -> tuple[Order, ...]:
    """The same, with a problem for each line whose SKU the network does not sell.

    Args:
        progress: counts the rows of a large CSV on standard error.
    """
    problems = Problems(checks.path_text("path", path))
    names = columns_of(columns)
    orders: tuple[Order, ...] = ()
    with suppress(EnoughRead):
        if problems.path.lower().endswith(".json"):
            orders = read_json_orders(problems, network)
        else:
            orders = OrderTable(problems, names, network, progress).read()
    raise_problems(problems)
    return orders


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
    products: dict[str, Product | None] = {}
    warehouses: _Stock = []
    with suppress(EnoughRead):
        products = _read_products(in_products)
    with suppress(EnoughRead):
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
