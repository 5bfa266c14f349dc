"""A table of order lines → Orders.

Reading is a tenth of a large day's time, so that a good row takes one way and a bad one another:
an order is made at once from the cells of its first row, and only what is refused is looked at
cell by cell, for the message.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from fulfillment_lib.errors import ArgumentError, shown
from fulfillment_lib.orders import Network, Order, OrderLine
from fulfillment_lib.reading.columns import OF_LINE, OF_ORDER, OPTIONAL, REQUIRED, Columns
from fulfillment_lib.reading.text import Problems, Row, read_rows
from fulfillment_lib.reading.times import seconds_from_earliest
from fulfillment_lib.reading.values import decimal, made, whole

MOST_ORDERS = 1_000_000
ROWS_PER_REPORT = 100_000
ONCE_IN_ORDER = "sku must be unique in its order"
# Those of Order that the columns call otherwise.
FIELDS = {"order_id": "id", "placed_at": "placed_s"}
ALWAYS = ("id", "priority", "postal_code")  # an empty cell is no default of theirs
NUMBERS: dict[str, Callable[[str], float | str]] = {"placed_s": decimal, "promise_days": whole}
# They break no rule: what a file says is tried in them.
SOME_LINE = OrderLine("-", 1)
SOME_ORDER = Order("-", {"-": 1}, "standard", "00000")


@dataclass(slots=True)
class Draft:
    """An order as far as it has been read, and the line on which it begins."""

    order: Order
    line: int
    lines: dict[str, tuple[OrderLine, int]] | None = None  # by SKU, from the second one on

    def add(self, line: OrderLine, at_line: int) -> int | None:
        """Take a line in; a SKU that came before stays, and its line is told."""
        if self.lines is None:
            (first,) = self.order.lines
            self.lines = {first.sku: (first, self.line)}
        if line.sku in self.lines:
            return self.lines[line.sku][1]
        self.lines[line.sku] = line, at_line
        return None

    def finished(self) -> Order:
        """The order with all of its lines."""
        if self.lines is None:
            return self.order
        return replace(self.order, lines=tuple(line for line, _ in self.lines.values()))


class OrderTable:
    """The orders of a table, row by row."""

    def __init__(
        self, problems: Problems, columns: Columns, network: Network | None, progress: bool
    ) -> None:
        self.problems, self.columns, self.progress = problems, columns, progress
        self.skus = None if network is None else {product.sku for product in network.products}
        self.drafts: dict[str, Draft] = {}
        self.fields = {columns.named(name): FIELDS.get(name, name) for name in OF_ORDER}
        self.line_fields = {columns.named(name): name for name in OF_LINE}
        self.order_id, self.sku, self.quantity = map(columns.named, ("order_id", *OF_LINE))
        self.latest: tuple[dict[str, str], Draft] | None = None  # a row, and the draft of its order

    def read(self) -> tuple[Order, ...]:
        """All orders, in the order in which they first appear."""
        for number, row in enumerate(self.rows(), 1):
            self.take(row)
            if self.progress and number % ROWS_PER_REPORT == 0:
                print(f"\r{number:,} rows read", end="", file=sys.stderr, flush=True)
        if self.progress and len(self.drafts) >= ROWS_PER_REPORT:
            print(file=sys.stderr)
        if self.problems.count:
            return ()
        return tuple([draft.finished() for draft in self.drafts.values()])

    def rows(self) -> Iterator[Row]:
        """The rows as they are meant: filled down, cells changed, times from the earliest."""
        named = self.columns.named
        required, optional = (tuple(map(named, names)) for names in (REQUIRED, OPTIONAL))
        required += tuple(map(named, self.columns.promised))
        rows = read_rows(self.problems, required, optional, others=bool(self.columns.own))
        if self.columns.filled_down:
            rows = self.changed(self.filled_down(rows))
        first = next(rows, None)
        if first is None:
            return iter(())
        rows = chain([first], rows)
        return self.timed(list(rows)) if named("placed_at") in first.cells else rows

    def take(self, row: Row) -> None:
        """One row: a new order, or one more line of an order."""
        line = self.line_of(row)
        draft = self.drafts.get(row.cells[self.order_id])
        if draft is None:
            order = self.order_of(row, line or SOME_LINE)
            self.tell_line(row, line)
            if order is not None:
                self.begin(order, row, line)
            return
        order = draft.order
        if not self.is_as_before(row, draft) and not self.is_blank(row):
            order = self.order_of(row, draft.order.lines[0]) or draft.order
        self.tell_line(row, line)
        if order != draft.order:
            self.tell_differences(order, draft, row)
        self.latest = row.cells, draft
        if line is not None:
            self.add(line, draft, row)

    def is_as_before(self, row: Row, draft: Draft) -> bool:
        """Whether a row says of its order, word by word, what the row before said of the same."""
        if self.latest is None or self.latest[1] is not draft:
            return False
        before = self.latest[0]
        unlike = [name for name, cell in row.cells.items() if before[name] != cell]
        return self.line_fields.keys() >= set(unlike)

    def is_blank(self, row: Row) -> bool:
        """Whether a later row of an order leaves out what the first one says; a problem if so."""
        names = [name for name, field in self.fields.items() if field in ALWAYS]
        blank = [name for name in names if not row.cells[name]]
        for name in blank:
            rule = f"{name} must be as on the order's first line, got ''"
            remedy = 'to fill blank cells down, read the file with columns="filled"'
            self.problems.add(row.place, f"{rule}; {remedy}")
        return bool(blank)

    def add(self, line: OrderLine, draft: Draft, row: Row) -> None:
        """One more line of an order."""
        before = draft.add(line, row.line)
        if before is not None:
            again = f"{ONCE_IN_ORDER}, got {shown(line.sku)}; it is already in line {before}"
            self.problems.add(row.place, again)

    def begin(self, order: Order, row: Row, line: OrderLine | None) -> None:
        """An order that has not come before."""
        if len(self.drafts) >= MOST_ORDERS:
            self.problems.stop(row.place, f"a file must hold at most {MOST_ORDERS:,} orders")
        draft = self.drafts[order.id] = Draft(order, row.line)
        if line is None:
            draft.lines = {}  # the problem of the line is told
        self.latest = row.cells, draft

    def order_of(self, row: Row, line: OrderLine) -> Order | None:
        """The order of a row with a line in it; None, and problems, if it is refused."""
        values: dict[str, Any] = {"lines": (line,)}
        for name, cell in row.cells.items():
            field = self.fields.get(name)
            if field is not None and (cell or field in ALWAYS):
                convert = NUMBERS.get(field)
                values[field] = convert(cell) if convert else cell
        try:
            return Order(**values)
        except ArgumentError:
            there = {name: field for name, field in self.fields.items() if name in row.cells}
            given = {name: values[field] for name, field in there.items() if field in values}
            return made(SOME_ORDER, there, given, row.place, self.problems)

    def line_of(self, row: Row) -> OrderLine | None:
        """The order line of a row; None if it is refused."""
        cells = row.cells
        try:
            return OrderLine(cells[self.sku], whole(cells[self.quantity]))  # type: ignore[arg-type]
        except ArgumentError:
            return None

    def tell_line(self, row: Row, line: OrderLine | None) -> None:
        """Report why a line is refused, or that nobody sells its SKU."""
        if line is not None:
            self.problems.need_sold(row.place, line.sku, self.skus)
            return
        values = {self.sku: row.cells[self.sku], self.quantity: whole(row.cells[self.quantity])}
        made(SOME_LINE, self.line_fields, values, row.place, self.problems)

    def tell_differences(self, order: Order, draft: Draft, row: Row) -> None:
        """Report the columns in which a row says something else than the first one of its order."""
        for name, field in self.fields.items():
            before, now = getattr(draft.order, field), getattr(order, field)
            if before != now and name in row.cells:
                rule = f"{name} must be the same as on line {draft.line}, {shown(_cell(before))}"
                self.problems.add(row.place, f"{rule}, got {shown(row.cells[name])}")

    def filled_down(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Rows whose blank cells have what stands above them in the same order."""
        order_id = self.order_id
        names = [name for name in self.fields if name != order_id]
        latest, rows_above = "", dict[str, dict[str, str]]()
        for row in rows:
            cells = row.cells
            latest = cells[order_id] = cells[order_id] or latest
            above = rows_above.get(latest, cells)
            cells |= {name: above[name] for name in names if name in cells and not cells[name]}
            rows_above[latest] = cells
            yield row

    def changed(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Rows with the changes that the columns ask for, of their own cells."""
        changes = [
            (self.columns.named(ours), change) for ours, change in self.columns.changes.items()
        ]
        for row in rows:
            cells = dict(row.cells)
            cells |= {name: change(cells[name]) for name, change in changes if name in cells}
            yield Row(row.line, cells)

    def timed(self, rows: list[Row]) -> Iterator[Row]:
        """Rows with seconds from the earliest time in place of dates and times."""
        named = self.columns.named
        name, other = named("placed_at"), named("placed_s")
        for row in rows:
            if row.cells.get(other):
                both = f"{name} and {other} must not both be given"
                self.problems.add(row.place, f"{both}, got {shown(row.cells[name])}")
        texts = [(row.place, row.cells[name]) for row in rows]
        times_s = seconds_from_earliest(self.problems, texts, name)
        for row, placed_s in zip(rows, times_s, strict=True):
            yield Row(row.line, row.cells | {name: repr(placed_s)})


def _cell(value: object) -> object:
    return getattr(value, "word", value)
