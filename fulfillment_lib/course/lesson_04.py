"""The judges of lesson 04: a timeout where things hang, and a bank that charges once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fulfillment_lib.course.verdicts import NotYet, mean_lead_s, need_number
from fulfillment_lib.engine.pool import WorkerPool
from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.run import simulate
from fulfillment_lib.scenarios import Scenario, web_shop
from fulfillment_lib.settings import Durations, Faults

TRIED_S = (4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40)
NEAR = 1.02
HIDDEN = {
    "another day, packing takes 10 s": (23, Durations(packing=(10.0, 0.5))),
    "another day, a slow task stays slow": (7, Durations(redrawn=False)),
}


def timeout(answer: Any) -> str:
    """`answer(scenario)`: a timeout whose mean lead time is within 2 % of the best of TRIED_S."""
    days = {"web_shop(30)": web_shop(30)}
    for name, (seed, durations) in HIDDEN.items():
        hidden = web_shop(20, seed=seed)
        days[name] = replace(hidden, settings=replace(hidden.settings, durations=durations))
    for name, scenario in days.items():
        said = need_number("the answer must be a timeout in seconds", answer(scenario), 1000)
        leads = {timeout_s: lead_with(scenario, timeout_s) for timeout_s in (*TRIED_S, said)}
        best = min(TRIED_S, key=leads.__getitem__)
        if leads[said] > NEAR * leads[best]:
            raise NotYet(
                f"{name}: with a timeout of {said:g} s the mean lead time can be had shorter",
                [
                    f"{name}, timeout {tried:g} s: {leads[tried]:.3f} s"
                    for tried in sorted({said, best})
                ],
            )
    return f"the bottom of the U, on all {len(days)} days"


def lead_with(scenario: Scenario, timeout_s: float) -> float:
    """The mean lead time if a tenth of all attempts hangs, and each task has ten attempts."""
    return mean_lead_s(
        simulate(scenario, timeout_s=timeout_s, max_attempts=10, faults=Faults(hang=0.1))
    )


def charge(answer: Any) -> str:
    """`async def answer(key, amount, books, reply)`: a bank charges once, and forgets nothing."""
    owed = {"ORD-001": 30, "ORD-002": 45, "ORD-003": 30}
    days = (
        Bank("one call each", owed, {"ORD-002": 1}),
        Bank("two calls at once", {"ORD-001": 7, "B": 7, "C": 12}, {"B": 2, "C": 1}, calls=2),
        Bank("after a restart", owed, {"ORD-001": 1}, books=[("ORD-001", 30), ("ORD-002", 45)]),
    )

    async def serve_all() -> None:  # on one loop, to which a lock of the reader's may be bound
        for bank in days:
            await bank.serve(answer)
            if bank.faults:
                raise bank.faults[0]

    run_virtual(serve_all())
    return "every customer was charged once, whatever was lost, repeated or restarted"


@dataclass
class Bank:
    """The other end of a payment: who owes what, how many confirmations are lost, the books."""

    day: str
    owed: Mapping[str, int]
    lost: dict[str, int]
    calls: int = 1
    books: list[Any] = field(default_factory=list)
    faults: list[NotYet] = field(default_factory=list)

    async def serve(self, answer: Any) -> None:
        """Let the shop call: a call that is not confirmed in ten seconds is made again."""
        replied = [key for key, _ in self.books]

        async def handle(task: Task) -> None:
            key = bytes(task.payload).decode()  # as if it came by wire: equal, never the same
            answered = False

            async def reply() -> None:
                nonlocal answered
                answered = True
                replied.append(key)
                self.look_at(key, "when the reply goes out")
                lost = self.lost.get(key, 0)
                self.lost[key] = lost - 1
                await asyncio.sleep(100 if lost > 0 else 1)

            try:
                await answer(key, self.owed[key], self.books, reply)
            finally:
                for answered_key in replied:
                    self.look_at(answered_key, "though the reply went out")
            if not answered:
                self.fault(f"{key} was not answered")

        async with WorkerPool(6, timeout_s=10.0, max_attempts=8) as pool:
            calls = [
                pool.submit(Task(f"{key} {call}", payload=key.encode()), handle)
                for key in self.owed
                for call in range(self.calls)
            ]
            results = await asyncio.gather(*calls)
        for result in results:
            if not result.succeeded:
                key = bytes(result.task.payload).decode()
                self.fault(f"{key} was not answered: {result.outcome} {result.error}")

    def look_at(self, key: str, when: str) -> None:
        """Note a fault if the books do not hold exactly what this customer owes."""
        for entry in self.books:
            if not isinstance(entry, tuple | list) or len(entry) != 2:
                self.fault(f"the books must hold pairs (key, amount), got {entry!r}")
                return
        charged = [amount for booked, amount in self.books if booked == key]
        if len(charged) != 1:
            found = f"the books have {len(charged)} charges of it {when}"
        elif charged != [self.owed[key]]:
            found = f"the books charge {charged[0]}"
        else:
            return
        self.fault(f"{key} owes {self.owed[key]}, and {found}")

    def fault(self, why: str) -> None:
        """Note what is wrong, with the books as they are now; the first fault is told."""
        self.faults.append(
            NotYet(f"{self.day}: {why}", [f"charge {entry}" for entry in self.books])
        )
