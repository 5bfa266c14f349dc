"""What a piece of code leaves open: asyncio tasks, threads, child processes, file descriptors."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

ME = psutil.Process()


def open_files() -> int:
    """How many file descriptors the process has; on Windows handles."""
    return ME.num_handles() if psutil.WINDOWS else ME.num_fds()


class Complaints(logging.Handler):
    """Keeps what asyncio logs: errors that nobody has seen, tasks that were destroyed."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage())


@contextmanager
def nothing_left_open(*, silent: bool = True) -> Iterator[None]:
    """Fail if the block leaves something open, or (if `silent`) makes asyncio log a complaint.

    The garbage is collected first: what Python would say later, it says here.
    """
    threads, children, files = set(threading.enumerate()), set(ME.children()), open_files()
    complaints, logger = Complaints(), logging.getLogger("asyncio")
    gc.freeze()  # what is there already is not looked at again
    logger.addHandler(complaints)
    try:
        yield
        gc.collect()
        tasks = [
            each for each in gc.get_objects() if isinstance(each, asyncio.Task) and not each.done()
        ]
    finally:
        logger.removeHandler(complaints)
        gc.unfreeze()
    assert tasks == []
    assert set(threading.enumerate()) <= threads
    assert set(ME.children()) <= children
    assert open_files() == files
    assert complaints.lines == [] or not silent
