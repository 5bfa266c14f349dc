"""The tables of a ledger file, and what tells such a file from any other.

`movements` is the history, and the only place where reservations are: one that has no end yet is
open. `stock` holds the available units, so that taking some is one guarded update; the rules of
the tables refuse whatever the code should let through. The view is for people who look into the
file. Times are in seconds of the run.
"""

from __future__ import annotations

import sqlite3

from fulfillment_lib.orders import Network
from fulfillment_lib.stock.encoding import network_text

APPLICATION_ID = 0x46_4C_4C_47  # "FLLG", in the header of the file
VERSION = 1
MOVEMENTS = "SELECT at_s, kind, warehouse, sku, quantity, task_id FROM movements ORDER BY number"

STATEMENTS = (
    "CREATE TABLE about (network TEXT NOT NULL) STRICT",
    """CREATE TABLE stock (
        warehouse TEXT NOT NULL,
        sku TEXT NOT NULL,
        available INTEGER NOT NULL CHECK (available >= 0),
        PRIMARY KEY (warehouse, sku)
    ) STRICT""",
    """CREATE TABLE movements (
        number INTEGER PRIMARY KEY,
        at_s REAL NOT NULL CHECK (at_s >= 0),
        kind TEXT NOT NULL CHECK (kind IN ('reserve', 'ship', 'release')),
        warehouse TEXT NOT NULL,
        sku TEXT NOT NULL,
        quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
        task_id TEXT NOT NULL,
        UNIQUE (task_id, warehouse, kind),
        FOREIGN KEY (warehouse, sku) REFERENCES stock (warehouse, sku)
    ) STRICT""",
    """CREATE UNIQUE INDEX one_end_each ON movements (task_id, warehouse)
        WHERE kind <> 'reserve'""",
    """CREATE VIEW open_reservations AS
        SELECT number, task_id, warehouse, sku, quantity FROM movements AS made
        WHERE kind = 'reserve' AND NOT EXISTS (
            SELECT 1 FROM movements AS ended
            WHERE ended.task_id = made.task_id AND ended.warehouse = made.warehouse
            AND ended.kind <> 'reserve')""",
    "CREATE TABLE answers (task_id TEXT PRIMARY KEY NOT NULL, answer TEXT NOT NULL) STRICT",
    "CREATE TABLE labels (task_id TEXT PRIMARY KEY NOT NULL, label TEXT NOT NULL) STRICT",
    """CREATE TABLE voids (
        number INTEGER PRIMARY KEY,
        task_id TEXT NOT NULL UNIQUE REFERENCES labels (task_id)
    ) STRICT""",
    """CREATE TABLE results (
        task_id TEXT PRIMARY KEY NOT NULL,
        outcome TEXT NOT NULL CHECK (
            outcome IN ('succeeded', 'failed', 'timed_out', 'skipped', 'cancelled')),
        error TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE runs (
        digest TEXT PRIMARY KEY NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('begun', 'finished', 'stopped'))
    ) STRICT""",
    """CREATE TABLE orders (
        order_id TEXT PRIMARY KEY NOT NULL,
        digest TEXT NOT NULL REFERENCES runs (digest)
    ) STRICT""",
)


def create(database: sqlite3.Connection, network: Network) -> None:
    """Make the tables in an empty database, and fill in the stock of the network."""
    database.execute("BEGIN IMMEDIATE")
    for statement in STATEMENTS:
        database.execute(statement)
    database.execute("INSERT INTO about VALUES (?)", (network_text(network),))
    for house in network.warehouses:
        rows = [(house.name, sku, units) for sku, units in house.stock.items()]
        database.executemany("INSERT INTO stock VALUES (?, ?, ?)", rows)
    database.execute("PRAGMA application_id = 0x464C4C47")  # a pragma takes no parameter
    database.execute("PRAGMA user_version = 1")
    database.execute("COMMIT")
    # Not before: a log goes into its file when that is closed, and no error tells that it did not.
    database.execute("PRAGMA journal_mode = WAL")
