"""Orders, products, warehouses: values that are right from the moment they are made."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.orders import Network, Order, OrderLine, Priority, Product, Units, Warehouse


def an_order(**changes: Any) -> Order:
    fields = {
        "id": "ORD-001",
        "lines": {"LAPTOP-001": 1},
        "priority": "express",
        "postal_code": "94103",
    }
    return Order(**{**fields, **changes})


def a_product(**changes: Any) -> Product:
    fields = {
        "sku": "LAPTOP-001",
        "name": "Laptop",
        "weight_kg": 2.0,
        "length_cm": 40.0,
        "width_cm": 30.0,
        "height_cm": 8.0,
    }
    return Product(**{**fields, **changes})


def a_warehouse(**changes: Any) -> Warehouse:
    return Warehouse(
        **{"name": "EAST", "postal_code": "10001", "stock": {"LAPTOP-001": 1}, **changes}
    )


def a_network(**changes: Any) -> Network:
    fields = {"products": (a_product(),), "warehouses": (a_warehouse(),)}
    return Network(**{**fields, **changes})


MAKERS: list[Callable[..., Any]] = [an_order, a_product, a_warehouse, a_network]


def test_express_runs_before_standard() -> None:
    assert Priority.EXPRESS < Priority.STANDARD
    assert [each.word for each in sorted(Priority)] == ["express", "standard"]


@pytest.mark.parametrize("value", ["express", "EXPRESS", "Express", Priority.EXPRESS])
def test_a_priority_may_be_typed_as_a_word(value: Any) -> None:
    assert an_order(priority=value).priority is Priority.EXPRESS


@pytest.mark.parametrize(
    ("value", "got"),
    [
        ("urgent", "'urgent'"),
        (None, "None"),
        (7, "7"),
        (0, "0"),
        (True, "True"),
        ("", "''"),
        (" express", "' express'"),
        (["express"], r"\['express'\]"),
        ("word", "'word'"),
    ],
)
def test_a_priority_is_never_silently_standard(value: Any, got: str) -> None:
    rule = f"^priority must be 'express' or 'standard', got {got}$"
    with pytest.raises(ArgumentError, match=rule):
        an_order(priority=value)


def test_an_order_typed_in_a_notebook_equals_the_one_spelt_out() -> None:
    lines = (OrderLine("LAPTOP-001", 1), OrderLine("MOUSE-002", 2))
    spelt_out = Order(
        id="ORD-001",
        lines=lines,
        priority=Priority.EXPRESS,
        postal_code="94103",
        country="US",
        placed_s=0.0,
        shortage="backorder",
        promise_days=None,
    )
    typed = Order("ORD-001", {"LAPTOP-001": 1, "MOUSE-002": 2}, "express", "94103")
    assert typed == spelt_out
    assert hash(typed) == hash(spelt_out)
    assert typed.units == 3


@pytest.mark.parametrize(
    "lines",
    [
        [("A", 1), ("B", 2)],
        iter([OrderLine("A", 1), ["B", 2]]),
        {"A": np.int64(1), "B": 2},
    ],
)
def test_lines_may_come_in_any_sequence(lines: Any) -> None:
    assert an_order(lines=lines).lines == (OrderLine("A", 1), OrderLine("B", 2))


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        1.5,
        1.0,
        "2",
        True,
        math.nan,
        math.inf,
        2**63,
        1_000_001,
        None,
        [1],
    ],
)
def test_a_quantity_is_a_whole_number_of_units(value: Any) -> None:
    rule = r"^quantity must be a whole number from 1 to 1,000,000, got "
    with pytest.raises(ArgumentError, match=rule):
        OrderLine("LAPTOP-001", value)
    with pytest.raises(ArgumentError, match=rule):
        an_order(lines={"LAPTOP-001": value})


@pytest.mark.parametrize("value", [1, 1_000_000, np.int64(5), np.uint8(5)])
def test_a_quantity_may_be_an_integer_of_numpy(value: Any) -> None:
    quantity = OrderLine("LAPTOP-001", value).quantity
    assert quantity == value
    assert type(quantity) is int


BAD_NAMES = [
    ("", "blank"),
    ("  ", "blank"),
    ("a\0b", "control"),
    ("a\nb", "control"),
    ("a\ud800b", "control"),
    ("x" * 101, "at most 100"),
    (None, "a text"),
    (1, "a text"),
]


@pytest.mark.parametrize(("value", "rule"), BAD_NAMES)
@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("id", an_order),
        ("sku", a_product),
        ("name", a_warehouse),
        ("sku", lambda sku: OrderLine(sku, 1)),
        ("sku", lambda sku: an_order(lines={sku: 1})),
        ("sku", lambda sku: a_warehouse(stock={sku: 1})),
    ],
    ids=["order", "product", "warehouse", "line", "order lines", "stock"],
)
def test_a_name_that_cannot_be_shown_or_stored_is_refused(
    field: str, make: Callable[..., Any], value: Any, rule: str
) -> None:
    with pytest.raises(ArgumentError, match=f"^{field} must be .*{rule}.*, got ") as caught:
        make(value) if make.__name__ == "<lambda>" else make(**{field: value})
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "name",
    [
        "a\u202eb",
        "<script>alert(1)</script>",
        "$x$",
        "_hidden",
        "A/1",
        "50%",
        "=cmd|x",
        "日本",
    ],
)
def test_a_name_that_is_merely_odd_is_kept(name: str) -> None:
    assert an_order(id=name, lines={name: 1}).id == name
    assert a_warehouse(name=name, stock={name: 1}).stock == {name: 1}
    assert a_product(sku=name, name=name).sku == name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lines": ()}, "lines must be at least one order line, got ()"),
        ({"lines": {}}, "lines must be at least one order line, got {}"),
        (
            {"lines": "LAPTOP-001"},
            "lines must be order lines or a dict of SKU to quantity, got 'LAP",
        ),
        ({"lines": None}, "lines must be order lines or a dict of SKU to quantity, got None"),
        ({"lines": OrderLine("A", 1)}, "lines must be order lines or a dict of SKU to quantity"),
        ({"lines": ["LAPTOP-001"]}, "order line must be an OrderLine or a pair (sku, quantity)"),
        ({"lines": [("A", 1, 2)]}, "order line must be an OrderLine or a pair (sku, quantity)"),
        ({"lines": [("A", 1), ("A", 2)]}, "sku of an order line must be unique, got 'A'"),
        ({"country": "us"}, "country must be two capital letters such as 'US', got 'us'"),
        ({"country": "USA"}, "country must be two capital letters"),
        ({"country": "ÜS"}, "country must be two capital letters"),
        ({"country": "US\n"}, "country must be two capital letters"),
        ({"country": ""}, "country must be two capital letters"),
        ({"country": None}, "country must be two capital letters"),
        ({"postal_code": "9410"}, "postal_code must be a text of five digits, as in '94103'"),
        (
            {"postal_code": 94103},
            "postal_code must be a text of five digits, as in '94103', got 94103",
        ),
        ({"postal_code": "９４１０３"}, "postal_code must be a text of five digits"),
        ({"postal_code": "94103\n"}, "postal_code must be a text of five digits"),
        ({"postal_code": "", "country": "DE"}, "postal_code must be a text that is not blank"),
        ({"postal_code": "1" * 21, "country": "DE"}, "postal_code must be at most 20 characters"),
        ({"placed_s": -1}, "placed_s must be a number from 0 to 10,000,000, got -1"),
        ({"placed_s": math.nan}, "placed_s must be a number from 0 to 10,000,000, got nan"),
        ({"placed_s": "0"}, "placed_s must be a number from 0 to 10,000,000, got '0'"),
        (
            {"shortage": "ship"},
            "shortage must be one of 'backorder', 'short_ship', 'ship_complete'",
        ),
        ({"shortage": None}, "shortage must be one of 'backorder', 'short_ship', 'ship_complete'"),
        ({"promise_days": 0}, "promise_days must be a whole number from 1 to 365, got 0"),
        ({"promise_days": 2.0}, "promise_days must be a whole number from 1 to 365, got 2.0"),
    ],
)
def test_an_order_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=" must be ") as caught:
        an_order(**changes)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("US", "94103-1234"),
        ("DE", "10115"),
        ("GB", "SW1A 1AA"),
        ("CA", "K1A 0B1"),
        ("HK", "-"),
    ],
)
def test_other_countries_write_postal_codes_in_their_own_way(country: str, code: str) -> None:
    assert an_order(country=country, postal_code=code).postal_code == code


@pytest.mark.parametrize(
    ("priority", "given", "days"),
    [
        ("express", None, 2),
        ("standard", None, 5),
        ("express", 4, 4),
        ("standard", 1, 1),
    ],
)
def test_the_promise_depends_on_the_priority_unless_it_is_given(
    priority: str, given: int | None, days: int
) -> None:
    order = an_order(priority=priority, promise_days=given)
    assert (order.promise_days, order.promised_days) == (given, days)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weight_kg": -0.1}, "weight_kg must be a number from 0 to 10,000, got -0.1"),
        ({"weight_kg": math.inf}, "weight_kg must be a number from 0 to 10,000, got inf"),
        ({"length_cm": 0}, "length_cm must be a number above 0, at most 10,000, got 0"),
        ({"width_cm": math.nan}, "width_cm must be a number above 0, at most 10,000, got nan"),
        ({"height_cm": True}, "height_cm must be a number above 0, at most 10,000, got True"),
        ({"name": "x" * 201}, "name must be at most 200 characters"),
    ],
)
def test_a_product_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=" must be ") as caught:
        a_product(**changes)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("units", [-1, 1.0, True, "1", None, 10**12 + 1])
def test_stock_is_counted_in_whole_units(units: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^stock of 'A\\u202eB' must be a whole number from 0"):
        a_warehouse(stock={"A\u202eB": units})


@pytest.mark.parametrize("stock", [None, [("A", 1)], "A"])
def test_stock_must_be_a_mapping(stock: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^stock must be a Mapping, got "):
        a_warehouse(stock=stock)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"warehouses": ()}, "number of warehouses must be a whole number from 1 to 100, got 0"),
        (
            {"warehouses": [a_warehouse(name=f"W{i}") for i in range(101)]},
            "number of warehouses must",
        ),
        ({"warehouses": a_warehouse()}, "warehouses must be a sequence of Warehouse objects"),
        (
            {"warehouses": [a_warehouse(), a_warehouse()]},
            "warehouse name must be unique, got 'EAST'",
        ),
        ({"warehouses": ["EAST"]}, "each of warehouses must be a Warehouse, got 'EAST'"),
        ({"products": [a_product(), a_product()]}, "product sku must be unique, got 'LAPTOP-001'"),
        ({"products": "LAPTOP"}, "products must be a sequence of Product objects, got 'LAPTOP'"),
        (
            {"products": ()},
            "sku in stock at 'EAST' must be a known name, got 'LAPTOP-001'; none are",
        ),
        (
            {"warehouses": [a_warehouse(stock={"LAPTOP-01": 1})]},
            "sku in stock at 'EAST' must be a known name, got 'LAPTOP-01'; "
            "did you mean 'LAPTOP-001'?",
        ),
    ],
)
def test_a_network_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=" must be ") as caught:
        a_network(**changes)
    assert str(caught.value).startswith(message)


def test_a_network_finds_a_product_and_names_the_nearest_to_an_unknown_one() -> None:
    assert a_network().product("LAPTOP-001") == a_product()
    with pytest.raises(ArgumentError, match=r"'LAPTOP-01'; did you mean 'LAPTOP-001'\?$"):
        a_network().product("LAPTOP-01")
    with pytest.raises(ArgumentError, match=r"^sku must be a known name, got \['LAPTOP-001'\]; "):
        a_network().product(["LAPTOP-001"])  # type: ignore[arg-type]


def test_a_network_prints_as_a_summary() -> None:
    assert repr(a_network()) == "Network(1 products, warehouses EAST)"
    many = a_network(warehouses=[a_warehouse(name=f"W{i}") for i in range(5)])
    assert repr(many) == "Network(1 products, warehouses W0, W1, W2, W3, …)"


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_value_cannot_be_changed(make: Callable[..., Any]) -> None:
    value = make()
    for each in dataclasses.fields(value):
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"'{each.name}'"):
            setattr(value, each.name, None)
    with pytest.raises((AttributeError, TypeError), match=r"unknown|super"):
        value.unknown = 1


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_value_survives_pickling_and_copying(make: Callable[..., Any]) -> None:
    value = make()
    for twin in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert twin == value
        assert hash(twin) == hash(value)
        assert repr(twin) == repr(value)


def test_a_changed_copy_is_checked_too() -> None:
    assert dataclasses.replace(an_order(), id="ORD-002").lines == an_order().lines
    with pytest.raises(ArgumentError, match=r"^quantity must be "):
        dataclasses.replace(OrderLine("A", 1), quantity=0)


def test_the_mapping_given_as_stock_is_copied() -> None:
    stock = {"LAPTOP-001": 1}
    warehouse = a_warehouse(stock=stock)
    stock["LAPTOP-001"] = 99
    assert warehouse.stock == {"LAPTOP-001": 1}


CHANGES: list[Callable[[Any], Any]] = [
    lambda units: units.__setitem__("A", 2),
    lambda units: units.__delitem__("A"),
    lambda units: units.update(B=1),
    lambda units: units.pop("A"),
    lambda units: units.clear(),
    lambda units: units.setdefault("B", 1),
    lambda units: units.popitem(),
    lambda units: units.__ior__({"B": 1}),
]


@pytest.mark.parametrize("change", CHANGES)
def test_units_refuse_every_change(change: Callable[[Units], Any]) -> None:
    units = Units(A=1)
    with pytest.raises(TypeError, match=r"^Units does not change; make a new one instead$"):
        change(units)
    assert units == {"A": 1}


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 9)))
def test_units_equal_a_dict_and_hash_without_regard_to_order(content: dict[str, int]) -> None:
    units = Units(content)
    backwards = Units(reversed(content.items()))
    assert units == content == backwards
    assert hash(units) == hash(backwards)
    twin = pickle.loads(pickle.dumps(units))
    assert type(twin) is Units
    assert list(twin.items()) == list(units.items())
