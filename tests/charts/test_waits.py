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
    overlap,
    texts,
    words,
)
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from fulfillment_lib import simulate
from fulfillment_lib.analysis.kpis import kpis
from fulfillment_lib.charts import plot_waits
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.samples import sample_orders

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


@pytest.mark.parametrize("run", [BUSY, DAY])
def test_marks_are_labelled_directly(run: Any) -> None:
    shown = words(waits(run))
    assert len(shown) == 4
    for name in ("express", "standard"):
        for mark in ("mean", "95 % within"):
            assert any(each.startswith(f"{name}: {mark} ") for each in shown)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("given", [BUSY, DAY, a_timeline(300, 2), a_timeline(30, 2)])
def test_no_label_covers_a_line_or_a_mark(given: Any, size: tuple[float, ...]) -> None:
    ax = waits(given, size=size)
    spots = []
    for line in lines(ax).values():
        x, y = (np.asarray(each) for each in line.get_data())
        fine = np.linspace(0.0, x[-1], 3000)
        level = y[np.searchsorted(x, fine, "right") - 1]
        risers = [
            (at, part)
            for at, low, high in zip(x[1:], y, y[1:], strict=False)
            for part in (low, high)
        ]
        spots += [*zip(fine, level, strict=True), *risers]
    spots += marks(ax, "mean") + marks(ax, "95th percentile")
    px = ax.transData.transform(spots)
    for label in (each for each in ax.texts if each.get_visible()):
        box = label.get_window_extent()
        inside = (
            (px[:, 0] > box.x0) & (px[:, 0] < box.x1) & (px[:, 1] > box.y0) & (px[:, 1] < box.y1)
        )
        assert not inside.any(), label


def test_the_legend_counts_attempts_and_explains_the_marks() -> None:
    assert legend_words(waits(BUSY)) == [
        "express (103 attempts)",
        "standard (226 attempts)",
        "mean",
        "95th percentile",
    ]


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


def test_labels_go_away_before_they_cover_anything_in_a_smaller_figure() -> None:
    ax = waits(BUSY)
    figure: Any = ax.figure
    figure.set_size_inches(6.5, 2.2)
    figure.canvas.draw()
    labels = [each.get_window_extent() for each in texts(ax) if each in ax.texts]
    assert not any(overlap(one, other) for one in labels for other in labels if one is not other)
    frame = Bbox(ax.get_window_extent())
    assert all(frame.x0 <= each.x0 and each.x1 <= frame.x1 + 1 for each in labels)


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
