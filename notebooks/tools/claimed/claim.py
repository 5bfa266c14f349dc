"""A claim: a sentence, the quantity behind it, and what would have to be true of its interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum, inf, nextafter, sqrt
from statistics import stdev

from scipy.stats import beta, t

Measured = float | bool
FIRST_SEED, DAYS = 10_000, 1_000


@dataclass(frozen=True)
class Claim:
    """One sentence of a lesson.

    `expected` is what the interval of the quantity must lie in: "> 0", "< 0", "0.86 to 1", or
    "always" for a share that admits no exception. `days` is smaller than 1,000 only where `reason`
    says why.
    """

    number: str
    sentence: str
    quantity: str
    unit: str
    expected: str
    measure: Callable[[int], Measured]
    days: int = DAYS
    reason: str = ""


@dataclass(frozen=True)
class Found:
    """What was measured: how many days, on how many of them the sentence held, and the interval."""

    days: int
    holds: int
    mean: float
    low: float
    high: float


def found(claim: Claim, values: Sequence[Measured], confidence: float = 0.95) -> Found:
    """The mean of the quantity over the days, with its interval.

    Of a mean the interval is Student's, of a share Clopper's and Pearson's (The use of confidence
    or fiducial limits, Biometrika 1934), which holds for "on all days", too.
    """
    days, mean = len(values), fsum(values) / len(values)
    if isinstance(values[0], bool):
        low, high = _share(sum(values), days, confidence)
    else:
        half = float(t.ppf((1 + confidence) / 2, days - 1)) * stdev(values) / sqrt(days)
        low, high = mean - half, mean + half
    return Found(days, sum(_day_holds(claim.expected, value) for value in values), mean, low, high)


def stands(claim: Claim, result: Found) -> bool:
    """Whether the whole interval lies where the sentence says, so that it was no luck."""
    if claim.expected == "always":
        return result.holds == result.days
    low, high = limits(claim.expected)
    return low <= result.low and result.high <= high


def limits(expected: str) -> tuple[float, float]:
    """The least and the largest number that the sentence allows."""
    match expected.split():
        case [">", bound]:
            return nextafter(float(bound), inf), inf
        case ["<", bound]:
            return -inf, nextafter(float(bound), -inf)
        case [low, "to", high]:
            return float(low), float(high)
    raise ValueError(f"expected must be '> 0', '< 0', '-1 to 1' or 'always', got {expected!r}")


def _day_holds(expected: str, value: Measured) -> bool:
    if isinstance(value, bool) or expected == "always":
        return bool(value)
    low, high = limits(expected)
    return low <= value <= high


def _share(count: int, days: int, confidence: float) -> tuple[float, float]:
    rest = (1 - confidence) / 2
    low = beta.ppf(rest, count, days - count + 1) if count else 0.0
    high = beta.ppf(1 - rest, count + 1, days - count) if count < days else 1.0
    return float(low), float(high)
