"""The making of a ledger file: it gets its name when it is whole, so there is never half of one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from glob import escape, glob
from secrets import token_hex

from fulfillment_lib.orders import Network
from fulfillment_lib.stock.schema import create

Connect = Callable[[str, str], sqlite3.Connection]

NAMES = ("", "-wal", "-shm")  # the ends of the names of a file, its log and the index of the log
NOTHING = os.stat_result((0,) * 10)


def look(path: str) -> os.stat_result:
    """What the system says of a file, without opening it."""
    with suppress(OSError):
        return os.stat(path)
    return NOTHING


def beside(path: str) -> dict[str, os.stat_result]:
    """What the system says of the files that SQLite keeps beside a file."""
    return {path + end: look(path + end) for end in ("-wal", "-shm", "-journal")}


def remove(paths: Iterable[str]) -> None:
    """Remove those that are there."""
    for path in paths:
        with suppress(OSError):
            os.unlink(path)


def make(path: str, network: Network, connect: Connect) -> None:
    """Make a new file beside, and give it its name, unless somebody else was faster."""
    scratch = f"{path}.{token_hex(4)}.new"
    os.close(os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))  # less the umask
    try:
        with closing(connect(scratch, "rw")) as database:
            create(database, network)
        _name(scratch, path, connect)
    except (OSError, sqlite3.Error):
        if not os.path.lexists(path):
            raise
    finally:
        remove([scratch, *beside(scratch)])


def tidy(path: str) -> None:
    """Remove what killed programs have left when they made the file, which is there by now."""
    # Somebody may be at work on such a file still. It is of no use to him any more either: the
    # ledger has its name, and `make` takes that for an answer, however its own work ends.
    scratch = f"{escape(path)}.{'[0-9a-f]' * 8}.new*"
    remove([*glob(scratch), f"{path}.new"])


def _name(scratch: str, path: str, connect: Connect) -> None:
    """Give a file its name, if nothing has it."""
    try:
        os.link(scratch, path)
    except (OSError, AttributeError):  # there is one by now, or no hard links are here
        if not os.path.lexists(path):
            _rename(scratch, path, connect)


def _rename(scratch: str, path: str, connect: Connect) -> None:
    """The same without hard links (exFAT, many network drives)."""
    # To rename a file would replace one that was made meanwhile. An empty file that claims the
    # name would be half a ledger, for ever if its program is killed. The lock of an empty
    # database beside ends with its program, and is waited for like any other. It is removed once
    # the ledger has its name: who waits for it still, or fails to, has no need of it any more.
    claim = f"{path}.new"
    with closing(connect(claim, "rwc")) as database:
        database.execute("BEGIN EXCLUSIVE")
        if not os.path.lexists(path):
            os.rename(scratch, path)
        remove([claim])
