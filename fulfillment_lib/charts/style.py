"""How charts look: one colour and one pattern per kind of task, and text that is safe to draw.

The colours are those of Okabe and Ito (Color Universal Design, 2008), which people with colour
blindness tell apart. The patterns tell the kinds apart without any colour.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from fulfillment_lib.tasks import TaskKind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#222222"
VERMILLION = "#D55E00"
GRID = "#DDDDDD"
COLOURS = {TaskKind.INVENTORY: "#56B4E9", TaskKind.PACKING: "#E69F00",
           TaskKind.SHIPPING: "#009E73"}
HATCHES = {TaskKind.INVENTORY: "", TaskKind.PACKING: "////", TaskKind.SHIPPING: "...."}
OTHER_COLOUR, OTHER_HATCH = "#CC79A7", "xxxx"
LABEL_SIZE = 8.0


def new_axes(ax: Axes | None, width: float, height: float) -> Axes:
    """The given axes, or those of a new pyplot figure of that size in inches."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(width, height), layout="constrained")[1]


def drawable(text: str, longest: int = 40) -> str:
    """Text from data as a chart may show it: short, and escaped where no glyph is at hand.

    Draw it with `parse_math=False`: a `$` is a dollar.
    """
    if len(text) > longest:
        text = text[:longest - 1] + "…"
    return "".join(each if each.isprintable() and _has_glyph(each)
                   else each.encode("unicode_escape").decode() for each in text)


@cache
def _has_glyph(letter: str) -> bool:
    from matplotlib.font_manager import findfont, get_font

    return get_font(findfont("DejaVu Sans")).get_char_index(ord(letter)) != 0


@cache
def text_width_pt(text: str, size_pt: float) -> float:
    """The width of a text in DejaVu Sans, in points."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), text, size=size_pt).get_extents().x1) if text.strip() else 0.0
