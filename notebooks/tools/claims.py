"""Measures the sentences of the lessons that compare or rank, on a thousand days each.

    python notebooks/tools/claims.py               # all, into notebooks/data/claims.csv
    python notebooks/tools/claims.py 03.1 09.2     # some, the other rows stay
    python notebooks/tools/claims.py --today       # on other days every day; writes nothing

It ends with 1 when a sentence does not stand: its interval has the wrong sign, or holds no
difference, too. On the days of the table intervals are those of 95 %, on the days of today of
99.9 %, so that chance stops nobody's night.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from io import StringIO
from multiprocessing import get_context
from pathlib import Path

from claimed import CLAIMS
from claimed.claim import FIRST_SEED, Claim, Found, Measured, found, stands
from claimed.days import forget

from fulfillment_lib.analysis.export import write_file

TABLE = Path(__file__).resolve().parent.parent / "data" / "claims.csv"
FIRST_DAYS = 30  # `make test` measures these again
COLUMNS = (
    "claim", "lesson", "sentence", "quantity", "unit", "expected", "seeds", "days", "holds",
    "mean", "low", "high", "first_30", "reason",
)  # fmt: skip
Values = dict[str, list[Measured]]


def measured(seeds: Sequence[int], numbers: Iterable[str]) -> Values:
    """What the claims of these numbers measure on each of these days, in this process."""
    values: Values = {number: [] for number in numbers}
    for seed in seeds:
        for number in values:
            values[number].append(CLAIMS[number].measure(seed))
        forget()
    return values


def measured_on_cores(first_seed: int, numbers: Sequence[str], together: int = 10) -> Values:
    """The same for all days of the claims, spread over the processors of this machine."""
    values: Values = {number: [] for number in numbers}
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        jobs = []
        for start in range(0, max(CLAIMS[number].days for number in numbers), together):
            due = [number for number in numbers if CLAIMS[number].days > start]
            seeds = range(first_seed + start, first_seed + start + together)
            jobs.append(pool.submit(measured, seeds, due))
        for done, job in enumerate(jobs, 1):
            for number, of_days in job.result().items():
                values[number] += of_days
            print(f"\r{done * together:,} days", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return values


def row(claim: Claim, values: Sequence[Measured]) -> dict[str, str]:
    """What the table holds of a claim, as text."""
    result = found(claim, values)
    texts = {
        "claim": claim.number,
        "lesson": claim.number[:2],
        "seeds": f"{FIRST_SEED}-{FIRST_SEED + len(values) - 1}",
        "days": f"{result.days}",
        "holds": f"{result.holds}",
        "first_30": number_text(found(claim, values[:FIRST_DAYS]).mean),
    }
    for name in ("mean", "low", "high"):
        texts[name] = number_text(getattr(result, name))
    for name in ("sentence", "quantity", "unit", "expected", "reason"):
        texts[name] = getattr(claim, name)
    return {name: texts[name] for name in COLUMNS}


def number_text(value: float) -> str:
    """Six digits: as exact as any sentence, and the same on every machine."""
    return f"{value:.6g}"


def stored() -> dict[str, dict[str, str]]:
    """The rows of the table by claim."""
    if not TABLE.exists():
        return {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["claim"]: row for row in csv.DictReader(file)}


def store(rows: Iterable[dict[str, str]]) -> None:
    """Write the table, in one step: it holds hours of measuring."""
    text = StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_file(TABLE, text.getvalue())


def said(claim: Claim, result: Found) -> str:
    """One line about a claim."""
    word = "stands" if stands(claim, result) else "FALLS "
    return (
        f"{claim.number} {word} {result.mean:12.6g} [{result.low:.6g}, {result.high:.6g}] "
        f"{claim.expected}, on {result.holds} of {result.days} days: {claim.sentence}"
    )


def main(words: list[str]) -> None:
    """Measure, tell, and store."""
    today = "--today" in words
    numbers = [word for word in words if word != "--today"] or list(CLAIMS)
    if unknown := set(numbers) - set(CLAIMS):
        sys.exit(f"no such claim: {', '.join(sorted(unknown))}")
    first_seed = datetime.now(UTC).toordinal() * 1_000 if today else FIRST_SEED
    print(f"seeds from {first_seed:,} on")
    values = measured_on_cores(first_seed, numbers)
    if not today:  # first of all: what is printed may find no reader
        rows = stored() | {number: row(CLAIMS[number], values[number]) for number in numbers}
        store(rows[number] for number in CLAIMS if number in rows)
    fallen = False
    for number in numbers:
        result = found(CLAIMS[number], values[number], 0.999 if today else 0.95)
        fallen |= not stands(CLAIMS[number], result)
        print(said(CLAIMS[number], result))
    sys.exit(fallen)


if __name__ == "__main__":
    main(sys.argv[1:])
