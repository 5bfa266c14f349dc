"""Opening a ledger file: make a new one, or look hard at an old one before anything is written.

Whose a file is can be read from its first hundred bytes, so that a foreign file is not even opened
as a database. What fails a test is left byte for byte as it was.
"""

from __future__ import annotations

import sqlite3
from os import PathLike
from pathlib import Path
from typing import NoReturn

from fulfillment_lib.errors import LedgerError, shown
from fulfillment_lib.orders import Network
from fulfillment_lib.stock.audit import ELSEWHERE, audit
from fulfillment_lib.stock.schema import APPLICATION_ID, VERSION, create

MAGIC = b"SQLite format 3\x00"
USER_VERSION_AT, APPLICATION_ID_AT = 60, 68  # of the database header, sqlite.org/fileformat.html


def opened(path: str | PathLike[str], network: Network, busy_s: float) -> sqlite3.Connection:
    """A connection to the ledger file of a network; a new file where there is none.

    Raises:
        LedgerError: the file will not do; the message tells why, and what to do.
    """
    file = _file(path)
    fresh = not file.exists() or file.stat().st_size == 0
    if not fresh:
        _look_at_the_header(file)
    try:
        database = sqlite3.connect(file, busy_s, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        _refuse(file, "a file that can be written", str(error), ELSEWHERE)
    try:
        _prepare(database, file, network, busy_s)
    except BaseException:
        database.close()
        if fresh:
            _remove_what_is_empty(file)
        raise
    return database


def _prepare(database: sqlite3.Connection, file: Path, network: Network, busy_s: float) -> None:
    try:
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("BEGIN IMMEDIATE")  # waits for other writers
        database.execute("PRAGMA user_version = 1")  # needs leave to write; taken back
        database.execute("ROLLBACK")
        # A file whose making was killed is empty again, or was empty all the time.
        if not database.execute("SELECT 1 FROM sqlite_schema").fetchone():
            create(database, network)
        unfit = audit(database, network)
    except sqlite3.Error as error:
        if "locked" in str(error):
            _refuse(file, "free", f"locked for more than {busy_s:g} s",
                    "close the other program, or wait longer with busy_s=")
        _refuse(file, "a sound file that can be written", str(error), ELSEWHERE)
    if unfit is not None:
        _refuse(file, unfit.rule, unfit.got, unfit.remedy)


def _file(path: str | PathLike[str]) -> Path:
    file = Path(path)
    if file.is_dir():
        _refuse(file, "a file", "a folder", "add a file name")
    if not file.parent.is_dir():
        _refuse(file, "in a folder that exists", str(file.parent), "make the folder first")
    return file


def _look_at_the_header(file: Path) -> None:
    try:
        with file.open("rb") as source:
            header = source.read(100)
    except OSError as error:
        _refuse(file, "a file that can be read", str(error), ELSEWHERE)
    if not header.startswith(MAGIC) or len(header) < 100:
        _refuse(file, "a database", "another kind of file", ELSEWHERE)
    application, version = (int.from_bytes(header[at:at + 4], "big")
                            for at in (APPLICATION_ID_AT, USER_VERSION_AT))
    if application != APPLICATION_ID:
        _refuse(file, "a ledger of this package",
                f"a database of another program (application id {application})", ELSEWHERE)
    if version != VERSION:
        _refuse(file, f"a ledger of version {VERSION}", f"version {version}",
                "open it with the release of the package that wrote it")


def _remove_what_is_empty(file: Path) -> None:
    if file.exists() and file.stat().st_size == 0:
        file.unlink()


def _refuse(file: Path, rule: str, got: str, remedy: str) -> NoReturn:
    raise LedgerError(f"ledger file {shown(str(file))} must be {rule}, got {got}; {remedy}")
