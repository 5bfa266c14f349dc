"""What tests ask of any run. All the rules are in `analysis.invariants`.

`checked(run)` gives the run back, or fails and lists every broken rule. `fingerprint(run)` is
equal for runs whose records are equal to the byte, in any process.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256

from fulfillment_lib import FulfillmentRun
from fulfillment_lib.analysis import invariants
from fulfillment_lib.records import MovementKind
from fulfillment_lib.stock import MemoryLedger


def checked(run: FulfillmentRun) -> FulfillmentRun:
    """The run, if all rules hold."""
    broken = invariants.check(run)
    assert not broken, "\n".join(map(str, broken))
    return run


def fingerprint(run: FulfillmentRun) -> str:
    """A hash of attempts, results, movements and reports."""
    records = [
        [asdict(each) for each in getattr(run, name)]
        for name in ("attempts", "results", "movements", "reports")
    ]
    return sha256(json.dumps(records).encode()).hexdigest()


def nothing_held(ledger: MemoryLedger) -> MemoryLedger:
    """The ledger, if no reservation is open and its stock adds up; for runs that were stopped."""
    assert ledger.reservations == ()
    left = {
        (house.name, sku): units
        for house in ledger.network.warehouses
        for sku, units in house.stock.items()
    }
    for each in ledger.movements:
        if each.kind is MovementKind.SHIP:
            left[each.warehouse, each.sku] -= each.quantity
    assert left == {(name, sku): ledger.available(sku).get(name, 0) for name, sku in left}
    return ledger
