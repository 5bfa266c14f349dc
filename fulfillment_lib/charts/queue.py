"""The queue chart: how many ready tasks wait for a worker, over time, by class of service."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from fulfillment_lib.analysis.run import Run
from fulfillment_lib.analysis.timeline import read_timeline
from fulfillment_lib.charts.axes import makespan_s, new_axes
from fulfillment_lib.charts.captions import title_above
from fulfillment_lib.charts.classes import class_looks, classes, occurring
from fulfillment_lib.charts.palette import ink
from fulfillment_lib.charts.steps import Steps, draw_stack, set_count_axes, steps
from fulfillment_lib.charts.style import seconds

COLUMNS = ("priority", "ready_s", "start_s", "finish_s")


def plot_queue(
    run_or_table: Run | pd.DataFrame, *, ax: Axes | None = None, title: str | None = None
) -> Axes:
    """Draw the length of the queue for workers, from a run or from its timeline.

    An attempt waits from `ready_s` to `start_s`; one that starts as soon as it is ready does not
    wait. The steps are stacked, express at the bottom; so the upper edge is the whole queue, and
    its area is the sum of all waits. The last tick upwards is the greatest length, the last tick
    to the right the makespan. Lengths "on average" are over time, from 0 to the makespan.

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
    names = classes(table["priority"])
    by_class = steps(table, "ready_s", "start_s", names, occurring(names, class_looks()), end_s)
    whole = Steps(by_class.edges_s, {"": sum(by_class.counts.values(), 0 * by_class.edges_s[1:])})
    set_count_axes(ax, end_s, whole.most(""))
    ax.set_ylabel("tasks that wait for a worker", color=ink())
    looks = {name: (look.colour, look.hatch) for name, look in class_looks().items()}
    legend_pt = draw_stack(ax, by_class, looks, lambda name: _length(by_class, name, end_s))
    found = f"Queue for workers: {_length(whole, '', end_s)}"
    title_above(ax, found if title is None else title, legend_pt)
    return ax


def _length(queue: Steps, name: str, end_s: float) -> str:
    mean = queue.area(name) / end_s if end_s else 0.0
    return f"{seconds(mean)} on average, {queue.most(name):,} at most"
