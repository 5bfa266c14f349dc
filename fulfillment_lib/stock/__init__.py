"""The ledgers: where stock is kept, and the only code that moves it."""

from fulfillment_lib.stock.ledger import Ledger, MemoryLedger

__all__ = ["Ledger", "MemoryLedger"]
