"""The words around a chart: its title, and numbers as a title says them."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from fulfillment_lib.charts.axes import length_pt
from fulfillment_lib.charts.palette import ink
from fulfillment_lib.charts.style import TITLE_SIZE, broken, drawable
from fulfillment_lib.checks import instance

LONGEST_LINE = 150  # of a title, in letters


def title_above(ax: Axes, title: str, legend_pt: float, labels_pt: float = 0.0) -> None:
    """A title at the left, above a legend of that height in points; any text is harmless.

    A line that is wider than the axes breaks between words. `labels_pt` is the width that labels
    at the left will take from the axes.
    """
    instance("title", title, str)
    room_pt = length_pt(ax.xaxis) - labels_pt
    ax.set_title(
        "\n".join(title_lines(title, room_pt)),
        loc="left",
        parse_math=False,
        fontsize=TITLE_SIZE,
        color=ink(),
        pad=legend_pt + 6,
        y=1.0,  # else matplotlib looks for ticks above the axes, at each drawing
    )


def title_lines(title: str, room_pt: float) -> list[str]:
    """The drawable lines of a title, broken between words where they are wider than that."""
    drawn = (drawable(line, LONGEST_LINE) for line in title.splitlines())
    return [part for line in drawn for part in broken(line, room_pt, TITLE_SIZE)]


def write_above(
    ax: Axes, text: str, size: float, across: float, up_pt: float, right_pt: float = 0, **looks: Any
) -> None:
    """A text above the axes: across in their units, and from there so many points up and right."""
    looks = {"color": ink(), "fontsize": size, **looks}
    ax.annotate(
        text,
        (across, 1.0),
        (right_pt, up_pt),
        xycoords=ax.get_xaxis_transform(),
        textcoords="offset points",
        annotation_clip=False,
        parse_math=False,
        **looks,
    )


def percent(share: float) -> str:
    """A share from 0 to 1, to the tenth of a percent.

    >>> percent(0.619), percent(0.5)
    ('61.9 %', '50 %')
    """
    return f"{share * 100:.1f}".removesuffix(".0") + " %"
