"""Contenders measured against each other: interleaved rounds, and the best round of each counts.

Seconds are those of this process on the processor, so that other programs on the machine count
for little.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from time import process_time
from typing import Any, NamedTuple


class Row(NamedTuple):
    """One line of the table. `ratio` is the contender's time ÷ that of this library.

    `target` is the smallest ratio that is wanted, `most` the largest, where there is one. The
    memory in MB is given for whole processes only.
    """

    name: str
    contender: str
    size: int
    us_per_item: float
    ratio: float
    target: float | None = None
    memory_mb: float | None = None
    most: float | None = None


def seconds(work: Callable[[], Any]) -> float:
    """The time of one call, started with an empty nursery of the garbage collector."""
    gc.collect()
    start = process_time()
    kept = work()
    taken = process_time() - start
    del kept  # freed after the clock has stopped, for every contender
    return taken


def compared(
    name: str,
    size: int,
    items: int,
    rounds: int,
    contenders: Mapping[str, Callable[[], Any]],
    targets: Mapping[str, float],
) -> list[Row]:
    """Rows of all contenders, the first of which is the one that the others are compared with."""
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(rounds):
        for contender, work in contenders.items():
            best[contender] = min(best[contender], seconds(work))
    ours = next(iter(best.values()))
    return [
        Row(name, contender, size, taken / items * 1e6, taken / ours, targets.get(contender))
        for contender, taken in best.items()
    ]
