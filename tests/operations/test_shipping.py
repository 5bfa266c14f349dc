import pickle
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment_lib import Durations, Faults, sample_network, simulate
from fulfillment_lib.analysis import invariants
from fulfillment_lib.errors import ArgumentError, ParcelError
from fulfillment_lib.operations import shipping
from fulfillment_lib.operations.identifiers import dhl_express, fedex_express, sscc18, ups_1z
from fulfillment_lib.operations.shipping import (
    US_SERVICES,
    WORLD_SERVICES,
    choose_service,
    ship,
)
from fulfillment_lib.orders import Network, Order, Product, Units, Warehouse
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
    parcel = (order.priority, promise, zone, tuple(weights))
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
        "|        1ZSIM0030300000120                          |",
        "| 2/2    (00) 020000000000000015  3.000 kg           |",
        "|        1ZSIM0030310000129                          |",
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
    def ontrac(order_number, part):
        return f"D9{order_number:06d}{part:02d}"

    row = shipping.Service("OnTrac", "Ground", ontrac, (1,) * 5, 1, (1,) * 5, per_package=False)
    monkeypatch.setattr(shipping, "US_SERVICES", (*shipping.US_SERVICES, row))
    run = simulate(an_order())
    (shipment,) = run.reports[0].shipments
    assert (shipment.carrier, shipment.service) == ("OnTrac", "Ground")
    assert shipment.tracking_number == "D900000002"
    assert invariants.check(run) == []


def test_every_service_can_travel_to_another_process():
    for service in (*shipping.US_SERVICES, *shipping.WORLD_SERVICES):
        copied = pickle.loads(pickle.dumps(service))
        assert copied.track(12, 3) == service.track(12, 3)


# What lies beyond the 48 states.

BEYOND = [("00901", "US"), ("96815", "US"), ("99501", "US"), ("96910", "US"), ("09012", "US")]


@pytest.mark.parametrize(
    ("place", "priority", "service", "delivery_date"),
    [
        (("96815", "US"), "express", "UPS Next Day Air", "2026-03-04"),
        (("96815", "US"), "standard", "USPS Priority Mail", "2026-03-06"),
        (("99501", "US"), "express", "UPS Next Day Air", "2026-03-04"),
        (("00901", "PR"), "express", "UPS Next Day Air", "2026-03-04"),
        (("96910", "GU"), "express", "USPS Priority Mail Express", "2026-03-06"),
        (("96910", "US"), "standard", "USPS Priority Mail Express", "2026-03-06"),
        (("09012", "US"), "express", "USPS Priority Mail Express", "2026-03-10"),
        (("34002", "US"), "standard", "USPS Priority Mail Express", "2026-03-10"),
    ],
)
def test_beyond_the_48_states_nothing_arrives_the_next_day(place, priority, service, delivery_date):
    shipment = shipped(an_order(priority, *place))
    assert (f"{shipment.carrier} {shipment.service}", shipment.delivery_date) == (
        service, delivery_date
    )  # fmt: skip


@pytest.mark.parametrize("origin", ["10001", "94103", "96815", "09012", "00901"])
@pytest.mark.parametrize("place", BEYOND)
@pytest.mark.parametrize("promise", [None, 1, 3, 30])
def test_express_is_never_later_beyond_the_48_states_either(origin, place, promise):
    there = Warehouse("THERE", origin)
    order = an_order("express", *place, promise_days=promise)
    express, standard = (
        shipped(replace(order, priority=word), there) for word in ("express", "standard")
    )
    assert express.delivery_date <= standard.delivery_date


def test_a_territory_gets_the_same_service_however_it_is_written():
    for order in (an_order("express", "00901", "US"), an_order("express", "00901", "PR")):
        assert shipped(order).service == "Next Day Air"


def test_between_a_territory_and_another_country_it_is_the_carrier_across_borders():
    assert shipped(an_order("express", "00901", "PR"), MUNICH).carrier == "DHL"


# What a carrier takes.


def a_package(weight_kg, *sides_cm):
    return replace(
        packages(weight_kg)[0], weight_kg=weight_kg,
        **dict(zip(("length_cm", "width_cm", "height_cm"), sides_cm, strict=True)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "weight_kg", "sides_cm", "takes"),
    [
        (shipping.UPS_LIMITS, 70.0, (100.0, 50.0, 50.0), True),
        (shipping.UPS_LIMITS, 70.001, (100.0, 50.0, 50.0), False),
        (shipping.UPS_LIMITS, 1.0, (274.0, 10.0, 10.0), True),
        (shipping.UPS_LIMITS, 1.0, (10.0, 10.0, 274.1), False),
        (shipping.UPS_LIMITS, 1.0, (219.0, 50.0, 50.0), True),
        (shipping.UPS_LIMITS, 1.0, (50.0, 219.1, 50.0), False),
        (shipping.FEDEX_LIMITS, 68.1, (50.0, 50.0, 50.0), False),
        (shipping.FEDEX_LIMITS, 1.0, (274.1, 10.0, 10.0), False),
        (shipping.USPS_LIMITS, 31.8, (50.0, 50.0, 50.0), False),
        (shipping.DHL_LIMITS, 1.0, (121.0, 10.0, 10.0), False),
    ],
)
def test_a_carrier_takes_a_parcel_up_to_its_weight_length_and_girth(
    limits, weight_kg, sides_cm, takes
):
    assert limits.take(a_package(weight_kg, *sides_cm)) is takes


def test_the_cheapest_carrier_is_left_out_for_what_it_does_not_take():
    parcels = [
        (replace(a_package(weight_kg, 60.0, 50.0, 50.0), billable_weight_kg=1.0),)
        for weight_kg in (67.0, 69.0)
    ]
    carriers = [
        ship(an_order("express"), EAST, parcel, 12, 3, MONDAY, 0.0).carrier for parcel in parcels
    ]
    assert carriers == ["FedEx", "UPS"]


@pytest.mark.parametrize(
    ("weight_kg", "sides_cm", "words"),
    [
        (100.0, (50.0, 50.0, 50.0), "100 kg, 50 × 50 × 50 cm"),
        (20.0, (300.0, 20.0, 20.0), "20 kg, 300 × 20 × 20 cm"),
        (20.0, (250.0, 80.0, 80.0), "20 kg, 250 × 80 × 80 cm"),
    ],
)
def test_what_no_carrier_takes_is_an_error_that_names_the_parcel(weight_kg, sides_cm, words):
    parcel = (a_package(1.0, 10.0, 10.0, 10.0), a_package(weight_kg, *sides_cm))
    with pytest.raises(ParcelError, match=f"cannot go by parcel: {words}, and no carrier takes"):
        ship(an_order(), EAST, parcel, 12, 3, MONDAY, 0.0)


@pytest.mark.parametrize("shortage", ["backorder", "short_ship"])
def test_the_report_and_the_customer_are_told_what_cannot_go_by_parcel(shortage):
    network = Network(
        (
            Product("SAFE", "Safe", 100.0, 50.0, 50.0, 50.0),
            Product("CUP", "Cup", 0.3, 9.0, 9.0, 9.0),
        ),
        (Warehouse("EAST", "10001", {"SAFE": 9}), Warehouse("WEST", "94103", {"CUP": 9})),
    )
    order = Order("O", {"SAFE": 1, "CUP": 1}, "express", "94103", shortage=shortage)
    run = simulate(order, network)
    assert invariants.check(run) == []
    assert run.report("O").status == "PARTIALLY_FULFILLED"
    safe, _ = run.report("O").lines
    assert safe.reason == "cannot go by parcel: 100 kg, 50 × 50 × 50 cm, and no carrier takes that"
    waits = f"Waiting, until we find another way to send it: 1 × SAFE ({safe.reason})."
    gone = f"Cancelled, and not charged: 1 × SAFE ({safe.reason})."
    message = run.notification("O")
    assert (waits in message, gone in message) == (shortage == "backorder", shortage != "backorder")
    assert "as soon as we can" not in message


# Numbers of packages.


def test_each_package_has_a_number_with_ups_fedex_and_usps_and_with_dhl_the_shipment():
    for order, count in (
        (an_order(), 3),
        (an_order("express"), 3),
        (an_order("standard", "09012"), 3),
        (an_order(postal_code="10115", country="DE"), 1),
    ):
        shipment = shipped(order, weights=(0.5, 0.5, 0.5))
        assert len(set(shipment.tracking_numbers)) == count
        assert shipment.tracking_numbers[0] == shipment.tracking_number
        one = shipped(order, weights=(0.5,))
        assert one.tracking_numbers == (shipment.tracking_number,)


def test_every_number_of_a_shipment_finds_it_and_the_message_names_three():
    order = Order("O", {"LAPTOP-001": 60}, "standard", "94103")
    run = simulate(order, sample_network(100), durations=Durations.constant(1, 4, 2))
    (shipment,) = run.reports[0].shipments
    assert len(shipment.packages) == len(shipment.tracking_numbers) > 3
    for number in shipment.tracking_numbers:
        assert run.track(number) is not None
    told = ", ".join(shipment.tracking_numbers[:3])
    rest = len(shipment.tracking_numbers) - 3
    assert f"tracking {told} and {rest} more (simulated)" in run.notification("O")


def test_a_voided_label_of_several_packages_is_listed_once_by_its_first_number():
    order = Order("O", {"LAPTOP-001": 60}, "standard", "94103")
    faults = Faults(script={"O/shipping/WEST": ("lost_reply",)})
    run = simulate(order, sample_network(100), faults=faults)
    (report,) = run.reports
    assert report.voided == (ups_1z(0, 2, "03"),)
    assert invariants.check(run) == []


# The promise counts from the day of the order.


@pytest.mark.parametrize(
    ("finish_day", "service", "delivery_date"),
    [
        (0, "Ground", "2026-03-09"),
        (1, "3 Day Select", "2026-03-06"),
        (2, "3 Day Select", "2026-03-09"),
        (3, "2Day", "2026-03-09"),
        (4, "Standard Overnight", "2026-03-09"),
        (7, "Standard Overnight", "2026-03-10"),  # late in any case
    ],
)
def test_an_order_that_has_lost_days_gets_a_service_that_wins_them_back(
    finish_day, service, delivery_date
):
    order = an_order(promise_days=5)
    shipment = shipped(order, finish_s=finish_day * 86_400.0)
    assert (shipment.service, shipment.delivery_date) == (service, delivery_date)


def test_days_before_the_order_was_placed_are_not_lost():
    order = replace(an_order(promise_days=5), placed_s=2 * 86_400.0)
    assert shipped(order, finish_s=2 * 86_400.0).service == "Ground"


# The table of rates, to the cent.

RATES = {
    "UPS Next Day Air": (3_300, (120, 150, 180, 210, 240, 420)),
    "FedEx Standard Overnight": (3_000, (165, 200, 235, 275, 310, 520)),
    "UPS 2nd Day Air": (1_800, (70, 85, 100, 120, 140, 290)),
    "FedEx 2Day": (1_550, (110, 130, 150, 175, 200, 380)),
    "UPS 3 Day Select": (1_200, (40, 50, 60, 75, 90)),
    "UPS Ground": (800, (18, 22, 28, 35, 42, 110)),
    "USPS Priority Mail Express": (3_100, (0, 0, 0, 0, 0, 330, 360, 360)),
    "USPS Priority Mail": (1_100, (0, 0, 0, 0, 0, 150, 180, 180)),
    "DHL Express Worldwide": (3_800, (200, 200, 200, 200, 350)),
}


def test_a_package_costs_the_base_and_a_rate_for_each_half_kilogram_to_the_cent():
    rows = (*US_SERVICES, *shipping.POSTAL_SERVICES, *WORLD_SERVICES)
    assert {f"{row.carrier} {row.name}" for row in rows} == set(RATES)
    for row in rows:
        base, rates = RATES[f"{row.carrier} {row.name}"]
        for zone, rate in enumerate(rates, 1):
            if row.days_to(zone) is not None:
                assert row.cost_cents(zone, (0.5,)) == base + rate
                assert row.cost_cents(zone, (2.0, 3.5)) == 2 * base + 11 * rate


def test_a_day_that_no_calendar_has_is_named():
    with pytest.raises(ArgumentError, match="day of shipping must be before the year 10000, got"):
        ship(an_order(), EAST, packages(1.0), 0, 0, "2200-12-31", 2.5e11)
    shipment = ship(an_order(), EAST, packages(1.0), 0, 0, "2200-12-31", 2.4e11)
    assert shipment.delivery_date > "9800"
