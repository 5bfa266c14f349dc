"""The chart of lead times: what the seconds of one order, or of several, went to.

Time counts from when an order was placed, in seconds, so that orders can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from fulfillment_lib.analysis.anatomy import (
    BACK_OFF,
    SEGMENTS,
    SIBLING,
    UNKNOWN,
    VAIN,
    WORKER,
    anatomy,
)
from fulfillment_lib.analysis.run import TICKS_PER_S, Run
from fulfillment_lib.analysis.timeline import read_timeline
from fulfillment_lib.charts import style
from fulfillment_lib.charts.axes import length_pt, new_axes, set_lanes, set_time_axis
from fulfillment_lib.charts.bars import draw_bars
from fulfillment_lib.charts.captions import percent, title_above
from fulfillment_lib.charts.classes import occurring
from fulfillment_lib.charts.lanes import BAR_HEIGHT
from fulfillment_lib.checks import known, refuse, unique
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.errors import counted

COLUMNS = ("order_id", "segment", "start_s", "finish_s", "kind")
MARGIN = 0.15  # the share of the width that lies beside axes until the layout is made
# The patterns of waits, in which nobody works, and of work in vain.
_WAITS = {WORKER: "", SIBLING: "\\\\\\\\", BACK_OFF: "....", UNKNOWN: "xxxx"}
_IN_VAIN = {
    VAIN[Outcome.FAILED]: "",
    VAIN[Outcome.TIMED_OUT]: "----",
    VAIN[Outcome.CANCELLED]: "||||",
}


def plot_anatomy(
    run_or_table: Run | pd.DataFrame,
    order_id: str | Iterable[str] | None = None,
    *,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw what a lead time is made of: one order as a waterfall, several as stacked bars.

    A waterfall has a row per segment, in the order of time, each beginning where the one above
    ended; the last ends at the lead time. Stacked bars have a row per order, as long as its lead
    time. Labels end with the seconds of their row.

    Args:
        run_or_table: a run, or its `anatomy()`.
        order_id: one id draws a waterfall; several draw stacked bars in that order; None draws
            all orders (of a table those that have a segment).
        ax: None makes a new figure.
        title: the finding that the chart shows; None gives lead time and largest segment.

    Raises:
        ArgumentError: `run_or_table` is neither a run nor an anatomy, an order is unknown or
            comes twice, a time is impossible, or `ax` is no Axes.
    """
    table, ids = _read(run_or_table)
    single = isinstance(order_id, str)
    chosen = _chosen(order_id, ids)
    bars = _bars(table, chosen)
    lead_s = [_seconds(bars[bars["lane"] == lane]) for lane in range(len(chosen))]
    if single:
        bars["lane"] = range(len(bars))
        names = [_row_name(row) for row in bars.itertuples()]
    else:
        named = zip(chosen, lead_s, strict=True)
        names = [f"{style.drawable(name, 16)}   {style.seconds(lead)} s" for name, lead in named]
    ax = new_axes(ax, 10.0, min(1.5 + 0.35 * max(len(names), 1), 14.0))
    set_time_axis(ax, max(lead_s, default=0.0), "seconds since the order was placed")
    set_lanes(ax, names)
    ax.yaxis.grid(False)
    for segment, alike in bars.groupby("segment", sort=False):
        _draw_bars(ax, alike, str(segment))
    if single:
        _draw_falls(ax, bars)
        ax.spines["right"].set_visible(len(bars) > 0)
    labels_pt = max((style.text_width_pt(name, style.TICK_SIZE) for name in names), default=0.0)
    legend_pt = style.legend_above(ax, [] if single else _handles(bars), labels_pt)
    labels_pt -= MARGIN * length_pt(ax.xaxis)
    found = _title(bars, chosen, lead_s, single)
    title_above(ax, found if title is None else title, legend_pt, labels_pt)
    return ax


def _read(given: Any) -> tuple[pd.DataFrame, list[str]]:
    """The segments, and all orders."""
    if hasattr(given, "reports") and hasattr(given, "results"):
        return anatomy(given), [report.order_id for report in given.reports]
    table = read_timeline("run_or_table", given, COLUMNS, "a run or its anatomy()")
    return table, list(dict.fromkeys(table["order_id"]))


def _chosen(order_id: object, ids: Sequence[str]) -> list[str]:
    if order_id is None:
        return list(ids)
    if not isinstance(order_id, Iterable):
        refuse("order_id", "an order's id, several, or None", order_id)
    chosen = [order_id] if isinstance(order_id, str) else list(order_id)
    for name in chosen:
        known("order_id", name, ids)
    unique("order_id", chosen)
    return chosen


def _bars(table: pd.DataFrame, chosen: Sequence[str]) -> pd.DataFrame:
    """The segments of the chosen orders, a lane per order; `ticks` is the length of a segment.

    Times count from when the order was placed.
    """
    lanes = {order_id: lane for lane, order_id in enumerate(chosen)}
    bars = table.assign(lane=table["order_id"].map(lanes))
    bars = bars[bars["lane"].notna()].sort_values(["lane", "start_s"], kind="stable")
    times = (bars[["start_s", "finish_s"]] * TICKS_PER_S).round().astype("int64")
    start, finish = times["start_s"], times["finish_s"]
    placed = start.groupby(bars["lane"]).transform("min")
    return bars.assign(
        start_s=(start - placed) / TICKS_PER_S,
        ticks=finish - start,
        finish_s=(finish - placed) / TICKS_PER_S,
        height=BAR_HEIGHT,
    )


def _seconds(bars: pd.DataFrame) -> float:
    """The sum of the lengths of bars, to the microsecond."""
    return float(bars["ticks"].sum() / TICKS_PER_S)


def _row_name(row: Any) -> str:
    what = f"{row.segment} ({row.kind})" if row.segment in VAIN.values() else row.segment
    return f"{style.drawable(what, 40)}   {style.seconds(row.ticks / TICKS_PER_S)} s"


def segment_look(segment: str) -> tuple[str, str, Any]:
    """The colour of a segment, its pattern, and the pattern's colour.

    Waits are grey, work in vain is red.
    """
    colours = style.palette()
    if segment in _WAITS:
        return colours.pale, _WAITS[segment], colours.pale_hatch
    if segment in _IN_VAIN:
        return style.VERMILLION, _IN_VAIN[segment], colours.hatch
    return (*style.look(segment), colours.hatch)


def _draw_bars(ax: Axes, bars: pd.DataFrame, segment: str) -> None:
    colour, hatch, hatch_colour = segment_look(segment)
    bottom, top = ax.get_ylim()
    lane_pt = length_pt(ax.yaxis) / (bottom - top)
    edge_pt = min(0.6, 0.05 * lane_pt)  # in narrow lanes there would be nothing but edges
    draw_bars(
        ax,
        bars,
        facecolor=colour,
        edgecolor=style.ink(),
        linewidth=edge_pt,
        hatch=hatch,
        hatchcolor=hatch_colour,
        label=segment,
        zorder=2,
        clip_on=False,
    )


def _draw_falls(ax: Axes, bars: pd.DataFrame) -> None:
    """A thin line from the end of each bar down to the beginning of the next."""
    ends_s, upper = bars["finish_s"][:-1], bars["lane"][:-1] + BAR_HEIGHT / 2
    lower = upper + 1 - BAR_HEIGHT
    ax.vlines(ends_s, upper, lower, style.ink(), linewidths=0.8, label="falls", zorder=2)


def _shares(bars: pd.DataFrame) -> dict[str, float]:
    """The seconds of each kind of segment that occurs, in the order of SEGMENTS."""
    return {
        name: _seconds(bars[bars["segment"] == name])
        for name in occurring(bars["segment"], SEGMENTS)
    }


def _handles(bars: pd.DataFrame) -> list[Patch]:
    whole_s = _seconds(bars) or 1.0
    labels = {
        name: f"{style.drawable(name, 24)} {percent(total_s / whole_s)}"
        for name, total_s in _shares(bars).items()
    }
    return [style.legend_key(label, *segment_look(name)) for name, label in labels.items()]


def _title(bars: pd.DataFrame, chosen: Sequence[str], lead_s: Sequence[float], single: bool) -> str:
    if single:
        title = f"{style.drawable(chosen[0])}: lead time {style.seconds(lead_s[0])} s"
    else:
        mean_s = sum(lead_s) / max(len(lead_s), 1)
        title = f"{counted(len(chosen), 'order')}, mean lead time {style.seconds(mean_s)} s"
    shares = _shares(bars)
    if not shares:
        return title
    largest = max(shares, key=lambda name: shares[name])
    share = percent(shares[largest] / (_seconds(bars) or 1.0))
    return f"{title}; largest part: {largest} ({share})"
