"""Several runs on one time axis, one Gantt chart above the other, with the bounds of each.

The same second is equally far to the right in all of them, so that one can compare lengths by eye.
Times are seconds from the start of each run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from fulfillment_lib.analysis.bounds import Bounds, bounds
from fulfillment_lib.analysis.run import Run, need_run
from fulfillment_lib.analysis.timeline import read_timeline
from fulfillment_lib.charts import style
from fulfillment_lib.charts.alt_text import TITLE
from fulfillment_lib.charts.axes import length_pt, makespan_s
from fulfillment_lib.charts.captions import title_lines, write_above
from fulfillment_lib.charts.gantt import COLUMNS, draw_gantt, legend_handles
from fulfillment_lib.charts.lanes import lane_names
from fulfillment_lib.charts.palette import lay_paper
from fulfillment_lib.checks import instance, refuse
from fulfillment_lib.errors import counted

AxesArray = np.ndarray[Any, np.dtype[np.object_]]

MOST_RUNS = 12
ROW_PT = 1.4 * style.LABEL_SIZE  # the height of one line of text above a panel
LOWEST_SHARE = 0.15  # of the height of the highest panel; less, and few workers had no height


def plot_gantts(
    runs: Mapping[str, Run] | Sequence[Run],
    *,
    ax: Axes | Sequence[Axes] | AxesArray | None = None,
    title: str | None = None,
) -> AxesArray:
    """Draw runs one above the other on the same time axis, with a lane per worker.

    Bars look as in `plot_gantt`; the height of a panel follows its number of workers, and a line
    over its height marks its makespan. Two broken lines mark times before which the work of the
    run could not have ended: work ÷ workers, and the critical path (see `analysis.bounds`).

    Args:
        runs: a mapping of names to runs, or a sequence of runs; 1 to 12, from the top.
        ax: an Axes per run, as `figure.subplots(2)` gives them; None makes a new figure.
        title: the finding that the charts show; None has none.

    Returns:
        The Axes, a one-dimensional array in the order of the runs.

    Raises:
        ArgumentError: `runs` holds something else or too many, or `ax` is not one Axes per run.
    """
    if title is not None:
        instance("title", title, str)
    named = _named(runs)
    tables = [read_timeline("each of runs", run, COLUMNS) for run in named.values()]
    limits = [bounds(run) for run in named.values()]
    lanes = [lane_names("worker", [run], []) for run in named.values()]
    axes = _axes(ax, list(map(len, lanes)))
    end_s = max(makespan_s(table) for table in tables)
    for panel, name, table, names, limit in zip(axes, named, tables, lanes, limits, strict=True):
        lay_paper(panel)
        draw_gantt(panel, table, "worker", names, end_s)
        _draw_bounds(panel, limit, end_s)
        found = f"{counted(limit.workers, 'worker')}, makespan {style.seconds(limit.makespan_s)} s"
        words, size = f"{style.drawable(name, 60)}: {found}", style.TITLE_SIZE - 1
        panel.set_title(
            "\n".join(style.broken(words, length_pt(panel.xaxis), size)),
            loc="left",
            parse_math=False,
            fontsize=size,
            color=style.ink(),
            pad=2 * ROW_PT + 5,
        )
    for panel in axes[:-1]:
        panel.set_xlabel("")
        panel.tick_params(labelbottom=False)
    _draw_head(axes[0], pd.concat(tables), title)
    return axes


def _named(runs: object) -> dict[str, Run]:
    rule = f"1 to {MOST_RUNS} runs, named by a mapping or in a sequence"
    if isinstance(runs, Mapping):
        named = {str(name): run for name, run in runs.items()}
    elif isinstance(runs, Sequence):
        named = {f"run {number}": run for number, run in enumerate(runs, 1)}
    else:
        refuse("runs", rule, runs)
    if not 1 <= len(named) <= MOST_RUNS or len(named) < len(runs):
        refuse("runs", rule, runs)
    for run in named.values():
        need_run(run, "each of runs")
    return named


def _axes(given: object, workers: Sequence[int]) -> AxesArray:
    if given is not None:
        axes = np.atleast_1d(np.asarray(given, dtype=object)).ravel()
        for panel in axes:
            instance("each of ax", panel, Axes)
        if len(axes) != len(workers):
            refuse("ax", f"{len(workers)} Axes, one per run", len(axes))
        return axes
    from matplotlib import pyplot

    shares = [max(count, LOWEST_SHARE * max(workers)) for count in workers]
    height = min(0.36 * sum(shares), 14.0) + 0.65 * len(workers) + 1.0
    figure = pyplot.figure(figsize=(10.0, height), layout="constrained")
    made: AxesArray = figure.subplots(len(workers), height_ratios=shares, squeeze=False)
    return made[:, 0]


def _draw_bounds(ax: Axes, limit: Bounds, end_s: float) -> None:
    """A line per bound, up to its words above the panel, which neither line crosses."""
    work = (limit.work_per_worker_s, "work ÷ workers", "--")
    path = (limit.critical_path_s, "critical path", ":")
    early, late = sorted([work, path])
    if early[0] + late[0] <= end_s:  # the words grow to the right, as far as there is room
        _draw_bound(ax, *late, row=0, right=late[0] <= 0.75 * end_s)
        _draw_bound(ax, *early, row=1, right=True)
    else:
        _draw_bound(ax, *early, row=0, right=early[0] < 0.25 * end_s)
        _draw_bound(ax, *late, row=1, right=False)


def _draw_bound(ax: Axes, at_s: float, name: str, dashes: str, *, row: int, right: bool) -> None:
    looks: dict[str, Any] = {"color": style.palette().blue, "linestyle": dashes, "linewidth": 1.6}
    ax.axvline(at_s, zorder=3.5, **looks)  # behind the labels of the bars
    line = {"arrowstyle": "-", "shrinkA": 0, "shrinkB": 0, **looks}
    write_above(ax, "", style.LABEL_SIZE, at_s, up_pt=1 + (row + 0.9) * ROW_PT, arrowprops=line)
    write_above(
        ax,
        f"{name} {style.seconds(at_s)} s",
        style.LABEL_SIZE,
        at_s,
        up_pt=3 + row * ROW_PT,
        right_pt=3 if right else -3,
        ha="left" if right else "right",
        color=style.palette().blue,
    )


def _draw_head(ax: Axes, table: pd.DataFrame, title: str | None) -> None:
    """The one legend, above the first panel's title, and above it the title of all."""
    more_lines = ax.get_title(loc="left").count("\n")
    above_pt = 2 * ROW_PT + 5 + (1.6 + 1.2 * more_lines) * style.TITLE_SIZE
    legend_pt = style.legend_above(ax, legend_handles(table))
    legend = ax.get_legend()
    if legend is not None:
        raised = ScaledTranslation(0, above_pt / 72, ax.figure.dpi_scale_trans)
        legend.set_bbox_to_anchor((0, 1), transform=ax.transAxes + raised)
    up_pt = above_pt + legend_pt + 4
    for line in reversed(title_lines(title or "", length_pt(ax.xaxis))):
        write_above(ax, line, style.TITLE_SIZE, 0, up_pt, gid=TITLE)
        up_pt += 1.4 * style.TITLE_SIZE
