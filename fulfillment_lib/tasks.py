"""What there is to do: TaskKind, Task, and Plan, the tasks of one order and their edges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from fulfillment_lib.checks import instance, number, refuse, text, whole
from fulfillment_lib.errors import printable

LONGEST_TASK_ID = 2_000


class TaskKind(StrEnum):
    """The three kinds of work that an order is taken apart into."""

    INVENTORY = "inventory"
    PACKING = "packing"
    SHIPPING = "shipping"


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work for one worker.

    `priority` is any whole number, lower first. `expected_s` and `due_s`, both optional, serve
    the policies `shortest_first` and `earliest_due`. `depends_on` holds the ids of the tasks
    that must succeed before: it informs plan, charts and checker, while the pool runs whatever
    is submitted to it. `payload` is the business of the handler.
    """

    id: str
    kind: str = ""
    order_id: str = ""
    priority: int = 0
    depends_on: tuple[str, ...] = ()
    payload: Any = None
    expected_s: float | None = None
    due_s: float | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "id", text("id", self.id, LONGEST_TASK_ID))
        if type(self.priority) is not int:
            put(self, "priority", whole("priority", self.priority, -(10**9), 10**9))
        if type(self.kind) is not TaskKind:
            _empty_or_text("kind", self.kind)
        _empty_or_text("order_id", self.order_id)
        if type(self.depends_on) is not tuple or self.depends_on:
            put(self, "depends_on", _task_ids(self.depends_on))
        if self.expected_s is not None:
            put(self, "expected_s", number("expected_s", self.expected_s, 0.0, 1e12))
        if self.due_s is not None:
            put(self, "due_s", number("due_s", self.due_s, 0.0, 1e12))

    def __str__(self) -> str:
        return self.id


def _empty_or_text(field: str, value: object) -> None:
    if not isinstance(value, str) or value:
        text(field, value)


def _task_ids(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        refuse("depends_on", "a tuple of task ids", value)
    ids = tuple(value)
    for each in ids:
        if not isinstance(each, str):
            refuse("each of depends_on", "a task id", each)
        text("each of depends_on", each, LONGEST_TASK_ID)
    return ids


def checked_id(task_id: object) -> str:
    """The id of a task, as a ledger is given it."""
    return text("task_id", task_id, LONGEST_TASK_ID)


def task_id(order_id: str, kind: str, part: str = "") -> str:
    """`order/kind/part`, with `/` and `%` inside a name percent-encoded.

    >>> task_id("A/1", "packing", "EAST")
    'A%2F1/packing/EAST'

    Raises:
        ArgumentError: one of the three is no text.
    """
    try:
        parts = (order_id, kind, part) if part != "" else (order_id, kind)
        return "/".join(_encoded(each) for each in parts)
    except Exception:  # no text, then; asking first would cost every task of every order
        for field, value in (("order_id", order_id), ("kind", kind), ("part", part)):
            _text_or_refuse(field, value)
        raise


def _text_or_refuse(field: str, value: object) -> None:
    if not isinstance(value, str):
        refuse(field, "a text", value)


def _encoded(name: str) -> str:
    if "/" in name or "%" in name:
        return name.replace("%", quote("%")).replace("/", quote("/", safe=""))
    return name


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """The tasks of one order, in an order in which they could run, and their dependencies.

    `first` is the plan as it was before the reservations were known; it is None in a plan that
    has not been revised. `expected` gives the first plan in both cases.
    """

    order_id: str
    tasks: tuple[Task, ...]
    first: Plan | None = None

    def __post_init__(self) -> None:
        _empty_or_text("order_id", self.order_id)
        if type(self.tasks) is not tuple:
            refuse("tasks", "a tuple of tasks", self.tasks)
        for each in self.tasks:
            if type(each) is not Task:
                instance("each of tasks", each, Task)
        if self.first is not None:
            instance("first", self.first, Plan)

    @property
    def expected(self) -> Plan:
        """The plan as it was when the order arrived."""
        return self.first or self

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Pairs of task ids, (what must succeed, what waits for it)."""
        return tuple((before, task.id) for task in self.tasks for before in task.depends_on)

    def of_kind(self, kind: TaskKind) -> tuple[Task, ...]:
        """The tasks of one kind, in the plan's order."""
        return tuple(task for task in self.tasks if task.kind == kind)

    def __repr__(self) -> str:
        kinds = ", ".join(f"{len(self.of_kind(kind))} {kind}" for kind in TaskKind)
        revised = ", revised" if self.first else ""
        return f"Plan({printable(self.order_id, 100)}: {kinds}{revised})"
