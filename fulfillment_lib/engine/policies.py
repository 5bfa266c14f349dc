"""Dispatch rules: which of the waiting tasks starts next.

A policy is called as `policy(task, ready_s)` when a task becomes ready, and returns a sort key:
the smallest key starts first, and equal keys start in the order of submission. The five here are
value objects: they compare, print and pickle well. Any function of the same form serves too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction, signature
from typing import Any

from fulfillment_lib.checks import number, refuse
from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.errors import nearest

Policy = Callable[[Task, float], Any]


class _Nameable:
    """A rule without figures of its own, known by a word."""

    __slots__ = ()
    name: str

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __str__(self) -> str:
        return self.name


class Fifo(_Nameable):
    """First in, first out: by the time at which a task became ready."""

    __slots__ = ()
    name = "fifo"

    def __call__(self, task: Task, ready_s: float) -> float:
        return ready_s


class ExpressFirst(_Nameable):
    """By priority: every waiting express task goes before every waiting standard task."""

    __slots__ = ()
    name = "express_first"

    def __call__(self, task: Task, ready_s: float) -> int:
        return task.priority


@dataclass(frozen=True, slots=True)
class Ageing:
    """Each step of priority counts as `head_start_s` seconds of waiting.

    A standard task that has waited `head_start_s` longer than an express task ties with it, so
    nobody starves. Zero is fifo; infinity is express first.
    """

    head_start_s: float

    def __post_init__(self) -> None:
        if not (isinstance(self.head_start_s, float) and self.head_start_s == math.inf):
            value = number("head_start_s", self.head_start_s, 0.0, 1e9)
            object.__setattr__(self, "head_start_s", value)

    def __call__(self, task: Task, ready_s: float) -> float:
        if self.head_start_s == math.inf:
            return task.priority
        return ready_s + task.priority * self.head_start_s

    def __str__(self) -> str:
        return f"ageing({self.head_start_s:g})"


class ShortestFirst(_Nameable):
    """By the expected service time; tasks that do not state one come last."""

    __slots__ = ()
    name = "shortest_first"

    def __call__(self, task: Task, ready_s: float) -> float:
        return math.inf if task.expected_s is None else task.expected_s


class EarliestDue(_Nameable):
    """By the due time; tasks without one come last."""

    __slots__ = ()
    name = "earliest_due"

    def __call__(self, task: Task, ready_s: float) -> float:
        return math.inf if task.due_s is None else task.due_s


fifo = Fifo()
express_first = ExpressFirst()
ageing = Ageing
shortest_first = ShortestFirst()
earliest_due = EarliestDue()

BY_NAME: dict[str, Policy] = {
    str(policy): policy for policy in (fifo, express_first, shortest_first, earliest_due)
}


def named(policy: object) -> Policy:
    """The policy of that name, or the given one if it is a function already.

    Raises:
        ArgumentError: an unknown name, or something that cannot be called.
    """
    if isinstance(policy, str):
        if policy in BY_NAME:
            return BY_NAME[policy]
        remedy = nearest(policy, BY_NAME)
        if policy.startswith("ageing"):
            remedy = "write policies.ageing(head_start_s=30)"
        refuse("policy", "a known policy", policy, remedy)
    if isinstance(policy, type) or not callable(policy) or not _takes_a_task_and_a_time(policy):
        refuse(
            "policy",
            "a name or a function (task, ready_s) -> sort key",
            policy,
            "write policies.ageing(head_start_s=30)" if policy is Ageing else "",
        )
    return policy


def _takes_a_task_and_a_time(function: Callable[..., Any]) -> bool:
    """Whether a function can be called as a policy is, and answers at once."""
    if iscoroutinefunction(function):
        return False
    try:
        signature(function).bind(None, 0.0)
    except TypeError:
        return False
    except ValueError:  # some built-in functions do not tell
        return True
    return True
