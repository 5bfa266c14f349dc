"""The rules of stock: movements, answers and reports → violations. In whole units.

How far it is from a warehouse to an order is asked of `geography`, which is not judged here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from math import inf

from fulfillment_lib.analysis.invariants.log import Finding, RunLog, differences, meet, never_ran
from fulfillment_lib.analysis.run import TICKS_PER_S, ticks
from fulfillment_lib.engine.tasks import Outcome, TaskResult
from fulfillment_lib.geography import distance_km
from fulfillment_lib.orders import Units, Warehouse
from fulfillment_lib.plan import TaskKind, task_id
from fulfillment_lib.records import Movement, MovementKind, Reservation, StockCheck

Key = tuple[str, str]  # of a reservation: task id and warehouse
Picks = list[tuple[str, int]]  # names of warehouses, and the units that come from there


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


class Replay:
    """What each task found when it reserved, and what it took, by the id of the task.

    `totals` holds, by SKU, the places of its movements and what all warehouses had after each.
    `own` holds the times and places of the movements of this run; others may use the ledger, too.
    """

    def __init__(self, log: RunLog) -> None:
        left: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for house in log.run.network.warehouses:
            for sku, units in house.stock.items():
                left[sku][house.name] = units
        self.found: dict[str, dict[str, int]] = {}
        self.taken: dict[str, Picks] = defaultdict(list)
        self.totals = {sku: [(-1, sum(there.values()))] for sku, there in left.items()}
        self.own: list[tuple[int, int]] = []
        for place, movement in log.movements:
            name, sku, gained = movement.task_id, movement.sku, movement.quantity
            if name in log.result_of:
                self.own.append((ticks(movement.at_s), place))
            if movement.kind is MovementKind.RESERVE:
                self.found.setdefault(name, dict(left[sku]))
                self.taken[name].append((movement.warehouse, gained))
                gained = -gained
            if movement.kind is not MovementKind.SHIP:
                left[sku][movement.warehouse] += gained
                totals = self.totals.setdefault(sku, [(-1, 0)])
                totals.append((place, totals[-1][1] + gained))

    def were_empty(self, sku: str, at: int) -> bool:
        """Whether there may have been nothing at a time, which several movements may share."""
        before, after = bisect_left(self.own, (at,)), bisect_left(self.own, (at + 1,))
        first = self.own[before - 1][1] if before else -1
        until = self.own[after][1] if after < len(self.own) else inf
        totals = self.totals.get(sku, [(-1, 0)])
        window = totals[bisect_left(totals, (first + 1,)) - 1 : bisect_left(totals, (until,))]
        return any(left <= 0 for _, left in window)


def exactly_what_there_is(log: RunLog) -> Iterator[Finding]:
    """A line gets what it wants, or all there is: of the nearest warehouse that has the whole line.

    If none has all, of the nearest ones together. The answer tells what was there.
    """
    replay, houses, nearest = Replay(log), log.run.network.warehouses, {}
    for order, _ in log.orders:
        place = (order.postal_code, order.country)
        if place not in nearest:
            nearest[place] = _nearest(houses, *place)
        for line in order.lines:
            name = task_id(order.id, TaskKind.INVENTORY, line.sku)
            found, taken = replay.found.get(name, {}), replay.taken.get(name, [])
            there = {warehouse: units for warehouse, units in found.items() if units > 0}
            due = _sourced(line.quantity, there, nearest[place])
            if taken != due:
                yield log.by_task(name, f"took {taken}, where {due} of {there} were due")
            effect_s = log.effects.get(name)
            if not (taken or effect_s is None or replay.were_empty(line.sku, ticks(effect_s))):
                yield log.by_task(name, "took nothing, though there was some")
            answer = log.result_of[name].value if name in log.result_of else None
            if isinstance(answer, StockCheck):
                made = tuple(Reservation(name, house, line.sku, units) for house, units in taken)
                true = StockCheck(line.sku, line.quantity, Units(there), made)
                for text in differences(answer, true, "answer"):
                    yield log.by_task(name, text)


def _nearest(houses: tuple[Warehouse, ...], *place: str) -> list[str]:
    """The names of the warehouses by their distance to a postal code and a country."""

    def distance(house: Warehouse) -> int:
        return distance_km(house.postal_code, house.country, *place)

    return [house.name for house in sorted(houses, key=distance)]


def _sourced(wanted: int, there: dict[str, int], nearest: list[str]) -> Picks:
    have_all = [name for name in nearest if there.get(name, 0) >= wanted]
    picks: Picks = []
    for name in have_all[:1] or nearest:
        units = min(wanted, there.get(name, 0))
        if units:
            picks.append((name, units))
            wanted -= units
    return picks


def moved_with_their_tasks(log: RunLog) -> Iterator[Finding]:
    """Units are set aside at the end of a service; then they leave with a shipping, or go back.

    The ledger may serve other runs as well, so only movements of this run's tasks count.
    """
    unsure = {result.task.order_id for result in log.run.results if never_ran(result)}
    last: dict[Key, tuple[int, Movement]] = {}
    for place, movement in log.movements:
        result = log.result_of.get(movement.task_id)
        if result is None:
            continue
        last[movement.task_id, movement.warehouse] = (place, movement)
        effect_s, kind = log.effects.get(movement.task_id), MovementKind.RESERVE
        at = inf if effect_s is None else ticks(effect_s)
        if movement.kind is not MovementKind.RESERVE:
            kind, at = _resolved(log, result, movement.warehouse)
        if movement.kind is not kind:
            yield Finding.of_movement(place, movement, f"should have been a {kind}")
        elif not (meet(ticks(movement.at_s), at) or result.task.order_id in unsure):
            text = f"should have moved when its task ended, at {at / TICKS_PER_S:.15g} s"
            yield Finding.of_movement(place, movement, text)
    for place, movement in last.values():
        if movement.kind is MovementKind.RESERVE:
            yield Finding.of_movement(place, movement, "is neither shipped nor given back")


def _resolved(log: RunLog, check: TaskResult, warehouse: str) -> tuple[MovementKind, float]:
    """What becomes of a reservation, and when its fate is known, in microseconds.

    That is when its share has shipped, or a task of it has not succeeded. Where another share
    holds it up, it is when all have come to their end. Without shares, and where the stock check
    itself has not succeeded, it is when all stock checks have ended.
    """
    results, kind = log.results_of[check.task.order_id], MovementKind.RELEASE
    share = log.shares.get((check.task.order_id, warehouse), [])
    rows = log.last_rows(share)
    if not rows or not check.succeeded:
        rows = log.last_rows(other for other in results if other.task.kind == TaskKind.INVENTORY)
    elif share[-1].succeeded:
        kind = MovementKind.SHIP
    elif rows[-1].attempt.outcome is Outcome.SUCCEEDED:
        rows = log.last_rows(results)
    return kind, max((row.finish for row in rows), default=inf)
