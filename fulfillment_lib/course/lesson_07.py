"""The judges of lesson 07: a sale without a race, and work that can be killed at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from fulfillment_lib.course.verdicts import NotYet
from fulfillment_lib.engine.virtual import run_virtual
from fulfillment_lib.errors import counted

ARRIVALS_S = {1: (0, 0), 3: (0, 0, 0, 0, 0.5, 1, 9), 5: (0, 0, 2, 2)}  # by the units in stock


def sell(answer: Any) -> str:
    """`async def answer(stock, sku, scan)`: True if a unit was sold; `await scan()` once each."""

    async def all_rushes() -> None:  # on one loop, to which a lock of the reader's may be bound
        for units, arrivals_s in ARRIVALS_S.items():
            await _rush(answer, units, arrivals_s)

    run_virtual(all_rushes())
    return "whoever looks also takes, before anybody else can come in; and everybody is scanned"


async def _rush(answer: Any, units: int, arrivals_s: Sequence[float]) -> None:
    stock, customers = {"A": units, "B": 9}, len(arrivals_s)
    scans = [0] * customers

    async def customer(number: int) -> tuple[Any, int]:
        async def scan() -> None:
            await asyncio.sleep(1)
            scans[number] += 1

        await asyncio.sleep(arrivals_s[number])
        said = await answer(stock, "A", scan)
        return said, scans[number]

    ends = await asyncio.gather(*map(customer, range(customers)))
    sold, want = sum(bool(said) for said, _ in ends), min(units, customers)
    if sold != want or stock["A"] != units - want:
        rush = f"{customers} customers wanted {counted(units, 'unit')}"
        raise NotYet(f"{rush}: {sold} were sold, and {stock['A']} are left")
    for number, (_, scanned) in enumerate(ends, 1):
        if scanned != 1:
            scans_told = f"customer {number} was scanned {scanned} times before the answer"
            raise NotYet(f"{customers} customers: {scans_told}, it must be once")
    if stock["B"] != 9:
        raise NotYet("another product lost units")


class Killed(BaseException):
    """The process was killed here."""


class World:
    """What outlasts a kill: the labels of the carrier, and the book. A process dies at a step."""

    def __init__(self, dies_at: int) -> None:
        self.labels: list[str] = []
        self.keys: list[object] = []  # compared as values, whatever their hash was
        self.done: set[str] = set()
        self.steps, self.dies_at, self.alive = 0, dies_at, True

    def step(self) -> None:
        """One more thing is done; afterwards the process may be dead, and then does nothing."""
        self.steps += 1
        self.alive = self.alive and self.steps != self.dies_at
        if not self.alive:
            raise Killed

    def ship(self, order: str, key: object = None) -> None:
        """Print the label of an order, unless the key is known."""
        self.step()
        if key is None or key not in self.keys:
            self.labels.append(str(order))
            self.keys.append(key)
        self.step()


class Book(set[str]):
    """The orders that are done, as one process reads them from disk."""

    def __init__(self, world: World, order_id: type[str]) -> None:
        super().__init__(map(order_id, world.done))
        self.world = world

    def add(self, order: str) -> None:
        """Note an order as done."""
        self.world.step()
        self.world.done.add(str.__str__(order))
        super().add(order)
        self.world.step()


def resume(answer: Any) -> str:
    """`answer(orders, done, ship)`: each order is shipped once, wherever the process is killed."""
    for orders in (["ORD-001", "ORD-002", "ORD-003"], ["B", "A", "C", "D", "E"]):
        for dies_at in range(1, 4 * len(orders) + 2):
            _kill_and_resume(answer, orders, dies_at)
    return "killed at every step and started again: each order has one label, and none is missing"


def _kill_and_resume(answer: Callable[..., Any], orders: Sequence[str], dies_at: int) -> None:
    world = World(dies_at)
    lives = []  # all are kept: what is gone leaves its id to others
    for texts in (orders, orders[::-1]):  # the second time it is started again after the kill
        order_id, process = _new_process(answer)
        lives.append([*map(order_id, texts)])
        world.alive = True
        try:
            process(list(lives[-1]), Book(world, order_id), world.ship)
        except Killed:
            continue
        break
    for order in orders:
        count = world.labels.count(order)
        if count != 1:
            killed = f"killed at step {dies_at} and started again"
            labels = [f"label for {label}" for label in world.labels]
            raise NotYet(f"{killed}: {order} has {count} labels", labels)
    if world.done != set(orders):
        count = len(world.done)
        raise NotYet(f"the book must hold all {len(orders)} orders in the end, it has {count}")


def _new_process(answer: Any) -> tuple[type[str], Any]:
    """The type of order ids in a new process, and the answer in it.

    Python gives texts other hashes in each process: equal ids of two processes have other ones
    here, and so has what the answer asks `hash` for.
    """
    seed = object()

    class OrderId(str):
        __slots__ = ()

        def __hash__(self) -> int:
            return hash((seed, str.__hash__(self)))

    if not isinstance(answer, FunctionType):
        return OrderId, answer
    names = answer.__globals__ | {"hash": lambda value: hash((seed, value))}
    code, defaults = answer.__code__, answer.__defaults__
    process = FunctionType(code, names, answer.__name__, defaults, answer.__closure__)
    process.__kwdefaults__ = answer.__kwdefaults__
    return OrderId, process
