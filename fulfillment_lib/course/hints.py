"""Hints, one after the other: asked for with `hint`, or given by a check that said no twice.

The texts are in `hints.json`, by the number of the exercise. The lessons have them in folds.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fulfillment_lib import checks

TRIES_PER_HINT = 2
# What outlasts a call, by exercise: how often a check said no, and how many hints were given.
_TRIES: Counter[str] = Counter()
_GIVEN: Counter[str] = Counter()


@cache
def texts() -> dict[str, list[str]]:
    """The hints of each exercise, from the vaguest to the plainest."""
    content = Path(__file__).with_name("hints.json").read_text(encoding="utf-8")
    return dict(json.loads(content))


@dataclass(frozen=True, slots=True, repr=False)
class Hint:
    """One hint of an exercise, and how many there are."""

    number: int
    of: int
    text: str

    def __repr__(self) -> str:
        return f"Hint {self.number} of {self.of}: {self.text}"


def hint(exercise: str) -> Hint:
    """The next hint for an exercise; after the last one the last one again.

    >>> hint("03.2")  # doctest: +ELLIPSIS
    Hint ... of 2: ...

    Args:
        exercise: the number of an exercise, such as "02.1".

    Raises:
        ArgumentError: there is no exercise of that number.
    """
    checks.known("exercise", exercise, texts())
    return _numbered(exercise, _GIVEN[exercise] + 1)


def after_not_yet(exercise: str) -> str:
    """What a check says besides: a hint from the second "not yet" on, another from the fourth."""
    _TRIES[exercise] += 1
    number = _TRIES[exercise] // TRIES_PER_HINT
    return repr(_numbered(exercise, number)) if number else ""


def _numbered(exercise: str, number: int) -> Hint:
    hints = texts()[exercise]
    number = min(number, len(hints))
    _GIVEN[exercise] = max(number, _GIVEN[exercise])
    return Hint(number, len(hints), hints[number - 1])
