"""What is said of an answer: a Verdict, and NotYet, with which a judge ends its search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from numbers import Real
from statistics import fmean
from typing import Any

from fulfillment_lib.analysis.timeline import priority_word
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.errors import shown
from fulfillment_lib.run import FulfillmentRun

MOST_ROWS = 4
Judge = Callable[[Any], str]  # takes the answer; returns why it is right, or raises NotYet


class NotYet(Exception):
    """An answer is not right yet: the reason, and the rows that show it."""

    def __init__(self, why: str, rows: Iterable[object] = ()) -> None:
        super().__init__(why)
        self.why = why
        self.rows = tuple(map(str, rows))


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """Whether an exercise is solved, why or why not, the rows that show it, and perhaps a hint."""

    exercise: str
    passed: bool
    why: str
    rows: tuple[str, ...] = ()
    hint: str = ""

    def __repr__(self) -> str:
        word = "yes" if self.passed else "not yet"
        more = len(self.rows) - MOST_ROWS
        lines = [f"{word}: {self.why}", *(f"    {row}" for row in self.rows[:MOST_ROWS])]
        lines += [f"    and {more} more"] if more > 0 else []
        return "\n".join([*lines, self.hint] if self.hint else lines)


def need(right: bool, rule: str, said: object) -> None:
    """Refuse what an answer said, unless it is right by a rule such as "it must be a number"."""
    if not right:
        raise NotYet(f"{rule}, got {shown(said)}")


def need_number(rule: str, said: object, most: float = inf) -> float:
    """A number above 0 and at most `most`, of whatever type it is; refuse any other answer."""
    number = isinstance(said, Real) and not isinstance(said, bool)
    need(number and 0 < float(said) <= most, rule, said)  # type: ignore[arg-type]  # it is a Real
    return float(said)  # type: ignore[arg-type]


def need_settings(answer: object, names: Sequence[str]) -> None:
    """Refuse an answer that is no dict of settings, of which only some may be changed."""
    good = isinstance(answer, dict) and bool(answer) and set(answer) <= set(names)
    need(good, f"the answer is a dict with some of {', '.join(names)}", answer)


def mean_lead_s(run: FulfillmentRun) -> float:
    """The mean lead time of the orders of a run, in seconds."""
    return fmean(report.lead_time_s for report in run.reports)


def row(attempt: Attempt) -> str:
    """One line of the log, as a verdict quotes it."""
    return (
        f"{attempt.task_id} ({priority_word(attempt.priority)}): "
        f"ready {attempt.ready_s:.3f} s, start {attempt.start_s:.3f} s"
    )
