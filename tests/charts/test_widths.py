"""Charts from the width of a telephone to that of a page: all that is written is within."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from chart_places import BUSY, labels
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from fulfillment_lib import Durations, sample_orders, simulate
from fulfillment_lib.charts import (
    plot_anatomy,
    plot_gains,
    plot_gantt,
    plot_gantts,
    plot_key,
    plot_plan,
    plot_queue,
    plot_utilization,
    plot_waits,
)
from fulfillment_lib.charts.style import LABEL_SIZE

pytestmark = pytest.mark.slow  # each test draws

DAY, THREE = (simulate(sample_orders(12), workers=workers) for workers in (5, 3))
HOURS = Durations(inventory=(1_000.0, 0.5), packing=(4_000.0, 0.5), shipping=(2_000.0, 0.5))
SLOW = simulate(sample_orders(12), durations=HOURS, timeout_s=1e5)
SMALLEST_PX = 9.0
CHARTS: dict[str, tuple[int, Callable[[Any, Any], object]]] = {
    "gantt": (1, lambda run, ax: plot_gantt(run, ax=ax)),
    "gantt by order": (1, lambda run, ax: plot_gantt(run, by="order", ax=ax)),
    "gantt with another": (1, lambda run, ax: plot_gantt(run, ghost=THREE, ax=ax)),
    "gantts": (2, lambda run, ax: plot_gantts([run, THREE], ax=ax)),
    "gantts with names": (2, lambda run, ax: plot_gantts(NAMED | {"now": run}, ax=ax, title=LONG)),
    "plan": (1, lambda run, ax: plot_plan(run, run.orders[6].id, ax=ax)),
    "queue": (1, lambda run, ax: plot_queue(run, ax=ax)),
    "utilization": (1, lambda run, ax: plot_utilization(run, ax=ax)),
    "anatomy": (1, lambda run, ax: plot_anatomy(run, ax=ax)),
    "anatomy of one": (1, lambda run, ax: plot_anatomy(run, run.orders[5].id, ax=ax)),
    "waits": (1, lambda run, ax: plot_waits(run, ax=ax)),
    "gains": (1, lambda run, ax: plot_gains(run, THREE, ax=ax)),
    "key": (1, lambda _, ax: plot_key(ax=ax)),
}
NAMED = {"three workers, and the express orders first": THREE}
LONG = "With three workers the last order ends later, and the others wait\nfor longer than before"


def drawn(chart: str, run: Any, width: float) -> Figure:
    panels, plot = CHARTS[chart]
    figure = Figure((width, 4.0 + panels), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    plot(run, figure.subplots(panels))
    figure.canvas.draw()
    return figure


def shown(figure: Figure) -> Sequence[Text]:
    found = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


@pytest.mark.parametrize("width", [3.6, 4.7, 8.5, 9.6])
@pytest.mark.parametrize("run", [BUSY, SLOW], ids=["a busy day", "hours"])
@pytest.mark.parametrize("chart", CHARTS)
def test_no_text_leaves_the_figure_and_no_letter_is_tiny(chart, run, width):
    figure = drawn(chart, run, width)
    texts, edge = shown(figure), figure.bbox
    assert texts
    boxes = {text.get_text(): text.get_window_extent() for text in texts}
    for ax in figure.axes:
        boxes |= {label.text: label.extent for label in labels(ax)}
    assert [
        (words, box)
        for words, box in boxes.items()
        if box.x0 < -1 or box.y0 < -1 or box.x1 > edge.x1 + 1 or box.y1 > edge.y1 + 1
    ] == []
    sizes_pt = [LABEL_SIZE, *(text.get_fontsize() for text in texts)]
    assert min(sizes_pt) * figure.dpi / 72 >= SMALLEST_PX


@pytest.mark.parametrize("width", [3.6, 4.7, 8.5, 9.6])
@pytest.mark.parametrize("run", [DAY, SLOW], ids=["a day", "hours"])
def test_the_last_tick_is_the_makespan_at_any_width(run, width):
    for chart in ("gantt", "queue", "utilization"):
        (ax,) = drawn(chart, run, width).axes
        assert isinstance(ax, Axes)
        assert ax.get_xticks()[-1] == run.makespan_s
        assert ax.get_xticklabels()[-1].get_text()


@pytest.mark.parametrize("width", [3.6, 4.7])
def test_a_title_of_two_lines_lies_between_legend_and_panel(width):
    figure = drawn("gantts with names", DAY, width)
    ax = figure.axes[0]
    title, legend = ax._left_title.get_window_extent(), ax.get_legend()  # type: ignore[attr-defined]
    assert "\n" in ax.get_title(loc="left") and legend is not None
    assert legend.get_window_extent().y0 >= title.y1 >= ax.get_window_extent().y1
    heads = [text.get_window_extent() for text in ax.texts if text.get_gid() == "title"]
    assert len(heads) > 2 and min(head.y0 for head in heads) >= legend.get_window_extent().y1
