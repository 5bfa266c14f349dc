"""What users wait for, each in processes of its own: a day (W3), a slider (W4), the import.

Another checkout of the project runs the same programs in turn, so they use only what has always
been public. A gain is the figure there ÷ the figure here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from . import pipeline
from .measure import ROOT, Row, best_of, seconds

# Floor and goal of what is wanted of the largest day.
GROWTH = (1.25, 1.0)  # the cost of an order on the largest day ÷ that on the smallest
TASKS = (15.5, 12.5)  # the cost of an order ÷ that of a task of W2 in SimPy
MEMORY_MB = (880.0, 720.0)
MEMORY_SIZE = 100_000


class Workload(NamedTuple):
    """What one of the programs measures, with floor and goal of its gain."""

    name: str
    contender: str
    program: str
    size: int
    floor: float
    goal: float


DAY = Workload("W3 product", "simulate + timeline", "day", 10_000, 1.4, 1.8)
OTHERS = (
    Workload("W4 slider", "a move, 12 orders with ids", "slider", 12, 1.8, 3.0),
    Workload("W4 slider", "a move, 40 orders", "slider", 40, 1.4, 2.0),
    Workload("import", "fulfillment_lib over asyncio", "startup", 1, 1.2, 1.8),
)


def day_rows(sizes: tuple[int, ...], rounds: int) -> list[Row]:
    """W3 from the smallest day to the largest, and what is wanted of the largest."""
    days, simpy_us = {}, float("inf")
    for size in sizes:  # SimPy beside each day, so that a busy minute slows both
        simpy_us = min(simpy_us, simpy_task_us(5))
        days[size] = best_of(DAY.program, size, rounds)[0]
    costs = [day["us_per_item"] for day in days.values()]
    rows = [
        Row(DAY.name, DAY.contender, size, value=cost / costs[0], **day)
        for (size, day), cost in zip(days.items(), costs, strict=True)
    ]
    memory = (days[size].get("memory_mb"), *MEMORY_MB)
    needs = "" if size == MEMORY_SIZE else f"{MEMORY_SIZE:,} orders: --full"
    return [
        *rows[:-1],
        rows[-1]._replace(floor=GROWTH[0], goal=GROWTH[1]),
        Row("W3 order", "in SimPy's tasks of W2", size, simpy_us, costs[-1] / simpy_us, *TASKS),
        Row("W3 memory", "MB of the whole process", size, None, *memory, needs=needs),
    ]


def simpy_task_us(rounds: int) -> float:
    """What a task of the pipeline costs in SimPy."""
    orders = pipeline.sample_pipeline(2_000)
    work = partial(pipeline.simpy_outcomes, orders)
    return min(seconds(work) for _ in range(rounds)) / work().total() * 1e6


def other_rows(rounds: int) -> list[Row]:
    """W4 and the import: the time of a move, and of a start. What is wanted is a gain."""
    return [
        Row(
            work.name,
            work.contender,
            work.size,
            floor=work.floor,
            goal=work.goal,
            needs="gain: --base",
            **best_of(work.program, work.size, rounds)[0],
        )
        for work in OTHERS
    ]


def gain_rows(base: Path, rounds: int) -> Iterator[Row]:
    """The gains since the checkout `base`; the time per item is the one there."""
    for work in (DAY, *OTHERS):
        here, there = best_of(work.program, work.size, rounds, ROOT, base)
        gain = {name: there[name] / here[name] for name in here}
        us, wanted = there["us_per_item"], (work.floor, work.goal)
        yield Row("gain", work.name, work.size, us, gain["us_per_item"], *wanted)
        if "memory_mb" in gain:
            yield Row("gain", "W3 memory", work.size, None, gain["memory_mb"])
