"""Tables of answers to exercises: at least four right and six wrong ones for each.

A file per lesson, tests/course/test_answers_NN.py, holds `RIGHT`, answers by name, and `WRONG`,
answers by name with a part of what the reader must hear. They are written before the judge is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

Right = Mapping[str, Mapping[str, Any]]
Wrong = Mapping[str, Mapping[str, tuple[Any, str]]]


def right_answers(table: Right) -> list[ParameterSet]:
    """(exercise, answer) for a parametrized test."""
    return [
        pytest.param(exercise, answer, id=f"{exercise} {name}")
        for exercise, answers in table.items()
        for name, answer in answers.items()
    ]


def wrong_answers(table: Wrong) -> list[ParameterSet]:
    """(exercise, answer, why) for a parametrized test."""
    return [
        pytest.param(exercise, answer, why, id=f"{exercise} {name}")
        for exercise, answers in table.items()
        for name, (answer, why) in answers.items()
    ]
