"""The catalogue of bad input: each gets an error of our own tree that names field and value.

A rule that many fields share is tested fully in test_checks; here one row per field, with a value
just outside, proves that the field has it. A rule of one field is tested fully here. Before the
error nothing has moved, and afterwards the next good order works on the same ledger. What files
hold is in test_files, test_fuzz and test_database.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import count, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from check_run import checked, nothing_held
from matplotlib import pyplot
from oddities import Mute, Nameless

from fulfillment_lib import (
    Durations,
    Faults,
    Network,
    Order,
    OrderLine,
    Outcome,
    Plan,
    Priority,
    Product,
    Settings,
    Task,
    Warehouse,
    WorkerPool,
    fulfill,
    plan_order,
    policies,
    read_network,
    read_orders,
    run_virtual,
    sample_network,
    sample_orders,
    scenarios,
    simulate,
    terminal,
)
from fulfillment_lib.analysis import anatomy, bounds, export, invariants, kpis, theory
from fulfillment_lib.analysis.digest import digest
from fulfillment_lib.analysis.kpis import figures
from fulfillment_lib.analysis.moment import moment
from fulfillment_lib.analysis.theory import FASTEST, MOST_SERVERS
from fulfillment_lib.analysis.timeline import stock, summary, timeline
from fulfillment_lib.charts import (
    plot_anatomy,
    plot_gantt,
    plot_gantts,
    plot_plan,
    plot_queue,
    plot_utilization,
    plot_waits,
)
from fulfillment_lib.checks import (
    LARGEST_QUANTITY,
    LATEST_S,
    LONGEST_NAME,
    LONGEST_TIME_S,
    MOST_WORKERS,
)
from fulfillment_lib.course import check, hint, predict
from fulfillment_lib.engine.loop import LATEST_START_S
from fulfillment_lib.engine.tasks import LONGEST_TASK_ID
from fulfillment_lib.errors import ArgumentError, FileError, FulfillmentError, LedgerError, shown
from fulfillment_lib.panels import compare, explore, live, replay
from fulfillment_lib.plan import task_id
from fulfillment_lib.records import Reservation
from fulfillment_lib.samples import LARGEST_SCALE, MOST_ORDERS, scale_stock, vary_orders
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import LARGEST_MEAN_S, LARGEST_SEED
from fulfillment_lib.stock import MemoryLedger, SqliteLedger
from fulfillment_lib.stock.database import LONGEST_WAIT_S
from fulfillment_lib.sweep import sweep

pytestmark = pytest.mark.slow  # a long catalogue

NETWORK = sample_network()
GOOD = Order("GOOD", {"MOUSE-002": 1}, "express", "94103")
RUN = simulate(sample_orders(3))
TABLE = RUN.timeline()
PLAN = plan_order(GOOD)
THREADS = ThreadPoolExecutor(1)
Call = Callable[[Any, MemoryLedger], Any]


class Row(NamedTuple):
    name: str
    call: Call
    value: Any
    message: str
    kind: type[Exception] = ArgumentError


NO_ADDRESS = re.compile(r" at 0x\w+")  # a test must have the same name in every process
NO_NUMBER = (None, True, "1", math.nan, math.inf, 10**400)


def refused(
    field: str,
    rule: str,
    call: Call,
    *values: Any,
    remedy: str = "",
    kind: type[Exception] = ArgumentError,
) -> list[Row]:
    """One row per value, which the error must name beside the field and the rule."""
    return [
        Row(
            f"{field}: {NO_ADDRESS.sub('', shown(value))} in line {call.__code__.co_firstlineno}",
            call,
            value,
            re.escape(f"{field} must be {rule}, got {shown(value)}{remedy}"),
            kind,
        )
        for value in values
    ]


def wholes(field: str, low: int, high: int, call: Call) -> list[Row]:
    """What is no whole number of a range."""
    return refused(field, f"a whole number from {low:,} to {high:,}", call, high + 1)


def numbers(field: str, low: float, high: float, call: Call, *, above: bool = False) -> list[Row]:
    """What is no number of a range."""
    if above:
        return refused(field, f"a number above {low:,.15g}, at most {high:,.15g}", call, low)
    rule = f"a number from {low:,.15g} to {high:,.15g}"
    return refused(field, rule, call, math.nextafter(high, math.inf))


def texts(field: str, call: Call, longest: int = LONGEST_NAME) -> list[Row]:
    """What is no text on one line."""
    return refused(field, f"at most {longest} characters", call, "x" * (longest + 1))


def one(
    name: str,
    call: Callable[[MemoryLedger], Any],
    message: str,
    kind: type[Exception] = ArgumentError,
) -> Row:
    """A row of its own, with what its error must say."""
    return Row(name, lambda _, ledger: call(ledger), None, message, kind)


def an_order(**changes: Any) -> Order:
    return Order(
        **{
            "id": "A",
            "lines": {"MOUSE-002": 1},
            "priority": "express",
            "postal_code": "94103",
            **changes,
        }
    )


def ordered(field: str) -> Call:
    """A run of one order with the value in that field."""
    return lambda value, ledger: simulate(an_order(**{field: value}), ledger=ledger)


def set_to(field: str) -> Call:
    """A run of one good order with the value in that field of the settings."""
    return lambda value, ledger: simulate(GOOD, ledger=ledger, **{field: value})


def product(field: str) -> Call:
    good: dict[str, Any] = {
        "sku": "A",
        "name": "a",
        "weight_kg": 1,
        "length_cm": 1,
        "width_cm": 1,
        "height_cm": 1,
    }
    return lambda value, ledger: Product(**{**good, field: value})


def warehouse(field: str) -> Call:
    return lambda value, ledger: Warehouse(
        **{"name": "W", "postal_code": "10001", "stock": {}, field: value}
    )


def a_network(
    *, skus: Iterable[str] = ("A",), stock: Iterable[str] = ("A",), houses: Iterable[str] = ("W",)
) -> Network:
    return Network(
        [Product(sku, sku, 1, 1, 1, 1) for sku in skus],
        [Warehouse(name, "10001", dict.fromkeys(stock, 1)) for name in houses],
    )


def pool(field: str) -> Call:
    return lambda value, ledger: WorkerPool(**{field: value})


async def fine(task: Task) -> str:
    return "fine"


async def submitted(task: Any, handler: Any) -> Any:
    async with WorkerPool(1) as pool:
        return (await pool.submit(task, handler)).value


async def outside() -> Any:
    return WorkerPool(1).submit(Task("A"), fine)


async def twice() -> None:
    pool = WorkerPool(1)
    for _ in range(2):
        async with pool:
            pass


def paced(field: str) -> Call:
    return lambda value, ledger: asyncio.run(
        fulfill(GOOD, **{"ledger": ledger, "speed": 1e6, field: value})
    )


def swept(**arguments: Any) -> Any:
    good: dict[str, Any] = {
        "scenario": Scenario("one", [GOOD], NETWORK, Settings()),
        "vary": {},
        "seeds": [0],
        "executor": THREADS,
    }
    return sweep(**{**good, **arguments})


async def made_later(seed: int) -> Scenario:
    return scenarios.web_shop(1, seed)


def scenario(field: str) -> Call:
    good: dict[str, Any] = {
        "name": "one",
        "orders": [GOOD],
        "network": NETWORK,
        "settings": Settings(),
    }
    return lambda value, ledger: Scenario(**{**good, field: value})


def table(column: str) -> Callable[[Any], pd.DataFrame]:
    """The timeline with the same value in all rows of a column."""
    return lambda value: TABLE.assign(**{column: pd.Series([value] * len(TABLE), dtype=object)})


def in_file(call: Callable[[Any, SqliteLedger], Any]) -> Call:
    """The same of a ledger in a file."""

    def called(value: Any, _: MemoryLedger) -> None:
        with TemporaryDirectory() as folder, SqliteLedger(f"{folder}/x", NETWORK) as ledger:
            try:
                call(value, ledger)
            finally:
                assert ledger.movements == ()

    return called


def reserved(ledger: MemoryLedger | SqliteLedger, **changes: Any) -> Any:
    good: dict[str, Any] = {
        "task_id": "T",
        "sku": "MOUSE-002",
        "quantity": 1,
        "sources": ["EAST"],
        "at_s": 0.0,
    }
    return ledger.reserve(**{**good, **changes})


UNITS = [
    *wholes("quantity", 1, LARGEST_QUANTITY, lambda v, _: OrderLine("MOUSE-002", v)),
    *refused(
        "quantity",
        f"a whole number from 1 to {LARGEST_QUANTITY:,}",
        lambda v, at: simulate(an_order(lines={"MOUSE-002": v}), ledger=at),
        0,
    ),
    *wholes("stock of 'A'", 0, 10**12, lambda v, _: Warehouse("W", "10001", {"A": v})),
]

ORDERS = [
    *texts("id", ordered("id")),
    *texts("sku", lambda v, _: OrderLine(v, 1)),
    *refused(
        "priority",
        "'express' or 'standard'",
        ordered("priority"),
        "urgent",
        None,
        7,
        0,
        "",
        "EXPRESS ",
        2.5,
        True,
        Mute("rush"),
        ["express"],
        Nameless(),
    ),
    *refused("priority", "'express' or 'standard'", lambda v, _: Priority.of(v), "ß"),
    *refused(
        "country",
        "two capital letters such as 'US'",
        ordered("country"),
        "USA",
        "us",
        "",
        None,
        1,
        "U\n",
        "ÜS",
        Nameless(),
    ),
    *refused(
        "postal_code",
        "a text of five digits, as in '94103'",
        ordered("postal_code"),
        "9410",
        "９４１０３",
        "94103\n",
        94103,
        None,
        "",
        "94103-12",
        Nameless(),
    ),
    *refused(
        "postal_code",
        "at most 20 characters",
        lambda v, _: an_order(country="DE", postal_code=v),
        "1" * 21,
    ),
    *numbers("placed_s", 0, LONGEST_TIME_S, ordered("placed_s")),
    *refused(
        "shortage", "one of 'backorder', 'short_ship', 'ship_complete'", ordered("shortage"), "hope"
    ),
    *refused("promise_days", "a whole number from 1 to 365", ordered("promise_days"), 0),
    *refused(
        "lines",
        "order lines or a dict of SKU to quantity",
        ordered("lines"),
        "MOUSE-002",
        b"x",
        None,
        5,
        OrderLine("A", 1),
        Nameless(),
    ),
    *refused("lines", "at least one order line", ordered("lines"), {}, [], ()),
    *[
        Row(
            f"order line {shown(each)}",
            ordered("lines"),
            [each],
            re.escape(
                f"order line must be an OrderLine or a pair (sku, quantity), got {shown(each)}"
            ),
        )
        for each in ("MOUSE-002", 5, None, ("A",), ("A", 1, 2), {"A": 1}, Nameless())
    ],
    one(
        "the same SKU twice",
        lambda _: an_order(lines=[("A", 1), OrderLine("A", 2)]),
        "sku of an order line must be unique, got 'A'",
    ),
    one(
        "an unknown SKU",
        lambda at: simulate(an_order(lines={"MOUSE-02": 1}), ledger=at),
        "sku in order 'A' must be a known name, got 'MOUSE-02'; did you mean 'MOUSE-002'",
    ),
    one(
        "the same order twice",
        lambda at: simulate([GOOD, GOOD], ledger=at),
        "order id must be unique, got 'GOOD'",
    ),
    one(
        "an order that the ledger knows",
        lambda at: [simulate(an_order(), ledger=at), simulate(an_order(), ledger=at)],
        "ledger must be one that has not worked on these orders, got .*it knows 'A' already",
    ),
    *refused(
        "orders",
        "orders or a Scenario",
        lambda v, at: simulate(v, ledger=at),
        5,
        "ORD-001",
        b"ORD-001",
        None,
        Nameless(),
    ),
    *[
        Row(
            f"orders with {shown(each)}",
            lambda v, at: simulate(v, ledger=at),
            [GOOD, each],
            re.escape(f"each of orders must be an Order, got {shown(each)}"),
        )
        for each in ("B", None, 5, {"A": 1}, OrderLine("A", 1), Nameless())
    ],
]

NETWORKS = [
    *texts("sku", product("sku")),
    *texts("name", product("name"), 200),
    *texts("name", warehouse("name")),
    *texts("sku", lambda v, _: Warehouse("W", "10001", {v: 1})),
    *numbers("weight_kg", 0, 10_000, product("weight_kg"), above=True),
    *(
        row
        for side in ("length_cm", "width_cm", "height_cm")
        for row in numbers(side, 0, 10_000, product(side), above=True)
    ),
    *refused("country", "two capital letters such as 'US'", warehouse("country"), "usa"),
    *refused(
        "postal_code", "a text of five digits, as in '94103'", warehouse("postal_code"), "1000"
    ),
    *refused("stock", "a Mapping", warehouse("stock"), [("A", 1)]),
    *refused("products", "a sequence of Product objects", lambda v, _: Network(v, []), None),
    *refused("warehouses", "a sequence of Warehouse objects", lambda v, _: Network([], v), None),
    *[
        Row(
            f"products with {shown(each)}",
            lambda v, _: Network(v, []),
            [each],
            re.escape(f"each of products must be a Product, got {shown(each)}"),
        )
        for each in ("A", None, Product, Nameless())
    ],
    one("products without end", lambda _: Network(count(), []), "each of products .*, got 0"),
    one("warehouses without end", lambda _: Network([], count()), "each of warehouses .*, got 0"),
    one(
        "good products without end",
        lambda _: Network(repeat(NETWORK.products[0]), []),
        "number of products must be a whole number from 0 to 1,000,000, got 1000001",
    ),
    one(
        "good warehouses without end",
        lambda _: Network([], repeat(NETWORK.warehouses[0])),
        "number of warehouses must be a whole number from 1 to 100, got 101",
    ),
    one(
        "two hundred warehouses",
        lambda _: Network([], [NETWORK.warehouses[0]] * 200),
        "number of warehouses must be a whole number from 1 to 100, got 200",
    ),
    one("no warehouse", lambda _: Network([], []), "number of warehouses must be .*, got 0"),
    one(
        "101 warehouses",
        lambda _: a_network(houses=map(str, range(101))),
        "number of warehouses must be a whole number from 1 to 100, got 101",
    ),
    one(
        "two products of one SKU",
        lambda _: a_network(skus="AA"),
        "product sku must be unique, got 'A'",
    ),
    one(
        "two warehouses of one name",
        lambda _: a_network(houses="WW"),
        "warehouse name must be unique, got 'W'",
    ),
    one(
        "stock of an unknown product",
        lambda _: a_network(stock="B"),
        "sku in stock at 'W' must be a known name, got 'B'; known are 'A'",
    ),
    *refused("sku", "a known name", lambda v, _: NETWORK.product(v), "MOUSE"),
]

SETTINGS = [
    *wholes("workers", 1, MOST_WORKERS, set_to("workers")),
    *numbers("timeout_s", 0, LONGEST_TIME_S, set_to("timeout_s"), above=True),
    *wholes("max_attempts", 1, 100, set_to("max_attempts")),
    *numbers("backoff_s", 0, LONGEST_TIME_S, set_to("backoff_s")),
    *refused("seed", f"a whole number from 0 to {LARGEST_SEED:,}", set_to("seed"), 1.5),
    *refused(
        "policy", "a known policy", set_to("policy"), "fifi", "", "ageing(30)", "FIFO", "fifo\n"
    ),
    *refused(
        "policy",
        "a name or a function (task, ready_s) -> sort key",
        set_to("policy"),
        5,
        None,
        policies.ageing,
        ["fifo"],
        len,
        fine,
        Nameless(),
    ),
    *refused(
        "head_start_s", "a number from 0 to 1,000,000,000", lambda v, _: policies.ageing(v), -1
    ),
    one(
        "keys that cannot be compared",
        lambda at: simulate(sample_orders(12), ledger=at, policy=lambda task, ready_s: object()),
        "policy must be a function whose sort keys can be compared, got <object",
    ),
    one(
        "a policy that answers nothing",
        lambda at: simulate(GOOD, ledger=at, policy=lambda task, ready_s: None),
        "policy must be a function that gives keys to sort by, got None",
    ),
    one(
        "a policy that answers NaN",
        lambda at: simulate(GOOD, ledger=at, policy=lambda task, ready_s: math.nan),
        "policy must be a function that gives keys to sort by, got nan",
    ),
    *refused(
        "start_date",
        "a date such as '2026-03-02'",
        set_to("start_date"),
        "02.03.2026",
        "2026-13-01",
        "2026-02-30",
        "",
        "today",
        5,
        None,
        Mute("today"),
        "２０２６-03-02",
        Nameless(),
    ),
    *refused(
        "start_date", "a date from 1900 to 2200", set_to("start_date"), "1899-12-31", "2201-01-01"
    ),
    one(
        "a date long ago",
        lambda at: simulate(GOOD, ledger=at, start_date=date(1, 1, 1)),
        "start_date must be a date from 1900 to 2200, got '0001-01-01'",
    ),
    *refused("durations", "a Durations", set_to("durations"), None),
    *refused("faults", "a Faults", set_to("faults"), None),
    *refused("settings", "a Settings", set_to("settings"), {"workers": 3}),
    *refused(
        "setting", "a known name", lambda v, at: simulate(GOOD, ledger=at, **{v: 1}), "worker"
    ),
    *refused("network", "a Network", lambda v, _: simulate(GOOD, v), "here"),
    *refused(
        "ledger",
        "a ledger such as MemoryLedger(network)",
        lambda v, _: simulate(GOOD, ledger=v),
        {},
        "day.ledger",
        5,
        MemoryLedger,
        Nameless(),
    ),
    one(
        "a ledger of another network",
        lambda at: simulate(GOOD, sample_network(2), ledger=at),
        "ledger must be a ledger of the same network, got MemoryLedger",
    ),
    *refused("executor", "a concurrent.futures.Executor", set_to("executor"), ThreadPoolExecutor),
    *numbers("watchdog_s", 0, LONGEST_TIME_S, set_to("watchdog_s"), above=True),
    *refused("on_attempt", "a plain function", set_to("on_attempt"), 5),
    *refused("on_attempt", "a plain function", paced("on_attempt"), 5),
    *refused("on_start", "a plain function", paced("on_start"), 5),
    *refused("speed", "a number above 0, at most 1,000,000,000", paced("speed"), math.nan),
]

KINDS = ("inventory", "packing", "shipping")
DRAWS = [
    *(
        row
        for kind in KINDS
        for row in refused(
            kind,
            "a pair (mean in s, coefficient of variation)",
            lambda v, _, kind=kind: Durations(**{kind: v}),
            5,
            (1,),
            (1, 2, 3),
            None,
            "12",
            {1: 2, 3: 4},
            Nameless(),
        )
    ),
    *(
        row
        for kind in KINDS
        for row in numbers(
            f"mean of {kind}",
            0,
            LARGEST_MEAN_S,
            lambda v, _, kind=kind: Durations.constant(**{kind: v}),
        )
    ),
    *(
        row
        for kind in KINDS
        for row in numbers(
            f"coefficient of variation of {kind}",
            0,
            10,
            lambda v, _, kind=kind: Durations(**{kind: (1, v)}),
        )
    ),
    *refused("kind", "a known name", lambda v, _: Durations().mean_s(v), None),
    *refused("kind", "a known name", lambda v, _: Durations().at(v, 0.5), None),
    *refused(
        "uniform",
        "a number above 0 and below 1",
        lambda v, _: Durations().at("packing", v),
        math.nan,
    ),
    *refused(
        "uniform",
        "a number above 0 and below 1",
        lambda v, _: Durations.constant().at("packing", v),
        "x",
    ),
    *refused(
        "uniform", "a number above 0 and below 1", lambda v, _: Faults(fail=0.5).at(v), math.nan
    ),
    *(
        row
        for rate in ("fail", "hang", "lost_reply")
        for row in numbers(rate, 0, 1, lambda v, _, rate=rate: Faults(**{rate: v}))
    ),
    one(
        "rates above 1 in all",
        lambda _: Faults(fail=0.6, hang=0.6),
        r"fail \+ hang \+ lost_reply must be at most 1, got 1.2",
    ),
    *refused("script", "a Mapping", lambda v, _: Faults(script=v), [1]),
    *texts("task id in script", lambda v, _: Faults(script={v: "ok"}), LONGEST_TASK_ID),
    *refused(
        "script of 'A'",
        "a tuple of words, one per attempt",
        lambda v, _: Faults(script={"A": v}),
        (),
        [],
        None,
        5,
        {"ok"},
        Nameless(),
    ),
    *[
        Row(
            f"a fault {shown(word)}",
            lambda v, _: Faults(script={"A": v}),
            (word,),
            re.escape(
                "script of 'A' must be one of 'ok', 'fail', 'hang', 'lost_reply', "
                f"got {shown(word)}"
            ),
        )
        for word in ("explode", "OK", "", None, 1, Nameless())
    ],
]

WORK = [
    *texts("id", lambda v, _: Task(v), LONGEST_TASK_ID),
    *refused("kind", "a text", lambda v, _: Task("A", v), None),
    *refused("order_id", "a text", lambda v, _: Task("A", order_id=v), None),
    *refused(
        "priority",
        "a whole number from -1,000,000,000 to 1,000,000,000",
        lambda v, _: Task("A", priority=v),
        "high",
    ),
    *refused(
        "depends_on",
        "a tuple of task ids",
        lambda v, _: Task("A", depends_on=v),
        "B",
        None,
        5,
        Nameless(),
    ),
    *refused(
        "each of depends_on",
        "a task id",
        lambda v, _: Task("A", depends_on=(v,)),
        None,
        5,
        Task("B"),
        Nameless(),
    ),
    *refused(
        "each of depends_on",
        "a text without control characters",
        lambda v, _: Task("A", depends_on=(v,)),
        "a\0b",
    ),
    *numbers("expected_s", 0, 1e12, lambda v, _: Task("A", expected_s=v)),
    *numbers("due_s", 0, 1e12, lambda v, _: Task("A", due_s=v)),
    *refused("order_id", "a text", lambda v, _: task_id(v, "packing"), None),
    *refused("kind", "a text", lambda v, _: task_id("A", v, "EAST"), None),
    *refused("part", "a text", lambda v, _: task_id("A", "packing", v), None),
    *refused("order_id", "a text", lambda v, _: Plan(v, ()), None),
    *refused(
        "tasks",
        "a tuple of tasks",
        lambda v, _: Plan("A", v),
        None,
        "A",
        [Task("A")],
        Task("A"),
        Nameless(),
    ),
    *refused("first", "a Plan", lambda v, _: Plan("A", (), v), "A"),
    one("a plan of a text", lambda _: Plan("A", ("B",)), "each of tasks must be a Task, got 'B'"),
    *refused("order", "an Order", lambda v, _: plan_order(v), None),
    *refused("reservations", "an Iterable", lambda v, _: plan_order(GOOD, v), 5),
    *[
        Row(
            f"a reservation {shown(each)}",
            lambda v, _: plan_order(GOOD, v),
            [each],
            re.escape(f"each of reservations must be a Reservation, got {shown(each)}"),
        )
        for each in (None, "EAST", ("EAST", 1), Nameless())
    ],
    one(
        "a reservation of another order",
        lambda _: plan_order(GOOD, [Reservation("B/inventory/MOUSE-002", "EAST", "MOUSE-002", 1)]),
        "task_id of a reservation must be an inventory task of 'GOOD', got 'B/inventory",
    ),
    *refused("durations", "a Durations", lambda v, _: plan_order(GOOD, None, v), None),
    *wholes("workers", 1, MOST_WORKERS, pool("workers")),
    *numbers("timeout_s", 0, LONGEST_TIME_S, pool("timeout_s"), above=True),
    *wholes("max_attempts", 1, 100, pool("max_attempts")),
    *numbers("backoff_s", 0, LONGEST_TIME_S, pool("backoff_s")),
    *numbers("grace_s", 0, LONGEST_TIME_S, pool("grace_s")),
    *refused("policy", "a known policy", pool("policy"), "lifo"),
    *refused("policy", "a name or a function (task, ready_s) -> sort key", pool("policy"), None),
    *refused("on_start", "a plain function", pool("on_start"), 5),
    *refused("on_attempt", "a plain function", pool("on_attempt"), 5),
    *refused("task", "a Task", lambda v, _: run_virtual(submitted(v, fine)), None),
    *refused(
        "handler",
        "an async function (not the result of calling one)",
        lambda v, _: run_virtual(submitted(Task("A"), v)),
        None,
        5,
        "run",
        [],
        Nameless(),
    ),
    one(
        "a handler that is called already",
        lambda _: run_virtual(submitted(Task("A"), fine(Task("A")))),
        "handler must be an async function .*, got <corou",
    ),
    one(
        "a pool that is not entered",
        lambda _: asyncio.run(outside()),
        "the pool is not open; submit inside",
        FulfillmentError,
    ),
    one(
        "a pool entered twice",
        lambda _: run_virtual(twice()),
        "a pool can be entered once; make a new one",
        FulfillmentError,
    ),
    *refused(
        "main",
        "a coroutine, as in run_virtual(main())",
        lambda v, _: run_virtual(v),
        None,
        5,
        fine,
        "main",
        Nameless(),
    ),
    *numbers("start_s", 0, LATEST_START_S, lambda v, _: run_virtual(outside(), v)),
]

SAMPLES = [
    *wholes("n", 0, MOST_ORDERS, lambda v, _: sample_orders(v)),
    *numbers("express_share", 0, 1, lambda v, _: sample_orders(1, v)),
    *refused(
        "seed",
        f"a whole number from 0 to {LARGEST_SEED:,}",
        lambda v, _: sample_orders(1, 0, v),
        1.5,
    ),
    *numbers("gap_s", 0, LONGEST_TIME_S, lambda v, _: sample_orders(1, gap_s=v)),
    one(
        "a gap that is too long",
        lambda _: sample_orders(12, gap_s=1e7),
        "gap_s must be so short that all orders come within 10,000,000 s, got 10000000.0",
    ),
    *numbers("scale", 0, LARGEST_SCALE, lambda v, _: sample_network(v)),
    *numbers("factor", 0, LARGEST_SCALE, lambda v, _: scale_stock(NETWORK, v)),
    *refused("network", "a Network", lambda v, _: scale_stock(v, 1), None),
    *refused("orders", "a sequence of Order objects", lambda v, _: vary_orders(v), 5),
    *numbers("speed", 0.001, 1_000, lambda v, _: vary_orders([GOOD], speed=v)),
    *numbers("express_share", 0, 1, lambda v, _: vary_orders([GOOD], express_share=v)),
    *(
        row
        for make in scenarios.ALL
        for row in refused(
            "n", f"a whole number from 0 to {MOST_ORDERS:,}", lambda v, _, make=make: make(v), None
        )
    ),
    *(
        row
        for make in scenarios.ALL
        for row in refused(
            "seed",
            f"a whole number from 0 to {LARGEST_SEED:,}",
            lambda v, _, make=make: make(4, v),
            None,
        )
    ),
    *texts("name", scenario("name")),
    *refused("orders", "a sequence of Order objects", scenario("orders"), 5),
    one(
        "orders without end",
        lambda _: Scenario("A", repeat(GOOD), NETWORK, Settings()),
        "number of orders must be a whole number from 0 to 1,000,000, got 1000001",
    ),
    one(
        "a scenario with one order twice",
        lambda _: scenario("orders")([GOOD, GOOD], None),
        "order id must be unique, got 'GOOD'",
    ),
    *refused("network", "a Network", scenario("network"), None),
    *refused("settings", "a Settings", scenario("settings"), None),
    *refused("story", "a str", scenario("story"), None),
]

SWEEPS = [
    *refused(
        "scenario",
        "a Scenario or a function that makes one of a seed",
        lambda v, _: swept(scenario=v),
        None,
        5,
        "web_shop",
        Scenario,
        [GOOD],
        len,
        fine,
        lambda: None,
        Nameless(),
    ),
    one(
        "a scenario that has to be awaited",
        lambda _: swept(scenario=made_later),
        "what scenario makes must be a Scenario, got <coroutine object made_later",
    ),
    one(
        "a function that makes no scenario",
        lambda _: swept(scenario=lambda seed: GOOD),
        "what scenario makes must be a Scenario, got Order",
    ),
    *refused("vary", "a Mapping", lambda v, _: swept(vary=v), "workers"),
    *refused("setting", "a known name", lambda v, _: swept(vary={v: [1]}), "worker"),
    one(
        "a sweep over seeds in vary",
        lambda _: swept(vary={"seed": [1]}),
        "vary must be of settings other than the seed, got 'seed'; use seeds=",
    ),
    *refused(
        "workers",
        "several values, such as [2, 3]",
        lambda v, _: swept(vary={"workers": v}),
        3,
        "34",
        None,
        b"3",
        Nameless(),
    ),
    *wholes("workers", 1, MOST_WORKERS, lambda v, _: swept(vary={"workers": {"a": v}})),
    one(
        "a value that comes twice",
        lambda _: swept(vary={"workers": [2, 2]}),
        "workers must be values with labels of their own, got 2",
    ),
    *refused(
        "seeds",
        "several values, such as range(20)",
        lambda v, _: swept(seeds=v),
        None,
        5,
        "12",
        Nameless(),
    ),
    *refused(
        "each of seeds",
        f"a whole number from 0 to {LARGEST_SEED:,}",
        lambda v, _: swept(seeds=[v]),
        1.5,
    ),
    one(
        "seeds without end",
        lambda _: swept(seeds=count()),
        "combinations × seeds must be at most 1,000,000, got 1000001",
    ),
    *refused(
        "executor",
        "a concurrent.futures.Executor",
        lambda v, _: swept(executor=v),
        ThreadPoolExecutor,
    ),
    *numbers("watchdog_s", 0, LONGEST_TIME_S, lambda v, _: swept(watchdog_s=v), above=True),
    one(
        "what cannot be sent to a process",
        lambda _: swept(vary={"policy": {"a": lambda task, ready_s: 0}}, executor=None),
        "policy must be something that can be sent to a process, got <function",
    ),
]

THEORY = [
    *wholes("c", 1, MOST_SERVERS, lambda v, _: theory.erlang_c(v, 0.5)),
    *numbers("offered_load", 0, 1e6, lambda v, _: theory.erlang_c(2, v)),
    *refused("offered_load", "less than c = 5", lambda v, _: theory.erlang_c(5, v), 5.0, 99.0),
    *numbers("arrival rate", 0, FASTEST, lambda v, _: theory.mmc_wait(v, 1.0, 2)),
    *numbers("service_rate", 0, FASTEST, lambda v, _: theory.mmc_wait(0.5, v, 2), above=True),
    *wholes("c", 1, MOST_SERVERS, lambda v, _: theory.mmc_wait(0.5, 1.0, v)),
    *refused(
        "rates",
        "a sequence of arrival rates",
        lambda v, _: theory.priority_waits(v, 1.0, 2),
        None,
        5,
        "0.5",
        Nameless(),
    ),
    *refused(
        "rates", "at least one arrival rate", lambda v, _: theory.priority_waits(v, 1.0, 2), []
    ),
    *numbers("arrival rate", 0, FASTEST, lambda v, _: theory.priority_waits([v], 1.0, 2)),
    *refused(
        "span",
        "one of 'system', 'queue', 'service'",
        lambda v, _: theory.littles_law(RUN, v),
        "all",
    ),
    *refused(
        "log",
        "a run or a table with the column ready_s",
        lambda v, _: theory.littles_law(v),
        None,
        5,
        "run",
        {},
        pd.DataFrame(),
        Nameless(),
    ),
    *refused(
        "ready_s",
        "a number from -1,000,000,000 to 4,000,000,000",
        lambda v, _: theory.littles_law({"ready_s": [v], "finish_s": [1]}),
        math.nan,
    ),
]

VIEWS = [
    *(
        row
        for view in (
            invariants.check,
            kpis,
            anatomy,
            bounds,
            figures,
            timeline,
            summary,
            stock,
            digest,
        )
        for row in refused("run", "a FulfillmentRun", lambda v, _, view=view: view(v), "run")
    ),
    *refused(
        "by",
        "None or a known grouping",
        lambda v, _: kpis(RUN, v),
        "prio",
        "",
        5,
        True,
        ["order"],
        Nameless(),
    ),
    *refused("at_s", f"a number from 0 to {LATEST_S:,.15g}", lambda v, _: moment(RUN, v), math.nan),
    *(
        row
        for look in (RUN.report, RUN.notification, RUN.explain)
        for row in refused(
            "order_id",
            "the id of an order of this run",
            lambda v, _, look=look: look(v),
            "ORD-01",
            None,
            ["ORD-001"],
            "\x1b[2J",
            "x" * 999,
            Nameless(),
        )
    ),
    one(
        "the nearest order", lambda _: RUN.report("ORD-01"), "got 'ORD-01'; did you mean 'ORD-001'?"
    ),
    *refused(
        "number",
        "a tracking number or SSCC of this run",
        lambda v, _: RUN.track(v),
        "1Z999",
        "",
        None,
        5,
        "\x1b[2J",
        Nameless(),
    ),
    *refused(
        "column",
        "one of 'ordered', 'shipped', 'backordered', 'cancelled'",
        lambda v, _: RUN.reports[0].total(v),
        "sold",
    ),
    *refused(
        "table",
        "one of 'timeline', 'summary', 'stock'",
        lambda v, _: export.to_csv(RUN, "no/such/folder/x.csv", v),
        "orders",
    ),
    *(
        row
        for write in (export.to_csv, export.to_chrome_trace)
        for row in [
            *refused("run", "a FulfillmentRun", lambda v, _, write=write: write(v, "x"), "run"),
            *refused(
                "path",
                "a path, as in 'data/orders.csv'",
                lambda v, _, write=write: write(RUN, v),
                None,
            ),
            *[
                Row(
                    f"{write.__name__} to {shown(place)}",
                    lambda v, _, write=write: write(RUN, v),
                    place,
                    re.escape(f"{shown(place, 200)}: cannot be written ("),
                    FileError,
                )
                for place in ("no/such/x.csv", "/", "a\0b", "x" * 5_000)
            ],
        ]
    ),
]

FLAT = (plot_gantt, plot_queue, plot_utilization, plot_waits)
CHARTS = [
    *(
        row
        for plot in FLAT
        for row in refused(
            "run_or_table",
            "a run or its timeline()",
            lambda v, _, plot=plot: plot(v),
            None,
            "a run",
            Nameless(),
        )
    ),
    *(
        Row(
            f"{plot.__name__} of a table with {column} {shown(value)}",
            lambda v, _, plot=plot: plot(v),
            table(column)(value),
            re.escape(f"{column} must be ") + ".*" + re.escape(f", got {shown(value)}"),
        )
        for plot, column in (
            (plot_gantt, "start_s"),
            (plot_gantt, "finish_s"),
            (plot_queue, "ready_s"),
            (plot_utilization, "finish_s"),
            (plot_waits, "start_s"),
        )
        for value in (None, "1", -1.0, math.nan, [1])
    ),
    *(
        Row(
            f"{plot.__name__} of a table with {column} {shown(value)}",
            lambda v, _, plot=plot: plot(v),
            table(column)(value),
            re.escape(f"{column} must be a text in every row, got {shown(value)}"),
        )
        for plot, column in (
            (plot_gantt, "order_id"),
            (plot_gantt, "kind"),
            (plot_gantt, "outcome"),
            (plot_queue, "priority"),
            (plot_waits, "priority"),
        )
        for value in ([1], {"a": 1}, Nameless())
    ),
    *(
        one(
            f"{plot.__name__} of a table without times",
            lambda _, plot=plot: plot(TABLE.drop(columns="start_s")),
            "run_or_table must be a run .*, got .*start_s is missing",
        )
        for plot in FLAT
    ),
    *(
        row
        for plot in (*FLAT, plot_anatomy)
        for row in refused("ax", "an Axes", lambda v, _, plot=plot: plot(RUN, ax=v), 5)
    ),
    *(
        row
        for plot in (*FLAT, plot_anatomy)
        for row in refused("title", "a str", lambda v, _, plot=plot: plot(RUN, title=v), 5)
    ),
    *refused("by", "one of 'worker', 'order'", lambda v, _: plot_gantt(RUN, by=v), "kind"),
    *refused("ids", "a bool", lambda v, _: plot_gantt(RUN, ids=v), None),
    *refused("ghost_label", "a str", lambda v, _: plot_gantt(RUN, ghost_label=v), None),
    *refused("ghost", "a run or its timeline()", lambda v, _: plot_gantt(RUN, ghost=v), 5),
    *refused(
        "plan_or_run",
        "a Plan or a run",
        lambda v, _: plot_plan(v),
        None,
        5,
        "ORD-001",
        Plan,
        GOOD,
        Nameless(),
    ),
    *refused(
        "order_id",
        "that of the plan",
        lambda v, _: plot_plan(PLAN, v),
        "ORD-001",
        5,
        "",
        ["GOOD"],
        Nameless(),
    ),
    *refused(
        "order_id", "the id of an order of this run", lambda v, _: plot_plan(RUN, v), "ORD-01"
    ),
    *(
        one(f"anatomy of {shown(each)}", lambda _, each=each: plot_anatomy(each), "must be")
        for each in (None, 5, "a run", TABLE, Nameless())
    ),
    *refused("order_id", "a known name", lambda v, _: plot_anatomy(RUN, v), "ORD-01"),
    *refused(
        "order_id",
        "an order's id, several, or None",
        lambda v, _: plot_anatomy(RUN, v),
        5,
        Nameless(),
    ),
    *refused(
        "runs",
        "1 to 12 runs, named by a mapping or in a sequence",
        lambda v, _: plot_gantts(v),
        None,
        5,
        [],
        {},
        [RUN] * 13,
        Nameless(),
    ),
    *refused(
        "each of runs",
        "a FulfillmentRun",
        lambda v, _: plot_gantts([v]),
        None,
        5,
        "run",
        PLAN,
        Nameless(),
    ),
    *refused("each of ax", "an Axes", lambda v, _: plot_gantts([RUN], ax=v), 5),
]

PANELS = [
    *refused("orders", "orders or a Scenario", lambda v, _: explore(v), 5),
    *refused("orders", "orders or a Scenario", lambda v, _: live(v), 5),
    *refused("orders", "orders or a Scenario", lambda v, _: compare(v, {"a": Settings()}), 5),
    *refused("network", "a Network", lambda v, _: explore([GOOD], v), 5),
    *refused("settings", "a Settings", lambda v, _: explore([GOOD], None, v), 5),
    *refused(
        "view", "one of 'gantt', 'queue', 'anatomy'", lambda v, _: explore([GOOD], view=v), "plan"
    ),
    *refused("settings", "a Mapping", lambda v, _: compare([GOOD], v), None),
    one(
        "a comparison of orders without end",
        lambda _: compare(repeat(GOOD), {"a": Settings()}),
        "number of orders must be a whole number from 0 to 1,000,000, got 1000001",
    ),
    one(
        "a comparison of nothing",
        lambda _: compare([GOOD], {}),
        "settings must be 1 to 6 named Settings, got 0",
    ),
    one(
        "a comparison of seven",
        lambda _: compare([GOOD], dict.fromkeys("abcdefg", Settings())),
        "settings must be 1 to 6 named Settings, got 7",
    ),
    *refused("each of settings", "a Settings", lambda v, _: compare([GOOD], {"a": v}), None),
    *texts("name of settings", lambda v, _: compare([GOOD], {v: Settings()})),
    *refused("run", "a FulfillmentRun", lambda v, _: replay(v), "run"),
    *refused("at_s", f"a number from 0 to {LATEST_S:,.15g}", lambda v, _: replay(RUN, v), math.nan),
    *refused("speed", "a number from 1 to 100", lambda v, _: live([GOOD], speed=v), math.nan),
]

COURSE = [
    *texts("name", lambda v, _: predict(v, 1)),
    *refused("value", "a number from -1e+15 to 1e+15", lambda v, _: predict("x", v), None),
    *refused("unit", "a text", lambda v, _: predict("x", 1, v), None),
    *refused(
        "actual",
        "a number from -1e+15 to 1e+15",
        lambda v, _: predict("x", 1).compare(v),
        None,
    ),
    *refused("guess", "a number", lambda v, _: predict("x", v).compare(1), "one", True),
    *refused("guess", "a text", lambda v, _: predict("x", v).compare("one"), 1.0, True),
    *refused("exercise", "a known name", lambda v, _: check(v, None), "99.9"),
    *refused("exercise", "a known name", lambda v, _: hint(v), "99.9"),
]

LEDGERS = [
    *refused("network", "a Network", lambda v, _: MemoryLedger(v), None),
    *wholes("quantity", 1, LARGEST_QUANTITY, lambda v, at: reserved(at, quantity=v)),
    *texts("task_id", lambda v, at: reserved(at, task_id=v), LONGEST_TASK_ID),
    *numbers("at_s", 0, LATEST_S, lambda v, at: reserved(at, at_s=v)),
    *refused("sku", "a known name", lambda v, at: reserved(at, sku=v), "MOUSE"),
    *refused(
        "sources",
        "a sequence of names of warehouses",
        lambda v, at: reserved(at, sources=v),
        None,
        5,
        "EAST",
        Nameless(),
    ),
    *(
        row
        for ask in (MemoryLedger.answered, MemoryLedger.held, MemoryLedger.void)
        for row in refused("task_id", "a text", lambda v, at, ask=ask: ask(at, v), None)
    ),
    *(
        row
        for end in (MemoryLedger.ship, MemoryLedger.release)
        for row in [
            *refused("reservation", "a Reservation", lambda v, at, end=end: end(at, v, 0.0), None),
            one(
                f"{end.__name__} what is not reserved",
                lambda at, end=end: end(at, Reservation("T", "EAST", "MOUSE-002", 1), 0.0),
                "the reservation of 'MOUSE-002' at 'EAST' for 'T' cannot be .*: it is not open",
                LedgerError,
            ),
        ]
    ),
    *refused(
        "quantity",
        f"a whole number from 1 to {LARGEST_QUANTITY:,}",
        in_file(lambda v, at: reserved(at, quantity=v)),
        0,
    ),
    *refused("task_id", "a text", in_file(lambda v, at: reserved(at, task_id=v)), None),
    *refused(
        "at_s",
        f"a number from 0 to {LATEST_S:,.15g}",
        in_file(lambda v, at: reserved(at, at_s=v)),
        math.nan,
    ),
    *refused(
        "sources",
        "a sequence of names of warehouses",
        in_file(lambda v, at: reserved(at, sources=v)),
        None,
    ),
    *(
        row
        for ask in (SqliteLedger.answered, SqliteLedger.held, SqliteLedger.void)
        for row in [
            *refused("task_id", "a text", in_file(lambda v, at, ask=ask: ask(at, v)), 10**400),
        ]
    ),
    *(
        row
        for end in (SqliteLedger.ship, SqliteLedger.release)
        for row in refused(
            "reservation", "a Reservation", in_file(lambda v, at, end=end: end(at, v, 0.0)), None
        )
    ),
    *refused("task_id", "a text", in_file(lambda v, at: at.note(v, "failed", "")), None),
    *refused(
        "outcome",
        "one of 'succeeded', 'failed', 'timed_out', 'skipped', 'cancelled'",
        in_file(lambda v, at: at.note("T", v, "")),
        "lost",
    ),
    *refused("error", "a str", in_file(lambda v, at: at.note("T", "failed", v)), None),
    *refused("shipment", "a Shipment", in_file(lambda v, at: at.label("T", v)), None),
    *refused(
        "path",
        "a path such as 'day.ledger'",
        lambda v, _: SqliteLedger(v, NETWORK),
        None,
        5,
        b"x",
        Nameless(),
    ),
    *refused("path", "a text that is not blank", lambda v, _: SqliteLedger(v, NETWORK), ""),
    *refused("path", "that of a file", lambda v, _: SqliteLedger(v, NETWORK), ":memory:"),
    one(
        "a ledger without a folder",
        lambda _: SqliteLedger("no/such/day.ledger", NETWORK),
        "ledger file '.*no/such/day.ledger' must be in a folder that exists",
        LedgerError,
    ),
    one(
        "a ledger that is a folder",
        lambda _: SqliteLedger("/", NETWORK),
        "ledger file '/' must be a file, got a directory",
        LedgerError,
    ),
    *refused("network", "a Network", lambda v, _: SqliteLedger("no/such/day.ledger", v), None),
    *numbers(
        "busy_s", 0, LONGEST_WAIT_S, lambda v, _: SqliteLedger("no/such/day", NETWORK, busy_s=v)
    ),
]

PATHS = [
    *refused("path", "a path, as in 'data/orders.csv'", lambda v, _: read_orders(v), None),
    *refused("folder", "a path, as in 'data/orders.csv'", lambda v, _: read_network(v), None),
    *[
        Row(
            f"orders at {shown(path)}",
            lambda v, _: read_orders(v),
            path,
            f"^{re.escape(named)}: 1 problem\n  {reason}",
            FileError,
        )
        for path, named, reason in (
            ("no/such/file.csv", "no/such/file.csv", "the file must exist; there is none"),
            ("/", "/", "the path must be that of a file, got a directory"),
            ("/dev/null", "/dev/null", "the path must be that of an ordinary file"),
            ("a\0b", r"'a\x00b'", "the path must not hold NUL characters"),
            ("a\u202eb", r"'a\u202eb'", "the file must exist"),
            ("\x1b[2J.json", r"'\x1b[2J.json'", "the file must exist"),
            ("x" * 5_000, "'" + "x" * 200 + "…'", "the file cannot be opened: "),
        )
    ],
    one(
        "a network nowhere",
        lambda _: read_network("no/such"),
        "no/such/products.csv: 1 problem\n  the file must exist.*\nno/such/stock.csv: 1 problem",
        FileError,
    ),
]

CATALOGUE = {
    name: rows
    for name, rows in globals().items()
    if isinstance(rows, list) and all(isinstance(row, Row) for row in rows)
}
# The ledger knows an order already, or learns only in the run that keys cannot be compared.
MOVED_BEFORE = ("an order that the ledger knows", "keys that cannot be compared")
ROWS = [
    pytest.param(row, id=f"{name} {row.name}".encode("ascii", "replace").decode()[:70])
    for name, rows in CATALOGUE.items()
    for row in rows
]


@pytest.mark.parametrize("row", ROWS)
def test_bad_input_is_refused_by_name_and_nothing_has_moved(row: Row) -> None:
    ledger = MemoryLedger(NETWORK)
    with pytest.raises(FulfillmentError, match=row.message) as raised:
        row.call(row.value, ledger)
    assert type(raised.value) is row.kind
    said = str(raised.value)
    assert all(line.isprintable() for line in said.splitlines()), ascii(said)
    assert "Traceback" not in said and len(said) < 700
    assert ledger.movements == () or row.name in MOVED_BEFORE
    nothing_held(ledger)
    assert checked(simulate(GOOD, ledger=ledger)).report("GOOD").status == "FULFILLED"
    pyplot.close("all")


def test_the_catalogue_is_a_long_one() -> None:
    assert len(ROWS) > 400


ORDERS = str(Path(__file__).resolve().parent.parent / "notebooks" / "data" / "orders.csv")
NO_DAY = [
    (
        [ORDERS, "--workers", "0"],
        f"workers must be a whole number from 1 to {MOST_WORKERS:,}, got 0",
    ),
    ([ORDERS, "--workers", "x"], "argument --workers: invalid int value: 'x'"),
    ([ORDERS, "--policy", "ageing"], "policy must be a known policy, got 'ageing'"),
    ([ORDERS, "--policy", "\x1b[2J"], r"policy must be a known policy, got '\x1b[2J'"),
    ([ORDERS, "--explain", "ORD-9\u202e"], r"the id of an order of this run, got 'ORD-9\u202e'"),
    ([ORDERS, "--explain", ""], "order_id must be the id of an order of this run, got ''"),
    ([ORDERS, "--network", "no/such"], "no/such/products.csv: 1 problem"),
    ([ORDERS, "--worker", "3"], "unrecognized arguments: --worker"),
    ([ORDERS, "b\x1b[2J.csv"], r"unrecognized arguments: b\x1b[2J.csv"),
    (["no/such.csv"], "no/such.csv: 1 problem"),
    (["a\0b"], r"'a\x00b': 1 problem"),
    (["--workers", "3"], "the following arguments are required: FILE"),
]


@pytest.mark.parametrize(("arguments", "message"), NO_DAY, ids=[ascii(row[0]) for row in NO_DAY])
def test_bad_options_are_one_message_on_stderr(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = terminal.main(arguments)
    except SystemExit as left:
        code = left.code
    said = capsys.readouterr()
    assert code == terminal.BAD_INPUT and said.out == ""
    assert message in said.err
    assert all(line.isprintable() for line in said.err.splitlines())


# What is no error, and what fails as an outcome.


def test_no_orders_are_an_empty_run() -> None:
    run = checked(simulate([]))
    assert run.makespan_s == 0.0 and run.summary().empty and run.timeline().empty
    assert anatomy(run).empty and bounds(run).lower_bound_s == 0.0 and invariants.check(run) == []


def test_integers_of_numpy_are_quantities() -> None:
    assert OrderLine("A", np.int64(3)).quantity == 3


class BadText(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


async def raises_bad_text(task: Task) -> None:
    raise BadText


async def leaves_children(task: Task) -> str:
    asyncio.get_running_loop().create_task(asyncio.sleep(3600))
    return "left"


async def never_stops(task: Task) -> None:
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass


@pytest.mark.parametrize(
    ("handler", "outcome", "said"),
    [
        (print, Outcome.FAILED, "TypeError: "),
        (lambda task: 1, Outcome.FAILED, "TypeError: "),
        (raises_bad_text, Outcome.FAILED, "BadText: <its message cannot be shown>"),
        (leaves_children, Outcome.SUCCEEDED, ""),
        (never_stops, Outcome.TIMED_OUT, "handler 'never_stops' was cancelled and did not end"),
    ],
)
def test_a_strange_handler_ends_as_an_outcome_and_the_worker_goes_on(
    handler: Any, outcome: Outcome, said: str
) -> None:
    async def fine(task: Task) -> str:
        return "fine"

    async def main() -> Any:
        async with WorkerPool(1, timeout_s=5.0) as pool:
            strange, after = pool.submit(Task("A"), handler), pool.submit(Task("B"), fine)
        return await strange, await after

    strange, after = run_virtual(main())
    assert strange.outcome is outcome and strange.error.startswith(said)
    assert after.value == "fine"
