"""The utilization chart, read from its artists: how high the steps are, and where labels lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from chart_places import BUSY, SIZES, a_timeline, areas, axes, drawn, faults, legend_words, words
from matplotlib.axes import Axes

from fulfillment_lib import simulate
from fulfillment_lib.analysis.kpis import kpis
from fulfillment_lib.charts import plot_utilization
from fulfillment_lib.charts.style import look
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.samples import sample_orders
from fulfillment_lib.settings import Durations

pytestmark = pytest.mark.slow  # each test draws

DAY = simulate(sample_orders())


def utilization(given: Any, **options: Any) -> Axes:
    return drawn(plot_utilization, given, **options)


@pytest.mark.parametrize("given", [BUSY, DAY, DAY.timeline()])
def test_the_area_of_a_kind_is_its_service_time(given: Any) -> None:
    table = given if isinstance(given, pd.DataFrame) else given.timeline()
    found = {}
    for name, patch in areas(utilization(given)).items():
        values, edges, baseline = patch.get_data()
        found[name] = float(np.dot(values - baseline, np.diff(edges)))
    assert list(found) == ["inventory", "packing", "shipping"]
    assert found == pytest.approx(table.groupby("kind")["service_s"].sum().to_dict())


def test_no_more_workers_are_busy_than_there_are() -> None:
    tops = [each.get_data().values.max() for each in areas(utilization(BUSY)).values()]
    assert max(tops) == 5


def test_who_starts_when_another_ends_makes_no_step() -> None:
    table = a_timeline(3, 1, start_s=[0.0, 2.0, 4.0], finish_s=[2.0, 3.0, 5.0], kind="packing")
    values, edges, _ = areas(utilization(table))["packing"].get_data()
    assert list(values) == [1, 1, 0, 1]
    assert list(edges) == [0.0, 2.0, 3.0, 4.0, 5.0]


def test_a_line_and_a_label_show_how_many_workers_there_are() -> None:
    ax = utilization(simulate(sample_orders(), workers=40))
    (line,) = (each for each in ax.lines if each.get_label() == "workers")
    assert set(np.asarray(line.get_ydata())) == {40}
    assert "40 workers" in words(ax)
    assert ax.get_yticks()[-1] == 40


def test_a_table_has_workers_up_to_the_last_one_used() -> None:
    assert utilization(a_timeline(3)).get_title("left").startswith("3 workers, ")
    assert utilization(a_timeline(3, 1)).get_title("left") == "1 worker, utilization 100 %"


@pytest.mark.parametrize("run", [BUSY, DAY])
def test_the_title_has_the_utilization_and_the_legend_the_parts_of_it(run: Any) -> None:
    ax = utilization(run)
    whole, parts = kpis(run)["utilization"][0], kpis(run, "kind")["utilization"]
    assert ax.get_title("left") == f"5 workers, utilization {whole * 100:.1f} %"
    shown = [float(each.split(": ")[1].removesuffix(" %")) for each in legend_words(ax)]
    assert shown == pytest.approx(list(parts * 100), abs=0.051)


def test_all_kinds_of_other_work_are_one() -> None:
    ax = utilization(a_timeline(30, kind=["paint", "wrap", "packing"] * 10))
    assert list(areas(ax)) == ["packing", "other work"]
    assert areas(ax)["other work"].get_hatch() == look("paint")[1]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("quality", "quality"),
        ("", "task"),
        ("_x", "_x"),
        ("a\u202e$b$" + "c" * 40, "a\\u202e$b$…ccccccccc"),
    ],
)
def test_the_only_kind_of_other_work_has_its_own_name(kind: str, name: str) -> None:
    ax = utilization(a_timeline(30, kind=[kind, "packing", "packing"] * 10))
    assert [each.rpartition(":")[0] for each in legend_words(ax)] == ["packing", name]
    assert [each.get_hatch() for each in areas(ax).values()] == ["////", look(kind)[1]]
    assert faults(ax) == []


def test_a_title_can_state_a_finding() -> None:
    assert utilization(DAY, title="Two are $idle$").get_title("left") == "Two are $idle$"


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rows", [3, 30, 300])
def test_nothing_is_cut_off_or_covered(rows: int, size: tuple[float, ...]) -> None:
    kinds = [("inventory", "packing", "shipping", "wrap")[number % 4] for number in range(rows)]
    assert faults(utilization(a_timeline(rows, 40, kind=kinds), size=size)) == []


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_nothing_of_a_run_is_cut_off_or_covered(size: tuple[float, ...]) -> None:
    assert faults(utilization(BUSY, size=size)) == []


@pytest.mark.parametrize(
    ("given", "title"),
    [(simulate(()), "5 workers, utilization 0 %"), (a_timeline(0), "1 worker, utilization 0 %")],
)
def test_an_empty_run_is_an_empty_chart(given: Any, title: str) -> None:
    ax = utilization(given)
    assert ax.get_title("left") == title
    assert not ax.patches and not legend_words(ax) and faults(ax) == []
    assert list(ax.get_xticks()) == [0.0]


def test_a_run_that_takes_no_time_is_drawn() -> None:
    ax = utilization(simulate(sample_orders(3), durations=Durations.constant(0, 0, 0)))
    assert not ax.patches and faults(ax) == []


def test_only_runs_timelines_and_axes_are_taken() -> None:
    with pytest.raises(ArgumentError, match=r"run_or_table must be a run or its timeline\(\), got"):
        plot_utilization(None, ax=axes())  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="worker is missing"):
        plot_utilization(a_timeline(3).drop(columns="worker"), ax=axes())
    with pytest.raises(ArgumentError, match="ax must be a"):
        plot_utilization(DAY, ax=7)  # type: ignore[arg-type]
