"""The lanes of a Gantt chart: where the bar of each attempt lies, and how high it is.

A timeline goes in, the same rows with two more columns come out: `lane`, the middle of the bar,
and `height`. A lane is 1.0 high, lane 0 lies at the top. Nothing here draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import pandas as pd

from fulfillment_lib.analysis.run import Run

BAR_HEIGHT = 0.78
SUB_LANE_FILL = 0.92  # the share of a sub-lane that its bar fills; the rest parts it from the next


def work_ids(table: pd.DataFrame) -> pd.Series[str]:
    """The order of each attempt, or its task where that belongs to no order."""
    return table["order_id"].where(table["order_id"] != "", table["task_id"])


def worker_names(table: pd.DataFrame) -> pd.Series[str]:
    """The worker of each attempt: "worker 0" and so on."""
    return "worker " + table["worker"].astype(str)


def lane_names(
    by: str, given: Sequence[Run | pd.DataFrame], tables: Sequence[pd.DataFrame]
) -> list[str]:
    """The names of the lanes, from the top, that runs or timelines need together.

    By worker: all that the runs have, at least up to the last one used. By order: the orders of
    the runs in input order, then those that only a table knows, in the order of its rows.
    """
    runs = [run for run in given if not isinstance(run, pd.DataFrame)]
    if by == "order":
        orders = [order.id for run in runs for order in run.orders]
        return list(dict.fromkeys(chain(orders, *map(work_ids, tables)))) or ["no order"]
    used = [int(table["worker"].max()) + 1 for table in tables if len(table)]
    workers = max([1, *used, *(run.settings.workers for run in runs)])
    return [f"worker {worker}" for worker in range(workers)]


def in_lanes(table: pd.DataFrame, by: str, names: Sequence[str]) -> pd.DataFrame:
    """The timeline with the columns `lane` and `height`.

    By order, attempts that overlap in time share their order's lane: each group of them has as
    many sub-lanes as it needs.
    """
    if by == "worker":
        return table.assign(lane=table["worker"].astype("float64"), height=BAR_HEIGHT)
    lanes = {name: lane for lane, name in enumerate(names)}
    shares = pd.DataFrame(1.0, index=table.index, columns=["row", "rows"])
    for _, group in table.groupby(work_ids(table), sort=False):
        attempts = group.sort_values(["start_s", "finish_s"], kind="stable")
        times = zip(attempts["start_s"], attempts["finish_s"], strict=True)
        shares.loc[attempts.index] = list(_shares(times))
    offset = BAR_HEIGHT * ((shares["row"] + 0.5) / shares["rows"] - 0.5)
    fill = (shares["rows"] > 1).map({True: SUB_LANE_FILL, False: 1.0})
    return table.assign(
        lane=work_ids(table).map(lanes).astype("float64") + offset,
        height=BAR_HEIGHT / shares["rows"] * fill,
    )


def _shares(times: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """For each attempt of an order, sorted by start: its sub-lane, and how many there are."""
    rows: list[tuple[float, float]] = []  # the last attempt in each sub-lane
    group: list[int] = []
    for start_s, finish_s in times:
        # An attempt without length takes up its instant, so that nothing hides behind it.
        free = [row for row, last in enumerate(rows) if last[1] <= start_s and last[0] < start_s]
        if len(free) == len(rows):
            yield from ((row, len(rows)) for row in group)
            rows, group, free = [], [], []
        group.append(free[0] if free else len(rows))
        rows[group[-1] : group[-1] + 1] = [(start_s, finish_s)]
    yield from ((row, len(rows)) for row in group)
