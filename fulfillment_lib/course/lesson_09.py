"""The judges of lesson 09: a referee of paired days, and a bill on days that nobody was shown."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from fulfillment_lib.analysis import intervals
from fulfillment_lib.course.black_friday import BASELINES, PUBLISHED, SEALED, bills
from fulfillment_lib.course.verdicts import NotYet, need, need_settings

ALLOWED = ("workers", "timeout_s", "max_attempts", "backoff_s", "policy")
WORDS = ("first", "second", "cannot tell")
LEAST_SAVING = 5.0  # dollars a day


def referee(answer: Any) -> str:
    """`answer(first, second)`: which of two settings is cheaper, if their days can tell.

    It must be right about clear cases, say nothing about equal settings, and be misled by chance
    about as often as an interval of 95 % is.
    """
    draw = np.random.default_rng(9)
    for days, cheaper_by, least in ((5, 45.0, 0.8), (10, 25.0, 0.8), (200, 6.0, 0.95)):
        for word, sign in (("first", 1), ("second", -1)):
            said = [_said(answer, draw, days, sign * cheaper_by) for _ in range(30)]
            if (share := said.count(word) / len(said)) < least:
                case = f"{word} is {cheaper_by:g} dollars cheaper on the average of {days} days"
                raise NotYet(f"{case}, and you say so {share:.0%} of the time")
    same = pd.Series([210.0, 190.0, 205.0])
    need(answer(same, same.copy()) == "cannot tell", "for equal bills: 'cannot tell'", "a winner")
    for days in (3, 20):
        said = [_said(answer, draw, days, 0.0) for _ in range(500)]
        if (share := 1 - said.count("cannot tell") / len(said)) > 0.08:
            case = f"two settings that cost the same in the long run, {days} days"
            raise NotYet(f"{case}: you name a winner {share:.0%} of the time, 5 % is allowed")
    return "clear cases are told, and chance misleads you one time in twenty, as it may"


def _said(answer: Any, draw: np.random.Generator, days: int, cheaper_by: float) -> str:
    """What an answer says of two columns of bills that share good and bad days."""
    day = draw.normal(220.0, 40.0, days)
    first = pd.Series(day - cheaper_by / 2 + draw.normal(0.0, 10.0, days))
    second = pd.Series(day + cheaper_by / 2 + draw.normal(0.0, 10.0, days))
    said = answer(first, second)
    need(isinstance(said, str) and said in WORDS, "'first', 'second' or 'cannot tell'", said)
    return str(said)


def beat_the_tuned(answer: Any) -> str:
    """Settings with a policy that save five dollars a day, by more than chance, on sealed days."""
    need_settings(answer, ALLOWED)
    shown = _savings(answer, PUBLISHED)["mean"]
    sealed = _savings(answer, SEALED)
    low, high = sealed["low"], sealed["high"]
    told = f"{sealed['mean']:.2f} dollars a day saved on the sealed days ({low:.2f} to {high:.2f})"
    row = f"{shown:.2f} on the published days, which do not count"
    if low <= 0:
        raise NotYet(f"{told}: the interval holds zero or less", [row])
    if sealed["mean"] < LEAST_SAVING:
        raise NotYet(f"{told}: it is no chance, but {LEAST_SAVING:g} are wanted", [row])
    return f"{told}, and {row}"


def _savings(answer: dict[str, Any], seeds: tuple[int, ...]) -> pd.Series[Any]:
    """Tuned baseline − answer, day by day: the mean with its interval."""
    mine = [day.total for day in bills(answer, seeds)]
    saved = np.subtract(_tuned(seeds), mine)
    return intervals.means(pd.DataFrame({"days": 0, "saved": saved}), "saved", "days").iloc[0]


@cache
def _tuned(seeds: tuple[int, ...]) -> list[float]:
    return [day.total for day in bills(BASELINES["tuned"], seeds)]
