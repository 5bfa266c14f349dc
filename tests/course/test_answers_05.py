"""Answers to the exercises of lesson 05: a part that gives back, and a synthesis that adds up."""

from __future__ import annotations

import asyncio

import numpy as np
from answers import both_tests

from fulfillment_lib.records import OrderStatus

# 05.1. Right ones give back once, whatever happens, and let a cancellation go on.


async def in_finally(pack, ship, give_back):
    shipped = False
    try:
        await pack()
        await ship()
        shipped = True
    except Exception:
        return False
    finally:
        if not shipped:
            await asyncio.shield(give_back())
    return True


async def two_excepts(pack, ship, give_back):
    try:
        await pack()
        await ship()
    except asyncio.CancelledError:
        await asyncio.shield(give_back())
        raise
    except Exception:
        await asyncio.shield(asyncio.ensure_future(give_back()))
        return np.bool_(False)
    return np.bool_(True)


async def waits_until_it_is_done(pack, ship, give_back):
    cancelled = None
    try:
        await pack()
        await ship()
        return True
    except Exception:
        pass
    except asyncio.CancelledError as problem:
        cancelled = problem
    back = asyncio.create_task(give_back())
    while not back.done():
        try:
            await asyncio.shield(back)
        except asyncio.CancelledError as problem:
            cancelled = problem
    if cancelled:
        raise cancelled
    return False


async def with_wait(pack, ship, give_back):
    try:
        await pack()
        await ship()
    except BaseException as problem:
        await asyncio.wait([asyncio.create_task(give_back())])
        if isinstance(problem, asyncio.CancelledError):
            raise
        return 0
    return 1


async def with_a_task_group(pack, ship, give_back):
    done = []

    async def forward():
        await pack()
        await ship()
        done.append("shipped")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(forward())
    except* Exception:
        pass
    finally:
        if not done:
            await asyncio.shield(give_back())
    return len(done)


# Wrong ones


async def runtime_errors_only(pack, ship, give_back):
    try:
        await pack()
        await ship()
    except RuntimeError:
        await asyncio.shield(give_back())
        return False
    return True


async def exceptions_only(pack, ship, give_back):
    try:
        await pack()
        await ship()
    except Exception:
        await asyncio.shield(give_back())
        return False
    return True


async def swallows(pack, ship, give_back):
    try:
        await pack()
        await ship()
    except BaseException:
        await asyncio.shield(give_back())
        return False
    return True


async def gives_back_always(pack, ship, give_back):
    try:
        await pack()
        await ship()
        return True
    except Exception:
        return False
    finally:
        await asyncio.shield(give_back())


async def without_a_shield(pack, ship, give_back):
    shipped = False
    try:
        await pack()
        await ship()
        shipped = True
    except Exception:
        pass
    finally:
        if not shipped:
            await give_back()
    return shipped


async def tries_again(pack, ship, give_back):
    try:
        await pack()
        await ship()
        return True
    except BaseException as problem:
        cancelled = problem if isinstance(problem, asyncio.CancelledError) else None
        for _ in range(5):
            try:
                await give_back()
                break
            except asyncio.CancelledError as again:
                cancelled = again
        if cancelled:
            raise cancelled from None
        return False


async def fire_and_forget(pack, ship, give_back):
    try:
        await pack()
        await ship()
    except BaseException as problem:
        asyncio.create_task(give_back())  # noqa: RUF006 - this is what is wrong
        if isinstance(problem, asyncio.CancelledError):
            raise
        return False
    return True


async def failure_goes_up(pack, ship, give_back):
    try:
        await pack()
        await ship()
    except BaseException:
        await asyncio.shield(give_back())
        raise
    return True


async def only_packing_is_undone(pack, ship, give_back):
    try:
        await pack()
    except BaseException as problem:
        await asyncio.shield(give_back())
        if isinstance(problem, asyncio.CancelledError):
            raise
        return False
    await ship()
    return True


async def ship_is_shielded(pack, ship, give_back):
    try:
        await pack()
        await asyncio.shield(ship())
    except BaseException as problem:
        await asyncio.shield(give_back())
        if isinstance(problem, asyncio.CancelledError):
            raise
        return False
    return True


async def at_once(pack, ship, give_back):
    await asyncio.gather(pack(), ship())
    return True


async def never_ends(pack, ship, give_back):
    while True:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            pass


async def says_nothing(pack, ship, give_back):
    await in_finally(pack, ship, give_back)


# 05.2


def four_words(shipped, backordered, cancelled):
    if shipped:
        return "PARTIALLY_FULFILLED" if backordered or cancelled else "FULFILLED"
    return "UNFULFILLED" if backordered else "CANCELLED"


def by_packages(order, results):
    shipments = [r.value for r in results if r.task.kind == "shipping" and r.succeeded]
    lines = {}
    for line in order.lines:
        shipped = sum(p.contents.get(line.sku, 0) for s in shipments for p in s.packages)
        missing = line.quantity - shipped
        waits = 0 if order.shortage == "short_ship" else missing
        lines[line.sku] = (shipped, waits, missing - waits)
    return four_words(*map(sum, zip(*lines.values(), strict=True))), lines


def by_reservations(order, results):
    """Lists of numpy numbers, in a list, and the word of the library."""
    left = {r.value.warehouse for r in results if r.task.kind == "shipping" and r.succeeded}
    units = dict.fromkeys((line.sku for line in order.lines), 0)
    for result in results:
        if result.task.kind == "inventory" and result.succeeded:
            for held in result.value.reservations:
                units[held.sku] += held.quantity * (held.warehouse in left)
    gone = order.shortage == "short_ship"
    lines = {}
    for line in order.lines:
        missing = line.quantity - units[line.sku]
        lines[line.sku] = np.array([units[line.sku], missing * (not gone), missing * gone])
    return [OrderStatus(four_words(*sum(lines.values()))), lines]


def by_name(order, results):
    word, lines = by_packages(order, results)
    names = "shipped", "backordered", "cancelled"
    return word, {sku: dict(zip(names, units, strict=True)) for sku, units in lines.items()}


def floats_backwards(order, results):
    word, lines = by_packages(order, results)
    return word, {sku: [float(n) for n in lines[sku]] for sku in reversed(lines)}


def changed(change):
    def answer(order, results):
        return change(order, results, *by_packages(order, results))

    return answer


def by_packed_units(order, results):
    """Counts what was packed, though its shipping failed."""
    packed = [p for r in results if r.task.kind == "packing" and r.succeeded for p in r.value]
    lines = {}
    for line in order.lines:
        units = sum(package.contents.get(line.sku, 0) for package in packed)
        lines[line.sku] = (units, line.quantity - units, 0)
    return four_words(*map(sum, zip(*lines.values(), strict=True))), lines


def by_reserved_units(order, results):
    """Counts what was set aside, whatever became of it."""
    lines = {line.sku: (0, line.quantity, 0) for line in order.lines}
    for result in results:
        if result.task.kind == "inventory" and result.succeeded:
            units, wanted = result.value.reserved, result.value.requested
            lines[result.value.sku] = (units, wanted - units, 0)
    return four_words(*map(sum, zip(*lines.values(), strict=True))), lines


def always_waiting(order, results):
    _, lines = by_packages(order, results)
    lines = {sku: (shipped, waits + gone, 0) for sku, (shipped, waits, gone) in lines.items()}
    return four_words(*map(sum, zip(*lines.values(), strict=True))), lines


RIGHT = {
    "05.1": {
        "finally and a flag": in_finally,
        "two excepts, numpy's truth": two_excepts,
        "waits until it is done": waits_until_it_is_done,
        "asyncio.wait, 1 and 0": with_wait,
        "a task group": with_a_task_group,
    },
    "05.2": {
        "by packages": by_packages,
        "by reservations, in lists and arrays": by_reservations,
        "units by name": by_name,
        "floats, in another order": floats_backwards,
    },
}

WRONG = {
    "05.1": {
        "RuntimeError only": (runtime_errors_only, "shipping fails: "),
        "Exception only": (exceptions_only, "cancelled while packing: the ledger must say "),
        "a cancellation is swallowed": (swallows, "the cancellation must go on, it returned False"),
        "gives back always": (gives_back_always, "['shipped', 'given back']"),
        "no shield": (without_a_shield, "and again while it gives back: the ledger must say "),
        "tries again": (tries_again, "['given back', 'given back']"),
        "fire and forget": (fire_and_forget, "when it ends, it says []"),
        "a failure goes up": (failure_goes_up, "packing fails: it must return True or False"),
        "only packing is undone": (only_packing_is_undone, "shipping fails: "),
        "shipping is shielded": (ship_is_shielded, "cancelled while shipping: "),
        "at once": (at_once, "shipped what was not packed"),
        "never ends": (never_ends, "it must end, and did not within 60 s"),
        "says nothing": (says_nothing, "it must return True or False, it returned None"),
        "does nothing": (lambda *_: True, "it raised TypeError"),
    },
    "05.2": {
        "everything is fulfilled": (
            lambda order, results: ("FULFILLED", {i.sku: (i.quantity, 0, 0) for i in order.lines}),
            "of 'KEYBOARD-003' you say (1, 0, 0), it is (0, 0, 1)",
        ),
        "what was packed": (by_packed_units, "you say"),
        "what was set aside": (by_reserved_units, "you say"),
        "nothing is ever cancelled": (always_waiting, "you say"),
        "partly is completed": (
            changed(lambda o, r, word, lines: (word.removeprefix("PARTIALLY_"), lines)),
            "PARTIALLY_FULFILLED, you say 'FULFILLED'",
        ),
        "a wrong word": (
            changed(lambda o, r, word, lines: ("COMPLETED", lines)),
            "you say 'COMPLETED'",
        ),
        "a line is missing": (
            changed(lambda o, r, word, lines: (word, dict(list(lines.items())[:1]))),
            "you say nothing",
        ),
        "no lines": (changed(lambda o, r, word, lines: word), "must be a pair"),
        "three values": (changed(lambda o, r, word, lines: (word, lines, o.id)), "must be a pair"),
        "sums only": (
            changed(lambda o, r, word, lines: (word, (1, 0, 0))),
            "must be a pair",
        ),
        "from the status of the day shown": (
            lambda order, results: ("FULFILLED" if order.units < 3 else "UNFULFILLED", {}),
            "you say",
        ),
    },
}


test_a_right_answer_passes, test_a_wrong_one_does_not_and_hears_why = both_tests(RIGHT, WRONG)
