import pickle
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment_lib import simulate
from fulfillment_lib.analysis import invariants
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.operations import shipping
from fulfillment_lib.operations.identifiers import dhl_express, fedex_express, sscc18, ups_1z
from fulfillment_lib.operations.shipping import (
    US_SERVICES,
    WORLD_SERVICES,
    add_business_days,
    choose_service,
    ship,
    ship_day,
)
from fulfillment_lib.orders import Order, Units, Warehouse
from fulfillment_lib.records import Package

EAST = Warehouse("EAST", "10001")
MUNICH = Warehouse("MUNICH", "80331", country="DE")
MONDAY = "2026-03-02"
ZONES = (1, 2, 3, 4, 5)

PRIORITIES = st.sampled_from(["express", "standard"])
PLACES = st.sampled_from(
    [
        ("10001", "US"),
        ("60601", "US"),
        ("75201", "US"),
        ("80202", "US"),
        ("94103", "US"),
        ("80331", "DE"),
        ("K1A 0B1", "CA"),
    ]
)
WEIGHTS = st.lists(st.integers(1, 60).map(lambda halves: halves / 2), min_size=1, max_size=3)
PROMISES = st.none() | st.integers(1, 10)
TIMES = st.floats(0.0, 2_000_000.0)


def an_order(priority="standard", postal_code="94103", country="US", promise_days=None):
    return Order(
        "ORD-001", {"MOUSE-002": 1}, priority, postal_code, country, promise_days=promise_days
    )


def packages(*weights_kg):
    return tuple(
        Package(
            sscc18(0, 0, number),
            "EAST",
            "small",
            Units({"MOUSE-002": 1}),
            28.0,
            20.0,
            12.0,
            weight,
            weight,
        )
        for number, weight in enumerate(weights_kg)
    )


def shipped(order, origin=EAST, weights=(1.5,), start_date=MONDAY, finish_s=0.0):
    return ship(order, origin, packages(*weights), 12, 3, start_date, finish_s)


def dates(shipment):
    return shipment.ship_date, shipment.delivery_date


@settings(deadline=None)
@given(PLACES, PLACES, WEIGHTS, PROMISES, TIMES)
def test_express_never_arrives_later_than_standard(origin, destination, weights, promise, at_s):
    order = an_order("express", *destination, promise_days=promise)
    postal_code, country = origin
    there = Warehouse("HERE", postal_code, country=country)
    express = shipped(order, there, weights, finish_s=at_s)
    standard = shipped(replace(order, priority="standard"), there, weights, finish_s=at_s)
    assert express.delivery_date <= standard.delivery_date


@settings(deadline=None)
@given(PRIORITIES, st.sampled_from(ZONES), WEIGHTS, st.integers(1, 10))
def test_the_service_keeps_the_promise_at_the_lowest_price_or_is_the_fastest(
    priority, zone, weights, promise
):
    order = an_order(priority, promise_days=promise)
    parcel = (order.priority, order.promised_days, zone, tuple(weights))
    service = choose_service(US_SERVICES, *parcel)
    kept = service.days[zone - 1] <= promise
    for other in US_SERVICES:
        if priority == "express":
            assert service.days[zone - 1] <= other.days[zone - 1]
        if priority == "express" and other.days[zone - 1] > service.days[zone - 1]:
            continue
        if other.days[zone - 1] <= promise:
            assert kept
            assert service.cost_cents(zone, weights) <= other.cost_cents(zone, weights)


@pytest.mark.parametrize(
    ("promise_days", "service", "delivery_date"),
    [
        (1, "Standard Overnight", "2026-03-03"),
        (2, "2Day", "2026-03-04"),
        (3, "3 Day Select", "2026-03-05"),
        (4, "3 Day Select", "2026-03-05"),
        (5, "Ground", "2026-03-09"),
        (None, "Ground", "2026-03-09"),
    ],
)
def test_a_standard_order_across_the_country_goes_as_slowly_as_its_promise_allows(
    promise_days, service, delivery_date
):
    shipment = shipped(an_order(promise_days=promise_days))
    assert (shipment.service, shipment.delivery_date) == (service, delivery_date)


def test_express_takes_the_cheaper_of_two_overnight_carriers():
    light, heavy = (shipped(an_order("express"), weights=(weight,)) for weight in (1.0, 5.0))
    assert (light.carrier, light.service) == ("FedEx", "Standard Overnight")
    assert (heavy.carrier, heavy.service) == ("UPS", "Next Day Air")


def test_express_within_one_region_goes_by_ground_which_is_as_fast():
    shipment = shipped(an_order("express", "11201"))
    assert (shipment.service, *dates(shipment)) == ("Ground", "2026-03-02", "2026-03-03")


@pytest.mark.parametrize("priority", ["express", "standard"])
def test_all_that_crosses_a_border_goes_with_dhl(priority):
    for order, origin in ((an_order(priority, "10115", "DE"), EAST), (an_order(priority), MUNICH)):
        shipment = shipped(order, origin)
        assert (shipment.carrier, shipment.service) == ("DHL", "Express Worldwide")
        assert shipment.delivery_date == "2026-03-05"


def test_within_another_country_dhl_takes_two_days():
    shipment = shipped(an_order("express", "10115", "DE"), MUNICH)
    assert (shipment.carrier, shipment.delivery_date) == ("DHL", "2026-03-04")


@pytest.mark.parametrize(
    ("order", "number"),
    [
        (an_order(), ups_1z(12, 3, "03")),
        (an_order(promise_days=3), ups_1z(12, 3, "12")),
        (an_order("express"), fedex_express(12, 3)),
        (an_order(postal_code="10115", country="DE"), dhl_express(12, 3)),
    ],
)
def test_each_carrier_has_tracking_numbers_of_its_own_form(order, number):
    assert shipped(order).tracking_number == number


def test_a_shipment_costs_the_sum_of_its_packages():
    # UPS Ground to zone 5: 8.00 a package, and 0.42 for each half kilogram.
    assert shipped(an_order(), weights=(1.5, 3.0)).cost == 19.78
    assert [shipped(an_order(), weights=(weight,)).cost for weight in (1.5, 3.0)] == [9.26, 10.52]


def test_a_faster_service_of_a_carrier_never_costs_less_and_a_farther_zone_never_either():
    for services in (US_SERVICES, WORLD_SERVICES):
        for service in services:
            assert list(service.half_kg_cents) == sorted(service.half_kg_cents)
            assert list(service.days) == sorted(service.days)
    for faster, slower in pairwise(each for each in US_SERVICES if each.carrier == "UPS"):
        for zone in ZONES:
            assert faster.cost_cents(zone, (0.5,)) > slower.cost_cents(zone, (0.5,))
            assert faster.cost_cents(zone, (30.0,)) > slower.cost_cents(zone, (30.0,))


@pytest.mark.parametrize(
    ("start_date", "finish_s", "day"),
    [
        ("2026-03-02", 0.0, "2026-03-02"),
        ("2026-03-02", 86_399.999999, "2026-03-02"),
        ("2026-03-02", 86_400.0, "2026-03-03"),
        ("2026-03-06", 86_399.0, "2026-03-06"),  # a Friday
        ("2026-03-06", 86_400.0, "2026-03-09"),
        ("2026-03-07", 0.0, "2026-03-09"),
        ("2026-03-08", 0.0, "2026-03-09"),
        ("2026-03-08", 86_400.0, "2026-03-09"),
        ("2026-02-27", 5 * 86_400.0, "2026-03-04"),
    ],
)
def test_the_ship_day_is_the_day_of_finishing_or_the_monday_after(start_date, finish_s, day):
    assert ship_day(start_date, finish_s) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "n", "later"),
    [
        ("2026-03-02", 0, "2026-03-02"),
        ("2026-03-02", 4, "2026-03-06"),
        ("2026-03-02", 5, "2026-03-09"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-03-06", 5, "2026-03-13"),
        ("2026-03-07", 1, "2026-03-09"),
        ("2026-03-08", 5, "2026-03-13"),
        ("2026-12-31", 1, "2027-01-01"),  # holidays are left out
    ],
)
def test_business_days_leave_out_saturdays_and_sundays(day, n, later):
    assert add_business_days(date.fromisoformat(day), n) == date.fromisoformat(later)


@settings(deadline=None)
@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 30), st.integers(0, 30))
def test_business_days_add_up(day, first, second):
    assert add_business_days(add_business_days(day, first), second) == add_business_days(
        day, first + second
    )


def test_an_order_shipped_on_friday_overnight_arrives_on_monday():
    shipment = shipped(an_order("express"), start_date="2026-03-06")
    assert dates(shipment) == ("2026-03-06", "2026-03-09")


def test_a_warehouse_serves_as_origin_too():
    warehouse = Warehouse("EAST", "10001", {"MOUSE-002": 5})
    assert shipped(an_order(), warehouse) == shipped(an_order(), EAST)


def test_shipping_can_be_sent_to_another_process():
    call = (ship, an_order(), EAST, packages(1.5), 12, 3, MONDAY, 0.0)
    function, *arguments = pickle.loads(pickle.dumps(call))
    assert pickle.loads(pickle.dumps(function(*arguments))) == shipped(an_order())


def test_the_label_reads_like_one():
    assert shipped(an_order(), weights=(1.5, 3.0)).label().splitlines() == [
        "+----------------------------------------------------+",
        "|           SIMULATED: NOT A REAL SHIPMENT           |",
        "|                                                    |",
        "| FROM      10001 US  EAST                           |",
        "| SHIP TO   94103 US                                 |",
        "| ORDER     ORD-001                                  |",
        "| SERVICE   UPS Ground                               |",
        "| TRACKING  1Z SIM0 0303 0000 0120                   |",
        "| BARCODE   1ZSIM0030300000120                       |",
        "| SHIPS     2026-03-02                               |",
        "| DELIVERY  2026-03-09                               |",
        "|                                                    |",
        "| 1/2    (00) 020000000000000008  1.500 kg           |",
        "| 2/2    (00) 020000000000000015  3.000 kg           |",
        "+----------------------------------------------------+",
    ]


def test_a_label_groups_the_numbers_of_the_other_carriers_by_fours():
    assert "TRACKING  9900 0001 2030 " in shipped(an_order("express")).label()
    assert "TRACKING  9000 0120 33 " in shipped(an_order(postal_code="K1A", country="CA")).label()


def test_a_label_of_many_packages_lists_six_and_counts_the_others():
    label = shipped(an_order(), weights=(0.5,) * 1_000).label()
    assert label.count("(00)") == 6
    assert "| 6/1000 (00)" in label
    assert "| and 994 more " in label
    assert "more" not in shipped(an_order(), weights=(0.5,) * 6).label()


@pytest.mark.parametrize(
    ("order_id", "line"),
    [
        ("x" * 100, "ORDER     " + "x" * 39 + "…"),
        ("A\u202eB", r"ORDER     A\u202eB".ljust(50)),
        ("A\nB\x00\x1b[31m", r"ORDER     A\nB\x00\x1b[31m".ljust(50)),
        ("\u202e" * 90, "ORDER     " + (r"\u202e" * 90)[:39] + "…"),
    ],
)
def test_a_label_keeps_its_width_and_shows_no_control_characters(order_id, line):
    label = replace(shipped(an_order()), order_id=order_id).label()
    assert f"| {line} |" in label.splitlines()
    assert {len(each) for each in label.splitlines()} == {54}
    assert all(each.isprintable() for each in label.splitlines())


def test_a_new_carrier_is_one_row_and_one_function(monkeypatch):
    def usps(order_number, part):
        return f"92{order_number:06d}{part:02d}"

    row = shipping.Service("USPS", "Priority Mail", usps, (1,) * 5, 1, (1,) * 5)
    monkeypatch.setattr(shipping, "US_SERVICES", (*shipping.US_SERVICES, row))
    run = simulate(an_order())
    (shipment,) = run.reports[0].shipments
    assert (shipment.carrier, shipment.service) == ("USPS", "Priority Mail")
    assert shipment.tracking_number == "9200000002"
    assert invariants.check(run) == []


def test_every_service_can_travel_to_another_process():
    for service in (*shipping.US_SERVICES, *shipping.WORLD_SERVICES):
        copied = pickle.loads(pickle.dumps(service))
        assert copied.track(12, 3) == service.track(12, 3)


def test_a_day_that_no_calendar_has_is_named():
    with pytest.raises(ArgumentError, match="day of shipping must be before the year 10000, got"):
        ship(an_order(), EAST, packages(1.0), 0, 0, "2200-12-31", 2.5e11)
    shipment = ship(an_order(), EAST, packages(1.0), 0, 0, "2200-12-31", 2.4e11)
    assert shipment.delivery_date > "9800"
