"""Counts over time as stacked steps: how many of each group are under way at any moment.

A row of a table is under way from one of its times up to, not including, another. Times are in
seconds; they are compared in whole microseconds, so that steps of one instant are one step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fulfillment_lib.analysis.run import TICKS_PER_S
from fulfillment_lib.charts import style
from fulfillment_lib.charts.axes import TimeLocator, set_ticks, set_time_axis

Array = np.ndarray[Any, Any]


class Steps(NamedTuple):
    """`counts[name][i]` of a group are under way from `edges_s[i]` to `edges_s[i + 1]`."""

    edges_s: Array
    counts: dict[str, Array]

    def area(self, name: str) -> float:
        """The integral of a group's count over time, in seconds."""
        return float(np.dot(self.counts[name], np.diff(self.edges_s)))

    def most(self, name: str) -> int:
        """The greatest count of a group; 0 if there is no time."""
        return int(self.counts[name].max(initial=0))


def steps(
    table: pd.DataFrame,
    begin: str,
    end: str,
    groups: pd.Series[str],
    names: Sequence[str],
    end_s: float,
) -> Steps:
    """The steps of each named group, from 0 to `end_s`, on common edges."""
    begins, ends = ((table[name] * TICKS_PER_S).round().to_numpy("int64") for name in (begin, end))
    edges = np.unique(np.concatenate([begins, ends, [0, round(end_s * TICKS_PER_S)]]))
    counts = {}
    for name in names:
        change, rows = np.zeros(len(edges), "int64"), (groups == name).to_numpy()
        np.add.at(change, np.searchsorted(edges, begins[rows]), 1)
        np.add.at(change, np.searchsorted(edges, ends[rows]), -1)
        counts[name] = change.cumsum()[:-1]
    return Steps(edges / TICKS_PER_S, counts)


def draw_stack(
    ax: Axes, groups: Steps, looks: Mapping[str, tuple[str, str]], figures: Callable[[str], str]
) -> float:
    """The steps on top of each other, the first group at the bottom, and a legend above.

    `looks` gives the colour and the pattern of a group, `figures` what the legend says of it.
    Returns the height of the legend in points.
    """
    bottom: Array = np.zeros(len(groups.edges_s) - 1, "int64")
    keys = []
    for name, count in groups.counts.items():
        colour, hatch = looks[name]
        keys.append(style.legend_key(f"{style.drawable(name, 20)}: {figures(name)}", colour, hatch))
        top = bottom + count
        if count.any():
            ax.stairs(
                top,
                groups.edges_s,
                baseline=bottom,
                fill=True,
                facecolor=colour,
                hatch=hatch,
                label=name,
                hatchcolor=style.palette().hatch,
                zorder=2,
            )
        bottom = top
    # One outline for all: those of areas without height would lie on top of each other.
    if bottom.any():
        ax.stairs(
            bottom, groups.edges_s, edgecolor=style.ink(), linewidth=0.8, label="all", zorder=3
        )
    return style.legend_above(ax, keys)


def set_count_axes(ax: Axes, end_s: float, most: int, headroom: float = 1.05) -> None:
    """Time to the right, whole numbers upwards; the makespan and the greatest have a tick."""
    set_time_axis(ax, end_s, "seconds from the start of the run")
    ax.set_ylim(0.0, max(most, 1) * headroom)
    set_ticks(ax.yaxis, CountLocator(most), lambda count: f"{count:,.0f}")


class CountLocator(TimeLocator):
    """Ticks of the upward axis: at whole numbers, and always at the greatest."""

    def _rounds(self, most: int, pt_per_s: float) -> list[float]:
        return [tick for tick in super()._rounds(most, pt_per_s) if tick % 1 == 0]

    def _half_pt(self, value: float) -> float:
        return 0.75 * style.TICK_SIZE
