"""Who is sooner and who is later in one of two runs: lines, marks, words, and who is left out."""

from dataclasses import replace
from typing import Any

import matplotlib.pyplot as plt
import pytest
from chart_places import axes, faults, legend_words
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from fulfillment_lib import sample_network, sample_orders, simulate
from fulfillment_lib.charts import plot_gains
from fulfillment_lib.charts.alt_text import alt_text
from fulfillment_lib.charts.palette import LIGHT, VERMILLION
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.run import FulfillmentRun

pytestmark = pytest.mark.slow  # each test draws

DAY = simulate(sample_orders(12), sample_network(8))  # express: 2, 3 and 8; 3 ships nothing
CROWD = simulate(sample_orders(70, gap_s=1.5), sample_network(8))
CROWD_FIFO = simulate(CROWD.orders, CROWD.network, policy="fifo")


def changed(growth_s: dict[int, float]) -> FulfillmentRun:
    """The day, with orders that end so many seconds later, by their number."""
    reports = [
        replace(report, finished_s=report.finished_s + growth_s.get(number, 0.0))
        for number, report in enumerate(DAY.reports, 1)
    ]
    return replace(DAY, reports=tuple(reports))


def lead_time_s(run: FulfillmentRun, number: int) -> float:
    return run.report(f"ORD-{number:03}").lead_time_s


def drawn(run: Any, before: Any, width: float = 9.6, height: float = 6.0, **options: Any) -> Axes:
    ax = plot_gains(run, before, ax=axes(width, height), **options)
    ax.figure.canvas.draw()  # type: ignore[attr-defined]
    return ax


def lanes(ax: Axes) -> list[str]:
    """What the lanes hold, from the top: names of classes, and below each its orders."""
    ticks = zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
    named = {round(float(lane)): label.get_text() for lane, label in ticks}
    named |= {round(text.get_position()[1]): text.get_text() for text in ax.texts}
    return [named[lane] for lane in sorted(named)]


def marks(ax: Axes) -> dict[str, list[tuple[str, float]]]:
    """For each direction the orders, from the top, and where their marks are."""
    names = lanes(ax)
    return {
        str(line.get_label()): [
            (names[round(float(lane))], float(now_s))
            for now_s, lane in zip(line.get_xdata(), line.get_ydata(), strict=True)
        ]
        for line in ax.lines
    }


def title(ax: Axes) -> list[str]:
    return ax.get_title(loc="left").split("\n")


def test_the_title_counts_who_is_sooner_and_who_later_in_each_class():
    ax = drawn(changed({2: 1.0, 8: -0.5, 1: 2.0, 4: 0.25, 5: -1.0}), DAY)
    assert title(ax)[0] == "express: 1 sooner, 1 later; standard: 1 sooner, 2 later, 6 unchanged;"


def test_each_line_goes_from_the_lead_time_before_to_the_mark_at_that_of_now():
    growth_s = {2: 1.0, 8: -0.5, 1: 2.0, 5: -1.0}
    now = changed(growth_s)
    ax = drawn(now, DAY)
    found = marks(ax)
    assert [name for name, _ in found["later"]] == ["ORD-002", "ORD-001"]
    assert [name for name, _ in found["sooner"]] == ["ORD-008", "ORD-005"]
    for name, at_s in [*found["later"], *found["sooner"], *found["unchanged"]]:
        assert at_s == now.report(name).lead_time_s
    ends = {
        lanes(ax)[round(line[0, 1])]: tuple(line[:, 0])
        for collection in ax.collections
        for line in collection.get_segments()  # type: ignore[attr-defined]
    }
    assert len(ends) == 11
    for number in growth_s:
        name = f"ORD-{number:03}"
        assert ends[name] == (lead_time_s(DAY, number), lead_time_s(now, number))


def test_express_is_apart_and_in_each_class_the_largest_loss_is_at_the_top():
    ax = drawn(changed({2: -3.0, 8: 0.5, 1: 2.0, 4: 0.25, 5: -1.0, 6: -2.0, 7: 4.0}), DAY)
    assert lanes(ax)[:6] == ["express", "ORD-008", "ORD-002", "standard", "ORD-007", "ORD-001"]
    assert lanes(ax)[-2:] == ["ORD-005", "ORD-006"]


def test_a_loss_is_filled_and_a_gain_is_hollow_whatever_their_colours():
    ax = drawn(changed({2: 1.0, 8: -1.0}), DAY)
    looks = {line.get_label(): line for line in ax.lines}
    assert to_hex(looks["later"].get_markerfacecolor()) == to_hex(VERMILLION)
    assert to_hex(looks["sooner"].get_markerfacecolor()) == to_hex(LIGHT.paper)
    assert looks["unchanged"].get_marker() == "|"
    assert legend_words(ax) == ["sooner", "later", "unchanged"]
    keys = ax.get_legend().legend_handles  # type: ignore[union-attr]
    assert [key.get_markerfacecolor() for key in keys[:2]] == [LIGHT.paper, VERMILLION]  # type: ignore[union-attr]


def test_a_run_compared_with_itself_has_nothing_but_unchanged_orders():
    ax = drawn(DAY, DAY)
    assert title(ax)[0] == "express: 2 unchanged; standard: 9 unchanged;"
    assert legend_words(ax) == ["unchanged"]


def test_an_order_that_ships_nothing_is_named_and_not_counted():
    ax = drawn(changed({3: -5.0}), DAY)
    assert title(ax)[1] == "not as many units shipped, or none: ORD-003"
    assert "ORD-003" not in lanes(ax)


def test_an_order_that_ships_less_in_one_run_is_named_and_not_counted():
    fewer = simulate(DAY.orders, sample_network(0.3))
    short = [
        one.order_id
        for one, other in zip(fewer.reports, DAY.reports, strict=True)
        if one.total("shipped") != other.total("shipped") or not one.total("shipped")
    ]
    assert len(short) > 3
    named = f"{', '.join(short[:3])} and {len(short) - 3} more"
    for ax in (drawn(fewer, DAY), drawn(DAY, fewer)):
        assert title(ax)[1] == f"not as many units shipped, or none: {named}"
        assert not set(short) & set(lanes(ax))


def test_an_order_of_one_run_only_is_named_whichever_run_it_is():
    less = simulate(DAY.orders[1:], DAY.network)
    for ax in (drawn(less, DAY), drawn(DAY, less)):
        assert "in one run only: ORD-001;" in title(ax)
        assert "ORD-001" not in lanes(ax)


def test_without_an_order_in_both_runs_the_chart_says_so():
    ax = drawn(simulate(DAY.orders[:2]), simulate(DAY.orders[2:4]))
    assert title(ax)[0] == "no orders to compare;" and faults(ax) == []
    assert title(drawn(simulate([]), simulate([]))) == ["no orders to compare"]


def test_at_most_forty_orders_are_drawn_each_with_its_name_and_the_rest_is_said():
    figure = plot_gains(CROWD, CROWD_FIFO).figure
    figure.canvas.draw()
    (ax,) = figure.axes
    plt.close(figure)  # type: ignore[arg-type]
    names = [name for name in lanes(ax) if name.startswith("ORD")]
    assert len(names) == len(set(names)) == 40
    assert title(ax)[-1] == "drawn are the 40 of 68 orders that change most"
    growths_s = {
        report.order_id: abs(report.lead_time_s - CROWD_FIFO.report(report.order_id).lead_time_s)
        for report in CROWD.reports
        if report.total("shipped") and CROWD_FIFO.report(report.order_id).total("shipped")
    }
    least_s = min(growths_s[name] for name in names)
    assert all(growths_s[name] <= least_s + 1e-6 for name in growths_s.keys() - set(names))


@pytest.mark.parametrize(("height", "least"), [(3.0, 1), (4.6, 12), (10.6, 40), (30.0, 40)])
def test_where_there_is_little_height_fewer_are_drawn_each_with_its_name(height, least):
    ax = drawn(CROWD, CROWD_FIFO, 9.6, height)
    number = sum(map(len, marks(ax).values()))
    assert title(ax)[0].startswith("express: ")
    assert title(ax)[-1] == f"drawn are the {number} of 68 orders that change most"
    assert least <= number <= 40
    assert len([name for name in lanes(ax) if name.startswith("ORD")]) == number


@pytest.mark.parametrize("run", [DAY, CROWD], ids=["twelve", "seventy"])
@pytest.mark.parametrize(("width", "height"), [(9.6, 6.0), (9.6, 4.6), (4.7, 7.0), (3.6, 8.0)])
def test_nothing_is_cut_off_and_no_words_cover_others(run, width, height):
    before = simulate(run.orders, run.network, policy="fifo", workers=4)
    assert faults(drawn(run, before, width, height)) == []


def test_a_title_of_ones_own_stands_above_who_is_left_out():
    ax = drawn(changed({1: 1.0}), DAY, title="One waits longer")
    assert title(ax) == ["One waits longer;", "not as many units shipped, or none: ORD-003"]


def test_the_words_for_those_who_do_not_see_the_chart_say_all_of_it():
    assert alt_text(drawn(changed({1: 1.0}), DAY).figure) == (  # type: ignore[arg-type]
        "express: 2 unchanged; standard: 1 later, 8 unchanged; "
        "not as many units shipped, or none: ORD-003. "
        "Across: lead time in seconds, from before to now."
    )


def test_anything_but_two_runs_is_refused():
    with pytest.raises(ArgumentError, match="run must be a FulfillmentRun, got 'run'"):
        plot_gains("run", DAY, ax=axes())  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="before must be a FulfillmentRun, got None"):
        plot_gains(DAY, None, ax=axes())  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="ax must be an Axes"):
        plot_gains(DAY, DAY, ax=axes().figure)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="title must be a str"):
        plot_gains(DAY, DAY, ax=axes(), title=3)  # type: ignore[arg-type]
