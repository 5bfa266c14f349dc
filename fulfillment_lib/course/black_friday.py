"""The capstone's game: one overloaded day, what it costs, and the baselines to beat.

Costs are made up, in US dollars. A worker costs money for as long as the day lasts. An express
order costs a fine if its lead time is above its promise, a standard order a smaller one; each unit
that is not shipped costs its margin.

A seed is a day. The published days may be looked at as often as one likes, the validation days
serve to choose among a few settings, and the sealed days judge what was chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from fulfillment_lib.engine.policies import ageing
from fulfillment_lib.orders import Priority
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Faults, Settings

WAGE = 0.15  # per worker and second
FINES = {Priority.EXPRESS: 6.0, Priority.STANDARD: 2.0}
PROMISES_S = {Priority.EXPRESS: 20.0, Priority.STANDARD: 30.0}
MARGIN = 3.0  # per unit that is not shipped
PUBLISHED = tuple(range(5))
VALIDATION = tuple(range(100, 140))
SEALED = tuple(range(1_000, 1_040))

BASELINES: dict[str, dict[str, Any]] = {
    "fifo": {"policy": "fifo"},
    "express first": {"policy": "express_first"},
    "head start 20 s": {"policy": ageing(20)},
    "tuned": {
        "policy": "express_first",
        "workers": 8,
        "max_attempts": 6,
        "timeout_s": 6.5,
        "backoff_s": 0.0,
    },
}


@dataclass(frozen=True, slots=True)
class Bill:
    """What a day has cost, in dollars."""

    staff: float
    late: float
    lost: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.staff + self.late + self.lost


def black_friday(seed: int = 0) -> Scenario:
    """A hundred orders in 150 seconds, three of ten express: more than five workers can do.

    A third takes all or nothing. Three attempts of a hundred fail, and three hang.
    """
    orders = sample_orders(100, express_share=0.3, seed=seed, gap_s=1.5)
    orders = tuple(
        replace(order, shortage="ship_complete") if place % 3 == 0 else order
        for place, order in enumerate(orders)
    )
    settings = Settings(seed=seed, faults=Faults(fail=0.03, hang=0.03))
    return Scenario(
        "black friday",
        orders,
        sample_network(12.5),
        settings,
        "A hundred orders in 150 seconds, and a bill at the end.",
    )


def bill(run: FulfillmentRun) -> Bill:
    """What a run has cost."""
    late = sum(
        FINES[report.priority]
        for report in run.reports
        if report.lead_time_s > PROMISES_S[report.priority]
    )
    lost = sum(report.total("ordered") - report.total("shipped") for report in run.reports)
    return Bill(round(WAGE * run.settings.workers * run.makespan_s, 2), late, MARGIN * lost)


def bills(changes: Mapping[str, Any], seeds: Iterable[int]) -> list[Bill]:
    """The bill of each day under changed settings: the same orders, whatever is changed.

    Raises:
        ArgumentError: as for `simulate`.
    """
    return [bill(simulate(black_friday(seed), **changes)) for seed in seeds]


def score(changes: Mapping[str, Any], seeds: Iterable[int] = PUBLISHED) -> Bill:
    """The mean bill over the days of several seeds.

    Raises:
        ArgumentError: as for `simulate`.
    """
    days = bills(changes, seeds)
    return Bill(
        fmean(day.staff for day in days),
        fmean(day.late for day in days),
        fmean(day.lost for day in days),
    )
