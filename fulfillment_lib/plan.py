"""What there is to do: TaskKind, Task, and Plan, the tasks of one order and their edges."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fulfillment_lib import checks
from fulfillment_lib.engine.tasks import LONGEST_TASK_ID, Task
from fulfillment_lib.errors import printable


class TaskKind(StrEnum):
    """The three kinds of work that an order is taken apart into."""

    INVENTORY = "inventory"
    PACKING = "packing"
    SHIPPING = "shipping"


def checked_id(task_id: object) -> str:
    """The id of a task, as a ledger is given it."""
    return checks.text("task_id", task_id, LONGEST_TASK_ID)


def of_round(name: str, number: int) -> str:
    """The id of a task that is planned again: from the second round on the round stands behind.

    >>> of_round("A-1/inventory/MUG", 2)
    'A-1/inventory/MUG/2'
    """
    return name if number == 1 else f"{name}/{number}"


def round_of(name: str) -> int:
    """The round in which a task was planned: 1, or what stands behind its id.

    >>> round_of("A-1/inventory/MUG"), round_of("A-1/inventory/MUG/2")
    (1, 2)
    """
    _, *parts = name.split("/", 3)
    return int(parts[2]) if len(parts) == 3 else 1


def task_id(order_id: str, kind: str, part: str = "") -> str:
    """`order/kind/part`, with `/` and `%` inside a name percent-encoded.

    >>> task_id("A/1", "packing", "EAST")
    'A%2F1/packing/EAST'

    Raises:
        ArgumentError: one of the three is no text.
    """
    try:
        parts = (order_id, kind, part) if part != "" else (order_id, kind)
        name = "/".join(parts)
        if "%" in name or name.count("/") >= len(parts):
            name = "/".join(piece.replace("%", "%25").replace("/", "%2F") for piece in parts)
        return name
    except Exception:  # no text, then; asking first would cost every task of every order
        for field, value in (("order_id", order_id), ("kind", kind), ("part", part)):
            if not isinstance(value, str):
                checks.refuse(field, "a text", value)
        raise


def task_id_parts(task_id: str) -> tuple[str, ...]:
    """The names that `task_id` has joined: `task_id(*task_id_parts(name)) == name`.

    An id that was made by hand has one name where it has no `/`.

    >>> task_id_parts("A%2F1/packing/EAST")
    ('A/1', 'packing', 'EAST')
    """
    return tuple(name.replace("%2F", "/").replace("%25", "%") for name in task_id.split("/"))


def part_of(task_id: str) -> str:
    """The SKU or the warehouse in a task's id; empty if there is none.

    >>> part_of("A-1/packing/EAST/2"), part_of("A-1/packing")
    ('EAST', '')
    """
    return "".join(task_id_parts(task_id)[2:3])


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
        checks.text_or_empty("order_id", self.order_id)
        if type(self.tasks) is not tuple:
            checks.refuse("tasks", "a tuple of tasks", self.tasks)
        for task in self.tasks:
            checks.instance("each of tasks", task, Task)
        if self.first is not None:
            checks.instance("first", self.first, Plan)

    @property
    def expected(self) -> Plan:
        """The plan as it was when the order arrived."""
        return self.first or self

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Pairs of task ids, (what must succeed, what waits for it)."""
        return tuple((before, task.id) for task in self.tasks for before in task.depends_on)

    @property
    def stages(self) -> tuple[tuple[Task, ...], ...]:
        """The tasks grouped by what must be over before, each stage in the plan's order.

        The first stage depends on nothing in this plan; every other task is one stage after the
        latest of those on which it depends. A dependency that is no earlier task of the plan does
        not count; so a circle cannot hang this.
        """
        stages: list[list[Task]] = []
        number: dict[str, int] = {}  # of the stage of each task
        for task in self.tasks:
            after = [number[task_id] + 1 for task_id in task.depends_on if task_id in number]
            number[task.id] = max(after, default=0)
            if number[task.id] == len(stages):
                stages.append([])
            stages[number[task.id]].append(task)
        return tuple(map(tuple, stages))

    def of_kind(self, kind: TaskKind) -> tuple[Task, ...]:
        """The tasks of one kind, in the plan's order."""
        return tuple([task for task in self.tasks if task.kind == kind])  # half a generator's time

    def __repr__(self) -> str:
        kinds = ", ".join(f"{len(self.of_kind(kind))} {kind}" for kind in TaskKind)
        revised = ", revised" if self.first else ""
        return f"Plan({printable(self.order_id, 100)}: {kinds}{revised})"
