"""What a run leaves behind: immutable records, from which every view is computed.

Times are seconds from the start of the run, to the microsecond; weights are in kg, lengths in cm,
costs in US dollars, dates as in "2026-03-04".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from fulfillment_lib import checks
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.errors import printable
from fulfillment_lib.frozen import record
from fulfillment_lib.orders import Priority, Units


class OrderStatus(StrEnum):
    """How an order ended."""

    FULFILLED = "FULFILLED"  #: all units shipped
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"  #: some units shipped
    UNFULFILLED = "UNFULFILLED"  #: none shipped, but some still wait
    CANCELLED = "CANCELLED"  #: none shipped, and none will be


class MovementKind(StrEnum):
    """What a stock movement does: set units aside, let them leave, or give them back."""

    RESERVE = "reserve"
    SHIP = "ship"
    RELEASE = "release"


@record
class Reservation:
    """Units of one order line set aside at one warehouse; keyed by (task_id, warehouse)."""

    task_id: str
    warehouse: str
    sku: str
    quantity: int


@record
class StockCheck:
    """The value of an inventory task: what was available where, and what was set aside."""

    sku: str
    requested: int
    available: Units
    reservations: tuple[Reservation, ...]

    @property
    def reserved(self) -> int:
        """Units set aside, over all warehouses."""
        return sum([reservation.quantity for reservation in self.reservations])


@record
class Movement:
    """One entry of the ledger: `quantity` units reserved, shipped or released at `at_s`."""

    at_s: float
    kind: MovementKind
    warehouse: str
    sku: str
    quantity: int
    task_id: str


@record
class Package:
    """A closed carton, with its serial shipping container code (SSCC-18, simulated)."""

    sscc: str
    warehouse: str
    carton: str
    contents: Units
    length_cm: float
    width_cm: float
    height_cm: float
    weight_kg: float
    billable_weight_kg: float


@record
class Shipment:
    """Packages handed to a carrier (simulated).

    `tracking_number` is that of the first package, by which the carrier finds the whole shipment;
    `more_numbers` are those of the others, where a carrier gives each package one.
    """

    order_id: str
    warehouse: str
    carrier: str
    service: str
    tracking_number: str
    origin: str
    destination: str
    ship_date: str
    delivery_date: str
    cost: float
    packages: tuple[Package, ...]
    more_numbers: tuple[str, ...] = ()

    @property
    def tracking_numbers(self) -> tuple[str, ...]:
        """All of them, the first package's first."""
        return self.tracking_number, *self.more_numbers

    def label(self) -> str:
        """The shipping label as text: one page for all packages, 54 characters wide.

        Lists six packages, each with its number if it has one, and counts the others. Control
        characters and marks of text direction show as escapes, and a line that is too long ends
        in "…".
        """
        rest = len(self.packages) - 6
        lines = [
            "SIMULATED: NOT A REAL SHIPMENT".center(50),
            "",
            f"FROM      {self.origin}  {self.warehouse}",
            f"SHIP TO   {self.destination}",
            f"ORDER     {self.order_id}",
            f"SERVICE   {self.carrier} {self.service}",
            f"TRACKING  {' '.join(re.findall('1Z|.{1,4}', self.tracking_number))}",
            f"BARCODE   {self.tracking_number}",
            f"SHIPS     {self.ship_date}",
            f"DELIVERY  {self.delivery_date}",
            "",
            *self._package_lines(6),
            *([f"and {rest} more"] if rest > 0 else []),
        ]
        edge = f"+{'-' * 52}+"
        return "\n".join([edge, *(f"| {printable(line, 50):50} |" for line in lines), edge])

    def _package_lines(self, most: int) -> Iterator[str]:
        """What the label says of the first packages."""
        total = len(self.packages)
        for number, package in enumerate(self.packages[:most], 1):
            place = f"{number}/{total}".ljust(7)
            yield f"{place}(00) {package.sscc}  {package.weight_kg:.3f} kg"
            if self.more_numbers:
                yield f"{'':7}{self.tracking_numbers[number - 1]}"


@record
class Fulfillment:
    """The part of an order that one warehouse ships; `shipment` is None if it did not."""

    order_id: str
    warehouse: str
    reservations: tuple[Reservation, ...]
    packages: tuple[Package, ...]
    shipment: Shipment | None
    outcome: Outcome
    error: str = ""


UNIT_COLUMNS = ("ordered", "shipped", "backordered", "cancelled")


@record
class LineReport:
    """One order line at the end: ordered = shipped + backordered + cancelled, in units."""

    sku: str
    ordered: int
    shipped: int
    backordered: int
    cancelled: int
    reason: str


@record
class OrderReport:
    """The end of an order. `packages` and `shipments` are those that left.

    `voided` lists tracking numbers of labels whose shipment did not come about.
    """

    order_id: str
    status: OrderStatus
    lines: tuple[LineReport, ...]
    packages: tuple[Package, ...]
    shipments: tuple[Shipment, ...]
    fulfillments: tuple[Fulfillment, ...]
    voided: tuple[str, ...]
    priority: Priority
    placed_s: float
    finished_s: float
    tasks_succeeded: int
    tasks_failed: int
    tasks_skipped: int

    @property
    def lead_time_s(self) -> float:
        """Seconds from placed to finished."""
        return round(self.finished_s - self.placed_s, 6)

    def total(self, column: str) -> int:
        """Units over all lines: of "ordered", "shipped", "backordered" or "cancelled"."""
        checks.choice("column", column, UNIT_COLUMNS)
        return sum(getattr(line, column) for line in self.lines)

    def __repr__(self) -> str:
        units = f"{self.total('shipped')} of {self.total('ordered')} units shipped"
        return f"OrderReport({printable(self.order_id, 100)}: {self.status}, {units})"
