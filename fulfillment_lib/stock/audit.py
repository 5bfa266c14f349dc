"""The audit of a ledger file: is it one, of this network, and does its stock add up?

It only reads. The first thing found wrong ends it, since the later questions need the earlier
answers: nothing is asked of the tables of another program.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from fulfillment_lib.errors import shown
from fulfillment_lib.orders import Network
from fulfillment_lib.records import Reservation
from fulfillment_lib.stock.encoding import answer_from, label_from, network_text
from fulfillment_lib.stock.schema import APPLICATION_ID, STATEMENTS, VERSION

ELSEWHERE = "choose another path"
RESTORE = "put a sound copy in its place, or choose another path"


class Unfit(NamedTuple):
    """Why a file will not do: the rule that it breaks, what it is instead, and the remedy."""

    rule: str
    got: str
    remedy: str


def audit(database: sqlite3.Connection, network: Network) -> Unfit | None:
    """What is wrong with a file, if anything is."""
    application = _number(database, "PRAGMA application_id")
    if application != APPLICATION_ID:
        return Unfit(
            "a ledger of this package",
            f"a database of another program (application id {application})",
            ELSEWHERE,
        )
    version = _number(database, "PRAGMA user_version")
    if version != VERSION:
        return Unfit(
            f"a ledger of version {VERSION}",
            f"version {version}",
            "open it with the release of the package that wrote it",
        )
    made = database.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
    if sorted(text for (text,) in made) != sorted(STATEMENTS):
        return Unfit("a ledger with the tables it was made with", "other tables", RESTORE)
    if database.execute("SELECT network FROM about").fetchall() != [(network_text(network),)]:
        return Unfit(
            "the ledger of this network",
            "one of other products, warehouses or stock",
            f"give the network it was made with, or {ELSEWHERE}",
        )
    for problem in _problems(database, network):
        return Unfit("a ledger that adds up", problem, RESTORE)
    return None


def _problems(database: sqlite3.Connection, network: Network) -> Iterator[str]:
    for (line,) in database.execute("PRAGMA integrity_check(1)"):
        if line != "ok":
            yield line
    if database.execute("PRAGMA foreign_key_check").fetchone():
        yield "a row that refers to none"
    yield from _wrong_stock(database, network)
    yield from _wrong_ends(database)
    yield from _wrong_answers(database)
    yield from _wrong_labels(database)


def _wrong_stock(database: sqlite3.Connection, network: Network) -> Iterator[str]:
    """Where available is not what the network had, less what moved."""
    right = {
        (house.name, sku): units
        for house in network.warehouses
        for sku, units in house.stock.items()
    }
    for warehouse, sku, units in database.execute(
        "SELECT warehouse, sku, sum(CASE kind WHEN 'reserve' THEN -quantity "
        "WHEN 'release' THEN quantity ELSE 0 END) FROM movements GROUP BY warehouse, sku"
    ):
        right[warehouse, sku] = right.get((warehouse, sku), 0) + units
    rows = database.execute("SELECT warehouse, sku, available FROM stock")
    found = {(warehouse, sku): units for warehouse, sku, units in rows}
    for warehouse, sku in sorted(right.keys() | found.keys()):
        want, have = right.get((warehouse, sku)), found.get((warehouse, sku))
        if want != have:
            yield (
                f"{have} available of {shown(sku)} at {shown(warehouse)} where the movements "
                f"leave {want}"
            )


def _wrong_ends(database: sqlite3.Connection) -> Iterator[str]:
    """Units shipped or released that had not been reserved so."""
    for kind, task_id in database.execute(
        "SELECT ended.kind, ended.task_id FROM movements AS ended "
        "LEFT JOIN movements AS made ON made.kind = 'reserve' "
        "AND made.task_id = ended.task_id AND made.warehouse = ended.warehouse "
        "AND made.sku = ended.sku AND made.quantity = ended.quantity "
        "AND made.number < ended.number "
        "WHERE ended.kind <> 'reserve' AND made.number IS NULL"
    ):
        yield f"a {kind} for {shown(task_id)} without its reservation"


def _wrong_answers(database: sqlite3.Connection) -> Iterator[str]:
    """Answers that do not say what was reserved, and reservations without an answer."""
    reserved: dict[str, tuple[Reservation, ...]] = {}
    for row in database.execute(
        "SELECT task_id, warehouse, sku, quantity FROM movements "
        "WHERE kind = 'reserve' ORDER BY number"
    ):
        reserved[row[0]] = (*reserved.get(row[0], ()), Reservation(*row))
    for task_id, text in database.execute("SELECT task_id, answer FROM answers"):
        try:
            said = answer_from(text).reservations
        except ValueError as error:
            yield f"an answer to {shown(task_id)} that cannot be read: {error}"
        else:
            if said != reserved.pop(task_id, ()):
                yield f"an answer to {shown(task_id)} that its movements do not bear out"
    for task_id in reserved:
        yield f"a reservation for {shown(task_id)} without an answer"


def _wrong_labels(database: sqlite3.Connection) -> Iterator[str]:
    for task_id, text in database.execute("SELECT task_id, label FROM labels"):
        try:
            label_from(text)
        except ValueError as error:
            yield f"a label of {shown(task_id)} that cannot be read: {error}"


def _number(database: sqlite3.Connection, question: str) -> int:
    found: int = database.execute(question).fetchone()[0]
    return found
