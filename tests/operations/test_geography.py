import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment_lib.operations.geography import CENTRES, CROSS_BORDER_KM, distance_km, zone

POSTAL_CODES = st.integers(0, 99_999).map("{:05d}".format)


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
@given(POSTAL_CODES, POSTAL_CODES, POSTAL_CODES, POSTAL_CODES)
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
