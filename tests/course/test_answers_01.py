"""Answers to the exercises of lesson 01, right and wrong."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import numpy as np
import pytest
from answers import both_tests

from fulfillment_lib.course import check


def checks_of(skus):
    return [f"check {sku}" for sku in skus]


def all_checks(reserved):
    return [f"check {sku}" for skus in reserved.values() for sku in skus]


def per_warehouse(reserved):
    plan = {}
    for name, skus in reserved.items():
        plan |= {f"pack {name}": checks_of(skus), f"ship {name}": [f"pack {name}"]}
    return plan


def in_a_defaultdict(reserved):
    plan = defaultdict(list)
    for name, skus in reserved.items():
        for sku in skus:
            plan[f"pack {name}"].append(f"check {sku}")
        plan[f"ship {name}"].append(f"pack {name}")
    return plan


def barrier(reserved):
    return per_warehouse(reserved) | {f"pack {name}": all_checks(reserved) for name in reserved}


def with_checks(reserved):
    return {check: [] for check in all_checks(reserved)} | per_warehouse(reserved)


def with_all_before(reserved):
    """What comes before what comes before, too: the same plan."""
    plan = per_warehouse(reserved)
    return plan | {f"ship {name}": [*plan[f"pack {name}"], f"pack {name}"] for name in reserved}


def one_box(reserved):
    return {"pack": all_checks(reserved), "ship": ["pack"]}


def and_one_box(reserved):
    return per_warehouse(reserved) | one_box(reserved)


def a_list_that_grows(reserved):
    plan, seen = {}, []
    for name, skus in reserved.items():
        seen += checks_of(skus)
        plan |= {f"pack {name}": list(seen), f"ship {name}": [f"pack {name}"]}
    return plan


def ships_before_it_packs(reserved):
    return per_warehouse(reserved) | {
        f"ship {name}": checks_of(reserved[name]) for name in reserved
    }


def ships_all_together(reserved):
    packings = [f"pack {name}" for name in reserved]
    return per_warehouse(reserved) | {f"ship {name}": packings for name in reserved}


def packs_without_checks(reserved):
    return per_warehouse(reserved) | {f"pack {name}": [] for name in reserved}


def never_ships(reserved):
    return {f"pack {name}": checks_of(skus) for name, skus in reserved.items()}


def one_check_only(reserved):
    plan = per_warehouse(reserved)
    return {task: before[:1] for task, before in plan.items()}


def checks_that_wait(reserved):
    """One check after the other, as a loop with `await` does it."""
    checks = list(dict.fromkeys(all_checks(reserved)))
    return {check: checks[:place] for place, check in enumerate(checks)} | per_warehouse(reserved)


SHOWN_PLAN = per_warehouse({"EAST": ["MOUSE-002", "KEYBOARD-003"], "WEST": ["LAPTOP-001"]})


def bounded(limit):
    async def at_most(coroutines):
        places = asyncio.Semaphore(limit)

        async def one(coroutine):
            async with places:
                return await coroutine

        return await asyncio.gather(*map(one, coroutines))

    return at_most


async def three_workers(coroutines):
    results, waiting = {}, list(enumerate(coroutines))

    async def worker():
        while waiting:
            number, coroutine = waiting.pop(0)
            results[number] = await coroutine

    await asyncio.gather(worker(), worker(), worker())
    return [results[number] for number in sorted(results)]


async def in_a_queue(coroutines):
    queue, results = asyncio.Queue(), [None] * len(coroutines)
    for numbered in enumerate(coroutines):
        queue.put_nowait(numbered)

    async def worker():
        while not queue.empty():
            number, coroutine = queue.get_nowait()
            results[number] = await coroutine

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(worker())
    return tuple(results)


async def refilled(coroutines):
    tasks, running = [], set()
    for coroutine in coroutines:
        if len(running) == 3:
            _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        tasks.append(asyncio.create_task(coroutine))
        running = {*running, tasks[-1]}
    return np.array(await asyncio.gather(*tasks))


async def in_threes(coroutines):
    results = []
    for first in range(0, len(coroutines), 3):
        results += await asyncio.gather(*coroutines[first : first + 3])
    return results


async def one_by_one(coroutines):
    return [await coroutine for coroutine in coroutines]


async def as_they_end(coroutines):
    places, results = asyncio.Semaphore(3), []

    async def one(coroutine):
        async with places:
            results.append(await coroutine)

    await asyncio.gather(*map(one, coroutines))
    return results


async def a_limit_for_each(coroutines):
    async def one(coroutine):
        async with asyncio.Semaphore(3):
            return await coroutine

    return await asyncio.gather(*map(one, coroutines))


async def without_results(coroutines):
    await bounded(3)(coroutines)


async def first_three(coroutines):
    return await asyncio.gather(*coroutines[:3])


async def started_inside_awaited_outside(coroutines):
    places, tasks = asyncio.Semaphore(3), []
    for coroutine in coroutines:
        async with places:
            tasks.append(asyncio.create_task(coroutine))
    return await asyncio.gather(*tasks)


async def hangs(coroutines):
    await asyncio.Semaphore(0).acquire()


RIGHT = {
    "01.1": {
        "per warehouse": per_warehouse,
        "waits for all checks, as the library": barrier,
        "lists the checks too": with_checks,
        "checks that wait for None": lambda reserved: (
            dict.fromkeys(all_checks(reserved)) | per_warehouse(reserved)
        ),
        "lists the checks, waits for all": lambda reserved: (
            with_checks(reserved) | barrier(reserved)
        ),
        "tuples": lambda reserved: {
            task: tuple(before) for task, before in per_warehouse(reserved).items()
        },
        "sets": lambda reserved: {
            task: set(before) for task, before in per_warehouse(reserved).items()
        },
        "NumPy arrays": lambda reserved: {
            task: np.array(before) for task, before in per_warehouse(reserved).items()
        },
        "a defaultdict": in_a_defaultdict,
        "says twice what comes before": with_all_before,
    },
    "01.2": {
        "a semaphore": bounded(3),
        "three workers": three_workers,
        "a queue, a tuple": in_a_queue,
        "refilled, a NumPy array": refilled,
    },
}

WRONG = {
    "01.1": {
        "as it stands": (one_box, "there is no task 'pack EAST'"),
        "and one box": (and_one_box, "nobody needs the task '"),
        "a list that grows": (a_list_that_grows, "'pack WEST' must wait for ['check LAPTOP-001']"),
        "ships before it packs": (ships_before_it_packs, "'ship EAST' must wait for ['pack EAST']"),
        "ships all together": (ships_all_together, "'ship EAST' must wait for ['pack EAST']"),
        "packs without checks": (packs_without_checks, "'pack EAST' must wait for ['check KEY"),
        "never ships": (never_ships, "there is no task 'ship EAST'"),
        "one check only": (one_check_only, "'pack EAST' must wait for ['check KEY"),
        "checks that wait": (checks_that_wait, "must wait for []"),
        "a check of nothing": (
            lambda reserved: {"check": []} | per_warehouse(reserved),
            "nobody needs the task 'check'",
        ),
        "looked up": (lambda reserved: SHOWN_PLAN, "but there is no task 'pack CENTRAL'"),
        "text": (
            lambda reserved: per_warehouse(reserved) | {"ship EAST": "pack EAST"},
            "what 'ship EAST' waits for must be a list of tasks, got 'pack EAST'",
        ),
        "a number": (
            lambda reserved: per_warehouse(reserved) | {"ship EAST": 1},
            "it raised TypeError: 'int' object is not iterable",
        ),
        "a list of lists": (
            lambda reserved: per_warehouse(reserved) | {"ship EAST": [["pack EAST"]]},
            "it raised TypeError: unhashable type",
        ),
        "a list": (lambda reserved: list(reserved), "the plan must be a dict"),
        "none": (lambda reserved: None, "the plan must be a dict, got None"),
        "raises": (lambda reserved: reserved["NORTH"], "it raised KeyError"),
        "no argument": (dict, "there is no task 'pack EAST'"),
    },
    "01.2": {
        "as it stands": (bounded(20), "9 naps were under way at 0 s, at most 3 may be"),
        "four": (bounded(4), "4 naps were under way at 0 s, at most 3 may be"),
        "two": (bounded(2), "only 2 of 3 places were taken at 0 s"),
        "one by one": (one_by_one, "only 1 of 3 places were taken at 0 s"),
        "in threes": (in_threes, "only 1 of 3 places were taken at 2 s"),
        "as they end": (as_they_end, "the results must be [0, 1, 2, 3, 4, 5, 6, 7, 8]"),
        "a limit for each": (a_limit_for_each, "9 naps were under way at 0 s"),
        "started inside, awaited outside": (started_inside_awaited_outside, "9 naps were under"),
        "without results": (without_results, "the results must be"),
        "the first three": (first_three, "3 of 9 naps ended"),
        "hangs": (hangs, "it raised DeadlockError"),
        "not async": (lambda coroutines: list(coroutines), "it raised TypeError"),
    },
}


test_a_right_answer_passes, test_a_wrong_one_does_not_and_hears_why = both_tests(RIGHT, WRONG)


@pytest.mark.parametrize(
    ("answer", "words"),
    [(barrier, "as in the library"), (per_warehouse, "sooner than the library")],
)
def test_the_verdict_says_which_of_the_two_plans_it_is(answer, words):
    assert words in check("01.1", answer).why
