"""The axes of a chart: time to the right, lanes downwards, and ticks that always have room.

Ticks look at the size of the axes when they are drawn, not when they are made: layout may come
later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ticker import FuncFormatter, Locator, MaxNLocator

from fulfillment_lib.charts.palette import ink, lay_paper, palette
from fulfillment_lib.charts.style import TICK_SIZE, seconds, text_width_pt
from fulfillment_lib.checks import instance


def new_axes(ax: Axes | None, width: float, height: float) -> Axes:
    """The given axes, or those of a new pyplot figure of that size in inches.

    Raises:
        ArgumentError: `ax` is something else, such as a figure.
    """
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.subplots(figsize=(width, height), layout="constrained")[1]
    instance("ax", ax, Axes)
    lay_paper(ax)
    return ax


def length_pt(axis: Any) -> float:
    """The length of an axis as it is now, in points."""
    box = axis.axes.bbox
    length_px: float = box.width if axis.axis_name == "x" else box.height
    return length_px * 72 / float(axis.axes.figure.dpi)


class TimeLocator(Locator):
    """Ticks at round numbers of seconds, as many as fit, and always at the end.

    An axis asks three times per drawing: the answer is kept while the axis is what it was.
    """

    def __init__(self, end_s: float) -> None:
        self.end_s = end_s
        self._known: tuple[object, list[float]] = (None, [])

    def __call__(self) -> list[float]:
        low, high = sorted(self.axis.get_view_interval())  # type: ignore[union-attr]
        place = (low, high, length_pt(self.axis), findfont(FontProperties()))
        if self._known[0] != place:
            self._known = (place, self.tick_values(low, high))
        return self._known[1]

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        pt_per_s = length_pt(self.axis) / (vmax - vmin)
        for most in range(10, 0, -1):
            ticks = [*self._rounds(most, pt_per_s), self.end_s]
            if all(
                (right - left) * pt_per_s >= self._half_pt(left) + self._half_pt(right)
                for left, right in pairwise(ticks)
            ):
                return ticks
        return [self.end_s]

    def _rounds(self, most: int, pt_per_s: float) -> list[float]:
        """Round numbers that leave room for the end."""
        if self.end_s <= 0:
            return []
        last = self.end_s - (self._half_pt(self.end_s) + TICK_SIZE) / pt_per_s
        ticks = MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(0.0, self.end_s)
        return [
            float(tick)
            for tick in ticks
            if tick >= 0 and tick + self._half_pt(tick) / pt_per_s <= last
        ]

    def _half_pt(self, value: float) -> float:
        """Half the width of a tick's label and of the gap beside it."""
        return (text_width_pt(seconds(value), TICK_SIZE) + 0.8 * TICK_SIZE) / 2


class LaneLocator(Locator):
    """Ticks at lanes 0, 1, 2 and so on; at each second, fifth, tenth … if they are narrow."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes

    def __call__(self) -> list[float]:
        return self.tick_values(0.0, 0.0)

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        lane_pt = length_pt(self.axis) / self.lanes
        steps = (1, 2, 5, 10, 20, 50, 100, 200, 500)
        step = next((count for count in steps if count * lane_pt >= 1.3 * TICK_SIZE), self.lanes)
        return [float(lane) for lane in range(0, self.lanes, step)]


def set_ticks(axis: Axis, locator: Locator, label: Callable[[float], str]) -> None:
    """Draw ticks and faint lines where the locator puts them."""
    axis.set_major_locator(locator)
    # Tick labels know no parse_math; an escaped dollar is one in any case.
    axis.set_major_formatter(FuncFormatter(lambda value, _: label(value).replace("$", r"\$")))
    looks: dict[str, Any] = {"length": 0, "labelsize": TICK_SIZE, "labelcolor": ink()}
    looks |= {"gridOn": True, "grid_color": palette().grid}
    if not looks.items() <= axis.get_tick_params().items():  # it goes through all ticks
        axis.set_tick_params(**looks)
        axis.axes.set_axisbelow(True)


def makespan_s(table: pd.DataFrame) -> float:
    """When the last attempt of a timeline ends, in seconds: there its time axis ends."""
    return float(table["finish_s"].max()) if len(table) else 0.0


def set_time_axis(ax: Axes, end_s: float, meaning: str) -> None:
    """Seconds to the right, from 0 to `end_s`, in a frame that is open above and at the right."""
    ax.set_xlim(0.0, end_s or 1.0)
    set_ticks(ax.xaxis, TimeLocator(end_s), seconds)
    # Around the middle of a short axis, beside wide labels, the words would leave the figure.
    is_long = length_pt(ax.xaxis) > 1.8 * text_width_pt(meaning, TICK_SIZE)
    ax.set_xlabel(meaning, color=ink(), loc="center" if is_long else "right")
    ax.spines[["top", "right"]].set_visible(False)


def set_lanes(ax: Axes, names: Sequence[str]) -> None:
    """A lane per drawable name, lane 0 at the top; a single lane without a name for no names."""
    names = names or [""]
    ax.set_ylim(len(names) - 0.5, -0.5)
    set_ticks(ax.yaxis, LaneLocator(len(names)), lambda lane: names[round(lane)])
