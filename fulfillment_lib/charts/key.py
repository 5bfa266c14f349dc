"""The key of a Gantt chart: a bar with each mark that it can have, beside the words for it."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from fulfillment_lib.charts import style
from fulfillment_lib.charts.alt_text import TITLE
from fulfillment_lib.charts.axes import length_pt, new_axes
from fulfillment_lib.charts.bars import columns
from fulfillment_lib.charts.gantt import MARKERS, draw_attempts
from fulfillment_lib.charts.lanes import BAR_HEIGHT
from fulfillment_lib.plan import TaskKind

BAR_PT, GAP_PT = 28.0, 6.0


def plot_key(*, ax: Axes | None = None) -> Axes:
    """Draw what the marks of `plot_gantt` mean: in one row, or in several where it is narrow.

    The bars are drawn as in the chart: a kind of task each, the stripe of an express order, and
    the ends of attempts that did not succeed.

    Args:
        ax: None makes a new figure, 9.6 inches wide, for one row.

    Raises:
        ArgumentError: `ax` is no Axes.
    """
    given, ax = ax, new_axes(ax, 9.6, 0.3)
    if given is None:
        ax.set_position((0.01, 0.0, 0.98, 1.0))
    marks = [(kind, "standard", "succeeded", kind) for kind in map(str, TaskKind)]
    marks.append(("inventory", "express", "succeeded", "express order"))
    marks += [("packing", "standard", outcome, outcome.replace("_", " ")) for outcome in MARKERS]
    room_pt, left_pt, lane, places = length_pt(ax.xaxis), 0.0, 0, []
    for *_, words in marks:
        width_pt = BAR_PT + GAP_PT + style.text_width_pt(words, style.KEY_SIZE)
        if left_pt and left_pt + width_pt > room_pt:
            left_pt, lane = 0.0, lane + 1
        places.append((left_pt, lane, words))
        left_pt += width_pt + 2 * GAP_PT
    ax.set(xlim=(0.0, room_pt), ylim=(lane + 0.5, -0.5))
    ax.set_axis_off()
    bars = pd.DataFrame(marks, columns=["kind", "priority", "outcome", "words"])
    bars[["start_s", "lane"]] = [place[:2] for place in places]
    draw_attempts(ax, columns(bars.assign(finish_s=bars["start_s"] + BAR_PT, height=BAR_HEIGHT)))
    for left_pt, lane, words in reversed(places):  # alternative texts begin with the last
        text = ax.text(left_pt + BAR_PT + GAP_PT, lane, words, va="center", gid=TITLE)
        text.set(fontsize=style.KEY_SIZE, color=style.ink())
    return ax
