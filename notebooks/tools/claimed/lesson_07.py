"""What lesson 07 claims: nothing is lost or done twice, wherever a run is cancelled or killed."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path
from random import Random

from claimed.claim import Claim
from claimed.days import day
from fulfillment_lib import simulate
from fulfillment_lib.analysis import invariants
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.orders import Units
from fulfillment_lib.records import Movement
from fulfillment_lib.run import FulfillmentRun
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Settings
from fulfillment_lib.stock import MemoryLedger, SqliteLedger

KILLED_DAYS = 200
WHY_FEWER = "each day writes and reads three files"


def calm_day(seed: int) -> Scenario:
    """The day of the lesson."""
    return Scenario("a day", sample_orders(12, seed=seed), sample_network(), Settings(seed=seed))


def drawn_attempt(seed: int) -> int:
    """The number of the attempt after which a run of that day is stopped: from 1 to the last."""
    attempts = len(day(calm_day, seed).attempts)
    return Random(seed).randint(1, attempts)  # noqa: S311 - a simulation, no secret


class Careless(MemoryLedger):
    """Looks at what was there in the morning."""

    def available(self, sku: str) -> Units:
        houses = self.network.warehouses
        return Units({house.name: house.stock[sku] for house in houses if house.stock.get(sku)})


class Stop(BaseException):
    """The run is stopped here, from outside."""


def all_given_back(seed: int) -> bool:
    """Whether no reservation is open after a run was stopped after a drawn attempt."""
    seen: list[Attempt] = []

    def stop(attempt: Attempt) -> None:
        seen.append(attempt)
        if len(seen) == drawn_attempt(seed):
            raise Stop

    ledger = MemoryLedger(sample_network())
    with suppress(Stop):
        simulate(calm_day(seed), ledger=ledger, on_attempt=stop)
    return not ledger.reservations


def oversold(seed: int) -> float:
    """Units that the careless ledger promises and does not have."""
    ledger = Careless(sample_network())
    promised: dict[tuple[str, str], int] = {}
    for movement in simulate(calm_day(seed), ledger=ledger).movements:
        if movement.kind != "ship":
            sign = 1 if movement.kind == "reserve" else -1
            place = movement.warehouse, movement.sku
            promised[place] = promised.get(place, 0) + sign * movement.quantity
    stock = {house.name: house.stock for house in sample_network().warehouses}
    return float(
        sum(max(0, units - stock[house].get(sku, 0)) for (house, sku), units in promised.items())
    )


def no_violation(seed: int) -> bool:
    """Whether the checker has nothing to say of the real ledger."""
    return not invariants.check(day(calm_day, seed))


@lru_cache(maxsize=1)
def killed_and_resumed(seed: int) -> tuple[tuple[Movement, ...], FulfillmentRun]:
    """What a ledger's file held after a drawn attempt, and the run that goes on from there.

    A kill leaves what was committed. A copy of the file at that moment has just that.
    """
    seen: list[Attempt] = []
    with tempfile.TemporaryDirectory() as folder:
        path, left = Path(folder) / "ledger.db", Path(folder) / "left.db"

        def copy_at_the_kill(attempt: Attempt) -> None:
            seen.append(attempt)
            if len(seen) == drawn_attempt(seed):
                with closing(sqlite3.connect(path)) as file, closing(sqlite3.connect(left)) as copy:
                    file.backup(copy)

        with SqliteLedger(path, sample_network()) as ledger:
            simulate(calm_day(seed), ledger=ledger, on_attempt=copy_at_the_kill)
        with SqliteLedger(left, sample_network()) as ledger:
            before = ledger.movements
            return before, simulate(calm_day(seed), ledger=ledger)


def shipped(movements: tuple[Movement, ...]) -> int:
    """Units that left."""
    return sum(movement.quantity for movement in movements if movement.kind == "ship")


def resumed_is_equal(seed: int) -> bool:
    """The resumed run equals one that nobody disturbed, and begins with what the file held."""
    before, resumed = killed_and_resumed(seed)
    undisturbed = day(calm_day, seed)
    begins = resumed.movements[: len(before)] == before
    return begins and resumed.digest() == undisturbed.digest()


def shipped_twice_by_starting_over(seed: int) -> float:
    """Units that had left at the kill, and leave again if the file is deleted."""
    return float(shipped(killed_and_resumed(seed)[0]))


CLAIMS = (
    Claim(
        number="07.1",
        sentence="Each was given back on the way out",
        quantity="no reservation is open after a stop at a drawn attempt",
        unit="days",
        expected="always",
        measure=all_given_back,
    ),
    Claim(
        number="07.2",
        sentence="A program that looks at an old number sells what is not there",
        quantity="units sold that were not there",
        unit="units",
        expected="> 0",
        measure=oversold,
    ),
    Claim(
        number="07.3",
        sentence="Of the real ledger the checker has nothing to say",
        quantity="no violation with the real ledger",
        unit="days",
        expected="always",
        measure=no_violation,
    ),
    Claim(
        number="07.4",
        sentence="Starting over would ship again what had left",
        quantity="units shipped before a kill at a drawn attempt, and again after starting over",
        unit="units",
        expected="> 0",
        measure=shipped_twice_by_starting_over,
        days=KILLED_DAYS,
        reason=WHY_FEWER,
    ),
    Claim(
        number="07.5",
        sentence="The resumed run equals a run that nobody disturbed",
        quantity="killed after a drawn attempt and resumed = undisturbed",
        unit="days",
        expected="always",
        measure=resumed_is_equal,
        days=KILLED_DAYS,
        reason=WHY_FEWER,
    ),
)
