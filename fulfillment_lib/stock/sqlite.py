"""The ledger in a file: the same answers as in memory, and it survives `kill -9`.

Each call that changes something is one transaction, committed before the call returns. Processes
may share a file: looking and setting aside are one transaction under the lock of the file, and the
update that takes units is guarded besides.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from fulfillment_lib.errors import LedgerError, shown
from fulfillment_lib.orders import Network, Order
from fulfillment_lib.records import Movement
from fulfillment_lib.stock.base import gain
from fulfillment_lib.stock.database import Database
from fulfillment_lib.stock.encoding import (
    answer_from,
    answer_text,
    label_from,
    label_text,
    movements_from,
)
from fulfillment_lib.stock.presence import Presence
from fulfillment_lib.stock.runs import ResumableLedger
from fulfillment_lib.stock.schema import MOVEMENTS
from fulfillment_lib.stock.tables import CHANGE, LEFT, MOVE, MOVEMENTS_OF, Table


class SqliteLedger(ResumableLedger):
    """A ledger in the file `path`, which is made if there is none.

    Runs in several threads may share one, and several processes one file. A lock of another
    process is waited for, `busy_s` seconds at most. Close it at the end, or use it in `with`.

    A run that was killed, or ended by a full disk, a lock or a lost executor, is resumed by the
    same call, here or in another process. Several may work on one run at once: it is done once, and
    is stopped only with the last of them. While a run is under way or waits to be resumed, there
    may be an empty file that ends in `.run` beside the ledger.

    While it is open, the last changes are in a log beside the file (`day.ledger-wal`): a copy of
    the file alone would be without them, so close it before you copy or move it. Such a log does
    not work on network disks. When the file was moved, replaced or cut short meanwhile, the next
    change is refused: nothing is acknowledged that is not in the file.

    Raises:
        ArgumentError: an argument breaks its rule.
        LedgerError: the file is no ledger of this network, does not add up, or cannot be used;
            it is left as it was. Later: the file is closed, locked or cannot be written.
    """

    def __init__(
        self, path: str | os.PathLike[str], network: Network, *, busy_s: float = 5.0
    ) -> None:
        super().__init__(network)
        self._file = Database(path, network, busy_s)
        self._presence = Presence(self._file.path)
        self._answers = Table(self._file, "answers", answer_text, answer_from)
        self._labels = Table(self._file, "labels", label_text, label_from)
        self._voided = Table(self._file, "voids", write=lambda _: (), read=bool)
        self._results = Table(self._file, "results", write=tuple, read=lambda *row: row)
        self._states = Table(self._file, "runs", str, str)
        self._digests = Table(self._file, "orders", str, str)

    def __repr__(self) -> str:
        try:
            counts = self._counts()
        except LedgerError:
            counts = "closed, or not to be read"
        return f"{type(self).__name__}({os.path.basename(self._file.path)!r}, {counts})"

    def __enter__(self) -> SqliteLedger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. All that was acknowledged is in it."""
        self._presence.close()
        self._file.close()

    def _enter(self, first: Order) -> None:
        self._presence.enter(first.id)

    def _is_last(self, orders: Sequence[Order]) -> bool:
        return all(self._presence.leave(first.id) for first in orders[:1])

    def _leave(self, orders: Sequence[Order]) -> None:
        super()._leave(orders)
        for first in orders[:1]:
            self._presence.go(first.id)

    @property
    def movements(self) -> tuple[Movement, ...]:
        return movements_from(self._file.rows(MOVEMENTS))

    def _movements_of(self, task_id: str) -> tuple[Movement, ...]:
        return movements_from(self._file.rows(MOVEMENTS_OF, task_id))

    def _step(self) -> AbstractContextManager[object]:
        return self._file.change()

    def _move(self, movement: Movement) -> None:
        units, place = movement.quantity, (movement.warehouse, movement.sku)
        change = gain(movement)
        if change and not self._file.count(CHANGE, change, *place, change):
            raise LedgerError(
                f"{units} of {shown(movement.sku)} at {shown(movement.warehouse)} cannot be "
                f"reserved for {shown(movement.task_id)}: not that many are available"
            )
        values = movement.at_s, movement.kind.value, *place, units, movement.task_id
        self._file.count(MOVE, *values)

    def _left(self, sku: str) -> Mapping[str, int]:
        return dict(self._file.rows(LEFT, sku))
