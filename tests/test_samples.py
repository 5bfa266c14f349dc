"""The sample days: the same on any machine, sized for five workers, and checked at birth."""

import dataclasses
import itertools
import random
import re
import statistics
from dataclasses import replace

import pytest

from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.orders import Priority
from fulfillment_lib.samples import (
    GAP_S,
    sample_network,
    sample_orders,
    scale_stock,
    vary_orders,
)
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Durations, Settings


def test_the_network_has_three_warehouses_and_products_numbered_on():
    network = sample_network()
    places = [(place.name, place.postal_code) for place in network.warehouses]
    assert places == [("EAST", "08817"), ("CENTRAL", "75050"), ("WEST", "89408")]
    assert [product.sku for product in network.products][:3] == [
        "LAPTOP-001",
        "MOUSE-002",
        "KEYBOARD-003",
    ]
    for number, product in enumerate(network.products, 1):
        assert re.fullmatch(rf"[A-Z]+-{number:03d}", product.sku)


def test_every_warehouse_lists_every_product():
    network = sample_network()
    skus = {product.sku for product in network.products}
    assert all(place.stock.keys() == skus for place in network.warehouses)


@pytest.mark.parametrize("scale", [0, 0.29, 0.5, 1, 2, 100])
def test_scale_multiplies_the_stock_rounded_down(scale):
    plain, scaled = sample_network(), sample_network(scale)
    for before, after in zip(plain.warehouses, scaled.warehouses, strict=True):
        for sku, units in before.stock.items():
            exact = units * round(scale * 100)
            assert after.stock[sku] == exact // 100


@pytest.mark.parametrize("scale", [-0.1, float("nan"), float("inf"), 1e7, True, "2", None])
def test_a_scale_out_of_range_is_refused(scale):
    with pytest.raises(ArgumentError, match="scale must be a number from 0 to 1,000,000, got"):
        sample_network(scale)


def test_the_default_day_wants_more_of_something_than_there_is():
    wanted = dict.fromkeys((product.sku for product in sample_network().products), 0)
    for order in sample_orders():
        for line in order.lines:
            wanted[line.sku] += line.quantity
    stock = {sku: sum(place.stock[sku] for place in sample_network().warehouses) for sku in wanted}
    assert any(wanted[sku] > stock[sku] for sku in wanted)


def test_orders_are_numbered_and_come_in_order_of_arrival_from_zero():
    orders = sample_orders(40)
    assert [order.id for order in orders][::13] == ["ORD-001", "ORD-014", "ORD-027", "ORD-040"]
    times = [order.placed_s for order in orders]
    assert times[0] == 0.0 and times == sorted(times)
    assert all(time == round(time, 3) for time in times)


def test_the_number_grows_longer_after_999():
    assert [order.id for order in sample_orders(1001)[-3:]] == ["ORD-999", "ORD-1000", "ORD-1001"]


def test_an_order_is_the_same_however_many_there_are():
    assert sample_orders(1200)[:12] == sample_orders(12)


def test_the_same_call_gives_the_same_orders_and_leaves_the_global_generator_alone():
    before = random.getstate()
    assert sample_orders(50, seed=3) == sample_orders(50, seed=3)
    assert random.getstate() == before


def test_another_seed_gives_other_orders():
    assert sample_orders(seed=1) != sample_orders(seed=2)


def test_the_express_share_changes_priorities_only_and_one_way():
    few, many = sample_orders(200, 0.2), sample_orders(200, 0.6)
    assert [dataclasses.replace(order, priority="standard") for order in few] == [
        dataclasses.replace(order, priority="standard") for order in many
    ]
    assert all(
        b.priority is Priority.EXPRESS
        for a, b in zip(few, many, strict=True)
        if a.priority is Priority.EXPRESS
    )


@pytest.mark.parametrize(("share", "expected"), [(0, {Priority.STANDARD}), (1, {Priority.EXPRESS})])
def test_a_share_of_none_or_all_is_exact(share, expected):
    assert {order.priority for order in sample_orders(500, share)} == expected


def test_the_gap_scales_the_times_and_nothing_else():
    short, long = sample_orders(100, gap_s=1.0), sample_orders(100, gap_s=3.0)
    for a, b in zip(short, long, strict=True):
        assert b.placed_s == pytest.approx(3 * a.placed_s, abs=0.0021)
        assert dataclasses.replace(a, placed_s=0) == dataclasses.replace(b, placed_s=0)


def test_a_gap_of_zero_places_all_at_once():
    assert {order.placed_s for order in sample_orders(30, gap_s=0)} == {0.0}


def test_gaps_are_exponential_with_the_stated_mean():
    times = [order.placed_s for order in sample_orders(4_000, gap_s=10.0)]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    # Standard error of the mean: 10 ÷ √4000 = 0.16; a share of e⁻¹ of the gaps exceeds the mean.
    assert statistics.fmean(gaps) == pytest.approx(10.0, abs=0.6)
    assert statistics.stdev(gaps) == pytest.approx(10.0, abs=1.0)
    assert sum(gap > 10.0 for gap in gaps) / len(gaps) == pytest.approx(0.368, abs=0.03)


def test_the_default_gap_keeps_five_workers_about_80_percent_busy():
    orders, durations = sample_orders(2_000), Durations()
    lines = statistics.fmean(len(order.lines) for order in orders)
    shipping_warehouses = 1.1
    work_s = lines * durations.mean_s("inventory") + shipping_warehouses * (
        durations.mean_s("packing") + durations.mean_s("shipping")
    )
    assert work_s / (5 * GAP_S) == pytest.approx(0.80, abs=0.01)


def test_orders_have_one_to_three_lines_of_one_to_three_units():
    orders = sample_orders(500)
    assert {len(order.lines) for order in orders} == {1, 2, 3}
    assert {line.quantity for order in orders for line in order.lines} == {1, 2, 3}


def test_every_product_region_and_shortage_rule_occurs():
    orders = sample_orders(500)
    skus = {product.sku for product in sample_network().products}
    assert {line.sku for order in orders for line in order.lines} == skus
    assert {order.postal_code[0] for order in orders} == set("0123456789")
    rules = [order.shortage for order in orders]
    assert set(rules) == {"backorder", "short_ship", "ship_complete"}
    assert rules.count("backorder") > 350


def test_no_orders_are_an_empty_tuple():
    assert sample_orders(0) == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": -1}, "n must be a whole number from 0 to 1,000,000, got -1"),
        ({"n": 10**7}, "n must be a whole number"),
        ({"n": True}, "n must be a whole number"),
        ({"n": 2.0}, "n must be a whole number"),
        ({"express_share": 1.1}, "express_share must be a number from 0 to 1, got 1.1"),
        ({"express_share": float("nan")}, "express_share must be a number"),
        ({"express_share": "half"}, "express_share must be a number"),
        ({"gap_s": -1}, "gap_s must be a number from 0 to 10,000,000, got -1"),
        ({"gap_s": float("inf")}, "gap_s must be a number"),
        ({"gap_s": 9e6}, "gap_s must be so short that all orders come within 10,000,000 s"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": "0"}, "seed must be a whole number"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        sample_orders(**arguments)


def scenario(**changes):
    return Scenario(
        **{
            "name": "flash sale",
            "orders": sample_orders(2),
            "network": sample_network(),
            "settings": Settings(),
        }
        | changes
    )


def test_a_scenario_is_frozen_and_keeps_its_orders_as_a_tuple():
    made = scenario(orders=list(sample_orders(2)), story="A day.\nIn two lines.")
    assert made.orders == sample_orders(2)
    with pytest.raises(dataclasses.FrozenInstanceError, match="name"):
        made.name = "other"


def test_a_scenario_says_what_it_holds_in_one_line():
    assert repr(scenario()) == (
        "Scenario(flash sale: 2 orders, 5 workers, "
        "Network(9 products, warehouses EAST, CENTRAL, WEST))"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": " "}, "name must be a text that is not blank"),
        ({"orders": 3}, "orders must be a sequence of Order objects, got 3"),
        ({"orders": "ORD-001"}, "orders must be a sequence of Order objects, got 'ORD-001'"),
        ({"orders": ["ORD-001"]}, "each of orders must be an Order, got 'ORD-001'"),
        ({"orders": sample_orders(1) * 2}, "order id must be unique, got 'ORD-001'"),
        ({"network": None}, "network must be a Network, got None"),
        ({"settings": {"workers": 3}}, "settings must be a Settings"),
        ({"story": None}, "story must be a str, got None"),
        ({"story": "x" * 6_000}, "story must be at most 5,000 characters"),
    ],
)
def test_a_scenario_with_a_wrong_part_is_refused(changes, message):
    with pytest.raises(ArgumentError, match=message):
        scenario(**changes)


def test_a_larger_express_share_adds_express_orders_and_takes_none_away():
    orders = sample_orders(60)
    express = [
        {
            order.id
            for order in vary_orders(orders, express_share=share)
            if order.priority is Priority.EXPRESS
        }
        for share in (0.0, 0.3, 0.6, 1.0)
    ]
    assert express[0] == set()
    assert express[0] < express[1] < express[2] < express[3]
    assert len(express[3]) == 60


def test_varied_orders_arrive_faster_and_are_otherwise_the_same():
    orders = sample_orders(5)
    varied = vary_orders(orders, speed=4)
    assert [each.placed_s for each in varied] == [round(each.placed_s / 4, 6) for each in orders]
    assert [replace(each, placed_s=0.0) for each in varied] == [
        replace(each, placed_s=0.0) for each in orders
    ]
    assert vary_orders(orders) == orders


def test_scaled_stock_is_rounded_down():
    assert scale_stock(sample_network(), 1.5).warehouses == sample_network(1.5).warehouses
    assert sum(scale_stock(sample_network(), 0).warehouses[0].stock.values()) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"speed": 0}, "speed must be a number from 0.001 to 1,000"),
        ({"express_share": 1.1}, "express_share must be a number from 0 to 1, got 1.1"),
    ],
)
def test_impossible_variations_are_refused(change, message):
    with pytest.raises(ArgumentError, match=message):
        vary_orders(sample_orders(1), **change)
