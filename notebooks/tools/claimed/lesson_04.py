"""What lesson 04 claims: a timeout has two prices, and a random pause has one of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random

from claimed.claim import Claim
from claimed.days import day, mean_lead_s
from fulfillment_lib import FulfillmentRun, run_virtual
from fulfillment_lib.scenarios import web_shop
from fulfillment_lib.settings import Durations, Faults

CLIENTS, CALLS_PER_SECOND = 20, 4


def with_hangs(seed: int, timeout_s: float, redrawn: bool) -> FulfillmentRun:
    """The day of section 1: one attempt of ten hangs, and there are ten attempts."""
    return day(
        web_shop,
        seed,
        timeout_s=timeout_s,
        max_attempts=10,
        faults=Faults(hang=0.1),
        durations=Durations(redrawn=redrawn),
    )


def longer_lead_s(seed: int, timeout_s: float, than_s: float, redrawn: bool) -> float:
    """Mean lead time with one timeout minus that with another."""
    one, other = (with_hangs(seed, limit_s, redrawn) for limit_s in (timeout_s, than_s))
    return mean_lead_s(one) - mean_lead_s(other)


def more_units_lost(seed: int) -> float:
    """Units not shipped where a slow task stays slow: timeout of 6 s − timeout of 12 s."""
    short, long = (with_hangs(seed, timeout_s, redrawn=False) for timeout_s in (6, 12))
    return float(units_shipped(long) - units_shipped(short))


def units_shipped(run: FulfillmentRun) -> int:
    """The units that left the warehouses."""
    return int(run.summary()["units_shipped"].sum())


async def storm(pause: Callable[[int], float]) -> tuple[int, int, int]:
    """The storm of section 3: calls, most retries in a second, and the last second."""
    clock = asyncio.get_running_loop().time
    calls: Counter[int] = Counter()
    retries: Counter[int] = Counter()

    async def client() -> None:
        for attempt in range(1, 100):
            second = int(clock())
            calls[second] += 1
            retries[second] += attempt > 1
            if calls[second] <= CALLS_PER_SECOND:
                return
            await asyncio.sleep(pause(attempt))

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return calls.total(), max(retries.values()), max(calls)


def change_by_chance(seed: int, up_to: float, measured: int) -> float:
    """A storm with pauses from 0 to `up_to` × the doubled one, minus the storm without chance."""
    random = Random(seed)  # noqa: S311 - a simulation, no secret
    spread = run_virtual(storm(lambda attempt: random.uniform(0, up_to * 2 ** (attempt - 1))))
    return float(
        spread[measured] - run_virtual(storm(lambda attempt: 2 ** (attempt - 1)))[measured]
    )


CLAIMS = (
    Claim(
        number="04.1",
        sentence="Too short kills healthy work",
        quantity="mean lead time with new draws, timeout of 3 s − of 6 s",
        unit="s",
        expected="> 0",
        measure=lambda seed: longer_lead_s(seed, 3, 6, redrawn=True),
    ),
    Claim(
        number="04.2",
        sentence="too long lets hangs hold the workers",
        quantity="mean lead time with new draws, timeout of 30 s − of 6 s",
        unit="s",
        expected="> 0",
        measure=lambda seed: longer_lead_s(seed, 30, 6, redrawn=True),
    ),
    Claim(
        number="04.3",
        sentence="Where the task is slow, the best timeout is longer",
        quantity="mean lead time where a slow task stays slow, timeout of 6 s − of 12 s",
        unit="s",
        expected="> 0",
        measure=lambda seed: longer_lead_s(seed, 6, 12, redrawn=False),
    ),
    Claim(
        number="04.4",
        sentence="a short one loses units",
        quantity="units not shipped where a slow task stays slow, timeout of 6 s − of 12 s",
        unit="units",
        expected="> 0",
        measure=more_units_lost,
    ),
    Claim(
        number="04.5",
        sentence="A random pause does not make fewer calls by itself",
        quantity="calls, pause from 0 to the doubled one − doubled one",
        unit="calls",
        expected="> 0",
        measure=lambda seed: change_by_chance(seed, 1, 0),
    ),
    Claim(
        number="04.6",
        sentence="there are fewer calls",
        quantity="calls, pause from 0 to twice the doubled one − doubled one",
        unit="calls",
        expected="< 0",
        measure=lambda seed: change_by_chance(seed, 2, 0),
    ),
    Claim(
        number="04.7",
        sentence="fewer retries meet in one second",
        quantity="most retries in a second, pause from 0 to twice the doubled one − doubled one",
        unit="retries",
        expected="< 0",
        measure=lambda seed: change_by_chance(seed, 2, 1),
    ),
    Claim(
        number="04.8",
        sentence="the last client is served sooner",
        quantity="last second, pause from 0 to twice the doubled one − doubled one",
        unit="s",
        expected="< 0",
        measure=lambda seed: change_by_chance(seed, 2, 2),
    ),
)
