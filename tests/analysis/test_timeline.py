"""The tables of a run and its digest: columns, types, words, folded stock, what a digest sees."""

import dataclasses
import io
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fulfillment_lib import FulfillmentRun, simulate
from fulfillment_lib.analysis.timeline import (
    digest,
    priority_word,
    read_timeline,
    stock,
    summary,
    timeline,
)
from fulfillment_lib.engine.tasks import Attempt, Outcome, Task, TaskResult
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.orders import Network, Order, Priority, Product, Units, Warehouse
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
    assert run.digest() == digest(run)


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


def test_equal_runs_have_equal_digests_and_other_seeds_other_ones():
    assert simulate(sample_orders(12)).digest() == simulate(sample_orders(12)).digest()
    assert len({simulate(sample_orders(12), seed=seed).digest() for seed in range(5)}) == 5


def others(value: Any) -> Iterator[tuple[str, Any]]:
    """The same value with one thing changed, for each thing in it, with the path to it."""
    if dataclasses.is_dataclass(value):
        for name in [each.name for each in dataclasses.fields(value)]:
            if (type(value), name) != (Task, "payload"):
                for path, other in others(getattr(value, name)):
                    yield f".{name}{path}", dataclasses.replace(value, **{name: other})
    elif isinstance(value, tuple):
        yield "+1", (*value, *(value[:1] or ("another",)))
        for place, each in enumerate(value):
            for path, other in others(each):
                yield f"[{place}]{path}", (*value[:place], other, *value[place + 1 :])
    elif isinstance(value, Mapping):
        yield "+1", Units({**value, "ANOTHER": 1})
        for key, each in value.items():
            yield f"[{key}]", Units({**value, key: each + 1})
    elif isinstance(value, Enum):
        yield from (("", each) for each in type(value) if each is not value)
    elif isinstance(value, str):
        yield "", value + "x"
    else:
        yield "", 1.5 if value is None else value + 1


def a_rich_run() -> FulfillmentRun:
    """Few records, but every kind of record, and lists that are not empty."""
    run = a_split(
        max_attempts=2,
        faults=Faults(
            script={
                "A/shipping/WEST": ("lost_reply", "lost_reply"),
                "A/packing/EAST": ("fail", "ok"),
            }
        ),
    )
    kinds = {(each.task.kind, each.succeeded): each for each in run.results}
    return dataclasses.replace(
        run, attempts=run.attempts[:1], results=tuple(kinds.values()), movements=run.movements[:1]
    )


def test_the_rich_run_holds_every_kind_of_record():
    run = a_rich_run()
    assert run.reports[0].voided and run.reports[0].shipments and run.reports[0].packages
    assert {type(each.value).__name__ for each in run.results} >= {"StockCheck", "NoneType"}
    assert {len(each.attempts) for each in run.results} == {1, 2}


@pytest.mark.parametrize("name", ["attempts", "results", "movements", "reports"])
def test_a_digest_changes_with_every_field_of_every_record(name):
    run = a_rich_run()
    changed = list(others(getattr(run, name)))
    digests = {digest(run): "unchanged"}
    for path, other in changed:
        other_digest = digest(dataclasses.replace(run, **{name: other}))
        assert other_digest not in digests, f"{name}{path} and {digests[other_digest]}"
        digests[other_digest] = path
    own_fields = {each.name for each in dataclasses.fields(getattr(run, name)[0])}
    assert own_fields == {
        path.split(".")[1].split("[")[0].split("+")[0] for path, _ in changed if "." in path
    }


def test_a_digest_does_not_look_at_what_a_handler_was_given():
    run = a_rich_run()
    given = tuple(
        dataclasses.replace(each, task=dataclasses.replace(each.task, payload=object()))
        for each in run.results
    )
    assert digest(dataclasses.replace(run, results=given)) == digest(run)


def with_value(value: Any) -> FulfillmentRun:
    """A run whose one task gave that value."""
    return dataclasses.replace(EMPTY, results=(TaskResult(Task("t"), Outcome.SUCCEEDED, value),))


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, b"bytes", 1j, Task, ("a", [object()]), {"a": object()}, dataclasses]
)
def test_a_digest_refuses_what_it_cannot_write_down(value):
    with pytest.raises(TypeError, match="a digest takes records, numbers and texts, got"):
        digest(with_value(value))


ALIKE = [
    (("a", "b"),),
    (("a",), "b"),
    ("a", ("b",)),
    ("a", "b"),
    ("ab",),
    "ab",
    "a,b",
    ("a,b",),
    "('a', 'b')",
    ("a", "b", ""),
    ("a", "", "b"),
    ("", "ab"),
    "",
    (),
    ((),),
    ((), ()),
    (((),),),
    ("",),
    None,
    "None",
    (None,),
    "None;",
    10,
    "10",
    (1, 0),
    ("1", "0"),
    1.5,
    "1.5",
    "f1.5;",
    {"a": "b"},
    (("a", "b"), ()),
    {"a": ("b",)},
    {"ab": ""},
    {"a": "", "b": ""},
    {"": "ab"},
    {},
    {"a": {}},
    {"a": {}, "b": {}},
    {"a": {"b": {}}},
    "s1:a",
    ("s1:a",),
    "a\n",
    ("a", "\n"),
    "(2:s1:as1:b",
    "1:as1:b",
    "é",
    "e\u0301",
    "\\xe9",
    "\ud800",
    "\\ud800",
    Task("a"),
    "Task(",
    Task("a", "b"),
    Task("ab"),
    Task("a", "", "b"),
    float("inf"),
    "inf",
]


def test_values_that_differ_have_digests_that_differ():
    digests: dict[str, Any] = {}
    for value in ALIKE:
        assert digests.setdefault(digest(with_value(value)), value) is value
    assert len(digests) == len(ALIKE)


def test_records_in_another_order_or_place_have_another_digest():
    one, two = an_attempt(), an_attempt(worker=1, sequence=1)
    runs = [
        a_run(one, two),
        a_run(two, one),
        a_run(one),
        a_run(),
        dataclasses.replace(EMPTY, results=(one, two)),
        dataclasses.replace(EMPTY, attempts=(one,), results=(two,)),
    ]
    assert len({digest(run) for run in runs}) == len(runs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.0, -0.0),
        (0.25, np.float64(0.25)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ("succeeded", Outcome.SUCCEEDED),
        (1, Priority.STANDARD),
        (Units(a=1), {"a": 1}),
    ],
)
def test_equal_values_have_equal_digests(one, other):
    assert one == other
    assert digest(with_value(one)) == digest(with_value(other))


def test_the_digest_of_a_record_is_the_same_in_every_version():
    # The letter came with Unicode 15: Python 3.11 prints it as an escape, Python 3.12 does not.
    moved = Movement(0.1, MovementKind.SHIP, "EAST", "\U0001fae8", 3, "A/inventory/Z")
    run = dataclasses.replace(EMPTY, movements=(moved,))
    assert digest(run) == ("b403abfa414c7af73d029a49d92f93f3db0257fd7081c7c787e1d674a41deb67")


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_a_digest_does_not_depend_on_the_hash_seed(hash_seed):
    program = (
        "from fulfillment_lib import Faults, sample_orders, simulate\n"
        "print(simulate(sample_orders(12), max_attempts=2,"
        " faults=Faults(fail=0.2, lost_reply=0.1)).digest())"
    )
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        check=True,
        text=True,
        capture_output=True,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
    )
    here = simulate(sample_orders(12), max_attempts=2, faults=Faults(fail=0.2, lost_reply=0.1))
    assert told.stdout.strip() == here.digest()
