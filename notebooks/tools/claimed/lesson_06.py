"""What lesson 06 claims: who pays for what, and which policy suits which business."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from claimed.claim import Claim
from claimed.days import day, mean_lead_s
from fulfillment_lib import FulfillmentRun, scenarios
from fulfillment_lib.course.plan_shapes import (
    one_picking,
    plans_of,
    run_plans,
    vendors_pack,
    with_inbound,
)
from fulfillment_lib.orders import Priority
from fulfillment_lib.scenarios import Scenario

Make = Callable[..., Scenario]
RULES = ("earliest_due", "express_first", "fifo", "shortest_first")
PROMISE_S = 30.0
LORRY_S = 20.0


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


def ten_end_no_earlier(seed: int) -> float:
    """Web shop: of 100 s of makespan, what ten workers save against five."""
    ten, five = day(scenarios.web_shop, seed, workers=10), day(scenarios.web_shop, seed)
    return 100 * (1 - ten.makespan_s / five.makespan_s)


def lorries_add_more(seed: int) -> float:
    """Supply chain: what the lorries add to an order of several products − what one takes."""
    scenario = scenarios.supply_chain(seed=seed)
    plans = plans_of(scenario)
    far = run_plans(list(map(with_inbound, plans)), scenario).lead_s
    added_s = far - run_plans(plans, scenario).lead_s
    several = [order.id for order in scenario.orders if len(order.lines) > 1]
    return float(added_s[several].mean()) - LORRY_S


def less_stock_is_faster(seed: int) -> float:
    """Mean lead time, scarce stock − web shop."""
    return mean_lead_s(day(scenarios.scarce_stock, seed)) - mean_lead_s(
        day(scenarios.web_shop, seed)
    )


def own_packers_are_slower(seed: int) -> float:
    """Marketplace: mean lead time, five workers and three vendors' packers − eight workers."""
    scenario = scenarios.marketplace(seed=seed)
    plans = plans_of(scenario)
    packers = dict.fromkeys(scenarios.VENDORS, 1)
    own = run_plans(list(map(vendors_pack, plans)), scenario, packers)
    eight = run_plans(plans, scenario, workers=8)
    return float(own.lead_s.mean() - eight.lead_s.mean())


def one_picking_changes_nothing(seed: int) -> float:
    """Subscription box: mean lead time, one picking − three stock checks."""
    scenario = scenarios.subscription_box(seed=seed)
    plans = plans_of(scenario)
    picked = run_plans(list(map(one_picking, plans)), scenario)
    return float(picked.lead_s.mean() - run_plans(plans, scenario).lead_s.mean())


def cases_take_less_than_thrice(seed: int) -> float:
    """Mean lead time, B2B − three times the web shop's."""
    return mean_lead_s(day(scenarios.b2b, seed)) - 3 * mean_lead_s(day(scenarios.web_shop, seed))


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
    Claim(
        number="06.10",
        sentence="Ten workers hardly end the day earlier",
        quantity="web shop: of the makespan, what ten workers save against five",
        unit="%",
        expected="0 to 10",
        measure=ten_end_no_earlier,
    ),
    Claim(
        number="06.11",
        sentence="It waits for the slowest of its lorries",
        quantity="supply chain: what lorries add to an order of several products − 20 s",
        unit="s",
        expected="> 0",
        measure=lorries_add_more,
    ),
    Claim(
        number="06.12",
        sentence="An order takes less time where there is less to sell",
        quantity="mean lead time, scarce stock − web shop",
        unit="s",
        expected="< 0",
        measure=less_stock_is_faster,
    ),
    Claim(
        number="06.13",
        sentence="eight workers who do everything are much faster",
        quantity="eight people: mean lead time, a packer for each vendor − all for everything",
        unit="s",
        expected="> 0",
        measure=own_packers_are_slower,
    ),
    Claim(
        number="06.14",
        sentence="One picking in place of three checks changes almost nothing",
        quantity="subscription box: mean lead time, one picking − three stock checks",
        unit="s",
        expected="-0.5 to 0.5",
        measure=one_picking_changes_nothing,
    ),
    Claim(
        number="06.15",
        sentence="A B2B order takes far less than three times as long",
        quantity="mean lead time, B2B − three times the web shop's",
        unit="s",
        expected="< 0",
        measure=cases_take_less_than_thrice,
    ),
)
