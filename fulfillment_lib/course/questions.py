"""The kinds of questions: a small day, and what the engine and each misconception make of it.

A kind takes draws and gives a Case. Its sentences are in `questions.json`, under its lesson and its
own name. A day on which two models say the same tells nothing apart; `asking` then draws another.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import NamedTuple

import pandas as pd

from fulfillment_lib.course.small_days import Job, Stock, attempts_of, end_s, report_of
from fulfillment_lib.engine.policies import ageing
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.settings import Faults

RULES = ("backorder", "short_ship", "ship_complete")
SKUS = ("LAPTOP-001", "MOUSE-002", "KEYBOARD-003", "HEADSET-005")
PLAIN = ["task", "seconds"]
ARRIVING = ["task", "priority", "placed_s", "seconds"]


class Case(NamedTuple):
    """What each model says of a small day, which of them is right, a table, facts for the text."""

    right: str
    models: Mapping[str, float | str]
    table: pd.DataFrame | None
    facts: Mapping[str, object]


def jobs_of(dice: Random, number: int, longest_s: int = 6) -> list[Job]:
    """Jobs named A, B, C and so on, all there at the start."""
    return [Job(name, dice.randint(1, longest_s)) for name in "ABCDEF"[:number]]


def spread(dice: Random, skus: tuple[str, ...], *places: str) -> tuple[pd.DataFrame, Stock]:
    """An order of which each line lies at one of the places, and the stock of these places."""
    stock: Stock = {place: {} for place in places}
    for sku in skus:
        stock[dice.choice(places)][sku] = dice.randint(1, 4)
    lines = [(sku, units[sku], at) for sku in skus for at, units in stock.items() if sku in units]
    return pd.DataFrame(lines, columns=["product", "units", "lie at"]), stock


def gathered(dice: Random) -> Case:
    """Naps that are gathered end with the longest."""
    naps = jobs_of(dice, 3)
    first = min(nap.seconds for nap in naps)
    models = {"gathered": end_s(3, naps), "in_turn": end_s(1, naps), "first": first}
    return Case("gathered", models, pd.DataFrame(naps)[PLAIN], {})


def critical_path(dice: Random) -> Case:
    """An order takes as long as its longest chain."""
    checks = [Job(f"check {name}", dice.randint(1, 4)) for name in "ABC"]
    later = [Job("packing", dice.randint(3, 5)), Job("shipping", dice.randint(1, 3))]
    chain, every = end_s(5, checks) + end_s(1, later), checks + later
    models = {"chain": chain, "in_turn": end_s(1, every), "at_once": end_s(5, every)}
    return Case("chain", models, pd.DataFrame(every)[PLAIN], {})


def barrier(dice: Random) -> Case:
    """Packing waits for all checks."""
    checks = jobs_of(dice, 4)
    models = {f"{workers} workers": end_s(workers, checks) for workers in (1, 2, 4)}
    models["first_check"] = min(check.seconds for check in checks[:2])
    return Case("2 workers", models, pd.DataFrame(checks)[PLAIN], {})


def split(dice: Random) -> Case:
    """Every warehouse that has something to send packs once."""
    lines, stock = spread(dice, SKUS, "EAST", "CENTRAL", "WEST")
    packings = len(report_of(stock).fulfillments)
    models = {"expected": 1, "revised": packings, "lines": len(lines), "units": sum(lines["units"])}
    return Case("revised", models, lines, {})


def bounded(dice: Random) -> Case:
    """A task waits until a worker is free."""
    workers = dice.randint(2, 3)
    jobs = jobs_of(dice, workers + 2)
    right, all_s, no_limit = (end_s(number, jobs) for number in (workers, 1, len(jobs)))
    share = -(-all_s // workers)
    models = {"bounded": right, "in_turn": all_s, "no_limit": no_limit, "share": share}
    return Case("bounded", models, pd.DataFrame(jobs)[PLAIN], {"workers": workers})


def more_than_tasks(dice: Random) -> Case:
    """No two workers share a task."""
    jobs = jobs_of(dice, 3, 9)
    longest, all_s = end_s(6, jobs), end_s(1, jobs)
    models = {"longest": longest, "in_turn": all_s, "share": -(-all_s // 6)}
    return Case("longest", models, pd.DataFrame(jobs)[PLAIN], {})


def overtaking(dice: Random) -> Case:
    """An express task overtakes waiting tasks, never one that is under way."""
    jobs = [Job("A", dice.randint(9, 11))]
    jobs += [Job(name, dice.randint(2, 4), 2 * place) for place, name in enumerate("BCD", start=1)]
    jobs.append(Job("E", 2, 8, "express"))
    lead_s = dice.choice([3, 5])  # odd, while tasks come at even times: no two rank the same
    policies = {"express_first": "express_first", "fifo": "fifo", "ageing": ageing(lead_s)}
    models = {"pre_emptive": 8}  # the only express task would start when it comes
    for name, policy in policies.items():
        attempts = attempts_of(1, jobs, policy=policy)
        models[name] = next(int(each.start_s) for each in attempts if each.task_id == "E")
    rule = dice.choice(["express_first", "ageing"])
    return Case(rule, models, pd.DataFrame(jobs)[ARRIVING], {"rule": policies[rule]})


def ties(dice: Random) -> Case:
    """Tasks of one priority start in the order of their submission."""
    priorities = dice.sample(["express", "express", "standard", "standard"], 4)
    jobs = [Job("A", dice.randint(5, 7))]
    for place, priority in enumerate(priorities):
        jobs.append(Job("BCDE"[place], dice.randint(1, 6), place + 1, priority))
    policies = ("express_first", "fifo", "shortest_first")
    models = {policy: attempts_of(1, jobs, policy=policy)[1].task_id for policy in policies}
    return Case("express_first", models, pd.DataFrame(jobs)[ARRIVING], {"end": jobs[0].seconds})


def back_off(dice: Random) -> Case:
    """The pause between two attempts doubles."""
    timeout_s, pause_s, tries = dice.randint(3, 6), dice.randint(1, 3), dice.randint(3, 4)
    settings = {"timeout_s": timeout_s, "max_attempts": tries}
    first_pauses_s = {"doubling": pause_s, "no_pause": 0, "doubled": 2 * pause_s}
    jobs = [Job("A", 2, hangs=tries)]
    models = {name: end_s(1, jobs, backoff_s=s, **settings) for name, s in first_pauses_s.items()}
    models["same"] = tries * timeout_s + (tries - 1) * pause_s
    return Case("doubling", models, None, {"pause": pause_s, **settings})


def hanging(dice: Random) -> Case:
    """A timeout counts from the start of an attempt, and frees the worker."""
    jobs, before = jobs_of(dice, dice.randint(4, 6), 4), dice.randint(2, 3)
    jobs[before] = Job(jobs[before].task, 2, hangs=1)
    attempts = attempts_of(1, jobs, timeout_s=6)
    frees = sum(attempt.outcome == Outcome.SUCCEEDED for attempt in attempts)
    submitted = sum(attempt.finish_s < 6 for attempt in attempts)
    models = {"frees": frees, "holds": before, "from_submission": submitted, "all": len(jobs)}
    return Case("frees", models, pd.DataFrame(jobs)[PLAIN], {"name": jobs[before].task})


def lost_part(dice: Random) -> Case:
    """Ordered is shipped, backordered and cancelled; the rule says which where a part fails."""
    lines, stock = spread(dice, SKUS[:3], "EAST", "WEST")
    faults = Faults(script={"ORD-001/packing/EAST": ("fail",)})
    reports = {rule: report_of(stock, rule, faults=faults) for rule in RULES}
    models = {rule: report.total("backordered") for rule, report in reports.items()}
    models["other_part"] = reports["backorder"].total("shipped")
    rule = dice.choice(RULES)
    return Case(rule, models, lines, {"rule": rule})


def labels(dice: Random) -> Case:
    """With a key, a label that is asked for twice is printed once."""
    jobs = [Job(name, 2, hangs=dice.randint(0, 2)) for name in "ABCDE"[: dice.randint(3, 5)]]
    attempts = attempts_of(1, jobs, timeout_s=5, max_attempts=2)
    answered = sum(attempt.outcome == Outcome.SUCCEEDED for attempt in attempts)
    models = {"with": len(jobs), "without": len(attempts), "answered": answered}
    key = dice.choice(["with", "without"])
    table = pd.DataFrame(jobs).rename(columns={"task": "order", "hangs": "lost replies"})
    return Case(key, models, table[["order", "lost replies"]], {"key": key})


def resumed(dice: Random) -> Case:
    """A run that is resumed does again what had not ended."""
    jobs, kill_s = jobs_of(dice, 5), dice.randint(5, 12)
    ends_s = [attempt.finish_s for attempt in attempts_of(1, jobs)]
    left_s = sum(job.seconds for job, at_s in zip(jobs, ends_s, strict=True) if at_s > kill_s)
    models = {"left": left_s, "starts_over": end_s(1, jobs), "goes_on": end_s(1, jobs) - kill_s}
    return Case("left", models, pd.DataFrame(jobs)[PLAIN], {"kill": kill_s})


def present(dice: Random) -> Case:
    """Little's law: the mean number present is all stays together, divided by the time."""
    jobs = pd.DataFrame({"job": list("ABCD"), "comes_s": [dice.randint(0, 6) for _ in "ABCD"]})
    jobs["leaves_s"] = jobs["comes_s"] + [dice.randint(1, 4) for _ in "ABCD"]
    stays_s = jobs["leaves_s"] - jobs["comes_s"]
    models = {"mean": stays_s.sum() / 10, "stay": stays_s.mean(), "all": len(jobs)}
    return Case("mean", models, jobs, {})


def interval(dice: Random) -> Case:
    """An interval is half as wide with four times the runs."""
    runs, times = dice.choice([10, 20, 30, 50]), dice.choice([2, 3, 5])
    models = {"squared": times**2 * runs, "in_proportion": times * runs, "other_seeds": runs}
    return Case("squared", models, None, {"runs": runs, "times": times})


def bill(dice: Random) -> Case:
    """Staff is paid for the whole day, and a task is late by its own time, not by the clock."""
    jobs = [Job(name, dice.randint(2, 6), 2 * place) for place, name in enumerate("ABCD")]
    fine, promise_s, attempts = dice.randint(3, 6), dice.randint(5, 7), attempts_of(2, jobs)
    late = sum(attempt.finish_s - attempt.ready_s > promise_s for attempt in attempts)
    clock = sum(attempt.finish_s > promise_s for attempt in attempts)
    paid, busy = 2 * end_s(2, jobs), sum(job.seconds for job in jobs)
    models = {"bill": paid + fine * late, "busy": busy + fine * late, "clock": paid + fine * clock}
    facts = {"fine": fine, "promise": promise_s}
    return Case("bill", models, pd.DataFrame(jobs)[["task", "placed_s", "seconds"]], facts)
