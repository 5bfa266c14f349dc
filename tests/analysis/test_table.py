"""Tables are DataFrames that show any name harmlessly."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from check_run import checked
from pandas.testing import assert_frame_equal

from fulfillment_lib import Durations, Order, simulate
from fulfillment_lib.analysis import anatomy, kpis
from fulfillment_lib.analysis.intervals import means, paired_difference
from fulfillment_lib.analysis.table import Table
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.sweep import sweep

TURNED = "left\u202eright"
RUN = checked(
    simulate(
        [
            Order(TURNED, {"MOUSE-002": 1}, "express", "10001"),
            Order("$x^2$", {"MOUSE-002": 1}, "express", "10001"),
        ],
        durations=Durations.constant(),
    )
)
SCENARIO = Scenario("two", RUN.orders, RUN.network, RUN.settings)


def swept():
    with ThreadPoolExecutor(1) as executor:
        return sweep(SCENARIO, vary={"workers": [1, 2]}, seeds=range(2), executor=executor)


@pytest.mark.parametrize(
    "table",
    [
        lambda: RUN.timeline(),
        lambda: RUN.summary(),
        lambda: RUN.stock(),
        lambda: anatomy(RUN),
        lambda: kpis(RUN),
        lambda: kpis(RUN, by="order"),
        swept,
        lambda: means(swept(), "makespan_s", "workers"),
        lambda: paired_difference(swept(), "makespan_s", "workers", 1, 2),
        lambda: RUN.timeline()[["order_id", "start_s"]].head(3).round(1),
        lambda: RUN.timeline().query("worker == 0").sort_values("start_s"),
        lambda: RUN.summary().set_index("order_id").T,
        lambda: copy.deepcopy(RUN.summary()),
        lambda: pickle.loads(pickle.dumps(RUN.summary())),
        lambda: pd.concat([RUN.summary(), RUN.summary()]),
    ],
)
def test_jupyter_reads_no_mathematics_in_a_table_of_a_run_or_in_a_part_of_it(table):
    # JupyterLab's typesetter passes over elements of these classes.
    page = table()._repr_html_()
    assert '<table border="1" class="dataframe tex2jax_ignore mathjax_ignore">' in page


@pytest.mark.parametrize("text", [str, repr, lambda table: table._repr_html_()])
def test_marks_of_text_direction_are_escaped_where_a_table_is_shown(text):
    shown = text(RUN.summary()) + text(kpis(RUN, by="order"))
    assert TURNED not in shown
    assert shown.count("left\\u202eright") == 2
    assert all(line.isprintable() for line in shown.split("\n"))


def test_the_values_of_a_table_are_the_names_as_they_are():
    assert list(RUN.summary()["order_id"]) == [TURNED, "$x^2$"]
    assert TURNED in RUN.summary().to_csv()


def test_a_table_equals_the_frame_of_the_same_values():
    frame = pd.DataFrame(RUN.summary())
    assert type(frame) is pd.DataFrame
    assert_frame_equal(RUN.summary(), frame)
    assert_frame_equal(frame, RUN.summary(), check_frame_type=False)
    assert frame.equals(RUN.summary()) and RUN.summary().equals(frame)


def test_a_table_is_a_frame_and_a_frame_is_no_table():
    assert type(RUN.summary()) is Table and isinstance(RUN.summary(), pd.DataFrame)
    assert not isinstance(pd.DataFrame(RUN.summary()), Table)


def test_the_options_of_pandas_stay_as_they_were():
    with pd.option_context("display.html.use_mathjax", True, "display.notebook_repr_html", False):
        assert RUN.summary()._repr_html_() is None
        assert pd.get_option("display.html.use_mathjax")


def test_a_name_that_is_html_is_escaped_as_in_any_frame():
    assert "<b>" not in Table({"name": ["<b>"]})._repr_html_()
