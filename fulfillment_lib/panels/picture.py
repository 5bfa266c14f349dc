"""The picture of a panel: one figure, as wide as the page, that is drawn again and again."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from PIL import Image

from fulfillment_lib.charts import style
from fulfillment_lib.panels.page import named

DPI = 100
NARROWEST_PX, MARGIN_PX = 280, 4


class Picture:
    """A matplotlib figure whose pixels go into one image widget; pyplot never sees it."""

    def __init__(self, width_in: float, height_in: float) -> None:
        self.figure = Figure(figsize=(width_in, height_in), dpi=DPI)
        self.height_in = height_in
        self.dark = False
        self._widest_px = self.width_px = round(width_in * DPI)
        self._canvas: Any = FigureCanvasAgg(self.figure)
        self.layout: object = None
        self._tick_letters = 0
        self._legends: dict[Legend, Any] = {}  # their pixels in the last picture
        image = widgets.Image(format="png", width=self.width_px)
        image.layout.max_width = f"calc(100% - {MARGIN_PX}px)"
        self.widget = named("picture", image)

    def fit(self, room_px: int, dark: bool) -> bool:
        """Draw for a page of that width and theme from now on; whether that changes anything."""
        before = self.width_px, self.dark
        self.width_px = max(NARROWEST_PX, min(self._widest_px, room_px - MARGIN_PX))
        self.dark = dark
        return before != (self.width_px, self.dark)

    def draw(
        self, layout: object, paint: Callable[[Figure], object], last_tick_s: float = 0.0
    ) -> None:
        """Let `paint` fill the empty figure, and show it.

        Space is laid out anew only when `layout` differs from the last call's, or when the last
        tick of a time axis is longer than any before, and would be cut: so axes stay where they
        are while a slider moves, and the picture takes a third less time.
        """
        self._tick_letters = max(self._tick_letters, len(style.seconds(last_tick_s)))
        layout = (layout, self._tick_letters, self.width_px, self.height_in, self.dark)
        with style.theme(self.dark):
            if layout != self.layout:
                self.clear()
                self.figure.set_size_inches(self.width_px / DPI, self.height_in)
                self.figure.set_layout_engine("constrained")
            paint(self.figure)
            self._draw()
        self.figure.set_layout_engine("none")
        self.layout = layout
        self.widget.width = str(self.width_px)
        self.widget.value = self._png()

    def clear(self) -> None:
        """Forget what is drawn, and give its memory back."""
        self.figure.clear()
        self._canvas = FigureCanvasAgg(self.figure)
        self.layout = None
        self._legends.clear()

    def _draw(self) -> None:
        """Draw the figure; the pixels of a legend that is still the same are copied.

        A legend is as slow as everything that a slider moves. Nothing lies over it, and while it
        is the same object (see `legend_above`), neither it nor its axes have changed.
        """
        legends = [legend for ax in self.figure.axes if (legend := ax.get_legend()) is not None]
        known = {legend: pixels for legend, pixels in self._legends.items() if legend in legends}
        for legend in known:
            legend.set_visible(False)
        try:
            self._canvas.draw()
        finally:
            for legend in known:
                legend.set_visible(True)
        for pixels in known.values():
            self._canvas.restore_region(pixels)
        self._legends = known or {
            legend: self._canvas.copy_from_bbox(legend.get_window_extent().padded(2))
            for legend in legends
        }

    def _png(self) -> bytes:
        # `savefig` would draw a second time. No metadata: the bytes are the same everywhere.
        rgba = np.asarray(self._canvas.buffer_rgba())
        png = BytesIO()
        Image.fromarray(rgba).convert("RGB").save(png, "png", compress_level=1)
        return png.getvalue()


def emptied(figure: Figure, rows: int = 1, **options: Any) -> list[Axes]:
    """The axes of a picture with nothing drawn in them; new ones if there are none yet.

    Ticks, labels and spines stay, which `Axes.clear` would make anew: that takes a tenth of the
    time of a picture.
    """
    if not figure.axes:
        figure.subplots(rows, squeeze=False, **options)
    for ax in figure.axes:
        for artist in [*ax.collections, *ax.lines, *ax.patches, *ax.texts, *ax.artists]:
            artist.remove()
    return figure.axes
