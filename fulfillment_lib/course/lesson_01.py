"""The judges of lesson 01: a plan that follows the reservations, and bounded concurrency."""

from __future__ import annotations

from typing import Any

from fulfillment_lib.course.naps import Naps
from fulfillment_lib.course.verdicts import NotYet, need

MOST = 3
SHOWN = {"EAST": ["MOUSE-002", "KEYBOARD-003"], "WEST": ["LAPTOP-001"]}
UNSHOWN = ({"CENTRAL": ["DOCK-007"]}, {"WEST": ["A", "B"], "EAST": ["B", "C"], "CENTRAL": ["D"]})


def revised_plan(answer: Any) -> str:
    """`answer(reserved)`: {warehouse: SKUs} becomes {task: tasks that it waits for}."""
    for reserved in (SHOWN, *UNSHOWN):
        said = answer({name: list(skus) for name, skus in reserved.items()})
        need(isinstance(said, dict), "the plan must be a dict", said)
        wanted = {}
        for name, skus in reserved.items():
            wanted[f"pack {name}"] = {f"check {sku}" for sku in skus}
            wanted[f"ship {name}"] = {f"pack {name}"}
        for task, before in wanted.items():
            if task not in said:
                why = f"stock was reserved at {', '.join(reserved)}, but there is no task {task!r}"
                raise NotYet(why, [f"planned: {name}" for name in said])
            if set(said[task]) != before:
                waits = f"it waits for {sorted(said[task])}"
                raise NotYet(f"{task!r} must wait for {sorted(before)}", [waits])
        if extra := [task for task in said if task not in wanted]:
            raise NotYet(f"nobody needs the task {extra[0]!r}")
    return "each warehouse packs what it has, as soon as it has it"


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
