"""`explore`: one day of orders, and a slider for everything that can be set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import ipywidgets as widgets
from matplotlib.figure import Figure

from fulfillment_lib.charts import plot_anatomy, plot_gains, plot_gantt, plot_queue
from fulfillment_lib.checks import choice, known, tuple_of
from fulfillment_lib.engine.policies import BY_NAME, Ageing
from fulfillment_lib.orders import Network, Order
from fulfillment_lib.panels import panel
from fulfillment_lib.panels.page import named, parts
from fulfillment_lib.panels.picture import Picture, emptied
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.samples import sample_orders, scale_stock, vary_orders
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Faults, Settings

SAMPLE = 40
VIEWS = ("gantt", "queue", "anatomy")
GAINED = "gained"  # against the pinned run
HEIGHT_IN, GAINED_IN = 4.6, 9.0  # a line for each order takes more
MAIN = ("view", "workers", "policy", "speed")
RATES = ("fail", "hang", "lost_reply")


def explore(
    orders: Iterable[Order] | Scenario | None = None,
    network: Network | None = None,
    settings: Settings | None = None,
    *,
    view: str = "gantt",
    controls: Sequence[str] | None = None,
) -> Explore:
    """A panel on one day: move a control, and the day is simulated and drawn again.

    "Pin this run" keeps the run on screen: its bars stand behind those of the next ones, and the
    figures show what has changed. "Copy as code" copies the line that reproduces the run. "Save as
    a page" writes `explore.html` into the working folder: the panel with a few settings, as
    `to_html` stores them.

    Args:
        orders: None is `sample_orders(40)`; a Scenario brings its own network and settings.
        network: None is the scenario's, else `sample_network()`.
        settings: where the controls begin; None is the scenario's, else `Settings()`.
        view: "gantt", "queue" or "anatomy".
        controls: the names of the only controls to show, in their order, from "view", "workers",
            "timeout_s", "policy", "head_start_s", "max_attempts", "fail", "hang", "lost_reply",
            "express_share", "speed", "stock" and "seed"; None shows four, and the rest on "More".

    Raises:
        ArgumentError: an unknown view or control, or something that `simulate` refuses.
    """
    choice("view", view, VIEWS)
    brought = "scenario." if isinstance(orders, Scenario) else ""
    words = [f"sample_orders({SAMPLE})" if orders is None else f"{brought}orders"]
    for name, given in (("network", network), ("settings", settings)):
        words.append(name if given is not None else brought and f"{brought}{name}")
    base = simulate(sample_orders(SAMPLE) if orders is None else orders, network, settings)
    return Explore(base, words, view, controls)


class Explore(panel.Panel):
    """The panel that `explore` makes. `run` is the run on screen, `code` its line of code."""

    name = "explore"

    def __init__(
        self, base: FulfillmentRun, words: list[str], view: str, shown: Sequence[str] | None
    ) -> None:
        self.base, self.words = base, words
        self.pinned: FulfillmentRun | None = None
        self.run = base
        self.share = sum(order.priority == 0 for order in base.orders) / max(1, len(base.orders))
        self.controls = self._controls(view)
        self.pin = named("pin", widgets.Button(description="Pin this run"))
        self.pin.on_click(self._pin)
        self.copy = named("copy", widgets.Button(description="Copy as code"))
        for widget in self.controls.values():
            widget.observe(self.ask, "value")
        names = MAIN if shown is None else tuple_of("controls", shown, str, 1, len(self.controls))
        for name in names:
            known("each of controls", name, self.controls)
        more = [name for name in self.controls if shown is None and name not in MAIN]
        super().__init__(
            [*map(self.controls.__getitem__, names), widgets.HBox([self.pin, self.copy])],
            Picture(9.6, HEIGHT_IN),
            [self.controls[name] for name in more],
        )

    def _controls(self, view: str) -> dict[str, Any]:
        given = self.base.settings
        policy, head_start_s, names = str(given.policy), 10.0, [*BY_NAME, "ageing"]
        if isinstance(given.policy, Ageing):
            policy, head_start_s = "ageing", given.policy.head_start_s
        if policy not in names:
            policy = "as given"
            names.append(policy)
        return {
            "view": panel.control(widgets.Dropdown, "View", options=VIEWS, value=view),
            "workers": panel.slider("Workers", given.workers, 1, 10, 1),
            "timeout_s": panel.slider("Timeout (s)", given.timeout_s, 1.0, 30.0, 0.5),
            "policy": panel.control(widgets.Dropdown, "Policy", options=names, value=policy),
            "head_start_s": panel.slider("Head start (s)", head_start_s, 0.0, 60.0, 1.0),
            "max_attempts": panel.slider("Attempts", given.max_attempts, 1, 5, 1),
            "fail": panel.slider("Share that fails", given.faults.fail, 0.0, 0.3, 0.01),
            "hang": panel.slider("Share that hangs", given.faults.hang, 0.0, 0.3, 0.01),
            "lost_reply": panel.slider("Lost replies", given.faults.lost_reply, 0.0, 0.3, 0.01),
            "express_share": panel.slider("Express share", round(self.share, 2), 0.0, 1.0, 0.01),
            "speed": panel.slider("Arrival speed", 1.0, 0.2, 4.0, 0.1),
            "stock": panel.slider("Stock level", 1.0, 0.0, 4.0, 0.1),
            "seed": panel.slider("Seed", given.seed, 0, 50, 1),
        }

    def arguments(self) -> tuple[dict[str, Any], dict[str, Any], float]:
        """What the controls ask for beyond the base: of orders, of settings, and the stock."""
        value = {name: _rounded(widget.value) for name, widget in self.controls.items()}
        unchanged = {"express_share": round(self.share, 2), "speed": 1.0}
        orders = {name: value[name] for name in unchanged if value[name] != unchanged[name]}
        given = self.base.settings
        policy = {"ageing": Ageing(value["head_start_s"]), "as given": given.policy}.get(
            value["policy"], value["policy"]
        )
        faults = Faults(**{rate: value[rate] for rate in RATES}, script=given.faults.script)
        kept = ("workers", "timeout_s", "policy", "max_attempts", "seed")  # as in Settings
        wanted = {name: value[name] for name in kept} | {"policy": policy, "faults": faults}
        changes = {
            name: wish
            for name, wish in wanted.items()
            if not _same(wish, _rounded(getattr(given, name)))
        }
        return orders, changes, value["stock"]

    @property
    def code(self) -> str:
        """The expression that makes the run on screen; "orders" and so on are the caller's."""
        orders, changes, stock = self.arguments()
        day, network, settings = self.words
        if orders:
            day = f"vary_orders({day}, {_listed(orders)})"
        if stock != 1.0:
            network = f"scale_stock({network or 'sample_network()'}, {stock!r})"
        given = [network and f"network={network}", settings and f"settings={settings}"]
        return f"simulate({', '.join(filter(None, [day, *given, _listed(changes)]))})"

    @property
    def settable(self) -> dict[str, Any]:
        """All controls."""
        return self.controls

    @property
    def usual(self) -> dict[str, Iterable[Any]]:
        """Workers and policy."""
        return {"workers": range(1, 11), "policy": self.controls["policy"].options[:2]}

    def show(self) -> None:
        """Simulate what the controls say, and draw it."""
        orders, changes, stock = self.arguments()
        self.controls["head_start_s"].disabled = self.controls["policy"].value != "ageing"
        day, network = self.base.orders, self.base.network
        day = vary_orders(day, **orders) if orders else day
        network = network if stock == 1.0 else scale_stock(network, stock)
        self.run = simulate(day, network, self.base.settings, **changes)
        view = self.controls["view"].value
        many = view == "gantt" and self.run.settings.workers > 9  # their names are wider
        end_s = max(run.makespan_s for run in (self.run, self.pinned or self.run))
        self.picture.height_in = GAINED_IN if view == GAINED else HEIGHT_IN
        self.picture.draw((view, many), self._paint, end_s)
        now = panel.headline(self.run)
        before = panel.headline(self.pinned) if self.pinned else {}
        rows = []
        for name, value in now.items():
            row = [panel.HEADLINE[name], panel.figure_text(name, value)]
            if before:
                pinned = panel.figure_text(name, before[name])
                row += [pinned, _change(name, value - before[name])]
            rows.append(row)
        columns = ["", "this run", "pinned run", "change"]
        self.figures.value = panel.table(columns[: len(rows[0])], rows)
        self.page.code = self.code

    def _paint(self, figure: Figure) -> None:
        (ax,) = emptied(figure)
        view = self.controls["view"].value
        if view == "gantt":
            ids, label = len(self.run.attempts) < 100, "pinned run"
            plot_gantt(self.run, ghost=self.pinned, ghost_label=label, ids=ids, ax=ax)
        elif view == GAINED and self.pinned is not None:
            plot_gains(self.run, self.pinned, ax=ax)
        elif view == "queue":
            plot_queue(self.run, ax=ax)
        else:
            plot_anatomy(self.run, ax=ax)

    def _pin(self, _: object) -> None:
        self.pinned = self.run
        view = self.controls["view"]
        shown, view.options = view.value, (*VIEWS, GAINED)
        view.value = shown  # which new options take away
        self.ask()

    def close(self) -> None:
        """Take the panel off the page, and close the controls that were not shown."""
        for part in list(parts(widgets.VBox([*self.controls.values()]))):
            part.close()
        super().close()

    def __repr__(self) -> str:
        return f"explore panel: {self.run!r}"


def _rounded(value: Any) -> Any:
    """A browser's slider may answer 9.999999999999998 where 10.0 was set."""
    return round(value, 6) if isinstance(value, float) else value


def _same(one: object, other: object) -> bool:
    return bool(one == other or str(one) == str(other))


def _listed(arguments: dict[str, object]) -> str:
    return ", ".join(f"{name}={_code(value)}" for name, value in arguments.items())


def _code(value: object) -> str:
    if isinstance(value, Ageing):
        return f"policies.{value}"
    if isinstance(value, Faults):
        given = {fault.name: getattr(value, fault.name) for fault in fields(Faults)}
        return f"Faults({_listed({name: part for name, part in given.items() if part})})"
    if isinstance(value, Mapping):
        return repr(dict(value))
    return repr(value)


def _change(name: str, difference: float) -> str:
    if difference != difference:
        return "–"
    size, nothing = (panel.figure_text(name, value) for value in (abs(difference), 0.0))
    sign = "±" if size == nothing else "+" if difference > 0 else "−"
    return sign + size.replace("%", " points")
