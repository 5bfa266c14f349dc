"""Shapes that a Gantt chart can have: each a panel with one or two controls, made by few lines.

`SCENES` has for each what makes it, and the settings of its panel that the book stores.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from stored import stored

from fulfillment_lib import (
    Durations,
    Faults,
    Network,
    Order,
    Product,
    Settings,
    TaskKind,
    Warehouse,
    sample_network,
    sample_orders,
    simulate,
)
from fulfillment_lib.charts import plot_plan, style
from fulfillment_lib.panels import explore
from fulfillment_lib.panels.panel import Panel
from fulfillment_lib.panels.picture import emptied
from fulfillment_lib.panels.replay import Replay
from fulfillment_lib.run import FulfillmentRun
from fulfillment_lib.samples import scale_stock

CALM = Durations.constant(inventory=1, packing=4, shipping=2)
PLENTY = scale_stock(sample_network(), 10)  # nothing is ever sold out


class OrderReplay(Replay):
    """A replay of one order, and above it the plan: as expected, then as revised, too."""

    def __init__(self, run: FulfillmentRun) -> None:
        checks = [attempt for attempt in run.attempts if attempt.kind == TaskKind.INVENTORY]
        self.revised_s = max(check.finish_s for check in checks)
        super().__init__(run, 0.0)
        self.picture.clear()
        self.picture.figure.set_figheight(5.2)
        self.show()

    def _paint(self, figure: Figure) -> None:
        plan, gantt = emptied(figure, 2, height_ratios=(2, 3))
        revised = self.moment.at_s >= self.revised_s
        title = "One packing becomes two" if revised else "One packing is expected"
        plot_plan(self.run, ax=plan, title=title)
        if not revised:  # its place is kept, and covered
            cover = Rectangle((0.5, -0.2), 0.6, 1.8, transform=plan.transAxes, color=style.paper())
            cover.set(clip_on=False, in_layout=False, zorder=9)
            plan.add_patch(cover)
        self.draw_gantt(gantt)


def one_order() -> Panel:
    """An express order of which each of two warehouses has a part."""
    laptop, screen = (
        Product("LAPTOP", "Laptop", 2, 40, 30, 8),
        Product("SCREEN", "Screen", 6, 60, 50, 20),
    )
    east = Warehouse("EAST", "08817", {"LAPTOP": 3, "SCREEN": 1})
    west = Warehouse("WEST", "89408", {"LAPTOP": 2, "SCREEN": 2})
    order = Order("ORD-001", {"LAPTOP": 1, "SCREEN": 2}, "express", "10001")
    return OrderReplay(simulate(order, Network([laptop, screen], [east, west]), workers=3))


def straggler() -> Panel:
    """One packing of half a minute, when all else is done in ten seconds."""
    uneven = Settings(
        workers=4, timeout_s=60, max_attempts=2, seed=29, durations=Durations(packing=(4, 1.5))
    )
    orders = sample_orders(6, gap_s=0.5)
    return explore(orders, settings=uneven, controls=("workers", "timeout_s"))


def barrier() -> Panel:
    """Three checks, of which one hangs; nothing starts before it is back."""
    order = Order("A", {"LAPTOP-001": 1, "MOUSE-002": 1, "KEYBOARD-003": 1}, "express", "10001")
    hangs = Faults(script={"A/inventory/MOUSE-002": ["hang", "ok"]})
    settings = Settings(workers=3, max_attempts=2, backoff_s=0, faults=hangs, durations=CALM)
    return explore(order, settings=settings, controls=("timeout_s",))


def convoy() -> Panel:
    """Short tasks behind long ones, in the order in which they became ready."""
    orders = [Order(name, {"MOUSE-002": 1}, "standard", "10001") for name in "ABCDEF"]
    long = Durations.constant(inventory=1, packing=9, shipping=1)
    settings = Settings(workers=2, policy="fifo", durations=long, timeout_s=20)
    return explore(orders, PLENTY, settings, controls=("policy", "workers"))


def starvation() -> Panel:
    """A standard order among express orders that do not stop coming."""
    express = [
        Order(f"E{number}", {"MOUSE-002": 1}, "express", "10001", placed_s=max(0, 3 * number - 6))
        for number in range(10)
    ]
    standard = Order("S", {"LAPTOP-001": 1}, "standard", "10001", placed_s=1)
    settings = Settings(workers=2, durations=CALM)
    return explore([*express, standard], PLENTY, settings, controls=("policy", "workers"))


def retry_storm() -> Panel:
    """A timeout below the usual time of a packing, and many attempts."""
    settings = Settings(workers=3, timeout_s=3, max_attempts=5, seed=1)
    return explore(sample_orders(10), PLENTY, settings, controls=("timeout_s", "max_attempts"))


def hang() -> Panel:
    """A packing that never ends by itself."""
    hangs = Faults(script={"ORD-003/packing/EAST": ["hang"]})
    settings = Settings(workers=3, timeout_s=20, max_attempts=2, faults=hangs, durations=CALM)
    return explore(sample_orders(6), PLENTY, settings, controls=("timeout_s",))


def lost_worker() -> Panel:
    """A packing that never ends by itself, and a timeout longer than the day."""
    orders = [
        Order(name, {"MOUSE-002": 1}, "standard", "10001", placed_s=2 * place)
        for place, name in enumerate("ABCDEFGHIJKL")
    ]
    never = Faults(script={"B/packing/EAST": ["hang"]})
    settings = Settings(workers=3, timeout_s=60, faults=never, durations=CALM)
    return explore(orders, PLENTY, settings, controls=("workers", "timeout_s"))


def split() -> Panel:
    """An order of which the nearest warehouse has a part, until it has more stock."""
    order = Order("A", {"LAPTOP-001": 1, "MONITOR-004": 2}, "express", "10001")
    settings = Settings(workers=3, durations=CALM)
    return explore(order, sample_network(), settings, controls=("stock", "workers"))


POLICIES = ["express_first", "ageing", "fifo"]
SHAPES = {
    straggler: {"workers": [2, 4, 8], "timeout_s": [5, 10, 20, 60]},
    barrier: {"timeout_s": [5, 6, 7, 8, 9, 10]},
    convoy: {"policy": ["fifo", "shortest_first"], "workers": [1, 2, 3, 6]},
    starvation: {"policy": POLICIES, "workers": [1, 2, 3]},
    retry_storm: {"timeout_s": [3, 4, 5, 6, 10], "max_attempts": [1, 3, 5]},
    hang: {"timeout_s": [5, 10, 15, 20]},
    lost_worker: {"workers": [2, 3, 4], "timeout_s": [10, 20, 60]},
    split: {"stock": [1, 2], "workers": [1, 2, 3]},
}
SCENES = {make.__name__: (make, vary) for make, vary in {one_order: None, **SHAPES}.items()}
PICTURE = re.compile(r"<img alt='([^']*)' src='data:image/png;base64,([^']+)'")
THUMBNAIL_PX = 320


@cache
def scene(name: str) -> str:
    """The panel of a scene as HTML."""
    make, vary = SCENES[name]
    lines = Path(__file__).read_text(encoding="utf-8")
    return stored(f"scenes/{name}", lines, make, vary)


def thumbnails() -> str:
    """Small pictures of all shapes, each with its name, that lead to the page of shapes."""
    made = "".join(map(_thumbnail, (make.__name__ for make in SHAPES)))
    return f'<div class="shapes">{made}</div>'


def _thumbnail(name: str) -> str:
    alt, png = PICTURE.search(scene(name)).groups()
    picture, small = Image.open(BytesIO(b64decode(png))).convert("RGB"), BytesIO()
    picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    picture.quantize(64).save(small, "png", optimize=True)
    title = name.replace("_", " ")
    return (
        f'<a href="shapes.html#{name.replace("_", "-")}"><img alt="{title.capitalize()}: {alt}" '
        f'src="data:image/png;base64,{b64encode(small.getvalue()).decode()}">{escape(title)}</a>'
    )
