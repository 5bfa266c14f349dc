"""Prints the table of all benchmarks: `python -m tests.benchmarks`, from the project's folder.

With `--full` the sizes go up to 100,000, and the table is written to notebooks/data/benchmarks.csv
as well, with machine, Python version and date. `--base ../old` measures another checkout of the
project, too, and prints what has been gained since; that is not stored.
"""

from __future__ import annotations

import csv
import os
import platform
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import date
from io import StringIO
from pathlib import Path

from fulfillment_lib.analysis.export import write_file

from . import figures, pipeline, product, queue, realtime
from .measure import ROOT, Row

FILE = ROOT / "notebooks" / "data" / "benchmarks.csv"
HEADER = "name,contender,size,us_per_item,ratio,memory_mb,machine,python,date".split(",")
TITLES = ("workload", "contender", "size", "per item", "measured", "floor", "goal", "reached")


def all_rows(full: bool) -> Iterator[Row]:
    """Every benchmark, one after the other."""
    size, rounds = (100_000, 3) if full else (10_000, 5)
    yield from queue.rows(size, rounds)
    yield from pipeline.rows(size // pipeline.TASKS_PER_ORDER, rounds)
    yield from realtime.rows(size, rounds)
    yield from figures.rows(rounds)
    yield from product.day_rows((1_000, 10_000, 100_000) if full else (1_000, 10_000), 2)
    yield from product.other_rows(rounds)


def laid_out(cells: Iterable[str]) -> str:
    """One line of the table."""
    name, contender, *numbers, reached = cells
    line = f"{name:<13}{contender:<28}{''.join(f'{number:>10}' for number in numbers)}"
    return f"{line}  {reached}".rstrip()


def shown(row: Row) -> str:
    """A row as a line of the table."""
    values = (row.value, row.floor, row.goal)
    return laid_out(
        (
            row.name,
            row.contender,
            f"{row.size:,}",
            "" if row.us_per_item is None else time_text(row.us_per_item),
            *("" if value is None else f"{value:.2f}" for value in values),
            row.needs or row.reached,
        )
    )


def time_text(us: float) -> str:
    """A time in the unit that suits it."""
    return f"{us:.2f} µs" if us < 1_000 else f"{us / 1_000:.1f} ms"


def printed(rows: Iterable[Row]) -> list[Row]:
    """The rows, each printed as it comes."""
    kept = []
    for row in rows:
        kept.append(row)
        print(shown(row), flush=True)
    return kept


def machine() -> str:
    """The processor's name and number of cores."""
    cpus = Path("/proc/cpuinfo")  # there is one on Linux
    lines = cpus.read_text(encoding="utf-8").splitlines() if cpus.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def write(rows: list[Row]) -> None:
    """Store what has a time where the notebooks read it; None becomes an empty field."""
    circumstances = (machine(), platform.python_version(), date.today().isoformat())
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows:
        if row.us_per_item is not None:
            ratio = None if row.value is None else round(row.value, 2)
            memory = None if row.memory_mb is None else round(row.memory_mb)
            costs = (row.size, round(row.us_per_item, 2), ratio, memory)
            writer.writerow((row.name, row.contender, *costs, *circumstances))
    write_file(FILE, text.getvalue())


def main() -> None:
    """Measure, print each line as it comes, and store the table if all sizes were measured."""
    parser = ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--full", action="store_true", help="up to 100,000 orders; store the table")
    parser.add_argument("--base", type=Path, help="another checkout, for the gains since then")
    options = parser.parse_args()
    # Without this look the library of this checkout would be measured in its place.
    if options.base and not (options.base / "fulfillment_lib" / "__init__.py").is_file():
        parser.error(f"--base must be a checkout of this project, got {str(options.base)!r}")
    print(laid_out(TITLES))
    rows = printed(all_rows(options.full))
    if options.full:
        write(rows)
    if options.base:
        printed(product.gain_rows(options.base.resolve(), rounds=5))


if __name__ == "__main__":
    main()
