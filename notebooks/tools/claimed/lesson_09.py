"""What lesson 09 claims: where the money goes, and what days can tell about seven and eight."""

from __future__ import annotations

from typing import Any

from claimed.claim import Claim
from claimed.days import day
from fulfillment_lib.course.black_friday import BASELINES, Bill, bill, black_friday
from fulfillment_lib.engine.tasks import Task

TUNED = BASELINES["tuned"]


def first_ordered_first(task: Task, _ready_s: float) -> tuple[int, float | None]:
    """The policy of the second half: within a class by the time at which the order was placed."""
    return task.priority, task.due_s


ORDERED = TUNED | {"policy": first_ordered_first}


def saved_by_both(seed: int) -> float:
    """Total of a day with eight workers, express first − with seven and the better policy."""
    return cost(seed, TUNED).total - cost(seed, ORDERED, workers=7).total


def cost(seed: int, given: dict[str, Any], **changes: Any) -> Bill:
    """The bill of one day; `given` are settings, of which some are changed."""
    return bill(day(black_friday, seed, **given | changes))


def dearer(seed: int, given: dict[str, Any], workers: int, than: int) -> float:
    """Total of a day with `workers` − total with `than` workers."""
    return cost(seed, given, workers=workers).total - cost(seed, given, workers=than).total


def not_shipped_of_a_hundred(seed: int) -> float:
    """Units of a hundred that are not shipped, with one attempt."""
    run = day(black_friday, seed, **BASELINES["express first"])
    ordered = sum(report.total("ordered") for report in run.reports)
    return 100 * (1 - sum(report.total("shipped") for report in run.reports) / ordered)


def lost_above_late(seed: int) -> float:
    """Margin lost − fines, with one attempt."""
    mine = cost(seed, BASELINES["express first"])
    return mine.lost - mine.late


def three_attempts(seed: int, part: str) -> float:
    """A part of the bill, three attempts − one."""
    one, three = ({"policy": "express_first", "max_attempts": count} for count in (1, 3))
    return float(getattr(cost(seed, three), part) - getattr(cost(seed, one), part))


CLAIMS = (
    Claim(
        number="09.1",
        sentence="many more units stay behind than attempts go wrong",
        quantity="units not shipped of a hundred",
        unit="units",
        expected="> 12",
        measure=not_shipped_of_a_hundred,
    ),
    Claim(
        number="09.2",
        sentence="what is lost costs more than what is late",
        quantity="lost − late, express first",
        unit="dollars",
        expected="> 0",
        measure=lost_above_late,
    ),
    Claim(
        number="09.3",
        sentence="A second attempt pays",
        quantity="total, three attempts − one",
        unit="dollars",
        expected="< 0",
        measure=lambda seed: three_attempts(seed, "total"),
    ),
    Claim(
        number="09.4",
        sentence="more orders are late",
        quantity="late, three attempts − one",
        unit="dollars",
        expected="> 0",
        measure=lambda seed: three_attempts(seed, "late"),
    ),
    Claim(
        number="09.5",
        sentence="six workers cost more than seven",
        quantity="six workers − seven",
        unit="dollars",
        expected="> 0",
        measure=lambda seed: dearer(seed, TUNED, 6, 7),
    ),
    Claim(
        number="09.6",
        sentence="nine cost more than eight",
        quantity="nine workers − eight",
        unit="dollars",
        expected="> 0",
        measure=lambda seed: dearer(seed, TUNED, 9, 8),
    ),
    Claim(
        number="09.7",
        sentence="seven workers and eight cost the same on the average",
        quantity="seven workers − eight, express first",
        unit="dollars",
        expected="-5 to 5",
        measure=lambda seed: dearer(seed, TUNED, 7, 8),
    ),
    Claim(
        number="09.8",
        sentence="On most days seven are the cheaper",
        quantity="seven workers cheaper than eight, express first",
        unit="days",
        expected="0.5 to 1",
        measure=lambda seed: dearer(seed, TUNED, 7, 8) < 0,
    ),
    Claim(
        number="09.9",
        sentence="Now seven workers cost less than eight",
        quantity="seven workers − eight, better policy",
        unit="dollars",
        expected="< 0",
        measure=lambda seed: dearer(seed, ORDERED, 7, 8),
    ),
    Claim(
        number="09.10",
        sentence="with eight workers the policy saves little",
        quantity="better policy − express first, eight workers",
        unit="dollars",
        expected="> -5",
        measure=lambda seed: cost(seed, ORDERED).total - cost(seed, TUNED).total,
    ),
    Claim(
        number="09.11",
        sentence="both together save more than five dollars a day",
        quantity="saved by seven workers and the better policy",
        unit="dollars",
        expected="> 5",
        measure=saved_by_both,
    ),
)
