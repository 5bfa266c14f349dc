"""Checks: each gives the plain value back, or names the field, the rule and the value."""

from __future__ import annotations

import itertools
import math
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from enum import Enum, StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oddities import ODDITIES, Nameless

from fulfillment_lib import checks
from fulfillment_lib.errors import ArgumentError


class Loud(str):
    def __str__(self) -> str:
        return self.upper()


class Word(StrEnum):
    YES = "yes"


class OldWord(str, Enum):  # noqa: UP042  (its str() is "OldWord.YES": the case to be tested)
    YES = "yes"


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_a_whole_number_comes_back_as_a_plain_int(value: object) -> None:
    result = checks.whole("quantity", value, 1, 10)
    assert result == 3
    assert type(result) is int


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (0, "0"),
        (-1, "-1"),
        (11, "11"),
        (1.5, "1.5"),
        (3.0, "3.0"),
        ("2", "'2'"),
        (True, "True"),
        (np.True_, "np.True_"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (2**63, "9223372036854775808"),
        (None, "None"),
        (Decimal(2), r"Decimal\('2'\)"),
        ([3], r"\[3\]"),
        (np.float64(3), "np.float64"),
        pytest.param(10**5000, "<a int without a repr>", id="huge"),
    ],
)
def test_a_whole_number_refuses(value: object, got: str) -> None:
    rule = f"^quantity must be a whole number from 1 to 10, got {got}"
    with pytest.raises(ArgumentError, match=rule):
        checks.whole("quantity", value, 1, 10)


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.int64(2), Fraction(2)])
def test_a_number_comes_back_as_a_plain_float(value: object) -> None:
    result = checks.number("timeout_s", value, 0, 10)
    assert result == 2.0
    assert type(result) is float


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        -0.001,
        10.001,
        True,
        np.True_,
        "2",
        None,
        2j,
        Decimal(2),
        pytest.param(10**400, id="huge"),
        b"2",
        np.array([2.0]),
        math.nextafter(10, math.inf),
    ],
)
def test_a_number_refuses(value: object) -> None:
    with pytest.raises(ArgumentError, match=r"^timeout_s must be a number from 0 to 10, got "):
        checks.number("timeout_s", value, 0, 10)


def test_a_number_may_have_to_lie_above_the_lower_end() -> None:
    assert checks.number("x", 5e-324, 0, 10, above=True) > 0
    with pytest.raises(ArgumentError, match=r"^x must be a number above 0, at most 10, got 0$"):
        checks.number("x", 0, 0, 10, above=True)


def test_minus_zero_becomes_zero_because_the_two_print_differently() -> None:
    assert str(checks.number("placed_s", -0.0, 0, 10)) == "0.0"


@pytest.mark.parametrize(
    "value",
    [
        "ORD-001",
        "_x",
        "<script>alert(1)</script>",
        "$x$",
        "$$",
        "a\u202eb",
        "\u200fשלום",
        "日本 語",
        "=1+1",
        "a/b%2F",
        "🙂",
        " padded ",
        "x" * 100,
    ],
)
def test_a_text_keeps_whatever_can_be_shown(value: str) -> None:
    assert checks.text("id", value) == value


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("", "a text that is not blank, got ''"),
        (" \t\n", "a text that is not blank"),
        ("\u3000", "a text that is not blank"),
        ("a\0b", r"a text without control characters, got 'a\\x00b'"),
        ("a\nb", "a text without control characters"),
        ("a\x7fb", "a text without control characters"),
        ("a\x85b", "a text without control characters"),
        ("a\u2028b", "a text without control characters"),
        ("a\ud800", r"a text without control characters, got 'a\\ud800'"),
        ("x" * 101, "at most 100 characters, got 'x+…'"),
        (None, "a text, got None"),
        (7, "a text, got 7"),
        (b"a", "a text, got b'a'"),
    ],
)
def test_a_text_refuses(value: object, rule: str) -> None:
    with pytest.raises(ArgumentError, match=f"^id must be {rule}"):
        checks.text("id", value)


@pytest.mark.parametrize("value", [np.str_("yes"), Word.YES, OldWord.YES, Loud("yes")])
def test_a_text_comes_back_as_a_plain_str_with_the_same_letters(value: str) -> None:
    for result in (checks.text("id", value), checks.choice("id", value, ["yes"])):
        assert result == "yes"
        assert type(result) is str


@given(st.text(st.characters()))
def test_a_text_is_kept_as_it_is_or_refused(value: str) -> None:
    try:
        assert checks.text("id", value) == value
    except ArgumentError as error:
        assert str(error).isprintable()
    else:
        value.encode()  # what was kept can be written


@pytest.mark.parametrize("value", ["c", "A", "", None, 1, ["a"]])
def test_a_choice_refuses_and_lists_what_is_allowed(value: object) -> None:
    with pytest.raises(ArgumentError, match=r"^rule must be one of 'a', 'b', got "):
        checks.choice("rule", value, ("a", "b"))


def test_an_instance_of_another_class_is_refused_by_name() -> None:
    checks.instance("seed", 1, int)
    with pytest.raises(ArgumentError, match=r"^seed must be an int, got 'x'$"):
        checks.instance("seed", "x", int)


def test_unique_names_the_first_repetition() -> None:
    checks.unique("sku", ["a", "b"])
    with pytest.raises(ArgumentError, match=r"^sku must be unique, got 'b'$"):
        checks.unique("sku", ["a", "b", "b", "a"])


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("LAPTOP-01", "did you mean 'LAPTOP-001'?"),
        ("zzz", "known are 'LAPTOP-001'"),
        (["LAPTOP-001"], "known are 'LAPTOP-001'"),
        (None, "known are 'LAPTOP-001'"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(value: Any, remedy: str) -> None:
    checks.known("sku", "LAPTOP-001", ["LAPTOP-001"])
    with pytest.raises(ArgumentError, match=r"^sku must be a known name, got ") as caught:
        checks.known("sku", value, ["LAPTOP-001"])
    assert str(caught.value).endswith(f"; {remedy}")


FITS: dict[str, tuple[Any, ...]] = {  # of each check, what it takes besides the field and the value
    "whole": (1, 10),
    "number": (0, 10),
    "time": (),
    "seconds": (),
    "quantile": (),
    "text": (),
    "text_or_empty": (),
    "path_text": (),
    "choice": (("a", "b"),),
    "instance": (int,),
    "tuple_of": (int, 2, 3),
    "wall_clock": (),
    "known": (["a"],),
}


@pytest.mark.parametrize("value", ODDITIES, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("check", FITS)
def test_what_fits_no_field_is_refused_in_words_that_can_be_printed(check: str, value: Any) -> None:
    if check == "tuple_of" and isinstance(value, list):
        value = [value]  # its items are what is odd
    with pytest.raises(ArgumentError, match=r"field must be .*, got ") as caught:
        getattr(checks, check)("field", value, *FITS[check])
    assert str(caught.value).isprintable() and len(str(caught.value)) < 200


@pytest.mark.parametrize("value", [0.0, 1.0, 0, 1, 1.5, np.float64(1), True, "x", math.nan])
def test_a_quantile_refuses_also_its_ends(value: Any) -> None:
    assert checks.quantile("uniform", np.float64(0.5)) == 0.5
    with pytest.raises(ArgumentError, match=r"^uniform must be a number above 0 and below 1, got "):
        checks.quantile("uniform", value)


def test_a_text_may_be_empty_where_that_is_said() -> None:
    checks.text_or_empty("kind", "")
    with pytest.raises(ArgumentError, match=r"^kind must be a text that is not blank, got ' '$"):
        checks.text_or_empty("kind", " ")


@pytest.mark.parametrize("value", ["", 5, b"a", True])
def test_a_path_is_a_text_or_has_one(value: Any) -> None:
    assert checks.path_text("path", Path("a") / "b") == os.path.join("a", "b")
    with pytest.raises(ArgumentError, match=r"^path must be a path, as in 'data/orders.csv', got "):
        checks.path_text("path", value)


@pytest.mark.parametrize("value", [-1.0, math.nan, math.nextafter(checks.LATEST_S, math.inf)])
def test_a_time_is_no_earlier_than_the_start_and_no_later_than_the_latest(value: float) -> None:
    assert checks.time("at_s", checks.LATEST_S) == checks.LATEST_S
    with pytest.raises(ArgumentError, match=r"^at_s must be a number from 0 to 1,000,000,000,000"):
        checks.time("at_s", value)


@pytest.mark.parametrize("value", [0, -1, math.inf, checks.LONGEST_TIME_S * 1.01])
def test_a_wait_outside_is_above_nothing_and_no_longer_than_a_lock_can(value: float) -> None:
    assert checks.wall_clock("busy_s", checks.LONGEST_TIME_S) <= threading.TIMEOUT_MAX
    with pytest.raises(ArgumentError, match=r"^busy_s must be a number above 0, at most "):
        checks.wall_clock("busy_s", value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("12", "numbers must be a sequence of int objects, got '12'"),
        (5, "numbers must be a sequence of int objects, got 5"),
        ([1, "2"], "each of numbers must be an int, got '2'"),
        ([1, int], "each of numbers must be an int, got <class 'int'>"),
        ([1, Nameless()], "each of numbers must be an int, got <a Nameless without a repr>"),
        ([1], "number of numbers must be a whole number from 2 to 3, got 1"),
        ([1] * 9, "number of numbers must be a whole number from 2 to 3, got 9"),
        (itertools.count(), "number of numbers must be a whole number from 2 to 3, got 4"),
        (itertools.repeat("2"), "each of numbers must be an int, got '2'"),
    ],
)
def test_a_tuple_of_objects_refuses_also_what_has_no_end(values: Any, message: str) -> None:
    assert checks.tuple_of("numbers", iter([1, 2]), int, 2, 3) == (1, 2)
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        checks.tuple_of("numbers", values, int, 2, 3)


async def awaited() -> None:
    """No plain function."""


@pytest.mark.parametrize("value", [5, "print", awaited, Nameless()])
def test_a_plain_function_is_called_and_not_awaited(value: Any) -> None:
    assert checks.plain_function("on_start", print) is print
    assert checks.plain_function("on_start", None) is None
    with pytest.raises(ArgumentError, match=r"^on_start must be a plain function, got "):
        checks.plain_function("on_start", value)


@pytest.mark.parametrize("value", [5, "threads", ThreadPoolExecutor, Nameless()])
def test_an_executor_is_no_class_of_executors(value: Any) -> None:
    assert checks.executor_or_none("executor", None) is None
    with pytest.raises(ArgumentError, match=r"^executor must be a concurrent\.futures\.Exec"):
        checks.executor_or_none("executor", value)
