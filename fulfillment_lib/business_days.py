"""Days of business, Monday to Friday: when something can leave, and until when it is promised.

Holidays are left out.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

SECONDS_PER_DAY = 86_400


def business_day(start_date: str, at_s: float) -> date:
    """The day of a time in seconds from the start of a run, and the Monday after a weekend.

    >>> business_day("2026-03-06", 10.0).isoformat(), business_day("2026-03-06", 86_400).isoformat()
    ('2026-03-06', '2026-03-09')
    """
    day = date.fromisoformat(start_date) + timedelta(at_s // SECONDS_PER_DAY)
    return day + timedelta(7 - day.weekday()) if day.weekday() >= 5 else day


def add_business_days(day: date, number: int) -> date:
    """So many business days after a day, which itself does not count.

    >>> add_business_days(date(2026, 3, 6), 1).isoformat()
    '2026-03-09'
    """
    for _ in range(number):
        day += timedelta(1 if day.weekday() < 4 else 7 - day.weekday())
    return day


@lru_cache(maxsize=4096)
def business_days_until(day: date, last: date) -> int:
    """How many business days come after a day, up to the last one; 0 if that is over.

    >>> business_days_until(date(2026, 3, 6), date(2026, 3, 10))
    2
    """
    number = 0
    while (day := add_business_days(day, 1)) <= last:
        number += 1
    return number


def promised_date(start_date: str, placed_s: float, promised_days: int) -> date:
    """By when an order is promised: so many business days after the day on which it was placed.

    That day itself does not count; an order of a weekend counts as placed on the Monday after,
    when the next shipment can leave. So an order that leaves on its day, with a service that takes
    no longer than promised, is on time, and one that leaves later needs a faster service.

    >>> promised_date("2026-03-06", 0.0, 2).isoformat()
    '2026-03-10'
    """
    return _promised(start_date, placed_s // SECONDS_PER_DAY, promised_days)


@lru_cache(maxsize=4096)
def _promised(start_date: str, day: float, promised_days: int) -> date:
    return add_business_days(business_day(start_date, day * SECONDS_PER_DAY), promised_days)
