"""How often the sentences of a lesson hold, from the table that lies beside the lessons."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from fulfillment_lib import checks
from fulfillment_lib.errors import FileError

TABLE = Path("data", "claims.csv")  # as seen from the folder of the lessons


@dataclass(frozen=True, slots=True, repr=False)
class ThousandDays:
    """One line for each claim, as the table has it."""

    lines: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(self.lines)


def thousand_days(*numbers: str) -> ThousandDays:
    """On how many days the claims of these numbers hold, and by how much on the average.

    The numbers are read, not computed: a thousand days take minutes. `make claims` computes them.

    Raises:
        FileError: the table is not there, so this is not the folder of the lessons.
        ArgumentError: a number that the table does not have.
    """
    try:
        with TABLE.open(encoding="utf-8", newline="") as file:
            rows = {row["claim"]: row for row in csv.DictReader(file)}
    except OSError as error:
        raise FileError(f"{TABLE}: run this in the folder of the lessons ({error})") from error
    for number in numbers:
        checks.known("claim", number, rows)
    return ThousandDays(tuple(_line(rows[number]) for number in numbers))


def _line(row: dict[str, str]) -> str:
    """Such as "standard − express: on 973 of 1,000 days; 4.1 s on average (4.02 to 4.18 s)"."""
    held = f"{row['quantity']}: on {int(row['holds']):,} of {int(row['days']):,} days"
    low, mean, high = (_three_digits(row[name]) for name in ("low", "mean", "high"))
    if row["unit"] == "days":
        return f"{held} ({100 * float(row['low']):.1f} % to {100 * float(row['high']):.1f} %)"
    return f"{held}; {mean} {row['unit']} on average (95 % interval {low} to {high})"


def _three_digits(text: str) -> str:
    return f"{float(text):,.3g}"
