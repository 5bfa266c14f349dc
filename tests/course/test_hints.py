"""Hints come one after the other, asked for or after a second "not yet"."""

from __future__ import annotations

import pytest

from fulfillment_lib.course import check, hint
from fulfillment_lib.course.checking import EXERCISES
from fulfillment_lib.course.hints import texts

FIRST, SECOND = texts()["00.2"]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_exercise_has_two_hints_at_least_of_three_sentences_at_most(exercise):
    hints = texts()[exercise]
    assert len(set(hints)) == len(hints) >= 2
    assert all(text.count(". ") + text.count("? ") <= 2 for text in hints)


def test_there_are_no_hints_for_exercises_that_there_are_not():
    assert list(texts()) == list(EXERCISES)


def test_each_call_gives_the_next_hint_and_after_the_last_one_the_last_again():
    said = [repr(hint("00.2")) for _ in range(3)]
    assert said == [f"Hint 1 of 2: {FIRST}", *[f"Hint 2 of 2: {SECOND}"] * 2]


def test_the_second_not_yet_comes_with_the_first_hint_and_the_fourth_with_the_next():
    said = [check("00.2", print).hint for _ in range(6)]
    one, two = f"Hint 1 of 2: {FIRST}", f"Hint 2 of 2: {SECOND}"
    assert said == ["", one, one, two, two, two]
    assert check("00.1", print).hint == "", "another exercise"


def test_a_hint_that_a_check_gave_is_not_given_by_the_next_call():
    verdicts = [check("00.2", print) for _ in range(2)]
    assert repr(verdicts[1]).splitlines()[-1] == f"Hint 1 of 2: {FIRST}"
    assert hint("00.2").text == SECOND


def test_a_hint_changes_nothing_of_the_verdict_that_a_teacher_reads():
    first, second = (check("00.2", print) for _ in range(2))
    assert (first.passed, first.why, first.rows) == (second.passed, second.why, second.rows)
