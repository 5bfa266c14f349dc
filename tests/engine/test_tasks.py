"""Tasks: values with an id and whatever else their handler needs."""

from __future__ import annotations

import dataclasses
import math
import pickle
from typing import Any

import numpy as np
import pytest

from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.errors import ArgumentError


def test_only_the_id_of_a_task_is_needed() -> None:
    task = Task("t1")
    assert dataclasses.astuple(task) == ("t1", "", "", 0, (), None, None, None)
    assert str(task) == "t1"


@pytest.mark.parametrize("priority", [-5, 0, 7, np.int32(7), True.__index__()])
def test_the_priority_of_a_task_is_any_whole_number(priority: Any) -> None:
    task = Task("t", priority=priority)
    assert task.priority == priority
    assert type(task.priority) is int


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": ""}, "id must be a text that is not blank, got ''"),
        ({"id": None}, "id must be a text, got None"),
        ({"id": "a\nb"}, "id must be a text without control characters"),
        ({"priority": True}, "priority must be a whole number from "),
        ({"priority": 1.0}, "priority must be a whole number from "),
        ({"priority": "express"}, "priority must be a whole number from "),
        ({"priority": None}, "priority must be a whole number from "),
        ({"kind": None}, "kind must be a text, got None"),
        ({"order_id": 7}, "order_id must be a text, got 7"),
        ({"depends_on": "t0"}, "depends_on must be a tuple of task ids, got 't0'"),
        ({"depends_on": None}, "depends_on must be a tuple of task ids, got None"),
        ({"depends_on": (Task("t0"),)}, "each of depends_on must be a task id, got Task("),
        ({"depends_on": [1]}, "each of depends_on must be a task id, got 1"),
        ({"expected_s": -1}, "expected_s must be a number from 0 to "),
        ({"expected_s": math.nan}, "expected_s must be a number from 0 to "),
        ({"due_s": math.inf}, "due_s must be a number from 0 to "),
        ({"due_s": "1"}, "due_s must be a number from 0 to "),
    ],
)
def test_a_task_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=" must be ") as caught:
        Task(**{"id": "t", **changes})
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("given_ids", [["a", "b"], ("a", "b"), iter("ab")])
def test_what_a_task_depends_on_becomes_a_tuple(given_ids: Any) -> None:
    assert Task("t", depends_on=given_ids).depends_on == ("a", "b")


@pytest.mark.parametrize("value", [Task("t"), Task("t", "packing", "ORD-1", depends_on=("s",))])
def test_tasks_are_values(value: Any) -> None:
    twin = pickle.loads(pickle.dumps(value))
    assert twin == value
    assert hash(twin) == hash(value)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign"):
        value.order_id = "other"
