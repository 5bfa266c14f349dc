"""The judges of lesson 05: a part that gives back what it holds, and a synthesis that adds up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from fulfillment_lib.course.verdicts import NotYet
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.errors import shown
from fulfillment_lib.records import UNIT_COLUMNS
from fulfillment_lib.run import simulate
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.settings import Faults, Settings

LONGEST_S = 60
# What fails, and when it is cancelled: packing is 0–4 s, shipping 4–6 s, and giving back takes 2 s.
TRIALS: Mapping[str, tuple[str, tuple[float, ...]]] = {
    "all goes well": ("", ()),
    "packing fails": ("pack", ()),
    "shipping fails": ("ship", ()),
    "cancelled while packing": ("", (2,)),
    "cancelled while shipping": ("", (5,)),
    "cancelled while packing, and again while it gives back": ("", (2, 2.5)),
    "cancelled while shipping, and again while it gives back": ("", (5, 6.5)),
    "packing fails, and it is cancelled while it gives back": ("pack", (5.5,)),
    "cancelled while packing, and twice while it gives back": ("", (2, 2.5, 3.5)),
}


def fulfil(answer: Any) -> str:
    """`async def answer(pack, ship, give_back)`: what is set aside leaves or comes back, once."""
    for name, (fails, cancelled_s) in TRIALS.items():
        run_virtual(_one_trial(answer, name, fails, cancelled_s))
    return f"shipped once or given back once in all {len(TRIALS)} trials, and no cancellation lost"


class Shelf:
    """Units that are set aside; the ledger notes what becomes of them, in the middle of a step."""

    def __init__(self, fails: str) -> None:
        self.fails, self.packed = fails, False
        self.ledger: list[str] = []

    async def pack(self) -> None:
        """Four seconds."""
        await asyncio.sleep(4)
        if self.fails == "pack":
            raise RuntimeError("packing failed")
        self.packed = True

    async def ship(self) -> None:
        """Two seconds; at their end the units are gone."""
        word = "shipped" if self.packed else "shipped what was not packed"
        await asyncio.sleep(2)
        if self.fails == "ship":
            raise OSError("no carrier came")
        self.ledger.append(word)

    async def give_back(self) -> None:
        """Two seconds; after one of them the units are back."""
        await asyncio.sleep(1)
        self.ledger.append("given back")
        await asyncio.sleep(1)


async def _one_trial(answer: Any, name: str, fails: str, cancelled_s: tuple[float, ...]) -> None:
    shelf, loop = Shelf(fails), asyncio.get_running_loop()
    task = asyncio.ensure_future(answer(shelf.pack, shelf.ship, shelf.give_back))
    for at_s in cancelled_s:
        loop.call_later(at_s, task.cancel)
    await asyncio.wait([task], timeout=LONGEST_S)
    if not task.done():
        raise NotYet(f"{name}: it must end, and did not within {LONGEST_S} s")
    ended = _ended(task)
    wanted = ["given back"] if fails or cancelled_s else ["shipped"]
    interrupted = bool(fails) + len(cancelled_s) > 1  # then giving back may outlast it
    for when in ("in the end",) if interrupted else ("when it ends", "in the end"):
        if when == "in the end":
            await asyncio.sleep(LONGEST_S)
        if shelf.ledger != wanted:
            raise NotYet(f"{name}: the ledger must say {wanted} {when}, it says {shelf.ledger}")
    if cancelled_s and not task.cancelled():
        raise NotYet(f"{name}: the cancellation must go on, {ended}")
    if not cancelled_s:
        said = None if task.cancelled() or task.exception() else task.result()
        if said is None or bool(said) != (wanted == ["shipped"]):
            raise NotYet(f"{name}: it must return True or False, {ended}")


def _ended(task: asyncio.Task[Any]) -> str:
    if task.cancelled():
        return "it was cancelled"
    error = task.exception()
    return f"it raised {error!r}" if error else f"it returned {shown(task.result())}"


def synthesis(answer: Any) -> str:
    """`answer(order, results)`: the status, and the units of each line, as the library has them."""
    rough = Settings(seed=4, max_attempts=2, faults=Faults(fail=0.1, hang=0.05, lost_reply=0.1))
    runs = (
        simulate(sample_orders(12)),
        simulate(sample_orders(40, seed=4), sample_network(2), rough),
        simulate(sample_orders(30, seed=11, gap_s=1.0), seed=11),
    )
    for run in runs:
        for order, report in zip(run.orders, run.reports, strict=True):
            results = [result for result in run.results if result.task.order_id == order.id]
            status, lines = _pair(answer(order, results))
            told = [f"{result.task.id}: {result.outcome}" for result in results]
            for line in report.lines:
                wanted = tuple(getattr(line, column) for column in UNIT_COLUMNS[1:])
                said = lines.get(line.sku)
                if said != wanted:
                    you = f"you say {shown(said) if said else 'nothing'}"
                    why = f"{order.id}, {order.shortage}: of {shown(line.sku)} {you}"
                    raise NotYet(f"{why}, it is {wanted}", told)
            if status != report.status:
                you = f"you say {shown(status)}"
                raise NotYet(f"{order.id} is {report.status}, {you}", told)
    return f"every unit of {sum(len(run.orders) for run in runs)} orders is accounted for, once"


def _pair(said: Any) -> tuple[Any, dict[Any, tuple[Any, ...]]]:
    """The status, and (shipped, backordered, cancelled) by SKU; or by name, by SKU."""
    try:
        status, lines = said
        return status, {
            sku: tuple(units.values() if isinstance(units, Mapping) else units)
            for sku, units in lines.items()
        }
    except (AttributeError, TypeError, ValueError):
        rule = "the answer must be a pair (status, {sku: (shipped, backordered, cancelled)})"
        raise NotYet(f"{rule}, got {shown(said)}") from None
