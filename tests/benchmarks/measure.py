"""Contenders measured against each other: interleaved rounds, and the best round of each counts.

Seconds are those of the processor, so that other programs on the machine count for little.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).with_name("programs")


class Row(NamedTuple):
    """One line of the table.

    `value` is a ratio, unless `contender` names another unit. It must reach `floor`, and `goal` is
    wanted. A goal above its floor means that more is better; below it, less is. `needs` says how
    to run the benchmarks so that what is wanted is measured, if they were run otherwise.
    """

    name: str
    contender: str
    size: int
    us_per_item: float | None
    value: float | None = None
    floor: float | None = None
    goal: float | None = None
    memory_mb: float | None = None
    needs: str = ""

    @property
    def reached(self) -> str:
        """ "goal", "floor" or "neither"; empty where nothing is wanted."""
        if self.value is None or self.floor is None or self.goal is None:
            return ""
        sign = 1 if self.goal > self.floor else -1
        if sign * self.value >= sign * self.goal:
            return "goal"
        return "floor" if sign * self.value >= sign * self.floor else "neither"


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
    targets: Mapping[str, tuple[float, float]],
) -> list[Row]:
    """A row per contender: its time, and that ÷ the time of the first one.

    `targets` has floor and goal of that ratio, by contender.
    """
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(rounds):
        for contender, work in contenders.items():
            best[contender] = min(best[contender], seconds(work))
    first = next(iter(best.values()))
    return [
        Row(name, contender, size, taken / items * 1e6, taken / first, *targets.get(contender, ()))
        for contender, taken in best.items()
    ]


def best_of(program: str, size: int, rounds: int, *trees: Path) -> list[dict[str, float]]:
    """What one of the programs prints for each checkout, in processes that take turns.

    Of each figure the smallest counts. Without trees, this checkout is measured.
    """
    best: list[dict[str, float]] = [{} for _ in trees or (ROOT,)]
    for _ in range(rounds):
        for tree, smallest in zip(trees or (ROOT,), best, strict=True):
            for figure, value in _printed(program, size, tree).items():
                smallest[figure] = min(value, smallest.get(figure, value))
    return best


def _printed(program: str, size: int, tree: Path) -> dict[str, float]:
    # With -P the folder of the programs stays out of the path, and PYTHONPATH comes first.
    output = subprocess.run(
        [sys.executable, "-P", str(PROGRAMS / f"{program}.py"), str(size)],
        check=True,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(tree)},
    ).stdout
    figures: dict[str, float] = json.loads(output)
    return figures
