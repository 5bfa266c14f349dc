"""The tables of a run: columns, types, words, folded stock."""

import dataclasses
import io
import random
from typing import Any

import pandas as pd
import pytest

from fulfillment_lib import FulfillmentRun, simulate
from fulfillment_lib.analysis.timeline import priority_word, read_timeline, stock, summary, timeline
from fulfillment_lib.engine.tasks import Attempt, Outcome
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.orders import Network, Order, Product, Warehouse
from fulfillment_lib.records import Movement, MovementKind
from fulfillment_lib.samples import sample_orders
from fulfillment_lib.settings import Durations, Faults
from fulfillment_lib.stock import MemoryLedger

EMPTY = simulate(())
TIMELINE = {
    "order_id": "str",
    "task_id": "str",
    "kind": "str",
    "priority": "str",
    "worker": "int64",
    "attempt": "int64",
    "ready_s": "float64",
    "start_s": "float64",
    "finish_s": "float64",
    "wait_s": "float64",
    "service_s": "float64",
    "outcome": "str",
    "error": "str",
}
SUMMARY = {
    "order_id": "str",
    "priority": "str",
    "status": "str",
    "units_ordered": "int64",
    "units_shipped": "int64",
    "units_backordered": "int64",
    "units_cancelled": "int64",
    "packages": "int64",
    "carriers": "str",
    "delivery_date": "str",
    "placed_s": "float64",
    "finished_s": "float64",
    "lead_time_s": "float64",
    "tasks_succeeded": "int64",
    "tasks_failed": "int64",
    "tasks_skipped": "int64",
}
STOCK = {
    "warehouse": "str",
    "sku": "str",
    "on_hand": "int64",
    "reserved": "int64",
    "available": "int64",
    "shipped": "int64",
}


def an_attempt(**changes: Any) -> Attempt:
    return Attempt(
        **{
            "order_id": "A",
            "task_id": "A/packing",
            "kind": "packing",
            "priority": 1,
            "worker": 0,
            "attempt": 1,
            "ready_s": 0.0,
            "start_s": 0.0,
            "finish_s": 1.0,
            "outcome": Outcome.SUCCEEDED,
            "error": "",
            "sequence": 0,
        }
        | changes
    )


def a_run(*attempts: Attempt) -> FulfillmentRun:
    return dataclasses.replace(EMPTY, attempts=attempts)


def a_product(sku: str) -> Product:
    return Product(sku, sku, 1.0, 10.0, 10.0, 10.0)


def a_network() -> Network:
    """Four units at EAST and five at WEST, in an order that is not that of the alphabet."""
    return Network(
        (a_product("Z"), a_product("B")),
        (Warehouse("WEST", "94103", {"Z": 5}), Warehouse("EAST", "10001", {"Z": 4, "B": 2})),
    )


def a_split(**settings: Any) -> FulfillmentRun:
    """Six units of Z from New York: four lie at EAST, the other two come from WEST."""
    return simulate(
        [Order("A", {"Z": 6}, "express", "10001")],
        a_network(),
        durations=Durations.constant(),
        **settings,
    )


def types(table: pd.DataFrame) -> dict[str, str]:
    return {name: str(kind) for name, kind in table.dtypes.items()}


def records(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(table.itertuples(index=False, name=None))


@pytest.mark.parametrize("run", [EMPTY, simulate(sample_orders(12))], ids=["empty", "full"])
def test_columns_and_types_are_the_same_with_and_without_rows(run):
    assert list(types(timeline(run)).items()) == list(TIMELINE.items())
    assert list(types(summary(run)).items()) == list(SUMMARY.items())
    assert list(types(stock(run)).items()) == list(STOCK.items())
    assert [len(timeline(run)), len(summary(run))] == [len(run.attempts), len(run.orders)]


def test_the_methods_of_a_run_give_the_same_tables():
    run = simulate(sample_orders(3))
    pd.testing.assert_frame_equal(run.timeline(), timeline(run))
    pd.testing.assert_frame_equal(run.summary(), summary(run))
    pd.testing.assert_frame_equal(run.stock(), stock(run))


def test_the_timeline_is_sorted_by_start_and_then_worker():
    table = timeline(
        a_run(
            an_attempt(start_s=2.0, worker=0),
            an_attempt(start_s=1.0, worker=10),
            an_attempt(start_s=1.0, worker=9),
            an_attempt(start_s=0.5, worker=3),
        )
    )
    assert list(zip(table["start_s"], table["worker"], strict=True)) == [
        (0.5, 3),
        (1.0, 9),
        (1.0, 10),
        (2.0, 0),
    ]
    assert list(table.index) == [0, 1, 2, 3]


def test_an_attempt_without_length_comes_before_the_one_that_follows_it_on_its_worker():
    after, before = an_attempt(start_s=1.0, finish_s=3.0), an_attempt(start_s=1.0, finish_s=1.0)
    assert list(timeline(a_run(after, before))["finish_s"]) == [1.0, 3.0]


def test_attempts_of_one_instant_on_one_worker_stay_in_the_order_of_their_ends():
    first, second = an_attempt(finish_s=0.0), an_attempt(finish_s=0.0, attempt=2)
    assert list(timeline(a_run(first, second))["attempt"]) == [1, 2]
    assert list(timeline(a_run(second, first))["attempt"]) == [2, 1]


def test_the_timeline_shows_words_that_print_as_plain_text():
    table = timeline(simulate(sample_orders(12)))
    assert set(table["priority"]) == {"express", "standard"}
    assert set(table["kind"]) == {"inventory", "packing", "shipping"}
    assert set(table["outcome"]) == {"succeeded", "timed_out"}
    for name in ("priority", "kind", "outcome"):
        assert {type(each) for each in table[name]} == {str}


def test_a_foreign_priority_is_its_number_and_a_foreign_kind_itself():
    table = timeline(
        a_run(
            an_attempt(priority=7, kind="gift wrapping"),
            an_attempt(priority=-1, kind="", start_s=1.0),
        )
    )
    assert list(table["priority"]) == ["7", "-1"]
    assert list(table["kind"]) == ["gift wrapping", ""]
    assert [priority_word(each) for each in (0, 1, 2)] == ["express", "standard", "2"]


def test_wait_and_service_are_exact_to_the_microsecond():
    table = timeline(
        a_run(
            an_attempt(ready_s=0.1, start_s=0.3, finish_s=0.7),
            an_attempt(
                ready_s=9_999_999.000001, start_s=9_999_999.100002, finish_s=9_999_999.900004
            ),
        )
    )
    assert list(table["wait_s"]) == [0.2, 0.100001]  # 0.3 − 0.1 is 0.19999999999999998
    assert list(table["service_s"]) == [0.4, 0.800002]


def test_hostile_texts_stay_as_they_are_in_the_tables():
    for name in ("$x$", "<script>", "a\u202eb", "שלום", "_x", "=cmd|x"):
        run = simulate([Order(name, {"Z": 1}, "standard", "10001")], a_network())
        assert set(timeline(run)["order_id"]) == set(summary(run)["order_id"]) == {name}


def through_a_file(table: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(table.to_csv(index=False)))


def test_a_timeline_is_read_from_a_run_a_table_and_a_file():
    run = simulate(sample_orders(12))
    for given in (
        run,
        timeline(run),
        through_a_file(timeline(run)),
        timeline(run).astype(object),
        timeline(run).astype({"worker": float}),
    ):
        pd.testing.assert_frame_equal(read_timeline("table", given), timeline(run))


def test_words_that_a_file_lost_or_took_for_numbers_are_read_as_texts():
    table = timeline(
        a_run(
            an_attempt(order_id="", kind=""),
            an_attempt(order_id="12", worker=1),
            an_attempt(order_id="1.5", kind="2", worker=2),
        )
    )
    read = read_timeline("table", through_a_file(table[:2]))
    assert list(read["order_id"]) == ["", "12"] and types(read) == TIMELINE
    assert list(read["error"]) == list(read["kind"])[:1] * 2 == ["", ""]
    assert list(read_timeline("table", through_a_file(table))["order_id"]) == ["", "12", "1.5"]


def test_a_timeline_that_is_read_keeps_its_rows_and_gets_a_new_index():
    table = timeline(simulate(sample_orders(3))).iloc[::-1].set_index("attempt", drop=False)
    read = read_timeline("table", table, ("task_id", "start_s", "finish_s"))
    assert list(read.columns) == ["task_id", "start_s", "finish_s"]
    assert list(read["task_id"]) == list(table["task_id"])
    assert list(read.index) == list(range(len(table)))


@pytest.mark.parametrize("name", TIMELINE)
def test_a_timeline_lacks_no_column_and_has_none_twice(name):
    table = timeline(simulate(sample_orders(1)))
    with pytest.raises(ArgumentError, match=rf"table must be .*, got \[.*; {name} is missing"):
        read_timeline("table", table.drop(columns=name))
    with pytest.raises(ArgumentError, match=rf"table must be .*, got \[.*; {name} comes 2 times"):
        read_timeline("table", pd.concat([table, table[[name]]], axis=1))


@pytest.mark.parametrize("table", [None, [], {}, "run", EMPTY.attempts, timeline])
def test_what_is_no_timeline_is_refused(table):
    with pytest.raises(ArgumentError, match=r"table must be a run or its timeline\(\), got "):
        read_timeline("table", table)


def test_the_summary_has_one_row_per_order_in_input_order():
    orders = tuple(reversed(sample_orders(12)))
    assert list(summary(simulate(orders))["order_id"]) == [order.id for order in orders]


def test_the_summary_of_an_order_is_what_its_report_says():
    run = a_split()
    row = summary(run).iloc[0].to_dict()
    report = run.report("A")
    assert row == {
        "order_id": "A",
        "priority": "express",
        "status": "FULFILLED",
        "units_ordered": 6,
        "units_shipped": 6,
        "units_backordered": 0,
        "units_cancelled": 0,
        "packages": len(report.packages),
        "carriers": row["carriers"],
        "delivery_date": max(each.delivery_date for each in report.shipments),
        "placed_s": 0.0,
        "finished_s": 7.0,
        "lead_time_s": 7.0,
        "tasks_succeeded": 5,
        "tasks_failed": 0,
        "tasks_skipped": 0,
    }


def test_carriers_come_in_the_order_of_use_and_the_delivery_date_is_the_latest():
    run = a_split()
    report = run.report("A")
    first, second = report.shipments
    shipments = tuple(
        dataclasses.replace(each, carrier=carrier, delivery_date=date)
        for each, carrier, date in (
            (first, "UPS", "2026-03-09"),
            (second, "DHL", "2026-12-01"),
            (first, "UPS", "2026-03-10"),
        )
    )
    shown = summary(
        dataclasses.replace(run, reports=(dataclasses.replace(report, shipments=shipments),))
    )
    assert (shown["carriers"][0], shown["delivery_date"][0]) == ("UPS, DHL", "2026-12-01")


def test_an_order_that_ships_nothing_has_no_carriers_and_no_date():
    order = Order("A", {"B": 1}, "standard", "10001", shortage="short_ship")
    empty = Network((a_product("B"),), (Warehouse("EAST", "10001", {}),))
    row = summary(simulate([order], empty)).iloc[0]
    assert (row["status"], row["carriers"], row["delivery_date"]) == ("CANCELLED", "", "")
    assert (row["units_cancelled"], row["packages"], row["tasks_skipped"]) == (1, 0, 2)


def test_stock_is_folded_from_the_movements_in_the_order_of_the_network():
    assert records(stock(a_split())) == [
        ("WEST", "Z", 3, 0, 3, 2),
        ("EAST", "Z", 0, 0, 0, 4),
        ("EAST", "B", 2, 0, 2, 0),
    ]


def test_stock_that_was_given_back_is_available_again():
    run = a_split(faults=Faults(script={"A/packing/EAST": ("fail",)}))
    assert [each.kind.value for each in run.movements].count("release") == 1
    assert records(stock(run)) == [
        ("WEST", "Z", 3, 0, 3, 2),
        ("EAST", "Z", 4, 0, 4, 0),
        ("EAST", "B", 2, 0, 2, 0),
    ]


def test_what_is_reserved_is_on_hand_but_not_available():
    held = Movement(0.0, MovementKind.RESERVE, "WEST", "Z", 2, "A/inventory/Z")
    run = dataclasses.replace(EMPTY, network=a_network(), movements=(held,))
    assert records(stock(run))[0] == ("WEST", "Z", 5, 2, 3, 0)


@pytest.mark.parametrize("seed", range(20))
def test_stock_agrees_with_the_ledger_after_any_movements(seed):
    dice, ledger = random.Random(seed), MemoryLedger(a_network())
    for number in range(12):
        answer = ledger.reserve(
            f"t{number}",
            dice.choice("ZB"),
            dice.randint(1, 4),
            dice.sample(["EAST", "WEST"], 2),
            float(number),
        )
        for each in answer.reservations:
            dice.choice([ledger.ship, ledger.release, lambda *_: None])(each, number + 0.5)
    table = stock(dataclasses.replace(EMPTY, network=ledger.network, movements=ledger.movements))
    for row in table.itertuples():
        assert row.available == ledger.available(row.sku).get(row.warehouse, 0)
        assert row.reserved == sum(
            each.quantity
            for each in ledger.reservations
            if (each.warehouse, each.sku) == (row.warehouse, row.sku)
        )


def test_stock_after_a_day_agrees_with_its_ledger():
    ledger = MemoryLedger(simulate(()).network)
    for row in stock(simulate(sample_orders(12), ledger=ledger)).itertuples():
        assert row.available == ledger.available(row.sku).get(row.warehouse, 0)
        assert (row.reserved, row.on_hand) == (0, row.available)
