"""Key figures of a run, for all of it or by group: records in, one row per group out.

Times are in seconds, costs in US dollars, rates from 0 to 1. Nothing is estimated: a figure is
counted from the records, and is NaN where there is nothing to count.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fulfillment_lib.analysis.anatomy import TICKS_PER_S
from fulfillment_lib.analysis.frames import attempt_frame, order_frame, shipment_frame
from fulfillment_lib.analysis.table import Table
from fulfillment_lib.analysis.timeline import Run, need_run
from fulfillment_lib.checks import refuse
from fulfillment_lib.errors import nearest
from fulfillment_lib.orders import Priority
from fulfillment_lib.tasks import TaskKind

# What can be counted in each grouping; None is the whole run.
COUNTED: dict[str | None, tuple[str, ...]] = {
    None: ("orders", "shipments", "attempts", "queue"),
    "order": ("orders", "shipments", "attempts", "queue"),
    "priority": ("orders", "shipments", "attempts", "queue"),
    "warehouse": ("shipments", "attempts", "queue"),
    "kind": ("attempts", "queue"),
    "worker": ("attempts",),
    "carrier": ("shipments",),
}


def kpis(run: Run, by: str | None = None) -> pd.DataFrame:
    """One row for the whole run, or one row per group; with `by`, that is the first column.

    `by` is "order" (in the order given), "priority" (express first), "warehouse" (in the order of
    the network; only packing and shipping happen at one), "kind", "worker" (from 0) or "carrier"
    (by name). Columns that a grouping cannot have are left out.

    Of orders, not by warehouse, kind, worker or carrier:

    * orders: how many.
    * lead_time_mean_s, lead_time_p50_s, lead_time_p95_s: from placed to finished; the mean, the
      median and the 95th percentile, interpolated linearly. Orders that shipped nothing count.
    * line_fill: lines shipped in full ÷ lines ordered. unit_fill: units shipped ÷ units ordered
      (the fill rate of Silver, Pyke and Thomas, Inventory and Production Management in Supply
      Chains). order_fill: orders shipped in full ÷ orders.
    * on_time_in_full: orders shipped in full, all of whose shipments are delivered by the date
      of `frames.promised_dates` ÷ orders.
    * perfect_order: orders on time in full, in one shipment, without an attempt that failed or
      timed out ÷ orders. A definition of this package, after SCOR's RL.1.1 Perfect Order
      Fulfillment (in full, on time, documents right, undamaged): damage and wrong papers do not
      occur here, so a second delivery and a slip on the way stand in for them.
    * split_rate: orders with more than one shipment ÷ orders with at least one.

    Of shipments, not by kind or worker:

    * shipments, packages: how many left. shipping_cost: what they cost together.
    * on_time: shipments delivered by the promised date ÷ shipments.

    Of attempts, not by carrier:

    * attempts: how many.
    * wait_mean_s, wait_p50_s, wait_p95_s: from ready to start, over attempts.
    * utilization: service time ÷ (workers × makespan), so that groups add up to that of the run;
      by worker service time ÷ makespan, of which that of the run is the mean.
    * timeout_lost_s, failure_lost_s: service time of attempts that timed out, or failed.

    Of the queue of ready attempts, not by worker (nobody queues for a certain one):

    * queue_mean: its length averaged over time, from 0 to the makespan. By Little's law it is
      arrival rate × mean wait (J. D. C. Little, A Proof for the Queuing Formula L = λW, 1961).
    * queue_max: its greatest length; who starts in the instant of being ready does not queue.

    Raises:
        ArgumentError: `by` is none of these; the message names the nearest one.
    """
    if by is not None and (not isinstance(by, str) or by not in COUNTED):
        refuse("by", "None or a known grouping", by, nearest(by, filter(None, COUNTED)))
    need_run(run)
    counted, groups, blocks = COUNTED[by], _groups(run, by), []
    if "orders" in counted:
        blocks.append(_of_orders(order_frame(run), groups))
    if "shipments" in counted:
        blocks.append(_of_shipments(shipment_frame(run), groups))
    if "attempts" in counted:
        attempts = attempt_frame(run)
        blocks.append(_of_attempts(attempts, groups, run.settings.workers))
        if "queue" in counted:
            blocks.append(_of_queue(attempts, groups))
    return Table(pd.concat(blocks, axis=1).reset_index(drop=by is None))


def _groups(run: Run, by: str | None) -> pd.Index[Any]:
    """The groups in the order of the rows; the index is named as the column that holds them."""
    names: dict[str | None, list[Any]] = {
        None: [0],
        "order": [order.id for order in run.orders],
        "priority": [each.word for each in Priority
                     if any(order.priority is each for order in run.orders)],
        "warehouse": [warehouse.name for warehouse in run.network.warehouses],
        "kind": [kind.value for kind in TaskKind],
        "worker": list(range(run.settings.workers)),
        "carrier": sorted({each.carrier for report in run.reports for each in report.shipments}),
    }
    groups: pd.Index[Any] = pd.Index(
        names[by], name=by or "all", dtype="int64" if by in (None, "worker") else "str")
    return groups


def _of_orders(orders: pd.DataFrame, groups: pd.Index[Any]) -> pd.DataFrame:
    sums, count = _sums(orders, groups), _count(orders, groups)
    return pd.DataFrame({
        "orders": count,
        **_spread("lead_time", orders, groups),
        "line_fill": sums["lines_full"] / sums["lines"],
        "unit_fill": sums["units_shipped"] / sums["units"],
        "order_fill": sums["full"] / count,
        "on_time_in_full": sums["on_time_in_full"] / count,
        "perfect_order": sums["perfect"] / count,
        "split_rate": sums["split"] / sums["shipped"],
    })


def _of_shipments(shipments: pd.DataFrame, groups: pd.Index[Any]) -> pd.DataFrame:
    sums, count = _sums(shipments, groups), _count(shipments, groups)
    return pd.DataFrame({
        "shipments": count,
        "packages": sums["packages"],
        "shipping_cost": sums["cents"] / 100,
        "on_time": sums["on_time"] / count,
    })


def _of_attempts(attempts: pd.DataFrame, groups: pd.Index[Any], workers: int) -> pd.DataFrame:
    time_s = _makespan_s(attempts) * (1 if groups.name == "worker" else workers)

    def total_s(of: pd.DataFrame) -> pd.Series[float]:
        return _sums(of, groups)["service_s"].round(6)

    return pd.DataFrame({
        "attempts": _count(attempts, groups),
        **_spread("wait", attempts, groups),
        "utilization": total_s(attempts) / time_s,
        "timeout_lost_s": total_s(attempts[attempts["outcome"] == "timed_out"]),
        "failure_lost_s": total_s(attempts[attempts["outcome"] == "failed"]),
    })


def _of_queue(attempts: pd.DataFrame, groups: pd.Index[Any]) -> pd.DataFrame:
    """Counted along the log: who becomes ready is a step up, who starts a step down."""
    name = str(groups.name)
    steps = pd.concat([
        pd.DataFrame({name: attempts[name], "at": attempts[column], "step": step})
        for column, step in (("ready_s", 1), ("start_s", -1))])
    steps["at"] = (steps["at"] * TICKS_PER_S).round().astype("int64")
    changes = steps.groupby([name, "at"])["step"].sum().reset_index()
    # Every queue is empty in the end, so that one running sum serves all groups in turn.
    changes["length"] = changes["step"].cumsum()
    changes["area"] = changes["length"] * np.diff(changes["at"], append=changes["at"].tail(1))
    by_group = changes.groupby(name)
    ticks = _makespan_s(attempts) * TICKS_PER_S
    return pd.DataFrame({
        "queue_mean": by_group["area"].sum().reindex(groups, fill_value=0) / ticks,
        "queue_max": by_group["length"].max().reindex(groups, fill_value=0),
    })


def _makespan_s(attempts: pd.DataFrame) -> float:
    """NaN if nothing took any time: then there is no average over it."""
    return float(attempts["finish_s"].max()) or np.nan if len(attempts) else np.nan


def _sums(frame: pd.DataFrame, groups: pd.Index[Any]) -> pd.DataFrame:
    return frame.groupby(str(groups.name)).sum(numeric_only=True).reindex(groups, fill_value=0)


def _count(frame: pd.DataFrame, groups: pd.Index[Any]) -> pd.Series[int]:
    return frame.groupby(str(groups.name)).size().reindex(groups, fill_value=0)


def _spread(name: str, frame: pd.DataFrame, groups: pd.Index[Any]) -> dict[str, pd.Series[float]]:
    """Mean, median and 95th percentile of a column of seconds."""
    of = frame.groupby(str(groups.name))[f"{name}_s"]
    found = {"mean": of.mean(), "p50": of.quantile(0.5), "p95": of.quantile(0.95)}
    return {f"{name}_{what}_s": each.reindex(groups).round(6) for what, each in found.items()}
