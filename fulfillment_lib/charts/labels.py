"""The ids in the bars of a chart: one artist for all of them, drawn as a few paths.

A text of matplotlib finds its font and lays out and rasters its letters at every drawing: fifty of
them take as long as the rest of a chart. Here the outline of a text is made once, in points around
its middle, and a drawing moves the outlines to where they belong. Letters are exact to a fraction
of a pixel, therefore, but not fitted to the pixels as those of a text are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextToPath
from matplotlib.transforms import IdentityTransform

from fulfillment_lib.charts.palette import ink
from fulfillment_lib.charts.style import LABEL_SIZE

Colour = tuple[float, float, float]

PAD_PT = 0.8  # of the ground around the letters
ASCENT_PT, DESCENT_PT = 0.76 * LABEL_SIZE, 0.24 * LABEL_SIZE  # of a line, at the least


class Label(NamedTuple):
    """A text, the room that it must not leave, and the colour of the ground behind it.

    The room is two opposite corners, x0, y0, x1, y1, in the units of the axes.

    `width_pt` is the label_width_pt of the text, which is a drawable one.
    """

    room: tuple[float, float, float, float]
    text: str
    width_pt: float
    colour: Colour


class Outline(NamedTuple):
    """The letters of a text, and the ground behind them, in points around the middle of a room."""

    letters: Path
    ground: Path

    def moved(self, px: float, middle: Any) -> Outline:
        """The outline in pixels, `px` of them to a point, around that middle."""
        places = (np.asarray(path.vertices) * px + middle for path in self)
        return Outline(*map(Path, places, (path.codes for path in self)))


class BarLabels(Artist):
    """Labels in bars, each of which shows only while it lies within its room.

    What fits is decided at each drawing, by the size that the axes have then.
    """

    def __init__(self, labels: Sequence[Label]) -> None:
        super().__init__()
        self.set_zorder(4)
        self.set_in_layout(False)
        self.labels = labels
        self._ink = to_rgb(ink())
        self._font = FontProperties(size=LABEL_SIZE)

    def shown(self) -> Iterator[tuple[Label, Outline]]:
        """The labels that fit now, and where they lie, in pixels."""
        if not self.labels or self.axes is None or not self.get_visible():
            return
        px = float(self.axes.figure.dpi) / 72
        corners = np.array([label.room for label in self.labels]).reshape(-1, 2)
        corners_px = self.axes.transData.transform(corners).reshape(-1, 2, 2)
        rooms_px = np.abs(corners_px[:, 1] - corners_px[:, 0])
        places = zip(self.labels, rooms_px, corners_px.mean(axis=1), strict=True)
        for label, (width_px, height_px), middle in places:
            if width_px >= label.width_pt * px and height_px >= 1.2 * LABEL_SIZE * px:
                yield label, _outline(label.text, self._font).moved(px, middle)

    def draw(self, renderer: RendererBase) -> None:
        """Draw the grounds, colour by colour, and then all letters."""
        layers: dict[tuple[bool, Colour], list[Path]] = defaultdict(list)  # the grounds first
        for label, outline in self.shown():
            layers[True, label.colour].append(outline.ground)
            layers[False, self._ink].append(outline.letters)
        gc = renderer.new_gc()
        gc.set_linewidth(0)
        if self.axes is not None:
            gc.set_clip_rectangle(self.axes.bbox)
        for (is_ground, colour), paths in sorted(layers.items(), key=itemgetter(0), reverse=True):
            gc.set_snap(is_ground)  # the edges of a ground are whole pixels, those of letters not
            path = Path.make_compound_path(*paths)
            renderer.draw_path(gc, path, IdentityTransform(), colour)
        gc.restore()
        self.stale = False


@lru_cache(4096)
def _outline(text: str, font: FontProperties) -> Outline:
    """A text as `Text` would set it: its middle is that of the height above the base line."""
    maker = TextToPath()
    # Never as mathematics: a `$` is a dollar.
    vertices, codes = maker.get_text_path(font, text)
    width, height, descent = maker.get_text_width_height_descent(text, font, ismath=False)
    ascent, descent = max(height - descent, ASCENT_PT), max(descent, DESCENT_PT)
    letters = np.array(vertices) * (font.get_size() / maker.FONT_SCALE)
    right, top, low = width / 2 + PAD_PT, ascent / 2 + PAD_PT, -ascent / 2 - descent - PAD_PT
    around = [(-right, low), (right, low), (right, top), (-right, top), (-right, low)]
    return Outline(Path(letters - [width / 2, ascent / 2], codes), Path(around, closed=True))
