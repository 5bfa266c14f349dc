"""The judges of lesson 06: five businesses to run, each on days that are not shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from fulfillment_lib import scenarios
from fulfillment_lib.course.verdicts import NotYet, mean_lead_s, need, need_number, need_settings
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.orders import Priority
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Durations, Faults

Make = Callable[..., Scenario]
SEEDS = (0, 5, 12)

STAFFED = {scenarios.web_shop: 15.0, scenarios.flash_sale: 16.0}
STAFFED_SEEDS = range(40, 50)

SCARCE_SEEDS = range(100, 120)
MORE_WHOLE, MORE_UNITS = 10, 20

B2B_DAYS = {  # what packing takes, and the timeout of today
    "packing takes 12 s": (Durations(packing=(12.0, 0.5), redrawn=False), 100.0),
    "packing takes 3 s": (Durations(packing=(3.0, 0.3), redrawn=False), 40.0),
    "packing takes 24 s": (Durations(packing=(24.0, 0.3), redrawn=False), 140.0),
}
YESTERDAY, B2B_SEEDS = 20, (601, 604)


def web_shop(answer: Any) -> str:
    """`answer(days, promise_s)`: the fewest workers that keep the promise on nine of ten days."""
    for make, promise_s in STAFFED.items():
        days = [make(seed=seed) for seed in STAFFED_SEEDS]
        said = answer(list(days), promise_s)
        rule = "the answer must be a whole number of workers"
        need(need_number(rule, said, 1_000).is_integer(), rule, said)
        said = int(said)
        kept = [_kept(days, workers, promise_s) for workers in (said - 1, said) if workers]
        told = f"{days[0].name}, {promise_s:g} s: {said:g} workers keep the promise"
        if 10 * kept[-1] < 9 * len(days):
            raise NotYet(f"{told} on {kept[-1]} of {len(days)} days only")
        if 10 * kept[0] >= 9 * len(days) and said > 1:
            raise NotYet(f"{told} on {kept[-1]} of {len(days)} days, and fewer do so on {kept[0]}")
    return "the fewest that keep the promise, in two businesses on days that are not shown"


def _kept(days: Iterable[Scenario], workers: int, promise_s: float) -> int:
    """On how many days every express order is done in time."""
    return sum(
        all(
            report.lead_time_s <= promise_s
            for report in simulate(day, workers=workers).reports
            if report.priority is Priority.EXPRESS
        )
        for day in days
    )


def supply_chain(answer: Any) -> str:
    """Settings with which the mean lead time falls by a tenth, and no fewer units are shipped."""
    need_settings(answer, ("backoff_s", "max_attempts", "policy", "timeout_s"))
    _compare(answer, scenarios.supply_chain, 0.9)
    return "a tenth faster at least on each of three days, and not a unit fewer shipped"


def scarce_stock(answer: Any) -> str:
    """`answer(order)`: a shortage rule, so that more orders are whole and more units leave."""
    whole = units = 0
    for seed in SCARCE_SEEDS:
        day = scenarios.scarce_stock(seed=seed)
        orders = tuple(replace(order, shortage=answer(order)) for order in day.orders)
        before, after = simulate(day), simulate(replace(day, orders=orders))
        whole += _whole(after) - _whole(before)
        units += _units(after) - _units(before)
    told = f"on {len(SCARCE_SEEDS)} days {whole:+} orders fulfilled as a whole"
    told += f" and {units:+} units shipped"
    if whole < MORE_WHOLE or units < MORE_UNITS:
        raise NotYet(f"{told}; it must be {MORE_WHOLE:+} and {MORE_UNITS:+} at least")
    return told


def subscription_box(answer: Any) -> str:
    """A policy with which the mean lead time falls by three tenths."""
    need_settings(answer, ("policy",))
    _compare(answer, scenarios.subscription_box, 0.7)
    return "the same work on the same workers, and the mean lead time fell by three tenths"


def b2b(answer: Any) -> str:
    """`answer(times_s)`: a timeout for today from how long the attempts of yesterday took."""
    for name, (durations, now_s) in B2B_DAYS.items():
        make = partial(_hanging, durations, now_s)
        times_s = [
            attempt.finish_s - attempt.start_s
            for attempt in simulate(make(YESTERDAY, orders=400)).attempts
            if attempt.outcome is Outcome.SUCCEEDED
        ]
        said = need_number("the answer must be a timeout in seconds", answer(times_s), 1000)
        try:
            _compare({"timeout_s": said}, make, 2 / 3, B2B_SEEDS)
        except NotYet as problem:
            raise NotYet(f"{name}, timeout {said:.1f} s: {problem.why}") from problem
    return "healthy work is left alone, and what hangs is noticed in time, in each business"


def _hanging(durations: Durations, timeout_s: float, seed: int, orders: int = 100) -> Scenario:
    """B2B where a tenth of the attempts hangs, and what is slow is slow again."""
    day = scenarios.b2b(orders, seed=seed)
    settings = replace(
        day.settings,
        timeout_s=timeout_s,
        max_attempts=3,
        faults=Faults(hang=0.1),
        durations=durations,
    )
    return replace(day, settings=settings)


def _compare(
    changes: dict[str, Any], make: Make, share: float, seeds: Sequence[int] = SEEDS
) -> None:
    """The changed day must be faster than the given one, and ship as much, for every seed."""
    for seed in seeds:
        day = make(seed=seed)
        before, after = simulate(day), simulate(day, **changes)
        lead_s, least_s = mean_lead_s(after), share * mean_lead_s(before)
        units, wanted = _units(after), _units(before)
        if units < wanted:
            raise NotYet(f"seed {seed}: {units} units shipped, {wanted} before")
        if lead_s > least_s:
            mean = f"seed {seed}: mean lead time {lead_s:.1f} s"
            raise NotYet(f"{mean}, it must be at most {least_s:.1f} s")


def _whole(run: FulfillmentRun) -> int:
    return sum(report.status == "FULFILLED" for report in run.reports)


def _units(run: FulfillmentRun) -> int:
    return sum(report.total("shipped") for report in run.reports)
