"""The chart of waits: what share of attempts waits no longer than so many seconds, by class.

A cumulative distribution needs no bins: each step is one wait, or several of equal length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from fulfillment_lib.analysis.timeline import read_timeline
from fulfillment_lib.charts.axes import length_pt, new_axes, set_ticks, set_time_axis
from fulfillment_lib.charts.captions import percent, title_above
from fulfillment_lib.charts.classes import CLASS_LOOKS, classes, occurring
from fulfillment_lib.charts.gantt import HasTimeline
from fulfillment_lib.charts.style import (
    INK,
    LABEL_SIZE,
    LAYOUT_SLACK,
    FittingText,
    label_width_pt,
    legend_above,
    seconds,
)
from fulfillment_lib.errors import counted

COLUMNS = ("priority", "ready_s", "start_s", "finish_s")
P95 = 0.95
MARKERS = {"mean": "o", "p95": "D"}
MARKER_PT = 7.0

Waits = Mapping[str, np.ndarray[Any, Any]]


def plot_waits(
    run_or_table: HasTimeline | pd.DataFrame, *, ax: Axes | None = None, title: str | None = None
) -> Axes:
    """Draw the distribution of the waits of each class, from a run or from its timeline.

    The wait of an attempt is from `ready_s` to `start_s`. A line goes up by one n-th at each of
    its n waits, and ends at the longest. A dot marks the mean, a diamond the 95th percentile
    (interpolated linearly, as in `kpis`); where there is room, both are labelled.

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
    of = classes(table["priority"])
    waits = {name: np.sort(wait_s[of == name].to_numpy()) for name in occurring(of)}
    set_time_axis(
        ax, float(wait_s.max()) if len(table) else 0.0, "seconds of waiting, from ready to start"
    )
    ax.set_ylim(0.0, 1.0)
    set_ticks(ax.yaxis, MaxNLocator("auto", steps=[1, 2, 5, 10]), percent)
    ax.set_ylabel("share that waits at most so long", color=INK)
    for name, sorted_s in waits.items():
        _draw_steps(ax, name, sorted_s)
    _label_marks(ax, waits)
    handles = [
        _line(name, [], [], f"{name} ({counted(len(sorted_s), 'attempt')})")
        for name, sorted_s in waits.items()
    ]
    handles += [_marker(what, [], [], INK) for what in (MARKERS if waits else ())]
    legend_pt = legend_above(ax, handles)
    title_above(ax, _title(wait_s) if title is None else title, legend_pt)
    return ax


def _title(wait_s: pd.Series[float]) -> str:
    if not len(wait_s):
        return "No attempts, no waits"
    return (
        f"{counted(len(wait_s), 'attempt')}: mean wait {seconds(float(wait_s.mean()))} s, "
        f"{percent(P95)} wait at most {seconds(float(wait_s.quantile(P95)))} s"
    )


def _draw_steps(ax: Axes, name: str, sorted_s: np.ndarray[Any, Any]) -> None:
    shares = np.arange(len(sorted_s) + 1) / len(sorted_s)
    line = _line(name, np.concatenate([[0.0], sorted_s]), shares, name)
    line.set(drawstyle="steps-post", zorder=3, clip_on=False)
    ax.add_line(line)
    for what, (x, y) in _marks(sorted_s).items():
        marker = _marker(what, [x], [y], CLASS_LOOKS[name].colour)
        marker.set(zorder=5, clip_on=False)
        ax.add_line(marker)


def _line(name: str, x: Any, y: Any, label: str) -> Line2D:
    look = CLASS_LOOKS[name]
    return Line2D(x, y, color=look.colour, linestyle=look.dashes, linewidth=2.0, label=label)


def _marker(what: str, x: Any, y: Any, colour: str) -> Line2D:
    return Line2D(
        x,
        y,
        linestyle="",
        marker=MARKERS[what],
        color=colour,
        markersize=MARKER_PT,
        markeredgecolor="white",
        markeredgewidth=0.7,
        label={"mean": "mean", "p95": "95th percentile"}[what],
    )


def _marks(sorted_s: np.ndarray[Any, Any]) -> dict[str, tuple[float, float]]:
    """Where the marks of a class are: seconds, and share."""
    mean_s = float(sorted_s.mean())
    return {
        "mean": (mean_s, _share(sorted_s, mean_s)),
        "p95": (float(np.quantile(sorted_s, P95)), P95),
    }


def _share(sorted_s: np.ndarray[Any, Any], at_s: float, side: Any = "right") -> float:
    return float(np.searchsorted(sorted_s, at_s, side)) / len(sorted_s)


def _label_marks(ax: Axes, waits: Waits) -> None:
    """Write each mark's seconds near it, where neither a line, a mark nor a label is."""
    taken = [_around(ax, x, y) for sorted_s in waits.values() for x, y in _marks(sorted_s).values()]
    for name, sorted_s in waits.items():
        for what, (x, y) in _marks(sorted_s).items():
            text = (
                f"{name}: mean {seconds(x)} s"
                if what == "mean"
                else f"{name}: {percent(P95)} within {seconds(x)} s"
            )
            width_pt = label_width_pt(text)
            for room, side in _rooms(ax, x, y, width_pt):
                if not any(room.overlaps(other) for other in taken) and not any(
                    _crosses(each, room) for each in waits.values()
                ):
                    taken.append(room)
                    label = FittingText(room, text, width_pt, zorder=4, color=INK)
                    label.set(x=room.x0 if side == "left" else room.x1, ha=side)
                    ax.add_artist(label)
                    break


def _per_pt(ax: Axes) -> tuple[float, float]:
    """Seconds, and share, in a point."""
    return ax.get_xlim()[1] / length_pt(ax.xaxis), 1.0 / length_pt(ax.yaxis)


def _around(ax: Axes, x: float, y: float) -> Bbox:
    across, up = (each * MARKER_PT / 2 for each in _per_pt(ax))
    return Bbox([[x - across, y - up], [x + across, y + up]])


def _rooms(
    ax: Axes, x: float, y: float, width_pt: float
) -> Iterator[tuple[Bbox, Literal["left", "right"]]]:
    """Places inside the axes for a label of a mark, the best first, and how to align it there."""
    across, up = _per_pt(ax)
    wide, high = width_pt * LAYOUT_SLACK * across, 1.2 * LABEL_SIZE * LAYOUT_SLACK * up
    gap, end = MARKER_PT * across, ax.get_xlim()[1]
    lefts = (x + gap, x - gap - wide, min(x, end - wide))
    for down, left in product((0.0, 0.7, 1.0, -0.7, 1.5, 2.0, 3.0, 4.0, 5.0), lefts):
        low = y - high * (0.5 + down)
        if left >= 0 and left + wide <= end and low >= 0 and low + high <= 1:
            yield (Bbox([[left, low], [left + wide, low + high]]), "left" if left >= x else "right")


def _crosses(sorted_s: np.ndarray[Any, Any], room: Bbox) -> bool:
    """Whether the line of a class, which never falls, passes through a room."""
    return bool(
        room.x0 <= sorted_s[-1]
        and _share(sorted_s, room.x0, "left") <= room.y1
        and _share(sorted_s, room.x1) >= room.y0
    )
