"""The rules of stock: movements and reports → violations. In whole units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fulfillment_lib.analysis.invariants.log import RunLog, Violation, by_movement, by_report
from fulfillment_lib.plan import TaskKind, task_id
from fulfillment_lib.records import Movement, MovementKind, OrderReport

ADDS_UP = "1 stock adds up"
RESOLVED_ONCE = "3 resolved once"
NOTHING_LEFT = "4 nothing left reserved"
ONE_LABEL = "5 one label"

Key = tuple[str, str]  # of a reservation: task id and warehouse


def stock_adds_up(log: RunLog) -> Iterator[Violation]:
    """Whole units move, and no level falls below zero."""
    available = {
        (house.name, sku): units
        for house in log.run.network.warehouses
        for sku, units in house.stock.items()
    }
    reserved = dict.fromkeys(available, 0)
    for place, each in log.movements:
        spot, units = (each.warehouse, each.sku), each.quantity
        if type(units) is not int or units < 1:
            yield by_movement(ADDS_UP, place, each, "does not move whole units")
        elif spot not in available:
            yield by_movement(ADDS_UP, place, each, "moves what is not in stock there")
        else:
            reserved[spot] += units if each.kind is MovementKind.RESERVE else -units
            if each.kind is not MovementKind.SHIP:
                available[spot] -= units if each.kind is MovementKind.RESERVE else -units
            if available[spot] < 0 or reserved[spot] < 0:
                yield by_movement(
                    ADDS_UP,
                    place,
                    each,
                    f"leaves {available[spot]} available and {reserved[spot]} reserved",
                )


def resolved_once(log: RunLog) -> Iterator[Violation]:
    """A reservation is made once, and shipped or released once."""
    still_open: dict[Key, tuple[str, int]] = {}
    made: set[Key] = set()
    for place, each in log.movements:
        key = (each.task_id, each.warehouse)
        if each.kind is MovementKind.RESERVE:
            if key in made:
                yield by_movement(RESOLVED_ONCE, place, each, "reserves a second time")
            made.add(key)
            still_open[key] = (each.sku, each.quantity)
        elif key not in made:
            yield by_movement(RESOLVED_ONCE, place, each, "resolves what was never reserved")
        elif key not in still_open:
            yield by_movement(RESOLVED_ONCE, place, each, "resolves a second time")
        elif still_open.pop(key) != (each.sku, each.quantity):
            yield by_movement(RESOLVED_ONCE, place, each, "moves other units than were reserved")


def nothing_left_reserved(log: RunLog) -> Iterator[Violation]:
    """What a report calls shipped has left, once; all else was given back.

    The ledger may serve other runs as well, so only reservations of this run's tasks count.
    """
    last: dict[Key, tuple[int, Movement]] = {}
    for place, each in log.movements:
        if each.task_id in log.result_of:
            last[each.task_id, each.warehouse] = (place, each)
    shipped = {
        (each.task_id, each.warehouse): report
        for _, report in log.orders
        for part in report.fulfillments
        if part.shipment is not None
        for each in part.reservations
    }
    for key, (place, each) in last.items():
        if each.kind is MovementKind.RESERVE:
            yield by_movement(NOTHING_LEFT, place, each, "is neither shipped nor given back")
        elif (each.kind is MovementKind.SHIP) != (key in shipped):
            yield by_movement(
                NOTHING_LEFT,
                place,
                each,
                "should have shipped, as the report says"
                if key in shipped
                else "should have been a release, as no shipment tells of it",
            )
    for key, report in shipped.items():
        if key not in last:
            yield Violation(
                NOTHING_LEFT,
                key,
                report.finished_s,
                f"shipped, says the report of {report.order_id}, but nothing moved",
            )


def one_label(log: RunLog) -> Iterator[Violation]:
    """A fulfillment has one label at most, and no number comes twice."""
    numbers: Counter[str] = Counter()
    owner: dict[str, OrderReport] = {}
    for _, report in log.orders:
        codes = [
            *_tracking_numbers(report),
            *(package.sscc for part in report.fulfillments for package in part.packages),
        ]
        numbers.update(codes)
        owner.update(dict.fromkeys(codes, report))
        names = [part.warehouse for part in report.fulfillments]
        in_vain = sum(
            part.shipment is None
            and task_id(report.order_id, TaskKind.SHIPPING, part.warehouse) in log.tries
            for part in report.fulfillments
        )
        if len(set(names)) < len(names):
            yield by_report(ONE_LABEL, report, f"has two fulfillments at one warehouse: {names}")
        if len(report.voided) > in_vain:
            yield by_report(
                ONE_LABEL,
                report,
                f"has {len(report.voided)} voided labels for "
                f"{in_vain} shipping tasks tried in vain",
            )
    for number, times in numbers.items():
        if times > 1:
            yield by_report(
                ONE_LABEL, owner[number], f"has the number {number}, which comes {times} times"
            )


def _tracking_numbers(report: OrderReport) -> list[str]:
    return [
        *report.voided,
        *(
            part.shipment.tracking_number
            for part in report.fulfillments
            if part.shipment is not None
        ),
    ]
