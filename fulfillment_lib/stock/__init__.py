"""The ledgers: where stock is kept, and the only code that moves it."""

from typing import TYPE_CHECKING, Any

from fulfillment_lib.stock.ledger import Ledger
from fulfillment_lib.stock.memory import MemoryLedger

if TYPE_CHECKING:
    from fulfillment_lib.stock.sqlite import SqliteLedger

__all__ = ["Ledger", "MemoryLedger", "SqliteLedger"]


def __getattr__(name: str) -> Any:
    # Only when asked for: sqlite3 and json take a tenth of the time of importing the package.
    if name == "SqliteLedger":
        from fulfillment_lib.stock.sqlite import SqliteLedger

        return SqliteLedger
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
