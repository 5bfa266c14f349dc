"""Guesses, made before a run and compared after it. Never stored, never sent."""

from __future__ import annotations

from dataclasses import dataclass

from fulfillment_lib import checks
from fulfillment_lib.errors import printable, shown

LARGEST = 1e15


@dataclass(frozen=True, slots=True)
class Comparison:
    """A guess beside what came out; `right` to within one part in a million."""

    name: str
    guess: float | str | bool
    actual: float | str | bool
    unit: str = ""

    @property
    def right(self) -> bool:
        """Whether the guess was right."""
        if isinstance(self.guess, float) and isinstance(self.actual, float):
            return abs(self.guess - self.actual) <= 1e-6 * max(1.0, abs(self.actual))
        return self.guess == self.actual

    def __repr__(self) -> str:
        told = f"{printable(self.name, 100)}: you said {_shown(self.guess, self.unit)}"
        if self.right:
            return f"{told}, and so it is"
        told += f", it is {_shown(self.actual, self.unit)}"
        if isinstance(self.guess, float) and isinstance(self.actual, float):
            difference = _shown(abs(self.guess - self.actual), self.unit)
            told += f": {difference} too {'much' if self.guess > self.actual else 'little'}"
        return told


@dataclass(frozen=True, slots=True)
class Prediction:
    """A guess, made before the run that answers it."""

    name: str
    value: float | str | bool
    unit: str = ""

    def compare(self, actual: object) -> Comparison:
        """The guess beside what came out.

        Raises:
            ArgumentError: `actual` is of another kind (number, text, or True and False) than the
                guess.
        """
        answer = _answer("actual", actual)
        if type(answer) is not type(self.value):
            checks.refuse("actual", f"of the kind of the guess {shown(self.value)}", actual)
        return Comparison(self.name, self.value, answer, self.unit)

    def __repr__(self) -> str:
        return f"{printable(self.name, 100)}: you say {_shown(self.value, self.unit)}"


def predict(name: str, value: object, unit: str = "") -> Prediction:
    """Note a guess, before looking.

    >>> predict("makespan", 9, "s").compare(7.0)
    makespan: you said 9 s, it is 7 s: 2 s too much

    Args:
        value: a number, a text, or True or False.
        unit: stands behind a number.

    Raises:
        ArgumentError: the value is none of these, or a number that is not finite.
    """
    checks.text_or_empty("unit", unit)
    return Prediction(checks.text("name", name), _answer("value", value), unit)


def _answer(field: str, value: object) -> float | str | bool:
    if isinstance(value, bool):
        return value
    if type(value).__name__ in ("bool_", "bool"):  # NumPy's, without importing it
        return bool(value)
    if isinstance(value, str):
        return checks.text(field, value)
    return checks.number(field, value, -LARGEST, LARGEST)


def _shown(value: float | str | bool, unit: str) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".") + (f" {printable(unit, 20)}" if unit else "")
    return repr(value)
