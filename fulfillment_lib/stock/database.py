"""The file of a ledger as a database: made whole, opened with care, changed in transactions.

A new file gets its name when it is complete, so there is never half of one. A file that will not
do is left as it was, to the byte. It is looked at through SQLite only: to open it in any other
way, and close it, would take away the locks that this process has on it. A file that is no longer
the one that was opened, where it was, is written no more.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from fulfillment_lib import checks
from fulfillment_lib.errors import LedgerError, shown
from fulfillment_lib.orders import Network
from fulfillment_lib.stock.audit import ELSEWHERE, RESTORE, Unfit, audit, kind
from fulfillment_lib.stock.making import NAMES, NOTHING, beside, look, make, remove, tidy

LONGEST_PATH = 4_096
LONGEST_WAIT_S = 3_600.0
READ_ONLY = "make it and its folder writable, or choose another path"
AGAIN = "give the same command again"
FULL = Unfit("on a disk with room", "a full one", f"the file is sound: free space and {AGAIN}")


class Database:
    """One connection to the file of a ledger, for all threads of a process.

    A lock of another process is waited for, `busy_s` seconds at most.
    """

    def __init__(self, path: str | os.PathLike[str], network: Network, busy_s: float) -> None:
        self.path = _checked(path)
        self._busy_s = checks.number("busy_s", busy_s, 0.0, LONGEST_WAIT_S)
        self.lock = threading.RLock()  # a change may be made of several
        self._network = network
        self._called = self.path
        try:
            alone = beside(self.path)  # if there is no file after this, it belongs to none
            if not os.path.lexists(self.path):
                self._make(network, alone)
            self._refuse_at_sight()
            self._open(network)
            tidy(self.path)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                self._refuse(*FULL)
            self._refuse("within reach", error.strerror or str(error), ELSEWHERE)
        # From now on an error may come into a record, which is the same on all machines.
        self._called = os.path.basename(self.path)

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
                self._refuse_changed()
                yield
                self._refuse_changed()
                self._commit()
            self._refuse_displaced()  # what was moved meanwhile is not acknowledged
            self._left = self._look()

    def close(self) -> None:
        """Close the file; once is enough, and twice does no harm."""
        # When the last connection closes, SQLite writes the log into the file and removes what has
        # the name of the log. In the place of a file that was moved there may be another ledger by
        # now, whose log that is: all of it that is not in its file yet would be lost. The keeper
        # cannot write, so nothing is removed if it is the last one to close; and if the file comes
        # back to its place, its log is there.
        with self.lock:
            if os.path.samestat(look(self.path), self._left[0]):
                self._keeper.close()
            self._connection.close()
            self._keeper.close()

    def _commit(self) -> None:
        self._connection.execute("COMMIT")

    def _make(self, network: Network, alone: dict[str, os.stat_result]) -> None:
        """Make the file, unless the log of another lies there, which would be taken for its own."""
        if any(found.st_size for name, found in alone.items() if not name.endswith("-shm")):
            remedy = "put the file back, or remove what lies beside it to begin anew"
            self._refuse("in its place", "only its log with the last changes", remedy)
        folder = os.path.dirname(self.path)
        if not os.path.isdir(folder):
            missing = f"no folder {shown(folder, LONGEST_PATH)}"
            self._refuse("in a folder that exists", missing, "make the folder first")
        # With nothing in the log they are of no use. What has come since is of a file made since.
        remove([name for name, found in alone.items() if look(name) == found != NOTHING])
        with self._named_errors():
            make(self.path, network, self._connected)

    def _refuse_at_sight(self) -> None:
        """Refuse what can be told without opening it."""
        found = os.stat(self.path)
        if not stat.S_ISREG(found.st_mode):
            got = "a directory" if stat.S_ISDIR(found.st_mode) else "something else"
            self._refuse("a file", got, ELSEWHERE)
        if found.st_size == 0:
            self._refuse("a ledger of this package", "an empty file", f"remove it, or {ELSEWHERE}")
        # The superuser may write anywhere; a file without any right to write is not meant to be.
        writable = found.st_mode & 0o222 and os.access(self.path, os.W_OK)
        if not (writable and os.access(os.path.dirname(self.path), os.W_OK | os.X_OK)):
            self._refuse("writable", "a read-only file or folder", READ_ONLY)
        if look(f"{self.path}-journal").st_size:  # a ledger never has one: to open it would undo it
            unfinished = "a database with unfinished work in a journal beside it"
            self._refuse("a ledger of this package", unfinished, ELSEWHERE)

    def _open(self, network: Network) -> None:
        """Connect to the file, if the audit finds nothing wrong."""
        # A program that was killed leaves its last commits in a log beside the file (-wal).
        # SQLite reads both as one. But when the last connection to a file closes, SQLite writes
        # the log into the file and removes it, and that connection would be the one of an audit
        # that refuses the file: the file would have changed, although nobody may touch it.
        # Opening it for reading alone is no way out, since the audit must lock out all writers;
        # nor is copying both files, since opening and closing them in any other way than through
        # SQLite drops the locks of this process. So a second connection, which cannot write,
        # is there, the keeper. It has read before the audit if there is a log, and so the
        # connection of the audit is not the last to close: a file that is refused keeps its log.
        # One that is accepted gets its log written when the ledger is closed.
        file = look(self.path)
        with self._named_errors(), ExitStack() as undo:
            self._keeper = undo.enter_context(closing(self._connected(self.path, "ro")))
            if look(f"{self.path}-wal").st_size:
                self._keeper.execute("PRAGMA schema_version")
            self._connection = undo.enter_context(closing(self._connected(self.path, "rw")))
            self._audit(network)
            self._keeper.execute("PRAGMA schema_version")
            undo.pop_all()
        self._left = [file, *self._look()[1:]]

    def _audit(self, network: Network) -> None:
        database = self._connection
        database.execute("BEGIN IMMEDIATE")  # nobody moves anything meanwhile
        unfit = audit(database, network)
        database.execute("ROLLBACK")
        if unfit is not None:
            self._refuse(*unfit)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")  # commits outlast a power cut too
        database.execute("PRAGMA foreign_keys = ON")

    def _look(self) -> list[os.stat_result]:
        return [look(self.path + end) for end in NAMES]

    def _refuse_displaced(self) -> None:
        """Refuse to go on when under a name is not what was there when it was opened."""
        for end, before, now in zip(NAMES, self._left, self._look(), strict=True):
            if not os.path.samestat(before, now):
                name = shown(os.path.basename(self.path) + end, LONGEST_PATH)
                got = f"another file {name}" if now.st_ino else f"no file {name} any more"
                remedy = f"close it, put back what was moved or replaced, and {AGAIN}"
                self._refuse("where and what it was when it was opened", got, remedy)

    def _refuse_changed(self) -> None:
        """Refuse to go on when the file is not as SQLite leaves one."""
        # SQLite trusts its memory of a file and would go on. To audit the file each time would
        # take too long. But SQLite writes into the file itself only when the log goes into it
        # (a checkpoint). If anybody else has written, a look at the beginning tells whether it is
        # this ledger still, and if it has become shorter, which is right after VACUUM alone, all
        # of it is audited. An empty file is not to be opened: SQLite would remove its log.
        self._refuse_displaced()
        now = self._look()
        shorter = any(new.st_size < old.st_size for new, old in zip(now, self._left, strict=True))
        if not shorter and now[0].st_mtime_ns == self._left[0].st_mtime_ns:
            return
        with suppress(sqlite3.Error), closing(self._connected(self.path, "ro")) as fresh:
            test = audit if shorter else kind
            if now[0].st_size and test(fresh, self._network) is None:
                self._left = now
                return
        got = "one that was cut short or overwritten"
        self._refuse("a sound ledger", got, f"close it, remove what lies beside it, {RESTORE}")

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
                got = "one locked by another program"
                remedy = "try again when that has ended, or with a larger busy_s"
                self._refuse(f"unlocked within {self._busy_s:g} s", got, remedy)
            elif code == sqlite3.SQLITE_FULL:
                self._refuse(*FULL)
            elif code == sqlite3.SQLITE_IOERR:  # the file system knows more than SQLite says
                remedy = f"see to the disk, its room and its connection, and {AGAIN}"
                self._refuse("on a disk that works", str(error), remedy)
            elif code == sqlite3.SQLITE_NOTADB:
                self._refuse("an SQLite database", "another kind of file", ELSEWHERE)
            elif code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
                self._refuse("writable", str(error), READ_ONLY)
            self._refuse("a sound ledger", str(error), RESTORE)

    def _refuse(self, rule: str, got: str, remedy: str) -> NoReturn:
        raise LedgerError(
            f"ledger file {shown(self._called, LONGEST_PATH)} must be {rule}, got {got}; {remedy}"
        ) from None


def _checked(path: object) -> str:
    """The full path; SQLite would take some names for a database without a file."""
    if not isinstance(path, str | os.PathLike) or isinstance(os.fspath(path), bytes):
        checks.refuse("path", "a path such as 'day.ledger'", path)
    name = checks.text("path", os.fspath(path), LONGEST_PATH)
    if name == ":memory:":
        checks.refuse("path", "that of a file", name, "in memory use MemoryLedger(network)")
    return os.path.realpath(name)
