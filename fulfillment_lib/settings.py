"""How a run is set up: Settings, Durations, Faults, and the keyed draws behind them.

A draw depends only on (seed, order, kind, part, attempt), never on what else happens in the run.
So two settings are compared on exactly the same work: the method is known as *common random
numbers* (Law, Simulation Modeling and Analysis, chapter 11).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple

from fulfillment_lib import checks
from fulfillment_lib.engine.policies import Policy, named
from fulfillment_lib.engine.tasks import LONGEST_TASK_ID
from fulfillment_lib.errors import shown
from fulfillment_lib.frozen import FrozenDict
from fulfillment_lib.orders import Order, Units
from fulfillment_lib.plan import TaskKind

if TYPE_CHECKING:
    from statistics import NormalDist

FAULT_WORDS = ("ok", "fail", "hang", "lost_reply")
LARGEST_SEED = 2**63 - 1
LARGEST_MEAN_S = 1_000_000.0
MOST_REPLANS = 9
ROUTINGS = ("nearest", "fewest_parcels")
# (order, SKU of the line that reserves now, units by SKU and warehouse) -> names of warehouses
Routing = Callable[[Order, str, Mapping[str, Units]], Iterable[str]]

# The number was tried from 0 up to the first with which the default day at seed 0 shows a split, a
# backorder, an overtaking and a timeout, and ends in all four statuses. It has no other meaning.
SALT = b"fulfillment1"
_TWO_NUMBERS = Struct("<QQ")
KINDS = tuple(str(kind) for kind in TaskKind)


class Draw(NamedTuple):
    """What happens to one attempt: its service time in seconds, and a word of FAULT_WORDS."""

    service_s: float
    fault: str


def uniforms(*key: object) -> tuple[float, float]:
    """Two numbers strictly between 0 and 1, independent, and fixed by the key alone.

    >>> uniforms(0, "ORD-001") == uniforms(0, "ORD-001")
    True
    """
    digest = blake2b("\0".join(map(str, key)).encode(), digest_size=16, salt=SALT).digest()
    first, second = _TWO_NUMBERS.unpack(digest)
    # 52 bits and a half fit a float exactly, so that rounding never gives 1.
    return ((first >> 12) + 0.5) / 2**52, ((second >> 12) + 0.5) / 2**52


@lru_cache(1)
def _normal() -> NormalDist:
    from statistics import NormalDist  # of all that is imported, the longest to load

    return NormalDist()


@dataclass(frozen=True, slots=True)
class Durations:
    """Service times by kind of task: lognormal, given as (mean in s, coefficient of variation).

    The coefficient of variation is standard deviation ÷ mean; 0 makes every service the mean.
    With `redrawn` each attempt at a task draws a new service time: it is the attempt that is
    slow, as when a network is busy. Without it a retry takes as long as the first attempt would
    have: it is the task that is slow, as a heavy parcel is.
    """

    inventory: tuple[float, float] = (1.0, 0.5)
    packing: tuple[float, float] = (4.0, 0.5)
    shipping: tuple[float, float] = (2.0, 0.5)
    redrawn: bool = True

    def __post_init__(self) -> None:
        for name in TaskKind:
            value = getattr(self, name)
            if not isinstance(value, tuple | list) or len(value) != 2:
                checks.refuse(name, "a pair (mean in s, coefficient of variation)", value)
            mean = checks.number(f"mean of {name}", value[0], 0.0, LARGEST_MEAN_S)
            spread = checks.number(f"coefficient of variation of {name}", value[1], 0.0, 10.0)
            object.__setattr__(self, name, (mean, spread))
        checks.instance("redrawn", self.redrawn, bool)

    @classmethod
    def constant(cls, inventory: float = 1, packing: float = 4, shipping: float = 2) -> Durations:
        """The same service time for every task of a kind, in seconds."""
        return cls((inventory, 0.0), (packing, 0.0), (shipping, 0.0))

    def mean_s(self, kind: str) -> float:
        """The mean service time of a kind of task.

        Raises:
            ArgumentError: an unknown kind.
        """
        return self._pair(kind)[0]

    def at(self, kind: str, uniform: float) -> float:
        """The service time at a quantile of the kind's distribution, to the microsecond.

        With coefficient of variation c the logarithm has variance ln(1 + c²) and mean
        ln(mean) − variance ÷ 2 (the textbook relation between a lognormal and its logarithm).

        Raises:
            ArgumentError: an unknown kind, or a quantile that is not strictly between 0 and 1.
        """
        mean, spread = self._pair(kind)
        if type(uniform) is not float or not 0.0 < uniform < 1.0:
            uniform = checks.quantile("uniform", uniform)
        if spread == 0.0 or mean == 0.0:
            return round(mean, 6)
        deviation, half_variance = _of_logarithm(spread)
        return round(mean * math.exp(deviation * _normal().inv_cdf(uniform) - half_variance), 6)

    def _pair(self, kind: str) -> tuple[float, float]:
        checks.known("kind", kind, KINDS)
        pair: tuple[float, float] = getattr(self, kind)
        return pair


@lru_cache(maxsize=64)
def _of_logarithm(spread: float) -> tuple[float, float]:
    """Of the logarithm of a lognormal: its standard deviation, and half its variance."""
    variance = math.log1p(spread * spread)
    return math.sqrt(variance), variance / 2


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong: rates per attempt, and a script for chosen tasks.

    `fail`: the attempt ends with an error after its service time. `hang`: it never ends by
    itself. `lost_reply`: the effect happens, but the answer never comes. The three rates are
    together at most 1. `script` maps a task id to one word per attempt, and goes before the
    rates; attempts after the last word go by the rates again.
    """

    fail: float = 0.0
    hang: float = 0.0
    lost_reply: float = 0.0
    script: Mapping[str, tuple[str, ...]] = field(default_factory=FrozenDict)

    def __post_init__(self) -> None:
        for name in FAULT_WORDS[1:]:
            object.__setattr__(self, name, checks.number(name, getattr(self, name), 0.0, 1.0))
        total = self.fail + self.hang + self.lost_reply
        if total > 1.0 + 1e-9:
            checks.refuse("fail + hang + lost_reply", "at most 1", total)
        checks.instance("script", self.script, Mapping)
        script = {
            checks.text("task id in script", task_id, LONGEST_TASK_ID): _words(task_id, words)
            for task_id, words in self.script.items()
        }
        object.__setattr__(self, "script", FrozenDict(script))

    def at(self, uniform: float) -> str:
        """The fault at a quantile: first `fail`, then `hang`, then `lost_reply`, then none.

        Raises:
            ArgumentError: a quantile that is not strictly between 0 and 1.
        """
        if type(uniform) is not float or not 0.0 < uniform < 1.0:
            uniform = checks.quantile("uniform", uniform)
        rates = {"fail": self.fail, "hang": self.hang, "lost_reply": self.lost_reply}
        for word, rate in rates.items():
            if uniform < rate:
                return word
            uniform -= rate
        return "ok"


def _words(task_id: str, words: object) -> tuple[str, ...]:
    if isinstance(words, str):
        words = (words,)
    name = f"script of {shown(task_id)}"
    if not isinstance(words, tuple | list) or not words:
        checks.refuse(name, "a tuple of words, one per attempt", words)
    return tuple(checks.choice(name, word, FAULT_WORDS) for word in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything about a run besides its orders and its network.

    `timeout_s` holds per attempt, from its start. A failed or timed-out attempt is tried again
    after `backoff_s` × 2^(attempt − 1), up to `max_attempts`, where the longest pause is a billion
    seconds. `start_date` is the day on which second 0 lies; delivery dates count from it.

    `routing` says which warehouses are asked for a line: "nearest" takes the nearest one that has
    all of it, "fewest_parcels" as few warehouses as possible for the whole order. A function gets
    the order, the SKU, and what is available to the order (`{sku: {warehouse: units}}`), and gives
    the names of warehouses in order; what it leaves out is not asked. `replan` says how often an
    order may look for another warehouse after a packing failed, 0 to 9 times.
    """

    workers: int = 5
    timeout_s: float = 10.0
    policy: Policy | str = "express_first"
    max_attempts: int = 1
    backoff_s: float = 1.0
    seed: int = 0
    durations: Durations = Durations()
    faults: Faults = Faults()
    start_date: str = "2026-03-02"
    replan: int = 0
    routing: Routing | str = "nearest"

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "workers", checks.whole("workers", self.workers, 1, checks.MOST_WORKERS))
        put(self, "timeout_s", checks.seconds("timeout_s", self.timeout_s, above=True))
        named(self.policy)
        max_attempts, backoff_s = checks.attempts(self.max_attempts, self.backoff_s)
        put(self, "max_attempts", max_attempts)
        put(self, "backoff_s", backoff_s)
        put(self, "seed", checks.whole("seed", self.seed, 0, LARGEST_SEED))
        checks.instance("durations", self.durations, Durations)
        checks.instance("faults", self.faults, Faults)
        put(self, "start_date", _iso_date(self.start_date))
        put(self, "replan", checks.whole("replan", self.replan, 0, MOST_REPLANS))
        if not callable(self.routing) or isinstance(self.routing, type):
            checks.choice("routing", self.routing, ROUTINGS)

    def draw(self, task_id: str, order_id: str, kind: str, part: object, attempt: int) -> Draw:
        """Service time and fault of one attempt.

        `part` is the SKU of an inventory task, and otherwise the warehouse's position in the
        network. `task_id` serves to look up the script and has no part in the draw.
        """
        duration, chance = uniforms(self.seed, order_id, kind, part, attempt)
        if attempt > 1 and not self.durations.redrawn:
            duration, _ = uniforms(self.seed, order_id, kind, part, 1)
        words = self.faults.script.get(task_id, ())
        fault = words[attempt - 1] if attempt <= len(words) else self.faults.at(chance)
        return Draw(self.durations.at(kind, duration), fault)


SETTING_NAMES = tuple(setting.name for setting in fields(Settings))


def changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """The settings with other values for some fields.

    Raises:
        ArgumentError: a name that is no field of Settings (the message gives the nearest one),
            or a value that breaks its rule.
    """
    for name in changes:
        checks.known("setting", name, SETTING_NAMES)
    return replace(settings, **changes)


def _iso_date(value: Any) -> str:
    if isinstance(value, date):
        value = value.isoformat()[:10]
    try:
        parsed = date.fromisoformat(value)
    except Exception:  # ValueError shows the value, which may raise anything itself
        checks.refuse("start_date", "a date such as '2026-03-02'", value)
    if not 1900 <= parsed.year <= 2200:
        checks.refuse("start_date", "a date from 1900 to 2200", value)
    return parsed.isoformat()
