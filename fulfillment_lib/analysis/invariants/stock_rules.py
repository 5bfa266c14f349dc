"""The rules of stock: movements and reports → violations. In whole units."""

from __future__ import annotations

from collections.abc import Iterator

from fulfillment_lib.analysis.invariants.log import Finding, RunLog
from fulfillment_lib.records import Movement, MovementKind

Key = tuple[str, str]  # of a reservation: task id and warehouse


def stock_adds_up(log: RunLog) -> Iterator[Finding]:
    """Every movement moves units, and no level falls below zero."""
    available = {
        (house.name, sku): units
        for house in log.run.network.warehouses
        for sku, units in house.stock.items()
    }
    reserved = dict.fromkeys(available, 0)
    for place, movement in log.movements:
        spot, units = (movement.warehouse, movement.sku), movement.quantity
        if units < 1:
            yield Finding.of_movement(place, movement, "moves no units")
        elif spot not in available:
            yield Finding.of_movement(place, movement, "moves what is not in stock there")
        else:
            set_aside = units if movement.kind is MovementKind.RESERVE else -units
            reserved[spot] += set_aside
            if movement.kind is not MovementKind.SHIP:
                available[spot] -= set_aside
            if available[spot] < 0 or reserved[spot] < 0:
                text = f"leaves {available[spot]} available and {reserved[spot]} reserved"
                yield Finding.of_movement(place, movement, text)


def resolved_once(log: RunLog) -> Iterator[Finding]:
    """A reservation is made once, and shipped or released once."""
    still_open: dict[Key, tuple[str, int]] = {}
    made: set[Key] = set()
    for place, movement in log.movements:
        key, units = (movement.task_id, movement.warehouse), (movement.sku, movement.quantity)
        if movement.kind is MovementKind.RESERVE:
            if key in made:
                yield Finding.of_movement(place, movement, "reserves a second time")
            made.add(key)
            still_open[key] = units
        elif key not in made:
            yield Finding.of_movement(place, movement, "resolves what was never reserved")
        elif key not in still_open:
            yield Finding.of_movement(place, movement, "resolves a second time")
        elif still_open.pop(key) != units:
            yield Finding.of_movement(place, movement, "moves other units than were reserved")


def nothing_left_reserved(log: RunLog) -> Iterator[Finding]:
    """The units that a report calls shipped have left, once; all others were given back.

    The ledger may serve other runs as well, so only reservations of this run's tasks count.
    """
    last: dict[Key, tuple[int, Movement]] = {}
    for place, movement in log.movements:
        if movement.task_id in log.result_of:
            last[movement.task_id, movement.warehouse] = (place, movement)
    shipped = {
        (reservation.task_id, reservation.warehouse): report
        for _, report in log.orders
        for fulfillment in report.fulfillments
        if fulfillment.shipment is not None
        for reservation in fulfillment.reservations
    }
    for key, (place, movement) in last.items():
        if movement.kind is MovementKind.RESERVE:
            yield Finding.of_movement(place, movement, "is neither shipped nor given back")
        elif movement.kind is MovementKind.SHIP and key not in shipped:
            text = "should have been a release, as no shipment tells of it"
            yield Finding.of_movement(place, movement, text)
        elif movement.kind is MovementKind.RELEASE and key in shipped:
            yield Finding.of_movement(place, movement, "should have shipped, as the report says")
    for key, report in shipped.items():
        if key not in last:
            text = f"shipped, says the report of {report.order_id}, but nothing moved"
            yield Finding(key, report.finished_s, text)
