"""The capstone: the bill adds up, baselines are what the lesson says, and they can be beaten."""

from __future__ import annotations

import pytest
from check_run import checked

from fulfillment_lib import simulate
from fulfillment_lib.course import check
from fulfillment_lib.course.black_friday import (
    BASELINES,
    FINAL,
    PUBLISHED,
    bill,
    black_friday,
    score,
)

pytestmark = pytest.mark.slow  # days of 300 orders by the dozen


def oldest_order_first(task, ready_s):
    return task.priority, task.due_s


STEPS = [
    ("fifo", {"policy": "fifo"}),
    ("express first", {"policy": "express_first"}),
    ("try again", {"max_attempts": 3}),
    ("more staff", {"max_attempts": 3, "workers": 8}),
    ("sooner", {"max_attempts": 3, "workers": 8, "timeout_s": 6.5}),
    ("at once", BASELINES["tuned"]),
    ("a policy", BASELINES["tuned"] | {"policy": oldest_order_first}),
]


def test_a_bill_is_wages_fines_and_margins_counted_by_hand():
    run = checked(simulate(black_friday(3)))
    mine = bill(run)
    table = run.summary()
    express = table["priority"] == "express"
    late = (
        6 * (express & (table["lead_time_s"] > 20)).sum()
        + 2 * (~express & (table["lead_time_s"] > 30)).sum()
    )
    lost = 3 * (table["units_ordered"] - table["units_shipped"]).sum()
    assert mine.staff == pytest.approx(0.15 * 5 * run.makespan_s, abs=0.005)
    assert (mine.late, mine.lost) == (late, lost)
    assert mine.total == mine.staff + mine.late + mine.lost


def test_a_score_is_the_mean_over_the_seeds():
    one, other = score({}, [4]), score({}, [5])
    assert score({}, [4, 5]).total == pytest.approx((one.total + other.total) / 2)


def test_the_final_days_are_not_the_published_ones():
    assert not set(PUBLISHED) & set(FINAL) and len(FINAL) >= 10


@pytest.mark.parametrize("seeds", [PUBLISHED, FINAL])
def test_the_game_is_won_in_steps_and_each_step_pays(seeds):
    totals = [score(changes, seeds).total for _, changes in STEPS]
    assert totals == sorted(totals, reverse=True)
    assert len(set(totals)) == len(totals) and totals[-1] < totals[1] / 2


def test_the_head_start_lies_between_fifo_and_express_first():
    fifo, express, ageing = (
        score(BASELINES[name]).total for name in ("fifo", "express first", "head start 20 s")
    )
    assert express < ageing < fifo


def test_more_than_eight_workers_do_not_pay():
    tuned = BASELINES["tuned"]
    assert score(tuned, FINAL).total < score(tuned | {"workers": 9}, FINAL).total


@pytest.mark.parametrize(
    ("exercise", "answer", "said"),
    [
        (
            "09.1",
            {"policy": "fifo"},
            "not yet: 555.53 on the published days, three fifths of express",
        ),
        ("09.1", BASELINES["tuned"], "yes: 208.55 on the published days, 211.52 on ten others"),
        (
            "09.2",
            BASELINES["tuned"],
            "not yet: 208.55 on the published days, the tuned baseline is",
        ),
        ("09.2", STEPS[-1][1], "yes: 207.63 on the published days, 208.55 on ten others"),
        ("09.2", {"seed": 3}, "not yet: the answer is a dict with some of workers"),
    ],
)
def test_the_checks_tell_the_bill(exercise, answer, said):
    assert repr(check(exercise, answer)).startswith(said)


def test_settings_that_fit_the_published_days_only_do_not_pass():
    # Found by trying: below the tuned baseline on the published days, far above it on the others.
    tuned_to_them = BASELINES["tuned"] | {"workers": 7}
    assert score(tuned_to_them, PUBLISHED).total < score(BASELINES["tuned"], PUBLISHED).total
    assert "tuned to the days that were shown" in check("09.2", tuned_to_them).why
