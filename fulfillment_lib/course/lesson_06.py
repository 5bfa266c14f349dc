"""The judges of lesson 06: five businesses to run, each on three days of which one is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from fulfillment_lib import scenarios
from fulfillment_lib.analysis.kpis import figures
from fulfillment_lib.course.verdicts import NotYet, mean_lead_s, need_settings
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Faults

SEEDS = (0, 5, 12)
PROMISE_S = 15.0
B2B_FAULTS = Faults(hang=0.1)


def web_shop(answer: Any) -> str:
    """`dict(workers=…)`: the fewest for which 95 % of the express orders are done in 15 s."""
    need_settings(answer, ("workers",))
    days = [scenarios.web_shop(seed=seed) for seed in SEEDS]
    workers = answer["workers"]
    if late := _late(days, workers):
        raise NotYet(f"{workers} workers do not keep the promise of {PROMISE_S:g} s", late)
    if workers > 1 and not _late(days, workers - 1):
        raise NotYet(f"{workers} workers keep the promise, and so do fewer")
    return f"95 % of the express orders are done in {PROMISE_S:g} s, and one worker fewer breaks it"


def _late(days: Iterable[Scenario], workers: int) -> list[str]:
    """The days on which the promise is not kept, with what 95 % of the orders took."""
    rows = []
    for day in days:
        lead_s = figures(simulate(day, workers=workers))["express_lead_time_p95_s"]
        if lead_s > PROMISE_S:
            rows.append(f"seed {day.settings.seed}: {lead_s:.1f} s")
    return rows


def supply_chain(answer: Any) -> str:
    """Settings with which the mean lead time falls by a tenth, and no fewer units are shipped."""
    need_settings(answer, ("backoff_s", "max_attempts", "policy", "timeout_s"))
    _compare(answer, scenarios.supply_chain, 0.9)
    return "a tenth faster at least on each of three days, and not a unit fewer shipped"


def subscription_box(answer: Any) -> str:
    """A policy with which the mean lead time falls by three tenths."""
    need_settings(answer, ("policy",))
    _compare(answer, scenarios.subscription_box, 0.7)
    return "the same work on the same workers, and the mean lead time fell by three tenths"


def b2b(answer: Any) -> str:
    """Timeout and attempts with which all that the stock allows is shipped, without long waits."""
    need_settings(answer, ("max_attempts", "timeout_s"))
    _compare(answer, _hanging_b2b, 0.9)
    return "healthy packing is left alone, and what hangs is noticed in time"


def _hanging_b2b(seed: int) -> Scenario:
    day = scenarios.b2b(seed=seed)
    return replace(day, settings=replace(day.settings, faults=B2B_FAULTS, max_attempts=3))


def scarce_stock(answer: Any) -> str:
    """`answer(order)`: a shortage rule for each order, so that more orders are whole."""
    for seed in SEEDS:
        day = scenarios.scarce_stock(seed=seed)
        orders = tuple(replace(order, shortage=answer(order)) for order in day.orders)
        before, after = _whole(simulate(day)), _whole(simulate(replace(day, orders=orders)))
        if after <= before:
            raise NotYet(f"seed {seed}: {after} orders fulfilled, as it was {before}")
    return "units that a half-served order would have taken make others whole"


def _whole(run: FulfillmentRun) -> int:
    return sum(report.status == "FULFILLED" for report in run.reports)


def _compare(changes: dict[str, Any], make: Callable[..., Scenario], share: float) -> None:
    """The changed day must be faster than the given one, and ship as much, for every seed."""
    for seed in SEEDS:
        day = make(seed=seed)
        before, after = simulate(day), simulate(day, **changes)
        lead_s, least_s = mean_lead_s(after), share * mean_lead_s(before)
        units, wanted = _units(after), _units(before)
        if units < wanted:
            raise NotYet(f"seed {seed}: {units} units shipped, {wanted} before")
        if lead_s > least_s:
            mean = f"seed {seed}: mean lead time {lead_s:.1f} s"
            raise NotYet(f"{mean}, it must be at most {least_s:.1f} s")


def _units(run: FulfillmentRun) -> int:
    return sum(report.total("shipped") for report in run.reports)
