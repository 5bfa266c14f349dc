"""Help for tests of charts: draw for real, with Agg, then read where everything lies, in pixels."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.transforms import Bbox

from fulfillment_lib import Faults, sample_network, sample_orders, simulate
from fulfillment_lib.charts.labels import BarLabels

BUSY = simulate(
    sample_orders(70, gap_s=1.5),
    sample_network(8),
    faults=Faults(fail=0.1, hang=0.05),
    max_attempts=2,
)
SIZES = [(10.0, 3.6, 100.0), (5.0, 3.0, 200.0), (16.0, 9.0, 72.0)]


def axes(
    width: float = 10.0, height: float = 3.6, dpi: float = 100.0, layout: Any = "constrained"
) -> Axes:
    figure = Figure(figsize=(width, height), dpi=dpi, layout=layout)
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def drawn(
    plot: Callable[..., Axes],
    *given: Any,
    size: tuple[float, ...] = (10.0, 3.6, 100.0),
    **options: Any,
) -> Axes:
    ax = plot(*given, ax=axes(*size), **options)
    ax.figure.canvas.draw()  # type: ignore[attr-defined]
    return ax


class Written(NamedTuple):
    """A label in a bar as it was drawn: with the questions that one asks a text of matplotlib."""

    text: str
    extent: Bbox
    ground: Bbox
    ground_colour: tuple[float, ...]

    def get_text(self) -> str:
        return self.text

    def get_window_extent(self) -> Bbox:
        return self.extent

    def get_visible(self) -> bool:
        return True


def labels(ax: Axes) -> list[Written]:
    """The labels that show in bars, from the one artist that draws all of them."""
    return [
        Written(label.text, letters.get_extents(), ground.get_extents(), label.colour)
        for artist in ax.artists
        if isinstance(artist, BarLabels)
        for label, (letters, ground) in artist.shown()
    ]


def texts(ax: Axes) -> list[Any]:
    """All texts that show: labels, ticks, names of axes, title, legend."""
    legend = ax.get_legend()
    found = [
        *ax.texts,
        *labels(ax),
        *ax.get_xticklabels(),
        *ax.get_yticklabels(),
        ax.xaxis.label,
        ax.yaxis.label,
        ax._left_title,
        *(legend.get_texts() if legend else []),
    ]
    return [each for each in found if each.get_visible() and each.get_text()]


def words(ax: Axes) -> list[str]:
    """The labels inside the axes."""
    return [each.get_text() for each in [*ax.texts, *labels(ax)] if each.get_visible()]


def legend_words(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [each.get_text() for each in legend.get_texts()] if legend else []


def areas(ax: Axes) -> dict[str, StepPatch]:
    """The stacked steps of a chart, by name."""
    return {
        str(each.get_label()): each
        for each in ax.patches
        if isinstance(each, StepPatch) and each.get_fill()
    }


def overlap(one: Bbox, other: Bbox, slack: float = 0.5) -> bool:
    """Whether two boxes share more than `slack` pixels in both directions."""
    return (
        min(one.x1, other.x1) - max(one.x0, other.x0) > slack
        and min(one.y1, other.y1) - max(one.y0, other.y0) > slack
    )


def faults(ax: Axes) -> list[str]:
    """What is cut off by the edge of the figure, and which texts cover each other."""
    boxes = [(each.get_text(), each.get_window_extent()) for each in texts(ax)]
    edge = ax.figure.bbox
    wrong = [
        f"{text} is cut off"
        for text, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > edge.x1 + 1 or box.y1 > edge.y1 + 1
    ]
    wrong += [
        f"{one} covers {other}" for (one, a), (other, b) in combinations(boxes, 2) if overlap(a, b)
    ]
    legend, frame = ax.get_legend(), ax.get_window_extent()
    if legend and overlap(legend.get_window_extent(), frame, 1.0):
        wrong.append("the legend covers the axes")
    return wrong


def contrast(one: Any, other: Any) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2)."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Any) -> float:
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4
        for each in to_rgb(colour)
    ]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def a_timeline(rows: int, workers: int = 5, **columns: Any) -> pd.DataFrame:
    """Attempts of all kinds and classes, worker by worker, with waits of many lengths."""
    numbers = np.arange(rows)
    service_s = 0.25 + numbers * 7 % 11 / 4
    start_s = np.zeros(rows)
    for number in range(workers, rows):
        start_s[number] = start_s[number - workers] + service_s[number - workers]
    ready_s = np.maximum(0.0, start_s - numbers * 5 % 13 / 8)
    return pd.DataFrame(
        {
            "order_id": [f"ORD-{number // 4:03}" for number in numbers],
            "task_id": [f"T{number}" for number in numbers],
            "kind": [("inventory", "packing", "shipping")[number % 3] for number in numbers],
            "priority": [("express", "standard", "standard")[number % 3] for number in numbers],
            "worker": numbers % workers,
            "attempt": 1,
            "ready_s": ready_s,
            "start_s": start_s,
            "finish_s": start_s + service_s,
            "wait_s": start_s - ready_s,
            "service_s": service_s,
            "outcome": "succeeded",
            "error": "",
        }
        | columns
    )
