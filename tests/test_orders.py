"""Orders, products, warehouses: values that are right from the moment they are made."""

from __future__ import annotations

import copy
import dataclasses
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


@pytest.mark.parametrize("value", [1, 1_000_000, np.int64(5), np.uint8(5)])
def test_a_quantity_may_be_an_integer_of_numpy(value: Any) -> None:
    quantity = OrderLine("LAPTOP-001", value).quantity
    assert quantity == value
    assert type(quantity) is int


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
    ("country", "code"),
    [
        ("US", "94103-1234"),
        ("DE", "10115"),
        ("GB", "SW1A 1AA"),
        ("CA", "K1A 0B1"),
        ("HK", ""),
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


def test_stock_that_is_refused_names_its_sku_in_letters_that_can_be_printed() -> None:
    with pytest.raises(ArgumentError, match=r"^stock of 'A\\u202eB' must be a whole number from 0"):
        a_warehouse(stock={"A\u202eB": -1})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
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
def test_stock_of_what_is_no_product_is_refused_with_the_nearest(
    changes: dict[str, Any], message: str
) -> None:
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
