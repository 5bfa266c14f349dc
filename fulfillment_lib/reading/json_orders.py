"""A JSON list of orders → Orders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from fulfillment_lib.errors import shown
from fulfillment_lib.orders import Network, Order, OrderLine
from fulfillment_lib.reading.columns import OF_LINE, OF_ORDER, OPTIONAL
from fulfillment_lib.reading.order_rows import (
    FIELDS,
    MOST_ORDERS,
    ONCE_IN_ORDER,
    SOME_LINE,
    SOME_ORDER,
)
from fulfillment_lib.reading.text import BLANKS, Problems, check_names, read_text
from fulfillment_lib.reading.times import seconds_from_earliest
from fulfillment_lib.reading.values import Parts, made, whole

MOST_BYTES = 32 * 1024 * 1024
MOST_OBJECTS = 2_000_000  # so that a file of empty ones does not fill the memory
KEYS = ("order_id", "priority", "postal_code", "lines")
COLUMNS = {name: FIELDS.get(name, name) for name in OF_ORDER}
LINE = {name: name for name in OF_LINE}


class _Object(dict[str, object]):
    """A JSON object that remembers the names of its keys if one came twice."""

    __slots__ = ("twice",)

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self.twice = [name for name, _ in pairs] if len(pairs) > len(self) else None

    @property
    def names(self) -> list[str]:
        """The names of its keys, as often as they came."""
        return self.twice or list(self)


class _TooMany(Exception):
    """More objects than a file of orders may hold."""


def read_json_orders(problems: Problems, network: Network | None) -> tuple[Order, ...]:
    """The orders of a JSON file; none, and problems, if something is wrong with it."""
    skus = None if network is None else {product.sku for product in network.products}
    orders: Parts[tuple[Order, Parts[OrderLine]]] = Parts("order_id must be unique")
    for place, item in _timed(problems, _json_list(problems)):
        check_names(problems, place, "key", item.names, KEYS, OPTIONAL)
        absent = [key for key in OPTIONAL if item.get(key) is None]
        values = {key: _trimmed(value) for key, value in item.items() if key not in absent}
        given = {key: field for key, field in COLUMNS.items() if key in values}
        order = made(SOME_ORDER, given, values, place, problems)
        lines = _lines(item["lines"], place, problems, skus) if "lines" in item else Parts("")
        if order is not None and "order_id" in item:
            if len(orders.by_name) >= MOST_ORDERS:
                problems.stop(place, f"a file must hold at most {MOST_ORDERS:,} orders")
            orders.add(order.id, (order, lines), place, problems)
    if problems.count:
        return ()
    found = orders.by_name.values()
    return tuple(replace(order, lines=tuple(lines.by_name.values())) for order, lines in found)


def _timed(problems: Problems, items: list[object]) -> Iterator[tuple[str, _Object]]:
    """The objects with their places, and with seconds in place of dates and times."""
    objects = []
    for number, item in enumerate(items, 1):
        if isinstance(item, _Object):
            objects.append((f"order {number}", item))
        else:
            problems.add(f"order {number}", f"an order must be an object, got {shown(item)}")
    times = [(place, item) for place, item in objects if item.get("placed_at") is not None]
    for place, item in times:
        if item.get("placed_s") is not None:
            problems.add(place, "placed_at and placed_s must not both be given")
    texts = [(place, item["placed_at"]) for place, item in times]
    for (_, item), placed_s in zip(times, seconds_from_earliest(problems, texts), strict=True):
        item["placed_at"] = placed_s
    yield from objects


def _lines(
    items: object, place: str, problems: Problems, skus: set[str] | None
) -> Parts[OrderLine]:
    lines: Parts[OrderLine] = Parts(ONCE_IN_ORDER)
    if not isinstance(items, list) or not items:
        rule = "lines must be a list of at least one object with sku and quantity"
        problems.add(place, f"{rule}, got {shown(items)}")
        return lines
    for number, item in enumerate(items, 1):
        line_place = f"{place}, line {number}"
        if not isinstance(item, _Object):
            problems.add(line_place, f"a line must be an object, got {shown(item)}")
            continue
        check_names(problems, line_place, "key", item.names, OF_LINE, ())
        values = {key: _trimmed(value) for key, value in item.items()}
        line = made(SOME_LINE, LINE, values, line_place, problems)
        if line is not None and "sku" in item:
            problems.need_sold(line_place, line.sku, skus)
            lines.add(line.sku, line, line_place, problems)
    return lines


def _trimmed(value: object) -> object:
    return value.strip(BLANKS) if isinstance(value, str) else value


def _number(text: str) -> float:
    """A number with a point or exponent; 2.0 is two, as it is in a table."""
    found = whole(text)
    return found if isinstance(found, int) else float(text)


def _json_list(problems: Problems) -> list[object]:
    text = read_text(problems, MOST_BYTES)
    if problems.count:
        return []
    count = 0

    def counted(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
        nonlocal count
        count += 1
        if count > MOST_OBJECTS:
            raise _TooMany
        return _Object(pairs)

    try:
        document = json.loads(
            text, object_pairs_hook=counted, parse_int=_integer, parse_float=_number
        )
    except json.JSONDecodeError as error:
        broken = f"the JSON is broken at column {error.colno}: {error.msg}"
        problems.add(f"line {error.lineno}", f"{broken}{_remedy(text)}")
    except RecursionError:
        problems.add("", "the JSON must not be nested so deeply")
    except _TooMany:
        problems.add("", f"the JSON must have at most {MOST_OBJECTS:,} objects")
    else:
        if isinstance(document, list):
            return document
        problems.add("", f"the JSON must be a list of orders, got {shown(document)}{_remedy(text)}")
    return []


def _remedy(text: str) -> str:
    """What makes a list of orders of a text that is none, if its first mark tells."""
    first = text.lstrip(BLANKS)[:1]
    if first == "{":
        return "; put the orders between [ and ], with commas between them"
    return "" if first == "[" else "; a table with commas has a name in .csv"


def _integer(digits: str) -> float:
    """A whole number; one that is longer than any rule allows is not worked out to the digit."""
    return int(digits) if len(digits) <= 18 else float(digits)
