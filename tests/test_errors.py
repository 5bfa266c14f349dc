"""Errors: one tree, and values shown on one line."""

from __future__ import annotations

import inspect
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment_lib import errors
from fulfillment_lib.errors import ArgumentError, FulfillmentError, error_text, nearest, shown

TREE = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, BaseException)
]


class Unshowable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_is_in_the_one_tree(kind: type[BaseException]) -> None:
    assert issubclass(kind, FulfillmentError)


def test_an_argument_error_is_a_value_error_too() -> None:
    assert issubclass(ArgumentError, ValueError)


class TwoLines:
    def __repr__(self) -> str:
        return "two\nlines"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\nb", r"'a\nb'"),
        ("nul\0", r"'nul\x00'"),
        ("half\ud800", r"'half\ud800'"),
        ("right\u202eleft", r"'right\u202eleft'"),
        (2**63, "9223372036854775808"),
        (float("nan"), "nan"),
        (None, "None"),
        (["\u202e"], r"['\u202e']"),
        (TwoLines(), r"two\nlines"),
        (Unshowable(), "<a Unshowable without a repr>"),
        pytest.param(10**5000, "<a int without a repr>", id="huge"),
    ],
)
def test_a_value_is_shown_on_one_line_and_escaped(value: object, text: str) -> None:
    assert shown(value) == text


@given(st.one_of(st.text(st.characters()), st.binary(), st.lists(st.text(), max_size=20)))
def test_what_is_shown_is_short_and_printable(value: object) -> None:
    text = shown(value)
    assert text.isprintable()
    # Escaping makes a letter up to ten characters long, the quotes and the ellipsis come on top.
    assert len(text) <= 60 * 10 + 3


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("worker", "did you mean 'workers'?"),
        ("zzz", "known are 'seed', 'timeout_s', 'workers'"),
        (7, "known are 'seed', 'timeout_s', 'workers'"),
        (None, "known are 'seed', 'timeout_s', 'workers'"),
    ],
)
def test_the_remedy_is_the_nearest_name_else_all_names(name: object, remedy: str) -> None:
    assert nearest(name, ["workers", "timeout_s", "seed"]) == remedy


def test_a_long_list_of_names_is_cut_and_counted() -> None:
    assert nearest("zzz", [f"n{i}" for i in range(10)]).endswith("'n7' and 2 more")


def test_no_names_at_all_are_said_to_be_none() -> None:
    assert nearest("x", []) == "none are known"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("no"), "ValueError: no"),
        (TimeoutError(), "TimeoutError"),
        (Unshowable(), "Unshowable: <its message cannot be shown>"),
        (ValueError("half \ud800"), r"ValueError: half \ud800"),
    ],
)
def test_an_exception_has_a_text_whatever_its_message_does(error: Exception, text: str) -> None:
    assert error_text(error) == text
    error_text(error).encode()


@pytest.mark.parametrize("value", [0, "a" * 200, lambda: None])
def test_an_argument_error_says_its_parts_to_code_too(value):
    error = ArgumentError("workers", "a whole number", value, "take fewer")
    assert (error.field, error.rule, error.remedy) == ("workers", "a whole number", "take fewer")
    assert error.value is value
    assert str(error) == f"workers must be a whole number, got {shown(value)}; take fewer"
    assert str(error) == f"workers must be {error.reason}"


@pytest.mark.parametrize("value", [0, lambda: None])
def test_an_argument_error_travels_whatever_its_value(value):
    error = ArgumentError("workers", "a whole number", value)
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is ArgumentError
    assert str(copied) == str(error)
    assert (copied.field, copied.rule, copied.remedy) == ("workers", "a whole number", "")
    assert copied.value == shown(value)
