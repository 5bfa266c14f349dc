"""Policies: the sort key of each, and what is taken as a policy."""

from __future__ import annotations

import math
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment_lib import policies
from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.errors import ArgumentError, FulfillmentError

EXPRESS = Task("express", priority=0, expected_s=4.0, due_s=90.0)
STANDARD = Task("standard", priority=1, expected_s=1.0, due_s=50.0)
BARE = Task("bare", priority=1)
ALL = [
    policies.fifo,
    policies.express_first,
    policies.ageing(30),
    policies.shortest_first,
    policies.earliest_due,
]
times_s = st.floats(0, 1e6)


def started(policy: policies.Policy, *ready: tuple[Task, float]) -> list[str]:
    """The ids in the order in which the tasks start when all of them wait."""
    waiting = enumerate(ready)
    ranked = sorted((policy(task, at_s), place, task.id) for place, (task, at_s) in waiting)
    return [name for _, _, name in ranked]


@pytest.mark.parametrize(
    ("policy", "order"),
    [
        ("fifo", ["standard", "bare", "express"]),
        ("express_first", ["express", "standard", "bare"]),
        ("shortest_first", ["standard", "express", "bare"]),
        ("earliest_due", ["standard", "express", "bare"]),
    ],
)
def test_a_named_policy_starts_tasks_in_its_order(policy: str, order: list[str]) -> None:
    waiting = ((STANDARD, 0.0), (BARE, 1.0), (EXPRESS, 2.0))
    assert started(policies.named(policy), *waiting) == order


@pytest.mark.parametrize(
    ("standard_s", "express_s", "first"),
    [
        (0.0, 29.9, "express"),
        (0.0, 30.0, "standard"),
        (0.0, 30.1, "standard"),
        (5.0, 0.0, "express"),
    ],
)
def test_ageing_lets_a_standard_task_go_first_once_it_waited_its_head_start(
    standard_s: float, express_s: float, first: str
) -> None:
    policy = policies.ageing(head_start_s=30)
    assert started(policy, (STANDARD, standard_s), (EXPRESS, express_s))[0] == first


@given(times_s, st.sampled_from([EXPRESS, STANDARD, BARE]))
def test_ageing_is_fifo_without_a_head_start_and_express_first_with_an_endless_one(
    ready_s: float, task: Task
) -> None:
    assert policies.ageing(0)(task, ready_s) == policies.fifo(task, ready_s)
    assert policies.ageing(math.inf)(task, ready_s) == policies.express_first(task, ready_s)


@pytest.mark.parametrize("value", [-1, math.nan, -math.inf, "30", None, True, 1e10])
def test_ageing_refuses_a_head_start_that_is_no_time(value: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^head_start_s must be a number from 0 to "):
        policies.ageing(value)


@pytest.mark.parametrize("policy", ALL, ids=str)
def test_a_policy_is_a_value(policy: policies.Policy) -> None:
    copy = pickle.loads(pickle.dumps(policy))
    assert copy == policy
    assert hash(copy) == hash(policy)


@pytest.mark.parametrize("name", ["fifo", "express_first", "shortest_first", "earliest_due"])
def test_a_policy_is_found_by_the_name_it_prints(name: str) -> None:
    assert str(policies.named(name)) == name
    assert policies.named(name) is getattr(policies, name)


def test_ageing_prints_its_head_start() -> None:
    assert str(policies.ageing(30)) == "ageing(30)"
    assert str(policies.ageing(math.inf)) == "ageing(inf)"


def test_any_function_of_task_and_time_is_a_policy() -> None:
    def by_id(task: Task, ready_s: float) -> str:
        return task.id

    assert policies.named(by_id) is by_id


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("express", "policy must be a known policy, got 'express'; did you mean 'express_first'?"),
        ("FIFO?", "got 'FIFO?'; did you mean 'fifo'?"),
        ("QQQ", "got 'QQQ'; known are 'earliest_due', 'express_first', 'fifo', 'shortest_first'"),
        ("ageing", "got 'ageing'; write policies.ageing(head_start_s=30)"),
        ("ageing(30)", "got 'ageing(30)'; write policies.ageing(head_start_s=30)"),
        (policies.Ageing, "; write policies.ageing(head_start_s=30)"),
        (
            policies.Fifo,
            "policy must be a name or a function (task, ready_s) -> sort key, got <class",
        ),
        (None, "policy must be a name or a function (task, ready_s) -> sort key, got None"),
        (3, "got 3"),
        ("", "policy must be a known policy, got ''"),
    ],
)
def test_what_is_no_policy_is_refused_with_a_remedy(policy: Any, message: str) -> None:
    with pytest.raises(FulfillmentError, match=r"^policy must be ") as caught:
        policies.named(policy)
    assert message in str(caught.value)
