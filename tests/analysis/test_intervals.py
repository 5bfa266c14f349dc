"""Intervals: right by the tables of Student's t, and as often right as they promise."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from fulfillment_lib.analysis import intervals
from fulfillment_lib.errors import ArgumentError

TABLE = pd.DataFrame(
    {
        "workers": [2, 2, 2, 3, 3, 3],
        "seed": [0, 1, 2] * 2,
        "wait_s": [10.0, 20.0, 30.0, 9.0, 18.0, 30.0],
    }
)


def test_a_mean_has_the_half_width_of_student_s_t():
    found = intervals.means(TABLE, "wait_s", "workers")
    assert list(found.index) == [2, 3] and found.index.name == "workers"
    # t for 2 degrees of freedom at 97.5 % is 4.303 in the printed tables; s is 10.
    assert found.loc[2, "half_width"] == pytest.approx(4.303 * 10 / math.sqrt(3), rel=1e-4)
    assert found.loc[2].to_list()[:2] == [3.0, 20.0]
    assert found.loc[2, "high"] - found.loc[2, "low"] == pytest.approx(
        2 * found.loc[2, "half_width"]
    )


def test_more_confidence_makes_a_wider_interval():
    half = {
        share: intervals.means(TABLE, "wait_s", "workers", share).loc[2, "half_width"]
        for share in (0.5, 0.95, 0.999)
    }
    assert half[0.5] < half[0.95] < half[0.999]
    assert half[0.5] == pytest.approx(0.8165 * 10 / math.sqrt(3), rel=1e-4)


def test_groups_come_in_the_order_of_the_table_and_may_have_several_columns():
    table = TABLE.assign(policy=["b", "b", "b", "a", "a", "a"])
    assert list(intervals.means(table, "wait_s", ["policy", "workers"]).index) == [
        ("b", 2),
        ("a", 3),
    ]


def test_a_single_run_has_a_mean_and_no_interval():
    found = intervals.means(TABLE.head(1), "wait_s", "workers")
    assert found.loc[2, "mean"] == 10.0 and math.isnan(found.loc[2, "half_width"])


def test_a_paired_difference_is_taken_seed_by_seed_whatever_the_order_of_rows():
    shuffled = TABLE.sample(frac=1.0, random_state=1)
    found = intervals.paired_difference(shuffled, "wait_s", "workers", 2, 3)
    assert list(found.index) == ["3 − 2"]
    assert found.iloc[0]["mean"] == pytest.approx(-1.0)
    # The differences are −1, −2, 0, so s is 1.
    assert found.iloc[0]["half_width"] == pytest.approx(4.303 / math.sqrt(3), rel=1e-4)


def test_only_seeds_at_which_both_were_run_count():
    found = intervals.paired_difference(TABLE.head(5), "wait_s", "workers", 2, 3)
    assert found.iloc[0][["runs", "mean"]].to_list() == [2.0, -1.5]


@pytest.mark.slow
def test_the_interval_holds_the_true_mean_as_often_as_it_says():
    random = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        table = pd.DataFrame({"all": 0, "x": random.normal(3.0, 2.0, 8)})
        low, high = intervals.means(table, "x", "all").loc[0, ["low", "high"]]
        held += low <= 3.0 <= high
    assert 0.92 <= held / 400 <= 0.98  # 95 % ± 3 standard errors of 400 trials


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: intervals.means(TABLE, "waits", "workers"),
            "column must be a known name, got 'wai",
        ),
        (
            lambda: intervals.means(TABLE, "wait_s", "worker"),
            "column must be a known name, got 'wor",
        ),
        (lambda: intervals.means([], "wait_s", "workers"), "table must be a DataFrame"),
        (lambda: intervals.means(TABLE, "wait_s", []), r"by must be a column or several, got \[\]"),
        (lambda: intervals.means(TABLE, "wait_s", 5), "by must be a column or several, got 5"),
        (
            lambda: intervals.means(TABLE.astype("str"), "wait_s", "workers"),
            "of must be a column of numbers, got 'wait_s'",
        ),
        (
            lambda: intervals.means(TABLE, "wait_s", "workers", 1.0),
            "confidence must be a number above 0 and below 1, got 1",
        ),
        (
            lambda: intervals.means(TABLE, "wait_s", "workers", 0),
            "confidence must be a number above 0 and below 1, got 0",
        ),
        (
            lambda: intervals.paired_difference(TABLE, "wait_s", "workers", 2, 4),
            "second must be a value of the column 'workers', got 4",
        ),
        (
            lambda: intervals.paired_difference(
                pd.concat([TABLE, TABLE]), "wait_s", "workers", 2, 3
            ),
            "table must be one row per seed for workers 2, got 'several'; choose the rows",
        ),
        (
            lambda: intervals.paired_difference(TABLE.iloc[[0, 5]], "wait_s", "workers", 2, 3),
            "seeds must be common to both",
        ),
    ],
)
def test_a_wrong_argument_is_refused(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
