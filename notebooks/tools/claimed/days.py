"""Runs that several claims share: one day is run once for all that measure it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from statistics import fmean
from typing import Any

from fulfillment_lib import FulfillmentRun, simulate
from fulfillment_lib.orders import Priority
from fulfillment_lib.scenarios import Scenario


@lru_cache(maxsize=256)
def _run(make: Callable[..., Scenario], seed: int, changes: tuple[tuple[str, Any], ...]) -> Any:
    return simulate(make(seed=seed), **dict(changes))


def day(make: Callable[..., Scenario], seed: int, **changes: Any) -> FulfillmentRun:
    """The day that `make(seed=seed)` gives, run with changed settings."""
    run: FulfillmentRun = _run(make, seed, tuple(sorted(changes.items())))
    return run


def mean_lead_s(run: FulfillmentRun, priority: str | None = None) -> float:
    """The mean lead time of all orders, or of those of one priority."""
    return fmean(
        report.lead_time_s
        for report in run.reports
        if priority is None or report.priority is Priority[priority.upper()]
    )


def mean_wait_s(run: FulfillmentRun, priority: str | None = None) -> float:
    """The mean wait of all attempts, or of those of one priority."""
    return fmean(
        attempt.wait_s
        for attempt in run.attempts
        if priority is None or attempt.priority == Priority[priority.upper()]
    )


def forget() -> None:
    """Drop the runs of a day: no claim looks at two days."""
    _run.cache_clear()
