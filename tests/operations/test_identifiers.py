import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment_lib.errors import IdentifierError
from fulfillment_lib.operations.identifiers import (
    dhl_check_digit,
    dhl_express,
    fedex_check_digit,
    fedex_express,
    gs1_check_digit,
    sscc18,
    ups_1z,
    ups_check_digit,
    usps,
)

ORDERS = st.integers(0, 999_999)
WAREHOUSES = st.integers(0, 99)
CARTONS = st.integers(0, 999)
SERVICES = st.sampled_from(["01", "02", "03", "12"])


def digits(length):
    return st.text("0123456789", min_size=length, max_size=length)


@st.composite
def two_bodies(draw, length):
    """Two texts of digits that differ in exactly one place, and that place."""
    body = draw(digits(length))
    place = draw(st.integers(0, length - 1))
    other = draw(st.sampled_from([digit for digit in "0123456789" if digit != body[place]]))
    return body, body[:place] + other + body[place + 1 :], place


def test_gs1_check_digit_agrees_with_worked_examples():
    assert gs1_check_digit("629104150021") == 3  # GS1's page on calculating it by hand
    assert gs1_check_digit("890400021003") == 7  # GS1 India's
    assert gs1_check_digit("03600024145") == 7  # UPC-A of a box of tissues, often quoted


def test_ups_check_digit_agrees_with_the_usual_sample_number():
    sample = "1Z999AA10123456784"
    assert ups_check_digit(sample[2:-1]) == int(sample[-1])


def test_fedex_check_digit_agrees_with_a_sample_number():
    assert fedex_check_digit("98657878885") == 5


def test_dhl_check_digit_agrees_with_a_sample_number():
    assert dhl_check_digit("331881002") == 5


@settings(deadline=None)
@given(two_bodies(17))
def test_gs1_check_digit_catches_every_wrong_digit(bodies):
    right, wrong, _ = bodies
    assert gs1_check_digit(right) != gs1_check_digit(wrong)


@settings(deadline=None)
@given(two_bodies(15))
def test_ups_check_digit_misses_only_a_difference_of_five_in_an_even_place(bodies):
    right, wrong, place = bodies
    missed = place % 2 == 1 and abs(int(right[place]) - int(wrong[place])) == 5
    assert (ups_check_digit(right) == ups_check_digit(wrong)) is missed


@settings(deadline=None)
@given(two_bodies(11))
def test_fedex_check_digit_misses_a_wrong_digit_only_where_ten_and_nought_both_print_as_0(bodies):
    right, wrong, _ = bodies
    assert fedex_check_digit(right) != fedex_check_digit(wrong) or fedex_check_digit(right) == 0


@settings(deadline=None)
@given(two_bodies(9))
def test_dhl_check_digit_misses_only_a_difference_of_seven(bodies):
    right, wrong, place = bodies
    missed = abs(int(right[place]) - int(wrong[place])) == 7
    assert (dhl_check_digit(right) == dhl_check_digit(wrong)) is missed


@settings(deadline=None)
@given(ORDERS, WAREHOUSES, CARTONS)
def test_an_sscc_holds_order_warehouse_and_carton_and_ends_in_its_check_digit(
    order, warehouse, carton
):
    code = sscc18(order, warehouse, carton)
    assert len(code) == 18
    assert int(code[0] + code[7:17]) == order * 100_000 + warehouse * 1_000 + carton
    assert int(code[-1]) == gs1_check_digit(code[:-1])


@settings(deadline=None)
@given(ORDERS, WAREHOUSES, SERVICES)
def test_a_ups_number_holds_order_warehouse_and_service_and_ends_in_its_check_digit(
    order, warehouse, code
):
    number = ups_1z(order, warehouse, code)
    assert len(number) == 18
    assert number[:2] == "1Z"
    assert int(number[6:8]) == warehouse
    assert number[8:10] == code
    assert int(number[10:17]) == order
    assert int(number[-1]) == ups_check_digit(number[2:-1])


@settings(deadline=None)
@given(ORDERS, WAREHOUSES)
def test_fedex_and_dhl_numbers_hold_order_and_warehouse_and_end_in_their_check_digit(
    order, warehouse
):
    fedex, dhl = fedex_express(order, warehouse), dhl_express(order, warehouse)
    assert (len(fedex), len(dhl)) == (12, 10)
    assert int(fedex[3:-1]) == int(dhl[1:-1]) == order * 100 + warehouse
    assert int(fedex[-1]) == fedex_check_digit(fedex[:-1])
    assert int(dhl[-1]) == dhl_check_digit(dhl[:-1])


@settings(deadline=None)
@given(st.tuples(ORDERS, WAREHOUSES, CARTONS), st.tuples(ORDERS, WAREHOUSES, CARTONS), SERVICES)
def test_two_packages_have_two_numbers_with_every_carrier(one, other, code):
    for make in (fedex_express, usps, lambda *serial: ups_1z(*serial[:2], code, serial[2])):
        assert (make(*one) == make(*other)) is (one == other)


def test_no_two_of_all_cartons_of_a_shipment_have_one_number():
    for make in (fedex_express, usps, lambda *serial: ups_1z(*serial[:2], "03", serial[2])):
        assert len({make(7, 3, carton) for carton in range(1_000)}) == 1_000


@settings(deadline=None)
@given(ORDERS, WAREHOUSES, CARTONS)
def test_a_usps_number_holds_order_warehouse_and_carton_and_ends_in_its_check_digit(
    order, warehouse, carton
):
    number = usps(order, warehouse, carton)
    assert len(number) == 22
    assert int(number[10:21]) == order * 100_000 + warehouse * 1_000 + carton
    assert int(number[-1]) == gs1_check_digit(number[:-1])


def test_numbers_do_not_repeat_at_the_ends_of_the_serial_space():
    orders = (0, 1, 9, 10, 99_999, 100_000, 999_999)
    warehouses, cartons = (0, 1, 10, 99), (0, 1, 999)
    pairs = [(order, warehouse) for order in orders for warehouse in warehouses]
    tracking = [make(*pair) for pair in pairs for make in (fedex_express, dhl_express)]
    tracking += [ups_1z(*pair, code) for pair in pairs for code in ("01", "02", "03", "12")]
    codes = [sscc18(*pair, carton) for pair in pairs for carton in cartons]
    assert len(set(tracking)) == len(tracking)
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("number", [-1, 1000, True, 1.0, "1"])
def test_a_carton_number_outside_the_serial_space_is_refused(number):
    with pytest.raises(IdentifierError, match="carton number must be a whole number from 0 to 999"):
        sscc18(0, 0, number)


def test_the_error_shows_the_number_and_the_remedy():
    remedy = "one fulfillment has at most 1,000 cartons, so order fewer units at a time"
    with pytest.raises(IdentifierError, match=f"got 1000; {remedy}$"):
        sscc18(0, 0, 1000)


@pytest.mark.parametrize(
    "make",
    [
        lambda order, warehouse: sscc18(order, warehouse, 0),
        lambda order, warehouse: ups_1z(order, warehouse, "03"),
        fedex_express,
        dhl_express,
        usps,
    ],
)
def test_order_and_warehouse_outside_the_serial_space_are_refused_for_every_number(make):
    remedy = "a ledger has at most 1,000,000 orders, so split them over several ledgers"
    with pytest.raises(
        IdentifierError, match=rf"order number .* to 999,999, got 1000000; {remedy}$"
    ):
        make(1_000_000, 0)
    remedy = "a network has at most 100 warehouses"
    with pytest.raises(IdentifierError, match=rf"warehouse number .* to 99, got 100; {remedy}$"):
        make(0, 100)
