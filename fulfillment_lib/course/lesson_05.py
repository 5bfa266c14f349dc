"""The judges of lesson 05: one honest status, and where the time of an order went."""

from __future__ import annotations

from itertools import product
from typing import Any

from fulfillment_lib.analysis import anatomy
from fulfillment_lib.course.verdicts import NotYet
from fulfillment_lib.errors import shown
from fulfillment_lib.records import OrderStatus
from fulfillment_lib.run import simulate
from fulfillment_lib.samples import sample_orders
from fulfillment_lib.settings import Faults


def status(answer: Any) -> str:
    """`answer(shipped, backordered, cancelled)`: one of the four words, for any units."""
    for shipped, backordered, cancelled in product((0, 1, 2, 500), repeat=3):
        if not shipped + backordered + cancelled:
            continue
        if shipped:
            partly = backordered or cancelled
            wanted = OrderStatus.PARTIALLY_FULFILLED if partly else OrderStatus.FULFILLED
        else:
            wanted = OrderStatus.UNFULFILLED if backordered else OrderStatus.CANCELLED
        said = answer(shipped, backordered, cancelled)
        if said != wanted:
            units = f"{shipped} shipped, {backordered} backordered, {cancelled} cancelled"
            raise NotYet(f"{units} is {wanted.value}, you say {shown(said)}")
    return "each of the four words says what the customer has, and what is still to come"


def largest(answer: Any) -> str:
    """`answer(table, order_id)`: the segment with the most seconds of an order's lead time."""
    for orders, faults in (
        (sample_orders(12), Faults()),
        (sample_orders(20, seed=4, gap_s=1.0), Faults(hang=0.05, fail=0.1)),
    ):
        run = simulate(orders, max_attempts=3, faults=faults)
        table = anatomy(run)
        for report in run.reports:
            rows = table[table["order_id"] == report.order_id]
            sums = rows.groupby("segment")["seconds"].sum().round(6).to_dict()
            said = answer(table, report.order_id)
            if said not in sums or sums[said] < max(sums.values()):
                longest = max(sums, key=sums.__getitem__)
                why = f"of {report.order_id} you say {shown(said)}, it is {longest!r}"
                raise NotYet(why, [f"{word}: {seconds:.3f} s" for word, seconds in sums.items()])
    return "right for every order of two days; several rows of one segment count together"
