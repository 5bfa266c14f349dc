"""The rules of stock: movements, answers and reports → violations. In whole units.

How far it is from a warehouse to an order is asked of `geography`, which is not judged here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, combinations, islice, takewhile
from math import inf

from fulfillment_lib.analysis.invariants.log import Finding, RunLog, differences, meet
from fulfillment_lib.analysis.run import TICKS_PER_S, ticks
from fulfillment_lib.engine.tasks import Outcome, TaskResult
from fulfillment_lib.geography import distance_km
from fulfillment_lib.orders import Order, Units, Warehouse
from fulfillment_lib.plan import TaskKind, of_round, task_id
from fulfillment_lib.records import Movement, MovementKind, Reservation, StockCheck

Key = tuple[str, str]  # of a reservation: task id and warehouse; of stock: SKU and warehouse
ENDS = (MovementKind.SHIP, MovementKind.RELEASE)
Picks = list[tuple[str, int]]  # names of warehouses, and the units that come from there
MOST_SETS = 2_000  # of warehouses, that are compared for the fewest parcels


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

    `levels` holds, by SKU, the places of its movements and what each warehouse had after each.
    `first` is the place where a task reserved, `of_order` are the movements of an order.
    `own` holds the times and places of the movements of this run; others may use the ledger, too.
    `impossible` is what is wrong with single movements.
    """

    def __init__(self, log: RunLog) -> None:
        left: dict[str, dict[str, int]] = defaultdict(dict)
        for warehouse in log.run.network.warehouses:
            for sku, units in warehouse.stock.items():
                left[sku][warehouse.name] = units
        reserved: Counter[Key] = Counter()
        self.first: dict[str, int] = {}
        self.taken: dict[str, Picks] = defaultdict(list)
        self.levels = {sku: [(-1, _some(there))] for sku, there in left.items()}
        self.of_order: dict[str, list[tuple[int, Movement]]] = defaultdict(list)
        self.own: list[tuple[int, int]] = []
        self.impossible: list[Finding] = []
        for place, movement in log.movements:
            there, house, units = left[movement.sku], movement.warehouse, movement.quantity
            result = log.result_of.get(movement.task_id)
            if result is not None:
                self.own.append((ticks(movement.at_s), place))
                self.of_order[result.task.order_id].append((place, movement))
            if movement.kind is MovementKind.RESERVE:
                self.first.setdefault(movement.task_id, place)
                self.taken[movement.task_id].append((house, units))
            if units < 1:
                wrong = "moves no units"
            elif house not in there:
                wrong = "moves what is not in stock there"
            else:
                set_aside = _signed(movement)
                reserved[movement.sku, house] += set_aside
                if movement.kind is not MovementKind.SHIP:
                    there[house] -= set_aside
                    self.levels[movement.sku].append((place, _some(there)))
                levels = (there[house], reserved[movement.sku, house])
                if min(levels) >= 0:
                    continue
                wrong = f"leaves {levels[0]} available and {levels[1]} reserved"
            self.impossible.append(Finding.of_movement(place, movement, wrong))

    def levels_at(self, sku: str, at: int) -> list[dict[str, int]]:
        """What there may have been at a time, which several movements may share."""
        before, after = bisect_left(self.own, (at,)), bisect_left(self.own, (at + 1,))
        first = self.own[before - 1][1] if before else -1
        until = self.own[after][1] if after < len(self.own) else inf
        return self.levels_in(sku, first + 1, until)

    def levels_in(self, sku: str, first: int, until: float) -> list[dict[str, int]]:
        """What there was before the movement at a place, and after each one before another."""
        levels = self.levels.get(sku, [(-1, {})])
        window = levels[bisect_left(levels, (first,)) - 1 : bisect_left(levels, (until,))]
        return [there for _, there in window]


def _signed(movement: Movement) -> int:
    """The units by which a movement makes a reservation grow."""
    return movement.quantity if movement.kind is MovementKind.RESERVE else -movement.quantity


def _some(there: dict[str, int]) -> dict[str, int]:
    return {warehouse: units for warehouse, units in there.items() if units > 0}


def exactly_what_there_is(log: RunLog) -> Iterator[Finding]:
    """A line gets what it wants, or all there is: of the first warehouse that has the whole line.

    If none has all, of the first ones together. The routing says which come first; a later round
    leaves out those where packing failed. The answer tells what was there.
    """
    replay, places = Replay(log), {(order.postal_code, order.country) for order, _ in log.orders}
    nearest = {place: _nearest(log.run.network.warehouses, *place) for place in places}
    for order, _ in log.orders:
        for number, _, wanted, without in log.rounds[order.id]:
            names = nearest[order.postal_code, order.country]
            kept = [name for name in names if name not in without] if without else names
            for sku, units in wanted.items():
                name = of_round(task_id(order.id, TaskKind.INVENTORY, sku), number)
                asked = _asked(log, replay, order, name, kept)
                yield from _as_due(log, replay, name, (sku, units), asked)


def _asked(log: RunLog, replay: Replay, order: Order, name: str, kept: list[str]) -> list[str]:
    """The warehouses that a check asks; of a function only those can be known that it took from."""
    if callable(log.run.settings.routing):
        return [house for house, _ in replay.taken.get(name, []) if house in kept]
    if log.run.settings.routing == "nearest" or name not in replay.first:
        return kept
    return _fewest(replay, order, replay.first[name], kept)


def _fewest(replay: Replay, order: Order, place: int, kept: list[str]) -> list[str]:
    """The smallest set that has as much of the order as all together, and then the others.

    What the order has set aside already counts as what it may have.
    """
    have: Counter[Key] = Counter()
    for line in order.lines:
        for house, units in replay.levels_in(line.sku, place, place)[0].items():
            have[line.sku, house] = units
    for _, movement in takewhile(lambda own: own[0] < place, replay.of_order[order.id]):
        have[movement.sku, movement.warehouse] += _signed(movement)

    def lacks(names: Sequence[str]) -> int:
        units = {line.sku: sum(have[line.sku, name] for name in names) for line in order.lines}
        return sum(max(0, line.quantity - units[line.sku]) for line in order.lines)

    sets = chain.from_iterable(combinations(kept, size) for size in range(len(kept) + 1))
    least = lacks(kept)
    best = next((names for names in islice(sets, MOST_SETS) if lacks(names) == least), ())
    return [*best, *(name for name in kept if name not in best)]


def _as_due(
    log: RunLog, replay: Replay, name: str, wanted: tuple[str, int], asked: list[str]
) -> Iterator[Finding]:
    """What is wrong with what a check took, and told to have found."""
    taken, effect_s = replay.taken.get(name, []), log.effects.get(name)
    result = log.result_of.get(name)
    answer = result.value if result is not None else None
    if taken:
        found = replay.levels_in(wanted[0], replay.first[name], replay.first[name])
    else:
        told = dict(answer.available) if isinstance(answer, StockCheck) else {}
        found = [told]
        if effect_s is not None and not (result and result.task.order_id in log.unsure):
            found = replay.levels_at(wanted[0], ticks(effect_s))
        found.sort(key=lambda there: there != told)
    there, *others = found
    due = _sourced(wanted[1], there, asked)
    if taken != due and not any(_sourced(wanted[1], each, asked) == taken for each in others):
        text = f"took {taken}, where {due} of {there} were due"
        yield log.by_task(name, text if taken else "took nothing, though there was some")
    if isinstance(answer, StockCheck):
        made = tuple(Reservation(name, house, wanted[0], units) for house, units in taken)
        true = StockCheck(*wanted, Units(there), made)
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
    itself has not succeeded, it is when all stock checks of its round have ended.
    """
    results, kind = log.results_of[check.task.order_id], MovementKind.RELEASE
    number = log.round_of[check.task.id]
    share = log.shares.get((check.task.order_id, warehouse, number), [])
    rows = log.last_rows(share)
    if not rows or not check.succeeded:
        checks = (other for other in results if other.task.kind == TaskKind.INVENTORY)
        rows = log.last_rows(other for other in checks if log.round_of[other.task.id] == number)
    elif share[-1].succeeded:
        kind = MovementKind.SHIP
    elif rows[-1].attempt.outcome is Outcome.SUCCEEDED:
        rows = log.last_rows(results)
    return kind, max((row.finish for row in rows), default=inf)
