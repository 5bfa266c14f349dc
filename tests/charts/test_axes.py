"""The axes of charts: ticks that are round, end at the end, and have room."""

import itertools
from functools import partial

import chart_places
import pytest
from child import python

from fulfillment_lib.charts.axes import LaneLocator, TimeLocator, new_axes, set_ticks
from fulfillment_lib.charts.style import seconds
from fulfillment_lib.errors import ArgumentError

pytestmark = pytest.mark.slow  # each test draws

axes = partial(chart_places.axes, layout=None)


@pytest.mark.parametrize("dpi", [72, 200])
@pytest.mark.parametrize("width", [1.5, 10])
@pytest.mark.parametrize("end_s", [0.000001, 0.004, 0.7, 7.0, 36.7, 99.9, 1000.5, 21588.9, 1e6])
def test_time_ticks_are_round_end_at_the_end_and_have_room(end_s, width, dpi):
    ax = axes(width, dpi=dpi)
    ax.set_xlim(0.0, end_s)
    set_ticks(ax.xaxis, TimeLocator(end_s), seconds)
    ax.figure.canvas.draw()
    ticks, labels = list(ax.get_xticks()), [each.get_text() for each in ax.get_xticklabels()]
    assert ticks == sorted(set(ticks)) and ticks[-1] == end_s
    assert len(set(labels)) == len(labels)
    boxes = [each.get_window_extent() for each in ax.get_xticklabels()]
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(boxes))
    steps = {round((other - one) / end_s, 9) for one, other in itertools.pairwise(ticks[:-1])}
    assert len(steps) <= 1


@pytest.mark.parametrize(
    ("width", "ticks"),
    [
        (10, [0, 5, 10, 15, 20, 25, 30, 35.6]),
        (3, [0, 5, 10, 15, 20, 25, 35.6]),
        (1.5, [0, 10, 20, 35.6]),
        (0.3, [35.6]),
    ],
)
def test_time_ticks_are_as_many_as_there_is_room_for(width, ticks):
    ax = axes(width)
    ax.set_xlim(0.0, 35.6)
    ax.xaxis.set_major_locator(TimeLocator(35.6))
    assert list(ax.get_xticks()) == ticks


@pytest.mark.parametrize("lanes", [1, 5, 37, 1000])
@pytest.mark.parametrize("height", [0.3, 3, 14])
def test_lane_ticks_begin_at_zero_and_have_room(lanes, height):
    ax = axes(height=height)
    ax.set_ylim(lanes - 0.5, -0.5)
    set_ticks(ax.yaxis, LaneLocator(lanes), lambda lane: f"worker {lane:.0f}")
    ax.figure.canvas.draw()
    ticks = list(ax.get_yticks())
    assert ticks[0] == 0 and set(ticks) <= set(range(lanes))
    boxes = [each.get_window_extent() for each in ax.get_yticklabels()]
    assert all(one.y0 >= other.y1 for one, other in itertools.pairwise(boxes))


def test_given_axes_are_used_and_anything_else_is_refused():
    ax = axes()
    assert new_axes(ax, 1, 1) is ax
    for wrong in (ax.figure, "ax", 0, [ax]):
        with pytest.raises(ArgumentError, match="ax must be a"):
            new_axes(wrong, 1, 1)


WITH_AXES_GIVEN = """
import io, sys
from matplotlib.figure import Figure
from fulfillment_lib import charts, sample_orders, simulate
run, figure = simulate(sample_orders(1)), Figure()
for name in charts.__all__:
    figure.clear()
    figure.subplots()
    given = {"plot_gantts": ([run],), "plot_gains": (run, run), "plot_key": ()}
    getattr(charts, name)(*given.get(name, (run,)), ax=figure.axes[0])
    figure.savefig(io.BytesIO())
sys.exit("matplotlib.pyplot" in sys.modules)
"""


def test_with_axes_given_pyplot_stays_out():
    process = python(WITH_AXES_GIVEN)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
