"""Answers to the exercises of lesson 02, right and wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from statistics import median

import numpy as np
import pandas as pd
import pytest
from answers import both_tests

from fulfillment_lib import simulate

pytestmark = pytest.mark.slow  # judges run whole days


async def pool(jobs, workers, *, catch=Exception, kept=lambda error: error, form=list, last=False):
    """A pool as in the solution; `kept` makes a result of an error, `form` of all results."""
    waiting, results = list(enumerate(jobs)), {}

    async def worker():
        while waiting:
            number, job = waiting.pop(-1 if last else 0)
            try:
                results[number] = await job()
            except catch as error:
                results[number] = kept(error)

    await asyncio.gather(*(worker() for _ in range(workers)), return_exceptions=True)
    return form(results.get(number) for number in range(len(jobs)))


async def with_semaphore(jobs, workers):
    places = asyncio.Semaphore(workers)

    async def one(job):
        async with places:
            return await job()

    return await asyncio.gather(*map(one, jobs), return_exceptions=True)


async def all_at_once(jobs, workers):
    return await asyncio.gather(*(job() for job in jobs), return_exceptions=True)


async def in_groups(jobs, workers):
    results = []
    for first in range(0, len(jobs), workers):
        group = jobs[first : first + workers]
        results += await asyncio.gather(*(job() for job in group), return_exceptions=True)
    return results


async def first_of_the_queue_only(jobs, workers):
    return (await pool(jobs, workers))[:workers]


async def never(jobs, workers):
    await asyncio.Event().wait()


def array(results):
    kept = list(results)
    cells = np.empty(len(kept), dtype=object)
    cells[:] = kept
    return cells


def leads(orders):
    return pd.Series({count: lead(orders, count) for count in range(1, 13)})


def lead(orders, workers):
    return simulate(orders, workers=workers).summary()["lead_time_s"].mean()


def enough(orders):
    found = leads(orders)
    return found.index[found <= 1.05 * found[12]][0]


def upwards(orders):
    workers = 1
    while lead(orders, workers) > 1.05 * lead(orders, 12):
        workers += 1
    return workers


def by_makespan(orders):
    spans = {count: simulate(orders, workers=count).makespan_s for count in range(1, 13)}
    return min(count for count in spans if spans[count] <= 1.05 * spans[12])


def by_median(orders):
    found = {
        count: median(simulate(orders, workers=count).summary()["lead_time_s"])
        for count in range(1, 13)
    }
    return min(count for count in found if found[count] <= 1.05 * found[12])


RIGHT = {
    "02.1": {
        "a list": pool,
        "a tuple": partial(pool, form=tuple),
        "a deque": partial(pool, form=deque),
        "an array": partial(pool, form=array),
        "the last one first": partial(pool, last=True),
        "everything is caught": partial(pool, catch=BaseException),
        "a semaphore": with_semaphore,
    },
    "02.2": {
        "of the index": enough,
        "an int": lambda orders: int(enough(orders)),
        "NumPy's smallest": lambda orders: np.int32(enough(orders)),
        "idxmax": lambda orders: (leads(orders) <= 1.05 * leads(orders)[12]).idxmax(),
        "upwards": upwards,
    },
}

WRONG = {
    "02.1": {
        "catches another error": (partial(pool, catch=KeyError), "workers were lost"),
        "one worker": (lambda jobs, workers: pool(jobs, 1), "never more than 1 of 2 workers"),
        "more workers than there are": (
            lambda jobs, workers: pool(jobs, workers + 1),
            "3 jobs were under way at 0 s, with 2 workers",
        ),
        "no pool": (all_at_once, "5 jobs were under way at 0 s, with 2 workers"),
        "in groups": (in_groups, "at 1 s only 1 of 2 workers had a job, and others were waiting"),
        "errors as text": (partial(pool, kept=str), "its result must be the exception"),
        "errors as None": (partial(pool, kept=lambda error: None), "must be the exception"),
        "another error": (
            partial(pool, kept=lambda error: RuntimeError("failed")),
            "job 0 raised ValueError('nap 0 failed'), its result must be the exception",
        ),
        "the class of the error": (partial(pool, kept=type), "its result must be the exception"),
        "in another order": (partial(pool, form=lambda all_: list(all_)[::-1]), "job 0 raised"),
        "too few results": (first_of_the_queue_only, "there must be 5 results, in the order of"),
        "a set": (partial(pool, form=set), "there must be 5 results, in the order of the jobs"),
        "a text": (partial(pool, form=lambda all_: "abcde"), "there must be 5 results"),
        "nothing": (partial(pool, form=lambda all_: None), "there must be 5 results"),
        "waits for ever": (never, "it raised DeadlockError"),
        "one argument": (lambda jobs: None, "it raised TypeError"),
        "not a coroutine": (lambda jobs, workers: [1, 2], "it raised TypeError"),
    },
    "02.2": {
        "as it stands": (lambda orders: 5, "you say 5: too few"),
        "looked up on the day shown": (lambda orders: 7, "for a day of 24 orders you say 7"),
        "most of all": (lambda orders: 12, "you say 12: more than needed"),
        "half a worker": (lambda orders: enough(orders) + 0.5, "must be a whole number from 1"),
        "a float": (lambda orders: float(enough(orders)), "must be a whole number from 1 to 12"),
        "True": (lambda orders: True, "must be a whole number from 1 to 12, got True"),
        "nobody": (lambda orders: 0, "must be a whole number from 1 to 12, got 0"),
        "all that are enough": (lambda orders: [7, 8, 9], "must be a whole number from 1 to 12"),
        "one too many": (lambda orders: enough(orders) + 1, "more than needed"),
        "by the makespan": (by_makespan, "you say"),
        "by the median": (by_median, "you say"),
        "nothing": (lambda orders: None, "must be a whole number from 1 to 12, got None"),
        "raises": (lambda orders: orders[99], "it raised IndexError"),
    },
}


test_a_right_answer_passes, test_a_wrong_one_does_not_and_hears_why = both_tests(RIGHT, WRONG)
