"""Answers to the exercises of lesson 06, right and wrong."""

from __future__ import annotations

from itertools import count
from statistics import fmean, pstdev

import numpy as np
import pandas as pd
import pytest
from answers import both_tests

from fulfillment_lib import Priority, policies, scenarios, simulate
from fulfillment_lib.analysis import kpis

pytestmark = pytest.mark.slow  # judges run whole days


def express_leads(run):
    return [r.lead_time_s for r in run.reports if r.priority is Priority.EXPRESS]


def kept(day, workers, promise_s):
    return max(express_leads(simulate(day, workers=workers))) <= promise_s


def fewest(days, promise_s):
    for workers in count(1):
        if sum(kept(day, workers, promise_s) for day in days) >= 0.9 * len(days):
            return workers


def by_missed_days(days, promise_s):
    workers = 1
    while 10 * sum(not kept(day, workers, promise_s) for day in days) > len(days):
        workers += 1
    return np.int64(workers)


def by_table(days, promise_s):
    for workers in range(1, 11):
        tables = [simulate(day, workers=workers).summary() for day in days]
        slowest = [t.loc[t["priority"] == "express", "lead_time_s"].max() for t in tables]
        if (np.array(slowest) <= promise_s).mean() >= 0.9:
            return workers


def from_above(days, promise_s):
    workers = 12
    while sum(kept(day, workers - 1, promise_s) for day in days) >= 0.9 * len(days):
        workers -= 1
    return float(workers)


def on_every_day(days, promise_s):
    return next(w for w in range(1, 20) if all(kept(day, w, promise_s) for day in days))


def of_the_first_day(days, promise_s):
    return next(w for w in range(1, 20) if kept(days[0], w, promise_s))


def by_percentile(days, promise_s):
    for workers in range(1, 20):
        runs = [simulate(day, workers=workers) for day in days]
        if np.mean([np.quantile(express_leads(run), 0.95) <= promise_s for run in runs]) >= 0.9:
            return workers


def by_mean(days, promise_s):
    for workers in range(1, 20):
        runs = [simulate(day, workers=workers) for day in days]
        if np.mean([fmean(express_leads(run)) <= promise_s for run in runs]) >= 0.9:
            return workers


def of_all_orders(days, promise_s):
    for workers in range(1, 20):
        tables = [kpis(simulate(day, workers=workers)) for day in days]
        if np.mean([table["lead_time_p95_s"].iloc[0] <= promise_s for table in tables]) >= 0.9:
            return workers


def without_the_days(days, promise_s):
    return fewest([scenarios.web_shop(seed=seed) for seed in range(4)], 15)


def early_whole(order):
    return "ship_complete" if order.placed_s < 50 else "backorder"


def by_number(order):
    return ("ship_complete", "backorder")[int(order.id[-3:]) > 25]


def stage(task):
    return ["shipping", "packing", "inventory"].index(task.kind)


def lognormal(times_s):
    logs = np.log(sorted(times_s)[-100:])
    return np.exp(logs.max()) * 1.4


def killed(times_s):
    return 3 * fmean(times_s)


RIGHT = {
    "06.1": {
        "counted": fewest,
        "missed days, a NumPy number": by_missed_days,
        "from the table": by_table,
        "from above, a float": from_above,
    },
    "06.2": {
        "sooner and oftener": {"timeout_s": 10, "max_attempts": 5},
        "NumPy numbers": {"timeout_s": np.float64(10), "max_attempts": np.int64(5)},
        "with a policy by name": {"timeout_s": 10, "max_attempts": 5, "policy": "earliest_due"},
        "with an object": {"timeout_s": 10.0, "max_attempts": 6, "policy": policies.earliest_due},
        "shorter pauses, too": {"timeout_s": 10, "max_attempts": 5, "backoff_s": 0.5},
    },
    "06.3": {
        "the early ones whole": early_whole,
        "short in the end": lambda o: "ship_complete" if o.placed_s < 50 else "short_ship",
        "five seconds later": lambda o: "ship_complete" if o.placed_s <= 55 else "backorder",
        "by number": by_number,
        "a NumPy text": lambda o: np.where(o.placed_s < 50, "ship_complete", "backorder")[()],
    },
    "06.4": {
        "finish first": {"policy": lambda task, ready_s: stage(task)},
        "ties in order": {"policy": lambda task, ready_s: (stage(task), ready_s)},
        "a NumPy number": {"policy": lambda task, ready_s: np.int64(stage(task))},
        "checks last": {"policy": lambda task, ready_s: task.kind == "inventory"},
        "longest first, so that checks are last": {
            "policy": lambda task, ready_s: -task.expected_s
        },
        "box by box": {"policy": lambda task, ready_s: task.order_id},
    },
    "06.5": {
        "half as much again as the longest": lambda times_s: 1.5 * max(times_s),
        "a quarter more": lambda times_s: 1.25 * np.max(times_s),
        "whole seconds": lambda times_s: int(1.3 * max(times_s)) + 1,
        "far out in the tail": lambda times_s: 1.6 * np.quantile(times_s, 0.99),
        "of a series": lambda times_s: pd.Series(times_s).max() * 1.4,
        "by logarithms": lognormal,
        "by the spread": lambda times_s: fmean(times_s) + 6.5 * pstdev(times_s),
    },
}

WRONG = {
    "06.1": {
        "as it stands": (lambda days, promise_s: 5, "workers keep the promise on"),
        "four": (lambda days, promise_s: 4, "workers keep the promise on"),
        "on every day": (on_every_day, "workers keep the promise on"),
        "of the first day": (of_the_first_day, "workers keep the promise on"),
        "by the 95th percentile": (by_percentile, "workers keep the promise on"),
        "by the mean": (by_mean, "workers keep the promise on"),
        "of all orders": (of_all_orders, "workers keep the promise on"),
        "one to be sure": (
            lambda days, promise_s: fewest(days, promise_s) + 1,
            "workers keep the promise on",
        ),
        "without the days": (without_the_days, "workers keep the promise on"),
        "of one argument": (lambda days: 5, "it raised TypeError"),
        "none at all": (lambda days, promise_s: 0, "must be a whole number of workers, got 0"),
        "half a worker": (lambda days, promise_s: 4.5, "must be a whole number"),
        "not a number": (lambda days, promise_s: float("nan"), "must be a whole number"),
        "nothing": (lambda days, promise_s: None, "must be a whole number of workers, got None"),
        "a text": (lambda days, promise_s: "4", "must be a whole number"),
        "true": (lambda days, promise_s: True, "must be a whole number"),
        "settings": ({"workers": 4}, ""),
    },
    "06.2": {
        "as it stands": ({"timeout_s": 20, "max_attempts": 3}, "it must be at most 28.5 s"),
        "one attempt": ({"timeout_s": 5, "max_attempts": 1}, "units shipped"),
        "too short": ({"timeout_s": 4}, "units shipped"),
        "a policy alone": ({"policy": "earliest_due"}, "it must be at most"),
        "shortest first": ({"policy": "shortest_first"}, "units shipped"),
        "more attempts alone": ({"max_attempts": 10}, "it must be at most"),
        "more workers": ({"workers": 50}, "a dict with some of"),
        "nothing": ({}, "a dict with some of"),
        "no dict": (("timeout_s", 10), "a dict with some of"),
        "a text": ({"timeout_s": "10"}, "it raised"),
    },
    "06.3": {
        "as it stands": (lambda o: "backorder", "orders fulfilled as a whole"),
        "all or nothing": (lambda o: "ship_complete", "units shipped"),
        "all that there is": (lambda o: "short_ship", "orders fulfilled as a whole"),
        "as they were": (lambda o: o.shortage, "orders fulfilled as a whole"),
        "large ones apart": (
            lambda o: "backorder" if sum(x.quantity for x in o.lines) > 5 else "ship_complete",
            "units shipped; it must be",
        ),
        "express whole": (lambda o: ("ship_complete", "backorder")[o.priority], "as a whole"),
        "the wrong way round": (
            lambda o: "backorder" if o.placed_s < 50 else "ship_complete",
            "as a whole",
        ),
        "too early": (lambda o: "ship_complete" if o.placed_s < 35 else "backorder", "as a whole"),
        "too late": (
            lambda o: "ship_complete" if o.placed_s < 70 else "backorder",
            "units shipped",
        ),
        "no such rule": (lambda o: "complete", "it raised ArgumentError: shortage must be"),
        "nothing": (lambda o: None, "it raised ArgumentError"),
        "of no argument": (lambda: "backorder", "it raised TypeError"),
        "a text": ("ship_complete", "write its name without brackets"),
    },
    "06.4": {
        "as it stands": ({"policy": "shortest_first"}, "mean lead time 49.1 s"),
        "fifo": ({"policy": "fifo"}, "it must be at most 43.1 s"),
        "express first": ({"policy": policies.express_first}, "it must be at most"),
        "earliest due": ({"policy": "earliest_due"}, "it must be at most"),
        "backwards": ({"policy": lambda task, ready_s: -stage(task)}, "it must be at most"),
        "more workers": ({"workers": 10}, "a dict with some of policy"),
        "without a dict": (lambda task, ready_s: stage(task), "a dict with some of policy"),
        "no key": ({"policy": lambda task, ready_s: None}, "it raised"),
        "of one argument": ({"policy": lambda task: stage(task)}, "it raised"),
        "no such name": ({"policy": "finish_first"}, "it raised"),
    },
    "06.5": {
        "as it stands": (lambda times_s: 30, "units shipped"),
        "ten seconds": (lambda times_s: 10, "units shipped"),
        "a minute": (lambda times_s: 60, "mean lead time"),
        "forty": (lambda times_s: 40, "mean lead time"),
        "the longest": (max, "units shipped"),
        "three times the mean": (killed, "units shipped"),
        "nineteen of twenty": (lambda times_s: np.quantile(times_s, 0.95), "units shipped"),
        "ten times the longest": (lambda times_s: 10 * max(times_s), "mean lead time"),
        "not a number": (lambda times_s: float("nan"), "must be a timeout in seconds, got nan"),
        "nothing": (lambda times_s: None, "must be a timeout in seconds, got None"),
        "no time at all": (lambda times_s: 0, "must be a timeout in seconds, got 0"),
        "a text": (lambda times_s: "30", "must be a timeout in seconds"),
        "of two arguments": (lambda times_s, kind: 30, "it raised TypeError"),
        "settings": ({"timeout_s": 30}, ""),
    },
}


test_a_right_answer_passes, test_a_wrong_one_does_not_and_hears_why = both_tests(RIGHT, WRONG)
