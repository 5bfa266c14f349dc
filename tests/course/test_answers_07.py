"""Answers to the exercises of lesson 07: a sale without a race, and work that may be killed."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from itertools import count

import numpy as np
from answers import both_tests

# 07.1. Right ones scan for each customer, and look and take in one step.


async def scan_first(stock, sku, scan):
    await scan()
    if stock[sku] > 0:
        stock[sku] -= 1
        return True
    return False


async def take_first(stock, sku, scan):
    taken = stock[sku] > 0
    stock[sku] -= taken
    await scan()
    return np.bool_(taken)


lock = asyncio.Lock()


async def with_a_lock(stock, sku, scan):
    async with lock:
        there = stock[sku] > 0
        await scan()
        if there:
            stock[sku] -= 1
        return int(there)


async def looks_again(stock, sku, scan):
    if not stock[sku]:
        await scan()
        return 0
    await scan()
    if stock[sku] >= 1:
        stock.update({sku: stock[sku] - 1})
        return 1
    return 0


async def scan_in_a_task(stock, sku, scan):
    scanning = asyncio.create_task(scan())
    await asyncio.wait([scanning])
    sold = bool(stock[sku])
    stock[sku] = max(0, stock[sku] - 1)
    return sold


# Wrong ones


async def look_first(stock, sku, scan):
    if stock[sku] > 0:
        await scan()
        stock[sku] -= 1
        return True
    await scan()
    return False


async def never_scan(stock, sku, scan):
    sold = stock[sku] > 0
    stock[sku] -= sold
    return sold


async def late_clients_are_not_scanned(stock, sku, scan):
    if stock[sku] <= 0:
        return False
    await scan()
    if stock[sku] > 0:
        stock[sku] -= 1
        return True
    return False


async def only_buyers_are_scanned(stock, sku, scan):
    sold = stock[sku] > 0
    stock[sku] -= sold
    if sold:
        await scan()
    return sold


async def scan_is_not_awaited(stock, sku, scan):
    scan().close()
    sold = stock[sku] > 0
    stock[sku] -= sold
    return sold


async def scan_in_the_background(stock, sku, scan):
    asyncio.ensure_future(scan())  # noqa: RUF006 - this is what is wrong
    sold = stock[sku] > 0
    stock[sku] -= sold
    return sold


async def scan_twice(stock, sku, scan):
    await scan()
    return await scan_first(stock, sku, scan)


async def sells_what_is_not_there(stock, sku, scan):
    await scan()
    stock[sku] -= 1
    return True


async def sells_nothing(stock, sku, scan):
    await scan()
    return False


async def takes_and_says_no(stock, sku, scan):
    await scan_first(stock, sku, scan)
    return False


async def takes_another(stock, sku, scan):
    await scan()
    stock["B"] -= 1
    sold = stock[sku] > 0
    stock[sku] -= sold
    return sold


async def one_lock_that_is_never_held(stock, sku, scan):
    async with asyncio.Lock():
        return await look_first(stock, sku, scan)


# 07.2


def with_a_key(orders, done, ship):
    for order in orders:
        if order not in done:
            ship(order, key=order)
            done.add(order)


def keyed(key_of):
    def process(orders, done, ship):
        for order in orders:
            if order not in done:
                ship(order, key=key_of(order))
                done.add(order)

    return process


def set_of_the_rest(orders, done, ship):
    for order in sorted(set(orders) - done):
        ship(order, key=("label", order))
        done.add(order)


def asks_for_all(orders, done, ship):
    for order in orders:
        ship(order, f"order {order}")
        done.add(str(order))


def texts_of_the_rest(orders, done, ship):
    known = {str(order) for order in done}
    for order in map(str, orders):
        if order not in known:
            ship(order, key=hashlib.sha256(order.encode()).hexdigest())
            done.add(order)


def with_finally(orders, done, ship):
    """A `finally` does not run in a process that was killed."""
    for order in orders:
        if order not in done:
            try:
                ship(order, key=order)
            finally:
                done.add(order)


def without_a_key(orders, done, ship):
    for order in orders:
        if order not in done:
            ship(order)
            done.add(order)


def by_hash(orders, done, ship):
    for order in orders:
        if order not in done:
            ship(order, key=hash(f"label {order}"))
            done.add(order)


def by_place(orders, done, ship):
    for place, order in enumerate(orders):
        if order not in done:
            ship(order, key=place)
            done.add(order)


def by_count(orders, done, ship):
    for order in orders:
        if order not in done:
            ship(order, key=len(done))
            done.add(order)


def book_first(orders, done, ship):
    for order in orders:
        if order not in done:
            done.add(order)
            ship(order, key=order)


def no_book(orders, done, ship):
    for order in orders:
        ship(order, key=order)


def first_only(orders, done, ship):
    ship(orders[0], key=orders[0])
    done.add(orders[0])


def kills_are_caught(orders, done, ship):
    for order in orders:
        try:
            ship(order)
        except BaseException:
            pass
        done.add(order)


numbers, remembered = count(), {}

RIGHT = {
    "07.1": {
        "scan first": scan_first,
        "take, then scan; numpy's truth": take_first,
        "a lock; 1 and 0": with_a_lock,
        "looks again": looks_again,
        "a task that is awaited": scan_in_a_task,
    },
    "07.2": {
        "the order is the key": with_a_key,
        "a text made of it": keyed(lambda order: f"label {order}"),
        "a text that is no longer of the same class": keyed(lambda order: str(order)),
        "bytes": keyed(lambda order: order.encode()),
        "uuid5": keyed(lambda order: uuid.uuid5(uuid.NAMESPACE_URL, order)),
        "numbers from its letters": keyed(lambda order: int.from_bytes(order.encode())),
        "a tuple, and a set of the rest": set_of_the_rest,
        "sha256": texts_of_the_rest,
        "asks for all": asks_for_all,
        "a finally that a kill does not run": with_finally,
    },
}

WRONG = {
    "07.1": {
        "looks, scans, takes": (look_first, "2 were sold, and -1 are left"),
        "never scans": (never_scan, "customer 1 was scanned 0 times before the answer"),
        "late customers are not scanned": (
            late_clients_are_not_scanned,
            "was scanned 0 times before the answer",
        ),
        "only buyers are scanned": (
            only_buyers_are_scanned,
            "was scanned 0 times before the answer",
        ),
        "scan() without await": (scan_is_not_awaited, "was scanned 0 times before the answer"),
        "a scan in the background": (
            scan_in_the_background,
            "was scanned 0 times before the answer",
        ),
        "scans twice": (scan_twice, "was scanned 2 times"),
        "sells what is not there": (sells_what_is_not_there, "2 were sold"),
        "sells nothing": (sells_nothing, "0 were sold"),
        "takes and says no": (takes_and_says_no, "0 were sold, and 0 are left"),
        "takes another product": (takes_another, "another product lost units"),
        "a lock of its own": (one_lock_that_is_never_held, "2 were sold"),
    },
    "07.2": {
        "no key": (without_a_key, "ORD-001 has 2 labels"),
        "id": (keyed(id), "has 2 labels"),
        "hash of the order": (keyed(hash), "has 2 labels"),
        "hash of a text": (by_hash, "has 2 labels"),
        "uuid4": (keyed(lambda order: uuid.uuid4()), "has 2 labels"),
        "a new number each time": (keyed(lambda order: next(numbers)), "has 2 labels"),
        "an object": (keyed(lambda order: object()), "has 2 labels"),
        "one key for all": (keyed(lambda order: "mine"), "has 0 labels"),
        "its place in the list": (by_place, "labels"),
        "how many are done": (by_count, "labels"),
        "the book first": (book_first, "has 0 labels"),
        "no book": (no_book, "the book must hold"),
        "the first only": (first_only, "has 0 labels"),
        "kills are caught": (kills_are_caught, "labels"),
        "a key that memory holds": (
            keyed(lambda order: remembered.setdefault(order, uuid.uuid4())),
            "has 2 labels",
        ),
    },
}


test_a_right_answer_passes, test_a_wrong_one_does_not_and_hears_why = both_tests(RIGHT, WRONG)
