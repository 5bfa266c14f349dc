"""Guesses, made before a run and compared after it. Never stored, never sent.

In a live notebook `predict` shows a field, and what `compare` says is folded until the reader has
guessed. Elsewhere the value in the cell is the guess, and a saved answer stays folded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

from fulfillment_lib import checks
from fulfillment_lib.course import fields
from fulfillment_lib.errors import printable

LARGEST = 1e15
KINDS = {float: "a number", str: "a text", bool: "True or False"}
Answer = float | str | bool
_BOOLS = {"True": True, "False": False}

# What outlasts a call, by the name of the guess: `guesses()` at the end of a lesson tells of it.
_TYPED: dict[str, Answer] = {}
_COMPARED: dict[str, Comparison] = {}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A guess beside what came out; `right` to within one part in a million.

    `usual` is what many say, once the reader has typed a guess of her own; until then that is
    the guess.
    """

    name: str
    guess: Answer
    actual: Answer
    unit: str = ""
    usual: Answer | None = None

    @property
    def right(self) -> bool:
        """Whether the guess was right. In texts capital letters do not matter."""
        if isinstance(self.guess, float) and isinstance(self.actual, float):
            return abs(self.guess - self.actual) <= 1e-6 * max(1.0, abs(self.actual))
        return str(self.guess).casefold() == str(self.actual).casefold()

    def __repr__(self) -> str:
        return self._told("you said")

    def _told(self, who: str) -> str:
        told = f"{printable(self.name, 100)}: {who} {_shown(self.guess, self.unit)}"
        if self.right:
            return f"{told}, and so it is"
        told += f", it is {_shown(self.actual, self.unit)}"
        if isinstance(self.guess, float) and isinstance(self.actual, float):
            difference = _shown(abs(self.guess - self.actual), self.unit)
            told += f": {difference} too {'much' if self.guess > self.actual else 'little'}"
        return told

    def _repr_html_(self) -> str:
        """Folded until the reader has guessed."""
        if self.usual is None:
            return (
                "<details><summary>Guess first, then open</summary>"
                f"<p>{escape(self._told('many say'))}</p></details>"
            )
        others = replace(self, guess=self.usual)
        return f"<strong>{escape(repr(self))}</strong><br>{escape(others._told('many say'))}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return fields.changing_text(lambda: self.as_typed()._repr_html_())

    def as_typed(self) -> Comparison:
        """The same with the guess that the reader has typed, if there is one."""
        if self.usual is None and self.name in _TYPED:
            return replace(self, guess=_TYPED[self.name], usual=self.guess)
        return self


@dataclass(frozen=True, slots=True)
class Prediction:
    """A guess, made before the run that answers it."""

    name: str
    value: Answer
    unit: str = ""

    def compare(self, actual: object) -> Comparison:
        """The guess beside what came out.

        Raises:
            ArgumentError: the guess is of another kind (number, text, or True and False) than
                `actual`.
        """
        answer = _answer("actual", actual)
        if type(answer) is not type(self.value):
            checks.refuse("guess", KINDS[type(answer)], self.value)
        _COMPARED[self.name] = Comparison(self.name, self.value, answer, self.unit)
        return _COMPARED[self.name].as_typed()

    def __repr__(self) -> str:
        return f"{printable(self.name, 100)}: you say {_shown(self.value, self.unit)}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        """The field; in a saved notebook there is only what it asks for."""
        asked = f"Your guess: {printable(self.name, 100)}"
        asked += f", in {printable(self.unit, 20)}" if self.unit else ""
        bundle: dict[str, object] = {"text/plain": asked, "text/html": escape(asked)}
        if fields.live():
            field = fields.guess_field(asked, _shown(self.value, self.unit), self._take)
            bundle |= fields.view(field)
        return bundle

    def _take(self, typed: str) -> None:
        """Note what was typed into the field, which must be of the kind of the value in the cell.

        Raises:
            ArgumentError: it is of another kind.
        """
        guess: Answer = typed
        if isinstance(self.value, str):
            checks.text("guess", typed)
        else:
            try:
                guess = _BOOLS[typed] if isinstance(self.value, bool) else float(typed)
            except (KeyError, ValueError):
                checks.refuse("guess", KINDS[type(self.value)], typed)
        _TYPED[self.name] = _answer("guess", guess)


class Guesses:
    """All guesses of this process that were compared; of two with one name the last."""

    def __repr__(self) -> str:
        compared = [comparison.as_typed() for comparison in _COMPARED.values()]
        typed = [comparison for comparison in compared if comparison.usual is not None]
        wrong = [comparison.name for comparison in typed or compared if not comparison.right]
        said = f"{len(wrong)} of {len(typed or compared)}"
        said = f"{said} surprised you" if typed else f"the usual answer is wrong in {said}"
        return "\n    ".join([said, *(printable(name, 100) for name in wrong)])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return fields.changing_text(self._repr_html_)


def guesses() -> Guesses:
    """How many of the guesses surprised you, and which. Nothing of it is stored or sent."""
    return Guesses()


def predict(name: str, value: object, unit: str = "") -> Prediction:
    """Note a guess, before looking. In a live notebook there is a field to type yours.

    >>> predict("makespan", 9, "s").compare(7.0)
    makespan: you said 9 s, it is 7 s: 2 s too much

    Args:
        name: what is guessed; two guesses of one name count as one.
        value: a number, a text, or True or False: the usual answer, or yours.
        unit: stands behind a number.

    Raises:
        ArgumentError: the value is none of these, or a number that is not finite.
    """
    checks.text_or_empty("unit", unit)
    prediction = Prediction(checks.text("name", name), _answer("value", value), unit)
    _TYPED.pop(prediction.name, None)
    if fields.live():
        from IPython.display import display

        display(prediction)  # type: ignore[no-untyped-call]
    return prediction


def _answer(name: str, value: object) -> Answer:
    if isinstance(value, bool):
        return value
    if type(value).__name__ in ("bool_", "bool"):  # NumPy's, without importing it
        return bool(value)
    if isinstance(value, str):
        return checks.text(name, value)
    return checks.number(name, value, -LARGEST, LARGEST)


def _shown(value: Answer, unit: str) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".") + (f" {printable(unit, 20)}" if unit else "")
    return repr(value)
