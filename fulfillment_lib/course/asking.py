"""`ask`: a question from an older lesson, made anew for each seed and answered by the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd

from fulfillment_lib import checks
from fulfillment_lib.course import questions
from fulfillment_lib.settings import LARGEST_SEED


@cache
def texts() -> dict[str, Any]:
    """The sentences of each kind of question, by lesson."""
    content = Path(__file__).with_name("questions.json").read_text(encoding="utf-8")
    return dict(json.loads(content))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Question:
    """A question about a small day, its table, and what is said of each choice.

    `comments` has the choices in their order; that of the `answer` says why it is right, and any
    other one which misconception leads to it. In a notebook they are folded.
    """

    text: str
    table: pd.DataFrame
    answer: str
    comments: Mapping[str, str]

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers to choose from."""
        return tuple(self.comments)

    @property
    def why(self) -> dict[str, str]:
        """The misconception behind each wrong choice."""
        return {choice: self.comments[choice] for choice in self.choices if choice != self.answer}

    def answered(self, choice: str) -> str:
        """What is said of a choice.

        Raises:
            ArgumentError: it is not among the choices.
        """
        checks.choice("choice", choice, self.choices)
        return f"{'Right' if choice == self.answer else 'No'}. {self.comments[choice]}"

    def __repr__(self) -> str:
        table = [] if self.table.empty else [self.table.to_string(index=False)]
        return "\n".join([self.text, *table, f"Choose: {', '.join(self.choices)}"])

    def _repr_html_(self) -> str:
        table = "" if self.table.empty else self.table.to_html(index=False)
        folds = "".join(
            f"<details><summary>{escape(choice)}</summary>{escape(self.answered(choice))}</details>"
            for choice in self.choices
        )
        return f"<p>{escape(self.text)}</p>{table}{folds}"


def ask(lesson: str, seed: int) -> Question:
    """A question about the ideas of a lesson, on a small day that the seed draws.


    Args:
        lesson: the number of a lesson, such as "02".
        seed: a whole number from 0 on; the kinds of questions of a lesson take turns.

    Raises:
        ArgumentError: there is no lesson of that number, or the seed is no such number.
    """
    checks.known("lesson", lesson, texts())
    seed = checks.whole("seed", seed, 0, LARGEST_SEED)
    kinds = texts()[lesson]
    kind = list(kinds)[seed % len(kinds)]
    for draw in count():
        key = f"{lesson} {kind} {seed} {draw}"
        case = getattr(questions, kind)(Random(key))  # noqa: S311  # nobody's secrets are drawn
        models = {"right": case.right, **case.wrong}
        if len(set(models.values())) == len(models):
            break
    said = kinds[kind]
    sentences = {"right": said["right"], **said["wrong"]}
    shown = {model: said["choice"].format(models[model]) for model in models}
    ranked = sorted(models, key=models.__getitem__)
    comments = {shown[model]: sentences[model].format(**case.facts) for model in ranked}
    return Question(said["text"].format(**case.facts), case.table, shown["right"], comments)
