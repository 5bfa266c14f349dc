"""Answers to the exercises of lesson 11: an orchestrator of one's own, on days full of faults."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter, defaultdict
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
from answers import both_tests

from fulfillment_lib.course.floor import FloorFailure

pytestmark = pytest.mark.slow  # judges run two hundred days
PAUSES_S = (1, 2, 0)


async def tried(step, *args):
    for pause_s in PAUSES_S:
        with suppress(FloorFailure, TimeoutError):
            return await step(*args)
        await asyncio.sleep(pause_s)
    return None


# Right ones


async def gathered(order, floor):
    held, shipped = [], Counter()

    async def check(line):
        held.extend(await tried(floor.check, line) or [])

    async def send(house):
        mine = [each for each in held if each.warehouse == house]
        parcel = await tried(floor.pack, mine)
        if parcel and await tried(floor.ship, parcel, f"{order.id}/{house}"):
            for each in mine:
                held.remove(each)
                shipped[each.sku] += each.quantity

    try:
        async with asyncio.timeout(50):
            await asyncio.gather(*map(check, order.lines))
            await asyncio.gather(*map(send, sorted({each.warehouse for each in held})))
    except TimeoutError:
        pass
    finally:
        if held:
            await asyncio.shield(floor.give_back(held))
    return dict(shipped)


async def in_groups(order, floor):
    """Task groups, a shield of its own for what is given back, and all SKUs in the answer."""
    held, shipped = set(), {line.sku: 0 for line in order.lines}
    ends_s = asyncio.get_running_loop().time() + 45

    async def attempt(step, *args):
        for number in range(2):
            try:
                return await step(*args)
            except (FloorFailure, TimeoutError):
                await asyncio.sleep(0.5 * number)

    async def check(line):
        held.update(await attempt(floor.check, line) or ())

    async def send(house):
        mine = {each for each in held if each.warehouse == house}
        if parcel := await attempt(floor.pack, sorted(mine, key=str)):
            if await attempt(floor.ship, parcel, (order.id, house)):
                held.difference_update(mine)
                for each in mine:
                    shipped[each.sku] = shipped[each.sku] + each.quantity

    with suppress(TimeoutError):
        try:
            async with asyncio.timeout_at(ends_s), asyncio.TaskGroup() as group:
                for line in order.lines:
                    group.create_task(check(line))
            async with asyncio.timeout_at(ends_s), asyncio.TaskGroup() as group:
                for house in sorted({each.warehouse for each in held}):
                    group.create_task(send(house))
        finally:
            back = asyncio.ensure_future(floor.give_back(tuple(held)))
            await asyncio.shield(back)
    return shipped


async def one_warehouse_after_the_other(order, floor):
    """The lines side by side, the warehouses one by one, each with its own compensation."""
    found, shipped = defaultdict(list), Counter()
    ends_s = asyncio.get_running_loop().time() + 50

    async def check(line):
        for each in await tried(floor.check, line) or ():
            found[each.warehouse].append(each)

    try:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(ends_s):
                async with asyncio.TaskGroup() as group:
                    for line in order.lines:
                        group.create_task(check(line))
                for house in sorted(found):
                    parcel = await tried(floor.pack, found[house])
                    if parcel is not None:
                        if await tried(partial(floor.ship, key=f"{order.id} {house}"), parcel):
                            for each in found.pop(house):
                                shipped[each.sku] += np.int64(each.quantity)
    finally:
        rest = [each for part in found.values() for each in part]
        await asyncio.shield(floor.give_back(rest))
    return shipped


class Orchestrator:
    """An object that can be called, and waits for tasks itself."""

    async def __call__(self, order, floor):
        held, left = {}, []
        now_s = asyncio.get_running_loop().time
        ends_s = now_s() + 50
        tasks = [asyncio.create_task(self.line(line, floor, held)) for line in order.lines]
        try:
            await asyncio.wait(tasks)
            houses = sorted({each.warehouse for each in held})
            tasks = [
                asyncio.create_task(self.part(order, floor, house, held, left)) for house in houses
            ]
            if tasks:
                await asyncio.wait(tasks, timeout=ends_s - now_s())
        finally:
            for task in tasks:
                task.cancel()
            if held:
                await asyncio.shield(self.undo(tasks, floor, held))
        return {sku: sum(e.quantity for e in left if e.sku == sku) for sku in {e.sku for e in left}}

    async def undo(self, tasks, floor, held):
        await asyncio.gather(*tasks, return_exceptions=True)
        await floor.give_back(list(held))

    async def line(self, line, floor, held):
        for _ in range(3):
            try:
                held.update(dict.fromkeys(await floor.check(line)))
                return
            except (FloorFailure, TimeoutError):
                pass

    async def part(self, order, floor, house, held, left):
        mine = [each for each in held if each.warehouse == house]
        for _ in range(9):
            try:
                parcel = await floor.pack(mine)
                await floor.ship(parcel, key=str(mine[0]))
            except (FloorFailure, TimeoutError):
                continue
            left += mine
            for each in mine:
                del held[each]
            return


async def a_parcel_for_each_line(order, floor):
    """No barrier: each line goes its own way, with a deadline of its own."""
    shipped = Counter()

    async def line_of(line):
        held = []
        try:
            async with asyncio.timeout(50):
                held += await tried(floor.check, line) or []
                for each in list(held):
                    parcel = await tried(floor.pack, [each])
                    key = order.id, each.sku, each.warehouse
                    if parcel and await tried(floor.ship, parcel, key):
                        held.remove(each)
                        shipped[each.sku] += each.quantity
        except TimeoutError:
            pass
        finally:
            if held:
                await asyncio.shield(floor.give_back(held))

    await asyncio.gather(*map(line_of, order.lines))
    return shipped


async def looks_elsewhere(order, floor):
    """What a warehouse cannot pack is given back, and asked for once more."""
    held, shipped = [], Counter()

    async def check(line):
        held.extend(await tried(floor.check, line) or [])

    async def send(house):
        mine = [each for each in held if each.warehouse == house]
        parcel = await tried(floor.pack, mine)
        if parcel and await tried(floor.ship, parcel, (mine[0].task_id, house)):
            for each in mine:
                held.remove(each)
                shipped[each.sku] += each.quantity

    async def give_back(what):
        await floor.give_back(what)
        for each in what:
            held.remove(each)

    async def work():
        await asyncio.gather(*map(check, order.lines))
        await asyncio.gather(*map(send, sorted({each.warehouse for each in held})))
        lost = {each.sku for each in held}
        if lost:
            await asyncio.shield(asyncio.ensure_future(give_back(list(held))))
            lines = [line for line in order.lines if line.sku in lost and not shipped[line.sku]]
            await asyncio.gather(*map(check, lines))
            await asyncio.gather(*map(send, sorted({each.warehouse for each in held})))

    job = asyncio.ensure_future(work())
    try:
        await asyncio.wait([job], timeout=45)
    finally:
        job.cancel()
        await asyncio.shield(asyncio.ensure_future(rest(job, give_back, held)))
    return shipped


async def rest(job, give_back, held):
    await asyncio.wait([job])
    await asyncio.sleep(2.5)  # for a give_back that is under way
    if held:
        await give_back(list(held))


# Wrong ones: each is `gathered` with one mistake


async def smallest(order, floor):
    found = await asyncio.gather(*map(floor.check, order.lines))
    shipped = Counter()
    for house in ("EAST", "CENTRAL", "WEST"):
        mine = [each for some in found for each in some if each.warehouse == house]
        if mine:
            await floor.ship(await floor.pack(mine), f"{order.id}/{house}")
            for each in mine:
                shipped[each.sku] += each.quantity
    return shipped


def variant(
    attempt=tried,
    key=lambda order, house, parcel: f"{order.id}/{house}",
    one_by_one=False,
    deadline_s=50,
    back="shield",
    noted="in the child",
    says="shipped",
    on_cancel="raise",
    drops=True,
    all_or_nothing=False,
):
    """`gathered`, with a place for each mistake."""

    async def answer(order, floor):
        held, shipped, packed = [], Counter(), Counter()

        async def check(line):
            found = await attempt(floor.check, line) or []
            if noted == "in the child":
                held.extend(found)
            return found

        async def send(house):
            mine = [each for each in held if each.warehouse == house]
            parcel = await attempt(floor.pack, mine)
            if parcel:
                packed.update({each.sku: each.quantity for each in mine})
            if parcel and await attempt(
                lambda parcel: floor.ship(parcel, key(order, house, parcel)), parcel
            ):
                for each in mine:
                    if drops:
                        held.remove(each)
                    shipped[each.sku] += each.quantity
                return True
            return False

        async def work():
            if one_by_one:
                found = [await check(line) for line in order.lines]
            else:
                found = await asyncio.gather(*map(check, order.lines))
            if noted != "in the child":
                held.extend(each for some in found for each in some)
            if all_or_nothing and not all(found):
                return
            houses = sorted({each.warehouse for each in held})
            await asyncio.gather(*map(send, houses))

        try:
            async with asyncio.timeout(deadline_s):
                await work()
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            if back == "on Exception only":
                held.clear()
            if on_cancel == "return":
                pass
            else:
                raise
        finally:
            if held and back == "shield":
                await asyncio.shield(floor.give_back(held))
            elif held and back in ("plain", "on Exception only"):
                await floor.give_back(held)
        if says == "ordered":
            return {line.sku: line.quantity for line in order.lines}
        return {"shipped": dict(shipped), "packed": dict(packed), "list": [*shipped], "": None}[
            says
        ]

    return answer


async def once(step, *args):
    with suppress(FloorFailure, TimeoutError):
        return await step(*args)


async def lets_time_outs_through(step, *args):
    for pause_s in PAUSES_S:
        with suppress(FloorFailure):
            return await step(*args)
        await asyncio.sleep(pause_s)


async def for_ever(step, *args):
    while True:
        with suppress(FloorFailure, TimeoutError):
            return await step(*args)
        await asyncio.sleep(1)


async def again_from_the_start(order, floor):
    """Tries the whole order again: what was set aside before is set aside twice."""
    held = []
    for _ in range(3):
        try:
            for some in await asyncio.gather(*map(floor.check, order.lines)):
                held += some
            break
        except (FloorFailure, TimeoutError):
            pass
    return await shipped_of(order, floor, held)


async def checks_twice(order, floor):
    """Asks for each line once more, to be sure."""
    held = []

    async def check(line):
        for _ in range(2):
            held.extend(await tried(floor.check, line) or [])

    await asyncio.gather(*map(check, order.lines))
    return await shipped_of(order, floor, held)


async def shipped_of(order, floor, held):
    shipped = Counter()
    try:
        for house in sorted({each.warehouse for each in held}):
            mine = [each for each in held if each.warehouse == house]
            parcel = await tried(floor.pack, mine)
            if parcel and await tried(floor.ship, parcel, f"{order.id}/{house}"):
                for each in mine:
                    held.remove(each)
                    shipped[each.sku] += each.quantity
    finally:
        if held:
            await asyncio.shield(floor.give_back(held))
    return shipped


async def shielded_from_head_to_foot(order, floor):
    return await asyncio.shield(gathered(order, floor))


async def nothing(order, floor):
    return {}


async def one_parcel_for_all(order, floor):
    found = await asyncio.gather(*(tried(floor.check, line) for line in order.lines))
    held = [each for some in found for each in some]
    await floor.ship(await floor.pack(held), order.id)
    return {each.sku: each.quantity for each in held}


def not_async(order, floor):
    return {}


RIGHT = {
    "11.1": {
        "gather, and a deadline": gathered,
        "task groups, two attempts": in_groups,
        "one warehouse after the other": one_warehouse_after_the_other,
        "an object, and tasks": Orchestrator(),
        "a parcel for each line": a_parcel_for_each_line,
        "looks elsewhere": looks_elsewhere,
        "the table's own variant": variant(),
    },
    "11.2": {
        "no shield": variant(back="plain"),
        "gives back after errors only": variant(back="on Exception only"),
        "notes what was found too late": variant(noted="after gather"),
        "swallows the cancellation": variant(on_cancel="return"),
        "goes on when it is cancelled": shielded_from_head_to_foot,
        "a key that another process does not know": variant(key=lambda o, h, parcel: id(parcel)),
    },
}

WRONG = {
    "11.1": {
        "the smallest one": (smallest, "raised FloorFailure"),
        "one check after the other": (variant(one_by_one=True), "side by side"),
        "time-outs come out": (variant(lets_time_outs_through), "not tried again"),
        "nothing is tried again": (variant(once), "not tried again"),
        "tried for ever": (variant(for_ever, deadline_s=None), "not answered within 60 s"),
        "no deadline": (variant(deadline_s=None), "not answered within 60 s"),
        "never gives back": (variant(back="never"), "is still set aside"),
        "gives back after errors only": (variant(back="on Exception only"), "is still set aside"),
        "no shield": (variant(back="plain"), "is still set aside"),
        "notes what was found too late": (variant(noted="after gather"), "is still set aside"),
        "gives back what was shipped": (variant(drops=False), "LedgerError"),
        "no key": (variant(key=lambda *_: None), "2 labels"),
        "a new key each time": (variant(key=lambda *_: uuid.uuid4()), "2 labels"),
        "one key for the order": (variant(key=lambda order, *_: order.id), "is still set aside"),
        "the check as a key, though a split line has two parcels": (
            variant(key=lambda order, house, parcel: parcel.reservations[0].task_id),
            "is still set aside",
        ),
        "a key that another process does not know": (
            variant(key=lambda order, house, parcel: id(parcel)),
            "the key is another one",
        ),
        "says what was ordered": (variant(says="ordered"), "says"),
        "says what was packed": (variant(says="packed"), "says"),
        "a list": (variant(says="list"), "a dict of units by SKU"),
        "None": (variant(says=""), "a dict of units by SKU"),
        "all or nothing": (variant(all_or_nothing=True), "nothing had failed"),
        "swallows the cancellation": (variant(on_cancel="return"), "was cancelled"),
        "goes on when it is cancelled": (shielded_from_head_to_foot, "after it was cancelled"),
        "all is tried again from the start": (again_from_the_start, "is still set aside"),
        "checks twice": (checks_twice, "ordered"),
        "does nothing": (nothing, "never checked"),
        "one parcel from several warehouses": (one_parcel_for_all, "one warehouse"),
        "no coroutine": (not_async, "coroutine"),
    },
    "11.2": {
        "no mistake": (gathered, "it breaks no rule"),
        "the smallest one": (smallest, "seen too soon: day 11, "),
        "no key": (variant(key=lambda *_: None), "seen too soon"),
        "no deadline": (variant(deadline_s=None), "seen too soon"),
        "never gives back": (variant(back="never"), "seen too soon"),
        "says what was packed": (variant(says="packed"), "seen too soon"),
        "does nothing": (nothing, "seen too soon: day 1, "),
        "no coroutine": (not_async, "coroutine"),
    },
}

test_a_right_answer_passes, test_a_wrong_one_does_not_and_hears_why = both_tests(RIGHT, WRONG)
