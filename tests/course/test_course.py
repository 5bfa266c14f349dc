"""A guess before a run, and what is said of it afterwards."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances

from fulfillment_lib.course import fields, guesses, predict
from fulfillment_lib.errors import ArgumentError
from notebooks import WIDGET_VIEW


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


@pytest.mark.parametrize(
    ("guess", "actual", "rule"),
    [
        (9, "nine", "a text, got 9.0"),
        ("nine", 9, "a number, got 'nine'"),
        (True, 1, "a number, got True"),
        (1, True, "True or False, got 1.0"),
    ],
)
def test_a_guess_of_another_kind_is_refused_by_name_and_gives_no_answer_away(guess, actual, rule):
    with pytest.raises(ArgumentError, match=f"^guess must be {rule}$"):
        predict("makespan", guess).compare(actual)


# What a notebook shows. `live` is a notebook; `typed` presses the button of its field.


@pytest.fixture
def live(monkeypatch):
    monkeypatch.setattr(fields, "live", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda _: None)


def field_of(prediction):
    shown = prediction._repr_mimebundle_()[WIDGET_VIEW]
    return _instances[shown["model_id"]]


def guessed(prediction, typed):
    """What stands beside the field when the button has been pressed."""
    text, button, told = field_of(prediction).children
    text.value = typed
    button.click()
    assert text.disabled == button.disabled == (told.value == "Noted.")
    return told.value


def text_of(shown):
    return _instances[shown._repr_mimebundle_()[WIDGET_VIEW]["model_id"]]


def test_a_saved_answer_is_folded_and_its_text_is_as_ever():
    comparison = predict("makespan", 9, "s").compare(7.0)
    assert comparison._repr_html_() == (
        "<details><summary>Guess first, then open</summary>"
        "<p>makespan: many say 9 s, it is 7 s: 2 s too much</p></details>"
    )
    assert repr(comparison) == "makespan: you said 9 s, it is 7 s: 2 s too much"


def test_outside_a_notebook_nothing_is_a_widget():
    prediction = predict("makespan", 9, "s")
    asked = "Your guess: makespan, in s"
    assert prediction._repr_mimebundle_() == {"text/plain": asked, "text/html": asked}
    assert prediction.compare(7.0)._repr_mimebundle_() == {}
    assert guesses()._repr_mimebundle_() == {}


def test_in_a_notebook_the_field_has_the_usual_answer_as_its_example(live):
    text, button, _ = field_of(predict("makespan", 9, "s")).children
    assert (text.description, text.value) == ("Your guess: makespan, in s", "")
    assert (text.placeholder, button.description) == ("such as 9 s", "That's my guess")


def test_a_guess_opens_the_answer_that_is_on_the_screen(live):
    prediction = predict("makespan", 9, "s")
    shown = text_of(prediction.compare(7.0))
    assert shown.value.startswith("<details><summary>Guess first, then open</summary>")
    assert guessed(prediction, " 8 ") == "Noted."
    assert shown.value == (
        "<strong>makespan: you said 8 s, it is 7 s: 1 s too much</strong><br>"
        "makespan: many say 9 s, it is 7 s: 2 s too much"
    )


def test_a_guess_before_the_run_is_what_is_compared(live):
    prediction = predict("makespan", 9, "s")
    guessed(prediction, "7")
    comparison = prediction.compare(7.0)
    assert comparison.right and repr(comparison) == "makespan: you said 7 s, and so it is"
    assert "<details>" not in text_of(comparison).value


@pytest.mark.parametrize(
    ("value", "typed", "rule"),
    [
        (9, "nine", "a number, got 'nine'"),
        (9, "", "a number, got ''"),
        (9, "nan", "a number from"),
        ("express", "", "a text that is not blank, got ''"),
        (True, "perhaps", "True or False, got 'perhaps'"),
    ],
)
def test_a_guess_of_the_wrong_kind_is_refused_beside_the_field(live, value, typed, rule):
    prediction = predict("makespan", value)
    assert f"guess must be {rule}" in unescape(guessed(prediction, typed))


def test_text_and_truth_are_typed_as_they_are_written(live):
    guessed(longest := predict("longest", "flash sale"), "Subscription box")
    guessed(waits := predict("waits", True), "False")
    assert longest.compare("subscription box").right and waits.compare(False).right


def test_what_is_typed_and_named_is_escaped_in_html(live):
    prediction = predict("<b>", "<i>")
    shown = text_of(prediction.compare("<u>"))
    guessed(prediction, "<s>")
    assert not re.findall("<[bius]>", shown.value + text_of(guesses()).value)


def test_the_guesses_in_the_cells_are_counted_as_usual_answers():
    predict("makespan", 9, "s").compare(7.0)
    predict("waits", True).compare(True)
    assert repr(guesses()) == "the usual answer is wrong in 1 of 2\n    makespan"


def test_guesses_that_were_typed_are_counted_alone_and_the_count_follows(live):
    makespan, waits = predict("makespan", 9, "s"), predict("waits", True)
    makespan.compare(7.0)
    waits.compare(True)
    shown = text_of(guesses())
    guessed(makespan, "8")
    assert repr(guesses()) == "1 of 1 surprised you\n    makespan"
    guessed(waits, "True")
    assert shown.value == "<pre>1 of 2 surprised you\n    makespan</pre>"


def test_a_cell_that_runs_again_is_a_new_bet(live):
    guessed(predict("makespan", 9, "s"), "8")
    again = predict("makespan", 9, "s")
    assert field_of(again).children[0].value == ""
    assert again.compare(7.0).guess == 9
