"""What a ledger in a file asks of its tables, and the tables that map a key to a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import TypeVar

from fulfillment_lib.stock.database import Database

V = TypeVar("V")

MOVEMENTS_OF = (
    "SELECT at_s, kind, warehouse, sku, quantity, task_id FROM movements "
    "WHERE task_id = ? ORDER BY number"
)
MOVE = "INSERT INTO movements VALUES (NULL, ?, ?, ?, ?, ?, ?)"  # the number is the next one
LEFT = "SELECT warehouse, available FROM stock WHERE sku = ?"
# Guarded, although the step has looked: the file itself never gives what is not there.
CHANGE = (
    "UPDATE stock SET available = available + ? "
    "WHERE warehouse = ? AND sku = ? AND available + ? >= 0"
)

FIND = {
    "answers": "SELECT answer FROM answers WHERE task_id = ?",
    "labels": "SELECT label FROM labels WHERE task_id = ?",
    "voids": "SELECT 1 FROM voids WHERE task_id = ?",
    "results": "SELECT outcome, error FROM results WHERE task_id = ?",
    "runs": "SELECT state FROM runs WHERE digest = ?",
    "orders": "SELECT digest FROM orders WHERE order_id = ?",
}
KEEP = {
    "answers": "INSERT INTO answers VALUES (?, ?)",
    "labels": "INSERT INTO labels VALUES (?, ?)",
    "voids": "INSERT INTO voids (task_id) VALUES (?)",
    "results": "INSERT INTO results VALUES (?, ?, ?)",
    # Not REPLACE: that would take the row away, to which orders refer.
    "runs": "INSERT INTO runs VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state",
    "orders": "INSERT INTO orders VALUES (?, ?) ON CONFLICT DO UPDATE SET digest = excluded.digest",
}
KEYS = {
    "answers": "SELECT task_id FROM answers ORDER BY rowid",
    "labels": "SELECT task_id FROM labels ORDER BY rowid",
    "voids": "SELECT task_id FROM voids ORDER BY number",
    "results": "SELECT task_id FROM results ORDER BY rowid",
    "runs": "SELECT digest FROM runs ORDER BY rowid",
    "orders": "SELECT order_id FROM orders ORDER BY rowid",
}
DROP = {  # what a task was told, a label and a result are for good
    "runs": "DELETE FROM runs WHERE digest = ?",
    "orders": "DELETE FROM orders WHERE order_id = ?",
}


class Table(MutableMapping[str, V]):
    """A table of the file as a mapping, in the order in which the keys came.

    `write` turns a value into what stands after the key: one text, or several columns in a tuple.
    `read` takes these columns and makes the value.
    """

    def __init__(
        self, file: Database, name: str, write: Callable[[V], object], read: Callable[..., V]
    ) -> None:
        self._file, self._name, self._write, self._read = file, name, write, read

    def __getitem__(self, key: str) -> V:
        for columns in self._file.rows(FIND[self._name], key):
            return self._read(*columns)
        raise KeyError(key)

    def __setitem__(self, key: str, value: V) -> None:
        columns = self._write(value)
        columns = columns if isinstance(columns, tuple) else (columns,)
        self._file.count(KEEP[self._name], key, *columns)

    def __delitem__(self, key: str) -> None:
        self._file.count(DROP[self._name], key)

    def __iter__(self) -> Iterator[str]:
        return iter([key for (key,) in self._file.rows(KEYS[self._name])])

    def __len__(self) -> int:
        return sum(1 for _ in self)
