"""What all panels share: one picture that is drawn again and again, and how errors are shown.

The last value wins: however fast a slider moves, one drawing runs at a time, and the next one
takes the values of that moment.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape
from io import BytesIO
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from PIL import Image

from fulfillment_lib.analysis.kpis import figures
from fulfillment_lib.charts.alt_text import alt_text
from fulfillment_lib.engine.gc_pause import set_aside
from fulfillment_lib.errors import error_text, printable
from fulfillment_lib.records import OrderStatus
from fulfillment_lib.run import FulfillmentRun

CONTROL_WIDTH = "330px"
DPI = 100
# The figures beside a picture: their names, and what the reader sees.
HEADLINE = {
    "makespan_s": "makespan",
    "express_lead_time_mean_s": "express mean lead time",
    "express_lead_time_p95_s": "express p95 lead time",
    "standard_lead_time_mean_s": "standard mean lead time",
    "standard_lead_time_p95_s": "standard p95 lead time",
    "utilization": "utilization",
    "unit_fill": "unit fill",
    "orders_fulfilled": "orders fulfilled",
}


class Picture:
    """A matplotlib figure whose pixels go into one image widget; pyplot never sees it."""

    def __init__(self, width_in: float, height_in: float) -> None:
        self.figure = Figure(figsize=(width_in, height_in), dpi=DPI)
        self._canvas: Any = FigureCanvasAgg(self.figure)
        self._layout: object = None
        self._legends: dict[Legend, Any] = {}  # their pixels in the last picture
        self.widget = named("picture", widgets.Image(format="png", width=round(width_in * DPI)))

    def draw(self, layout: object, paint: Callable[[Figure], object]) -> None:
        """Let `paint` fill the empty figure, and show it.

        Space is laid out anew only when `layout` differs from the last call's: so axes stay where
        they are while a slider moves, and the picture takes a third less time.
        """
        if layout != self._layout:
            self.figure.clear()
            self.figure.set_layout_engine("constrained")
        paint(self.figure)
        self._draw()
        self.figure.set_layout_engine("none")
        self._layout = layout
        self.widget.value = self._png()

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


class Panel:
    """Controls, a picture, figures in a table, and a line for errors.

    A subclass fills `controls` and draws in `show`; it calls `ask` when something has changed.
    """

    name = "panel"

    def __init__(self, controls: Sequence[Any], picture: Picture) -> None:
        self.picture = picture
        self.figures = named("figures", widgets.HTML())
        # Room for an error is kept free, so that the picture does not jump.
        self.error = named("error", widgets.HTML(layout={"min_height": "30px"}))
        left = widgets.VBox(list(controls), layout={"width": CONTROL_WIDTH, "flex": "0 0 auto"})
        # On a narrow page the picture goes below the controls, in place of becoming tiny.
        right = widgets.VBox(
            [self.error, picture.widget, self.figures],
            layout={"flex": "1 1 480px", "min_width": "0"},
        )
        self.box = named(self.name, widgets.HBox([left, right], layout={"flex_flow": "row wrap"}))
        self._asked = False
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None  # no kernel: draw at once
        self.show()  # what cannot be shown even once is no panel: its error goes up
        set_aside()

    def show(self) -> None:
        """Bring picture and figures up to the values of the controls."""
        raise NotImplementedError

    def ask(self, _: object = None) -> None:
        """Show the present values soon: once, however often this is called meanwhile.

        In JupyterLab the call may come on a thread of its own; drawing is for the kernel's loop.
        """
        if self._loop is None or not self._loop.is_running():
            self._show_or_say_why()
        elif not self._asked:
            self._asked = True
            self._loop.call_soon_threadsafe(self._show_or_say_why)

    def _show_or_say_why(self) -> None:
        self._asked = False
        try:
            self.show()
            self.error.value = ""
        except Exception as problem:  # the panel stays alive: the next value may be a good one
            self.say_why(problem)

    def say_why(self, problem: Exception) -> None:
        """Show an error in the panel."""
        message = printable(error_text(problem), 400)
        self.error.value = f"<span style='color:#a33000'>{escape(message)}</span>"

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, object], dict[str, object]]:
        """The widget where there is a kernel, else the picture as it is now, with its words."""
        bundle: dict[str, object] = self.box._repr_mimebundle_()
        bundle["text/plain"] = repr(self)
        bundle["image/png"] = b64encode(self.picture.widget.value).decode()
        words = f"Panel “{self.name}”. {alt_text(self.picture.figure)}"
        return bundle, {"image/png": {"alt": words}}

    def __repr__(self) -> str:
        return f"{self.name} panel"


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


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = True) -> str:
    """An HTML table of texts, all escaped; the first column left, others right if `numbers`."""

    def cells(tag: str, row: Sequence[str]) -> str:
        return "".join(
            f"<{tag} style='text-align:{'right' if column and numbers else 'left'};"
            f"padding:0 14px 0 0;white-space:nowrap;font-variant-numeric:tabular-nums;"
            f"font-weight:{'600' if tag == 'th' else '400'}'>"
            f"{escape(printable(text, 60))}</{tag}>"
            for column, text in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table style='line-height:1.5'><tr>{cells('th', columns)}</tr>{body}</table>"


def headline(run: FulfillmentRun) -> dict[str, float]:
    """The figures beside the picture, by their names in `kpis`."""
    found = figures(run)
    states = [report.status for report in run.reports]
    found["orders_fulfilled"] = states.count(OrderStatus.FULFILLED)
    return {name: found[name] for name in HEADLINE}


def figure_text(name: str, value: float) -> str:
    """A figure as text, with its unit."""
    if value != value:
        return "–"
    if name in ("utilization", "unit_fill"):
        return f"{value:.1%}"
    return f"{value:,.1f} s" if name.endswith("_s") else f"{value:,.0f}"


def named(name: str, widget: Any) -> Any:
    """The widget, with a class by which style sheets and tests find it."""
    widget.add_class(f"fl-{name}")
    return widget


def control(kind: type[Any], description: str, **options: Any) -> Any:
    """A control whose description is never clipped."""
    return kind(
        description=description,
        style={"description_width": "120px"},
        layout={"width": "320px"},
        **options,
    )


def slider(description: str, value: float, low: float, high: float, step: float) -> Any:
    """A slider from `low` to `high`, and as far as the value that it begins with."""
    whole = all(isinstance(number, int) for number in (value, low, high, step))
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    options: dict[str, Any] = {"min": min(low, value), "max": max(high, value), "step": step}
    if not whole:
        options["readout_format"] = ".2f" if step < 0.1 else ".1f"
    return control(kind, description, value=value, **options)
