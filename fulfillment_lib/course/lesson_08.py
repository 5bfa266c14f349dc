"""The judges of lesson 08: an interval, and a paired comparison with gaps."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from fulfillment_lib.analysis import intervals
from fulfillment_lib.course.verdicts import NotYet, need

ROUNDED = 0.0006  # three digits after the point will do


def half_width(answer: Any) -> str:
    """`answer(values)`: the half width of the 95 % interval of the mean of a Series."""
    for count, seed in ((10, 0), (4, 7), (200, 3)):
        values = pd.Series(np.random.default_rng(seed).gamma(2.0, 3.0, count))
        table = pd.DataFrame({"all": 0, "value": values})
        wanted = intervals.means(table, "value", "all")["half_width"].iloc[0]
        _near(answer(values), wanted, f"for {count} values")
    return "right for few values and for many; a fourth of the width takes sixteen times the runs"


def paired_mean(answer: Any) -> str:
    """`answer(table)`: the mean of express_first − fifo over the seeds that both have."""
    for seed, lost, first_day in ((0, 3, 0), (11, 9, 100)):
        draw = np.random.default_rng(seed)
        days = draw.gamma(9.0, 2.0, 12)
        rows = [
            {"policy": policy, "seed": first_day + day, "lead_time_mean_s": lead_s + gain}
            for policy, gain in (("fifo", 0.0), ("express_first", -0.3))
            for day, lead_s in enumerate(days + draw.normal(0.0, 0.05, 12))
        ]
        table = pd.DataFrame(rows).sample(frac=1.0, random_state=seed).iloc[lost:]
        wanted = intervals.paired_difference(
            table, "lead_time_mean_s", "policy", "fifo", "express_first"
        )["mean"].iloc[0]
        _near(answer(table.copy()), wanted, f"for a table of {len(table)} rows")
    return "seeds that only one of the two has say nothing about their difference"


def _near(said: Any, wanted: float, where: str) -> None:
    number = said.item() if isinstance(said, np.ndarray | pd.Series) and said.size == 1 else said
    good = isinstance(number, Real) and not isinstance(number, bool)
    need(good, "the answer must be a number", said)
    if not math.isclose(float(number), wanted, rel_tol=ROUNDED, abs_tol=ROUNDED):
        raise NotYet(f"{where} it is {wanted:.4f}, you say {float(number):.4f}")
