"""Which warehouses are asked for the lines of an order."""

from dataclasses import replace

import pytest
from check_run import checked

from fulfillment_lib import (
    Durations,
    FulfillmentError,
    Network,
    Order,
    Product,
    Warehouse,
    sample_network,
    sample_orders,
    simulate,
)
from fulfillment_lib.operations import routing
from fulfillment_lib.operations.routing import fewest_parcels
from fulfillment_lib.orders import Units

ORDER = Order("O", {"A": 2, "B": 2}, "standard", "10001")
NETWORK = Network(
    [Product(sku, sku, 1, 10, 10, 10) for sku in "AB"],
    [
        Warehouse("EAST", "10001", {"A": 2, "B": 1}),
        Warehouse("MID", "60601", {"A": 2, "B": 2}),
        Warehouse("WEST", "94103", {"B": 2}),
    ],
)
NEAREST = ("EAST", "MID", "WEST")


def run(route="nearest", orders=ORDER, network=NETWORK, **changes):
    return checked(
        simulate(orders, network, routing=route, durations=Durations.constant(), **changes)
    )


def shipped_from(run):
    return {
        (share.warehouse, sku): units
        for report in run.reports
        for share in report.packages
        for sku, units in share.contents.items()
    }


def test_the_nearest_goes_line_by_line_and_the_fewest_parcels_by_the_whole_order():
    assert shipped_from(run()) == {("EAST", "A"): 2, ("MID", "B"): 2}
    assert shipped_from(run("fewest_parcels")) == {("MID", "A"): 2, ("MID", "B"): 2}


@pytest.mark.parametrize(
    ("stock", "names"),
    [
        ({"EAST": "AABB", "MID": "AABB"}, ("EAST", "MID", "WEST")),  # the nearest of equals
        ({"EAST": "AA", "MID": "B", "WEST": "B"}, ("EAST", "MID", "WEST")),  # all are needed
        ({"EAST": "A", "MID": "AB", "WEST": "ABB"}, ("EAST", "WEST", "MID")),
        ({"EAST": "A", "MID": "B", "WEST": ""}, ("EAST", "MID", "WEST")),  # not all to be had
        ({"EAST": "", "MID": "A", "WEST": "A"}, ("MID", "WEST", "EAST")),
        ({"EAST": "", "MID": "", "WEST": ""}, ("EAST", "MID", "WEST")),
    ],
)
def test_the_smallest_set_that_has_as_much_as_all_goes_first(stock, names):
    available = {
        sku: Units({name: held.count(sku) for name, held in stock.items() if sku in held})
        for sku in "AB"
    }
    assert fewest_parcels(ORDER, available, NEAREST) == names


def test_not_more_sets_are_tried_than_stated(monkeypatch):
    monkeypatch.setattr(routing, "MOST_SETS", 3)
    available = {"A": Units(WEST=2), "B": Units(WEST=2)}
    assert fewest_parcels(ORDER, available, NEAREST) == NEAREST


def test_a_function_sees_the_same_shelves_for_every_line_of_an_order():
    seen = []

    def rule(order, sku, available):
        seen.append((order.id, sku, {name: dict(units) for name, units in available.items()}))
        return ["WEST", "MID", "EAST"]

    assert shipped_from(run(rule)) == {("MID", "A"): 2, ("WEST", "B"): 2}
    shelves = {"A": {"EAST": 2, "MID": 2}, "B": {"EAST": 1, "MID": 2, "WEST": 2}}
    assert seen == [("O", "A", shelves), ("O", "B", shelves)]


def test_a_warehouse_that_a_function_leaves_out_is_not_asked():
    report = run(lambda *_: ["WEST"]).reports[0]
    assert [(line.shipped, line.reason) for line in report.lines] == [
        (0, "none where we looked"),
        (2, ""),
    ]


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        (lambda *_: ["EST"], "warehouse of routing must be a known name, got 'EST'"),
        (lambda *_: "EAST", "routing must be a function that gives names of warehouses"),
        (lambda *_: None, "routing must be a function that gives names of warehouses"),
    ],
)
def test_what_is_no_list_of_warehouses_ends_the_run_with_its_reason(route, reason):
    with pytest.raises(FulfillmentError, match=reason):
        simulate(ORDER, NETWORK, routing=route)


@pytest.mark.parametrize("wrong", ["fewest", 3, None, Order])
def test_a_routing_that_is_none_is_refused_before_anything_moves(wrong):
    with pytest.raises(FulfillmentError, match="routing must be"):
        simulate(ORDER, NETWORK, routing=wrong)


def test_a_run_with_the_nearest_by_hand_is_the_run_with_the_nearest():
    by_hand = lambda order, sku, available: routing.sources(order, network)  # noqa: E731
    network, orders = sample_network(), sample_orders(30, seed=3)
    orders = [replace(order, shortage="backorder") for order in orders]
    assert simulate(orders, network, routing=by_hand).digest() == simulate(orders, network).digest()


def test_fewer_parcels_leave_and_not_less_is_shipped_on_twenty_days():
    for seed in range(20):
        orders, network = sample_orders(20, seed=seed), sample_network(4)
        near = checked(simulate(orders, network, seed=seed))
        few = checked(simulate(orders, network, seed=seed, routing="fewest_parcels"))
        parcels = [sum(len(report.shipments) for report in day.reports) for day in (near, few)]
        assert parcels[1] <= parcels[0]
