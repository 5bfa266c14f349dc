"""Each kind of question: its right answer, worked out once more without the engine."""

from __future__ import annotations

import json
from functools import cache
from inspect import getmembers, isfunction
from random import Random

import pytest

from fulfillment_lib.course import questions
from fulfillment_lib.course.asking import TEXTS
from fulfillment_lib.course.small_days import Job, attempts_of, end_s, report_of

KINDS = {
    kind: texts
    for kinds in json.loads(TEXTS.read_text(encoding="utf-8")).values()
    for kind, texts in kinds.items()
}


def served(table, workers, rank):
    """By hand: (task, start) of each task, second by second, of those that wait by their rank."""
    waiting, free_s, starts, now_s = table.to_dict("records"), [0] * workers, {}, 0
    while waiting:
        there = [row for row in waiting if row.get("placed_s", 0) <= now_s]
        place = min(range(workers), key=free_s.__getitem__)
        if there and free_s[place] <= now_s:
            row = min(there, key=rank)
            waiting.remove(row)
            starts[row["task"]], free_s[place] = now_s, now_s + row["seconds"]
        else:
            now_s += 1
    return starts


def in_order(row):
    return row.get("placed_s", 0)


def ends(table, workers, rank=in_order):
    seconds = table.set_index("task")["seconds"]
    return {task: at_s + seconds[task] for task, at_s in served(table, workers, rank).items()}


def critical_path(case):
    seconds = case.table.set_index("task")["seconds"]
    checks = [seconds[f"check {name}"] for name in "ABC"]
    return max(checks) + seconds["packing"] + seconds["shipping"]


def overtaking(case):
    policy = case.facts["rule"]
    lead_s = getattr(policy, "head_start_s", 1000)

    def rank(row):
        return row["placed_s"] + (lead_s if row["priority"] == "standard" else 0)

    return served(case.table, 1, rank)["E"]


def back_off(case):
    tries, pause_s = case.facts["max_attempts"], case.facts["pause"]
    pauses_s = sum(pause_s * 2**number for number in range(tries - 1))
    return tries * case.facts["timeout_s"] + pauses_s


def lost_part(case):
    units = case.table.groupby("lie at")["units"].sum()
    rule = case.facts["rule"]
    return {"backorder": units["EAST"], "short_ship": 0, "ship_complete": units.sum()}[rule]


def labels(case):
    requests = (case.table["lost replies"] + 1).clip(upper=2)
    return len(requests) if case.facts["key"] == "with" else requests.sum()


def resumed(case):
    seconds = case.table["seconds"]
    return seconds[seconds.cumsum() > case.facts["kill"]].sum()


def present(case):
    rows = list(case.table[["comes_s", "leaves_s"]].itertuples(index=False))
    return sum(sum(comes <= at_s < leaves for comes, leaves in rows) for at_s in range(10)) / 10


def bill(case):
    table = case.table.set_index("task")
    ended = ends(case.table, 2)
    promise_s = case.facts["promise"]
    late = sum(at_s - table["placed_s"][task] > promise_s for task, at_s in ended.items())
    return 2 * max(ended.values()) + case.facts["fine"] * late


BY_HAND = {
    "gathered": lambda case: case.table["seconds"].max(),
    "critical_path": critical_path,
    "barrier": lambda case: max(ends(case.table, 2).values()),
    "split": lambda case: case.table["lie at"].nunique(),
    "bounded": lambda case: max(ends(case.table, case.facts["workers"]).values()),
    "more_than_tasks": lambda case: case.table["seconds"].max(),
    "overtaking": overtaking,
    "ties": lambda case: case.table[case.table["priority"] == "express"]["task"].min(),
    "back_off": back_off,
    "hanging": lambda case: len(case.table) - 1,
    "lost_part": lost_part,
    "labels": labels,
    "resumed": resumed,
    "present": present,
    "interval": lambda case: case.facts["times"] ** 2 * case.facts["runs"],
    "bill": bill,
}


@cache
def cases(kind, number=60):
    """Those of the first cases of a kind in which no two models say the same."""
    drawn = (getattr(questions, kind)(Random(seed)) for seed in range(number))
    return [case for case in drawn if len(set(case.models.values())) == len(case.models)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_answer_is_the_one_that_is_worked_out_by_hand(kind):
    some = cases(kind)
    assert some and all(case.models[case.right] == BY_HAND[kind](case) for case in some)


@pytest.mark.parametrize("kind", KINDS)
def test_most_small_days_are_of_use_and_have_three_or_four_answers(kind):
    some = cases(kind)
    assert len(some) >= 6
    assert all(3 <= len(case.models) <= 4 for case in some)


@pytest.mark.parametrize("kind", KINDS)
def test_every_wrong_model_has_its_sentence_and_no_sentence_is_left_over(kind):
    wrong = {model for case in cases(kind) for model in case.models if model != case.right}
    assert set(KINDS[kind]["wrong"]) == wrong


def test_every_kind_has_its_sentences_and_is_worked_out_by_hand():
    written = {
        name
        for name, function in getmembers(questions, isfunction)
        if function.__module__ == questions.__name__ and name not in ("jobs_of", "spread")
    }
    assert written == set(KINDS) == set(BY_HAND)


def test_a_sentence_is_short_and_says_what_the_wrong_answer_is():
    for texts in KINDS.values():
        for sentence in texts["wrong"].values():
            assert sentence.startswith(("That ", "Those ")) and len(sentence) <= 140


# The small days themselves


def test_jobs_come_at_their_times_by_their_priority_and_hang_as_often_as_said():
    jobs = [Job("A", 4), Job("B", 1, 1), Job("E", 2, 2, "express", hangs=1)]
    attempts = attempts_of(1, jobs, timeout_s=3, max_attempts=2)
    told = [(each.task_id, each.start_s, each.finish_s, str(each.outcome)) for each in attempts]
    assert told == [
        ("A", 0.0, 3.0, "timed_out"),
        ("E", 3.0, 6.0, "timed_out"),
        ("B", 6.0, 7.0, "succeeded"),
        ("E", 7.0, 9.0, "succeeded"),
        ("A", 9.0, 12.0, "timed_out"),
    ]
    assert end_s(2, jobs[:2]) == 4


def test_an_order_for_all_that_is_there_ships_from_every_place():
    report = report_of({"EAST": {"MOUSE-002": 2}, "WEST": {"LAPTOP-001": 1}})
    assert sorted(part.warehouse for part in report.fulfillments) == ["EAST", "WEST"]
    assert report.total("shipped") == 3
