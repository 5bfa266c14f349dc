"""The utilization chart: how many workers are busy, over time, by the kind of task."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from fulfillment_lib.analysis.run import Run
from fulfillment_lib.analysis.timeline import read_timeline
from fulfillment_lib.charts.axes import makespan_s, new_axes
from fulfillment_lib.charts.captions import percent, title_above
from fulfillment_lib.charts.classes import kinds_apart, occurring
from fulfillment_lib.charts.lanes import lane_names
from fulfillment_lib.charts.palette import ink
from fulfillment_lib.charts.steps import draw_stack, set_count_axes, steps
from fulfillment_lib.charts.style import HATCHES, BoxText, look
from fulfillment_lib.errors import counted

COLUMNS = ("kind", "worker", "start_s", "finish_s")
HEADROOM = 1.16  # above the line of the workers, for its name


def plot_utilization(
    run_or_table: Run | pd.DataFrame, *, ax: Axes | None = None, title: str | None = None
) -> Axes:
    """Draw how many workers are busy with what, from a run or from its timeline.

    A worker is busy from the start to the end of an attempt, however it ended. The steps are
    stacked by kind of task; their area is the service time, and what is left below the dashed
    line is idle time. Utilization is service time ÷ (workers × makespan), and the kinds' shares
    add up to it.

    Args:
        run_or_table: of a run all workers count; of a timeline those up to the last one used.
        ax: None makes a new figure.
        title: the finding that the chart shows; None gives the mean utilization.

    Raises:
        ArgumentError: `run_or_table` is neither a run nor a timeline, a time or worker in it is
            impossible, or `ax` is no Axes.
    """
    table = read_timeline("run_or_table", run_or_table, COLUMNS)
    workers = len(lane_names("worker", [run_or_table], [table]))
    ax = new_axes(ax, 10.0, 3.6)
    end_s = makespan_s(table)
    kinds = kinds_apart(table["kind"])
    busy = steps(table, "start_s", "finish_s", kinds, occurring(kinds, map(str, HATCHES)), end_s)
    share = {name: busy.area(name) / (workers * end_s or 1.0) for name in busy.counts}
    set_count_axes(ax, end_s, workers, HEADROOM)
    ax.set_ylabel("busy workers", color=ink())
    _draw_workers(ax, workers)
    looks = {name: look(name) for name in busy.counts}
    legend_pt = draw_stack(ax, busy, looks, lambda name: percent(share[name]))
    found = f"{counted(workers, 'worker')}, utilization {percent(sum(share.values()))}"
    title_above(ax, found if title is None else title, legend_pt)
    return ax


def _draw_workers(ax: Axes, workers: int) -> None:
    """The line up to which all are busy, and its name above it."""
    ax.axhline(workers, color=ink(), linestyle="--", linewidth=1.2, zorder=3, label="workers")
    room = Bbox([[0.0, workers], [ax.get_xlim()[1], ax.get_ylim()[1]]])
    ax.add_artist(BoxText(room, [counted(workers, "worker")]))
