"""The words around a chart: its title, and numbers as a title says them."""

from __future__ import annotations

from matplotlib.axes import Axes

from fulfillment_lib.charts.style import INK, TITLE_SIZE, drawable

LONGEST_LINE = 150  # of a title, in letters


def title_above(ax: Axes, title: str, legend_pt: float) -> None:
    """A title at the left, above a legend of that height in points; any text is harmless."""
    ax.set_title("\n".join(drawable(line, LONGEST_LINE) for line in title.splitlines()),
                 loc="left", parse_math=False, fontsize=TITLE_SIZE, color=INK, pad=legend_pt + 6)


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "worker"), counted(1200, "order")
    ('1 worker', '1,200 orders')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """A share from 0 to 1, to the tenth of a percent.

    >>> percent(0.619), percent(0.5)
    ('61.9 %', '50 %')
    """
    return f"{share * 100:.1f}".removesuffix(".0") + " %"
