"""`replay`: a finished run, played again at any moment of its virtual time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import ipywidgets as widgets
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fulfillment_lib.analysis.moment import Moment, moment
from fulfillment_lib.analysis.timeline import timeline
from fulfillment_lib.charts import plot_gantt
from fulfillment_lib.charts.style import VERMILLION
from fulfillment_lib.checks import instance
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.errors import printable
from fulfillment_lib.panels.page import named
from fulfillment_lib.panels.panel import FIGURES_PX, Panel, control, table
from fulfillment_lib.panels.picture import Picture, emptied
from fulfillment_lib.run import FulfillmentRun

FRAMES = 200  # from the start to the end of a run
FRAME_MS = 150
STORED_EVERY = 8  # frames, in a page without a kernel
MOST_PRODUCTS = 24
LETTER_PX, GAP_PX = 8, 14  # of the table of products


def replay(run: FulfillmentRun, at_s: float = 0.0) -> Replay:
    """A panel that plays a run: what each worker does, who waits, what is left, who is done.

    Args:
        at_s: the moment at which it begins.

    Raises:
        ArgumentError: `run` is no run.
    """
    instance("run", run, FulfillmentRun)
    return Replay(run, at_s)


class Replay(Panel):
    """The panel that `replay` makes. `moment` is what is on screen."""

    name = "replay"

    def __init__(self, run: FulfillmentRun, at_s: float) -> None:
        self.run = run
        self.moment = moment(run, at_s)
        self._timeline = timeline(run)
        self._step_s = max(run.makespan_s, 1.0) / FRAMES
        frame = min(FRAMES, round(at_s / self._step_s))
        player = widgets.Play(value=frame, max=FRAMES, interval=FRAME_MS, description="Play")
        self.play = named("play", player)
        options = {"max": FRAMES * self._step_s, "step": self._step_s, "readout_format": ".1f"}
        now_s = frame * self._step_s
        self.time = control(widgets.FloatSlider, "Time (s)", value=now_s, **options)
        self.play.observe(self._follow, "value")
        self.time.observe(self._scrubbed, "value")
        self.state = named("state", widgets.HTML())
        super().__init__([self.play, self.time, self.state], Picture(9.6, 4.2))

    def _follow(self, change: dict[str, int]) -> None:
        self.time.value = change["new"] * self._step_s

    def _scrubbed(self, change: dict[str, float]) -> None:
        self.play.value = round(change["new"] / self._step_s)
        self.ask()

    @property
    def settable(self) -> dict[str, Any]:
        """The time."""
        return {"time_s": self.time}

    @property
    def usual(self) -> dict[str, Iterable[Any]]:
        """Some moments: the first and the last of the run, and the one on screen among them."""
        moments = {frame * self._step_s for frame in range(0, FRAMES + 1, STORED_EVERY)}
        return {"time_s": sorted(moments | {self.time.value})}

    def show(self) -> None:
        """Draw the run up to the time of the slider, and say what goes on."""
        self.moment = now = moment(self.run, self.time.value)
        begun = [attempt for attempt in self.run.attempts if attempt.start_s <= now.at_s]
        ended = {attempt.outcome for attempt in begun if attempt.finish_s <= now.at_s}
        legend = frozenset({attempt.kind for attempt in begun} | ended)  # it may take another row
        self.picture.draw(("gantt", legend), self._paint)
        work = [[str(number), _doing(attempt)] for number, attempt in enumerate(now.working)]
        doing = table(["worker", "does, and since when"], work, numbers=False)
        self.state.value = f"<div style='font-size:12px'>{doing}</div>"
        done = f"{len(now.done)} of {len(now.placed)} placed, {_listed(now.done[-3:])}"
        first = _listed([attempt.task_id for attempt in now.waiting[:3]])
        waiting = f"{len(now.waiting)} tasks, {first}"
        progress = table(["", ""], [["orders done", done], ["waiting", waiting]], numbers=False)
        self.figures.value = progress + _stock_table(
            now.available, min(FIGURES_PX, self.page.width)
        )

    def _paint(self, figure: Figure) -> None:
        (ax,) = emptied(figure)
        self.draw_gantt(ax)

    def draw_gantt(self, ax: Axes) -> None:
        """Draw what has happened up to the moment on screen, on empty axes."""
        now_s = self.moment.at_s
        begun = self._timeline[self._timeline["start_s"] <= now_s].copy()
        under_way = begun["finish_s"] > now_s
        begun.loc[under_way, "outcome"] = "succeeded"  # nobody knows yet how it will end
        begun["finish_s"] = begun["finish_s"].clip(upper=now_s)
        title = _title(self.moment)
        plot_gantt(begun, ids=False, ax=ax, ghost=self.run, ghost_label="whole run", title=title)
        ax.axvline(now_s, color=VERMILLION, linewidth=2.0, zorder=6)

    def __repr__(self) -> str:
        return f"replay panel: {self.run!r}, at {self.moment.at_s:.1f} s"


def _title(now: Moment) -> str:
    busy = sum(attempt is not None for attempt in now.working)
    workers = f"{busy} of {len(now.working)} workers busy"
    rest = f"{len(now.waiting)} tasks waiting, {len(now.done)} orders done"
    return f"{now.at_s:.1f} s: {workers}, {rest}"


def _stock_table(available: dict[str, int], room_px: int) -> str:
    """The units left of each product, as many products to a row as there is room for."""
    left = [f"{printable(sku, 20)} {units:,}" for sku, units in available.items()]
    left, more = left[:MOST_PRODUCTS], left[MOST_PRODUCTS:]
    longest = max(map(len, left), default=1)
    at_once = max(1, room_px // (LETTER_PX * longest + GAP_PX))
    rows = [left[first : first + at_once] for first in range(0, len(left), at_once)]
    if more:
        rows.append([f"and {len(more):,} products more"])
    return table(["units left"], rows, numbers=False)


def _doing(attempt: Attempt | None) -> str:
    return f"{printable(attempt.task_id, 32)}, {attempt.start_s:.1f} s" if attempt else "idle"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
