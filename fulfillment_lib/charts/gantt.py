"""The Gantt chart: a lane per worker or order, a bar per attempt, time in seconds from the start.

All bars of one look are one collection: a few artists serve hundreds of attempts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.transforms import ScaledTranslation

from fulfillment_lib.analysis.run import Run
from fulfillment_lib.analysis.timeline import read_timeline
from fulfillment_lib.charts import style
from fulfillment_lib.charts.axes import length_pt, makespan_s, new_axes, set_lanes, set_time_axis
from fulfillment_lib.charts.bars import Columns, HatchedBars, columns, draw_bars, rows
from fulfillment_lib.charts.captions import title_above
from fulfillment_lib.charts.classes import kinds_apart, occurring
from fulfillment_lib.charts.labels import BarLabels, Colour, Label
from fulfillment_lib.charts.lanes import BAR_HEIGHT, in_lanes, lane_names, work_ids, worker_names
from fulfillment_lib.checks import choice, instance
from fulfillment_lib.errors import counted

COLUMNS = ("order_id", "task_id", "kind", "priority", "worker", "start_s", "finish_s", "outcome")
STRIPE_HEIGHT = 0.14  # along the top of an express order's bar
STRIPE_SHARE = STRIPE_HEIGHT / BAR_HEIGHT
GHOST_SHARE = 1.22  # so that the outlines show above and below the bars in front of them
HOURGLASS = Path([(-0.9, -1.1), (0.9, -1.1), (-0.9, 1.1), (0.9, 1.1), (-0.9, -1.1)], closed=True)
MARKERS: dict[str, str | Path] = {"failed": "X", "timed_out": HOURGLASS, "cancelled": "s"}
MARKER_PT = 9.0


def plot_gantt(
    run_or_table: Run | pd.DataFrame,
    *,
    by: str = "worker",
    ghost: Run | pd.DataFrame | None = None,
    ghost_label: str = "compared",
    ids: bool = True,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw what each worker did, or what was done for each order, from a run or its timeline.

    Colour and pattern give the kind of task, a stripe marks express orders, and a marker at the
    end of a pale bar an attempt that failed, timed out or was cancelled. A bar carries its
    order's id where there is room (a task's, if it is of no order), or by order its worker. The
    last tick is the makespan, the later one if there are two.

    Args:
        run_or_table: a run has a lane for each of its workers or orders; a timeline by worker up
            to the last one used, by order in the order of its rows.
        by: what has a lane, "worker" or "order". Attempts for one order that overlap in time
            share its lane: the more there are, the lower their bars.
        ghost: another run or timeline, drawn behind as outlines, for comparison.
        ghost_label: what the legend calls it.
        ids: whether bars carry ids; without, the picture is drawn in half the time.
        ax: None makes a new figure.
        title: the finding that the chart shows; None counts orders, workers and seconds.

    Raises:
        ArgumentError: `run_or_table` or `ghost` is neither a run nor a timeline, a time or worker
            in it is impossible, `by` is another word, or `ax` is no Axes.
    """
    by = choice("by", by, ("worker", "order"))
    instance("ghost_label", ghost_label, str)
    instance("ids", ids, bool)
    table = read_timeline("run_or_table", run_or_table, COLUMNS)
    given = [run_or_table] if ghost is None else [run_or_table, ghost]
    tables = [table] if ghost is None else [table, read_timeline("ghost", ghost, COLUMNS)]
    names = lane_names(by, given, tables)
    makespans_s = [makespan_s(rows) for rows in tables]
    ax = new_axes(ax, 10.0, min(1.5 + 0.45 * len(names), 14.0))
    draw_gantt(ax, table, by, names, max(makespans_s), ids)
    handles = legend_handles(table)
    if ghost is not None:
        label = f"{style.drawable(ghost_label)}: {style.seconds(makespans_s[1])} s"
        handles.append(_draw_ghost(ax, columns(in_lanes(tables[1], by, names)), label))
    legend_pt = style.legend_above(ax, handles)
    if title is None:
        work = "task" if (table["order_id"] == "").any() else "order"
        workers = len(lane_names("worker", given[:1], tables[:1]))
        done = counted(table[f"{work}_id"].nunique(), work)
        made_by = counted(workers, "worker")
        title = f"{done} on {made_by}, makespan {style.seconds(makespans_s[0])} s"
    title_above(ax, title, legend_pt)
    return ax


def draw_gantt(
    ax: Axes, table: pd.DataFrame, by: str, names: Sequence[str], end_s: float, ids: bool = True
) -> None:
    """The chart without legend and title, on an axis that ends at `end_s`."""
    set_time_axis(ax, end_s, "seconds from the start of the run")
    set_lanes(ax, [style.drawable(name, 16) for name in names])
    _mark_makespan(ax, makespan_s(table), end_s)
    bars = columns(in_lanes(table, by, names))
    draw_attempts(ax, bars)
    if ids:
        _label_bars(ax, bars, list(work_ids(table) if by == "worker" else worker_names(table)))


def draw_attempts(ax: Axes, bars: Columns) -> None:
    """The bars of attempts, with the stripes and the markers that are theirs."""
    for kind in dict.fromkeys(bars["kind"]):
        _draw_bars(ax, rows(bars, bars["kind"] == kind), kind)
    express = rows(bars, bars["priority"] == "express")
    draw_bars(ax, express, STRIPE_SHARE, facecolor=style.ink(), linewidth=0, zorder=3)
    for outcome in MARKERS:
        _draw_ends(ax, rows(bars, bars["outcome"] == outcome), outcome)


def _mark_makespan(ax: Axes, last_s: float, end_s: float) -> None:
    """A line at the end of the run; where the axis ends there, its frame is the line."""
    ax.spines["left"].set_visible(False)
    ax.spines["right"].set_visible(last_s == end_s > 0)
    if 0 < last_s < end_s:
        ax.axvline(last_s, color=style.ink(), linewidth=0.8, zorder=1.5)


def _draw_ghost(ax: Axes, bars: Columns, label: str) -> Patch:
    """The outlines of a run to compare with, and what the legend says of them."""
    grey = style.palette().grey
    looks: dict[str, Any] = {"facecolor": "none", "edgecolor": grey, "linewidth": 0.9}
    room = np.where(bars["height"] < BAR_HEIGHT, 1.0, GHOST_SHARE)  # none between sub-lanes
    draw_bars(ax, bars | {"height": bars["height"] * room}, zorder=1.8, clip_on=False, **looks)
    return Patch(label=label, **looks)


def _draw_bars(ax: Axes, bars: Columns, kind: str) -> None:
    """The bars of one kind: full ones for success, pale ones with a red edge for the others."""
    good = bars["outcome"] == "succeeded"
    # The edge is what shows of a bar that is thinner than a pixel, or has no length at all.
    for chosen, succeeded in ((good, True), (~good, False)):
        draw_bars(
            ax,
            rows(bars, chosen),
            kind=HatchedBars,
            facecolor=face(kind, succeeded),
            edgecolor=style.ink() if succeeded else style.VERMILLION,
            linewidth=0.6 if succeeded else 1.4,
            hatch=style.look(kind)[1],
            hatchcolor=style.palette().hatch,
            label=kind,
            zorder=2,
            clip_on=False,
        )


def face(kind: str, succeeded: bool) -> Colour:
    """The colour of a kind of task: full for success, pale for the others."""
    strength = 1.0 if succeeded else 0.35
    colour, _ = style.look(kind)
    channels = zip(to_rgb(colour), to_rgb(style.paper()), strict=True)
    red, green, blue = ((1 - strength) * below + strength * above for above, below in channels)
    return red, green, blue


def _draw_ends(ax: Axes, bars: Columns, outcome: str) -> None:
    """One marker per row, just before the end of its bar."""
    if len(bars["lane"]):
        inside = ScaledTranslation(-MARKER_PT / 2 / 72, 0, ax.figure.dpi_scale_trans)
        line = marker(outcome, bars["finish_s"], bars["lane"])
        line.set_transform(ax.transData + inside)
        ax.add_artist(line)


def marker(outcome: str, across: Any, down: Any) -> Line2D:
    """The markers of an outcome that is no success, at those points of the axes."""
    return Line2D(
        across,
        down,
        linestyle="",
        marker=MARKERS[outcome],
        color=style.VERMILLION,
        markersize=MARKER_PT,
        markeredgecolor=style.paper(),
        markeredgewidth=0.7,
        zorder=5,
        clip_on=False,
        label=outcome.replace("_", " "),
    )


def _label_bars(ax: Axes, bars: Columns, ids: list[str]) -> None:
    """Write ids into the bars: whole, else without what all begin with, else not at all."""
    pt_per_s = length_pt(ax.xaxis) / ax.get_xlim()[1]
    names = style.short_names(list(dict.fromkeys(ids)))
    wide = {text: style.label_width_pt(text) for texts in names.values() for text in texts}
    stripe = np.where(bars["priority"] == "express", STRIPE_SHARE, 0.0)
    tops = bars["lane"] - bars["height"] * (0.5 - stripe)
    bottoms = bars["lane"] + bars["height"] / 2
    ends_s = _free_until(bars, MARKER_PT / pt_per_s)
    places = zip(ids, bars["kind"], bars["start_s"], bottoms, ends_s, tops, strict=True)
    labels = []
    for work_id, kind, start_s, bottom, end_s, top in places:
        for text, slack in zip(names[work_id], (1.0, style.LAYOUT_SLACK), strict=False):
            if wide[text] <= (end_s - start_s) * pt_per_s * slack:
                room = (start_s, bottom, end_s, top)
                labels.append(Label(room, text, wide[text], face(kind, False)))
                break
    ax.add_artist(BarLabels(labels))


def _free_until(bars: Columns, marker_s: float) -> list[float]:
    """Where the next marker in a bar's lane begins: its own, or that of a short bar after it."""
    ends_s: list[float] = bars["finish_s"].tolist()
    begins_s: dict[int, float] = {}
    for row in reversed(np.argsort(bars["finish_s"], kind="stable")):
        lane = round(bars["lane"][row])
        if bars["outcome"][row] in MARKERS:
            begins_s[lane] = ends_s[row] - marker_s
        ends_s[row] = min(ends_s[row], begins_s.get(lane, ends_s[row]))
    return ends_s


def legend_handles(table: pd.DataFrame) -> list[Patch | Line2D]:
    """What the legend explains: only what occurs in this chart."""
    handles: list[Patch | Line2D] = [
        style.legend_key(style.drawable(kind, 20), *style.look(kind))
        for kind in occurring(kinds_apart(table["kind"]), map(str, style.HATCHES))
    ]
    if "express" in set(table["priority"]):
        handles.append(Line2D([], [], color=style.ink(), linewidth=3.5, label="express order"))
    outcomes = set(table["outcome"])
    return handles + [marker(outcome, [], []) for outcome in MARKERS if outcome in outcomes]
