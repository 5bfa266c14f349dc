"""The file of a ledger as a database: made whole, opened with care, changed in transactions.

A new file gets its name when it is complete, so there is never half of one. A file that will not
do is left as it was, to the byte. It is looked at through SQLite only: to open it in any other
way, and close it, would take away the locks that this process has on it.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from fulfillment_lib import checks
from fulfillment_lib.errors import LedgerError, shown
from fulfillment_lib.orders import Network
from fulfillment_lib.stock.audit import ELSEWHERE, audit
from fulfillment_lib.stock.schema import create

LONGEST_PATH = 4_096
LONGEST_WAIT_S = 3_600.0
READ_ONLY = "make it and its folder writable, or choose another path"


class Database:
    """One connection to the file of a ledger, for all threads of a process.

    A lock of another process is waited for, `busy_s` seconds at most.
    """

    def __init__(self, path: str | os.PathLike[str], network: Network, busy_s: float) -> None:
        self.path = _checked(path)
        self._busy_s = checks.number("busy_s", busy_s, 0.0, LONGEST_WAIT_S)
        self.lock = threading.RLock()  # a change may be made of several
        try:
            if not os.path.lexists(self.path):
                self._make(network)
            self._refuse_at_sight()
            self._connection = self._opened(network)
        except OSError as error:
            self._refuse("within reach", error.strerror or str(error), ELSEWHERE)

    def rows(self, question: str, *values: object) -> list[Any]:
        """The rows that answer a question.

        Raises:
            LedgerError: the file is closed, or cannot be read.
        """
        with self.lock, self._named_errors():
            return self._connection.execute(question, values).fetchall()

    def count(self, statement: str, *values: object) -> int:
        """Carry out a statement of a change; how many rows it touched.

        Raises:
            LedgerError: a rule of the tables refuses it.
        """
        with self.lock, self._named_errors():
            assert self._connection.in_transaction, "outside of a change"
            return self._connection.execute(statement, values).rowcount

    @contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing: when this ends without an error, the change is committed.

        A change within a change is part of it.

        Raises:
            LedgerError: the file is closed or locked, or the change cannot be written.
        """
        with self.lock, self._named_errors():
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:  # which undoes after an error what was not committed
                yield
                self._commit()

    def close(self) -> None:
        """Close the file; once is enough, and twice does no harm."""
        with self.lock:
            self._connection.close()

    def _commit(self) -> None:
        self._connection.execute("COMMIT")

    def _make(self, network: Network) -> None:
        """Make a new file beside, and give it its name when it is whole."""
        folder, name = os.path.split(self.path)
        if not os.path.isdir(folder):
            missing = f"no folder {shown(folder, LONGEST_PATH)}"
            self._refuse("in a folder that exists", missing, "make the folder first")
        handle, scratch = tempfile.mkstemp(".new", f"{name}.", folder)
        os.close(handle)
        try:
            with self._named_errors(), closing(self._connected(scratch, "rw")) as database:
                create(database, network)
            with suppress(FileExistsError):  # somebody else was faster: that file counts
                os.link(scratch, self.path)
        finally:
            os.unlink(scratch)

    def _refuse_at_sight(self) -> None:
        """Refuse what can be told without opening it."""
        found = os.stat(self.path)
        if not stat.S_ISREG(found.st_mode):
            kind = "a directory" if stat.S_ISDIR(found.st_mode) else "something else"
            self._refuse("a file", kind, ELSEWHERE)
        if found.st_size == 0:
            self._refuse("a ledger of this package", "an empty file", f"remove it, or {ELSEWHERE}")
        # The superuser may write anywhere; a file without any right to write is not meant to be.
        writable = found.st_mode & 0o222 and os.access(self.path, os.W_OK)
        if not (writable and os.access(os.path.dirname(self.path), os.W_OK | os.X_OK)):
            self._refuse("writable", "a read-only file or folder", READ_ONLY)
        if _size(f"{self.path}-journal"):  # a ledger never has one: to open it would undo it
            unfinished = "a database with unfinished work in a journal beside it"
            self._refuse("a ledger of this package", unfinished, ELSEWHERE)

    def _opened(self, network: Network) -> sqlite3.Connection:
        """A connection to the file, if the audit finds nothing wrong."""
        # A program that was killed leaves its last commits in a log beside the file (-wal).
        # SQLite reads both as one. But when the last connection to a file closes, SQLite writes
        # the log into the file and removes it, and that connection would be the one of an audit
        # that refuses the file: the file would have changed, although nobody may touch it.
        # Opening it for reading alone is no way out, since the audit must lock out all writers;
        # nor is copying both files, since opening and closing them in any other way than through
        # SQLite drops the locks of this process. So a second connection, which cannot write,
        # stays open until the audit is over. Then the connection of the audit is never the last
        # to close, and the last one cannot write: a file that is refused keeps its log. One that
        # is accepted gets its log written when the ledger is closed.
        with self._named_errors():
            if not _size(f"{self.path}-wal"):
                return self._audited(network)
            with closing(self._connected(self.path, "ro")) as keeper:
                keeper.execute("PRAGMA schema_version")
                return self._audited(network)

    def _audited(self, network: Network) -> sqlite3.Connection:
        database = self._connected(self.path, "rw")
        try:
            database.execute("BEGIN IMMEDIATE")  # nobody moves anything meanwhile
            unfit = audit(database, network)
            database.execute("ROLLBACK")
            if unfit is not None:
                self._refuse(*unfit)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")  # commits outlast a power cut too
            database.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            database.close()
            raise
        return database

    def _connected(self, path: str, mode: str) -> sqlite3.Connection:
        name = f"{Path(path).as_uri()}?mode={mode}"
        return sqlite3.connect(
            name, timeout=self._busy_s, isolation_level=None, check_same_thread=False, uri=True
        )

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Raise errors of SQLite as LedgerErrors that name the file and the remedy."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest tells the sub-case
            if isinstance(error, sqlite3.ProgrammingError):
                self._refuse("open", "a closed one", "open it again")
            elif code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                got, remedy = "one locked by another program", "try again when that has ended"
                self._refuse(f"unlocked within {self._busy_s:g} s", got, remedy)
            elif code == sqlite3.SQLITE_NOTADB:
                self._refuse("an SQLite database", "another kind of file", ELSEWHERE)
            elif code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
                self._refuse("writable", str(error), READ_ONLY)
            self._refuse("a sound ledger", str(error), ELSEWHERE)

    def _refuse(self, rule: str, got: str, remedy: str) -> NoReturn:
        raise LedgerError(
            f"ledger file {shown(self.path, LONGEST_PATH)} must be {rule}, got {got}; {remedy}"
        ) from None


def _checked(path: object) -> str:
    """The full path; SQLite would take some names for a database without a file."""
    if not isinstance(path, str | os.PathLike) or isinstance(os.fspath(path), bytes):
        checks.refuse("path", "a path such as 'day.ledger'", path)
    name = checks.text("path", os.fspath(path), LONGEST_PATH)
    if name == ":memory:":
        checks.refuse("path", "that of a file", name, "in memory use MemoryLedger(network)")
    return os.path.realpath(name)


def _size(path: str) -> int:
    with suppress(OSError):
        return os.stat(path).st_size
    return 0
