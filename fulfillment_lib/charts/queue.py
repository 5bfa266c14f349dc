"""The queue chart: how many ready tasks wait for a worker, over time, by class of service."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from fulfillment_lib.analysis.timeline import read_timeline
from fulfillment_lib.charts.axes import new_axes
from fulfillment_lib.charts.captions import title_above
from fulfillment_lib.charts.classes import CLASS_LOOKS, classes, occurring
from fulfillment_lib.charts.gantt import HasTimeline, makespan_s
from fulfillment_lib.charts.steps import Steps, draw_stack, key, set_count_axes, steps
from fulfillment_lib.charts.style import INK, legend_above, seconds

COLUMNS = ("priority", "ready_s", "start_s", "finish_s")


def plot_queue(
    run_or_table: HasTimeline | pd.DataFrame, *, ax: Axes | None = None, title: str | None = None
) -> Axes:
    """Draw the length of the queue for workers, from a run or from its timeline.

    An attempt waits from `ready_s` to `start_s`; who starts in the instant of being ready does
    not queue. The steps are stacked, express at the bottom; so the upper edge is the whole
    queue, and the area is the sum of all waits. The last tick upwards is its greatest length, to
    the right the makespan. Lengths "on average" are over time, from 0 to the makespan.

    Args:
        run_or_table: a run or its timeline.
        ax: None makes a new figure.
        title: the finding that the chart shows; None gives the mean and the greatest length.

    Raises:
        ArgumentError: `run_or_table` is neither a run nor a timeline, a time in it is impossible,
            or `ax` is no Axes.
    """
    table = read_timeline("run_or_table", run_or_table, COLUMNS)
    ax = new_axes(ax, 10.0, 3.6)
    end_s = makespan_s(table)
    of = classes(table["priority"])
    by_class = steps(table, "ready_s", "start_s", of, occurring(of), end_s)
    whole = Steps(by_class.edges_s, {"": sum(by_class.counts.values(), 0 * by_class.edges_s[1:])})
    set_count_axes(ax, end_s, whole.most(""))
    ax.set_ylabel("tasks that wait for a worker", color=INK)
    looks = {name: (each.colour, each.hatch) for name, each in CLASS_LOOKS.items()}
    draw_stack(ax, by_class, looks)
    legend_pt = legend_above(
        ax,
        [key(f"{name}: {_length(by_class, name, end_s)}", looks[name]) for name in by_class.counts],
    )
    title_above(
        ax, f"Queue for workers: {_length(whole, '', end_s)}" if title is None else title, legend_pt
    )
    return ax


def _length(of: Steps, name: str, end_s: float) -> str:
    mean = of.area(name) / end_s if end_s else 0.0
    return f"{seconds(mean)} on average, {of.most(name):,} at most"
