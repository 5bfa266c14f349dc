"""Checks of arguments: each takes a field's name and value, and returns the value or raises.

All messages have one form: `<field> must be <rule>, got <value>`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sized
from inspect import iscoroutinefunction
from itertools import islice
from math import log2, nan
from numbers import Integral, Real
from threading import TIMEOUT_MAX
from typing import NoReturn, TypeVar

from fulfillment_lib.errors import ArgumentError, nearest, shown

F = TypeVar("F")
T = TypeVar("T")
LONGEST_NAME = 100
LARGEST_QUANTITY = 1_000_000
LONGEST_TIME_S = 10_000_000.0
LATEST_S = 1e12
MOST_ATTEMPTS = 100
LONGEST_PAUSE_S = 1e9  # between two attempts, about 30 years
MOST_WORKERS = 1_000
MOST_ORDERS = 1_000_000  # of a run, and of all runs of a ledger: more have no number


def refuse(field: str, rule: str, value: object, remedy: str = "") -> NoReturn:
    """Raise the error that all checks share."""
    raise ArgumentError(field, rule, value, remedy)


def whole(field: str, value: object, low: int, high: int) -> int:
    """A whole number from `low` to `high`; NumPy's integers count, booleans do not."""
    if type(value) is int and low <= value <= high:
        return value
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= int(value) <= high:
        refuse(field, f"a whole number from {low:,} to {high:,}", value)
    return int(value)


def number(field: str, value: object, low: float, high: float, *, above: bool = False) -> float:
    """A finite number from `low` (or above it, with `above`) to `high`, as a float."""
    if type(value) is float and low < value <= high:
        return value
    rule = f"a number from {low:,.15g} to {high:,.15g}"
    if above:
        rule = f"a number above {low:,.15g}, at most {high:,.15g}"
    try:
        result = float(value) if isinstance(value, Real) and not isinstance(value, bool) else nan
    except OverflowError:
        result = nan
    if not low <= result <= high or (above and result == low):  # nan is in no range
        refuse(field, rule, value)
    return result + 0.0  # minus zero becomes zero: the two are equal, but print differently


def time(field: str, value: object) -> float:
    """A time in seconds from the start of a run."""
    return number(field, value, 0.0, LATEST_S)


def seconds(field: str, value: object, *, above: bool = False) -> float:
    """A time that somebody waits, from 0 s on (or above it, with `above`)."""
    return number(field, value, 0.0, LONGEST_TIME_S, above=above)


def attempts(max_attempts: object, backoff_s: object) -> tuple[int, float]:
    """How often a task is tried, and the first pause between two tries, which then doubles.

    All pauses of a task together take less than two of the longest, and 100 timeouts of 10⁷ s
    take no more than one: so no task takes more than a three-hundredth of `LATEST_S`.
    """
    most = whole("max_attempts", max_attempts, 1, MOST_ATTEMPTS)
    pause_s = seconds("backoff_s", backoff_s)
    if most > 1 and pause_s * 2.0 ** (most - 2) > LONGEST_PAUSE_S:
        last = f"backoff_s × 2^(max_attempts - 2), here {pause_s:g} s × 2^{most - 2}"
        fitting = 2 + int(log2(LONGEST_PAUSE_S / pause_s))
        remedy = f"give backoff_s={pause_s:g} at most {fitting} attempts, or shorten it"
        rule = f"so few that the last pause ({last}) is at most {LONGEST_PAUSE_S:,.0f} s"
        refuse("max_attempts", rule, most, remedy)
    return most, pause_s


def quantile(field: str, value: object) -> float:
    """A number strictly between 0 and 1, as a float."""
    if isinstance(value, bool) or not isinstance(value, Real) or not (0.0 < value < 1.0):  # type: ignore[operator]  # a Real can be compared
        refuse(field, "a number above 0 and below 1", value)
    return float(value)


def text(field: str, value: object, longest: int = LONGEST_NAME) -> str:
    """A text that is not blank, has no control characters, and is not too long.

    Marks of text direction are kept (names in Hebrew and Arabic need them); a line break, a NUL
    or half a surrogate pair is refused.
    """
    if type(value) is str and len(value) <= longest and value.isprintable() and value.strip():
        return value
    if not isinstance(value, str):
        refuse(field, "a text", value)
    if not value.strip():
        refuse(field, "a text that is not blank", value)
    if len(value) > longest:
        refuse(field, f"at most {longest} characters", value)
    if not value.isprintable() and any(_is_unprintable(letter) for letter in value):
        refuse(field, "a text without control characters", value)
    return value if type(value) is str else str.__str__(value)  # a subclass may print otherwise


def text_or_empty(field: str, value: object) -> None:
    """A text as `text` asks for, or an empty one."""
    if not isinstance(value, str) or value:
        text(field, value)


def _is_unprintable(letter: str) -> bool:
    code = ord(letter)
    return code < 32 or 127 <= code < 160 or 0xD800 <= code < 0xE000 or code in (0x2028, 0x2029)


def path_text(field: str, path: object) -> str:
    """A path as it was given, as a text."""
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str) or not text:
        refuse(field, "a path, as in 'data/orders.csv'", path)
    return text


def choice(field: str, value: object, allowed: Iterable[str]) -> str:
    """One of the allowed words."""
    names = list(allowed)
    if not isinstance(value, str) or value not in names:
        listed = ", ".join(shown(name) for name in names)
        refuse(field, f"one of {listed}", value)
    return names[names.index(value)]


def instance(field: str, value: object, kind: type) -> None:
    """An object of the given class."""
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOaeio" else "a"
        refuse(field, f"{article} {kind.__name__}", value)


def tuple_of(field: str, values: object, kind: type[T], fewest: int, most: int) -> tuple[T, ...]:
    """From `fewest` to `most` objects of the given class, in a tuple."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        refuse(field, f"a sequence of {kind.__name__} objects", values)
    some = values if isinstance(values, Sized) else islice(values, most + 1)  # it may never end
    checked: tuple[T, ...] = tuple(some)
    for value in checked:
        instance(f"each of {field}", value, kind)
    whole(f"number of {field}", len(checked), fewest, most)
    return checked


def plain_function(field: str, value: F) -> F:
    """A function that is called and not awaited, or None for none."""
    if value is not None and (not callable(value) or iscoroutinefunction(value)):
        refuse(field, "a plain function", value)
    return value


def wall_clock(field: str, value: object) -> float:
    """Seconds to wait for something outside, no more than the locks of this system can."""
    return min(seconds(field, value, above=True), TIMEOUT_MAX)


def executor_or_none(field: str, value: F) -> F:
    """An executor (its class is none), or None for none."""
    if value is not None and (
        isinstance(value, type) or not callable(getattr(value, "submit", None))
    ):
        refuse(field, "a concurrent.futures.Executor", value)
    return value


def unique(field: str, names: Iterable[str]) -> None:
    """Names of which none comes twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            refuse(field, "unique", name)
        seen.add(name)


def known(field: str, value: object, names: Collection[str]) -> None:
    """A name that is among those known; the error names the nearest."""
    if not isinstance(value, str) or value not in names:
        refuse(field, "a known name", value, nearest(value, names))
