"""Queueing theory: what the waits must be on average, whoever wrote the simulation.

Rates are per second, times in seconds, offered loads in workers (arrival rate ÷ service rate).
The formulas hold for Poisson arrivals, exponential service times and c equal workers, in the long
run; a service rate is that of one worker. `littles_law` holds for any log, and is counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import pandas as pd

from fulfillment_lib import checks
from fulfillment_lib.analysis.run import TICKS_PER_S, Run, ticks

MOST_SERVERS = 1_000_000
FASTEST = 1e12
SPANS = {
    "system": ("ready_s", "finish_s"),
    "queue": ("ready_s", "start_s"),
    "service": ("start_s", "finish_s"),
}
Log = Run | pd.DataFrame | Mapping[str, Sequence[float]]


def erlang_c(c: int, offered_load: float) -> float:
    """The probability that an arrival must wait, with c workers (A. K. Erlang, 1917).

    By the recursion of the loss formula B: B(0) = 1, B(k) = aB(k−1) ÷ (k + aB(k−1)), and
    C = B ÷ (1 − (a ÷ c)(1 − B)). All terms are between 0 and 1, so it is exact for any c.

    >>> round(erlang_c(5, 4), 4)
    0.5541

    Raises:
        ArgumentError: c is no whole number from 1 to 1,000,000, or the load is not below c.
    """
    c = checks.whole("c", c, 1, MOST_SERVERS)
    load = checks.number("offered_load", offered_load, 0.0, MOST_SERVERS)
    _stable("offered_load", load, c)
    blocked = 1.0
    for k in range(1, c + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked / (1.0 - load / c * (1.0 - blocked))


def mmc_wait(arrival_rate: float, service_rate: float, c: int) -> float:
    """The mean wait in the queue M/M/c, first in, first out: C ÷ (c × service rate − arrivals).

    >>> mmc_wait(0.5, 1.0, 1)
    1.0

    Raises:
        ArgumentError: an argument is out of range, or the queue would grow for ever.
    """
    return priority_waits([arrival_rate], service_rate, c)[0]


def priority_waits(rates: Iterable[float], service_rate: float, c: int) -> tuple[float, ...]:
    """The mean wait of each class, the most urgent first, if no running task is interrupted.

    A. Cobham, Priority assignment in waiting line problems, 1954, for c servers and one service
    rate: W(k) = C ÷ (c × service rate) ÷ ((1 − σ(k−1))(1 − σ(k))), where σ(k) is the share of
    time that the classes up to k keep the workers busy.

    Args:
        rates: arrivals per second of each class.

    >>> [round(wait, 3) for wait in priority_waits([0.9, 3.6], 1.0, 5)]
    [0.186, 1.86]

    Raises:
        ArgumentError: an argument is out of range, or the queue would grow for ever.
    """
    if isinstance(rates, str | bytes) or not isinstance(rates, Iterable):
        checks.refuse("rates", "a sequence of arrival rates", rates)
    arrivals = [checks.number("arrival rate", rate, 0.0, FASTEST) for rate in rates]
    if not arrivals:
        checks.refuse("rates", "at least one arrival rate", arrivals)
    speed = checks.number("service_rate", service_rate, 0.0, FASTEST, above=True)
    c = checks.whole("c", c, 1, MOST_SERVERS)
    load = math.fsum(arrivals) / speed
    _stable("arrival rate ÷ service rate", load, c)
    at_once = erlang_c(c, load) / (c * speed)
    idle = 1.0 - load / c  # above 0, and no class leaves less, however its sum is rounded
    sums = accumulate(arrivals, initial=0.0)
    left = [max(1.0 - sum_of_rates / (c * speed), idle) for sum_of_rates in sums]
    return tuple(at_once / (before * after) for before, after in pairwise(left))


def _stable(name: str, load: float, c: int) -> None:
    if load >= c:
        remedy = "the queue would grow for ever; add workers"
        checks.refuse(name, f"less than c = {c}", load, remedy)


@dataclass(frozen=True, slots=True)
class LittlesLaw:
    """L = λW, counted on a log (J. D. C. Little, 1961), in whole microseconds.

    The window goes from the first arrival to the last departure. `area_us` is the number present,
    added up over all microseconds of the window; `stays_us` are the stays of all, added up. The
    first is counted along time, the second row by row; the law says that they are equal.
    """

    arrivals: int
    window_us: int
    area_us: int
    stays_us: int

    @property
    def mean_number(self) -> float:
        """L, the mean number present; 0.0 in an empty window."""
        return self.area_us / self.window_us if self.window_us else 0.0

    @property
    def arrival_rate(self) -> float:
        """λ, arrivals per second; 0.0 in an empty window."""
        return self.arrivals * TICKS_PER_S / self.window_us if self.window_us else 0.0

    @property
    def mean_time_s(self) -> float:
        """W, the mean stay in seconds; 0.0 without arrivals."""
        return self.stays_us / self.arrivals / TICKS_PER_S if self.arrivals else 0.0

    @property
    def holds(self) -> bool:
        """Whether L = λW, exactly; always so on a log from the first arrival to the last end."""
        return self.area_us == self.stays_us


def littles_law(log: Log, span: str = "system") -> LittlesLaw:
    """Little's law on a run, or on a table with one row per attempt, such as a timeline.

    Args:
        log: a run, or a DataFrame (or dict of lists) with the columns ready_s, start_s, finish_s.
        span: the attempts to count: those in the "system" (ready to finish), in the "queue"
            (ready to start) or in "service" (start to finish).

    Raises:
        ArgumentError: an unknown span, or a log without those times.
    """
    begin, end = SPANS[checks.choice("span", span, SPANS)]
    comes, goes = _times(log, begin), _times(log, end)
    window = max(goes, default=0) - min(comes, default=0)
    events = sorted([*((time, 1) for time in comes), *((time, -1) for time in goes)])
    lengths = accumulate(step for _, step in events)
    area = sum(
        length * (later - time)
        for length, ((time, _), (later, _)) in zip(lengths, pairwise(events), strict=False)
    )
    return LittlesLaw(len(comes), window, area, sum(goes) - sum(comes))


def _times(log: Log, column: str) -> list[int]:
    try:
        times = (
            log[column]
            if isinstance(log, pd.DataFrame | Mapping)
            else [getattr(attempt, column) for attempt in log.attempts]
        )
        return [ticks(checks.number(column, time_s, -1e9, 4e9)) for time_s in times]
    except (KeyError, TypeError, AttributeError):
        checks.refuse("log", f"a run or a table with the column {column}", log)
