"""Business days: Monday to Friday, and what is promised for a number of them."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment_lib.business_days import add_business_days, business_day, business_days_until


@pytest.mark.parametrize(
    ("start_date", "finish_s", "day"),
    [
        ("2026-03-02", 0.0, "2026-03-02"),
        ("2026-03-02", 86_399.999999, "2026-03-02"),
        ("2026-03-02", 86_400.0, "2026-03-03"),
        ("2026-03-06", 86_399.0, "2026-03-06"),  # a Friday
        ("2026-03-06", 86_400.0, "2026-03-09"),
        ("2026-03-07", 0.0, "2026-03-09"),
        ("2026-03-08", 0.0, "2026-03-09"),
        ("2026-03-08", 86_400.0, "2026-03-09"),
        ("2026-02-27", 5 * 86_400.0, "2026-03-04"),
    ],
)
def test_a_time_is_on_its_day_or_on_the_monday_after(start_date, finish_s, day):
    assert business_day(start_date, finish_s) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "n", "later"),
    [
        ("2026-03-02", 0, "2026-03-02"),
        ("2026-03-02", 4, "2026-03-06"),
        ("2026-03-02", 5, "2026-03-09"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-03-06", 5, "2026-03-13"),
        ("2026-03-07", 1, "2026-03-09"),
        ("2026-03-08", 5, "2026-03-13"),
        ("2026-12-31", 1, "2027-01-01"),  # holidays are left out
    ],
)
def test_business_days_leave_out_saturdays_and_sundays(day, n, later):
    assert add_business_days(date.fromisoformat(day), n) == date.fromisoformat(later)


@settings(deadline=None)
@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 30), st.integers(0, 30))
def test_business_days_add_up(day, first, second):
    assert add_business_days(add_business_days(day, first), second) == add_business_days(
        day, first + second
    )


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 30))
def test_so_many_days_are_left_until_the_day_that_is_so_many_days_later(day, number):
    assert business_days_until(day, add_business_days(day, number)) == number


@pytest.mark.parametrize("last", ["2026-03-04", "2026-03-05", "2026-03-06", "2026-03-08"])
def test_nothing_is_left_until_a_day_that_is_over_or_before_the_next_business_day(last):
    assert business_days_until(date(2026, 3, 6), date.fromisoformat(last)) == 0
