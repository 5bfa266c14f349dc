"""Small pieces of work that note when they began and ended, for judges of concurrent code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from inspect import CORO_CREATED, getcoroutinestate
from typing import Any

from fulfillment_lib.course.verdicts import NotYet, need
from fulfillment_lib.engine.virtual import run_virtual


@dataclass(slots=True)
class Naps:
    """Naps of given lengths; each returns its number, or raises if it is among `failing`."""

    lengths_s: Sequence[float]
    failing: Sequence[int] = ()
    starts_s: dict[int, float] = field(default_factory=dict)
    ends_s: dict[int, float] = field(default_factory=dict)

    async def nap(self, number: int) -> int:
        """One of the naps, by its number from 0."""
        clock = asyncio.get_running_loop().time
        self.starts_s[number] = clock()
        await asyncio.sleep(self.lengths_s[number])
        self.ends_s[number] = clock()
        if number in self.failing:
            raise ValueError(f"nap {number} failed")
        return number

    def run(self, answer: Callable[[list[Coroutine[Any, Any, int]]], Any]) -> Any:
        """What `await answer(coroutines)` gives, on the virtual clock; what it leaves is closed.

        Raises:
            NotYet: a nap has not ended.
        """

        async def timed() -> Any:
            naps = [self.nap(number) for number in range(len(self.lengths_s))]
            try:
                return await answer(naps)
            finally:
                for nap in naps:
                    if getcoroutinestate(nap) == CORO_CREATED:
                        nap.close()

        results = run_virtual(timed())
        if len(self.ends_s) < len(self.lengths_s):
            raise NotYet(f"{len(self.ends_s)} of {len(self.lengths_s)} naps ended", self.rows())
        return results

    def need_results(self, results: Any) -> None:
        """Refuse results that are not those of all naps, in their order."""
        numbers = list(range(len(self.lengths_s)))
        right = results is not None and list(results) == numbers
        need(right, f"the results must be {numbers}", results)

    def under_way(self, at_s: float) -> list[int]:
        """The naps that have begun and not ended at a time; one that ends then does not count."""
        return [
            number
            for number, start_s in self.starts_s.items()
            if start_s <= at_s < self.ends_s.get(number, float("inf"))
        ]

    def most_at_once(self) -> tuple[float, list[int]]:
        """The first instant at which the most naps were under way, and which."""
        moments = [(start_s, self.under_way(start_s)) for start_s in sorted(self.starts_s.values())]
        return max(moments, key=lambda moment: len(moment[1]), default=(0.0, []))

    def rows(self) -> list[str]:
        """Each nap with its times."""
        return [
            f"nap {number}: {self.starts_s[number]:g} s to "
            f"{self.ends_s.get(number, float('nan')):g} s"
            for number in sorted(self.starts_s)
        ]
