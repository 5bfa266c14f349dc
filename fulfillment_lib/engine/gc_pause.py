"""The garbage collector, held back while runs make records that are kept anyway.

Its thresholds belong to the whole process: this is the one place of the package with a state of
its own. The first run to begin raises the thresholds, and the last one to end puts them back.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

# Python's own 700, 10 and 10 cost a run of 10,000 orders a quarter of its time; with these it
# takes as long as without any collection.
THRESHOLDS = (50_000, 20, 100)


class _Users:
    """How many runs are under way, and the thresholds from before the first of them."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.count = 0
        self.thresholds = gc.get_threshold()


_USERS = _Users()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Collect garbage seldom inside this block; any number of blocks at a time, in any threads."""
    with _USERS.lock:
        _USERS.count += 1
        if _USERS.count == 1:
            _USERS.thresholds = gc.get_threshold()
            if 0 < _USERS.thresholds[0] < THRESHOLDS[0]:  # 0 is off, and stays so
                gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        with _USERS.lock:
            _USERS.count -= 1
            if _USERS.count == 0:
                gc.set_threshold(*_USERS.thresholds)


def set_aside() -> None:
    """Let the collector pass over all that is there now.

    With pandas, matplotlib and widgets loaded, a full collection takes as long as a picture, and
    every fortieth move of a slider would wait for it. What was set aside before comes back first,
    so that garbage among it, such as a panel that is gone, is collected by the next call.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
