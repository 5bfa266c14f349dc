"""Cells become values and objects by the rules of the objects' own classes."""

import pytest

from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.orders import Warehouse
from fulfillment_lib.reading import values as file_values
from fulfillment_lib.reading.text import Problems, Row
from fulfillment_lib.reading.values import Parts, made, values_of

COLUMNS = {"warehouse": "name", "country": "country", "postal_code": "postal_code"}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", 12),
        ("-1", -1),
        ("007", 7),
        ("1_000", "1_000"),
        ("１２", "１２"),
        ("1e3", "1e3"),
        ("1.0", 1),
        ("2.0000", 2),
        ("-3.0", -3),
        ("1.5", "1.5"),
        ("1.", "1."),
        ("+1", "+1"),
        ("0x1", "0x1"),
        ("1\n", "1\n"),
        ("", ""),
        ("9" * 5_000, "9" * 5_000),
    ],
)
def test_whole_numbers_are_ascii_digits_only(cell, value):
    assert values_of(Row(2, {"n": cell}), ("n",), (), ()) == {"n": value}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.5", 1.5),
        ("-2", -2.0),
        ("1e-06", 1e-06),
        ("2.5E3", 2500.0),
        ("1e999", float("inf")),
        ("nan", "nan"),
        ("inf", "inf"),
        ("1,5", "1,5"),
        ("1_0.5", "1_0.5"),
        (".5", ".5"),
        ("٣", "٣"),
    ],
)
def test_decimal_numbers_are_ascii_digits_with_a_point(cell, value):
    assert values_of(Row(2, {"x": cell}), (), ("x",), ()) == {"x": value}


def test_only_optional_cells_may_be_empty():
    row = Row(2, {"a": "", "b": ""})
    assert values_of(row, (), (), ("a",)) == {"b": ""}


def test_each_refused_value_is_told_by_the_name_of_its_column():
    problems = Problems("stock.csv")
    values = {"warehouse": "", "country": "usa", "postal_code": "8 Main St"}
    assert made(Warehouse("-", "00000"), COLUMNS, values, "line 2", problems) is None
    assert problems.listed == [
        "line 2: warehouse must be a text that is not blank, got ''",
        "line 2: country must be two capital letters such as 'US', got 'usa'; did you mean 'US'?",
    ]


def test_a_refusal_that_no_single_value_causes_is_told_too(monkeypatch):
    def refuse_together(pattern, **change):
        if len(change) > 1:
            raise ArgumentError("pair", "equal", (1, 2))
        return pattern

    monkeypatch.setattr(file_values, "replace", refuse_together)
    problems = Problems("stock.csv")
    values = {"warehouse": "EAST", "postal_code": "08817"}
    assert made(Warehouse("-", "00000"), COLUMNS, values, "line 2", problems) is None
    assert problems.listed == ["line 2: pair must be equal, got (1, 2)"]


def test_of_two_parts_with_one_sku_the_first_stays():
    parts, problems = Parts("sku must be unique"), Problems("orders.csv")
    for number, place in enumerate(["line 2", "line 3", "line 4"]):
        parts.add("M", number, place, problems)
    assert parts.by_name == {"M": 0}
    assert [each.rpartition(" in ")[2] for each in problems.listed] == ["line 2", "line 2"]
