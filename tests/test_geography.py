import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment_lib.geography import (
    CENTRES,
    CROSS_BORDER_KM,
    distance_km,
    region,
    zone,
)

POSTAL_CODES = st.integers(0, 99_999).map("{:05d}".format)
OF_THE_48 = POSTAL_CODES.filter(lambda code: region(code) in CENTRES)


def test_new_york_to_san_francisco_is_about_as_far_as_on_the_map():
    assert 3_500 < distance_km("10001", "US", "94103", "US") < 4_200


def test_the_distance_is_the_length_of_an_arc_of_the_great_circle():
    # Regions 2 and 8 by the spherical law of cosines, another formula for the same arc.
    assert distance_km("20001", "US", "80202", "US") == pytest.approx(2_718, abs=1)


@settings(deadline=None)
@given(POSTAL_CODES, POSTAL_CODES)
def test_there_and_back_is_equally_far(here, there):
    assert distance_km(here, "US", there, "US") == distance_km(there, "US", here, "US")


@settings(deadline=None)
@given(OF_THE_48, OF_THE_48, OF_THE_48, OF_THE_48)
def test_a_longer_way_is_never_in_a_nearer_zone(a, b, c, d):
    (near, near_zone), (far, far_zone) = sorted(
        (distance_km(*pair), zone(*pair)) for pair in ((a, "US", b, "US"), (c, "US", d, "US"))
    )
    assert near <= far
    assert near_zone <= far_zone


def test_every_zone_occurs_within_the_us():
    assert {zone(a, "US", b, "US") for a in CENTRES for b in CENTRES} == {1, 2, 3, 4, 5}


def test_only_the_same_region_is_zone_1():
    assert all((zone(a, "US", b, "US") == 1) is (a == b) for a in CENTRES for b in CENTRES)


def test_only_the_first_digit_of_a_us_postal_code_counts():
    assert distance_km("94103", "US", "98101-1234", "US") == 0


def test_within_another_country_the_zone_is_the_middle_one():
    assert zone("80331", "DE", "10115", "DE") == 3


def test_across_a_border_is_farther_than_anything_within_the_us():
    assert zone("10001", "US", "K1A 0B1", "CA") == 5
    assert max(distance_km(a, "US", b, "US") for a in CENTRES for b in CENTRES) < CROSS_BORDER_KM


@pytest.mark.parametrize(
    ("postal_code", "place", "from_california"),
    [
        ("00601", "Caribbean", 6),
        ("00802", "Caribbean", 6),
        ("00987", "Caribbean", 6),
        ("00501", "0", 5),  # New York, between them
        ("01001", "0", 5),
        ("08999", "0", 5),
        ("09012", "Europe by APO", 8),
        ("09898", "Europe by APO", 8),
        ("09900", "0", 5),
        ("33999", "3", 5),
        ("34002", "Americas by APO", 8),
        ("34101", "3", 5),
        ("96199", "9", 1),
        ("96201", "Asia by APO", 8),
        ("96698", "Asia by APO", 8),
        ("96701", "Hawaii", 6),
        ("96815", "Hawaii", 6),
        ("96799", "Pacific", 7),
        ("96799-1234", "Pacific", 7),
        ("96910", "Pacific", 7),
        ("97001", "9", 1),
        ("99499", "9", 1),
        ("99501", "Alaska", 6),
        ("99950", "Alaska", 6),
    ],
)
def test_what_lies_beyond_the_48_states_has_a_zone_of_its_own(postal_code, place, from_california):
    assert region(postal_code) == place
    assert zone("94103", "US", postal_code, "US") == from_california
    assert zone(postal_code, "US", "94103", "US") == from_california


@pytest.mark.parametrize(
    ("country", "postal_code"),
    [("PR", "00901"), ("VI", "00802"), ("GU", "96910"), ("MP", "96950"), ("AS", "96799")],
)
def test_a_territory_is_one_place_however_it_is_written(country, postal_code):
    for origin, origin_country in (("10001", "US"), (postal_code, country), ("80331", "DE")):
        ways = {
            (zone(origin, origin_country, postal_code, name),
             distance_km(origin, origin_country, postal_code, name))
            for name in ("US", country)
        }  # fmt: skip
        assert len(ways) == 1


def test_within_alaska_and_from_island_to_island_it_is_near_and_military_mail_never_is():
    assert zone("99501", "US", "99801", "US") == zone("96701", "US", "96815", "US") == 2
    assert zone("09012", "US", "09300", "US") == 8
    assert zone("96910", "US", "96950", "MP") == 7
    assert zone("99501", "US", "96815", "US") == 6


def test_the_nearest_of_the_sample_warehouses_to_hawaii_is_in_the_west():
    kilometres = [
        distance_km(origin, "US", "96815", "US") for origin in ("94103", "60601", "10001")
    ]
    assert kilometres == sorted(kilometres)
