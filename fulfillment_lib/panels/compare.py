"""`compare`: the same day under several settings, one above the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import ipywidgets as widgets
from matplotlib.figure import Figure

from fulfillment_lib.charts import plot_gantts
from fulfillment_lib.checks import instance, refuse, text
from fulfillment_lib.errors import printable
from fulfillment_lib.orders import Network, Order
from fulfillment_lib.panels import panel
from fulfillment_lib.panels.picture import Picture, emptied
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.samples import MOST_ORDERS
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Settings

MOST = 6


def compare(
    orders: Iterable[Order] | Order | Scenario,
    settings: Mapping[str, Settings],
    network: Network | None = None,
) -> Compare:
    """A panel with one Gantt chart per settings on one time axis, and one table of figures.

    The seed slider draws new service times and faults, the same ones for all settings.

    Args:
        settings: names to Settings, 1 to 6, from the top.
        network: None is the scenario's, else `sample_network()`.

    Raises:
        ArgumentError: no settings or too many, or something that `simulate` refuses.
    """
    instance("settings", settings, Mapping)
    if not 1 <= len(settings) <= MOST:
        refuse("settings", f"1 to {MOST} named Settings", len(settings))
    for name, chosen in settings.items():
        instance("each of settings", chosen, Settings)
        text("name of settings", name)
    if isinstance(orders, Iterable) and not isinstance(orders, str | bytes):
        orders = tuple(islice(orders, MOST_ORDERS + 1))  # an iterator serves once, a panel often
    return Compare(orders, dict(settings), network)


class Compare(panel.Panel):
    """The panel that `compare` makes. `runs` are the runs on screen, by name."""

    name = "compare"

    def __init__(
        self,
        orders: tuple[Order, ...] | Order | Scenario,
        settings: dict[str, Settings],
        network: Network | None,
    ) -> None:
        self.orders, self.settings, self.network = orders, settings, network
        self.runs: dict[str, FulfillmentRun] = {}
        seed = next(iter(settings.values())).seed
        self.seed = panel.control(widgets.IntSlider, "Seed", value=seed, min=0, max=max(50, seed))
        self.seed.observe(self.ask, "value")
        self._heights = [max(chosen.workers, 3) for chosen in settings.values()]
        height_in = min(0.3 * sum(self._heights), 9) + 0.7 * len(settings) + 1
        super().__init__([self.seed], Picture(9.6, height_in))

    @property
    def settable(self) -> dict[str, Any]:
        """The seed."""
        return {"seed": self.seed}

    @property
    def usual(self) -> dict[str, Iterable[Any]]:
        """Twenty days."""
        return {"seed": range(20)}

    def show(self) -> None:
        """Simulate the day under each of the settings, and draw the runs."""
        self.runs = {
            name: simulate(self.orders, self.network, chosen, seed=self.seed.value)
            for name, chosen in self.settings.items()
        }
        end_s = max(run.makespan_s for run in self.runs.values())
        self.picture.draw("gantts", self._paint, end_s)
        found = [panel.headline(run) for run in self.runs.values()]
        rows = [
            [label, *(panel.figure_text(name, figures[name]) for figures in found)]
            for name, label in panel.HEADLINE.items()
        ]
        self.figures.value = panel.table(["", *self.runs], rows)

    def _paint(self, figure: Figure) -> None:
        heights = self._heights
        plot_gantts(self.runs, ax=emptied(figure, len(heights), height_ratios=heights))

    def __repr__(self) -> str:
        makespans = (
            f"{printable(name, 40)} {run.makespan_s:.1f} s" for name, run in self.runs.items()
        )
        return f"compare panel: makespans {', '.join(makespans)}"
