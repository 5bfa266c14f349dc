"""Answers to the exercises of lesson 00, right and wrong."""

from __future__ import annotations

import asyncio

import numpy as np
import pandas as pd
import pytest
from answers import both_tests

pytestmark = pytest.mark.slow  # judges run whole days


async def gathered(coroutines):
    return await asyncio.gather(*coroutines)


async def in_a_group(coroutines):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine) for coroutine in coroutines]
    return [task.result() for task in tasks]


async def started_first(coroutines):
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    return tuple([await task for task in tasks])


async def waited_for(coroutines):
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    await asyncio.wait(tasks)
    return [task.result() for task in tasks]


async def as_an_array(coroutines):
    return np.array(await asyncio.gather(*coroutines))


async def one_by_one(coroutines):
    return [await coroutine for coroutine in coroutines]


async def started_but_one_by_one(coroutines):
    return [await asyncio.create_task(coroutine) for coroutine in coroutines]


async def without_results(coroutines):
    await asyncio.gather(*coroutines)


async def as_they_end(coroutines):
    return [await ended for ended in asyncio.as_completed(coroutines)]


async def first_only(coroutines):
    return [await coroutines[0]]


async def not_awaited(coroutines):
    return asyncio.gather(*coroutines)


async def in_pairs(coroutines):
    results = []
    for first in range(0, len(coroutines), 2):
        results += await asyncio.gather(*coroutines[first : first + 2])
    return results


async def looked_up(coroutines):
    return [0, 1, 2]


async def number_of_them(coroutines):
    return len(await asyncio.gather(*coroutines))


async def hangs(coroutines):
    await asyncio.Event().wait()


def slowest_report(run):
    return max(run.reports, key=lambda report: report.lead_time_s)


def rows_of(run, report=None):
    timeline = run.timeline()
    return timeline[timeline["order_id"] == (report or slowest_report(run)).order_id]


def walk_back(run):
    mine = rows_of(run)
    step = mine.loc[mine["finish_s"].idxmax()]
    chain = [step["task_id"]]
    while (mine["finish_s"] == step["ready_s"]).any():
        step = mine[mine["finish_s"] == step["ready_s"]].iloc[0]
        chain.insert(0, step["task_id"])
    return chain


def of_records(run):
    mine = {a.finish_s: a for a in run.attempts if a.order_id == slowest_report(run).order_id}
    chain = [mine[max(mine)]]
    while chain[0].ready_s in mine:
        chain = [mine[chain[0].ready_s], *chain]
    return tuple(attempt.task_id for attempt in chain)


def every_task(run):
    return list(rows_of(run)["task_id"])


def longest_of_each_kind(run):
    mine = rows_of(run).sort_values("service_s").groupby("kind")["task_id"].last()
    return [mine[kind] for kind in ("inventory", "packing", "shipping") if kind in mine]


def latest_of_each_kind(run):
    mine = rows_of(run).sort_values("finish_s").groupby("kind")["task_id"].last()
    return [mine[kind] for kind in ("inventory", "packing", "shipping") if kind in mine]


def first_of_each_kind(run):
    mine = rows_of(run).groupby("kind")["task_id"].first()
    return [mine[kind] for kind in ("inventory", "packing", "shipping") if kind in mine]


def along_the_plan(run):
    """Only the checks that a packing depends on, though the orchestrator waits for all."""
    results = {result.task.id: result for result in run.results}
    ends_s = {attempt.task_id: attempt.finish_s for attempt in run.attempts}
    chain = [rows_of(run).sort_values("finish_s").iloc[-1]["task_id"]]
    while before := results[chain[0]].task.depends_on:
        chain.insert(0, max(before, key=ends_s.__getitem__))
    return chain


def of_the_last_order(run):
    last = max(run.reports, key=lambda report: report.finished_s)
    mine = rows_of(run, last).sort_values("finish_s").groupby("kind")["task_id"].last()
    return [mine[kind] for kind in ("inventory", "packing", "shipping") if kind in mine]


def of_the_first_order(run):
    mine = rows_of(run, run.reports[0]).sort_values("finish_s").groupby("kind")["task_id"].last()
    return [mine[kind] for kind in ("inventory", "packing", "shipping") if kind in mine]


ON_THE_DAY_THAT_IS_SHOWN = [
    "ORD-007/inventory/MOUSE-002",
    "ORD-007/packing/EAST",
    "ORD-007/shipping/EAST",
]

RIGHT = {
    "00.1": {
        "gathered": gathered,
        "in a group": in_a_group,
        "started first, a tuple": started_first,
        "waited for": waited_for,
        "a NumPy array": as_an_array,
    },
    "00.2": {
        "back along the table": walk_back,
        "back along the records, a tuple": of_records,
        "a NumPy array": lambda run: np.array(walk_back(run)),
        "a column": lambda run: pd.Series(walk_back(run)),
        "a generator": lambda run: (task_id for task_id in walk_back(run)),
        "the keys of a dict": lambda run: dict.fromkeys(walk_back(run)).keys(),
    },
}

WRONG = {
    "00.1": {
        "as it stands": (one_by_one, "naps of 3, 1, 2 s took 6 s"),
        "started, but one by one": (started_but_one_by_one, "naps of 3, 1, 2 s took 6 s"),
        "in pairs": (in_pairs, "naps of 3, 1, 2 s took 5 s"),
        "without results": (without_results, "the results must be [0, 1, 2], got None"),
        "as they end": (as_they_end, "the results must be [0, 1, 2], got [1, 2, 0]"),
        "the first only": (first_only, "1 of 3 naps ended"),
        "not awaited": (not_awaited, "0 of 3 naps ended"),
        "looked up": (looked_up, "0 of 3 naps ended"),
        "their number": (number_of_them, "it raised TypeError"),
        "hangs": (hangs, "it raised DeadlockError"),
        "not async": (lambda coroutines: [0, 1, 2], "it raised TypeError"),
        "no argument": (lambda: None, "it raised TypeError"),
    },
    "00.2": {
        "as it stands": (every_task, "was not ready when"),
        "the id of an order": (
            lambda run: run.orders[0].id,
            "must be task ids, from the first to the last, got 'ORD-001'",
        ),
        "the id of a task": (
            lambda run: walk_back(run)[-1],
            "must be task ids, from the first to the last, got 'ORD-007/",
        ),
        "backwards": (lambda run: walk_back(run)[::-1], "was not ready when"),
        "the last task only": (lambda run: walk_back(run)[-1:], "wait for?"),
        "without the check": (lambda run: walk_back(run)[1:], "wait for?"),
        "without the packing": (lambda run: walk_back(run)[::2], "was not ready when"),
        "without the shipping": (lambda run: walk_back(run)[:-1], "the order was finished at"),
        "the longest of each kind": (longest_of_each_kind, "was not ready when"),
        "the last of each kind": (latest_of_each_kind, "was not ready when"),
        "the first of each kind": (first_of_each_kind, "was not ready when"),
        "only what the packing depends on": (along_the_plan, "was not ready when"),
        "of the order that ended last": (of_the_last_order, "took longer"),
        "of the first order": (of_the_first_order, "took longer"),
        "of every order": (lambda run: list(run.timeline()["task_id"]), "took longer"),
        "looked up": (
            lambda run: ON_THE_DAY_THAT_IS_SHOWN,
            "must be tasks of the run, got 'ORD-007/",
        ),
        "unknown tasks": (lambda run: ["check", "pack"], "must be tasks of the run, got 'check'"),
        "the attempts": (lambda run: list(run.attempts), "must be task ids"),
        "nothing": (lambda run: [], "must be task ids"),
        "none": (lambda run: None, "must be task ids, from the first to the last, got None"),
        "a number": (lambda run: 7, "must be task ids, from the first to the last, got 7"),
        "raises": (lambda run: run.no_such_thing, "it raised AttributeError"),
        "two arguments": (lambda run, order: [], "it raised TypeError"),
    },
}


test_a_right_answer_passes, test_a_wrong_one_does_not_and_hears_why = both_tests(RIGHT, WRONG)
