"""The words of a picture: its titles and what its axes count, and how a kernel stores them."""

from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure

from fulfillment_lib import sample_orders, simulate
from fulfillment_lib.charts import plot_gantt, plot_gantts, plot_queue
from fulfillment_lib.charts.alt_text import alt_text, load_ipython_extension


def figure(*titles, **labels):
    made = Figure()
    for ax, title in zip(made.subplots(len(titles), squeeze=False)[:, 0], titles, strict=True):
        ax.set_title(title, loc="left")
        ax.set(**labels)
    return made


def test_the_words_are_titles_from_top_to_bottom_and_then_the_axes():
    made = figure("One", "Two", xlabel="seconds", ylabel="tasks")
    made.suptitle("Both")
    assert alt_text(made) == "Both. One. Two. Across: seconds. Upwards: tasks."


def test_a_title_that_breaks_between_words_is_one_line_and_keeps_its_mark():
    assert alt_text(figure("Who waits\nlonger?")) == "Who waits longer?"


@pytest.mark.parametrize("made", [Figure(), figure(""), figure(" \n ")], ids=["", "title", "blank"])
def test_a_figure_without_words_has_none(made):
    assert alt_text(made) == ""


def test_a_chart_says_what_it_has_found():
    run = simulate(sample_orders(3))
    ax = plot_gantt(run, ax=Figure().add_subplot(), title="Three orders, and nobody waits")
    assert alt_text(ax.figure).startswith("Three orders, and nobody waits. Across: seconds")
    ax = plot_queue(run, ax=Figure().add_subplot())
    assert "Upwards: tasks that wait" in alt_text(ax.figure)


def test_the_title_of_several_charts_comes_before_those_of_each():
    axes = Figure().subplots(2)
    plot_gantts([simulate(sample_orders(3))] * 2, ax=axes, title="The same\ntwice")
    assert alt_text(axes[0].figure).startswith("The same. twice. run 1: 5 workers, makespan")


def test_the_extension_stores_the_words_of_figures_and_leaves_all_else_alone():
    def formats(shown, include=None):
        return ({"text/plain": "x"} if include else {"image/png": b"", "text/plain": "x"}), {}

    shell = SimpleNamespace(display_formatter=SimpleNamespace(format=formats))
    load_ipython_extension(shell)
    assert shell.display_formatter.format(figure("Found"))[1] == {"image/png": {"alt": "Found."}}
    assert shell.display_formatter.format(figure("Found"), include={"text/plain"})[1] == {}
    assert shell.display_formatter.format("no figure")[1] == {}
