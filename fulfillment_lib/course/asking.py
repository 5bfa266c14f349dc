"""`ask`: a question from an older lesson, made anew for each seed and answered by the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from random import Random

import pandas as pd

from fulfillment_lib import checks
from fulfillment_lib.course import questions
from fulfillment_lib.settings import LARGEST_SEED

TEXTS = Path(__file__).with_name("questions.json")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Question:
    """A question about a small day, perhaps with a table.

    `because` says why the answer is right; `why` has, for each other choice, the misconception that
    leads to it. In a notebook they are folded.
    """

    text: str
    table: pd.DataFrame | None
    choices: tuple[str, ...]
    answer: str
    because: str
    why: Mapping[str, str]

    def answered(self, choice: str) -> str:
        """What is said of a choice.

        Raises:
            ArgumentError: it is not among the choices.
        """
        checks.choice("choice", choice, self.choices)
        return f"No. {self.why[choice]}" if choice in self.why else f"Right. {self.because}"

    def __repr__(self) -> str:
        table = "" if self.table is None else f"{self.table.to_string(index=False)}\n"
        return f"{self.text}\n{table}Choose: {', '.join(self.choices)}"

    def _repr_html_(self) -> str:
        table = "" if self.table is None else self.table.to_html(index=False)
        page = f"<p>{escape(self.text)}</p>{table}"
        for choice in self.choices:
            page += f"<details><summary>{choice}</summary>{escape(self.answered(choice))}</details>"
        return page


def ask(lesson: str, seed: int) -> Question:
    """A question about the ideas of a lesson, on a small day that the seed draws.

    >>> ask("08", 1).choices
    ('200', '50', '100')

    Args:
        lesson: the number of a lesson, such as "02".
        seed: a whole number from 0 on; the kinds of questions of a lesson take turns.

    Raises:
        ArgumentError: there are no questions of a lesson of that number, or the seed is no such
            number.
    """
    kinds_of = json.loads(TEXTS.read_text(encoding="utf-8"))
    kinds_of["06"] = kinds_of["03"] | kinds_of["04"] | kinds_of["05"]  # there all come together
    checks.known("lesson", lesson, kinds_of)
    seed = checks.whole("seed", seed, 0, LARGEST_SEED)
    kind, said = list(kinds_of[lesson].items())[seed % len(kinds_of[lesson])]
    for number in range(1_000):
        dice = Random(f"{kind} {seed} {number}")  # noqa: S311  # nobody's secrets are drawn
        case = getattr(questions, kind)(dice)
        if len(set(case.models.values())) == len(case.models):
            break
    texts = {model: said["choice"].format(answer) for model, answer in case.models.items()}
    choices = tuple(dice.sample(list(texts.values()), len(texts)))
    answer = texts.pop(case.right)
    text, because = (said[part].format(**case.facts) for part in ("text", "right"))
    why = {text: said["wrong"][model].format(**case.facts) for model, text in texts.items()}
    return Question(text, case.table, choices, answer, because, why)
