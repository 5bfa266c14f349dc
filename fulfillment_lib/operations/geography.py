"""How far apart two postal codes are: distances in km, and ground zones from 1 (near) to 5 (far).

US postal codes are placed by their first digit alone, at the middle of that region: enough for
rates and transit days that look right, but not for navigation. Elsewhere the postal code is not
read: two codes in one country are always a middle distance apart, and two codes on either side
of a border are farther apart than any two US regions.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from math import asin, cos, radians, sin, sqrt

# First digit of a US postal code: latitude and longitude in degrees of a point near the middle
# of its states, read from a map by eye. Region 9 leaves out Alaska and Hawaii.
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
EARTH_RADIUS_KM = 6371.0
SAME_COUNTRY_KM = 1_200  # outside the US; lies in zone 3
CROSS_BORDER_KM = 10_000  # more than any distance in the table; lies in zone 5
# Zones 1 to 4 end at these distances, zone 5 has no end. Zone 1 is one region only.
ZONE_ENDS_KM = (100, 800, 1_600, 2_600)


def zone(
    origin_postal: str, origin_country: str, destination_postal: str, destination_country: str
) -> int:
    """The ground zone between two postal codes, 1 to 5.

    >>> zone("10001", "US", "94103", "US"), zone("80331", "DE", "10115", "DE")
    (5, 3)
    """
    distance = distance_km(origin_postal, origin_country, destination_postal, destination_country)
    return 1 + bisect_left(ZONE_ENDS_KM, distance)


def distance_km(
    origin_postal: str, origin_country: str, destination_postal: str, destination_country: str
) -> int:
    """The distance between two postal codes in whole km; 0 within one US region."""
    if origin_country != destination_country:
        return CROSS_BORDER_KM
    if origin_country != "US":
        return SAME_COUNTRY_KM
    return _between_regions(origin_postal[:1], destination_postal[:1])


@cache  # at most a hundred entries, each a pure function of the table
def _between_regions(origin: str, destination: str) -> int:
    """Great-circle distance (haversine formula), rounded so that all machines agree."""
    latitude_1, longitude_1 = map(radians, CENTRES[origin])
    latitude_2, longitude_2 = map(radians, CENTRES[destination])
    haversine = (
        sin((latitude_2 - latitude_1) / 2) ** 2
        + cos(latitude_1) * cos(latitude_2) * sin((longitude_2 - longitude_1) / 2) ** 2
    )
    return round(2 * EARTH_RADIUS_KM * asin(sqrt(haversine)))
