"""The queue chart, read from its artists: how high the steps are, and where labels lie."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from chart_places import (
    BUSY,
    SIZES,
    a_timeline,
    areas,
    axes,
    contrast,
    drawn,
    faults,
    legend_words,
    words,
)
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch

from fulfillment_lib import simulate
from fulfillment_lib.analysis.kpis import kpis
from fulfillment_lib.charts import plot_queue
from fulfillment_lib.charts.classes import class_looks
from fulfillment_lib.charts.palette import LIGHT
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.samples import sample_orders
from fulfillment_lib.settings import Durations

pytestmark = pytest.mark.slow  # each test draws


def queue(given: Any, **options: Any) -> Axes:
    return drawn(plot_queue, given, **options)


def integral(patch: StepPatch) -> float:
    values, edges, baseline = patch.get_data()
    return float(np.dot(values - baseline, np.diff(edges)))


def heights(patch: StepPatch) -> dict[float, int]:
    """Where the steps begin, and how high they are."""
    values, edges, baseline = patch.get_data()
    return dict(zip(edges, values - baseline, strict=False))


@pytest.mark.parametrize("given", [BUSY, BUSY.timeline(), simulate(sample_orders(), workers=1)])
def test_the_area_of_a_class_is_the_sum_of_its_waits(given: Any) -> None:
    table = given if isinstance(given, pd.DataFrame) else given.timeline()
    found = {name: integral(each) for name, each in areas(queue(given)).items()}
    assert found == pytest.approx(table.groupby("priority")["wait_s"].sum().to_dict())


def test_a_step_goes_up_when_a_task_is_ready_and_down_when_it_starts() -> None:
    table = a_timeline(
        4,
        4,
        ready_s=[0.0, 1.0, 1.0, 2.0],
        start_s=[0.0, 3.0, 2.0, 2.0],
        finish_s=[5.0, 5.0, 5.0, 6.0],
        priority="standard",
    )
    patch = areas(queue(table))["standard"]
    assert heights(patch) == {0.0: 0, 1.0: 2, 2.0: 1, 3.0: 0}
    assert patch.get_data().edges[-1] == 6.0


def test_express_lies_at_the_bottom_and_standard_on_top_of_it() -> None:
    express, standard = (areas(queue(BUSY))[name] for name in ("express", "standard"))
    assert not np.any(express.get_data().baseline)
    assert np.array_equal(standard.get_data().baseline, express.get_data().values)


def test_all_other_priorities_are_one_class() -> None:
    table = a_timeline(30, 2, priority=["0", "7", "express"] * 10)
    assert list(areas(queue(table))) == ["express", "other"]


def test_title_and_legend_tell_the_lengths_that_the_key_figures_have() -> None:
    ax = queue(BUSY)
    row = kpis(BUSY).iloc[0]
    assert ax.get_title("left") == "Queue for workers: 20.0 on average, 51 at most"
    assert (round(row["queue_mean"], 1), row["queue_max"]) == (20.0, 51)
    assert legend_words(ax) == [
        "express: 0.357 on average, 6 at most",
        "standard: 19.7 on average, 49 at most",
    ]
    assert ax.get_yticks()[-1] == 51
    assert ax.get_xticks()[-1] == BUSY.makespan_s


def test_a_title_can_state_a_finding() -> None:
    assert queue(BUSY, title="Five are $too$ few").get_title("left") == "Five are $too$ few"
    assert queue(BUSY, title="").get_title("left") == ""


def test_no_words_lie_on_the_areas() -> None:
    assert words(queue(BUSY)) == []


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rows", [3, 30, 300])
def test_nothing_is_cut_off_or_covered(rows: int, size: tuple[float, ...]) -> None:
    priority = [("express", "standard", "7")[number % 3] for number in range(rows)]
    assert faults(queue(a_timeline(rows, 2, priority=priority), size=size)) == []


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_nothing_of_a_run_is_cut_off_or_covered(size: tuple[float, ...]) -> None:
    assert faults(queue(BUSY, size=size)) == []


@pytest.mark.parametrize("given", [simulate(()), a_timeline(0)], ids=["run", "table"])
def test_an_empty_run_is_an_empty_chart(given: Any) -> None:
    ax = queue(given)
    assert ax.get_title("left") == "Queue for workers: 0 on average, 0 at most"
    assert not ax.patches and not legend_words(ax) and faults(ax) == []
    assert [list(ax.get_xticks()), list(ax.get_yticks())] == [[0.0], [0.0]]


def test_a_run_that_takes_no_time_is_drawn() -> None:
    ax = queue(simulate(sample_orders(3, gap_s=0.0), durations=Durations.constant(0, 0, 0)))
    assert not ax.patches and faults(ax) == []


def test_classes_differ_without_colour_and_from_the_kinds_of_tasks() -> None:
    for one, other in itertools.combinations(class_looks().values(), 2):
        assert one.hatch != other.hatch and one.dashes != other.dashes
        assert contrast(one.colour, other.colour) >= 1.5
    for look in class_looks().values():
        assert contrast(look.colour, "white") >= 3.0
        assert look.colour not in LIGHT.kinds.values()


def test_only_runs_timelines_and_axes_are_taken() -> None:
    with pytest.raises(ArgumentError, match=r"run_or_table must be a run or its timeline\(\), got"):
        plot_queue([1], ax=axes())  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="ready_s is missing"):
        plot_queue(a_timeline(3).drop(columns="ready_s"), ax=axes())
    with pytest.raises(ArgumentError, match="ax must be a"):
        plot_queue(BUSY, ax=axes().figure)  # type: ignore[arg-type]
