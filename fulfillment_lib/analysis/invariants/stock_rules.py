"""The rules of stock: movements, answers and reports → violations. In whole units.

How far it is from a warehouse to an order is asked of `geography`, which is not judged here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from math import inf

from fulfillment_lib.analysis.invariants.log import Finding, RunLog, differences, meet
from fulfillment_lib.analysis.run import TICKS_PER_S, ticks
from fulfillment_lib.engine.tasks import Outcome, TaskResult
from fulfillment_lib.geography import distance_km
from fulfillment_lib.orders import Units, Warehouse
from fulfillment_lib.plan import TaskKind, task_id
from fulfillment_lib.records import MovementKind, Reservation, StockCheck

Key = tuple[str, str]  # of a reservation: task id and warehouse; of stock: SKU and warehouse
ENDS = (MovementKind.SHIP, MovementKind.RELEASE)
Picks = list[tuple[str, int]]  # names of warehouses, and the units that come from there


def stock_adds_up(log: RunLog) -> Iterator[Finding]:
    """Every movement moves units, and no level falls below zero."""
    yield from Replay(log).impossible


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
    """The movements replayed: what each task found when it reserved, and what it took.

    `totals` holds, by SKU, the places of its movements and what all warehouses had after each.
    `own` holds the times and places of the movements of this run; others may use the ledger, too.
    `impossible` is what is wrong with single movements.
    """

    def __init__(self, log: RunLog) -> None:
        left: dict[str, dict[str, int]] = defaultdict(dict)
        for warehouse in log.run.network.warehouses:
            for sku, units in warehouse.stock.items():
                left[sku][warehouse.name] = units
        reserved: Counter[Key] = Counter()
        self.found: dict[str, dict[str, int]] = {}
        self.taken: dict[str, Picks] = defaultdict(list)
        self.totals = {sku: [(-1, sum(there.values()))] for sku, there in left.items()}
        self.own: list[tuple[int, int]] = []
        self.impossible: list[Finding] = []
        for place, movement in log.movements:
            there, house, units = left[movement.sku], movement.warehouse, movement.quantity
            if movement.task_id in log.result_of:
                self.own.append((ticks(movement.at_s), place))
            if movement.kind is MovementKind.RESERVE:
                self.found.setdefault(movement.task_id, dict(there))
                self.taken[movement.task_id].append((house, units))
            if units < 1:
                wrong = "moves no units"
            elif house not in there:
                wrong = "moves what is not in stock there"
            else:
                set_aside = units if movement.kind is MovementKind.RESERVE else -units
                reserved[movement.sku, house] += set_aside
                if movement.kind is not MovementKind.SHIP:
                    there[house] -= set_aside
                    totals = self.totals[movement.sku]
                    totals.append((place, totals[-1][1] - set_aside))
                levels = (there[house], reserved[movement.sku, house])
                if min(levels) >= 0:
                    continue
                wrong = f"leaves {levels[0]} available and {levels[1]} reserved"
            self.impossible.append(Finding.of_movement(place, movement, wrong))

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
    replay, places = Replay(log), {(order.postal_code, order.country) for order, _ in log.orders}
    nearest = {place: _nearest(log.run.network.warehouses, *place) for place in places}
    for order, _ in log.orders:
        for line in order.lines:
            name = task_id(order.id, TaskKind.INVENTORY, line.sku)
            found, taken = replay.found.get(name, {}), replay.taken.get(name, [])
            there = {warehouse: units for warehouse, units in found.items() if units > 0}
            due = _sourced(line.quantity, there, nearest[order.postal_code, order.country])
            if taken != due:
                yield log.by_task(name, f"took {taken}, where {due} of {there} were due")
            effect_s = None if order.id in log.unsure else log.effects.get(name)
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
    ended = {(move.task_id, move.warehouse) for _, move in log.movements if move.kind in ENDS}
    for place, movement in log.movements:
        result = log.result_of.get(movement.task_id)
        if result is None:
            continue
        effect_s, kind = log.effects.get(movement.task_id), MovementKind.RESERVE
        at = inf if effect_s is None else ticks(effect_s)
        if movement.kind in ENDS:
            kind, at = _resolved(log, result, movement.warehouse)
        if movement.kind is not kind:
            yield Finding.of_movement(place, movement, f"should have been a {kind}")
        elif not (meet(ticks(movement.at_s), at) or result.task.order_id in log.unsure):
            text = f"should have moved when its task ended, at {at / TICKS_PER_S:.15g} s"
            yield Finding.of_movement(place, movement, text)
        if (movement.task_id, movement.warehouse) not in ended:
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
