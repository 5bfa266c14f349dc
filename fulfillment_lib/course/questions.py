"""The kinds of questions: a small day, the right answer, and what each misconception makes of it.

A kind takes draws and gives a Case: the engine's answer, and the answers of wrong models by name.
Its sentences are in `questions.json`, under its lesson and its own name. A day on which two
answers are equal tells nothing apart; `asking` then draws another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from statistics import fmean

import pandas as pd

from fulfillment_lib.course.small_days import Job, attempts_of, end_s, report_of, start_s
from fulfillment_lib.engine.policies import ageing
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.settings import Faults

Answer = float | str
RULES = ("backorder", "short_ship", "ship_complete")
SKUS = ("LAPTOP-001", "MOUSE-002", "KEYBOARD-003", "HEADSET-005")
PLAIN = ["task", "seconds"]
ARRIVING = ["task", "priority", "placed_s", "seconds"]


@dataclass(frozen=True, slots=True)
class Case:
    """What comes out of a small day, its table, and what its text tells besides."""

    right: Answer
    wrong: Mapping[str, Answer]
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    facts: Mapping[str, object] = field(default_factory=dict)


def jobs_of(draw: Random, number: int, longest_s: int = 6) -> list[Job]:
    """Jobs named A, B, C and so on, all there at the start."""
    return [Job(name, draw.randint(1, longest_s)) for name in "ABCDEF"[:number]]


def gathered(draw: Random) -> Case:
    """Naps that are gathered end with the longest."""
    naps = jobs_of(draw, 3)
    wrong = {"in_turn": end_s(1, naps), "first": min(nap.seconds for nap in naps)}
    return Case(end_s(3, naps), wrong, pd.DataFrame(naps)[PLAIN])


def critical_path(draw: Random) -> Case:
    """An order takes as long as its longest chain."""
    checks = [Job(f"check {name}", draw.randint(1, 4)) for name in "ABC"]
    later = [Job("packing", draw.randint(3, 5))], [Job("shipping", draw.randint(1, 3))]
    every = checks + later[0] + later[1]
    first_check = end_s(5, [min(checks, key=lambda job: job.seconds)], *later)
    wrong = {"in_turn": end_s(1, every), "at_once": end_s(5, every), "first_check": first_check}
    return Case(end_s(5, checks, *later), wrong, pd.DataFrame(every)[PLAIN])


def barrier(draw: Random) -> Case:
    """Packing waits for all checks."""
    checks = jobs_of(draw, 4)
    first_check = min(check.seconds for check in checks[:2])
    wrong = {"in_turn": end_s(1, checks), "no_limit": end_s(4, checks), "first_check": first_check}
    return Case(end_s(2, checks), wrong, pd.DataFrame(checks)[PLAIN])


def split(draw: Random) -> Case:
    """Every warehouse that has something to send packs once."""
    units = [draw.randint(1, 3) for _ in SKUS]
    places = [draw.choice(["EAST", "CENTRAL", "WEST"]) for _ in SKUS]
    table = pd.DataFrame({"product": SKUS, "units": units, "lie at": places})
    stock: dict[str, dict[str, int]] = {place: {} for place in places}
    for sku, number, place in zip(SKUS, units, places, strict=True):
        stock[place][sku] = number
    report = report_of(dict(zip(SKUS, units, strict=True)), stock, "backorder")
    wrong = {"as_expected": 1, "lines": len(SKUS), "units": sum(units)}
    return Case(len(report.fulfillments), wrong, table)


def bounded(draw: Random) -> Case:
    """A task waits until a worker is free."""
    workers = draw.randint(2, 3)
    jobs = jobs_of(draw, workers + 2)
    share = -(-end_s(1, jobs) // workers)
    wrong = {"no_limit": end_s(len(jobs), jobs), "in_turn": end_s(1, jobs), "divided": share}
    return Case(end_s(workers, jobs), wrong, pd.DataFrame(jobs)[PLAIN], {"workers": workers})


def more_than_tasks(draw: Random) -> Case:
    """No two workers share a task."""
    jobs = jobs_of(draw, 3, 9)
    wrong = {"shared": -(-end_s(1, jobs) // 6), "in_turn": end_s(1, jobs)}
    return Case(end_s(6, jobs), wrong, pd.DataFrame(jobs)[PLAIN])


def overtaking(draw: Random) -> Case:
    """An express task overtakes waiting tasks, never one that is under way."""
    jobs = [Job("A", draw.randint(9, 11))]
    jobs += [Job(name, draw.randint(2, 4), 2 * place) for place, name in enumerate("BCD", start=1)]
    jobs.append(Job("E", 2, 8, "express"))
    lead_s = draw.choice([3, 5])  # odd, while tasks come at even times: no two rank the same
    policies = {"express_first": "express_first", "fifo": "fifo", "ageing": ageing(lead_s)}
    wrong = {name: start_s("E", jobs, policy=policy) for name, policy in policies.items()}
    rule = draw.choice(["express_first", "ageing"])
    facts = {"rule": str(policies[rule]), "lead": lead_s}
    right = wrong.pop(rule)
    wrong["pre_emptive"] = jobs[-1].placed_s  # it is the only express task
    return Case(right, wrong, pd.DataFrame(jobs)[ARRIVING], facts)


def ties(draw: Random) -> Case:
    """Tasks of one priority start in the order of their submission."""
    express = draw.sample("BCDE", 2)
    jobs = [Job("A", draw.randint(5, 7))]
    for place, name in enumerate("BCDE", start=1):
        priority = "express" if name in express else "standard"
        jobs.append(Job(name, draw.randint(1, 6), place, priority))
    policies = ("express_first", "fifo", "shortest_first")
    right, fifo, shortest = (attempts_of(1, jobs, policy=rule)[1].task_id for rule in policies)
    wrong = {"fifo": fifo, "shortest": shortest, "last": "E"}
    return Case(right, wrong, pd.DataFrame(jobs)[ARRIVING], {"end": jobs[0].seconds})


def back_off(draw: Random) -> Case:
    """The pause between two attempts doubles."""
    timeout_s, pause_s, tries = draw.randint(3, 6), draw.randint(1, 3), draw.randint(3, 4)
    right, no_pause, doubled = (
        end_s(
            1, [Job("A", 2, hangs=tries)], timeout_s=timeout_s, max_attempts=tries, backoff_s=first
        )
        for first in (pause_s, 0, 2 * pause_s)
    )
    wrong = {"no_pause": no_pause, "same": no_pause + (tries - 1) * pause_s, "doubled": doubled}
    facts = {"timeout": timeout_s, "pause": pause_s, "tries": tries}
    return Case(right, wrong, facts=facts)


def hanging(draw: Random) -> Case:
    """A timeout counts from the start of an attempt, and frees the worker."""
    jobs, timeout_s, before = jobs_of(draw, 6, 4), draw.randint(5, 7), draw.randint(2, 4)
    jobs[before] = Job(jobs[before].task, 2, hangs=1)
    attempts = attempts_of(1, jobs, timeout_s=timeout_s)
    from_submission = sum(attempt.finish_s < timeout_s for attempt in attempts[:before])
    wrong = {"from_submission": from_submission, "keeps_worker": before, "all": len(jobs)}
    facts = {"timeout": timeout_s, "name": jobs[before].task}
    right = sum(attempt.outcome == Outcome.SUCCEEDED for attempt in attempts)
    return Case(right, wrong, pd.DataFrame(jobs)[PLAIN], facts)


def lost_part(draw: Random) -> Case:
    """Ordered is shipped, backordered and cancelled; the rule says which where a part fails."""
    units = [draw.randint(1, 4) for _ in range(3)]
    ordered = dict(zip(SKUS, units, strict=False))
    stock = {"EAST": {SKUS[0]: units[0]}, "WEST": {SKUS[1]: units[1], SKUS[2]: units[2]}}
    faults = Faults(script={"ORD-001/packing/EAST": "fail"})
    reports = {rule: report_of(ordered, stock, rule, faults=faults) for rule in RULES}
    wrong = {rule: report.total("backordered") for rule, report in reports.items()}
    wrong["other_part"] = units[1] + units[2]
    rule = draw.choice(RULES)
    table = pd.DataFrame({"product": SKUS[:3], "units": units, "lie at": ["EAST", "WEST", "WEST"]})
    return Case(wrong.pop(rule), wrong, table, {"rule": rule})


def hands_or_sequence(draw: Random) -> Case:
    """Neither more workers nor a better sequence is always the better change."""
    jobs = jobs_of(draw, 5)
    hands, sequence = end_s(3, jobs), end_s(2, jobs, policy=lambda task, _: -task.expected_s)
    both: list[str] = ["a third worker", "the longest first", "both at the same time"]
    right = both.pop(0 if hands < sequence else 1 if sequence < hands else 2)
    facts = {"hands": hands, "sequence": sequence, "before": end_s(2, jobs)}
    return Case(right, dict(zip(both, both, strict=True)), pd.DataFrame(jobs)[PLAIN], facts)


def labels(draw: Random) -> Case:
    """With a key, a label that is asked for twice is printed once."""
    jobs = [Job(name, 2, hangs=draw.randint(0, 2)) for name in "ABCDE"[: draw.randint(3, 5)]]
    attempts = attempts_of(1, jobs, timeout_s=5, max_attempts=2)
    answered = sum(attempt.outcome == Outcome.SUCCEEDED for attempt in attempts)
    wrong = {"with": len(jobs), "without": len(attempts), "answered": answered}
    key = draw.choice(["with", "without"])
    table = pd.DataFrame(jobs).rename(columns={"task": "order", "hangs": "lost replies"})
    return Case(wrong.pop(key), wrong, table[["order", "lost replies"]], {"key": key})


def resumed(draw: Random) -> Case:
    """A run that is resumed does again what had not ended."""
    jobs, kill_s = jobs_of(draw, 5), draw.randint(5, 12)
    ends_s = [attempt.finish_s for attempt in attempts_of(1, jobs)]
    rest = [job for job, finish_s in zip(jobs, ends_s, strict=True) if finish_s > kill_s]
    left_s = sum(job.seconds for job in rest)
    wrong = {"starts_over": end_s(1, jobs), "goes_on": end_s(1, jobs) - kill_s}
    return Case(left_s, wrong, pd.DataFrame(jobs)[PLAIN], {"kill": kill_s})


def present(draw: Random) -> Case:
    """Little's law: the mean number present is all stays together, divided by the time."""
    comes = [draw.randint(0, 6) for _ in "ABCD"]
    leaves = [come + draw.randint(1, 4) for come in comes]
    there = [sum(comes[i] <= second < leaves[i] for i in range(4)) for second in range(10)]
    table = pd.DataFrame({"job": list("ABCD"), "comes_s": comes, "leaves_s": leaves})
    stay = fmean(table["leaves_s"] - table["comes_s"])
    return Case(fmean(there), {"stay": stay, "most": max(there), "all": 4}, table)


def interval(draw: Random) -> Case:
    """An interval is half as wide with four times the runs."""
    runs, times = draw.choice([10, 20, 30, 50]), draw.choice([2, 3, 5])
    wrong = {"in_proportion": times * runs, "other_seeds": runs}
    return Case(times**2 * runs, wrong, facts={"runs": runs, "times": times})


def bill(draw: Random) -> Case:
    """Staff is paid for the whole day, and a task is late by its own time, not by the clock."""
    jobs = [Job(name, draw.randint(2, 6), 2 * place) for place, name in enumerate("ABCD")]
    fine, promise_s, attempts = draw.randint(3, 6), draw.randint(5, 7), attempts_of(2, jobs)
    fines = fine * sum(attempt.finish_s - attempt.ready_s > promise_s for attempt in attempts)
    clock = fine * sum(attempt.finish_s > promise_s for attempt in attempts)
    staff, busy = 2 * end_s(2, jobs), sum(job.seconds for job in jobs)
    wrong = {"busy": busy + fines, "clock": staff + clock, "no_fines": staff}
    facts = {"fine": fine, "promise": promise_s}
    return Case(staff + fines, wrong, pd.DataFrame(jobs)[["task", "placed_s", "seconds"]], facts)
