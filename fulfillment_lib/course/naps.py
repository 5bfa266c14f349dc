"""Small pieces of work that note when they began and ended, for judges of concurrent code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from inspect import CORO_CREATED, getcoroutinestate
from typing import Any

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

    def coroutines(self) -> list[Coroutine[Any, Any, int]]:
        """All naps, none of them begun."""
        return [self.nap(number) for number in range(len(self.lengths_s))]

    def run(self, answer: Callable[[list[Any]], Any]) -> Any:
        """What `await answer(coroutines)` gives, on the virtual clock; what it leaves is closed."""

        async def timed() -> Any:
            naps = self.coroutines()
            try:
                return await answer(naps)
            finally:
                for each in naps:
                    if getcoroutinestate(each) == CORO_CREATED:
                        each.close()

        return run_virtual(timed())

    def under_way(self, at_s: float) -> list[int]:
        """Who has begun and not ended at a time; who ends then counts no more."""
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
