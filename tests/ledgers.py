"""Ledgers to try, and what is tried on them: shared by the tests of the stock room."""

from __future__ import annotations

from json_ledger import JsonLedger

from fulfillment_lib import (
    Faults,
    Network,
    Product,
    Warehouse,
    sample_network,
    sample_orders,
    simulate,
)
from fulfillment_lib.stock import SqliteLedger

__all__ = ["SqliteLedger", "sample_network", "sample_orders", "simulate"]  # for child processes

# Ledgers that outlive their program: a name, and a call with a path and a network.
DURABLE = {
    "SQLite": SqliteLedger,
    "JSON": JsonLedger,
}

HOUSES = ("EAST", "CENTRAL", "WEST")
FAULTY = {"faults": Faults(fail=0.1, hang=0.1, lost_reply=0.1), "max_attempts": 3}
LABELS = [
    shipment for report in simulate(sample_orders(6)).reports for shipment in report.shipments
][:3]


def a_network(east=5, central=3, west=2):
    stock = {"EAST": east, "CENTRAL": central, "WEST": west}
    return Network(
        (Product("A", "a", 1, 10, 10, 10), Product("B", "b", 1, 10, 10, 10)),
        tuple(Warehouse(name, "10001", {"A": units}) for name, units in stock.items()),
    )
