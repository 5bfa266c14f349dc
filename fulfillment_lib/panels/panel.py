"""What all panels share: their layout, when they draw, and how errors are shown.

The last value wins: however fast a slider moves, one drawing runs at a time, and the next one
takes the values of that moment.
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from fulfillment_lib.analysis.export import write_file
from fulfillment_lib.analysis.kpis import figures
from fulfillment_lib.charts.alt_text import alt_text
from fulfillment_lib.engine.gc_pause import set_aside
from fulfillment_lib.errors import FulfillmentError, error_text, printable
from fulfillment_lib.panels import frames
from fulfillment_lib.panels.page import Page, named, parts, when_cell_runs_again
from fulfillment_lib.panels.picture import MARGIN_PX, Picture
from fulfillment_lib.records import OrderStatus
from fulfillment_lib.run import FulfillmentRun

CONTROLS_PX = 330
BESIDE_PX = 700  # where controls leave the picture so much, they stand beside it, else below
FIGURES_PX = 480
ERROR_COLOURS = {False: "#a33000", True: "#ff9e80"}  # on light and on dark
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


class Panel:
    """Controls, a picture, figures in a table, and a line for errors.

    A subclass fills `controls` and draws in `show`; it calls `ask` when something has changed.
    """

    name = "panel"
    held = False  # whether controls are set without a picture for each

    def __init__(self, controls: Sequence[Any], picture: Picture, more: Sequence[Any] = ()) -> None:
        self.picture = picture
        self.page = named("page", Page())
        self.page.observe(self._fit, ["width", "dark"])
        room = {"flex": f"1 1 {FIGURES_PX}px", "min_width": "0"}
        self.figures = named("figures", widgets.HTML(layout=room))
        self.error = named("error", widgets.HTML())
        self.save = named("save", widgets.Button(description="Save as a page"))
        self.save.on_click(self.to_file)
        # Visitors of an app save nothing: its folder is not theirs.
        if self.settable and "VOILA_BASE_URL" not in os.environ:
            more = [*more, self.save]
        # Room for two lines is kept free, so that nothing jumps.
        notes = widgets.VBox([self.error, self.page], layout={"min_height": "44px"})
        room = {"flex": f"1000 1 {BESIDE_PX}px", "min_width": "0"}
        room["max_width"] = f"{picture.width_px + MARGIN_PX}px"
        shown = widgets.VBox([picture.widget, notes], layout=room)
        room = {"width": f"{CONTROLS_PX}px", "max_width": "100%"}
        left = widgets.VBox([*controls, *_disclosure(more)], layout=room)
        row = [shown, named("controls", left), self.figures]
        self.box = named(self.name, widgets.HBox(row, layout={"flex_flow": "row wrap"}))
        named("panel", self.box)
        self._asked = False
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None  # no kernel: draw at once
        self._show()  # what cannot be shown even once is no panel: its error goes up
        when_cell_runs_again(self.close)
        set_aside()

    def _fit(self, _: object) -> None:
        if self.picture.fit(self.page.width, self.page.dark):
            self.ask()

    def close(self) -> None:
        """Take the panel off the page; the kernel keeps no widget of it, and no picture.

        A panel closes by itself when the cell that made it is run again.
        """
        for part in [*parts(self.box), *parts(self.save)]:
            part.close()
        self.picture.clear()

    @property
    def code(self) -> str:
        """The line of code that makes what is on screen; empty where there is none."""
        return ""

    @property
    def settable(self) -> dict[str, Any]:
        """The controls that a page without a kernel can have, by name."""
        return {}

    def to_html(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        vary: Mapping[str, Iterable[Any]] | None = None,
        most: int = 400,
    ) -> str:
        """The panel as a page that needs no kernel and asks nobody: every setting is drawn.

        Args:
            path: a file to which the page is written, too.
            vary: the values of each control, as in `{"workers": range(1, 11)}`; None is a grid
                that fits the panel. The names are those of `settable`.
            most: of how many settings the grid may be.

        Raises:
            ArgumentError: the panel has no such control, the control no such value, or the grid
                more settings than `most`; the message has their count.
        """
        grid = frames.checked_grid(self, self.usual if vary is None else vary, most)
        text = frames.page(alt_text(self.picture.figure), frames.piece(self, grid))
        if path is not None:
            write_file(path, text)
        return text

    def to_file(self, _: object = None) -> None:
        """Write the page of `to_html` into the working folder, and say where in the panel."""
        path = Path.cwd() / f"{self.name}.html"
        try:
            self.to_html(path)
            self.say(f"written to {path}")
        except FulfillmentError as problem:
            self.say_why(problem)

    @property
    def usual(self) -> dict[str, Iterable[Any]]:
        """The grid of a page where nothing else is asked for."""
        return {}

    def show(self) -> None:
        """Bring picture and figures up to the values of the controls."""
        raise NotImplementedError

    def ask(self, _: object = None) -> None:
        """Show the present values soon: once, however often this is called meanwhile.

        In JupyterLab the call may come on a thread of its own; drawing is for the kernel's loop.
        """
        if self.held:
            return
        if self._loop is None or not self._loop.is_running():
            self._show_or_say_why()
        elif not self._asked:
            self._asked = True
            self._loop.call_soon_threadsafe(self._show_or_say_why)

    def _show_or_say_why(self) -> None:
        self._asked = False
        try:
            self._show()
            self.error.value = ""
        except Exception as problem:  # the panel stays alive: the next value may be a good one
            self.say_why(problem)

    def _show(self) -> None:
        self.show()
        self.page.alt = self.picture_words()

    def picture_words(self) -> str:
        """What the picture shows, for those who cannot see it."""
        return f"Panel “{self.name}”. {alt_text(self.picture.figure)}"

    def say_why(self, problem: Exception) -> None:
        """Show an error in the panel."""
        self.say(error_text(problem), ERROR_COLOURS[self.page.dark])

    def say(self, message: str, colour: str = "inherit") -> None:
        """Show a message below the picture, until the next picture comes."""
        looks = f"display:block;line-height:20px;color:{colour}"
        self.error.value = f"<span style='{looks}'>{escape(printable(message, 400))}</span>"

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, object], dict[str, object]]:
        """The widget where there is a kernel, else the picture as it is now, with its words."""
        bundle: dict[str, object] = self.box._repr_mimebundle_()
        bundle["text/plain"] = repr(self)
        bundle["image/png"] = b64encode(self.picture.widget.value).decode()
        return bundle, {"image/png": {"alt": self.picture_words()}}

    def __repr__(self) -> str:
        return f"{self.name} panel"


def _disclosure(more: Sequence[Any]) -> list[Any]:
    """A button, and what it shows and hides; nothing for nothing."""
    if not more:
        return []
    hidden = widgets.VBox(list(more))
    button = named("more", widgets.ToggleButton(description="More"))
    widgets.dlink((button, "value"), (hidden.layout, "display"), {True: "", False: "none"}.get)
    return [button, hidden]


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = True) -> str:
    """An HTML table of texts, all escaped; the first column left, others right if `numbers`."""

    def cells(tag: str, row: Sequence[str]) -> str:
        number = f"text-align:right;white-space:{'normal' if tag == 'th' else 'nowrap'}"
        return "".join(
            f"<{tag} style='{number if column and numbers else 'text-align:left'};"
            f"padding:0 12px 0 0;font-weight:{'600' if tag == 'th' else '400'}'>"
            f"{escape(printable(text, 60))}</{tag}>"
            for column, text in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    wrap = "break-word" if numbers else "anywhere"
    looks = f"line-height:1.5;overflow-wrap:{wrap};font-variant-numeric:tabular-nums"
    return f"<table style='{looks}'><tr>{cells('th', columns)}</tr>{body}</table>"


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


def control(kind: type[Any], description: str, **options: Any) -> Any:
    """A control whose description is never clipped."""
    return kind(
        description=description,
        tooltip=description,
        style={"description_width": "120px"},
        layout={"width": f"{CONTROLS_PX - 10}px", "max_width": "calc(100% - 4px)"},
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
