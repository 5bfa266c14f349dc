"""Order files → Orders, and a folder with products and stock → a Network.

Rules of values are those of Order, Product and Warehouse, and are not repeated here: each row is
tried as one of these, and what they refuse becomes a problem with its line. All problems of a
file come in one `FileError`. Nothing is corrected silently, and no file is written.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from fulfillment_lib.checks import refuse
from fulfillment_lib.errors import ArgumentError, nearest, shown
from fulfillment_lib.orders import Network, Order, OrderLine, Product, Warehouse
from fulfillment_lib.text_files import (
    Problems,
    Row,
    check_names,
    path_text,
    raise_problems,
    read_rows,
    read_text,
)

T = TypeVar("T", Order, OrderLine, Product, Warehouse)

# Columns of a file, with the fields that they become.
_ORDER = {"order_id": "id", "country": "country", "postal_code": "postal_code",
          "priority": "priority", "placed_s": "placed_s", "shortage": "shortage",
          "promise_days": "promise_days"}
_LINE = {"sku": "sku", "quantity": "quantity"}
_PRODUCT = {name: name for name in
            ("sku", "name", "weight_kg", "length_cm", "width_cm", "height_cm")}
_WAREHOUSE = {"warehouse": "name", "country": "country", "postal_code": "postal_code"}
_OPTIONAL = ("country", "placed_s", "shortage", "promise_days")
_REQUIRED = ("order_id", "priority", "postal_code")

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WHOLES = ("quantity", "promise_days", "on_hand")
_DECIMALS = ("placed_s", "weight_kg", "length_cm", "width_cm", "height_cm")
