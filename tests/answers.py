"""Tables of answers to exercises: at least four right and six wrong ones for each.

A file per lesson, tests/course/test_answers_NN.py, holds `RIGHT`, answers by name, and `WRONG`,
answers by name with a part of what the reader must hear. They are written before the judge is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from fulfillment_lib.course import check

Right = Mapping[str, Mapping[str, Any]]
Wrong = Mapping[str, Mapping[str, tuple[Any, str]]]


def both_tests(right: Right, wrong: Wrong) -> tuple[Callable[..., None], Callable[..., None]]:
    """Two tests: every right answer passes, and no wrong one, whose reader hears why."""

    @pytest.mark.parametrize(
        ("exercise", "answer"),
        [
            pytest.param(exercise, answer, id=f"{exercise} {name}")
            for exercise, answers in right.items()
            for name, answer in answers.items()
        ],
    )
    def passes(exercise: str, answer: Any) -> None:
        verdict = check(exercise, answer)
        assert verdict.passed, verdict

    @pytest.mark.parametrize(
        ("exercise", "answer", "why"),
        [
            pytest.param(exercise, answer, why, id=f"{exercise} {name}")
            for exercise, answers in wrong.items()
            for name, (answer, why) in answers.items()
        ],
    )
    def hears_why(exercise: str, answer: Any, why: str) -> None:
        verdict = check(exercise, answer)
        assert not verdict.passed and why in verdict.why, verdict

    return passes, hears_why
