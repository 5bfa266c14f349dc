"""Sentences that lessons once printed as findings, and that a thousand days do not bear out.

They were chance, or an artefact of how the days were chosen. They stay here to show that the check
of claims would have stopped them.
"""

from __future__ import annotations

import numpy as np
from claimed import lesson_03, lesson_06, lesson_08, lesson_09
from claimed.claim import Claim
from scipy.stats import t

from fulfillment_lib import scenarios


def all_intervals_reach_the_curve(seed: int) -> bool:
    """Six loads, each with the same ten seeds."""
    waits = lesson_08.ten_runs(seed)
    half_s = t.ppf(0.975, lesson_08.RUNS - 1) * waits.std(axis=1, ddof=1) / lesson_08.RUNS**0.5
    missed_by_s = np.abs(waits.mean(axis=1) - list(lesson_08.FORMULA_S.values()))
    return bool((missed_by_s <= half_s).all())


def four_keep_it_and_five_do_not(seed: int) -> float:
    return float(lesson_08.kept(4)(seed)) - float(lesson_08.kept(5)(seed))


WITHDRAWN = (
    Claim(
        "09.a",
        "Eight workers cost a little more on a quiet day and much less on a bad one",
        "bill, seven − eight workers",
        "dollars",
        "> 0",
        lambda seed: lesson_09.dearer(seed, lesson_09.TUNED, 7, 8),
    ),
    Claim(
        "08.a",
        "The dots lie on the curve, or their intervals reach it",
        "all six intervals hold the formula, with the same ten seeds at every load",
        "days",
        "always",
        all_intervals_reach_the_curve,
        days=100,
        reason="a day is sixty runs",
    ),
    Claim(
        "08.b",
        "If it must be every day, it takes four",
        "the promise is kept by four workers",
        "days",
        "always",
        lesson_08.kept(4),
    ),
    Claim(
        "08.c",
        "With five it is 19 days again",
        "days kept by four workers − by five",
        "of a day",
        "> 0",
        four_keep_it_and_five_do_not,
    ),
    Claim(
        "03.a",
        "some rules are better than others after all, not for the waits of tasks",
        "mean wait of tasks, shortest first − fifo",
        "s",
        "-0.1 to 0.1",
        lesson_03.all_wait_longer_under_shortest_first,
    ),
    Claim(
        "06.a",
        "For B2B the best of four rules is fifo",
        "mean lead time, fifo − the best of the other three",
        "s",
        "< 0",
        lambda seed: lesson_06.ahead_of_the_others(scenarios.b2b, "fifo", seed),
    ),
    Claim(
        "06.b",
        "For scarce stock the best rule is shortest first",
        "shortest first has the shortest mean lead time of the four",
        "days",
        "0.5 to 1",
        lesson_06.scarce_is_best_by_shortest_first,
    ),
)
