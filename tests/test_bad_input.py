"""The catalogue of bad input: each gets an error of our own tree that names field and value.

One row per input. Before the error nothing has moved, and afterwards the next good order works.
What single functions refuse besides is in their own tests.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pytest
from check_run import checked, nothing_held

from fulfillment_lib import (
    Durations,
    Faults,
    Network,
    Order,
    OrderLine,
    Outcome,
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
    simulate,
)
from fulfillment_lib.analysis import anatomy, bounds, export, invariants, kpis, theory
from fulfillment_lib.charts import plot_anatomy, plot_gantt, plot_gantts, plot_plan, plot_queue
from fulfillment_lib.course import check, predict
from fulfillment_lib.errors import FulfillmentError
from fulfillment_lib.panels import compare, explore, live, replay
from fulfillment_lib.samples import Scenario, vary_orders
from fulfillment_lib.stock import MemoryLedger
from fulfillment_lib.sweep import sweep

NETWORK = sample_network()
GOOD = Order("GOOD", {"MOUSE-002": 1}, "express", "94103")
RUN = simulate(sample_orders(3))


class Row(NamedTuple):
    name: str
    call: Callable[[MemoryLedger], Any]
    message: str


def an_order(**changes: Any) -> Order:
    return Order(**{"id": "A", "lines": {"MOUSE-002": 1}, "priority": "express",
                    "postal_code": "94103", **changes})


def units(quantity: Any) -> Callable[[MemoryLedger], Any]:
    return lambda ledger: OrderLine("MOUSE-002", quantity)


def settings(**changes: Any) -> Callable[[MemoryLedger], Any]:
    return lambda ledger: simulate(GOOD, ledger=ledger, **changes)


def order(**changes: Any) -> Callable[[MemoryLedger], Any]:
    return lambda ledger: simulate(an_order(**changes), ledger=ledger)


CATALOGUE = [
    # units
    *(Row(f"quantity {value!r}", units(value), "quantity must be a whole number from 1 to")
      for value in (0, -1, 1.5, "2", True, math.nan, 2**63, None, np.float64(2), 10**400, [1], 1j)),
    Row("the same SKU on two lines", lambda ledger: an_order(
        lines=[OrderLine("A", 1), OrderLine("A", 2)]), "must be unique, got 'A'"),
    Row("no lines", order(lines={}), "lines must"),
    Row("lines that are a text", order(lines="MOUSE-002"), "lines must"),
    Row("an unknown SKU", order(lines={"MOUSE-02": 1}), "'MOUSE-02'; did you mean 'MOUSE-002'"),
    # orders
    Row("the same order twice", lambda ledger: simulate([GOOD, GOOD], ledger=ledger),
        "order ids must be unique, got 'GOOD'|must be unique, got 'GOOD'"),
    *(Row(f"priority {value!r}", order(priority=value), "priority must be 'express' or")
      for value in ("urgent", None, 7, "", "EXPRESS ", 2.5, True)),
    *(Row(f"order id {value!r}", order(id=value), "id must be")
      for value in ("", "  ", "a\0b", "\ud800", "x" * 101, None, 5, b"A", "a\nb")),
    Row("postal code", order(postal_code="9410"), "postal_code must be"),
    Row("country", order(country="USA"), "country must be"),
    *(Row(f"placed_s {value!r}", order(placed_s=value), "placed_s must be a number")
      for value in (-1, math.nan, math.inf, "0", None, 10**400)),
    Row("shortage", order(shortage="hope"), "shortage must be one of"),
    *(Row(f"promise_days {value!r}", order(promise_days=value), "promise_days must be")
      for value in (-1, 0.5, "2", True, 10**9)),
    *(Row(f"orders {value!r}", lambda ledger, value=value: simulate(value, ledger=ledger),
          "orders must be|each of orders must be")
      for value in (5, "ORD-001", b"x", [None], [GOOD, "B"], {"A": 1}, None)),
    # settings
    *(Row(f"workers {value!r}", settings(workers=value), "workers must be a whole number from 1")
      for value in (0, -1, True, 10**9, 2.5, "5", None, math.nan)),
    *(Row(f"timeout_s {value!r}", settings(timeout_s=value), "timeout_s must be a number above 0")
      for value in (0, -1, math.nan, math.inf, None, "10", True)),
    *(Row(f"max_attempts {value!r}", settings(max_attempts=value), "max_attempts must be a whole")
      for value in (0, 101, 1.5, True)),
    *(Row(f"backoff_s {value!r}", settings(backoff_s=value), "backoff_s must be a number from 0")
      for value in (-0.1, math.nan, math.inf, "1")),
    *(Row(f"seed {value!r}", settings(seed=value), "seed must be a whole number from 0")
      for value in (-1, 2**63, 0.5, "0", True)),
    *(Row(f"policy {value!r}", settings(policy=value), "policy must be")
      for value in ("fifi", 5, None, policies.ageing, "ageing(30)")),
    Row("a policy whose keys cannot be compared", lambda ledger: simulate(
        sample_orders(12), ledger=ledger, policy=lambda task, ready_s: object()),
        "policy must be a function whose sort keys can be compared"),
    Row("a policy that answers nothing", settings(policy=lambda task, ready_s: None),
        "policy must be a function that gives keys to sort by, got None"),
    Row("head start", lambda ledger: policies.ageing(-1), "head_start_s must be a number from 0"),
    *(Row(f"start_date {value!r}", settings(start_date=value), "start_date must be a date")
      for value in ("02.03.2026", "2026-13-01", 5, "1800-01-01", None)),
    *(Row(f"faults {value!r}", lambda ledger, value=value: Faults(**value), "must be")
      for value in ({"fail": 1.1}, {"hang": -0.1}, {"fail": math.nan}, {"fail": 0.6, "hang": 0.6},
                    {"script": {"A": ("explode",)}}, {"script": {"A": ()}}, {"script": [1]},
                    {"lost_reply": "often"})),
    *(Row(f"durations {value!r}", lambda ledger, value=value: Durations(packing=value), "packing")
      for value in (5, (1,), (-1, 0), (math.nan, 0), (1, -1), ("1", 0), (1, 11), None)),
    Row("an unknown setting", settings(worker=3), "setting must be a known name, got 'worker'"),
    Row("settings that are none", lambda ledger: simulate(GOOD, settings={"workers": 3},
                                                         ledger=ledger), "settings must be a Set"),
    Row("a network that is none", lambda ledger: simulate(GOOD, "here"), "network must be a Netw"),
    Row("a ledger that is none", lambda ledger: simulate(GOOD, ledger={}), "ledger must be a led"),
    Row("a ledger of another network", lambda ledger: simulate(
        GOOD, sample_network(2.0), ledger=ledger), "ledger must be a ledger of the same network"),
    Row("an executor class", settings(executor=ThreadPoolExecutor), "executor must be a concurr"),
    Row("watchdog_s", settings(watchdog_s=0), "watchdog_s must be a number above 0"),
    Row("speed", lambda ledger: asyncio.run(fulfill(GOOD, speed=0, ledger=ledger)), "speed must"),
    # networks
    *(Row(f"stock {value!r}", lambda ledger, value=value: Warehouse("W", "10001", value), "must be")
      for value in ({"A": -1}, {"A": 1.5}, {"A": "3"}, {"A": True}, [("A", 1)], None)),
    *(Row(f"weight {value!r}", lambda ledger, value=value: Product("A", "a", value, 1, 1, 1),
          "weight_kg must be") for value in (-1, math.nan, math.inf, "1", None, True)),
    Row("two warehouses of one name", lambda ledger: Network(
        [Product("A", "a", 1, 1, 1, 1)], [Warehouse("W", "10001", {"A": 1})] * 2), "unique"),
    Row("stock of an unknown product", lambda ledger: Network(
        [Product("A", "a", 1, 1, 1, 1)], [Warehouse("W", "10001", {"B": 1})]), "'B'"),
    # tasks and the pool
    *(Row(f"task id {value!r}", lambda ledger, value=value: Task(value), "id must be")
      for value in ("", None, 5, "a\0", "x" * 3000)),
    Row("priority of a task", lambda ledger: Task("A", priority="high"), "priority must be a whol"),
    Row("depends_on", lambda ledger: Task("A", depends_on="B"), "depends_on must be a tuple"),
    *(Row(f"pool {value!r}", lambda ledger, value=value: WorkerPool(**value), "must be")
      for value in ({"workers": 0}, {"timeout_s": math.nan}, {"policy": "lifo"},
                    {"max_attempts": 0}, {"grace_s": -1}, {"backoff_s": math.inf})),
    *(Row(f"handler {value!r}", lambda ledger, value=value: run_virtual(submitted(value)),
          "handler must be")
      for value in (None, 5, "run")),
    Row("a plan of no order", lambda ledger: plan_order("ORD-001"), "order must be an Order"),
    # files
    *(Row(f"path {value!r}", lambda ledger, value=value: read_orders(value),
          "path must be|there is none")
      for value in (None, 5, "no/such/file.csv")),
    Row("a network folder", lambda ledger: read_network("no/such/folder"), "no/such/folder"),
    # looking at a run
    Row("a check of no run", lambda ledger: invariants.check("run"), "run must be a Fulfillment"),
    Row("an unknown report", lambda ledger: RUN.report("ORD-01"), "did you mean 'ORD-001'"),
    Row("an unknown parcel", lambda ledger: RUN.track("1Z999"), "number must be a tracking number"),
    Row("an order to explain", lambda ledger: RUN.explain(None), "order_id must be the id"),
    Row("a grouping", lambda ledger: kpis(RUN, by="prio"), "by must be None or a known grouping"),
    Row("an export", lambda ledger: export.to_csv(RUN, "no/such/folder/x.csv"), "no/such/folder"),
    Row("a load", lambda ledger: theory.erlang_c(5, 5), "offered_load must be less than"),
    *(Row(f"{chart.__name__} of a text", lambda ledger, chart=chart: chart("a run"), "must be")
      for chart in (plot_gantt, plot_queue, plot_plan, plot_anatomy)),
    Row("no runs to draw", lambda ledger: plot_gantts([]), "runs must"),
    *(Row(f"{panel.__name__} of a number", lambda ledger, panel=panel: panel(5), "must be")
      for panel in (explore, live, replay)),
    Row("a comparison of a number", lambda ledger: compare(5, {"a": Settings()}), "orders must be"),
    Row("a panel without settings", lambda ledger: compare([GOOD], {}), "settings must be 1 to 6"),
    Row("a sweep of nothing", lambda ledger: sweep(5), "scenario must be a Scenario or a function"),
    Row("a speed of arrivals", lambda ledger: vary_orders([GOOD], speed=0), "speed must be"),
    Row("a scenario without a name", lambda ledger: Scenario(
        "", [GOOD], NETWORK, Settings()), "name must be"),
    Row("an unknown exercise", lambda ledger: check("99.9", None), "exercise must be a known name"),
    Row("a guess that is none", lambda ledger: predict("x", None), "value must be a number"),
]


async def submitted(handler: Any) -> Any:
    async with WorkerPool(1) as pool:
        return (await pool.submit(Task("A"), handler)).value


@pytest.mark.parametrize("row", CATALOGUE, ids=[row.name[:60].encode("ascii", "replace").decode()
                                                for row in CATALOGUE])
def test_bad_input_is_refused_by_name_and_nothing_has_moved(row: Row) -> None:
    ledger = MemoryLedger(NETWORK)
    with pytest.raises(FulfillmentError, match=row.message) as raised:
        row.call(ledger)
    said = str(raised.value)
    assert said.isprintable() or "\n" in said
    assert "Traceback" not in said and len(said) < 700
    assert ledger.movements == () or "sort keys" in row.message
    nothing_held(ledger)
    fresh = MemoryLedger(NETWORK)
    assert checked(simulate(GOOD, ledger=fresh)).report("GOOD").status == "FULFILLED"


def test_the_catalogue_is_a_long_one() -> None:
    assert len(CATALOGUE) > 150
    assert len({row.name for row in CATALOGUE}) == len(CATALOGUE)


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


@pytest.mark.parametrize(("handler", "outcome", "said"), [
    (print, Outcome.FAILED, "TypeError: "),
    (lambda task: 1, Outcome.FAILED, "TypeError: "),
    (raises_bad_text, Outcome.FAILED, "BadText: <its message cannot be shown>"),
    (leaves_children, Outcome.SUCCEEDED, ""),
    (never_stops, Outcome.TIMED_OUT, "handler 'never_stops' was cancelled and did not end"),
])
def test_a_strange_handler_ends_as_an_outcome_and_the_worker_goes_on(
        handler: Any, outcome: Outcome, said: str) -> None:
    async def fine(task: Task) -> str:
        return "fine"

    async def main() -> Any:
        async with WorkerPool(1, timeout_s=5.0) as pool:
            strange, after = pool.submit(Task("A"), handler), pool.submit(Task("B"), fine)
        return await strange, await after

    strange, after = run_virtual(main())
    assert strange.outcome is outcome and strange.error.startswith(said)
    assert after.value == "fine"
