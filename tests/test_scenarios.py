"""Seven businesses: each has its characteristic effect, against the base day at the same seed."""

from __future__ import annotations

from functools import cache
from statistics import mean
from typing import Any

import pytest
from check_run import checked

from fulfillment_lib import FulfillmentRun, scenarios, simulate
from fulfillment_lib.analysis import kpis
from fulfillment_lib.analysis.bounds import bounds
from fulfillment_lib.errors import ArgumentError

SEEDS = range(5)


@cache
def day(name: str, seed: int) -> FulfillmentRun:
    return checked(simulate(getattr(scenarios, name)(seed=seed)))


@cache
def figures(name: str, seed: int) -> dict[str, Any]:
    return dict(kpis(day(name, seed)).iloc[0])


def ratio(name: str, figure: str, seed: int) -> float:
    """The figure of a business ÷ that of the web shop."""
    return float(figures(name, seed)[figure] / figures("web_shop", seed)[figure])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_web_shop_is_a_calm_day(seed):
    assert figures("web_shop", seed)["unit_fill"] > 0.8
    assert figures("web_shop", seed)["split_rate"] < 0.3


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flash_sale_has_longer_queues_and_sells_its_bargain_out(seed):
    assert ratio("flash_sale", "queue_max", seed) >= 2
    assert ratio("flash_sale", "wait_mean_s", seed) >= 3
    stock = day("flash_sale", seed).stock()
    bargain = stock[stock["sku"] == scenarios.BARGAIN]
    assert bargain["available"].sum() == 0
    assert ratio("flash_sale", "unit_fill", seed) < 0.85


@pytest.mark.parametrize("seed", SEEDS)
def test_a_supply_chain_repeats_attempts_and_delivers_late_what_the_web_shop_delivers(seed):
    assert ratio("supply_chain", "lead_time_mean_s", seed) >= 2
    assert max(each.attempt for each in day("supply_chain", seed).attempts) > 1
    assert figures("supply_chain", seed)["failure_lost_s"] > 0
    assert ratio("supply_chain", "unit_fill", seed) > 0.95


@pytest.mark.parametrize("seed", SEEDS)
def test_scarce_stock_goes_to_the_first(seed):
    assert ratio("scarce_stock", "unit_fill", seed) < 0.65
    reports = day("scarce_stock", seed).reports
    fills = [each.total("shipped") / each.total("ordered") for each in reports]
    half = len(fills) // 2
    assert mean(fills[:half]) > mean(fills[half:]) + 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_marketplace_splits_orders_at_the_same_stock(seed):
    assert ratio("marketplace", "split_rate", seed) >= 2
    assert ratio("marketplace", "shipments", seed) >= 1.2
    for product in day("web_shop", seed).network.products:
        shelves = [
            sum(sku == product.sku for sku in each.stock)
            for each in day("marketplace", seed).network.warehouses
        ]
        assert sum(shelves) == 1
    base, market = day("web_shop", seed).stock(), day("marketplace", seed).stock()

    def received(table):
        return (table["on_hand"] + table["shipped"]).groupby(table["sku"]).sum().to_dict()

    assert received(base) == received(market)


@pytest.mark.parametrize("seed", SEEDS)
def test_subscription_boxes_wait_for_each_other_and_keep_all_workers_busy(seed):
    run = day("subscription_box", seed)
    assert {order.placed_s for order in run.orders} == {0.0}
    assert ratio("subscription_box", "wait_mean_s", seed) >= 5
    assert figures("subscription_box", seed)["utilization"] > 0.9
    assert run.makespan_s < 1.15 * bounds(run).work_s
    assert figures("subscription_box", seed)["split_rate"] == 0.0


@pytest.mark.parametrize("seed", SEEDS)
def test_business_customers_place_few_orders_of_many_cartons(seed):
    assert 4 * figures("b2b", seed)["orders"] == figures("web_shop", seed)["orders"]
    per_order = figures("b2b", seed)["packages"] / figures("b2b", seed)["orders"]
    assert (
        per_order > 5 * figures("web_shop", seed)["packages"] / figures("web_shop", seed)["orders"]
    )


@pytest.mark.parametrize("business", scenarios.ALL)
def test_it_repeats_and_takes_other_settings_of_the_caller(business):
    first, again = (checked(simulate(business(12, seed=3), workers=8)) for _ in range(2))
    assert first.digest() == again.digest()
    assert first.settings.workers == 8
    assert business(12, seed=3) != business(12, seed=4)


@pytest.mark.parametrize("business", scenarios.ALL)
def test_every_scenario_has_a_name_and_a_story(business):
    assert business(4).name and business(4).story


@pytest.mark.parametrize("business", scenarios.ALL)
def test_a_day_without_orders_is_a_day(business):
    assert checked(simulate(business(0))).reports == ()


@pytest.mark.parametrize("business", scenarios.ALL)
def test_impossible_arguments_are_refused(business):
    with pytest.raises(ArgumentError, match="n must be a whole number from 0 to 1,000,000, got -1"):
        business(-1)
    with pytest.raises(ArgumentError, match=r"seed must be a whole number .*got 1\.5"):
        business(4, seed=1.5)
