"""The chart of gains: for whom one of two runs of the same orders is sooner, and for whom later.

A line per order goes from its lead time before to that of now, in seconds, express and standard
orders apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from fulfillment_lib.analysis.run import Run, need_run
from fulfillment_lib.analysis.timeline import summary
from fulfillment_lib.charts import style
from fulfillment_lib.charts.axes import length_pt, new_axes, set_lanes, set_time_axis
from fulfillment_lib.charts.captions import title_above
from fulfillment_lib.checks import instance

COLUMNS = ["order_id", "priority", "units_shipped", "lead_time_s"]
DIRECTIONS = ("sooner", "later", "unchanged")
ALONE, UNLIKE = "in one run only", "not as many units shipped, or none"
MOST_LINES, LANE_PT = 40, 1.3 * style.TICK_SIZE
MOST_NAMES = 3  # of orders that are not compared


def plot_gains(run: Run, before: Run, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw which orders are sooner, and which later, in a run than in another of the same orders.

    A line goes from the lead time before to that of now, where its mark is: filled for an order
    that is later, hollow for one that is sooner. In each class the largest loss is at the top.
    The title counts all orders; if there are more than 40, those that change most are drawn.
    Lead times of different work are not compared: an order that is in one run only, or of which
    not as many units were shipped as before, or none, has no line and is named below the title.

    Args:
        run: the run of now.
        before: the run that it is compared with.
        ax: None makes a new figure.
        title: the finding that the chart shows; None counts who is sooner and who is later.

    Raises:
        ArgumentError: `run` or `before` is no run, or `ax` is no Axes.
    """
    need_run(before, "before")
    if title is not None:
        instance("title", title, str)
    table = _both(run, before)
    compared = table[table["obstacle"] == ""]
    ax = new_axes(ax, 9.6, 2.0 + 0.22 * min(len(compared), MOST_LINES))
    fitting = int(length_pt(ax.yaxis) / LANE_PT) - 5  # below classes' names and the words above
    drawn = _drawn(compared, min(MOST_LINES, fitting))
    _set_axes(ax, drawn)
    legend_pt = _draw_changes(ax, drawn)
    lines = [_found(compared) if title is None else title, *_obstacles(table)]
    if len(drawn) < len(compared):
        lines.append(f"drawn are the {len(drawn)} of {len(compared):,} orders that change most")
    title_above(ax, ";\n".join(lines), legend_pt)
    return ax


def _both(run: Run, before: Run) -> pd.DataFrame:
    """A row per order: its figures in both runs, what changed, and any obstacle to comparing."""
    table = summary(run)[COLUMNS].merge(
        summary(before)[COLUMNS], "outer", "order_id", suffixes=("", "_before")
    )
    units, units_before = table["units_shipped"], table["units_shipped_before"]
    growth_s = (table["lead_time_s"] - table["lead_time_s_before"]).round(6)
    unlike = np.where((units != units_before) | (units == 0), UNLIKE, "")
    return table.assign(
        growth_s=growth_s,
        direction=np.select([growth_s < 0, growth_s > 0], DIRECTIONS[:2], DIRECTIONS[2]),
        obstacle=np.where(units.isna() | units_before.isna(), ALONE, unlike),
    )


def _drawn(compared: pd.DataFrame, most: int) -> pd.DataFrame:
    """The orders that change most, and the lanes of their lines.

    Above the first order of each class a lane is free, for the name of the class.
    """
    largest = compared["growth_s"].abs().sort_values(ascending=False, kind="stable")
    drawn = compared.loc[largest.index[: max(most, 1)]]
    drawn = drawn.sort_values(["priority", "growth_s"], ascending=[True, False], kind="stable")
    is_first = drawn["priority"] != drawn["priority"].shift()
    return drawn.assign(lane=np.arange(len(drawn)) + is_first.cumsum())


def _set_axes(ax: Axes, drawn: pd.DataFrame) -> None:
    longest_s = drawn[["lead_time_s", "lead_time_s_before"]].to_numpy().max(initial=0.0)
    set_time_axis(ax, float(longest_s), "lead time in seconds, from before to now")
    lanes = dict(zip(drawn["lane"], drawn["order_id"], strict=True))
    set_lanes(
        ax, [style.drawable(lanes.get(lane, ""), 16) for lane in range(max(lanes, default=0) + 1)]
    )
    left = ax.get_yaxis_transform()
    for priority, lane in drawn.groupby("priority")["lane"].min().items():
        name = ax.text(0.01, lane - 1, str(priority), transform=left, va="center")
        name.set(fontsize=style.TICK_SIZE, color=style.ink())


def _draw_changes(ax: Axes, drawn: pd.DataFrame) -> float:
    """The lines and their marks, and a legend; returns its height in points."""
    colours = style.palette()
    looks = {
        "sooner": (colours.blue, "o", colours.paper),
        "later": (style.VERMILLION, "o", style.VERMILLION),
        "unchanged": (colours.grey, "|", colours.grey),
    }
    keys = []
    for direction, (colour, marker, fill) in looks.items():
        rows = drawn[drawn["direction"] == direction]
        if len(rows):
            lanes, before_s, now_s = rows["lane"], rows["lead_time_s_before"], rows["lead_time_s"]
            mark: dict[str, Any] = {"color": colour, "marker": marker, "markerfacecolor": fill}
            ax.hlines(lanes, before_s, now_s, colour, linewidths=2.0, zorder=2)
            ax.plot(now_s, lanes, linestyle="", label=direction, zorder=3, clip_on=False, **mark)
            keys.append(Line2D([], [], label=direction, **mark))
    return style.legend_above(ax, keys)


def _found(compared: pd.DataFrame) -> str:
    found = []
    for priority, directions in compared.groupby("priority")["direction"]:
        counts = {word: int((directions == word).sum()) for word in DIRECTIONS}
        told = [f"{count:,} {word}" for word, count in counts.items() if count]
        found.append(f"{priority}: {', '.join(told)}")
    return "; ".join(found) or "no orders to compare"


def _obstacles(table: pd.DataFrame) -> Iterator[str]:
    """The orders that are not compared, by name."""
    for obstacle in (ALONE, UNLIKE):
        ids = table["order_id"][table["obstacle"] == obstacle]
        if len(ids):
            names = ", ".join(style.drawable(order_id, 16) for order_id in ids[:MOST_NAMES])
            rest = len(ids) - MOST_NAMES
            yield f"{obstacle}: {names}" + (f" and {rest:,} more" if rest > 0 else "")
