"""What is said of an answer: a Verdict, and NotYet, with which a judge ends its search."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from math import inf
from numbers import Real
from statistics import fmean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fulfillment_lib.analysis.timeline import priority_word
from fulfillment_lib.charts.alt_text import alt_text
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.errors import shown
from fulfillment_lib.run import FulfillmentRun

MOST_ROWS = 4
Chart = Callable[..., Axes]  # takes `ax`, None for a new figure
Judge = Callable[[Any], str]  # takes the answer; returns why it is right, or raises NotYet


class NotYet(Exception):
    """An answer is not right yet: the reason, and the rows or the chart that show it."""

    def __init__(self, why: str, rows: Iterable[object] = (), chart: Chart | None = None) -> None:
        super().__init__(why)
        self.why, self.chart = why, chart
        self.rows = tuple(map(str, rows))


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """Whether an exercise is solved, why or why not, the rows that show it, and perhaps a hint.

    `chart(ax=None)` draws the place at which a rule was broken, where there is one to be seen; a
    notebook shows it below the text.
    """

    exercise: str
    passed: bool
    why: str
    rows: tuple[str, ...] = ()
    hint: str = ""
    chart: Chart | None = field(default=None, compare=False)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        if self.chart is None:
            return {}, {}
        figure, png = Figure((10, 3.5), layout="constrained"), BytesIO()
        self.chart(figure.add_subplot())
        figure.savefig(png, format="png", metadata={"Software": None})
        data = {"text/plain": repr(self), "image/png": b64encode(png.getvalue()).decode()}
        return data, {"image/png": {"alt": alt_text(figure)}}

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
