"""The chart of waits, read from its artists: where lines, marks and labels lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from chart_places import (
    BUSY,
    SIZES,
    a_timeline,
    axes,
    drawn,
    faults,
    legend_words,
    words,
)
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from fulfillment_lib import simulate
from fulfillment_lib.analysis.kpis import kpis
from fulfillment_lib.charts import plot_waits
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.samples import sample_orders

pytestmark = pytest.mark.slow  # each test draws

DAY = simulate(sample_orders())


def waits(given: Any, **options: Any) -> Axes:
    return drawn(plot_waits, given, **options)


def lines(ax: Axes) -> dict[str, Line2D]:
    return {str(each.get_label()): each for each in ax.lines if each.get_drawstyle() != "default"}


def marks(ax: Axes, label: str) -> list[tuple[float, float]]:
    return [
        (float(x), float(y))
        for each in ax.lines
        if each.get_label() == label
        for x, y in np.asarray(each.get_xydata())
    ]


@pytest.mark.parametrize("run", [BUSY, DAY])
def test_at_each_wait_the_line_is_at_the_share_that_waits_at_most_so_long(run: Any) -> None:
    table = run.timeline()
    for name, line in lines(waits(run)).items():
        wait_s = table.loc[table["priority"] == name, "wait_s"].to_numpy()
        x, y = (np.asarray(each) for each in line.get_data())
        assert line.get_drawstyle() == "steps-post"
        for each in wait_s:
            assert y[x <= each].max() == pytest.approx((wait_s <= each).mean())


def test_a_line_begins_at_nothing_and_ends_at_the_longest_wait_with_all() -> None:
    table = BUSY.timeline()
    for name, line in lines(waits(BUSY)).items():
        x, y = (list(each) for each in line.get_data())  # type: ignore[call-overload]
        assert (x[0], y[0]) == (0.0, 0.0)
        assert (x[-1], y[-1]) == (table[table["priority"] == name]["wait_s"].max(), 1.0)


def test_marks_show_mean_and_95th_percentile_of_the_key_figures() -> None:
    ax, figures = waits(BUSY), kpis(BUSY, "priority")
    assert [x for x, _ in marks(ax, "mean")] == pytest.approx(list(figures["wait_mean_s"]))
    assert marks(ax, "95th percentile") == [
        (pytest.approx(each), 0.95) for each in figures["wait_p95_s"]
    ]


def test_a_mean_lies_on_its_line() -> None:
    ax = waits(BUSY)
    for (mean_s, share), line in zip(marks(ax, "mean"), lines(ax).values(), strict=True):
        x, y = (np.asarray(each) for each in line.get_data())
        assert share == y[x <= mean_s].max()


def test_the_legend_has_the_key_figures_of_each_class_beside_the_marks_that_show_them() -> None:
    assert legend_words(waits(BUSY)) == [
        "express (103 attempts): ● mean 0.564 s, ◆ 95 % within 1.9 s",
        "standard (226 attempts): ● mean 14.1 s, ◆ 95 % within 31.8 s",
    ]
    assert legend_words(waits(a_timeline(1, ready_s=0.0)))[0] == (
        "express (1 attempt): ● mean 0 s, ◆ 95 % within 0 s"
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("given", [BUSY, a_timeline(30, 2)], ids=["run", "table"])
def test_no_words_lie_among_the_lines(given: Any, size: tuple[float, ...]) -> None:
    ax = waits(given, size=size)
    frame = ax.get_window_extent()
    assert not words(ax)
    assert ax.get_legend().get_window_extent().y0 >= frame.y1


def test_all_other_priorities_are_one_class_and_each_class_has_a_line_of_its_own() -> None:
    ax = waits(a_timeline(30, 2, priority=["0", "7", "express", "standard", "x"] * 6))
    assert list(lines(ax)) == ["express", "standard", "other"]
    assert len({each.get_linestyle() for each in lines(ax).values()}) == 3


def test_the_title_says_how_long_nearly_all_wait_unless_one_is_given() -> None:
    table = BUSY.timeline()["wait_s"]
    assert waits(BUSY).get_title("left") == (
        f"329 attempts: mean wait {table.mean():.1f} s, 95 % wait at most "
        f"{table.quantile(0.95):.1f} s"
    )
    assert waits(BUSY, title="Who $waits$?").get_title("left") == "Who $waits$?"


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rows", [3, 30, 300])
def test_nothing_is_cut_off_or_covered(rows: int, size: tuple[float, ...]) -> None:
    priority = [("express", "standard", "7")[number % 3] for number in range(rows)]
    assert faults(waits(a_timeline(rows, 2, priority=priority), size=size)) == []


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_nothing_of_a_run_is_cut_off_or_covered(size: tuple[float, ...]) -> None:
    assert faults(waits(BUSY, size=size)) == []


@pytest.mark.parametrize("given", [simulate(()), a_timeline(0)], ids=["run", "table"])
def test_an_empty_run_is_an_empty_chart(given: Any) -> None:
    ax = waits(given)
    assert ax.get_title("left") == "No attempts, no waits"
    assert not ax.lines and not words(ax) and not legend_words(ax) and faults(ax) == []


def test_a_run_in_which_nobody_waits_is_drawn() -> None:
    ax = waits(a_timeline(5, ready_s=0.0))
    assert {tuple(np.asarray(each.get_xdata())) for each in lines(ax).values()} <= {
        (0.0,) * 2,
        (0.0,) * 3,
        (0.0,) * 4,
    }
    assert faults(ax) == []


def test_only_runs_timelines_and_axes_are_taken() -> None:
    with pytest.raises(ArgumentError, match=r"run_or_table must be a run or its timeline\(\), got"):
        plot_waits("run", ax=axes())  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="priority is missing"):
        plot_waits(a_timeline(3).drop(columns="priority"), ax=axes())
    with pytest.raises(ArgumentError, match="ax must be a"):
        plot_waits(BUSY, ax=axes().figure)  # type: ignore[arg-type]
