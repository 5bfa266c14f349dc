"""The judges of lesson 00: starting before waiting, and the chain that decides when."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from fulfillment_lib.course.naps import Naps
from fulfillment_lib.course.verdicts import NotYet, need
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.samples import sample_network, sample_orders

RULE = "the answer must be task ids, from the first to the last"
# Seed, workers, stock: the day of the lesson; two with splits, whose packings waited for the checks
# of other warehouses, too; one whose slowest order ended with a packing that was stopped.
DAYS = ((0, 5, 1), (1, 4, 1), (3, 3, 1), (32, 4, 3))


def all_at_once(answer: Any) -> str:
    """`async def answer(coroutines)`: awaits all at the same time; their results, in order."""
    for lengths_s in ((3, 1, 2), (2, 5, 4, 1)):
        naps = Naps(lengths_s)
        results = naps.run(answer)
        longest_s, end_s = max(lengths_s), max(naps.ends_s.values())
        if end_s > longest_s:
            lengths = ", ".join(map(str, lengths_s))
            took = f"naps of {lengths} s took {end_s:g} s"
            raise NotYet(f"{took}; the longest alone takes {longest_s} s", naps.rows())
        naps.need_results(results)
    return "all began at once, so that all take as long as the longest"


def slowest(answer: Any) -> str:
    """`answer(run)`: of the order with the longest lead time, the tasks that decided its end."""
    for seed, workers, stock in DAYS:
        orders, network = sample_orders(12, seed=seed), sample_network(stock)
        _judge_chain(simulate(orders, network, workers=workers, seed=seed), answer)
    return f"right on {len(DAYS)} days: each task was ready when the one before it had ended"


def _judge_chain(run: FulfillmentRun, answer: Any) -> None:
    said = answer(run)
    chain = list(said) if isinstance(said, Iterable) and not isinstance(said, str) else []
    need(bool(chain) and all(isinstance(name, str) for name in chain), RULE, said)
    attempts = {attempt.task_id: attempt for attempt in run.attempts}
    slowest_s = max(report.lead_time_s for report in run.reports)
    for name in chain:
        need(name in attempts, "the answer must be tasks of the run", name)
        report = run.report(attempts[name].order_id)
        if report.lead_time_s < slowest_s:
            took = f"{report.order_id} took {report.lead_time_s:.3f} s"
            raise NotYet(f"{took}, but another order took longer: {slowest_s:.3f} s")
    steps = [attempts[name] for name in chain]
    for before, after in pairwise(steps):
        if after.ready_s != before.finish_s:
            why = f"{after.task_id} was not ready when {before.task_id} ended"
            raise NotYet(why, map(_row, (before, after)))
    if steps[0].ready_s != report.placed_s:
        placed = f"the order was placed at {report.placed_s:.3f} s"
        raise NotYet(f"{placed}: what did {chain[0]} wait for?", [_row(steps[0])])
    if steps[-1].finish_s != report.finished_s:
        end = f"the order was finished at {report.finished_s:.3f} s"
        raise NotYet(f"{end}, after {chain[-1]}", [_row(steps[-1])])


def _row(attempt: Attempt) -> str:
    return f"{attempt.task_id}: ready {attempt.ready_s:.3f} s, finish {attempt.finish_s:.3f} s"
