"""The ledger in memory: the default, and the model for any other."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from fulfillment_lib.orders import Network
from fulfillment_lib.records import Movement, Shipment, StockCheck
from fulfillment_lib.stock.base import LedgerBase, gain


class MemoryLedger(LedgerBase):
    """A ledger in memory: the default, and the model for any other.

    Runs in several threads may share one, each with orders of its own.
    """

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._units: defaultdict[str, dict[str, int]] = defaultdict(dict)  # by SKU and warehouse
        for house in network.warehouses:
            for sku, units in house.stock.items():
                self._units[sku][house.name] = units
        self._answers: dict[str, StockCheck] = {}
        self._labels: dict[str, Shipment] = {}
        self._voided: dict[str, bool] = {}
        self._movements: list[Movement] = []
        self._by_task: defaultdict[str, list[Movement]] = defaultdict(list)
        self._lock = threading.RLock()

    @property
    def movements(self) -> tuple[Movement, ...]:
        return tuple(self._movements)

    def _step(self) -> AbstractContextManager[object]:
        return self._lock

    def _movements_of(self, task_id: str) -> Sequence[Movement]:
        return self._by_task.get(task_id, ())

    def _move(self, movement: Movement) -> None:
        self._units[movement.sku][movement.warehouse] += gain(movement)
        self._movements.append(movement)
        self._by_task[movement.task_id].append(movement)

    def _left(self, sku: str) -> Mapping[str, int]:
        return self._units[sku]
