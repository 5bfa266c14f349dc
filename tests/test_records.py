"""Records: immutable values whose sums and differences are exact to the microsecond."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import pytest

from fulfillment_lib.engine.tasks import Attempt, Outcome, Task, TaskResult
from fulfillment_lib.orders import Priority, Units
from fulfillment_lib.records import (
    Fulfillment,
    LineReport,
    Movement,
    MovementKind,
    OrderReport,
    OrderStatus,
    Package,
    Reservation,
    Shipment,
    StockCheck,
)

ATTEMPT = Attempt(
    "ORD-1",
    "ORD-1/packing/EAST",
    "packing",
    0,
    worker=2,
    attempt=1,
    ready_s=0.1,
    start_s=0.3,
    finish_s=0.9,
    outcome=Outcome.SUCCEEDED,
    error="",
    sequence=4,
)
RESERVATION = Reservation("ORD-1/inventory/A", "EAST", "A", 2)
CHECK = StockCheck(
    "A", 5, Units(EAST=2, WEST=1), (RESERVATION, Reservation("ORD-1/inventory/A", "WEST", "A", 1))
)
MOVEMENT = Movement(0.9, MovementKind.RESERVE, "EAST", "A", 2, "ORD-1/inventory/A")
PACKAGE = Package("000000000000000000", "EAST", "S", Units(A=2), 20.0, 15.0, 10.0, 1.2, 1.5)
SHIPMENT = Shipment(
    "ORD-1",
    "EAST",
    "UPS",
    "ground",
    "1Z",
    "10001",
    "94103",
    "2026-03-02",
    "2026-03-06",
    9.5,
    (PACKAGE,),
)
FULFILLMENT = Fulfillment("ORD-1", "EAST", (RESERVATION,), (PACKAGE,), SHIPMENT, Outcome.SUCCEEDED)
RESULT = TaskResult(Task("ORD-1/packing/EAST"), Outcome.SUCCEEDED, (PACKAGE,), "", (ATTEMPT,))
REPORT = OrderReport(
    "ORD-1",
    OrderStatus.PARTIALLY_FULFILLED,
    lines=(LineReport("A", 3, 2, 1, 0, "only 2 available"), LineReport("B", 1, 1, 0, 0, "")),
    packages=(PACKAGE,),
    shipments=(SHIPMENT,),
    fulfillments=(FULFILLMENT,),
    voided=(),
    priority=Priority.EXPRESS,
    placed_s=0.1,
    finished_s=7.4,
    tasks_succeeded=4,
    tasks_failed=0,
    tasks_skipped=0,
)
RECORDS = [
    ATTEMPT,
    RESERVATION,
    CHECK,
    MOVEMENT,
    PACKAGE,
    SHIPMENT,
    FULFILLMENT,
    RESULT,
    REPORT,
    REPORT.lines[0],
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_cannot_be_edited(record: Any) -> None:
    for each in dataclasses.fields(record):
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"'{each.name}'"):
            setattr(record, each.name, None)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_survives_pickling_and_can_stand_in_a_set(record: Any) -> None:
    twin = pickle.loads(pickle.dumps(record))
    assert {twin, record} == {record}
    assert repr(twin) == repr(record)


def test_waiting_and_service_are_differences_without_floating_dust() -> None:
    assert ATTEMPT.start_s - ATTEMPT.ready_s != 0.2  # what subtraction alone gives
    assert ATTEMPT.wait_s == 0.2
    assert ATTEMPT.service_s == 0.6
    assert REPORT.lead_time_s == 7.3


@pytest.mark.parametrize("outcome", Outcome)
def test_only_a_succeeded_task_has_a_value_to_use(outcome: Outcome) -> None:
    result = dataclasses.replace(RESULT, outcome=outcome)
    assert result.succeeded == (outcome is Outcome.SUCCEEDED)


def test_a_stock_check_adds_up_what_it_set_aside() -> None:
    assert CHECK.reserved == 3


def test_a_report_adds_up_its_lines() -> None:
    totals = {
        name: REPORT.total(name) for name in ("ordered", "shipped", "backordered", "cancelled")
    }
    assert totals == {"ordered": 4, "shipped": 3, "backordered": 1, "cancelled": 0}


def test_a_report_prints_as_one_line() -> None:
    assert repr(REPORT) == "OrderReport(ORD-1: PARTIALLY_FULFILLED, 3 of 4 units shipped)"


def test_words_of_the_records_are_those_that_tables_show() -> None:
    assert [str(each) for each in Outcome] == [
        "succeeded",
        "failed",
        "timed_out",
        "skipped",
        "cancelled",
    ]
    assert [str(each) for each in OrderStatus] == [
        "FULFILLED",
        "PARTIALLY_FULFILLED",
        "UNFULFILLED",
        "CANCELLED",
    ]
