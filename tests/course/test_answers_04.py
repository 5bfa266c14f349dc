"""Answers to the exercises of lesson 04: a timeout for a day, and a bank that charges once."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from answers import both_tests

from fulfillment_lib import Faults, simulate

pytestmark = pytest.mark.slow  # judges run whole days


def leads(scenario, timeouts_s):
    """The mean lead time by timeout, as section 1 makes it."""
    return pd.Series(
        {
            timeout_s: simulate(
                scenario, timeout_s=timeout_s, max_attempts=10, faults=Faults(hang=0.1)
            )
            .summary()["lead_time_s"]
            .mean()
            for timeout_s in timeouts_s
        }
    )


def by_min(scenario):
    found = leads(scenario, (5, 6, 7, 8, 10, 15, 20)).to_dict()
    return min(found, key=found.get)


def by_idxmin(scenario):
    return leads(scenario, [3, 4, 5, 6, 8, 10, 12, 15, 20, 30]).idxmin()


def by_floats(scenario):
    return leads(scenario, np.linspace(2.0, 20.0, 10)).idxmin()


def by_argmin(scenario):
    timeouts_s = np.arange(6, 17)
    return timeouts_s[np.argmin(leads(scenario, timeouts_s))]


def first_sweep_then_finer(scenario):
    rough = leads(scenario, [4, 6, 8, 10, 12, 15, 20]).idxmin()
    return float(leads(scenario, [rough * share for share in (0.95, 1, 1.05)]).idxmin())


def without_hangs(scenario):
    found = {t: simulate(scenario, timeout_s=t, max_attempts=10) for t in (6, 10, 20, 40)}
    means = {t: run.summary()["lead_time_s"].mean() for t, run in found.items()}
    return min(means, key=means.get)


def rule_of_thumb(scenario):
    return 1.5 * scenario.settings.durations.mean_s("packing")


def always_drawn_anew(scenario):
    return 2 * scenario.settings.durations.mean_s("packing")


# 04.2. Right ones look and book in one step, before they answer.


async def look_and_book(key, amount, books, reply):
    if key not in [booked for booked, _ in books]:
        books.append((key, amount))
    await reply()


async def with_any(key, amount, books, reply):
    if not any(booked == key for booked, _ in books):
        books += [(key, amount)]
    return await reply()


async def with_a_dict(key, amount, books, reply):
    if dict(books).get(key) is None:
        books.append([key, amount])
    await reply()


async def with_the_pair(key, amount, books, reply):
    if (key, amount) not in books:
        books.insert(0, (key, amount))
    await reply()


async def with_a_loop(key, amount, books, reply):
    for booked, _ in books:
        if booked == key:
            break
    else:
        books.append((key, np.int64(amount)))
    await reply()


async def reply_at_last(key, amount, books, reply):
    try:
        if key not in dict(books):
            books.append((key, amount))
    finally:
        await reply()


async def pause_before_the_look(key, amount, books, reply):
    await asyncio.sleep(0.5)
    if key not in dict(books):
        books.append((key, amount))
    await asyncio.sleep(0.5)
    await reply()


async def look_again_after_the_pause(key, amount, books, reply):
    if key not in dict(books):
        await asyncio.sleep(1)
        if key not in dict(books):
            books.append((key, amount))
    await reply()


async def cancelled_and_raised_again(key, amount, books, reply):
    if key not in dict(books):
        books.append((key, amount))
    try:
        await reply()
    except asyncio.CancelledError:
        assert key in dict(books)
        raise


async def with_a_shorter_wait_of_its_own(key, amount, books, reply):
    if key not in dict(books):
        books.append((key, amount))
    async with asyncio.timeout(3):
        await reply()


locks = defaultdict(asyncio.Lock)


async def with_a_lock(key, amount, books, reply):
    async with locks[key]:
        if key not in dict(books):
            await asyncio.sleep(0.1)
            books.append((key, amount))
    await reply()


lock = asyncio.Lock()


async def with_one_lock_around_all(key, amount, books, reply):
    async with lock:
        if key not in dict(books):
            books.append((key, amount))
        await reply()


# Wrong ones.


async def as_it_stands(key, amount, books, reply):
    books.append((key, amount))
    await reply()


async def by_amount(key, amount, books, reply):
    if amount not in [booked for _, booked in books]:
        books.append((key, amount))
    await reply()


async def by_last_entry(key, amount, books, reply):
    if not books or books[-1][0] != key:
        books.append((key, amount))
    await reply()


async def by_identity(key, amount, books, reply):
    if not any(booked is key for booked, _ in books):
        books.append((key, amount))
    await reply()


async def undone_when_cancelled(key, amount, books, reply):
    if key not in dict(books):
        books.append((key, amount))
    try:
        await reply()
    except asyncio.CancelledError:
        books.remove((key, amount))
        raise


async def undone_and_swallowed(key, amount, books, reply):
    if key not in dict(books):
        books.append((key, amount))
    try:
        await reply()
    except BaseException:
        books[:] = [entry for entry in books if entry[0] != key]


async def undone_after_a_wait_of_its_own(key, amount, books, reply):
    if key not in dict(books):
        books.append((key, amount))
    try:
        await asyncio.wait_for(reply(), 5)
    except TimeoutError:
        books.remove((key, amount))
        raise


async def undone_by_whoever_booked(key, amount, books, reply):
    new = key not in dict(books)
    if new:
        books.append((key, amount))
    done = False
    try:
        await reply()
        done = True
    finally:
        if new and not done:
            books.remove((key, amount))


async def pause_between(key, amount, books, reply):
    new = key not in dict(books)
    await asyncio.sleep(0)
    if new:
        books.append((key, amount))
    await reply()


async def longer_pause_between(key, amount, books, reply):
    if key not in dict(books):
        await asyncio.sleep(1)
        books.append((key, amount))
    await reply()


async def reply_between(key, amount, books, reply):
    if key not in dict(books):
        await reply()
        books.append((key, amount))


async def book_after_the_reply(key, amount, books, reply):
    await reply()
    if key not in dict(books):
        books.append((key, amount))


async def book_in_finally(key, amount, books, reply):
    try:
        await reply()
    finally:
        if key not in dict(books):
            books.append((key, amount))


seen = set()


async def own_memory(key, amount, books, reply):
    if key not in seen:
        seen.add(key)
        books.append((key, amount))
    await reply()


asked = defaultdict(set)


async def own_memory_of_books(key, amount, books, reply):
    if key not in asked[id(books)]:
        asked[id(books)].add(key)
        books.append((key, amount))
    await reply()


async def silent_to_repeats(key, amount, books, reply):
    if key in dict(books):
        return
    books.append((key, amount))
    await reply()


async def never_answers(key, amount, books, reply):
    if key not in dict(books):
        books.append((key, amount))


async def books_nothing(key, amount, books, reply):
    await reply()


async def books_nought(key, amount, books, reply):
    if key not in dict(books):
        books.append((key, 0))
    await reply()


async def books_of_its_own(key, amount, books, reply):
    if key not in dict(books):
        books = [*books, (key, amount)]
    await reply()


async def forgets_the_others(key, amount, books, reply):
    books[:] = [(key, amount)]
    await reply()


async def writes_no_pairs(key, amount, books, reply):
    if key not in books:
        books.append(key)
    await reply()


async def too_few(key, amount):
    pass


async def raises(key, amount, books, reply):
    raise RuntimeError("the bank is closed")


async def waits_for_ever(key, amount, books, reply):
    await asyncio.Event().wait()


def not_async(key, amount, books, reply):
    books.append((key, amount))


RIGHT = {
    "04.1": {
        "min over whole seconds": by_min,
        "idxmin over the timeouts of section 1": by_idxmin,
        "a numpy float": by_floats,
        "a numpy integer": by_argmin,
        "first roughly, then finer": first_sweep_then_finer,
    },
    "04.2": {
        "keys in a list": look_and_book,
        "any, and +=": with_any,
        "a dict, and a list as entry": with_a_dict,
        "the pair itself": with_the_pair,
        "for and else": with_a_loop,
        "reply in finally": reply_at_last,
        "a pause before the look": pause_before_the_look,
        "a second look after the pause": look_again_after_the_pause,
        "cancellation raised again": cancelled_and_raised_again,
        "a timeout of its own": with_a_shorter_wait_of_its_own,
        "a lock for each key": with_a_lock,
        "one lock around all": with_one_lock_around_all,
    },
}
WRONG = {
    "04.1": {
        "as it stands": (lambda scenario: 10, "can be had shorter"),
        "what the lesson shows": (lambda scenario: 6, "can be had shorter"),
        "what the lesson shows for slow tasks": (lambda scenario: 12, "can be had shorter"),
        "safe": (lambda scenario: 30, "can be had shorter"),
        "half as long again as packing": (rule_of_thumb, "can be had shorter"),
        "twice packing": (always_drawn_anew, "can be had shorter"),
        "nothing hangs": (without_hangs, "can be had shorter"),
        "a text": (lambda scenario: "6", "must be a timeout in seconds, got '6'"),
        "a truth": (lambda scenario: np.True_, "must be a timeout in seconds"),
        "nothing": (lambda scenario: None, "must be a timeout in seconds, got None"),
        "no time": (lambda scenario: np.int64(0), "must be a timeout in seconds"),
        "not a number": (lambda scenario: float("nan"), "must be a timeout in seconds"),
        "the whole column": (lambda scenario: pd.Series([6]), "must be a timeout in seconds"),
        "an error": (lambda scenario: 1 / 0, "ZeroDivisionError"),
        "too few arguments": (lambda: 6, "TypeError"),
    },
    "04.2": {
        "as it stands": (as_it_stands, "ORD-002 owes 45, and the books have 2 charges of it"),
        "by amount": (by_amount, "ORD-003 owes 30, and the books have 0 charges of it"),
        "by the last entry": (by_last_entry, "the books have 2 charges of it"),
        "by identity": (by_identity, "the books have 2 charges of it"),
        "undone when cancelled": (
            undone_when_cancelled,
            "ORD-002 owes 45, and the books have 0 charges of it though",
        ),
        "undone and swallowed": (
            undone_and_swallowed,
            "ORD-002 owes 45, and the books have 0 charges of it though",
        ),
        "undone after a timeout of its own": (
            undone_after_a_wait_of_its_own,
            "ORD-002 owes 45, and the books have 0 charges of it though",
        ),
        "undone by the one that booked": (
            undone_by_whoever_booked,
            "ORD-002 owes 45, and the books have 0 charges of it though",
        ),
        "sleep(0) between": (pause_between, "two calls at once"),
        "a pause between": (longer_pause_between, "two calls at once"),
        "reply between": (reply_between, "the books have 0 charges of it when the reply goes out"),
        "book after the reply": (
            book_after_the_reply,
            "the books have 0 charges of it when the reply goes out",
        ),
        "book in finally": (
            book_in_finally,
            "the books have 0 charges of it when the reply goes out",
        ),
        "a set of its own": (own_memory, "charges of it"),
        "a set of its own for each list": (own_memory_of_books, "after a restart"),
        "silent to repeats": (silent_to_repeats, "was not answered"),
        "never answers": (never_answers, "was not answered"),
        "books nothing": (books_nothing, "ORD-001 owes 30, and the books have 0 charges of it"),
        "books nought": (books_nought, "ORD-001 owes 30, and the books charge 0"),
        "books of its own": (
            books_of_its_own,
            "ORD-001 owes 30, and the books have 0 charges of it",
        ),
        "forgets the others": (
            forgets_the_others,
            "ORD-001 owes 30, and the books have 0 charges of it",
        ),
        "writes no pairs": (writes_no_pairs, "pairs (key, amount), got 'ORD-001'"),
        "too few arguments": (too_few, "TypeError"),
        "raises": (raises, "the bank is closed"),
        "waits for ever": (waits_for_ever, "was not answered"),
        "not async": (not_async, "ORD-001"),
    },
}


test_a_right_answer_passes, test_a_wrong_one_does_not_and_hears_why = both_tests(RIGHT, WRONG)
