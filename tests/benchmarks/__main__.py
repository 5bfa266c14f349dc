"""Prints the table of all benchmarks: `python -m tests.benchmarks`, from the project's folder.

With `--full` the sizes go up to 100,000, and the table is written to notebooks/data/benchmarks.csv
as well, with machine, Python version and date.
"""

from __future__ import annotations

import csv
import os
import platform
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from . import figures, pipeline, product, queue, realtime, startup
from .measure import Row

FILE = Path(__file__).resolve().parents[2] / "notebooks" / "data" / "benchmarks.csv"
HEADER = (
    "name",
    "contender",
    "size",
    "us_per_item",
    "ratio",
    "memory_mb",
    "machine",
    "python",
    "date",
)


def all_rows(full: bool) -> Iterator[Row]:
    """Every benchmark, one after the other."""
    size, rounds = (100_000, 3) if full else (10_000, 5)
    yield from queue.rows(size, rounds)
    yield from pipeline.rows(size // pipeline.TASKS_PER_ORDER, rounds)
    yield from realtime.rows(size, rounds)
    yield from product.rows((1_000, 10_000, 100_000) if full else (1_000, 10_000), 2)
    yield from figures.rows(rounds)
    yield from startup.rows(10)


def shown(row: Row) -> str:
    """One line of the table."""
    wanted = "" if row.target is None else f"wanted {row.target:.2f}"
    if row.most is not None:
        wanted = f"at most {row.most:.2f}"
    memory = "" if row.memory_mb is None else f"{row.memory_mb:,.0f} MB"
    return (
        f"{row.name:<14}{row.contender:<27}{row.size:>9,}{row.us_per_item:>12,.1f}"
        f"{row.ratio:>8.2f}  {wanted}{memory}".rstrip()
    )


def machine() -> str:
    """The processor's name and number of cores."""
    cpus = Path("/proc/cpuinfo")  # there is one on Linux
    lines = cpus.read_text(encoding="utf-8").splitlines() if cpus.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def write(rows: list[Row]) -> None:
    """Store the table where the notebooks read it."""
    FILE.parent.mkdir(exist_ok=True)
    circumstances = (machine(), platform.python_version(), date.today().isoformat())
    with FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for row in rows:
            memory = "" if row.memory_mb is None else round(row.memory_mb)
            writer.writerow(
                (
                    row.name,
                    row.contender,
                    row.size,
                    round(row.us_per_item, 2),
                    round(row.ratio, 2),
                    memory,
                    *circumstances,
                )
            )


def main(arguments: list[str]) -> None:
    """Measure, print each line as it comes, and store the table if all sizes were measured."""
    full = "--full" in arguments
    print(f"{'workload':<14}{'contender':<27}{'size':>9}{'µs per item':>12}{'ratio':>8}")
    rows = []
    for row in all_rows(full):
        rows.append(row)
        print(shown(row), flush=True)
    if full:
        write(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
