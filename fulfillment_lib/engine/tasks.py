"""Work, told without any domain: a task, how an attempt at it ended, and its one result.

Times are seconds of the loop's clock, to the microsecond.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic

from fulfillment_lib.checks import number, refuse, text, text_or_empty, whole
from fulfillment_lib.frozen import become, draft, record

if TYPE_CHECKING:  # `TaskResult` alone is then one of any value; Python has this from 3.13 on
    from typing_extensions import TypeVar

    T = TypeVar("T", default=Any)
else:
    from typing import TypeVar

    T = TypeVar("T")

LONGEST_TASK_ID = 2_000


@dataclass(frozen=True, slots=True, init=False)
class Task:
    """One piece of work for one worker.

    `priority` is any whole number, lower first. `expected_s` and `due_s`, both optional, serve
    the policies `shortest_first` and `earliest_due`. `depends_on` holds the ids of the tasks
    that must succeed before: it informs plan, charts and checker, while the pool runs whatever
    is submitted to it. `payload` is passed to the handler untouched.
    """

    id: str
    kind: str = ""
    order_id: str = ""
    priority: int = 0
    depends_on: tuple[str, ...] = ()
    payload: Any = None
    expected_s: float | None = None
    due_s: float | None = None

    # By hand, as every submission makes one: `record` passes the arguments on, and takes half as
    # long again.
    def __init__(
        self,
        id: str,
        kind: str = "",
        order_id: str = "",
        priority: int = 0,
        depends_on: Iterable[str] = (),
        payload: Any = None,
        expected_s: float | None = None,
        due_s: float | None = None,
    ) -> None:
        own_class: Any = type(self)
        task: Any = self
        become(self, "__class__", draft(own_class))
        task.id = text("id", id, LONGEST_TASK_ID)
        task.kind = kind
        if kind != "":
            text_or_empty("kind", kind)
        task.order_id = order_id
        if order_id != "":
            text_or_empty("order_id", order_id)
        if type(priority) is not int:
            priority = whole("priority", priority, -(10**9), 10**9)
        task.priority = priority
        if type(depends_on) is not tuple or depends_on:
            depends_on = _task_ids(depends_on)
        task.depends_on = depends_on
        task.payload = payload
        task.expected_s = None if expected_s is None else _time("expected_s", expected_s)
        task.due_s = None if due_s is None else _time("due_s", due_s)
        task.__class__ = own_class

    def __str__(self) -> str:
        return self.id


def _time(field: str, value: object) -> float:
    return number(field, value, 0.0, 1e12)


def _task_ids(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        refuse("depends_on", "a tuple of task ids", value)
    ids = tuple(value)
    for task_id in ids:
        if not isinstance(task_id, str):
            refuse("each of depends_on", "a task id", task_id)
        text("each of depends_on", task_id, LONGEST_TASK_ID)
    return ids


class Outcome(StrEnum):
    """How an attempt or a task ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


# What the pool puts before or after the reason of an attempt, and the checker looks for.
IN_POLICY = "in the policy: "
ABANDONED = "; abandoned"
GRACE_S = 1.0  # how long a handler that swallows its cancellation keeps its worker


@record
class Attempt:
    """One try of a task by a worker. `sequence` is its place in the order of submission."""

    order_id: str
    task_id: str
    kind: str
    priority: int
    worker: int
    attempt: int
    ready_s: float
    start_s: float
    finish_s: float
    outcome: Outcome
    error: str
    sequence: int

    @property
    def wait_s(self) -> float:
        """Seconds from ready to start."""
        return round(self.start_s - self.ready_s, 6)

    @property
    def service_s(self) -> float:
        """Seconds from start to finish."""
        return round(self.finish_s - self.start_s, 6)


@record
class TaskResult(Generic[T]):
    """The one outcome of a task: its value if it succeeded, else the error, and its attempts."""

    task: Task
    outcome: Outcome
    value: T = None  # type: ignore[assignment]  # ask `succeeded` first
    error: str = ""
    attempts: tuple[Attempt, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether the value can be used."""
        return self.outcome is Outcome.SUCCEEDED
