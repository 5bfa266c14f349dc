"""The judges of lesson 00: starting before waiting, and reading a summary."""

from __future__ import annotations

from typing import Any

from fulfillment_lib.course.naps import Naps
from fulfillment_lib.course.verdicts import NotYet, need
from fulfillment_lib.run import simulate
from fulfillment_lib.samples import sample_orders


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
    """`answer(run)`: the id of the order with the longest lead time."""
    for run in (simulate(sample_orders(12)), simulate(sample_orders(20, seed=11), workers=4)):
        leads = {report.order_id: report.lead_time_s for report in run.reports}
        said = answer(run)
        need(said in leads, "the answer must be the id of an order", said)
        longest = max(leads, key=leads.__getitem__)
        if leads[said] < leads[longest]:
            raise NotYet(
                f"on a day of {len(run.orders)} orders you say {said}, but another took longer",
                [f"{name}: lead time {leads[name]:.3f} s" for name in (said, longest)],
            )
    return "right on both days, the one of this lesson and one that you have not seen"
