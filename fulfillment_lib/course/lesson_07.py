"""The judges of lesson 07: a sale without a race, and work that can be killed at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from fulfillment_lib.course.verdicts import NotYet
from fulfillment_lib.engine.virtual import run_virtual


def sell(answer: Any) -> str:
    """`async def answer(stock, sku, scan)`: True if a unit was sold; `await scan()` once each."""
    for units, clients in ((1, 2), (3, 7), (5, 4)):
        stock, scans = {"A": units, "B": 9}, 0

        async def scan() -> None:
            nonlocal scans
            scans += 1
            await asyncio.sleep(1)

        said = run_virtual(_rush(clients, answer, stock, scan))
        sold, want = sum(map(bool, said)), min(units, clients)
        if scans != clients:
            raise NotYet(f"{clients} clients came, and {scans} units were scanned")
        if sold != want or stock["A"] != units - want:
            rush = f"{clients} clients wanted the {units} units there were"
            raise NotYet(f"{rush}: {sold} were sold, and {stock['A']} are left")
        if stock["B"] != 9:
            raise NotYet("another product lost units")
    return "whoever looks also takes, before anybody else can come in"


async def _rush(clients: int, sell: Any, stock: dict[str, int], scan: Any) -> list[Any]:
    return await asyncio.gather(*(sell(stock, "A", scan) for _ in range(clients)))


class Killed(BaseException):
    """The process was killed here."""


class Carrier:
    """Prints labels; a repeated key prints none. Dies, as does the book, at a given step."""

    def __init__(self, dies_at: int) -> None:
        self.labels: list[str] = []
        self.keys: set[object] = set()
        self.steps, self.dies_at = 0, dies_at

    def step(self) -> None:
        """One more thing is done; afterwards the process may be dead."""
        self.steps += 1
        if self.steps == self.dies_at:
            raise Killed

    def ship(self, order: str, key: object = None) -> None:
        """Print the label of an order, unless the key is known."""
        self.step()
        if key is None or key not in self.keys:
            self.labels.append(order)
            self.keys.add(key)
        self.step()


class Book(set[str]):
    """The orders that are done, on disk: what was added before a kill stays."""

    def __init__(self, carrier: Carrier) -> None:
        super().__init__()
        self.carrier = carrier

    def add(self, order: str) -> None:
        """Note an order as done."""
        self.carrier.step()
        super().add(order)
        self.carrier.step()


def resume(answer: Any) -> str:
    """`answer(orders, done, ship)`: each order is shipped once, wherever the process is killed."""
    for orders in (["ORD-001", "ORD-002", "ORD-003"], ["B", "A", "C", "D", "E"]):
        for dies_at in range(1, 4 * len(orders) + 2):
            _kill_and_resume(answer, orders, dies_at)
    return "killed at every step and started again: each order has one label, and none is missing"


def _kill_and_resume(answer: Callable[..., Any], orders: Sequence[str], dies_at: int) -> None:
    carrier = Carrier(dies_at)
    book = Book(carrier)
    for _ in range(2):  # the second time it is started again after the kill
        try:
            answer(list(orders), book, carrier.ship)
        except Killed:
            continue
        break
    for order in orders:
        count = carrier.labels.count(order)
        if count != 1:
            killed = f"killed at step {dies_at} and started again"
            labels = [f"label for {label}" for label in carrier.labels]
            raise NotYet(f"{killed}: {order} has {count} labels", labels)
    if book != set(orders):
        raise NotYet(f"the book must hold all {len(orders)} orders in the end, it has {len(book)}")
