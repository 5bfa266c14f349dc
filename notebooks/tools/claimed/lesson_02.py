"""What lesson 02 claims: workers help until the chain decides, and idle time is no waste."""

from __future__ import annotations

from itertools import pairwise

from claimed.claim import Claim
from claimed.days import day, mean_wait_s
from fulfillment_lib.analysis import bounds
from fulfillment_lib.orders import Priority
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Settings


def at_once(seed: int) -> Scenario:
    """The day of section 2: twelve orders that come together."""
    orders = sample_orders(12, gap_s=0, seed=seed)
    return Scenario("at once", orders, sample_network(), Settings(seed=seed))


def at_once_with_stock(seed: int) -> Scenario:
    """The same with so much stock that every run has the same tasks."""
    orders = sample_orders(12, gap_s=0, seed=seed)
    return Scenario("at once", orders, sample_network(10), Settings(seed=seed))


def in_a_row(seed: int) -> Scenario:
    """The day of section 3: twelve orders, one after the other."""
    orders = sample_orders(12, seed=seed)
    return Scenario("in a row", orders, sample_network(), Settings(seed=seed))


def more_than_half(seed: int) -> float:
    """Makespan of ten workers − half that of five."""
    five, ten = (day(at_once, seed, workers=workers).makespan_s for workers in (5, 10))
    return ten - five / 2


def beside_the_critical_path(seed: int) -> float:
    """Makespan of twenty workers ÷ critical path."""
    limits = bounds(day(at_once, seed, workers=20))
    return limits.makespan_s / limits.critical_path_s


def express_units_missing(seed: int) -> float:
    """Units of express orders that were not there, with twenty workers − with five."""

    def missing(workers: int) -> int:
        reports = day(at_once, seed, workers=workers).reports
        express = [report for report in reports if report.priority is Priority.EXPRESS]
        return sum(line.backordered + line.cancelled for report in express for line in report.lines)

    return missing(20) - missing(5)


def last_share_of_idle_time(seed: int) -> float:
    """Mean wait with two workers − with three."""
    two, three = (mean_wait_s(day(in_a_row, seed, workers=workers)) for workers in (2, 3))
    return two - three


def has_an_anomaly(seed: int) -> bool:
    """Whether one worker more, from 1 to 10, ends the same tasks later."""
    spans = [day(at_once_with_stock, seed, workers=count).makespan_s for count in range(1, 11)]
    return any(more > fewer + 1e-9 for fewer, more in pairwise(spans))


CLAIMS = (
    Claim(
        number="02.1",
        sentence="Twice the workers do not halve it",
        quantity="makespan of ten workers − half that of five",
        unit="s",
        expected="> 0",
        measure=more_than_half,
    ),
    Claim(
        number="02.2",
        sentence="More workers help until the chain decides",
        quantity="makespan of twenty workers ÷ critical path",
        unit="times",
        expected="1 to 1.05",
        measure=beside_the_critical_path,
    ),
    Claim(
        number="02.3",
        sentence="Where nobody queues, priority protects nobody's stock",
        quantity="units that express orders do not get, twenty workers − five",
        unit="units",
        expected="> 0",
        measure=express_units_missing,
    ),
    Claim(
        number="02.4",
        sentence="A floor that is always busy is a floor with a queue",
        quantity="mean wait with two workers − with three",
        unit="s",
        expected="> 0",
        measure=last_share_of_idle_time,
    ),
    Claim(
        number="02.5",
        sentence="An anomaly is rare",
        quantity="one worker more, from 1 to 10, ends the same tasks later",
        unit="days",
        expected="0.001 to 0.05",
        measure=has_an_anomaly,
    ),
)
