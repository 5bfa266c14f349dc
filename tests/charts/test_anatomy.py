"""The chart of lead times, read from its artists: where bars, lines and labels lie."""

from __future__ import annotations

import io
import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from chart_places import BUSY, SIZES, axes, contrast, drawn, faults, legend_words, texts
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection

from fulfillment_lib import simulate
from fulfillment_lib.analysis.anatomy import SEGMENTS, anatomy
from fulfillment_lib.charts import plot_anatomy
from fulfillment_lib.charts.anatomy import segment_look
from fulfillment_lib.charts.palette import LIGHT
from fulfillment_lib.charts.style import seconds
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.samples import sample_orders
from fulfillment_lib.settings import Durations

pytestmark = pytest.mark.slow  # each test draws

DAY = simulate(sample_orders())
TABLE = anatomy(BUSY)


def chart(*given: Any, **options: Any) -> Axes:
    return drawn(plot_anatomy, *given, **options)


def bars(ax: Axes) -> list[tuple[int, float, float, str]]:
    """(lane, left, right, segment) of every bar, from the top and from the left."""
    found = []
    for each in ax.collections:
        if isinstance(each, PolyCollection):
            for path in each.get_paths():
                box = path.get_extents()
                found.append((round((box.y0 + box.y1) / 2), box.x0, box.x1, str(each.get_label())))
    return sorted(found)


def names(ax: Axes) -> list[str]:
    return [each.get_text() for each in ax.get_yticklabels()]


@pytest.mark.parametrize("order_id", ["ORD-001", "ORD-005", "ORD-029", "ORD-063"])
def test_the_bars_of_a_waterfall_add_up_to_the_lead_time(order_id: str) -> None:
    report, found = BUSY.report(order_id), bars(chart(BUSY, order_id))
    assert sum(right - left for _, left, right, _ in found) == pytest.approx(report.lead_time_s)
    assert found[0][1] == 0.0
    assert found[-1][2] == report.lead_time_s


def test_each_row_of_a_waterfall_begins_where_the_one_above_ended() -> None:
    ax = chart(BUSY, "ORD-029")
    found = bars(ax)
    assert [lane for lane, *_ in found] == list(range(len(found)))
    assert ax.yaxis_inverted()
    assert all(one[2] == other[1] for one, other in itertools.pairwise(found))
    (falls,) = (each for each in ax.collections if isinstance(each, LineCollection))
    assert [line[0][0] for line in falls.get_segments()] == [each[2] for each in found[:-1]]


def test_a_row_says_what_it_is_and_its_seconds() -> None:
    ax = chart(BUSY, "ORD-005", size=(10, 6, 100))
    rows = TABLE[TABLE["order_id"] == "ORD-005"]
    assert [each[3] for each in bars(ax)] == list(rows["segment"])
    assert [each.split("   ")[1] for each in names(ax)] == [
        f"{seconds(each)} s" for each in rows["seconds"]
    ]
    assert names(ax)[0] == "timed-out attempt (inventory)   10 s"


def test_the_end_of_a_waterfall_is_marked_by_a_line_and_the_last_tick() -> None:
    ax = chart(BUSY, "ORD-005")
    assert ax.spines["right"].get_visible()
    assert ax.get_xlim()[1] == ax.get_xticks()[-1] == BUSY.report("ORD-005").lead_time_s


@pytest.mark.parametrize("given", [BUSY, TABLE], ids=["run", "table"])
def test_the_lane_of_an_order_is_as_long_as_its_lead_time(given: Any) -> None:
    lanes: dict[int, list[tuple[float, float]]] = {}
    for lane, left, right, _ in bars(chart(given)):
        lanes.setdefault(lane, []).append((left, right))
    assert len(lanes) == 70
    for report, parts in zip(BUSY.reports, lanes.values(), strict=True):
        assert parts[0][0] == 0.0 and parts[-1][1] == report.lead_time_s
        assert all(one[1] == other[0] for one, other in itertools.pairwise(parts))


def test_several_orders_stand_in_the_order_given() -> None:
    chosen = ["ORD-029", "ORD-005", "ORD-040"]
    ax = chart(BUSY, chosen)
    assert names(ax) == [f"{each}   {seconds(BUSY.report(each).lead_time_s)} s" for each in chosen]
    assert max(right for lane, _, right, _ in bars(ax) if lane == 1) == pytest.approx(
        BUSY.report("ORD-005").lead_time_s
    )
    assert len(names(chart(BUSY, ("ORD-005",)))) == 1


def test_the_legend_has_the_shares_of_what_occurs_in_the_order_of_all_words() -> None:
    shown = legend_words(chart(BUSY))
    whole = TABLE["seconds"].sum()
    share = TABLE.groupby("segment")["seconds"].sum() / whole * 100
    expected = [each for each in SEGMENTS if each in share]
    assert [each.rsplit(" ", 2)[0] for each in shown] == expected
    assert [float(each.rsplit(" ", 2)[1]) for each in shown] == pytest.approx(
        list(share[expected]), abs=0.051
    )
    assert legend_words(chart(BUSY, "ORD-005")) == []


def test_the_title_tells_the_lead_time_and_its_largest_part_unless_one_is_given() -> None:
    assert chart(BUSY, "ORD-005").get_title("left") == (
        "ORD-005: lead time 18.7 s; largest part: timed-out attempt (53.4 %)"
    )
    assert chart(BUSY).get_title("left") == (
        "70 orders, mean lead time 42.6 s; largest part: waiting for a worker (75.8 %)"
    )
    assert chart(BUSY, "ORD-005", title="A $slow$ one").get_title("left") == "A $slow$ one"


def test_segments_differ_in_colour_or_brightness_and_in_pattern() -> None:
    looks = [segment_look(each) for each in SEGMENTS]
    assert len({look[:2] for look in looks}) == len(SEGMENTS)
    for one, other in itertools.combinations(looks, 2):
        assert one[1] != other[1] or contrast(one[0], other[0]) >= 1.5
    for colour, pattern, of_pattern in looks:
        *rgb, strength = of_pattern if isinstance(of_pattern, tuple) else (0.6, 0.6, 0.6, 1.0)
        base = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
        lines = tuple(strength * np.array(rgb) + (1 - strength) * base)
        assert not pattern or contrast(lines, colour) >= 1.3
        assert contrast(LIGHT.ink, colour) >= 3.0  # the edge of a bar


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("orders", [3, 30, 300])
def test_nothing_is_cut_off_or_covered(orders: int, size: tuple[float, ...]) -> None:
    many = pd.concat([TABLE.assign(order_id=TABLE["order_id"] + f"-{part}") for part in range(5)])
    ids = list(dict.fromkeys(many["order_id"]))[:orders]
    ax = chart(many, ids, size=size)
    assert faults(ax) == []
    assert len(names(ax)) == orders or orders > 3
    assert 1 <= len(names(ax)) <= size[1] * 72 / 12


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("order_id", ["ORD-001", "ORD-029"])
def test_nothing_of_a_waterfall_is_cut_off_or_covered(
    order_id: str, size: tuple[float, ...]
) -> None:
    assert faults(chart(TABLE, order_id, size=size)) == []


@pytest.mark.parametrize("given", [simulate(()), anatomy(simulate(()))], ids=["run", "table"])
def test_an_empty_run_is_an_empty_chart(given: Any) -> None:
    ax = chart(given)
    assert ax.get_title("left") == "0 orders, mean lead time 0 s"
    assert not bars(ax) and not legend_words(ax) and faults(ax) == []
    assert chart(DAY, []).get_title("left") == "0 orders, mean lead time 0 s"


def test_an_order_without_a_segment_has_an_empty_lane() -> None:
    run = simulate(sample_orders(2, gap_s=0.0), durations=Durations.constant(0, 0, 0))
    ax = chart(run)
    assert names(ax) == ["ORD-001   0 s", "ORD-002   0 s"] and not bars(ax)
    assert chart(run, "ORD-001").get_title("left") == "ORD-001: lead time 0 s"


@pytest.mark.parametrize("name", ["$x$", "$\\frac$", "a\u202eb", "_x", "日本語", "x" * 100, "a\nb"])
def test_hostile_ids_are_drawn_harmlessly(name: str) -> None:
    table = anatomy(DAY)
    first, second = table["order_id"].unique()[:2]
    table["order_id"] = table["order_id"].replace({first: name, second: name + "$2"})
    for ax in (chart(table, [name, name + "$2"]), chart(table, name)):
        assert faults(ax) == []
        assert all(
            each.get_text().isprintable() for each in texts(ax) if each is not ax._left_title
        )  # type: ignore[attr-defined]
    ax = chart(table, [name])
    ax.figure.set_size_inches(12, 9)  # type: ignore[union-attr]
    ax.figure.canvas.draw()
    if name == "$x$":
        assert names(ax)[0].startswith(r"\$x\$   ")  # what Matplotlib draws as $x$


def test_a_table_that_went_through_a_file_is_drawn_as_before() -> None:
    again = pd.read_csv(io.StringIO(TABLE.to_csv(index=False)))
    before = again.copy(deep=True)
    assert bars(chart(again)) == bars(chart(TABLE))
    pd.testing.assert_frame_equal(again, before)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"run_or_table must be a run or its anatomy\(\), got"):
        plot_anatomy(None, ax=axes())  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="segment is missing"):
        plot_anatomy(BUSY.timeline(), ax=axes())
    with pytest.raises(ArgumentError, match="order_id must be a known name, got 'ORD-05'; did you"):
        plot_anatomy(BUSY, "ORD-05", ax=axes())
    with pytest.raises(ArgumentError, match="order_id must be unique, got 'ORD-005'"):
        plot_anatomy(BUSY, ["ORD-005", "ORD-005"], ax=axes())
    with pytest.raises(ArgumentError, match="order_id must be an order's id, several, or None"):
        plot_anatomy(BUSY, 5, ax=axes())  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="finish_s must be a number"):
        plot_anatomy(TABLE.assign(finish_s=-1.0), ax=axes())
    with pytest.raises(ArgumentError, match="ax must be a"):
        plot_anatomy(BUSY, ax=axes().figure)  # type: ignore[arg-type]
