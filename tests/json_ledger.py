"""The smallest ledger that outlives its program: it shows what a ledger of one's own needs."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple

from fulfillment_lib import Network
from fulfillment_lib.records import Movement
from fulfillment_lib.stock.base import gain
from fulfillment_lib.stock.encoding import (
    answer_from,
    answer_text,
    label_from,
    label_text,
    movements_from,
)
from fulfillment_lib.stock.runs import ResumableLedger


class JsonLedger(ResumableLedger):
    """All of it is in memory, and at the end of each step in one file, which is made anew."""

    def __init__(self, path: str | os.PathLike[str], network: Network) -> None:
        super().__init__(network)
        self._path, self._lock, self._depth = os.fspath(path), threading.RLock(), 0
        self._read()

    def close(self) -> None:
        """Nothing is open between two steps."""

    @property
    def movements(self) -> tuple[Movement, ...]:
        return tuple(self._moved)

    def _movements_of(self, task_id: str) -> list[Movement]:
        return [movement for movement in self._moved if movement.task_id == task_id]

    def _move(self, movement: Movement) -> None:
        self._moved.append(movement)

    def _left(self, sku: str) -> Counter[str]:
        left = Counter({house.name: house.stock.get(sku, 0) for house in self.network.warehouses})
        for movement in self._moved:
            left[movement.warehouse] += gain(movement) if movement.sku == sku else 0
        return left

    @contextmanager
    def _step(self) -> Iterator[None]:
        with self._lock:
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._write()
            except BaseException:
                if self._depth == 1:
                    self._read()
                raise
            finally:
                self._depth -= 1

    def _read(self) -> None:
        kept = {}
        if os.path.exists(self._path):
            with open(self._path, encoding="utf-8") as file:
                kept = json.load(file)
        self._moved = list(movements_from(kept.get("movements", ())))
        self._answers = {key: answer_from(text) for key, text in kept.get("answers", {}).items()}
        self._labels = {key: label_from(text) for key, text in kept.get("labels", {}).items()}
        self._results = {key: tuple(pair) for key, pair in kept.get("results", {}).items()}
        self._voided, self._states, self._digests = (
            kept.get(name, {}) for name in ("voided", "states", "digests")
        )

    def _write(self) -> None:
        kept = {
            "movements": [astuple(movement) for movement in self._moved],
            "answers": {key: answer_text(answer) for key, answer in self._answers.items()},
            "labels": {key: label_text(label) for key, label in self._labels.items()},
            "results": self._results,
            "voided": self._voided,
            "states": self._states,
            "digests": self._digests,
        }
        with open(f"{self._path}.new", "w", encoding="utf-8") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(f"{self._path}.new", self._path)
