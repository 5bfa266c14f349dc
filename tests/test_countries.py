"""Countries are those of ISO 3166-1, and a postal code is as the country has it."""

import pytest

from fulfillment_lib import FulfillmentError, Order, Warehouse
from fulfillment_lib.countries import CODES, MEANT, TERRITORIES, WITHOUT_POSTAL_CODE, country_code


def test_there_are_249_countries_and_kosovo():
    assert len(CODES) == 250
    assert set(MEANT.values()) | WITHOUT_POSTAL_CODE | set(TERRITORIES) <= CODES
    assert not set(MEANT) & CODES


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("UK", "GB"),
        ("uk", "GB"),
        ("us", "US"),
        ("USA", "US"),
        ("United States", "US"),
        ("Germany", "DE"),
        ("EL", "GR"),
        (" de ", "DE"),
    ],
)
def test_what_people_write_in_place_of_a_code_is_refused_with_the_code(said, meant):
    with pytest.raises(FulfillmentError, match=f"got '{said}'; did you mean '{meant}'"):
        country_code(said)


@pytest.mark.parametrize("said", ["QQ", "ZZ", "AA", "", "U", "XYZ", "\u00dc", None, 49, b"US"])
def test_another_code_is_refused_without_a_guess(said):
    with pytest.raises(FulfillmentError, match=r"country must be (a code|two).*got") as error:
        Warehouse("W", "10001", {}, said)
    assert "did you mean" not in str(error.value)


@pytest.mark.parametrize("country", ["HK", "AE", "IE", "QA", "PA"])
def test_where_a_country_has_no_postal_code_none_is_needed(country):
    order = Order("O", {"A": 1}, "express", "", country)
    assert order.postal_code == ""
    assert Order("O", {"A": 1}, "express", "D02 X285", country).postal_code == "D02 X285"


@pytest.mark.parametrize("country", ["DE", "GB", "JP", "BR", "US", "PR"])
@pytest.mark.parametrize("code", ["", " ", "-", "--", ".", None])
def test_elsewhere_a_postal_code_is_needed(country, code):
    with pytest.raises(FulfillmentError, match="postal_code must be"):
        Order("O", {"A": 1}, "express", code, country)


@pytest.mark.parametrize(
    ("country", "code"), [("PR", "94103"), ("VI", "00901"), ("GU", "96815"), ("AS", "96910")]
)
def test_a_postal_code_of_another_place_is_refused_for_a_territory(country, code):
    with pytest.raises(FulfillmentError, match=f"one of {country}, .*or write the country as 'US'"):
        Order("O", {"A": 1}, "express", code, country)
