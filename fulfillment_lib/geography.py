"""How far apart two places are: distances in km, and zones from 1 (near) to 8 (military mail).

US postal codes of the 48 states are placed by their first digit alone, at the middle of that
region: enough for rates and transit days that look right, but not for navigation. By their first
three digits Alaska, Hawaii, the territories and military mail are told apart, which have zones of
their own (the prefixes are those of the Postal Service's Publication 65). Elsewhere the postal code
is not read: two codes in one country are always a middle distance apart, and two codes on either
side of a border are farther apart than any two of the 48 states.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from math import asin, cos, radians, sin, sqrt

from fulfillment_lib.countries import is_us

# First digit of a US postal code: latitude and longitude in degrees of a point near the middle
# of its states, read from a map by eye.
CENTRES = {
    "0": (42.0, -72.5),  # CT MA ME NH NJ RI VT
    "1": (41.0, -76.0),  # DE NY PA
    "2": (37.0, -79.0),  # DC MD NC SC VA WV
    "3": (32.0, -85.0),  # AL FL GA MS TN
    "4": (40.0, -84.5),  # IN KY MI OH
    "5": (44.5, -95.0),  # IA MN MT ND SD WI
    "6": (39.5, -92.5),  # IL KS MO NE
    "7": (32.5, -96.0),  # AR LA OK TX
    "8": (38.5, -110.0),  # AZ CO ID NM NV UT WY
    "9": (39.0, -121.0),  # CA OR WA
}
# Military mail is handed over near New York, Miami and San Francisco: that is where it lies.
FAR_CENTRES = {
    "Alaska": (61.0, -150.0),
    "Hawaii": (21.0, -158.0),
    "Caribbean": (18.5, -66.0),  # PR VI
    "Pacific": (13.5, 145.0),  # GU MP, and AS, which is as far
    "Europe by APO": (41.0, -74.0),
    "Americas by APO": (26.0, -80.0),
    "Asia by APO": (38.0, -122.0),
}
# Outside of the 48 states: the first three digits from and to, the region, its zone.
BEYOND = (
    ("006", "009", "Caribbean", 6),
    ("090", "098", "Europe by APO", 8),
    ("340", "340", "Americas by APO", 8),
    ("962", "966", "Asia by APO", 8),
    ("967", "968", "Hawaii", 6),
    ("969", "969", "Pacific", 7),
    ("995", "999", "Alaska", 6),
)
ZONES = {region: zone for _, _, region, zone in BEYOND}
AMERICAN_SAMOA = "96799"  # among the codes of Hawaii
ZONE_AT_HOME = 2  # from Alaska to Alaska, and so on: by road or between islands
EARTH_RADIUS_KM = 6371.0
SAME_COUNTRY_KM = 1_200  # outside the US; lies in zone 3
CROSS_BORDER_KM = 10_000  # more than any distance in the table; lies in zone 5
# Zones 1 to 4 end at these distances, zone 5 has no end. Zone 1 is one region only.
ZONE_ENDS_KM = (100, 800, 1_600, 2_600)


def zone(
    origin_postal: str, origin_country: str, destination_postal: str, destination_country: str
) -> int:
    """The zone between two postal codes, 1 to 8; from 6 on one of them is beyond the 48 states.

    >>> zone("10001", "US", "94103", "US"), zone("80331", "DE", "10115", "DE")
    (5, 3)
    >>> zone("94103", "US", "96815", "US"), zone("10001", "US", "00901", "PR")
    (6, 6)
    """
    if is_us(origin_country) and is_us(destination_country):
        origin, destination = region(origin_postal), region(destination_postal)
        far = max(ZONES.get(origin, 0), ZONES.get(destination, 0))
        if far:
            return ZONE_AT_HOME if far == 6 and origin == destination else far
    distance = distance_km(origin_postal, origin_country, destination_postal, destination_country)
    return 1 + bisect_left(ZONE_ENDS_KM, distance)


def distance_km(
    origin_postal: str, origin_country: str, destination_postal: str, destination_country: str
) -> int:
    """The distance between two postal codes in whole km; 0 within one US region."""
    if is_us(origin_country) and is_us(destination_country):
        return _between_regions(region(origin_postal), region(destination_postal))
    return SAME_COUNTRY_KM if origin_country == destination_country else CROSS_BORDER_KM


def region(postal: str) -> str:
    """The region of a US postal code: its first digit, or a name beyond the 48 states.

    >>> region("94103"), region("96815"), region("96799"), region("09012")
    ('9', 'Hawaii', 'Pacific', 'Europe by APO')
    """
    if postal.startswith(AMERICAN_SAMOA):
        return "Pacific"
    prefix = postal[:3]
    return next((name for low, high, name, _ in BEYOND if low <= prefix <= high), postal[0])


@cache  # a few hundred entries at most, each a pure function of the table
def _between_regions(origin: str, destination: str) -> int:
    """Great-circle distance (haversine formula), rounded so that all machines agree."""
    places = CENTRES | FAR_CENTRES
    latitude_1, longitude_1 = map(radians, places[origin])
    latitude_2, longitude_2 = map(radians, places[destination])
    haversine = (
        sin((latitude_2 - latitude_1) / 2) ** 2
        + cos(latitude_1) * cos(latitude_2) * sin((longitude_2 - longitude_1) / 2) ** 2
    )
    return round(2 * EARTH_RADIUS_KM * asin(sqrt(haversine)))
