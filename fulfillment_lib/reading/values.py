"""Cells of a file → values, objects, and groups of rows; what does not fit becomes a problem.

No rule of a value is written here. An object that breaks none is made anew with the values of the
file in it, and what its class refuses is told with the file's column and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from fulfillment_lib.errors import ArgumentError, shown
from fulfillment_lib.orders import Order, OrderLine, Product, Warehouse
from fulfillment_lib.reading.text import Problems, Row

Head = TypeVar("Head", Order, Warehouse)
Part = TypeVar("Part")
Made = TypeVar("Made", Order, OrderLine, Product, Warehouse)
Columns = Mapping[str, str]  # column of a file → field of an object

# ASCII digits only, so that neither "１２" nor "1_000" is taken for a number.
# A whole number may be written as 2.0000, which databases and spreadsheets do.
_WHOLE = re.compile(r"(-?[0-9]{1,18})(?:\.0+)?")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")


def values_of(
    row: Row, wholes: tuple[str, ...], decimals: tuple[str, ...], optional: tuple[str, ...]
) -> dict[str, object]:
    """The cells, as numbers in the columns of numbers; optional ones that are empty left out.

    A cell that is no number remains a text, which the class of the object then refuses.
    """
    values: dict[str, object] = {}
    for column, cell in row.cells.items():
        if column in wholes:
            values[column] = whole(cell)
        elif column in decimals:
            values[column] = decimal(cell)
        else:
            values[column] = cell
        if not cell and column in optional:
            del values[column]
    return values


def whole(cell: str) -> int | str:
    """A cell as a whole number; as it is if it is none."""
    if cell.isdecimal() and cell.isascii() and len(cell) <= 18:
        return int(cell)
    found = _WHOLE.fullmatch(cell)
    return int(found[1]) if found else cell


def decimal(cell: str) -> float | str:
    """A cell as a number; as it is if it is none."""
    return float(cell) if _DECIMAL.fullmatch(cell) else cell


def made(
    pattern: Made, columns: Columns, values: Mapping[str, object], place: str, problems: Problems
) -> Made | None:
    """The pattern with the file's values in its fields; None, and problems, if it is refused."""
    change: dict[str, Any] = {columns[name]: values[name] for name in columns if name in values}
    try:
        return replace(pattern, **change)
    except ArgumentError as error:
        for reason in list(_reasons(pattern, columns, change)) or [str(error)]:
            problems.add(place, reason)
    return None


@dataclass(slots=True)
class Parts(Generic[Part]):
    """Parts of something, each with a name of its own, and where they stand in the file.

    `rule` is what a message says if a name comes twice, such as "sku must be unique in its order".
    """

    rule: str
    by_name: dict[str, Part] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, part: Part, place: str, problems: Problems) -> None:
        """Take a part in; a second one of the same name is a problem."""
        if name in self.places:
            before = f"it is already in {self.places[name]}"
            problems.add(place, f"{self.rule}, got {shown(name)}; {before}")
            return
        self.by_name[name] = part
        self.places[name] = place


@dataclass(slots=True)
class Group(Generic[Head, Part]):
    """The rows of one order or warehouse: what the first says of it, and the parts."""

    head: Head
    first: Row
    parts: Parts[Part]

    def agree(self, head: Head, row: Row, columns: Columns, problems: Problems) -> None:
        """Report the columns in which a row says something else than the first one."""
        for column, name in columns.items():
            if getattr(head, name) != getattr(self.head, name):
                before, now = shown(self.first.cells.get(column, "")), row.cells.get(column, "")
                rule = f"{column} must be the same as on {self.first.place}, {before}"
                problems.add(row.place, f"{rule}, got {shown(now)}")


def _reasons(pattern: Made, columns: Columns, change: Mapping[str, Any]) -> Iterator[str]:
    """Why values are refused, each tried by itself, with the file's names of the columns."""
    if "country" in change:  # with a wrong country, no rule for postal codes need hold
        pattern = replace(pattern, country="HK")  # type: ignore[call-arg]
    for column, name in columns.items():
        if name in change:
            try:
                pattern = replace(pattern, **{name: change[name]})
            except ArgumentError as error:
                yield f"{column} must be {error.reason}{_unit(name, change[name])}"


def _unit(name: str, value: object) -> str:
    """What helps somebody who gave a date where a number of seconds is wanted."""
    if name != "placed_s" or not isinstance(value, str):
        return ""
    return "; it counts seconds from the start of the run, a date and time belongs in placed_at"
