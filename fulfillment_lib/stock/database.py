"""The connection to a ledger file: one thread at a time, all or nothing, and errors with a name."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import Any

from fulfillment_lib.errors import LedgerError, shown


class Database:
    """A connection that threads may share."""

    def __init__(self, path: str | PathLike[str], connection: sqlite3.Connection) -> None:
        self._path, self._connection = path, connection
        self._lock = threading.RLock()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing, committed at the end; no other process writes meanwhile."""
        with self._lock, self._named_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def do(self, statement: str, *values: Any) -> int:
        """Change rows, inside `change`; how many."""
        return self._connection.execute(statement, values).rowcount

    def one(self, question: str, *values: Any) -> Any:
        """The first row of an answer, None if there is none."""
        with self._lock, self._named_errors():
            return self._connection.execute(question, values).fetchone()

    def all(self, question: str, *values: Any) -> list[Any]:
        """All rows of an answer."""
        with self._lock, self._named_errors():
            return self._connection.execute(question, values).fetchall()

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerError(f"ledger file {shown(str(self._path))}: {error}") from error
