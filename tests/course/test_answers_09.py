"""Answers to the exercises of lesson 09: right ones of every kind, and wrong ones with the why."""

from __future__ import annotations

import math
from statistics import NormalDist, fmean, stdev

import numpy as np
import pytest
from answers import both_tests
from scipy import stats

from fulfillment_lib.course.black_friday import BASELINES

pytestmark = pytest.mark.slow  # a judge runs 45 days of a hundred orders

TUNED = BASELINES["tuned"]
DAY_S = 86_400


def _word(low, high):
    return "first" if high < 0 else "second" if low > 0 else "cannot tell"


def student(first, second):
    differences = first - second
    half = stats.t.ppf(0.975, len(differences) - 1) * differences.std() / len(differences) ** 0.5
    return _word(differences.mean() - half, differences.mean() + half)


def student_in_plain_python(first, second):
    differences = [one - other for one, other in zip(first, second, strict=True)]
    count = len(differences)
    half = stats.t.ppf(0.975, count - 1) * stdev(differences) / math.sqrt(count)
    return _word(fmean(differences) - half, fmean(differences) + half)


def paired_test(first, second):
    if (first == second).all():
        return "cannot tell"
    found = stats.ttest_rel(first, second)
    return "cannot tell" if found.pvalue > 0.05 else ("first" if found.statistic < 0 else "second")


def as_numpy_text(first, second):
    return np.array([student(first, second)])[0]


def stricter(first, second):
    differences = np.asarray(second) - np.asarray(first)
    count = len(differences)
    half = stats.t.ppf(0.985, count - 1) * differences.std(ddof=1) / np.sqrt(count)
    return _word(-differences.mean() - half, -differences.mean() + half)


def smaller_mean(first, second):
    return "first" if first.mean() < second.mean() else "second"


def most_days(first, second):
    share = (first < second).mean()
    return "first" if share > 0.5 else "second" if share < 0.5 else "cannot tell"


def with_the_normal(first, second):
    differences = first - second
    half = NormalDist().inv_cdf(0.975) * differences.std() / len(differences) ** 0.5
    return _word(differences.mean() - half, differences.mean() + half)


def without_the_root(first, second):
    differences = first - second
    half = stats.t.ppf(0.975, len(differences) - 1) * differences.std()
    return _word(differences.mean() - half, differences.mean() + half)


def with_the_count_less_one(first, second):
    differences = first - second
    half = stats.t.ppf(0.975, len(differences) - 1) * differences.std(ddof=0) / len(differences)
    return _word(differences.mean() - half, differences.mean() + half)


def unpaired(first, second):
    found = stats.ttest_ind(first, second, equal_var=False)
    return "cannot tell" if found.pvalue > 0.05 else ("first" if found.statistic < 0 else "second")


def the_dearer_one(first, second):
    return student(second, first)


def fails(first, second):
    return 1 / 0


def first_ordered_first(task, ready_s):
    return task.priority, task.due_s


def promise_s(task):
    return 20 if task.priority == 0 else 30


def kept_promises_first(task, ready_s):
    placed_s = task.due_s % DAY_S
    return ready_s - placed_s > promise_s(task), task.priority, placed_s


def finish_what_can_be_kept(task, ready_s):
    placed_s = task.due_s % DAY_S
    late = ready_s - placed_s > promise_s(task)
    return late, task.priority, not task.depends_on, placed_s


def by_order_number(task, ready_s):
    return [task.priority, task.order_id]


class FirstOrdered:
    def __call__(self, task, ready_s):
        return task.priority, task.due_s


def earliest_promise(task, ready_s):
    return task.due_s % DAY_S + promise_s(task)


def policy_that_fails(task, ready_s):
    raise ValueError("which one?")


async def policy_that_waits(task, ready_s):
    return task.priority


def as_before(task, ready_s):
    return task.priority, ready_s


RIGHT = {
    "09.1": {
        "Student's t by hand": student,
        "without pandas": student_in_plain_python,
        "a test of scipy": paired_test,
        "a text of numpy": as_numpy_text,
        "97 % instead of 95": stricter,
    },
    "09.2": {
        "first ordered first": TUNED | {"workers": 7, "policy": first_ordered_first},
        "numbers of numpy": TUNED
        | {"workers": np.int64(7), "timeout_s": np.float64(6.5), "policy": first_ordered_first},
        "a policy that is an object": TUNED | {"workers": 7, "policy": FirstOrdered()},
        "what is late already comes last": TUNED | {"workers": 7, "policy": kept_promises_first},
        "and ends what was begun": TUNED | {"workers": 7, "policy": finish_what_can_be_kept},
        "by number, as a list": TUNED | {"workers": 7, "policy": by_order_number},
    },
}

WRONG = {
    "09.1": {
        "the smaller mean": (smaller_mean, "for equal bills"),
        "the most days": (most_days, "for equal bills"),
        "the normal distribution": (with_the_normal, "3 days: you name a winner"),
        "the spread of a day": (without_the_root, "of the time"),
        "divided by n": (with_the_count_less_one, "you name a winner"),
        "not in pairs": (unpaired, "and you say so"),
        "the wrong way round": (the_dearer_one, "and you say so 0% of the time"),
        "never a winner": (lambda first, second: "cannot tell", "and you say so 0% of the time"),
        "another word": (lambda first, second: "draw", "'first', 'second' or 'cannot tell'"),
        "True": (lambda first, second: True, "'first', 'second' or 'cannot tell'"),
        "nothing": (lambda first, second: None, "'first', 'second' or 'cannot tell'"),
        "one argument": (lambda differences: "first", "it raised TypeError"),
        "it raises": (fails, "it raised ZeroDivisionError"),
        "no function": ("first", "the check takes a function"),
        "settings": ({"workers": 8}, "the check takes a function"),
    },
    "09.2": {
        "the baseline itself": (TUNED, "0.00 dollars a day saved"),
        "the exercise as it stands": (TUNED | {"policy": as_before}, "holds zero or less"),
        "tuned to the published days": (TUNED | {"workers": 7}, "holds zero or less"),
        "the policy alone": (
            TUNED | {"policy": first_ordered_first},
            "1.99 dollars a day saved on the sealed days (-0.11 to 4.08): the interval holds zero",
        ),
        "a little, but surely": (TUNED | {"policy": kept_promises_first}, "are wanted"),
        "too few workers": (
            TUNED | {"workers": 6, "policy": first_ordered_first},
            "holds zero or less",
        ),
        "too few, with a clever policy": (
            TUNED | {"workers": 6, "policy": kept_promises_first},
            "holds zero or less",
        ),
        "too many workers": (
            TUNED | {"workers": 9, "policy": kept_promises_first},
            "holds zero or less",
        ),
        "one attempt": ({"workers": 7, "policy": first_ordered_first}, "holds zero or less"),
        "a setting of the day": (TUNED | {"seed": 3}, "the answer is a dict with some of workers"),
        "no settings": ({}, "the answer is a dict with some of workers"),
        "a policy alone": (first_ordered_first, "the answer is a dict with some of workers"),
        "no workers": ({"workers": 0}, "it raised ArgumentError"),
        "a policy that raises": ({"policy": policy_that_fails}, "which one?"),
        "a policy that waits": ({"policy": policy_that_waits}, "it raised ArgumentError"),
        "an unknown policy": ({"policy": "oldest_first"}, "it raised ArgumentError"),
    },
}


test_a_right_answer_passes, test_a_wrong_one_does_not_and_hears_why = both_tests(RIGHT, WRONG)
