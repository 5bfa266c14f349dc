"""The judges of lesson 01: a plan that follows the reservations, and bounded concurrency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fulfillment_lib.course.naps import Naps
from fulfillment_lib.course.verdicts import NotYet, need

MOST = 3
SHOWN = {"EAST": ["MOUSE-002", "KEYBOARD-003"], "WEST": ["LAPTOP-001"]}
UNSHOWN: tuple[dict[str, list[str]], ...] = (
    {"CENTRAL": ["DOCK-007"]},
    {"WEST": ["A", "B"], "EAST": ["B", "C"], "CENTRAL": ["D"]},
)


def revised_plan(answer: Any) -> str:
    """`answer(reserved)`: {warehouse: SKUs} becomes {task: tasks that it waits for}."""
    barriers = [_judge_plan(reserved, answer) for reserved in (SHOWN, *UNSHOWN)]
    when = "all checks are done, as in" if all(barriers) else "its own checks are done, sooner than"
    return f"each warehouse packs what it has when {when} the library"


def _judge_plan(reserved: Mapping[str, list[str]], answer: Any) -> bool:
    """Refuse a wrong plan; whether every packing waits for all checks."""
    said = answer({name: list(skus) for name, skus in reserved.items()})
    need(isinstance(said, Mapping), "the plan must be a dict", said)
    plan = {task: _tasks(task, before) for task, before in said.items()}
    own = {name: {f"check {sku}" for sku in skus} for name, skus in reserved.items()}
    checks = set().union(*own.values())
    for name in reserved:
        for task in (f"pack {name}", f"ship {name}"):
            if task not in plan:
                why = f"stock was reserved at {', '.join(reserved)}, but there is no task {task!r}"
                raise NotYet(why, [f"planned: {planned}" for planned in plan])
    barrier = all(plan[f"pack {name}"] == checks for name in reserved)
    wanted = dict.fromkeys(checks, frozenset[str]())
    for name, needed in own.items():
        pack, ship = f"pack {name}", f"ship {name}"
        wanted[pack] = frozenset(checks if barrier else needed)
        repeated = plan[ship] - plan[pack] == {pack}  # the checks come before the packing, too
        wanted[ship] = frozenset(plan[ship] if repeated else {pack})
    for task, before in plan.items():
        if task not in wanted:
            raise NotYet(f"nobody needs the task {task!r}")
        if before != wanted[task]:
            waits = f"it waits for {sorted(before)}"
            raise NotYet(f"{task!r} must wait for {sorted(wanted[task])}", [waits])
    return barrier


def _tasks(task: Any, before: Any) -> set[str]:
    need(not isinstance(before, str), f"what {task!r} waits for must be a list of tasks", before)
    return set(() if before is None else before)


def at_most_three(answer: Any) -> str:
    """`async def answer(coroutines)`: awaits all, at most three at a time; results in order."""
    for lengths_s in ((3, 2, 2, 2, 4, 4, 4, 4, 9), (1, 6, 1, 1, 2, 5, 3)):
        naps = Naps(lengths_s)
        results = naps.run(answer)
        _judge_crowd(naps)
        naps.need_results(results)
    return "never more than three at once, and never fewer while some have not begun"


def _judge_crowd(naps: Naps) -> None:
    at_s, crowd = naps.most_at_once()
    if len(crowd) > MOST:
        many = f"{len(crowd)} naps were under way at {at_s:g} s"
        raise NotYet(f"{many}, at most {MOST} may be", naps.rows())
    last_start_s = max(naps.starts_s.values())
    for at_s in sorted({0.0, *naps.ends_s.values()}):
        crowd = naps.under_way(at_s)
        if at_s < last_start_s and len(crowd) < MOST:
            few = f"only {len(crowd)} of {MOST} places were taken at {at_s:g} s"
            raise NotYet(f"{few}, while others had not begun", naps.rows())
