"""A question from an older lesson: the same for the same seed, and one answer of several right."""

from __future__ import annotations

import re
from html import escape

import pytest

from fulfillment_lib.course import ask
from fulfillment_lib.errors import ArgumentError

LESSONS = [f"{number:02}" for number in range(10)]
FEW, MANY = range(8), range(8, 200)


def need_sound(question):
    """Choices are distinct, one is right, and each other one has a misconception of its own."""
    choices = question.choices
    assert 3 <= len(choices) == len(set(choices)) <= 4
    assert {question.answer, *question.why} == set(choices) and question.answer not in question.why
    sentences = [question.because, *question.why.values()]
    assert all(sentences) and len(set(sentences)) == len(choices)
    assert not re.search(r"[{}`]", " ".join([question.text, *sentences])), "a blank was left open"
    assert all(escape(choice) == choice for choice in choices)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_question_has_three_or_four_choices_and_a_misconception_behind_each_wrong_one(lesson):
    for seed in FEW:
        need_sound(ask(lesson, seed))


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_so_it_is_for_two_hundred_seeds_and_the_place_of_the_answer_tells_nothing(lesson):
    places = []
    for seed in MANY:
        question = ask(lesson, seed)
        need_sound(question)
        places.append(question.choices.index(question.answer))
    assert all(places.count(place) >= 30 for place in range(3))


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_same_seed_gives_the_same_question_and_others_give_others(lesson):
    def shown(seed):
        question = ask(lesson, seed)
        return repr(question), question._repr_html_(), question.answer

    assert [shown(seed) for seed in range(6)] == [shown(seed) for seed in range(6)]
    assert len({shown(seed) for seed in range(6)}) == 6


def test_a_question_looks_the_same_on_every_machine():
    assert repr(ask("07", 0)).splitlines()[1:] == [
        "order  lost replies",
        "    A             0",
        "    B             2",
        "    C             1",
        "    D             2",
        "    E             2",
        "Choose: 5, 9, 2",
    ]


def test_the_kinds_of_a_lesson_take_turns():
    first, second = ask("00", 0).text, ask("00", 1).text
    assert first != second and [ask("00", seed).text for seed in (2, 3)] == [first, second]


def test_lesson_06_asks_what_the_three_before_it_ask():
    texts = {ask("06", seed).text[:20] for seed in range(5)}
    before = {ask(lesson, seed).text[:20] for lesson in ("03", "04", "05") for seed in range(20)}
    assert len(texts) > 2 and texts <= before


def test_the_text_has_table_and_choices_and_does_not_tell_which_is_right():
    question = ask("02", 4)
    said = repr(question)
    assert said.startswith(question.text) and all(name in said for name in "ABCD")
    assert said.endswith(f"Choose: {', '.join(question.choices)}")
    assert question.because not in said and not any(why in said for why in question.why.values())


def test_in_a_notebook_each_choice_folds_what_is_said_of_it():
    question = ask("02", 4)
    page = question._repr_html_()
    folds = dict(re.findall(r"<details><summary>(.+?)</summary>(.+?)</details>", page))
    assert list(folds) == list(question.choices)
    assert folds[question.answer] == escape(f"Right. {question.because}")
    assert all(folds[choice] == escape(f"No. {why}") for choice, why in question.why.items())
    assert page.count("<table") == 1 and "<details open" not in page


def test_a_question_without_a_table_shows_none():
    question = ask("08", 1)
    assert question.table is None and "<table" not in question._repr_html_()
    assert len(repr(question).splitlines()) == 2


def test_a_choice_is_answered_and_what_is_none_is_refused():
    question = ask("00", 0)
    assert question.answered(question.answer) == f"Right. {question.because}"
    for choice, why in question.why.items():
        assert question.answered(choice) == f"No. {why}"
    with pytest.raises(ArgumentError, match=r"^choice must be one of 'at \d+ s', .*got '99'$"):
        question.answered("99")


@pytest.mark.parametrize(
    ("lesson", "remedy"), [("3", "; did you mean '03'?"), (3, ""), ("99", ""), (None, "")]
)
def test_an_unknown_lesson_is_refused_with_the_nearest(lesson, remedy):
    rule = f"^lesson must be a known name, got {lesson!r}"
    with pytest.raises(ArgumentError, match=rule) as caught:
        ask(lesson, 1)
    assert remedy in str(caught.value)


@pytest.mark.parametrize("seed", [-1, 1.5, True, "1", None])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ArgumentError, match=r"^seed must be a whole number from 0 to "):
        ask("02", seed)
