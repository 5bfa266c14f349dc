"""The Gantt chart: one lane per worker, one bar per attempt, time in seconds from the start.

All bars of one look are one collection: a few artists serve hundreds of attempts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.transforms import Bbox, ScaledTranslation

from fulfillment_lib.analysis.timeline import read_timeline
from fulfillment_lib.charts.style import (
    COLOURS,
    HATCH_COLOUR,
    INK,
    TITLE_SIZE,
    VERMILLION,
    FittingText,
    LaneLocator,
    TimeLocator,
    drawable,
    label_width_pt,
    legend_above,
    look,
    new_axes,
    seconds,
    set_ticks,
    short_names,
)

COLUMNS = ("order_id", "task_id", "kind", "priority", "worker", "start_s", "finish_s", "outcome")
BAR_HEIGHT = 0.78
STRIPE_HEIGHT = 0.14  # along the top of an express order's bar
HOURGLASS = Path([(-0.9, -1.1), (0.9, -1.1), (-0.9, 1.1), (0.9, 1.1), (-0.9, -1.1)], closed=True)
MARKERS: dict[str, str | Path] = {"failed": "X", "timed_out": HOURGLASS, "cancelled": "s"}
MARKER_PT = 9.0
LAYOUT_SLACK = 1.3  # by which later layout may widen the axes


class HasTimeline(Protocol):
    """A run, as far as a Gantt chart needs it."""

    @property
    def settings(self) -> Any: ...
    def timeline(self) -> pd.DataFrame: ...


def plot_gantt(run_or_table: HasTimeline | pd.DataFrame, *, ax: Axes | None = None,
               title: str | None = None) -> Axes:
    """Draw what each worker did, from a run or from its timeline.

    Colour and pattern give the kind of task, a dark stripe marks express orders, and a marker at
    the end of a pale bar an attempt that failed, timed out or was cancelled. A bar carries its
    order's id where there is room (a task's, if it is of no order). The last tick is the makespan.

    Args:
        run_or_table: a run has a lane for each of its workers; a timeline up to the last one used.
        ax: None makes a new figure.
        title: the finding that the chart shows; None counts orders, workers and seconds.

    Raises:
        ArgumentError: `run_or_table` is neither a run nor a timeline, a time or worker in it is
            impossible, or `ax` is no Axes.
    """
    table, workers = _table_and_workers(run_or_table)
    ax = new_axes(ax, 10.0, min(1.5 + 0.45 * workers, 14.0))
    makespan_s = float(table["finish_s"].max()) if len(table) else 0.0
    _set_axes(ax, workers, makespan_s)
    for kind, of_kind in table.groupby("kind", sort=False):
        _draw_bars(ax, of_kind, str(kind))
    _draw_stripes(ax, table[table["priority"] == "express"])
    for outcome in MARKERS:
        _draw_ends(ax, table[table["outcome"] == outcome], outcome)
    _label_bars(ax, table)
    legend_pt = legend_above(ax, _handles(table))
    if title is None:
        work = "task" if (table["order_id"] == "").any() else "order"
        title = (f"{_counted(table[f'{work}_id'].nunique(), work)} on "
                 f"{_counted(workers, 'worker')}, makespan {seconds(makespan_s)} s")
    ax.set_title("\n".join(drawable(line, 150) for line in title.splitlines()), loc="left",
                 parse_math=False, fontsize=TITLE_SIZE, color=INK, pad=legend_pt + 6)
    return ax


def _table_and_workers(given: HasTimeline | pd.DataFrame) -> tuple[pd.DataFrame, int]:
    table = read_timeline("run_or_table", given, COLUMNS)
    used = int(table["worker"].max()) + 1 if len(table) else 1
    return table, used if isinstance(given, pd.DataFrame) else max(used, given.settings.workers)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _set_axes(ax: Axes, workers: int, makespan_s: float) -> None:
    """Time to the right, with a line at the end; worker 0 at the top."""
    ax.set_xlim(0.0, makespan_s or 1.0)
    ax.set_ylim(workers - 0.5, -0.5)
    set_ticks(ax.xaxis, TimeLocator(makespan_s), seconds)
    set_ticks(ax.yaxis, LaneLocator(workers), lambda lane: f"worker {lane:.0f}")
    ax.set_xlabel("seconds from the start of the run", color=INK)
    ax.spines[["top", "left"]].set_visible(False)
    ax.spines["right"].set_visible(makespan_s > 0)


def _boxes(table: pd.DataFrame, top: float, height: float) -> np.ndarray[Any, Any]:
    """The corners of one rectangle per row, `top` being measured from the lane's centre."""
    left, right = table["start_s"].to_numpy(), table["finish_s"].to_numpy()
    upper = table["worker"].to_numpy() + top
    lower = upper + height
    return np.stack([np.stack([left, right, right, left], 1),
                     np.stack([upper, upper, lower, lower], 1)], 2)


def _draw_bars(ax: Axes, table: pd.DataFrame, kind: str) -> None:
    """The bars of one kind: full ones for success, pale ones with a red edge for the others."""
    good = table["outcome"] == "succeeded"
    # The edge is what shows of a bar that is thinner than a pixel, or has no length at all.
    for rows, succeeded in ((table[good], True), (table[~good], False)):
        if len(rows):
            ax.add_collection(PolyCollection(
                list(_boxes(rows, -BAR_HEIGHT / 2, BAR_HEIGHT)), facecolor=_face(kind, succeeded),
                edgecolor=INK if succeeded else VERMILLION, linewidth=0.6 if succeeded else 1.4,
                hatch=look(kind)[1], hatchcolor=HATCH_COLOUR, label=kind, zorder=2,
                clip_on=False), autolim=False)


def _face(kind: str, succeeded: bool) -> tuple[float, ...]:
    strength = 1.0 if succeeded else 0.35
    return tuple(1 - strength + strength * each for each in to_rgb(look(kind)[0]))


def _draw_stripes(ax: Axes, table: pd.DataFrame) -> None:
    if len(table):
        ax.add_collection(PolyCollection(list(_boxes(table, -BAR_HEIGHT / 2, STRIPE_HEIGHT)),
                                         facecolor=INK, linewidth=0, zorder=3), autolim=False)


def _draw_ends(ax: Axes, table: pd.DataFrame, outcome: str) -> None:
    """One marker per row, just before the end of its bar."""
    if len(table):
        inside = ScaledTranslation(-MARKER_PT / 2 / 72, 0, ax.figure.dpi_scale_trans)
        line = _marker(outcome, table["finish_s"].to_numpy(), table["worker"].to_numpy())
        line.set(transform=ax.transData + inside, zorder=5, clip_on=False)
        ax.add_artist(line)


def _marker(outcome: str, across: Any, down: Any) -> Line2D:
    return Line2D(across, down, linestyle="", marker=MARKERS[outcome], color=VERMILLION,
                  markersize=MARKER_PT, markeredgecolor="white", markeredgewidth=0.7,
                  label=outcome.replace("_", " "))


def _label_bars(ax: Axes, table: pd.DataFrame) -> None:
    """Write ids into the bars: whole, else without what all begin with, else not at all."""
    pt_per_s = ax.bbox.width * 72 / ax.figure.dpi / ax.get_xlim()[1]
    ids = table["order_id"].where(table["order_id"] != "", table["task_id"])
    names = short_names(list(ids.unique()))
    wide = {text: label_width_pt(text) for texts in names.values() for text in texts}
    rows: Iterable[Any] = table.itertuples(index=False)
    for row, each, end_s in zip(rows, ids, _free_until(table, MARKER_PT / pt_per_s), strict=True):
        top = row.worker - BAR_HEIGHT / 2 + STRIPE_HEIGHT * (row.priority == "express")
        room = Bbox([[row.start_s, row.worker + BAR_HEIGHT / 2], [end_s, top]])
        for text, slack in zip(names[each], (1.0, LAYOUT_SLACK), strict=False):
            if wide[text] <= room.width * pt_per_s * slack:
                ax.add_artist(FittingText(room, text, wide[text], zorder=4, color=INK, bbox={
                    "facecolor": _face(row.kind, False), "linewidth": 0, "pad": 0.8}))
                break


def _free_until(table: pd.DataFrame, marker_s: float) -> pd.Series[float]:
    """Where the next marker in a bar's lane begins: its own, or that of a short bar after it."""
    inner = table.sort_values("finish_s", kind="stable")
    begins = (inner["finish_s"] - marker_s).where(inner["outcome"].isin(list(MARKERS)))
    return begins.groupby(inner["worker"]).bfill().fillna(np.inf).clip(
        upper=inner["finish_s"]).reindex(table.index)


def _handles(table: pd.DataFrame) -> list[Patch | Line2D]:
    """What the legend explains: only what occurs in this chart."""
    known = [str(kind) for kind in COLOURS if (table["kind"] == kind).any()]
    other = [str(kind) for kind in table["kind"].unique() if kind not in COLOURS.keys()]
    names = known + (other if len(other) == 1 else ["other work"] if other else [])
    handles: list[Patch | Line2D] = [
        Patch(facecolor=look(name)[0], edgecolor=INK, linewidth=0.6, hatch=look(name)[1],
              hatchcolor=HATCH_COLOUR, label=drawable(name, 20) or "task") for name in names]
    if (table["priority"] == "express").any():
        handles.append(Line2D([], [], color=INK, linewidth=3.5, label="express order"))
    return handles + [_marker(outcome, [], []) for outcome in MARKERS
                      if (table["outcome"] == outcome).any()]
