"""How charts look: a colour and a pattern per kind of task, and texts that always fit.

Colours come from the palette of the theme. The patterns tell the kinds apart without any colour.
Labels look at the size of the axes when they are drawn, not when they are made: layout may come
later.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any
from unicodedata import combining

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.transforms import Bbox, ScaledTranslation

from fulfillment_lib.charts.palette import VERMILLION as VERMILLION  # for those who use a style
from fulfillment_lib.charts.palette import ink as ink
from fulfillment_lib.charts.palette import palette as palette
from fulfillment_lib.charts.palette import paper as paper
from fulfillment_lib.charts.palette import theme as theme
from fulfillment_lib.plan import TaskKind

HATCHES: dict[str, str] = {
    TaskKind.INVENTORY: "",
    TaskKind.PACKING: "////",
    TaskKind.SHIPPING: "....",
}
OTHER_HATCH = "xxxx"
TITLE_SIZE, TICK_SIZE, KEY_SIZE, LABEL_SIZE = 11.0, 10.0, 9.0, 8.0
LAYOUT_SLACK = 1.3  # by which later layout may widen or narrow the axes


def look(kind: str) -> tuple[str, str]:
    """The colour and the pattern of a kind of task; all kinds of other work look the same."""
    colours = palette()
    return colours.kinds.get(kind, colours.other), HATCHES.get(kind, OTHER_HATCH)


def drawable(text: str, longest: int = 40) -> str:
    """Text from data as a chart may show it: short, and escaped where no glyph is at hand.

    Marks that turn the direction of text are escaped too. Draw it with `parse_math=False`: a `$`
    is a dollar.

    >>> print(drawable("left\\u202eright"), drawable("ORD-" + "0" * 50 + "17", longest=13))
    left\\u202eright ORD-00…000017
    """
    path = findfont(FontProperties())
    return _shortened(
        "".join(
            letter
            if letter.isprintable() and _has_glyph(path, letter)
            else letter.encode("unicode_escape").decode()
            for letter in _shortened(text, longest)
        ),
        longest,
    )


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[: longest // 2] + "…" + text[len(text) - (longest - 1) // 2 :]


@cache
def _has_glyph(path: str, letter: str) -> bool:
    return get_font(path).get_char_index(ord(letter)) != 0


def text_width_pt(text: str, size_pt: float) -> float:
    """The width of a text in the default font, in points, at any resolution.

    What is drawn may differ by a tenth, because renderers move letters to whole pixels.
    """
    return _width_em(findfont(FontProperties()), text) * size_pt


def broken(text: str, room_pt: float, size_pt: float) -> list[str]:
    """A text as lines that are no wider than the room, where words are not."""
    first, *words = text.split(" ")
    lines = [first]
    for word in words:
        longer = f"{lines[-1]} {word}"
        if text_width_pt(longer, size_pt) <= room_pt:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@lru_cache(4096)  # a millisecond per text, and ticks ask for the same ones again and again
def _width_em(path: str, text: str) -> float:
    font = get_font(path)
    font.set_size(100.0, 72)
    font.set_text(text, flags=LoadFlags.NO_HINTING)
    return float(font.get_width_height()[0]) / 64 / 100


def seconds(value: float) -> str:
    """Seconds as a tick shows them: exact with up to three decimals, else to about 1 %.

    >>> seconds(1234.25), seconds(36.731245), seconds(0.0123456)
    ('1,234.25', '36.7', '0.0123')
    """
    if 0 < value < 1:
        return f"{value:.3g}"
    exact = f"{value:,.6f}".rstrip("0").rstrip(".")
    return exact if len(exact.partition(".")[2]) <= 3 else f"{value:,.1f}"


def label_width_pt(text: str) -> float:
    """The room that a label needs in a bar, in points: its width and two points on each side."""
    return text_width_pt(text, LABEL_SIZE) + 4.0


def legend_key(label: str, colour: str, hatch: str, hatch_colour: Any = None) -> Patch:
    """The entry of a legend for areas of that colour and pattern; None is the usual one's."""
    return Patch(
        facecolor=colour,
        edgecolor=ink(),
        linewidth=0.6,
        hatch=hatch,
        hatchcolor=hatch_colour or palette().hatch,
        label=label,
    )


def legend_above(ax: Axes, handles: Sequence[Patch | Line2D], labels_pt: float = 0.0) -> float:
    """A legend between title and axes, in as many rows as it needs; its height in points.

    `labels_pt` is the width that labels at the left will need.

    A chart that is drawn again keeps its legend while the entries, the width of the axes and the
    theme stay: to make it anew takes a tenth of the time of a picture.
    """
    legend = ax.get_legend()
    beside_px = (labels_pt + TICK_SIZE) * ax.figure.dpi / 72
    room_px = min(ax.bbox.width, ax.figure.bbox.width - beside_px)
    # The label of a legend is shown nowhere; here it says what the legend was made from.
    made_from = f"{ink()} {room_px} {ax.figure.dpi} {[*map(_entry, handles)]}"
    if legend is None or legend.get_label() != made_from:
        if legend is not None:
            legend.remove()
        if not handles:
            return 0.0
        legend = _new_legend(ax, handles, room_px)
        legend.set_label(made_from)
    return float(legend.get_window_extent().height) * 72 / ax.figure.dpi + 5


def _entry(handle: Patch | Line2D) -> tuple[object, ...]:
    """What tells an entry from others: its name, kind, colours and pattern."""
    if isinstance(handle, Patch):
        looks = (handle.get_facecolor(), handle.get_edgecolor(), handle.get_hatch())
        return handle.get_label(), "area", *looks
    return handle.get_label(), "line", handle.get_color(), handle.get_linestyle()


def _new_legend(ax: Axes, handles: Sequence[Patch | Line2D], room_px: float) -> Legend:
    above = ScaledTranslation(0, 5 / 72, ax.figure.dpi_scale_trans)
    for columns in range(len(handles), 0, -1):
        legend = ax.legend(
            handles=handles,
            ncols=columns,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            bbox_transform=ax.transAxes + above,
            frameon=False,
            borderpad=0,
            borderaxespad=0,
            handlelength=1.6,
            columnspacing=1.4,
            fontsize=KEY_SIZE,
            labelcolor=ink(),
        )
        for text in legend.get_texts():
            text.set_parse_math(False)
        if legend.get_window_extent().width <= room_px:
            return legend
    room_pt = room_px * 72 / ax.figure.dpi - 2.4 * KEY_SIZE  # beside the mark
    for text in legend.get_texts():
        text.set_text("\n".join(broken(text.get_text(), room_pt, KEY_SIZE)))
    return legend


class BoxText(Text):
    """The longest of several texts that lies within its room, whatever the size of the figure.

    Which one that is depends on the layout at the time of drawing, so it is no stored state: all
    of matplotlib asks `get_text`, which answers by the axes as they are then. `room` is in the
    units of the axes.
    """

    def __init__(self, room: Bbox, texts: list[str], spare_pt: float = 0.0) -> None:
        self.room = room
        self.texts = [(text, label_width_pt(text) + spare_pt) for text in texts]
        super().__init__(
            (room.x0 + room.x1) / 2,
            (room.y0 + room.y1) / 2,
            texts[-1],
            ha="center",
            va="center_baseline",
            parse_math=False,
            fontsize=LABEL_SIZE,
            color=ink(),
            zorder=4,
        )
        self.set_in_layout(False)

    def get_text(self) -> str:
        """The longest text that fits now; the shortest if none does, and then it is not visible."""
        fitting = (text for text, width_pt in self.texts if self._fits(width_pt))
        return next(fitting, self.texts[-1][0])

    def get_visible(self) -> bool:
        """Whether the shortest text fits into the axes as they are now."""
        return bool(super().get_visible()) and self._fits(self.texts[-1][1])

    def _fits(self, width_pt: float) -> bool:
        """Whether the room has that width now, and the height of a line."""
        if self.axes is None:
            return False
        room_px = self.room.transformed(self.axes.transData)
        px = float(self.axes.figure.dpi) / 72
        return bool(
            abs(room_px.width) >= width_pt * px and abs(room_px.height) >= 1.2 * LABEL_SIZE * px
        )


def short_names(names: list[str]) -> dict[str, tuple[str, ...]]:
    """For each name what a chart may call it, the longest first: "ORD-017", and then "17".

    The short form leaves out what all names begin with. There is none where two would be equal,
    or where one would begin with the accent of a letter that is left out.

    >>> short_names(["ORD-009", "ORD-010"])
    {'ORD-009': ('ORD-009', '9'), 'ORD-010': ('ORD-010', '10')}
    """
    same = min(names, default="")  # what the first and the last begin with, all begin with
    while not max(names, default="").startswith(same):
        same = same[:-1]
    start = len(same.rstrip("0123456789")) if len(names) > 1 else 0
    short = {name: name[start:].lstrip("0") or name[-1:] for name in names}
    if (
        not start
        or len(set(short.values())) < len(names)
        or any(combining(name[0]) for name in short.values())
    ):
        return {name: (drawable(name, 16),) for name in names}
    return {name: (drawable(name, 16), drawable(short[name], 16)) for name in names}
