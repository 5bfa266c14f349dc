"""The colours of charts, on white paper and on dark.

Whoever draws asks for the palette at that moment, and what is drawn keeps its colours: a figure
that was made in a theme may be shown after it.

The light colours of the kinds are those of Okabe and Ito (Color Universal Design, 2008), which
people with colour blindness tell apart. The dark ones are of the same hues, and so deep that ink
can be read on them: one ink serves on paper and in bars.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from matplotlib.axes import Axes

from fulfillment_lib.checks import instance
from fulfillment_lib.plan import TaskKind

VERMILLION = "#D55E00"  # of what went wrong; it stands out from either paper


class Palette(NamedTuple):
    """What each colour is for, and the light ones; `kinds` are the fills by kind of task."""

    paper: str = "white"
    ink: str = "#222222"
    frame: str = "black"
    grid: str = "#DDDDDD"
    grey: str = "#666666"
    blue: str = "#0072B2"
    pale: str = "#E4E4E4"
    pale_hatch: str = "#999999"
    hatch: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 0.55)
    kinds: Mapping[str, str] = {
        TaskKind.INVENTORY: "#56B4E9",
        TaskKind.PACKING: "#E69F00",
        TaskKind.SHIPPING: "#009E73",
    }
    other: str = "#CC79A7"


LIGHT = Palette()
DARK = Palette(
    paper="#111111",  # that of a notebook in JupyterLab's dark theme
    ink="#F7F7F7",
    frame="#F7F7F7",
    grid="#3D3D3D",
    grey="#9A9A9A",
    blue="#5B8DEF",
    pale="#3D3D3D",
    pale_hatch="#9A9A9A",
    hatch=(1.0, 1.0, 1.0, 0.4),
    kinds={
        TaskKind.INVENTORY: "#2472A8",
        TaskKind.PACKING: "#9C6200",
        TaskKind.SHIPPING: "#007F5B",
    },
    other="#A04C79",
)
_theme: ContextVar[Palette] = ContextVar("theme")


def palette() -> Palette:
    """The colours to draw with now: the light ones, unless a theme says otherwise."""
    return _theme.get(LIGHT)


def paper() -> str:
    """The colour behind a chart that is drawn now."""
    return palette().paper


def ink() -> str:
    """The colour of texts and outlines that are drawn now."""
    return palette().ink


@contextmanager
def theme(dark: bool) -> Iterator[None]:
    """Draw all charts inside on dark paper, or on white.

    The figure of a chart becomes paper, too. Outside of any theme charts are drawn in the light
    colours, and figures and axes that were given keep their ground.

    Raises:
        ArgumentError: `dark` is neither True nor False.
    """
    instance("dark", dark, bool)
    before = _theme.set(DARK if dark else LIGHT)
    try:
        yield
    finally:
        _theme.reset(before)


def lay_paper(ax: Axes) -> None:
    """Give axes, and the figure around them, the ground of the theme, if there is one."""
    chosen = _theme.get(None)
    if chosen is not None:
        ax.figure.set_facecolor(chosen.paper)
        ax.set_facecolor(chosen.paper)
        ax.spines[:].set_edgecolor(chosen.frame)
