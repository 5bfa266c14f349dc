"""Tasks: values with an id and whatever else their handler needs."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest

from fulfillment_lib.engine.tasks import Task


def test_only_the_id_of_a_task_is_needed() -> None:
    task = Task("t1")
    assert dataclasses.astuple(task) == ("t1", "", "", 0, (), None, None, None)
    assert str(task) == "t1"


@pytest.mark.parametrize("priority", [-5, 0, 7, np.int32(7), True.__index__()])
def test_the_priority_of_a_task_is_any_whole_number(priority: Any) -> None:
    task = Task("t", priority=priority)
    assert task.priority == priority
    assert type(task.priority) is int


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
