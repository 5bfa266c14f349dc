"""The audit of a ledger file: is it one, of this network, and does its stock add up?

It only reads. The first thing found wrong ends it, since the later questions need the earlier
answers: nothing is asked of the tables of another program.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fulfillment_lib.errors import shown
from fulfillment_lib.orders import Network
from fulfillment_lib.records import Movement, MovementKind, Reservation
from fulfillment_lib.stock.base import gain, reservation_of
from fulfillment_lib.stock.encoding import answer_from, label_from, movements_from, network_text
from fulfillment_lib.stock.schema import APPLICATION_ID, MOVEMENTS, STATEMENTS, VERSION

ELSEWHERE = "choose another path"
RESTORE = "put a sound copy in its place, or choose another path"
# Tables of SQLite itself, such as those of ANALYZE, are nobody's.
MADE = """SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL
    AND NOT (type = 'table' AND name LIKE 'sqlite^_%' ESCAPE '^')"""


class Unfit(NamedTuple):
    """Why a file will not do: the rule that it breaks, what it is instead, and the remedy."""

    rule: str
    got: str
    remedy: str


def audit(database: sqlite3.Connection, network: Network) -> Unfit | None:
    """What is wrong with a file, if anything is."""
    if (unfit := kind(database, network)) is not None:
        return unfit
    for problem in _problems(database, network):
        return Unfit("a ledger that adds up", problem, RESTORE)
    return None


def kind(database: sqlite3.Connection, network: Network) -> Unfit | None:
    """Why a file is not a ledger of this network, if it is not."""
    [(application,)] = database.execute("PRAGMA application_id")
    if application != APPLICATION_ID:
        got = f"a database of another program (application id {application})"
        return Unfit("a ledger of this package", got, ELSEWHERE)
    [(version,)] = database.execute("PRAGMA user_version")
    if version != VERSION:
        remedy = "open it with the release of the package that wrote it"
        return Unfit(f"a ledger of version {VERSION}", f"version {version}", remedy)
    made = database.execute(MADE)
    if sorted(text for (text,) in made) != sorted(STATEMENTS):
        return Unfit("a ledger with the tables it was made with", "other tables", RESTORE)
    if database.execute("SELECT network FROM about").fetchall() != [(network_text(network),)]:
        got = "one of other products, warehouses or stock"
        remedy = f"give the network it was made with, or {ELSEWHERE}"
        return Unfit("the ledger of this network", got, remedy)
    return None


def _problems(database: sqlite3.Connection, network: Network) -> Iterator[str]:
    for (line,) in database.execute("PRAGMA integrity_check(1)"):
        if line != "ok":
            yield line
    if database.execute("PRAGMA foreign_key_check").fetchone():
        yield "a row that refers to none"
    movements = movements_from(database.execute(MOVEMENTS))
    yield from _wrong_stock(database, network, movements)
    yield from _wrong_reservations(database, movements)
    yield from _wrong_labels(database)


def _wrong_stock(
    database: sqlite3.Connection, network: Network, movements: Iterable[Movement]
) -> Iterator[str]:
    """Where available is not what the network had, less what moved."""
    right: Counter[tuple[str, str]] = Counter()
    for house in network.warehouses:
        right.update({(house.name, sku): units for sku, units in house.stock.items()})
    for movement in movements:
        right[movement.warehouse, movement.sku] += gain(movement)
    rows = database.execute("SELECT warehouse, sku, available FROM stock")
    found = {(warehouse, sku): units for warehouse, sku, units in rows}
    for warehouse, sku in sorted(right.keys() | found.keys()):
        want, have = right.get((warehouse, sku)), found.get((warehouse, sku))
        if want != have:
            what = f"{shown(sku)} at {shown(warehouse)}"
            yield f"{have} available of {what} where the movements leave {want}"


def _wrong_reservations(
    database: sqlite3.Connection, movements: Iterable[Movement]
) -> Iterator[str]:
    """Units that left or came back and had not been reserved so, and answers that say otherwise."""
    reserved: defaultdict[str, list[Reservation]] = defaultdict(list)
    for movement in movements:
        if movement.kind is MovementKind.RESERVE:
            reserved[movement.task_id].append(reservation_of(movement))
        elif reservation_of(movement) not in reserved[movement.task_id]:
            yield f"a {movement.kind} for {shown(movement.task_id)} without its reservation"
    for task_id, text in database.execute("SELECT task_id, answer FROM answers"):
        try:
            said = answer_from(text).reservations
        except ValueError as error:
            yield f"an answer to {shown(task_id)} that cannot be read: {error}"
        else:
            if said != tuple(reserved.pop(task_id, ())):
                yield f"an answer to {shown(task_id)} that its movements do not bear out"
    for task_id in reserved:
        yield f"a reservation for {shown(task_id)} without an answer"


def _wrong_labels(database: sqlite3.Connection) -> Iterator[str]:
    for task_id, text in database.execute("SELECT task_id, label FROM labels"):
        try:
            label_from(text)
        except ValueError as error:
            yield f"a label of {shown(task_id)} that cannot be read: {error}"
