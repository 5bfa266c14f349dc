"""How the columns of an order file are called: as ours, as somebody else's, or as a shop's export.

The columns of the shop are those of its orders export as the shop documents it: one row per line
of an order, in which only the first row repeats what holds for the whole order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fulfillment_lib import checks
from fulfillment_lib.errors import shown

OF_ORDER = (
    *("order_id", "country", "postal_code", "priority"),
    *("placed_s", "placed_at", "shortage", "promise_days"),
)
OF_LINE = ("sku", "quantity")
REQUIRED = ("order_id", "priority", "postal_code", *OF_LINE)
OPTIONAL = tuple(name for name in OF_ORDER if name not in REQUIRED)

_FAST = re.compile(r"express|overnight|next[ -]?day", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Columns:
    """The file's names by ours, and what is done to cells before they are read.

    Without names of its own (`own` is empty) a file has our columns and no other. `promised` are
    ours of which the file must have each. `filled_down` says that a blank cell has what stands
    above it in the same order.
    """

    own: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    filled_down: bool = True
    promised: Sequence[str] = ()

    def named(self, ours: str) -> str:
        """What the file calls a column of ours."""
        return self.own.get(ours, ours)


def by_method(method: str) -> str:
    """The priority that a shipping method's words tell: express, overnight or next day, or else.

    >>> by_method("FedEx Standard Overnight"), by_method("Next-Day delivery"), by_method("Economy")
    ('express', 'express', 'standard')
    """
    return "express" if _FAST.search(method) else "standard"


SHOPIFY = Columns(
    {
        "order_id": "Name",
        "placed_at": "Created at",
        "priority": "Shipping Method",
        "postal_code": "Shipping Zip",
        "country": "Shipping Country",
        "sku": "Lineitem sku",
        "quantity": "Lineitem quantity",
    },
    # The shop writes '02134 with an apostrophe, so that a spreadsheet keeps the zero.
    {"priority": by_method, "postal_code": lambda code: code.removeprefix("'")},
)
PRESETS = {"shopify": SHOPIFY, "filled": Columns()}


def columns_of(given: object) -> Columns:
    """The columns of a file, from what `read_orders` was told.

    Raises:
        ArgumentError: another preset's name, a name that is none of ours, or one of ours twice.
    """
    if given is None:
        return Columns(filled_down=False)
    if isinstance(given, str):
        checks.known("columns", given, PRESETS)
        return PRESETS[given]
    checks.instance("columns", given, Mapping)
    assert isinstance(given, Mapping)
    for theirs, ours in given.items():
        checks.text("name in columns", theirs)
        checks.known(f"column for {shown(theirs)}", ours, (*OF_ORDER, *OF_LINE))
    checks.unique("column", given.values())
    return Columns({ours: theirs for theirs, ours in given.items()}, promised=[*given.values()])
