"""Countries and their postal codes: which there are, and which have none.

Codes are those of ISO 3166-1 alpha-2, as of 2025, and XK, which carriers use for Kosovo. A
territory of the United States may be written as a country (PR) or as a state of the US with its
postal code (US, 00901): its mail and its parcels are domestic, and both mean one place.
"""

from __future__ import annotations

import re

from fulfillment_lib import checks

_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
CODES = frozenset(_CODES.split())
# What people write in place of a code.
MEANT = {
    "UK": "GB", "GBR": "GB", "ENGLAND": "GB", "SCOTLAND": "GB", "WALES": "GB",
    "GREAT BRITAIN": "GB", "UNITED KINGDOM": "GB", "USA": "US", "U.S.": "US", "U.S.A.": "US",
    "UNITED STATES": "US", "AMERICA": "US", "EL": "GR", "GREECE": "GR", "GER": "DE", "DEU": "DE",
    "GERMANY": "DE", "FRA": "FR", "FRANCE": "FR", "ESP": "ES", "SPAIN": "ES", "ITA": "IT",
    "ITALY": "IT", "CAN": "CA", "CANADA": "CA", "AUS": "AU", "AUSTRALIA": "AU", "AUT": "AT",
    "AUSTRIA": "AT", "JPN": "JP", "JAPAN": "JP", "CHN": "CN", "CHINA": "CN", "MEX": "MX",
    "MEXICO": "MX", "SWEDEN": "SE", "SWITZERLAND": "CH", "IRELAND": "IE", "HOLLAND": "NL",
    "NETHERLANDS": "NL", "KOSOVO": "XK",
}  # fmt: skip
# No postal code, or none that every address has: the Universal Postal Union's list of addressing
# systems, and Ireland, where Eircode came late and is often left out.
_WITHOUT = """
AE AG AO AW BF BI BJ BO BQ BS BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY HK IE JM
KI KM KN KP LC LY ML MO MR MW NR NU PA QA RW SB SC SL SR SS ST SX SY TD TF TG TK TL TO TV UG VC
VU WS XK YE ZW
"""
WITHOUT_POSTAL_CODE = frozenset(_WITHOUT.split())
# Territories of the United States by their code, with the first three digits of their ZIP codes.
TERRITORIES = {
    "PR": ("006", "007", "009"),
    "VI": ("008",),
    "GU": ("969",),
    "MP": ("969",),
    "AS": ("967",),
}
_US_POSTAL_CODE = re.compile(r"[0-9]{5}(-[0-9]{4})?")


def is_us(country: str) -> bool:
    """Whether parcels to a country are domestic for one in the US.

    >>> is_us("US"), is_us("PR"), is_us("CA")
    (True, True, False)
    """
    return country == "US" or country in TERRITORIES


def country_code(value: object) -> str:
    """A code of the list.

    Raises:
        ArgumentError: another one; the message names the code that may be meant.
    """
    if isinstance(value, str) and value in CODES:
        return value
    said = value.strip().upper() if isinstance(value, str) else ""
    meant = MEANT.get(said, said if said in CODES else "")
    hint = f"did you mean {meant!r}?" if meant else ""
    coded = isinstance(value, str) and re.fullmatch("[A-Z]{2}", value)
    rule = "a code of ISO 3166-1 such as 'US'" if coded else "two capital letters such as 'US'"
    checks.refuse("country", rule, value, hint)


def postal_code(value: object, country: str) -> str:
    """A postal code as the country has it: empty where it has none.

    Raises:
        ArgumentError: in the US and its territories something else than a ZIP code of theirs,
            elsewhere no text or a text without a letter or digit.
    """
    if is_us(country):
        if not (isinstance(value, str) and _US_POSTAL_CODE.fullmatch(value)):
            checks.refuse("postal_code", "a text of five digits, as in '94103'", value)
        prefixes = TERRITORIES.get(country, (value[:3],))
        if value[:3] not in prefixes:
            rule = f"one of {country}, which begin with {' or '.join(prefixes)}"
            checks.refuse("postal_code", rule, value, "or write the country as 'US'")
        return value
    if value == "" and country in WITHOUT_POSTAL_CODE:
        return ""
    code = checks.text("postal_code", value, 20)
    if country not in WITHOUT_POSTAL_CODE and not any(mark.isalnum() for mark in code):
        checks.refuse("postal_code", f"one with letters or digits in {country}", value)
    return code
