"""The tables of a run: records in, DataFrames out.

Times are seconds from the start of the run. Nothing here looks at anything but records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter, methodcaller
from typing import Any

import pandas as pd

from fulfillment_lib import checks
from fulfillment_lib.analysis.run import Run, need_run
from fulfillment_lib.analysis.table import Table
from fulfillment_lib.engine.gc_pause import seldom_collected
from fulfillment_lib.orders import Priority
from fulfillment_lib.records import UNIT_COLUMNS, MovementKind, OrderReport

TIMELINE = (
    "order_id",
    "task_id",
    "kind",
    "priority",
    "worker",
    "attempt",
    "ready_s",
    "start_s",
    "finish_s",
    "wait_s",
    "service_s",
    "outcome",
    "error",
)
TIMELINE_RULE = "a run or its timeline()"
COUNTS = ("worker", "attempt", "packages", "on_hand", "reserved", "available", "shipped")


@seldom_collected()  # at 40,000 orders the table takes 21 µs an order with it, 79 without
def timeline(run: Run) -> pd.DataFrame:
    """One row per attempt, sorted by (start_s, worker), with the columns of TIMELINE.

    Kind, priority and outcome are words; a priority without a name is its number, as text.
    """
    need_run(run)
    attempts = sorted(run.attempts, key=attrgetter("start_s", "worker", "finish_s"))
    columns: dict[str, list[Any]] = {
        name: list(map(attrgetter(name), attempts)) for name in TIMELINE
    }
    words = {priority: priority_word(priority) for priority in set(columns["priority"])}
    columns["priority"] = [words[priority] for priority in columns["priority"]]
    for name in ("kind", "outcome"):
        columns[name] = list(map(str, columns[name]))
    return _typed(columns)


def priority_word(priority: int) -> str:
    """ "express" or "standard"; any other priority as its number."""
    return Priority(priority).word if priority in (0, 1) else str(priority)


def summary(run: Run) -> pd.DataFrame:
    """One row per order in input order, with the columns of SUMMARY.

    `carriers` are in the order of use, `delivery_date` is the latest; both are empty if nothing
    was shipped. Failed, timed-out and cancelled tasks count as failed.
    """
    need_run(run)
    return _typed({name: list(map(value_of, run.reports)) for name, value_of in SUMMARY.items()})


def _carriers(report: OrderReport) -> str:
    return ", ".join(dict.fromkeys(shipment.carrier for shipment in report.shipments))


def _delivery_date(report: OrderReport) -> str:
    return max((shipment.delivery_date for shipment in report.shipments), default="")


SUMMARY: dict[str, Callable[[OrderReport], object]] = {
    "order_id": attrgetter("order_id"),
    "priority": attrgetter("priority.word"),
    "status": attrgetter("status.value"),
    **{f"units_{column}": methodcaller("total", column) for column in UNIT_COLUMNS},
    "packages": lambda report: len(report.packages),
    "carriers": _carriers,
    "delivery_date": _delivery_date,
    "placed_s": attrgetter("placed_s"),
    "finished_s": attrgetter("finished_s"),
    "lead_time_s": attrgetter("lead_time_s"),
    "tasks_succeeded": attrgetter("tasks_succeeded"),
    "tasks_failed": attrgetter("tasks_failed"),
    "tasks_skipped": attrgetter("tasks_skipped"),
}


def stock(run: Run) -> pd.DataFrame:
    """One row per warehouse and SKU in the order of the network: the units there after the run.

    The columns are warehouse, sku, on_hand, reserved, available and shipped, computed by folding
    the movements over the stock of the network.
    """
    need_run(run)
    folded = {
        (warehouse.name, sku): [units, 0, 0]
        for warehouse in run.network.warehouses
        for sku, units in warehouse.stock.items()
    }
    for movement in run.movements:
        units, levels = movement.quantity, folded[movement.warehouse, movement.sku]
        levels[1] += units if movement.kind is MovementKind.RESERVE else -units
        if movement.kind is MovementKind.SHIP:
            levels[0] -= units
            levels[2] += units
    rows = [
        (warehouse, sku, on_hand, reserved, on_hand - reserved, shipped)
        for (warehouse, sku), (on_hand, reserved, shipped) in folded.items()
    ]
    names = ("warehouse", "sku", "on_hand", "reserved", "available", "shipped")
    return _typed({name: [row[place] for row in rows] for place, name in enumerate(names)})


def read_timeline(
    field: str, given: Any, columns: Sequence[str] = TIMELINE, rule: str = TIMELINE_RULE
) -> pd.DataFrame:
    """Those columns of a run's timeline, or of a table like one, such as a file read again.

    Words that were lost in a file, or taken for numbers there, are texts again. The rows keep
    their order; their index counts from 0. `field` and `rule` are what an error calls
    `given`, and what it should be.

    Raises:
        ArgumentError: `given` is neither, or a time or a worker in it is impossible.
    """
    is_run = callable(getattr(given, "timeline", None)) and hasattr(given, "settings")
    table = given.timeline() if is_run else given
    if not isinstance(table, pd.DataFrame):
        checks.refuse(field, rule, given)
    for name in columns:
        times = list(table.columns).count(name)
        if times != 1:
            problem = f"{name} comes {times} times" if times else f"{name} is missing"
            checks.refuse(field, rule, list(table.columns), problem)
    read = _typed({name: _read(name, table[name]) for name in columns})
    for start_s, finish_s in zip(read["start_s"], read["finish_s"], strict=True):
        checks.number("finish_s", finish_s, start_s, checks.LATEST_S)
    return read


def _read(name: str, values: pd.Series[Any]) -> list[Any]:
    kind = _dtype(name)
    if kind == "float64":
        return [checks.number(name, time_s, 0.0, checks.LATEST_S) for time_s in values]
    plain = [
        int(value) if isinstance(value, float) and value.is_integer() else value for value in values
    ]  # a file that lost one whole number makes floats of the others
    if kind == "int64":
        return [checks.whole(name, worker, 0, checks.MOST_WORKERS - 1) for worker in plain]
    return [value if type(value) is str else _word(name, value) for value in plain]


def _word(name: str, value: Any) -> str:
    if not pd.api.types.is_scalar(value):
        checks.refuse(name, "a text in every row", value)
    return "" if pd.isna(value) else str(value)


def _typed(columns: dict[str, list[Any]]) -> Table:
    """A table whose columns have the same types with and without rows."""
    return Table({name: pd.Series(values, dtype=_dtype(name)) for name, values in columns.items()})


def _dtype(name: str) -> str:
    if name.endswith("_s"):
        return "float64"
    if name in COUNTS or name.startswith(("units_", "tasks_")):
        return "int64"
    return "str"
