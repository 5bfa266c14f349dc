"""What lies under the names of a ledger file: the file, its log and the index of that."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import NamedTuple

NAMES = ("", "-wal", "-shm")  # what is added to the name of the file


class Look(NamedTuple):
    """What the system says of the three, without opening any.

    An id (device and inode) stays with a file when it is moved or renamed; nobody else has it.
    """

    ids: tuple[tuple[int, int] | None, ...]
    size: int
    written_ns: int
    log_size: int


def look(path: str) -> Look:
    """What lies under the names now."""
    file, log, index = (_found(path + end) for end in NAMES)
    return Look(
        tuple(found and (found.st_dev, found.st_ino) for found in (file, log, index)),
        file.st_size if file else 0,
        file.st_mtime_ns if file else 0,
        log.st_size if log else 0,
    )


def _found(path: str) -> os.stat_result | None:
    with suppress(OSError):
        return os.stat(path)
    return None
