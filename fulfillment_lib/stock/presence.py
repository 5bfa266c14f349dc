"""Which runs of a ledger file a program is at work on, as other programs can see it.

Beside the ledger lies an empty file per run, `day.ledger-1a2b3c4d.run`. Whoever works on the run
shares a lock on it, which ends with its program, however that ends. The last one removes the file.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from hashlib import sha256


# A count of programs in the ledger would be wrong for ever after one of them was killed, and the id
# of a process says nothing in another container. The locks of the system know. But what Python has
# of them differs from system to system, is inherited by child processes, or is lost when somebody
# else in the program closes the file. SQLite has solved all that: a transaction that has read an
# empty database shares a lock, and one that is exclusive begins only where nobody else has it.
# Locks are taken, tried and removed within a change of the ledger, one program at a time, so two
# that leave at once cannot take each other for somebody who stays. To go without a word is possible
# at any time.
class Presence:
    """The locks of this program on runs of the ledger file `path`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._locks: dict[str, sqlite3.Connection] = {}

    def enter(self, run: str) -> None:
        """Work on a run; within a change of the ledger."""
        lock = sqlite3.connect(
            self._file(run), timeout=0, isolation_level=None, check_same_thread=False
        )
        self._locks[run] = lock
        lock.execute("BEGIN")
        lock.execute("SELECT * FROM sqlite_schema").fetchall()

    def leave(self, run: str) -> bool:
        """Leave a run, within a change of the ledger. Is nobody else at work on it?"""
        if run not in self._locks:
            self.enter(run)
        lock = self._locks[run]
        lock.execute("COMMIT")
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        finally:
            self.go(run)
        with suppress(OSError):
            os.unlink(self._file(run))
        return True

    def go(self, run: str) -> None:
        """Go without a word, if it is at work on the run at all."""
        if run in self._locks:
            self._locks.pop(run).close()

    def close(self) -> None:
        """Go from all runs."""
        for run in tuple(self._locks):
            self.go(run)

    def _file(self, run: str) -> str:
        return f"{self._path}-{sha256(run.encode()).hexdigest()[:8]}.run"
