"""The tables of a run, and its digest: records in, DataFrames out.

Times are seconds from the start of the run. Nothing here looks at anything but records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, Protocol

import pandas as pd

from fulfillment_lib.orders import Network, Order, Priority
from fulfillment_lib.records import Attempt, Movement, MovementKind, OrderReport, TaskResult
from fulfillment_lib.settings import Settings
from fulfillment_lib.tasks import Task


class Run(Protocol):
    """What a view may read of a run."""

    @property
    def orders(self) -> tuple[Order, ...]: ...
    @property
    def network(self) -> Network: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def attempts(self) -> tuple[Attempt, ...]: ...
    @property
    def results(self) -> tuple[TaskResult, ...]: ...
    @property
    def movements(self) -> tuple[Movement, ...]: ...
    @property
    def reports(self) -> tuple[OrderReport, ...]: ...


TIMELINE = ("order_id", "task_id", "kind", "priority", "worker", "attempt", "ready_s", "start_s",
            "finish_s", "wait_s", "service_s", "outcome", "error")
SUMMARY = ("order_id", "priority", "status", "units_ordered", "units_shipped",
           "units_backordered", "units_cancelled", "packages", "carriers", "delivery_date",
           "placed_s", "finished_s", "lead_time_s", "tasks_succeeded", "tasks_failed",
           "tasks_skipped")


def timeline(run: Run) -> pd.DataFrame:
    """One row per attempt, sorted by (start_s, worker), with the columns of TIMELINE.

    Kind, priority and outcome are words; a priority without a name is its number, as text.
    """
    attempts = sorted(run.attempts, key=attrgetter("start_s", "worker", "sequence"))
    columns: dict[str, list[Any]] = {name: list(map(attrgetter(name), attempts))
                                     for name in TIMELINE}
    columns["priority"] = [priority_word(each) for each in columns["priority"]]
    columns["kind"] = [str(each) for each in columns["kind"]]
    columns["outcome"] = [each.value for each in columns["outcome"]]
    return _typed(columns)


def priority_word(priority: int) -> str:
    """"express" or "standard"; any other priority as its number."""
    return Priority(priority).word if priority in (0, 1) else str(priority)


def summary(run: Run) -> pd.DataFrame:
    """One row per order in input order, with the columns of SUMMARY.

    `carriers` are in the order of use, `delivery_date` is the latest; both are empty if nothing
    was shipped. Failed, timed-out and cancelled tasks count as failed.
    """
    rows = [_summary_row(report) for report in run.reports]
    return _typed({name: [row[name] for row in rows] for name in SUMMARY})


def _summary_row(report: OrderReport) -> dict[str, Any]:
    carriers = dict.fromkeys(shipment.carrier for shipment in report.shipments)
    return {
        "order_id": report.order_id,
        "priority": report.priority.word,
        "status": report.status.value,
        **{f"units_{column}": report.total(column)
           for column in ("ordered", "shipped", "backordered", "cancelled")},
        "packages": len(report.packages),
        "carriers": ", ".join(carriers),
        "delivery_date": max((each.delivery_date for each in report.shipments), default=""),
        **{name: getattr(report, name) for name in SUMMARY[-6:]},
    }


def stock(run: Run) -> pd.DataFrame:
    """One row per warehouse and SKU in the order of the network: what lies there after the run.

    The columns are warehouse, sku, on_hand, reserved, available and shipped, in units, computed
    by folding the movements over the stock of the network.
    """
    folded = {(warehouse.name, sku): [units, 0, 0]
              for warehouse in run.network.warehouses for sku, units in warehouse.stock.items()}
    for each in run.movements:
        on_hand, reserved, shipped = folded[each.warehouse, each.sku]
        if each.kind is MovementKind.RESERVE:
            reserved += each.quantity
        else:
            reserved -= each.quantity
            if each.kind is MovementKind.SHIP:
                on_hand, shipped = on_hand - each.quantity, shipped + each.quantity
        folded[each.warehouse, each.sku] = [on_hand, reserved, shipped]
    rows = [(warehouse, sku, on_hand, reserved, on_hand - reserved, shipped)
            for (warehouse, sku), (on_hand, reserved, shipped) in folded.items()]
    names = ("warehouse", "sku", "on_hand", "reserved", "available", "shipped")
    return _typed({name: [row[place] for row in rows] for place, name in enumerate(names)})


def _typed(columns: dict[str, list[Any]]) -> pd.DataFrame:
    """A DataFrame whose columns have the same types with and without rows."""
    return pd.DataFrame({name: pd.Series(values, dtype=_dtype(name))
                         for name, values in columns.items()})


def _dtype(name: str) -> str:
    if name.endswith("_s"):
        return "float64"
    whole = name in ("worker", "attempt", "packages", "on_hand", "reserved", "available", "shipped")
    return "int64" if whole or name.startswith(("units_", "tasks_")) else "str"


def digest(run: Run) -> str:
    """A SHA-256 of attempts, results, movements and reports, in hexadecimal.

    Equal runs have equal digests on any machine: every record is written out field by field, and
    what a handler was given (a task's payload) is left out.

    Raises:
        TypeError: a value is neither a record, a number, a text nor a collection of them.
    """
    sha = hashlib.sha256()
    for records in (run.attempts, run.results, run.movements, run.reports):
        for record in records:
            sha.update("".join(_written(record)).encode("utf-8", "surrogatepass"))
            sha.update(b"\n")
        sha.update(b"\n")
    return sha.hexdigest()


def _written(value: Any) -> Iterator[str]:
    """The parts of a text from which the value could be told again."""
    if isinstance(value, Enum):
        yield f"{value.value!r},"
    elif value is None or isinstance(value, str | int | float):
        yield f"{value!r},"
    elif isinstance(value, Mapping):
        yield "{"
        for key in sorted(value):
            yield from _written(key)
            yield from _written(value[key])
        yield "}"
    elif isinstance(value, tuple | list):
        yield "("
        for each in value:
            yield from _written(each)
        yield ")"
    elif is_dataclass(value):
        yield f"{type(value).__name__}("
        for name in _names(type(value)):  # type: ignore[arg-type]
            yield from _written(getattr(value, name))
        yield ")"
    else:
        raise TypeError(f"a digest takes records, numbers and texts, got {type(value).__name__}")


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if (kind, each.name) != (Task, "payload"))
