"""The chart of waits: what share of attempts waits no longer than so many seconds, by class.

A cumulative distribution needs no bins: each step is one wait, or several of equal length.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from fulfillment_lib.analysis.run import Run
from fulfillment_lib.analysis.timeline import read_timeline
from fulfillment_lib.charts.axes import new_axes, set_ticks, set_time_axis
from fulfillment_lib.charts.captions import percent, title_above
from fulfillment_lib.charts.classes import class_looks, classes, occurring
from fulfillment_lib.charts.palette import ink, paper
from fulfillment_lib.charts.style import TICK_SIZE, legend_above, seconds, text_width_pt
from fulfillment_lib.errors import counted

COLUMNS = ("priority", "ready_s", "start_s", "finish_s")
P95 = 0.95
DOT, DIAMOND = "\u25cf", "\u25c6"  # as the marks are drawn; in the font that matplotlib brings


def plot_waits(
    run_or_table: Run | pd.DataFrame, *, ax: Axes | None = None, title: str | None = None
) -> Axes:
    """Draw the distribution of the waits of each class, from a run or from its timeline.

    The wait of an attempt is from `ready_s` to `start_s`. A line goes up by one n-th at each of
    its n waits, and ends at the longest. A dot marks the mean, a diamond the 95th percentile
    (interpolated linearly, as in `kpis`); the legend gives the seconds of both.

    Args:
        run_or_table: a run or its timeline.
        ax: None makes a new figure.
        title: the finding that the chart shows; None gives the mean and the 95th percentile.

    Raises:
        ArgumentError: `run_or_table` is neither a run nor a timeline, a time in it is impossible,
            or `ax` is no Axes.
    """
    table = read_timeline("run_or_table", run_or_table, COLUMNS)
    ax = new_axes(ax, 8.0, 3.8)
    # An attempt that started before it was ready is no wait of negative length.
    wait_s = (table["start_s"] - table["ready_s"]).round(6).clip(lower=0.0)
    longest_s = float(wait_s.max()) if len(table) else 0.0
    set_time_axis(ax, longest_s, "seconds waited at most, from ready to start")
    ax.set_ylim(0.0, 1.0)
    set_ticks(ax.yaxis, MaxNLocator("auto", steps=[1, 2, 5, 10]), percent)
    ax.set_ylabel("share of attempts", color=ink())
    names = classes(table["priority"])
    keys = [
        _draw_class(ax, name, np.sort(wait_s[names == name].to_numpy()))
        for name in occurring(names, class_looks())
    ]
    legend_pt = legend_above(ax, keys, text_width_pt("100 %", TICK_SIZE) + 2 * TICK_SIZE)
    title_above(ax, _title(wait_s) if title is None else title, legend_pt)
    return ax


def _title(wait_s: pd.Series[float]) -> str:
    if not len(wait_s):
        return "No attempts, no waits"
    return (
        f"{counted(len(wait_s), 'attempt')}: mean wait {seconds(float(wait_s.mean()))} s, "
        f"{percent(P95)} wait at most {seconds(float(wait_s.quantile(P95)))} s"
    )


def _draw_class(ax: Axes, name: str, sorted_s: np.ndarray[Any, Any]) -> Line2D:
    """The steps and the marks of a class; returns its entry in the legend."""
    colour, _, dashes = class_looks()[name]
    looks: dict[str, Any] = {"color": colour, "linestyle": dashes, "linewidth": 2.0}
    shares = np.arange(len(sorted_s) + 1) / len(sorted_s)
    times_s = np.concatenate([[0.0], sorted_s])
    ax.step(times_s, shares, where="post", label=name, zorder=3, clip_on=False, **looks)
    mean_s, p95_s = float(sorted_s.mean()), float(np.quantile(sorted_s, P95))
    mean_share = float(np.searchsorted(sorted_s, mean_s, "right")) / len(sorted_s)
    marks: dict[str, Any] = {"color": colour, "markeredgecolor": paper(), "markeredgewidth": 0.7}
    marks |= {"markersize": 7.0, "zorder": 5, "clip_on": False}
    ax.plot(mean_s, mean_share, "o", label="mean", **marks)
    ax.plot(p95_s, P95, "D", label="95th percentile", **marks)
    attempts = counted(len(sorted_s), "attempt")
    marked = f"{DOT} mean {seconds(mean_s)} s, {DIAMOND} {percent(P95)} within {seconds(p95_s)} s"
    label = f"{name} ({attempts}): {marked}"
    return Line2D([], [], label=label, **looks)
