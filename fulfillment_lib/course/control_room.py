"""The control room as an app: choose a business, run its floor, and beat a target for the bill."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

import ipywidgets as widgets

from fulfillment_lib.course.black_friday import BASELINES, Bill, bill, black_friday
from fulfillment_lib.orders import Network, Order
from fulfillment_lib.panels.explore import Explore
from fulfillment_lib.panels.page import named
from fulfillment_lib.panels.panel import control, table
from fulfillment_lib.panels.replay import Replay, replay
from fulfillment_lib.run import simulate
from fulfillment_lib.scenarios import ALL, Scenario
from fulfillment_lib.settings import Faults

MAKERS = (black_friday, *ALL)
# What a day is, whoever runs the floor.
Day = tuple[tuple[Order, ...], Network, int, Faults]


class Floor(Explore):
    """The panel on one business, with the bill of the run and a target."""

    name = "floor"

    def __init__(self, business: Scenario) -> None:
        self.business = business
        self._opponent: tuple[Day, str, float] | None = None
        self.bill = named("bill", widgets.HTML())
        words = [f"scenario.{what}" for what in ("orders", "network", "settings")]
        super().__init__(simulate(business), words, "gantt", None)
        _, controls, _ = self.box.children
        controls.children = (self.bill, *controls.children)

    def show(self) -> None:
        """Draw the run, and make out its bill."""
        super().show()
        self.bill.value = told(bill(self.run), *self.target())

    def target(self) -> tuple[str, float]:
        """The baseline of lesson 09 with the smallest bill for the day on screen, and that bill."""
        run = self.run
        day = (run.orders, run.network, run.settings.seed, run.settings.faults)
        if self._opponent is None or self._opponent[0] != day:
            given = replace(self.business.settings, seed=day[2], faults=day[3])
            bills = {
                name: bill(simulate(*day[:2], given, **changes)).total
                for name, changes in BASELINES.items()
            }
            best = min(bills, key=bills.__getitem__)
            self._opponent = day, best, bills[best]
        return self._opponent[1:]


def told(mine: Bill, name: str, target: float) -> str:
    """The bill as HTML, and how far it is from the target."""
    parts = {"staff": mine.staff, "late": mine.late, "lost": mine.lost, "your bill": mine.total}
    parts[f"target: {name}"] = target
    less = round(target - mine.total, 2)
    word = f"Beaten, by ${less:,.2f}." if less > 0 else f"Not yet: ${-less:,.2f} too much."
    rows = [[part, f"${dollars:,.2f}"] for part, dollars in parts.items()]
    return f"{table(['', 'dollars'], rows)}<b>{word}</b>"


class ControlRoom:
    """All of the app. `floor` is the panel on screen, `replayed` the one below it, if any."""

    def __init__(self) -> None:
        businesses = {make.__name__.replace("_", " "): make for make in MAKERS}
        self.business = control(widgets.Dropdown, "Business", options=businesses)
        self.business.observe(self._choose, "value")
        self.play = named("watch", widgets.Button(description="Replay this run"))
        self.play.on_click(self._replay)
        self.story = widgets.HTML()
        self.floor: Floor | None = None
        self.replayed: Replay | None = None
        self._stage, self._below = widgets.VBox(), widgets.VBox()
        top = widgets.HBox([self.business, self.play], layout={"flex_flow": "row wrap"})
        parts = [named("top", top), self.story, self._stage, self._below]
        self.box = named("app", widgets.VBox(parts))
        self._choose()

    def _choose(self, _: object = None) -> None:
        """Open the floor of the business that is chosen; what was there before is closed."""
        business = self.business.value()
        self._end_replay()
        before, self.floor = self.floor, Floor(business)
        self.story.value = escape(business.story)
        self._stage.children = (self.floor.box,)
        if before is not None:
            before.close()

    def _replay(self, _: object) -> None:
        self._end_replay()
        assert self.floor is not None
        self.replayed = replay(self.floor.run)
        self._below.children = (self.replayed.box,)

    def _end_replay(self) -> None:
        self._below.children = ()
        if self.replayed is not None:
            self.replayed.close()
        self.replayed = None

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, object], dict[str, object]]:
        """The widget where there is a kernel, else the picture of its floor."""
        assert self.floor is not None
        bundle, about = self.floor._repr_mimebundle_()
        return bundle | self.box._repr_mimebundle_(**options) | {"text/plain": repr(self)}, about

    def __repr__(self) -> str:
        assert self.floor is not None
        return f"control room: {self.floor.business.name}, {self.floor.run!r}"
