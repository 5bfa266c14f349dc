import asyncio

import pytest

from fulfillment_lib import (
    Durations,
    Faults,
    Network,
    Order,
    Product,
    Settings,
    Warehouse,
    plan_order,
    run_virtual,
)
from fulfillment_lib.errors import SimulatedFailure
from fulfillment_lib.operations.inventory import check_stock
from fulfillment_lib.operations.routing import Route, sources
from fulfillment_lib.operations.workplace import InlineExecutor, Workplace
from fulfillment_lib.stock import MemoryLedger

NETWORK = Network(
    (Product("A", "a", 1, 10, 10, 10),),
    (
        Warehouse("MUNICH", "80331", {"A": 9}, "DE"),
        Warehouse("EAST", "10001", {"A": 2}),
        Warehouse("WEST", "94103", {"A": 3}),
        Warehouse("EAST-2", "19103", {"A": 1}),
    ),
)
ORDER = Order("O", {"A": 4}, "express", "10001")
[TASK, *_] = plan_order(ORDER).tasks


def checked_stock(*faults, attempt=1):
    """Run one attempt; its answer or error, the time, and the ledger."""
    settings = Settings(
        durations=Durations.constant(1.5), faults=Faults(script={TASK.id: faults} if faults else {})
    )
    workplace = Workplace(NETWORK, settings, MemoryLedger(NETWORK), InlineExecutor(), 60.0, {})

    async def attempt_it():
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(10):
                answer = await check_stock(
                    TASK, attempt, workplace, ORDER.lines[0], Route(ORDER, workplace)
                )
        except Exception as error:
            answer = type(error)
        return answer, loop.time(), workplace.ledger

    return run_virtual(attempt_it())


@pytest.mark.parametrize(
    ("postal_code", "country", "names"),
    [
        ("10001", "US", ("EAST", "EAST-2", "WEST", "MUNICH")),
        ("94103", "US", ("WEST", "EAST", "EAST-2", "MUNICH")),
        ("10115", "DE", ("MUNICH", "EAST", "WEST", "EAST-2")),
        ("K1A 0B1", "CA", ("MUNICH", "EAST", "WEST", "EAST-2")),
    ],
)
def test_the_nearest_warehouses_come_first_and_ties_keep_the_order_of_the_network(
    postal_code, country, names
):
    assert sources(Order("O", {"A": 1}, "express", postal_code, country), NETWORK) == names


def test_looking_and_setting_aside_happen_at_the_end_of_the_service():
    answer, now_s, ledger = checked_stock()
    assert now_s == 1.5
    assert [
        (reservation.warehouse, reservation.quantity) for reservation in answer.reservations
    ] == [("MUNICH", 4)]
    assert [movement.at_s for movement in ledger.movements] == [1.5]


@pytest.mark.parametrize(
    ("fault", "problem", "ends_s", "movements"),
    [
        ("fail", SimulatedFailure, 1.5, 0),
        ("hang", TimeoutError, 10.0, 0),
        ("lost_reply", TimeoutError, 10.0, 1),
    ],
)
def test_only_a_lost_reply_sets_units_aside_without_an_answer(fault, problem, ends_s, movements):
    answer, now_s, ledger = checked_stock(fault)
    assert (answer, now_s, len(ledger.movements)) == (problem, ends_s, movements)
    assert len(ledger.held(TASK.id)) == movements


def test_faults_are_those_of_the_attempt():
    assert checked_stock("fail", attempt=2)[0].reserved == 4
