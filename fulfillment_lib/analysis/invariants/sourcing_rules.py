"""The rules of sourcing: movements, answers and reports → violations. In whole units.

The movements are replayed along the ledger. How far it is from a warehouse to an order is asked of
`geography`, which is not judged here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from math import inf

from fulfillment_lib.analysis.invariants.log import Finding, RunLog, meet, never_ran
from fulfillment_lib.analysis.run import TICKS_PER_S, ticks
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.geography import distance_km
from fulfillment_lib.orders import Warehouse
from fulfillment_lib.plan import TaskKind, task_id
from fulfillment_lib.records import Movement, MovementKind, StockCheck

Picks = list[tuple[str, int]]  # names of warehouses, and the units that come from there


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
    replay, nearest = Replay(log), _Nearest(log.run.network.warehouses)
    for order, _ in log.orders:
        for line in order.lines:
            name = task_id(order.id, TaskKind.INVENTORY, line.sku)
            found, taken = replay.found.get(name, {}), replay.taken.get(name, [])
            there = {warehouse: units for warehouse, units in found.items() if units > 0}
            due = _sourced(line.quantity, there, nearest[order.postal_code, order.country])
            if taken != due:
                yield log.by_task(name, f"took {taken}, where {due} of {there} were due")
            effect_s = log.effects.get(name)
            if not (taken or effect_s is None or replay.were_empty(line.sku, ticks(effect_s))):
                yield log.by_task(name, "took nothing, though there was some")
            answer = log.result_of[name].value if name in log.result_of else None
            if isinstance(answer, StockCheck):
                told = (answer.sku, answer.requested, answer.available)
                if told != (line.sku, line.quantity, there):
                    text = f"answers {told}, where {line.quantity} were wanted of {there}"
                    yield log.by_task(name, text)


class _Nearest(dict[tuple[str, str], list[str]]):
    """Postal code and country → the names of the warehouses, the nearest first."""

    def __init__(self, houses: tuple[Warehouse, ...]) -> None:
        super().__init__()
        self._houses = houses

    def __missing__(self, place: tuple[str, str]) -> list[str]:
        def distance(house: Warehouse) -> int:
            return distance_km(house.postal_code, house.country, *place)

        self[place] = [house.name for house in sorted(self._houses, key=distance)]
        return self[place]


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
    """Units are set aside at the end of a service, and resolved when their last task ends."""
    unsure = {result.task.order_id for result in log.run.results if never_ran(result)}
    for place, movement in log.movements:
        result = log.result_of.get(movement.task_id)
        if result is None:
            continue
        if movement.kind is MovementKind.RESERVE:
            due = log.effects.get(movement.task_id, inf) * TICKS_PER_S
        elif result.task.order_id in unsure:
            continue
        else:
            due = _resolved_at(log, movement, result.task.order_id)
        if not meet(ticks(movement.at_s), due):
            text = f"moved at another time than its task ended, {due / TICKS_PER_S:.15g} s"
            yield Finding.of_movement(place, movement, text)


def _resolved_at(log: RunLog, movement: Movement, order_id: str) -> float:
    """When the fate of a reservation is known, in microseconds.

    That is when its share is packed and shipped, or one of both has not succeeded. Where another
    share holds it up, it is when all have come to their end. Without shares, and where the
    stock check itself has not succeeded, it is when all stock checks have ended.
    """
    results = log.results_of[order_id]
    rows = log.last_rows(log.shares.get((order_id, movement.warehouse), []))
    if not rows or not log.result_of[movement.task_id].succeeded:
        rows = log.last_rows(each for each in results if each.task.kind == TaskKind.INVENTORY)
    elif movement.kind is MovementKind.RELEASE and rows[-1].attempt.outcome is Outcome.SUCCEEDED:
        rows = log.last_rows(results)
    return max((row.finish for row in rows), default=inf)
