"""The floor for an orchestrator of one's own: what each step does when it fails or is cancelled."""

from __future__ import annotations

import asyncio

import pytest

from fulfillment_lib import Faults, Order
from fulfillment_lib.course import check
from fulfillment_lib.course.floor import FloorFailure, run_day
from fulfillment_lib.errors import LedgerError

ORDER = Order("ORD-001", {"LAPTOP-001": 1}, "standard", "10001")
STEPS = {"check": "inventory/LAPTOP-001", "pack": "packing/EAST", "ship": "shipping/EAST"}


def one_order(orchestrator, cancelled_s=(), **faults):
    """A day of one order; `check="fail"` is what happens to the first check, and so on."""
    script = {f"ORD-001/{STEPS[step]}": word for step, word in faults.items()}
    cancelled = {"ORD-001": cancelled_s}
    return run_day(orchestrator, [ORDER], cancelled=cancelled, faults=Faults(script=script))


async def to_the_parcel(order, floor):
    return await floor.pack(await floor.check(order.lines[0]))


def test_what_is_checked_packed_and_shipped_has_left():
    async def answer(order, floor):
        return await floor.ship(await to_the_parcel(order, floor))

    day = one_order(answer)
    assert day.said == {"ORD-001": "SIM-0001"}
    assert day.shipped == {"ORD-001": {"LAPTOP-001": 1}} and not day.ledger.reservations


@pytest.mark.parametrize(
    ("word", "error"),
    [("fail", FloorFailure), ("hang", TimeoutError), ("lost_reply", TimeoutError)],
)
def test_a_check_that_does_not_answer_has_set_nothing_aside(word, error):
    day = one_order(to_the_parcel, check=word)
    assert isinstance(day.said["ORD-001"], error)
    assert not day.ledger.reservations


def test_a_check_that_is_cancelled_has_set_nothing_aside():
    day = one_order(to_the_parcel, cancelled_s=[5.0], check="lost_reply")
    assert isinstance(day.said["ORD-001"], asyncio.CancelledError)
    assert len(day.ledger.movements) == 2 and not day.ledger.reservations


def test_the_same_key_gets_the_same_label_though_the_reply_was_lost():
    async def answer(order, floor):
        parcel = await to_the_parcel(order, floor)
        with pytest.raises(TimeoutError):
            await floor.ship(parcel, "mine")
        return [await floor.ship(parcel, "mine") for _ in range(2)], await floor.ship(parcel)

    day = one_order(answer, ship="lost_reply")
    assert day.said["ORD-001"] == (["SIM-0001", "SIM-0001"], "SIM-0002")
    assert day.shipped["ORD-001"] == {"LAPTOP-001": 1}


def test_a_parcel_with_the_key_of_another_one_stays():
    async def answer(order, floor):
        first, second = [await to_the_parcel(order, floor) for _ in range(2)]
        return await floor.ship(first, "mine") == await floor.ship(second, "mine")

    day = one_order(answer)
    assert day.said["ORD-001"] is True and len(day.ledger.reservations) == 1


def test_a_parcel_with_the_key_of_a_label_whose_reply_was_lost_stays():
    async def answer(order, floor):
        first, second = [await to_the_parcel(order, floor) for _ in range(2)]
        with pytest.raises(TimeoutError):
            await floor.ship(first, "mine")
        return await floor.ship(second, "mine")

    day = one_order(answer, ship="lost_reply")
    assert day.said["ORD-001"] == "SIM-0001" and len(day.ledger.reservations) == 2


def test_of_two_cancellations_the_first_one_counts():
    async def answer(order, floor):
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.shield(asyncio.sleep(60))

    end = one_order(answer, cancelled_s=[1.0, 3.0]).ends["ORD-001"]
    assert (end.cancelled_s, end.ended_s) == (1.0, 3.0)


def test_giving_back_voids_a_label_whose_reply_was_lost():
    async def answer(order, floor):
        parcel = await to_the_parcel(order, floor)
        with pytest.raises(TimeoutError):
            await floor.ship(parcel, "mine")
        await floor.give_back(parcel.reservations)

    day = one_order(answer, ship="lost_reply")
    assert day.labels["mine"].void and not day.ledger.reservations
    assert day.shipped == {"ORD-001": {}}


def test_giving_back_takes_two_seconds_and_has_done_nothing_when_it_is_cancelled_before():
    async def answer(order, floor):
        await floor.give_back(await floor.check(order.lines[0]))

    checked_s = one_order(answer).ends["ORD-001"].ended_s - 2.0
    assert len(one_order(answer, [checked_s + 1.9]).ledger.reservations) == 1
    assert len(one_order(answer, [checked_s + 2.1]).ledger.reservations) == 0


def test_what_was_given_back_cannot_be_given_back_again():
    async def answer(order, floor):
        held = await floor.check(order.lines[0])
        await floor.give_back(held)
        await floor.give_back(held)

    assert isinstance(one_order(answer).said["ORD-001"], LedgerError)


def test_an_orchestrator_that_does_not_end_is_stopped():
    day = one_order(lambda order, floor: asyncio.sleep(1e6))
    assert day.ends["ORD-001"].ended_s == float("inf")


def test_a_verdict_marks_the_place_in_a_chart_of_the_day():
    async def answer(order, floor):
        await floor.check(order.lines[0])
        return {}

    verdict = check("11.1", answer)
    ax = verdict.chart()
    ((x, y),) = ax.collections[-1].get_offsets()
    assert ax.get_title(loc="left").replace("\n", " ") == verdict.why
    assert verdict.why.startswith("day 1, ORD-002") and y == 1 and x > 0
    data, metadata = verdict._repr_mimebundle_()
    assert data["text/plain"] == repr(verdict) and data["image/png"]
    assert verdict.why in metadata["image/png"]["alt"]


def test_a_verdict_without_a_chart_is_its_text_alone():
    assert check("03.1", "fifo")._repr_mimebundle_() == ({}, {})
