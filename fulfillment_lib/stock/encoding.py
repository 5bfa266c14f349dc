"""Values as text: what a ledger file holds of answers, labels, its network and its runs.

All of it is JSON. A record becomes an object with one member per field, a tuple a list, units an
object of name to number. Floats keep every digit, so that what is read equals what was written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any, TypeVar

from fulfillment_lib.engine.policies import named
from fulfillment_lib.orders import Network, Order, Units
from fulfillment_lib.records import (
    Movement,
    MovementKind,
    Package,
    Reservation,
    Shipment,
    StockCheck,
)
from fulfillment_lib.settings import Settings

R = TypeVar("R")


def answer_text(answer: StockCheck) -> str:
    """The answer to a stock check as text."""
    return _text(asdict(answer))


def answer_from(text: str) -> StockCheck:
    """The answer that a text holds.

    Raises:
        ValueError: the text holds something else.
    """

    def made(raw: dict[str, Any]) -> StockCheck:
        raw["available"] = _units(raw["available"])
        raw["reservations"] = tuple(Reservation(**fields) for fields in raw["reservations"])
        return StockCheck(**raw)

    return _record(text, "answer to a stock check", made)


def label_text(shipment: Shipment) -> str:
    """A label as text."""
    return _text(asdict(shipment))


def label_from(text: str) -> Shipment:
    """The label that a text holds.

    Raises:
        ValueError: the text holds something else.
    """

    def made(raw: dict[str, Any]) -> Shipment:
        for fields in raw["packages"]:
            fields["contents"] = _units(fields["contents"])
        raw["packages"] = tuple(Package(**fields) for fields in raw["packages"])
        raw["more_numbers"] = tuple(raw["more_numbers"])
        return Shipment(**raw)

    return _record(text, "label", made)


def movements_from(rows: Iterable[Sequence[Any]]) -> tuple[Movement, ...]:
    """The movements that rows of the table hold."""
    return tuple(Movement(at_s, MovementKind(kind), *rest) for at_s, kind, *rest in rows)


def network_text(network: Network) -> str:
    """A network as text: equal for equal networks."""
    products = [asdict(product) for product in network.products]
    warehouses = [asdict(warehouse) for warehouse in network.warehouses]
    return _text({"products": products, "warehouses": warehouses}, sort_keys=True)


def work_digest(orders: Sequence[Order], settings: Settings) -> str:
    """A hash of all that decides what a run does, besides its network.

    A policy or routing of one's own counts by its name: a change inside it is not seen.
    """
    plain = asdict(replace(settings, policy="fifo", routing="nearest"))
    plain |= {"policy": _name(named(settings.policy)), "routing": _name(settings.routing)}
    work = {"orders": [asdict(order) for order in orders], "settings": plain}
    return sha256(_text(work, sort_keys=True).encode()).hexdigest()


def _name(rule: object) -> str:
    name = getattr(rule, "__qualname__", None)
    return repr(rule) if name is None else f"{rule.__module__}.{name}"


def _text(value: object, sort_keys: bool = False) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"), sort_keys=sort_keys)


def _record(text: str, what: str, made: Callable[[dict[str, Any]], R]) -> R:
    try:
        value = json.loads(text)
        if not isinstance(value, dict):
            raise ValueError("no JSON object")
        return made(value)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"no {what}: {error}") from None


def _units(value: Mapping[str, int]) -> Units:
    if any(type(units) is not int for units in value.values()):
        raise ValueError("units that are no whole numbers")
    return Units(value)
