"""What must hold for any day: random orders, networks, settings and faults."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from any_run import DAYS, Day
from check_run import checked, nothing_held
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment_lib import FulfillmentRun, fulfill, run_virtual
from fulfillment_lib.intake import Intake
from fulfillment_lib.records import MovementKind
from fulfillment_lib.run import _run
from fulfillment_lib.stock import MemoryLedger

MANY = 6 * settings().max_examples


def folded(run: FulfillmentRun) -> list[tuple[object, ...]]:
    """The rows of `run.stock()`, made from the movements alone."""
    moved: Counter[tuple[str, str, MovementKind]] = Counter()
    for each in run.movements:
        moved[each.warehouse, each.sku, each.kind] += each.quantity
    rows: list[tuple[object, ...]] = []
    for house in run.network.warehouses:
        for sku, received in house.stock.items():
            reserved, shipped, released = (moved[house.name, sku, kind] for kind in MovementKind)
            held = reserved - shipped - released
            on_hand = received - shipped
            rows.append((house.name, sku, on_hand, held, on_hand - held, shipped))
    return rows


@settings(max_examples=MANY)
@given(DAYS)
def test_whatever_happens_every_rule_holds_and_nothing_is_lost(day: Day) -> None:
    ledger = MemoryLedger(day.network)
    run = checked(day.run(ledger=ledger))
    nothing_held(ledger)
    assert sorted(run.stock().itertuples(index=False, name=None)) == sorted(folded(run))


@settings(max_examples=MANY // 2)
@given(DAYS)
def test_any_day_comes_out_the_same_again_on_threads_and_in_real_time(day: Day) -> None:
    async def paced() -> FulfillmentRun:
        return await fulfill(*day, speed=1e9)

    with ThreadPoolExecutor(2) as executor:
        again = day.run(executor=executor)
    assert day.run().digest() == again.digest() == asyncio.run(paced()).digest()


@settings(max_examples=MANY)
@given(DAYS, st.integers(0, 200))
def test_any_day_can_be_cancelled_at_any_time(day: Day, tenths: int) -> None:
    ledger = MemoryLedger(day.network)

    async def stopped() -> None:
        intake = Intake.of(day.orders, day.network, day.settings, ledger, None, 60.0, {})
        running = asyncio.create_task(_run(intake, None, None))
        await asyncio.sleep(tenths / 10)
        running.cancel()
        await asyncio.wait([running])
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(stopped())
    nothing_held(ledger)
