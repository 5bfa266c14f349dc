"""`live`: a run in real time, drawn while it goes on, which can be cancelled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from math import log10

import ipywidgets as widgets
from matplotlib.figure import Figure

from fulfillment_lib.analysis.timeline import timeline
from fulfillment_lib.charts import plot_gantt
from fulfillment_lib.checks import number
from fulfillment_lib.engine.tasks import Attempt, Outcome, Task
from fulfillment_lib.orders import Network, Order
from fulfillment_lib.panels.page import named
from fulfillment_lib.panels.panel import Panel, control, table
from fulfillment_lib.panels.picture import Picture, emptied
from fulfillment_lib.run import FulfillmentRun, fulfill, simulate
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Settings

FRAME_S = 0.2  # of the wall clock, between two pictures
FASTEST = 100.0


def live(
    orders: Iterable[Order] | Scenario,
    network: Network | None = None,
    settings: Settings | None = None,
    *,
    speed: float = 5.0,
) -> Live:
    """A panel that runs a day by the wall clock. The outlines are what `simulate` says will come.

    The run is a task of the kernel's loop: cells and other panels work while it goes on.

    Args:
        speed: virtual seconds per second, 1 to 100; a slider changes it for the next start.

    Raises:
        ArgumentError: a speed out of range, or something that `simulate` refuses.
    """
    speed = number("speed", speed, 1.0, FASTEST)
    return Live(simulate(orders, network, settings), speed)


class Live(Panel):
    """The panel that `live` makes. `run` is the finished run, None until then."""

    name = "live"

    def __init__(self, expected: FulfillmentRun, speed: float) -> None:
        self.expected = expected
        self.run: FulfillmentRun | None = None
        self.ended: list[Attempt] = []
        self.working: dict[int, tuple[Task, float]] = {}
        self.word = "not started"
        self.task: asyncio.Task[None] | None = None
        self._now_s, self._origin_s, self._speed = 0.0, 0.0, speed
        fastest = log10(FASTEST)  # the slider's ends are powers of ten, and it begins at 1
        options = {"max": fastest, "readout_format": ".0f"}
        self.speed = control(widgets.FloatLogSlider, "Speed", value=speed, **options)
        self.progress = control(widgets.IntProgress, "Attempts", max=len(expected.attempts) or 1)
        self.start = named("start", widgets.Button(description="Start"))
        self.start.on_click(lambda _: self._on_loop(self.begin))
        self.cancel = named("cancel", widgets.Button(description="Cancel"))
        self.cancel.on_click(lambda _: self._on_loop(self.stop))
        buttons = widgets.HBox([self.start, self.cancel])
        super().__init__([self.speed, buttons, self.progress], Picture(9.6, 4.2))

    def _on_loop(self, act: Callable[[], None]) -> None:
        """A click may come on a thread of its own; the run belongs to the kernel's loop."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(act)

    def begin(self) -> None:
        """Start the run, unless it goes on already; call it where a loop is running."""
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self.play())

    def stop(self) -> None:
        """Cancel the run. What was reserved is given back."""
        if self.task is not None:
            self.task.cancel()

    def close(self) -> None:
        """Cancel the run, and take the panel off the page."""
        self.stop()
        super().close()

    async def play(self) -> None:
        """Run the day once, drawing it; a failure is shown in the panel."""
        self.run, self.ended, self.working, self.word = None, [], {}, "running"
        self.progress.value = 0
        self._origin_s, self._speed = time.monotonic(), self.speed.value
        failure: Exception | None = None
        drawing = asyncio.get_running_loop().create_task(self._draw_on())
        try:
            day = (self.expected.orders, self.expected.network, self.expected.settings)
            self.run = await fulfill(
                *day, speed=self._speed, on_start=self._started, on_attempt=self._ended
            )
            self.word = "done"
        except asyncio.CancelledError:
            self.word = "cancelled"
        except Exception as problem:
            self.word, failure = "failed", problem
        finally:
            drawing.cancel()
            self.working = {}
            self._show_or_say_why()
        if failure is not None:
            self.say_why(failure)

    async def _draw_on(self) -> None:
        while True:
            self._show_or_say_why()
            await asyncio.sleep(FRAME_S)

    def _started(self, task: Task, worker: int, start_s: float) -> None:
        self.working[worker] = (task, start_s)

    def _ended(self, attempt: Attempt) -> None:
        self.working.pop(attempt.worker, None)
        self.ended.append(attempt)
        self.progress.value = len(self.ended)

    def show(self) -> None:
        """Draw what has been done until now, and what is being done."""
        if self.word == "running":
            self._now_s = (time.monotonic() - self._origin_s) * self._speed
        elif self.run is not None:
            self._now_s = self.run.makespan_s
        self.picture.draw("gantt", self._paint)
        same = "–" if self.run is None else str(self.run.digest() == self.expected.digest())
        figures = [
            ["state", self.word],
            ["attempts ended", f"{len(self.ended)} of {len(self.expected.attempts)}"],
            ["equal to simulate, to the byte", same],
        ]
        self.figures.value = table(["", ""], figures, numbers=False)

    def _paint(self, figure: Figure) -> None:
        (ax,) = emptied(figure)
        under_way = [self._so_far(worker, *job) for worker, job in self.working.items()]
        begun = timeline(replace(self.expected, attempts=(*self.ended, *under_way)))
        busy = f"{len(self.working)} of {self.expected.settings.workers} workers busy"
        title = f"{self._now_s:.1f} s: {busy}, {self.word}"
        plot_gantt(begun, ids=False, ax=ax, ghost=self.expected, ghost_label="to come", title=title)

    def _so_far(self, worker: int, task: Task, start_s: float) -> Attempt:
        """An attempt that goes on, drawn up to now."""
        work = (task.order_id, task.id, str(task.kind), task.priority)
        times_s = (start_s, start_s, max(self._now_s, start_s))  # ready, start and finish
        return Attempt(*work, worker, 1, *times_s, Outcome.SUCCEEDED, "", 0)

    def __repr__(self) -> str:
        return f"live panel: {self.word}, {len(self.ended)} of {len(self.expected.attempts)} ended"
