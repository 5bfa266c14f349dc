"""The judges of lesson 06: five businesses to run, each on three days of which one is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from fulfillment_lib import scenarios
from fulfillment_lib.analysis.kpis import figures
from fulfillment_lib.course.verdicts import NotYet, mean_lead_s, need_function
from fulfillment_lib.errors import shown
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Faults

SEEDS = (0, 5, 12)
PROMISE_S = 15.0
B2B_FAULTS = Faults(hang=0.1)


def web_shop(answer: Any) -> str:
    """`dict(workers=…)`: the fewest for which 95 % of the express orders are done in 15 s."""
    _allow(answer, {"workers"})
    days = [scenarios.web_shop(seed=seed) for seed in SEEDS]
    workers = answer["workers"]
    if late := _late(days, workers):
        raise NotYet(f"{workers} workers do not keep the promise of {PROMISE_S:g} s", late)
    if workers > 1 and not _late(days, workers - 1):
        raise NotYet(f"{workers} workers keep the promise, and so do fewer")
    return f"95 % of the express orders are done in {PROMISE_S:g} s, and one worker fewer breaks it"


def _late(days: Iterable[Scenario], workers: int) -> list[str]:
    found = [
        (day, figures(simulate(day, workers=workers))["express_lead_time_p95_s"]) for day in days
    ]
    return [
        f"seed {day.settings.seed}: {lead_s:.1f} s" for day, lead_s in found if lead_s > PROMISE_S
    ]


def supply_chain(answer: Any) -> str:
    """Settings with which the mean lead time falls by a tenth, and no fewer units are shipped."""
    _allow(answer, {"timeout_s", "max_attempts", "backoff_s", "policy"})
    _compare(answer, scenarios.supply_chain, 0.9)
    return "a tenth faster at least on each of three days, and not a unit fewer shipped"


def subscription_box(answer: Any) -> str:
    """A policy with which the mean lead time falls by three tenths."""
    _allow(answer, {"policy"})
    _compare(answer, scenarios.subscription_box, 0.7)
    return "the same work on the same workers, and the mean lead time fell by three tenths"


def b2b(answer: Any) -> str:
    """Timeout and attempts with which all that the stock allows is shipped, without long waits."""
    _allow(answer, {"timeout_s", "max_attempts"})
    _compare(answer, _hanging_b2b, 0.9)
    return "healthy packing is left alone, and what hangs is noticed in time"


def _hanging_b2b(seed: int) -> Scenario:
    day = scenarios.b2b(seed=seed)
    return replace(day, settings=replace(day.settings, faults=B2B_FAULTS, max_attempts=3))


def scarce_stock(answer: Any) -> str:
    """`answer(order)`: a shortage rule for each order, so that more orders are whole."""
    need_function(answer)
    for seed in SEEDS:
        day = scenarios.scarce_stock(seed=seed)
        orders = tuple(replace(order, shortage=answer(order)) for order in day.orders)
        before, after = _whole(simulate(day)), _whole(simulate(replace(day, orders=orders)))
        if after <= before:
            raise NotYet(f"seed {seed}: {after} orders fulfilled, as it was {before}")
    return "units that a half-served order would have taken make others whole"


def _whole(run: FulfillmentRun) -> int:
    return sum(report.status == "FULFILLED" for report in run.reports)


def _allow(answer: Any, names: set[str]) -> None:
    """The answer is a dict of settings, of which only some may be changed."""
    if not isinstance(answer, dict) or not set(answer) <= names or not answer:
        raise NotYet(
            f"the answer is a dict with some of {', '.join(sorted(names))}, got {shown(answer)}"
        )


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
            raise NotYet(
                f"seed {seed}: mean lead time {lead_s:.1f} s, it must be at most {least_s:.1f} s"
            )


def _units(run: FulfillmentRun) -> int:
    return sum(report.total("shipped") for report in run.reports)
