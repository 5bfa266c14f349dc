"""The Gantt chart: one lane per worker, one bar per attempt, time in seconds from the start."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from fulfillment_lib.charts.style import (
    COLOURS,
    GRID,
    HATCHES,
    INK,
    LABEL_SIZE,
    OTHER_COLOUR,
    OTHER_HATCH,
    VERMILLION,
    drawable,
    new_axes,
    text_width_pt,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BAR_HEIGHT = 0.78
STRIPE_HEIGHT = 0.14  # along the top of an express order's bar
MARKERS = {"failed": "X", "timed_out": "D", "cancelled": "s"}
MARKER_PT = 8.0
LANE_LABEL_PX = 15.0
NARROWEST_LABEL_PX = 8.0
MARGIN_PX = 5.0


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
    order's id where there is room. The last tick is the makespan.
    """
    table, workers = _table_and_workers(run_or_table)
    ax = new_axes(ax, 10.0, min(1.5 + 0.42 * workers, 14.0))
    makespan_s = float(table["finish_s"].max()) if len(table) else 0.0
    ax.set_xlim(0.0, makespan_s * 1.01 or 1.0)
    ax.set_ylim(workers - 0.5, -0.5)
    for kind, of_kind in table.groupby("kind", sort=False):
        _draw_bars(ax, of_kind, str(kind))
    _draw_stripes(ax, table[table["priority"] == "express"])
    for outcome, marker in MARKERS.items():
        _draw_ends(ax, table[table["outcome"] == outcome], marker)
    _dress(ax, table, workers, makespan_s, title)
    _label_bars(ax, table)
    return ax


def _table_and_workers(run_or_table: HasTimeline | pd.DataFrame) -> tuple[pd.DataFrame, int]:
    if isinstance(run_or_table, pd.DataFrame):
        used = run_or_table["worker"].max() + 1 if len(run_or_table) else 1
        return run_or_table, int(used)
    return run_or_table.timeline(), run_or_table.settings.workers


def _boxes(table: pd.DataFrame, top: float, height: float) -> list[np.ndarray[Any, Any]]:
    """The corners of one rectangle per row, `top` being measured from the lane's centre."""
    left, right = table["start_s"].to_numpy(), table["finish_s"].to_numpy()
    upper = table["worker"].to_numpy() + top
    lower = upper + height
    return list(np.stack([np.stack([left, right, right, left], 1),
                          np.stack([upper, upper, lower, lower], 1)], 2))


def _draw_bars(ax: Axes, table: pd.DataFrame, kind: str) -> None:
    colour, hatch = _look(kind)
    good = table["outcome"] == "succeeded"
    for rows, alpha, edge in ((table[good], 1.0, INK), (table[~good], 0.35, VERMILLION)):
        if len(rows):
            ax.add_collection(PolyCollection(
                _boxes(rows, -BAR_HEIGHT / 2, BAR_HEIGHT), facecolor=_faded(colour, alpha),
                edgecolor=edge, linewidth=0.6 if alpha == 1.0 else 1.4, hatch=hatch,
                hatchcolor=(1, 1, 1, 0.55), label=kind, zorder=2))


def _look(kind: str) -> tuple[str, str]:
    for each, colour in COLOURS.items():
        if each == kind:
            return colour, HATCHES[each]
    return OTHER_COLOUR, OTHER_HATCH


def _faded(colour: str, alpha: float) -> tuple[float, ...]:
    rgb = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
    return tuple(1 - alpha + alpha * each for each in rgb)


def _draw_stripes(ax: Axes, table: pd.DataFrame) -> None:
    if len(table):
        ax.add_collection(PolyCollection(_boxes(table, -BAR_HEIGHT / 2, STRIPE_HEIGHT),
                                         facecolor=INK, linewidth=0, zorder=3))


def _draw_ends(ax: Axes, table: pd.DataFrame, marker: str) -> None:
    if len(table):
        inside = ScaledTranslation(-MARKER_PT / 2 / 72, 0, ax.figure.dpi_scale_trans)
        ax.plot(table["finish_s"], table["worker"], marker, color=VERMILLION,
                markersize=MARKER_PT, markeredgecolor="white", zorder=5,
                transform=ax.transData + inside)


def _dress(ax: Axes, table: pd.DataFrame, workers: int, makespan_s: float,
           title: str | None) -> None:
    if title is None:
        orders = table["order_id"].nunique()
        title = (f"{orders} order{'' if orders == 1 else 's'} on {workers} "
                 f"worker{'' if workers == 1 else 's'}, makespan {makespan_s:.1f} s")
    ax.set_title(drawable(title, 120), loc="left", parse_math=False, fontsize=11)
    ax.set_xlabel("seconds from the start of the run", color=INK)
    ax.grid(axis="x", color=GRID, zorder=0)
    ax.set_axisbelow(True)
    ax.tick_params(length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    handles = _legend_handles(table)
    if handles:
        below = ScaledTranslation(0, -36 / 72, ax.figure.dpi_scale_trans)
        ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, 0), ncols=7,
                  bbox_transform=ax.transAxes + below, frameon=False, fontsize=8.5,
                  borderaxespad=0, handlelength=1.6, columnspacing=1.4)
    _set_ticks(ax, workers, makespan_s)


def _legend_handles(table: pd.DataFrame) -> list[Patch | Line2D]:
    handles: list[Patch | Line2D] = []
    for kind in dict.fromkeys([*COLOURS, *table["kind"]]):
        if (table["kind"] == kind).any():
            colour, hatch = _look(kind)
            handles.append(Patch(facecolor=colour, edgecolor=INK, hatch=hatch, linewidth=0.6,
                                 hatchcolor=(1, 1, 1, 0.55), label=drawable(str(kind) or "task")))
    if (table["priority"] == "express").any():
        handles.append(Line2D([], [], color=INK, linewidth=3.5, label="express order"))
    handles += [Line2D([], [], linestyle="", marker=marker, color=VERMILLION, markersize=MARKER_PT,
                       markeredgecolor="white", label=outcome.replace("_", " "))
                for outcome, marker in MARKERS.items() if (table["outcome"] == outcome).any()]
    return handles


def _set_ticks(ax: Axes, workers: int, makespan_s: float) -> None:
    """Round numbers, and the makespan as the last one; lanes named as densely as they fit."""
    ax.set_yticks([0], labels=[f"worker {workers - 1}"])  # as wide as any: the layout is final
    ax.set_xticks([makespan_s], labels=[_seconds(makespan_s)])
    ax.get_figure(root=True).draw_without_rendering()  # type: ignore[union-attr]
    box = ax.get_window_extent()
    step = max(1, math.ceil(LANE_LABEL_PX * workers / box.height * ax.figure.dpi / 100))
    lanes = list(range(0, workers, step))
    ax.yaxis.set_major_locator(FixedLocator(lanes))
    ax.set_yticklabels([f"worker {lane}" for lane in lanes])
    per_px = ax.get_xlim()[1] / max(box.width, 1.0)
    room = (_px(ax, _seconds(makespan_s)) + 3 * MARGIN_PX) * per_px
    rounds = [each for each in MaxNLocator(nbins=10, steps=[1, 2, 5, 10]).tick_values(
        0, makespan_s) if 0 <= each <= makespan_s - room] if makespan_s else []
    ax.set_xticks([*rounds, makespan_s],
                  labels=[*(f"{each:,g}" for each in rounds), _seconds(makespan_s)])
    ax.get_xticklabels()[-1].set_fontweight("bold")


def _seconds(value: float) -> str:
    return f"{value:,.1f}" if value >= 1 or not value else f"{value:.3g}"


def _px(ax: Axes, text: str, size_pt: float = 10.0) -> float:
    """The width of a text in the pixels of the axes' figure."""
    return text_width_pt(text, size_pt) * ax.figure.dpi / 72


def _label_bars(ax: Axes, table: pd.DataFrame) -> None:
    """Write order ids into the bars: whole, else without what all of them begin with, else not."""
    px_per_s = ax.get_window_extent().width / ax.get_xlim()[1]
    ids = list(table["order_id"].unique())
    prefix = _common_prefix(ids)
    ends_s = table["finish_s"].where(
        table["outcome"] == "succeeded",
        table["finish_s"] - MARKER_PT * ax.figure.dpi / 72 / px_per_s)  # the marker's room
    for order_id, worker, start_s, finish_s in zip(
            table["order_id"], table["worker"], table["start_s"], ends_s, strict=True):
        room_px = (finish_s - start_s) * px_per_s - MARGIN_PX
        if room_px < NARROWEST_LABEL_PX:
            continue
        for text in (drawable(order_id), drawable(order_id[prefix:]) if prefix else ""):
            if text and _px(ax, text, LABEL_SIZE) <= room_px:
                ax.text((start_s + finish_s) / 2, worker + STRIPE_HEIGHT / 2, text, ha="center",
                        va="center", fontsize=LABEL_SIZE, color=INK, parse_math=False, zorder=4,
                        bbox={"facecolor": (1, 1, 1, 0.6), "linewidth": 0, "pad": 0.6})
                break


def _common_prefix(ids: list[str]) -> int:
    """How many letters all ids begin with; 0 for a single id."""
    if len(ids) < 2:
        return 0
    first, last = min(ids), max(ids)
    same = (place for place, (one, other) in enumerate(zip(first, last, strict=False))
            if one != other)
    return next(same, min(len(first), len(last)))
