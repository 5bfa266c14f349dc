"""Answers to the exercises of lesson 03, right and wrong."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from answers import both_tests

from fulfillment_lib import Priority, policies
from fulfillment_lib.course import check

pytestmark = pytest.mark.slow  # judges run whole days


class Shortest:
    def __call__(self, task, ready_s):
        return task.expected_s


def seconds_and_head_start(head_start_s, task, ready_s):
    return ready_s + head_start_s * task.priority


def only_packings_step_back(task, ready_s):
    return ready_s + 7 * (task.kind == "packing")


def by_kind(task, ready_s):
    return ["inventory", "shipping", "packing"].index(task.kind)


def finish_first(task, ready_s):
    return ["shipping", "packing", "inventory"].index(task.kind)


async def waits(task, ready_s):
    return task.expected_s


RIGHT = {
    "03.1": {
        "by name": "shortest_first",
        "an object": policies.shortest_first,
        "a function": lambda task, ready_s: task.expected_s,
        "ties in order": lambda task, ready_s: (task.expected_s, ready_s),
        "a NumPy number": lambda task, ready_s: np.float64(task.expected_s),
        "a NumPy integer": lambda task, ready_s: np.int64(task.expected_s),
        "by kind": by_kind,
        "with patience": lambda task, ready_s: ready_s + 4 * task.expected_s,
        "packings step back": only_packings_step_back,
        "an object of one's own": Shortest(),
    },
    "03.2": {
        "by hand": lambda task, ready_s: ready_s + 15 * task.priority,
        "an object": policies.ageing(15),
        "earlier, not later": lambda task, ready_s: ready_s - 15 * (1 - task.priority),
        "by class": lambda task, ready_s: (
            ready_s - (15 if task.priority == Priority.EXPRESS else 0)
        ),
        "ties in order": lambda task, ready_s: (ready_s + 15 * task.priority, ready_s),
        "a NumPy number": lambda task, ready_s: np.float64(ready_s + 15.0 * task.priority),
        "a partial": partial(seconds_and_head_start, 15),
    },
}

WRONG = {
    "03.1": {
        "as it stands": (lambda task, ready_s: ready_s, "express tasks wait as long as under fifo"),
        "fifo by name": ("fifo", "express tasks wait as long as under fifo"),
        "express first by name": ("express_first", "standard tasks wait 60 % longer"),
        "express first": (policies.express_first, "standard tasks wait"),
        "a head start": (policies.ageing(5), "standard tasks wait"),
        "the longest first": (lambda task, ready_s: -task.expected_s, "both must wait at least"),
        "the shortest first, express among equals": (
            lambda task, ready_s: (task.expected_s, task.priority),
            "standard tasks wait 11 % longer than under fifo",
        ),
        "express first, then the shortest": (
            lambda task, ready_s: (task.priority, task.expected_s),
            "standard tasks wait",
        ),
        "finish first": (finish_first, "than under fifo"),
        "too little of it": (lambda task, ready_s: ready_s + task.expected_s, "standard tasks"),
        "no such name": ("shortest", "policy must be a known policy, got 'shortest'"),
        "a number": (15, "policy must be a name or a function"),
        "called": (None, "policy must be a name or a function"),
        "a class": (policies.ageing, "policy must be a name or a function"),
        "one argument": (lambda task: task.expected_s, "policy must be a name or a function"),
        "a coroutine": (waits, "policy must be a name or a function"),
        "raises": (lambda task, ready_s: task.seconds, "it raised AttributeError"),
        "no key": (lambda task, ready_s: None, "it raised ArgumentError: policy must be"),
    },
    "03.2": {
        "as it stands": (lambda task, ready_s: task.priority, "had to go first"),
        "fifo": (lambda task, ready_s: ready_s, "had to go first"),
        "fifo by name": ("fifo", "had to go first"),
        "express first by name": ("express_first", "had to go first"),
        "14 s": (lambda task, ready_s: ready_s + 14 * task.priority, "had to go first"),
        "16 s": (policies.ageing(16), "had to go first"),
        "15.2 s": (lambda task, ready_s: ready_s + 15.2 * task.priority, "had to go first"),
        "the wrong way": (lambda task, ready_s: ready_s - 15 * task.priority, "had to go first"),
        "priority decides": (lambda task, ready_s: (task.priority, ready_s), "had to go first"),
        "ageing without seconds": ("ageing", "write policies.ageing(head_start_s=30)"),
        "a number": (15, "policy must be a name or a function"),
    },
}


test_a_right_answer_passes, test_a_wrong_one_does_not_and_hears_why = both_tests(RIGHT, WRONG)


@pytest.mark.parametrize(
    ("answer", "word"),
    [("shortest_first", "goal two allows 1.8 times"), (only_packings_step_back, "both goals")],
)
def test_the_second_goal_is_told_where_the_first_is_reached(answer, word):
    assert word in check("03.1", answer).why
