"""What lesson 06 claims: who pays for what, and which policy suits which business."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from claimed.claim import Claim
from claimed.days import day, mean_lead_s
from fulfillment_lib import FulfillmentRun, scenarios
from fulfillment_lib.orders import Priority
from fulfillment_lib.scenarios import Scenario

Make = Callable[..., Scenario]
RULES = ("earliest_due", "express_first", "fifo", "shortest_first")
PROMISE_S = 30.0


def standard_pays(seed: int) -> float:
    """What one worker fewer adds to the mean lead time, standard − express."""
    four, five = day(scenarios.web_shop, seed, workers=4), day(scenarios.web_shop, seed)
    standard, express = (
        mean_lead_s(four, priority) - mean_lead_s(five, priority)
        for priority in ("standard", "express")
    )
    return standard - express


def box_is_slowest(seed: int) -> float:
    """Mean lead time, subscription box − the longest of the other six."""
    leads = {make: mean_lead_s(day(make, seed)) for make in scenarios.ALL}
    return leads.pop(scenarios.subscription_box) - max(leads.values())


def ahead_of_the_others(make: Make, rule: str, seed: int) -> float:
    """Mean lead time, one policy − the best of the other three."""
    leads = {other: mean_lead_s(_under(make, other, seed)) for other in RULES}
    return leads.pop(rule) - min(leads.values())


def _under(make: Make, rule: str, seed: int) -> FulfillmentRun:
    """The day under a policy; the one that it comes with is not run twice."""
    return day(make, seed) if rule == "express_first" else day(make, seed, policy=rule)


def sale_is_best_by_shortest_first(seed: int) -> float:
    """Flash sale: mean lead time, shortest first − the best of the other three."""
    return ahead_of_the_others(scenarios.flash_sale, "shortest_first", seed)


def market_is_best_by_earliest_due(seed: int) -> float:
    """Marketplace: mean lead time, earliest due − the best of the other three."""
    return ahead_of_the_others(scenarios.marketplace, "earliest_due", seed)


def scarce_is_best_by_shortest_first(seed: int) -> bool:
    """Scarce stock: whether shortest first alone has the shortest mean lead time."""
    return ahead_of_the_others(scenarios.scarce_stock, "shortest_first", seed) < 0


def more_hands_more_units(seed: int) -> float:
    """Flash sale: units shipped by twelve workers − by five."""
    twelve, five = day(scenarios.flash_sale, seed, workers=12), day(scenarios.flash_sale, seed)
    return float(_units(twelve, "shipped") - _units(five, "shipped"))


def express_gets_the_bargain(seed: int) -> float:
    """Flash sale: of 100 units that express orders want, those shipped, express first − fifo."""
    express_first, fifo = (
        _units(run, "shipped", Priority.EXPRESS) / max(1, _units(run, "ordered", Priority.EXPRESS))
        for run in (_under(scenarios.flash_sale, rule, seed) for rule in ("express_first", "fifo"))
    )
    return 100 * (express_first - fifo)


def _units(run: FulfillmentRun, column: str, priority: Priority | None = None) -> int:
    return sum(
        report.total(column)
        for report in run.reports
        if priority is None or report.priority is priority
    )


def split_orders_take_longer(seed: int) -> float:
    """Mean lead time, marketplace − web shop."""
    return mean_lead_s(day(scenarios.marketplace, seed)) - mean_lead_s(
        day(scenarios.web_shop, seed)
    )


def seven_keep_the_promise(seed: int) -> bool:
    """Marketplace with seven workers: whether 95 % of the standard orders are done in 30 s."""
    run = day(scenarios.marketplace, seed, workers=7)
    leads = [r.lead_time_s for r in run.reports if r.priority is Priority.STANDARD]
    return bool(np.quantile(leads, 0.95) <= PROMISE_S)


CLAIMS = (
    Claim(
        number="06.1",
        sentence="the standard orders pay for the missing worker",
        quantity="what one worker fewer adds to the mean lead time, standard − express",
        unit="s",
        expected="> 0",
        measure=standard_pays,
    ),
    Claim(
        number="06.2",
        sentence="The subscription box keeps its customers waiting longest",
        quantity="mean lead time, subscription box − the slowest of the other six",
        unit="s",
        expected="> 0",
        measure=box_is_slowest,
    ),
    Claim(
        number="06.3",
        sentence="For the flash sale it is *shortest first*",
        quantity="flash sale: mean lead time, shortest first − best of the other three",
        unit="s",
        expected="< 0",
        measure=sale_is_best_by_shortest_first,
    ),
    Claim(
        number="06.4",
        sentence="for the marketplace *earliest due*",
        quantity="marketplace: mean lead time, earliest due − best of the other three",
        unit="s",
        expected="< 0",
        measure=market_is_best_by_earliest_due,
    ),
    Claim(
        number="06.5",
        sentence="For scarce stock the winner of one day tells you little",
        quantity="scarce stock: shortest first alone is the best of the four",
        unit="days",
        expected="0.3 to 0.7",
        measure=scarce_is_best_by_shortest_first,
    ),
    Claim(
        number="06.6",
        sentence="More workers do not ship more",
        quantity="flash sale: units shipped, twelve workers − five",
        unit="units",
        expected="-0.5 to 0.5",
        measure=more_hands_more_units,
    ),
    Claim(
        number="06.7",
        sentence="With *express first* the express customers get the bargain",
        quantity="flash sale: of 100 units for express, those shipped, express first − fifo",
        unit="units",
        expected="> 0",
        measure=express_gets_the_bargain,
    ),
    Claim(
        number="06.8",
        sentence="an order waits longer in the marketplace",
        quantity="mean lead time, marketplace − web shop",
        unit="s",
        expected="> 0",
        measure=split_orders_take_longer,
    ),
    Claim(
        number="06.9",
        sentence="Seven workers keep that promise on more than nine of ten days",
        quantity="marketplace, seven workers: 95 % of standard orders done in 30 s",
        unit="days",
        expected="0.9 to 1",
        measure=seven_keep_the_promise,
    ),
)
