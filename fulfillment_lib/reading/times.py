"""Dates and times with their zones → seconds from the earliest one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from fulfillment_lib.errors import shown
from fulfillment_lib.reading.text import Problems

LONGEST_DAY_S = 10_000_000
_BEFORE_ZONE = re.compile(r" (?=[-+Z])")


def seconds_from_earliest(
    problems: Problems, texts: Sequence[tuple[str, object]], name: str = "placed_at"
) -> list[float]:
    """Seconds from the earliest of dates and times, given with their places; problems are told."""
    instants_s: list[float | None] = []
    for place, text in texts:
        instants_s.append(instant_s(text))
        if instants_s[-1] is None:
            rule = f"{name} must be a date and time with a zone, as in '2026-03-02T09:30:00+01:00'"
            problems.add(place, f"{rule}, got {shown(text)}")
    earliest_s = min((time_s for time_s in instants_s if time_s is not None), default=0.0)
    times_s = [0.0 if time_s is None else round(time_s - earliest_s, 6) for time_s in instants_s]
    for (place, text), time_s in zip(texts, times_s, strict=True):
        if time_s > LONGEST_DAY_S:
            rule = f"{name} must be at most {LONGEST_DAY_S:,} s after the earliest one"
            problems.add(place, f"{rule}, got {shown(text)}")
    return [min(time_s, LONGEST_DAY_S) for time_s in times_s]


def instant_s(text: object) -> float | None:
    """Seconds from 1970 on of a time as in ISO 8601, a space before its zone allowed.

    >>> instant_s("2026-03-02 10:00:00 +0100"), instant_s("2026-03-02 10:00:00")
    (1772442000.0, None)
    """
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(_BEFORE_ZONE.sub("", text.upper().replace("UTC", "Z")))
    except ValueError:
        return None
    return None if time.tzinfo is None else time.timestamp()
