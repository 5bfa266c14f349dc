"""`check`: it finds the judge, never raises what an answer raises, and gives a verdict.

Tables of right and wrong answers are in `test_answers_NN.py`, a file for each lesson.
"""

from __future__ import annotations

import asyncio
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from fulfillment_lib.course import check
from fulfillment_lib.course.checking import EXERCISES
from fulfillment_lib.course.verdicts import Verdict
from fulfillment_lib.errors import ArgumentError

FEWEST_RIGHT, FEWEST_WRONG = 4, 6


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_exercise_has_enough_right_and_wrong_answers(exercise):
    table = import_module(f"tests.course.test_answers_{exercise[:2]}")
    assert len(table.RIGHT[exercise]) >= FEWEST_RIGHT
    assert len(table.WRONG[exercise]) >= FEWEST_WRONG


def test_no_table_has_answers_to_an_exercise_that_there_is_not():
    for path in Path(__file__).parent.glob("test_answers_*.py"):
        table = import_module(f"tests.course.{path.stem}")
        assert set(table.RIGHT) == set(table.WRONG) <= set(EXERCISES)


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize("answer", [None, 5, [], {}, "yes", lambda *_: None, lambda *_: 1 / 0])
def test_no_answer_makes_a_check_raise_or_warn(exercise, answer):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(exercise, answer).passed is False


def test_an_answer_that_raises_is_told_where():
    source = "def answer(run):\n    number = 0\n    return 1 / number\n"
    cell: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "a cell", "exec"), cell)
    assert check("00.2", cell["answer"]).why == (
        "it raised ZeroDivisionError: division by zero (line 3 of the cell)"
    )


def test_a_name_that_there_is_not_yet_sends_the_reader_to_the_cells_above():
    assert check("00.2", lambda run: [chain]).why == (  # noqa: F821
        "it raised NameError: name 'chain' is not defined; "
        "run the cells above this one first, from the imports on"
    )


def test_an_answer_that_waits_for_ever_is_not_right_yet():
    async def never(coroutines):
        await asyncio.Event().wait()

    assert check("00.1", never).why.startswith("it raised DeadlockError: ")


def test_where_a_function_is_asked_for_a_call_of_it_is_told_from_its_name():
    said = check("00.1", [3, 1, 2]).why
    assert said == "the check takes a function, got [3, 1, 2]; write its name without brackets"


def test_a_verdict_shows_a_few_rows_and_counts_the_others():
    verdict = Verdict("03.1", False, "why", tuple("abcdef"))
    assert repr(verdict) == "not yet: why\n    a\n    b\n    c\n    d\n    and 2 more"
    assert repr(Verdict("03.1", True, "because")) == "yes: because"


def test_an_unknown_exercise_is_refused_with_the_nearest_one():
    with pytest.raises(ArgumentError, match=r"exercise must be a known name, got '3\.1'; did you"):
        check("3.1", len)
