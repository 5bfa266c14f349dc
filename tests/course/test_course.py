"""A guess before a run, and what is said of it afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from fulfillment_lib.course import predict
from fulfillment_lib.errors import ArgumentError


@pytest.mark.parametrize(
    ("guess", "actual", "said"),
    [
        (9, 7.0, "makespan: you said 9 s, it is 7 s: 2 s too much"),
        (3, 7.25, "makespan: you said 3 s, it is 7.25 s: 4.25 s too little"),
        (7, 7.0, "makespan: you said 7 s, and so it is"),
        (7, 7.0000001, "makespan: you said 7 s, and so it is"),
        (1200, np.float64(1300), "makespan: you said 1,200 s, it is 1,300 s: 100 s too little"),
        (0, 0, "makespan: you said 0 s, and so it is"),
    ],
)
def test_a_number_is_compared_with_its_difference(guess, actual, said):
    assert repr(predict("makespan", guess, "s").compare(actual)) == said


@pytest.mark.parametrize(
    ("guess", "actual", "said", "right"),
    [
        ("express", "standard", "who waits: you said 'express', it is 'standard'", False),
        ("express", "express", "who waits: you said 'express', and so it is", True),
        (True, False, "who waits: you said True, it is False", False),
        (True, np.True_, "who waits: you said True, and so it is", True),
    ],
)
def test_words_and_truth_are_right_or_not(guess, actual, said, right):
    comparison = predict("who waits", guess).compare(actual)
    assert (repr(comparison), comparison.right) == (said, right)


def test_a_guess_shows_itself_before_the_answer():
    assert repr(predict("makespan", 9, "s")) == "makespan: you say 9 s"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, [7], 1j])
def test_a_guess_that_is_no_answer_is_refused(value):
    with pytest.raises(ArgumentError, match=r"value must be a number from .*, got "):
        predict("makespan", value)


@pytest.mark.parametrize(("guess", "actual"), [(9, "nine"), ("nine", 9), (True, 1), (1, True)])
def test_an_answer_of_another_kind_is_refused(guess, actual):
    with pytest.raises(ArgumentError, match="actual must be of the kind of the guess "):
        predict("makespan", guess).compare(actual)
