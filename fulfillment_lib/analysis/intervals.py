"""How sure a mean is: confidence intervals over replications, and over paired differences.

Replications are rows of `sweep` that differ in their seed. They are independent, so that Student's
t gives an interval for their mean (Law, Simulation Modeling and Analysis, chapter 9). Two settings
that were run at the same seeds are compared by the differences seed by seed: what the seeds have
in common drops out (the paired-t interval, chapter 10).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from fulfillment_lib import checks
from fulfillment_lib.analysis.table import Table
from fulfillment_lib.errors import from_extra


def means(
    table: pd.DataFrame, of: str, by: str | Iterable[str], confidence: float = 0.95
) -> pd.DataFrame:
    """The mean of a column in each group, with its interval.

    Returns:
        One row per group in the order of the table, indexed by `by`; columns runs, mean,
        half_width, low and high. A single run has no interval: NaN.

    Raises:
        ArgumentError: a column is unknown or not one of numbers, or confidence is not between 0
            and 1.
    """
    names = [by] if isinstance(by, str) else list(by) if isinstance(by, Iterable) else []
    if not names:
        checks.refuse("by", "a column or several", by)
    _columns(table, of, *names)
    return _intervals(table[of], [table[name] for name in names], confidence)


def paired_difference(
    table: pd.DataFrame, of: str, by: str, first: object, second: object, confidence: float = 0.95
) -> pd.DataFrame:
    """The mean of second − first over the seeds at which both were run, with its interval.

    Returns:
        One row, indexed "second − first"; columns as in `means`.

    Raises:
        ArgumentError: a column or a value is unknown, the column is not one of numbers, a seed
            comes twice for one of the two (so the table varies something else besides), or no
            seed is common to both.
    """
    _columns(table, of, by, "seed")
    sides = []
    for name, value in (("first", first), ("second", second)):
        side = table[table[by] == value]
        if side.empty:
            checks.refuse(name, f"a value of the column {by!r}", value)
        if side["seed"].duplicated().any():
            rule = f"one row per seed for {by} {value}"
            checks.refuse("table", rule, "several", "choose the rows of the other columns first")
        sides.append(side.set_index("seed")[of])
    common = sides[0].index.intersection(sides[1].index)
    if common.empty:
        checks.refuse("seeds", "common to both", sorted(table["seed"].unique())[:5])
    label = pd.Series(f"{second} − {first}", index=common)
    return _intervals(sides[1][common] - sides[0][common], [label], confidence)


def _intervals(
    values: pd.Series[Any], groups: list[pd.Series[Any]], confidence: float
) -> pd.DataFrame:
    with from_extra("views", "intervals"):
        from scipy.stats import t  # only here: it takes half a second to import

    grouped = values.astype("float64").groupby(groups, sort=False)
    runs, mean = grouped.count(), grouped.mean()
    share = checks.quantile("confidence", confidence)
    half = t.ppf((1.0 + share) / 2.0, runs - 1) * grouped.std() / np.sqrt(runs)
    return Table(
        {"runs": runs, "mean": mean, "half_width": half, "low": mean - half, "high": mean + half}
    )


def _columns(table: pd.DataFrame, of: str, *by: str) -> None:
    checks.instance("table", table, pd.DataFrame)
    for name in (of, *by):
        checks.known("column", name, list(table.columns))
    if not pd.api.types.is_numeric_dtype(table[of]):
        checks.refuse("of", "a column of numbers", of)
