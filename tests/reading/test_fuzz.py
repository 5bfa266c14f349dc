"""Any file at all is read as good orders or a good network, or refused by name and line.

Three kinds: arbitrary bytes, arbitrary text, and well-formed files in which one thing was changed:
a cell, a row, a column, a byte, the encoding. There is no third result, and nothing is corrected
silently: what was read, written out and read again is the same.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from fulfillment_lib import Network, Order, read_network, read_orders
from fulfillment_lib.errors import FileError

Rows = list[list[str]]

COLUMNS = [
    "order_id",
    "priority",
    "postal_code",
    "country",
    "placed_s",
    "shortage",
    "promise_days",
    "sku",
    "quantity",
]
ORDERS = [
    COLUMNS,
    ["A", "express", "94103", "US", "0", "backorder", "", "MOUSE-002", "2"],
    ["B", "standard", "10115", "DE", "1.5", "short_ship", "3", "x y", "1"],
    ["C", "EXPRESS", "08817-1234", "", "", "", "", "Ä/1", "1000000"],
    ["D", "standard", "98101", "US", "1e3", "ship_complete", "365", "=1+1", "7"],
]
PRODUCTS = [
    ["sku", "name", "weight_kg", "length_cm", "width_cm", "height_cm"],
    ["LAPTOP-001", "Laptop, 14 inch", "2.1", "38", "28", "7"],
    ["MOUSE-002", "Mouse", "0.15", "13", "8.5", "5e0"],
    ["Ä/1", '"Quoted"', "0.2", "1", "1", "1"],
]
STOCK = [
    ["warehouse", "postal_code", "country", "sku", "on_hand"],
    ["EAST", "08817", "US", "LAPTOP-001", "3"],
    ["WEST", "89408", "", "MOUSE-002", "0"],
    ["NORD", "10115", "DE", "Ä/1", "1000000000000"],
]
ONE = {
    "order_id": "A",
    "priority": "express",
    "postal_code": "94103",
    "country": "US",
    "placed_s": 0.5,
    "shortage": "backorder",
    "promise_days": None,
    "lines": [{"sku": "MOUSE-002", "quantity": 2}, {"sku": "Ä/1", "quantity": 1}],
}
DOCUMENT = [ONE, {**ONE, "order_id": "B"}, {**ONE, "order_id": "C"}]

# What a cell may hold that is nearly right, and letters at which readers have stumbled.
CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "0",
            "-1",
            "1",
            "1.0",
            "1e3",
            "1e999",
            "NaN",
            "inf",
            "１２",
            "1_000",
            "0x10",
            "+1",
            "1" * 5_000,
            "express",
            "Express ",
            "urgent",
            "94103",
            "9410",
            "US",
            "us",
            "MOUSE-002",
            "null",
            "=1+1",
            "a\nb",
            "a\r\nb",
            '"',
            '""',
            ",",
            ";",
            "\t",
            "\ufeff",
            "\u2028",
            "\u202e",
            "\x1b[2J",
            "x" * 101,
            "order_id",
            "sku",
        ]
    ),
    st.text(max_size=8),
)


def as_csv(rows: Rows, delimiter: str = ",", end: str = "\n") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    return text.getvalue()


# One change of a table: strategies of functions that make rows of rows.


def change(rows: Rows, draw: Callable[..., Any]) -> Rows:
    """The table with one cell, row or column changed."""
    row = draw(st.integers(0, len(rows) - 1))
    column = draw(st.integers(0, len(rows[0]) - 1))
    kind = draw(
        st.sampled_from(
            [
                "cell",
                "row lost",
                "row twice",
                "row empty",
                "rows swapped",
                "column lost",
                "column twice",
                "column moved",
                "cell more",
                "cell less",
            ]
        )
    )
    event(kind)
    changed = [list(each) for each in rows]
    if kind == "cell":
        changed[row][column] = draw(CELLS)
    elif kind == "row lost":
        del changed[row]
    elif kind == "row twice":
        changed.append(list(changed[row]))
    elif kind == "row empty":
        changed[row] = [draw(st.sampled_from(["", " "]))] * len(rows[0])
    elif kind == "rows swapped":
        changed[row], changed[-1] = changed[-1], changed[row]
    elif kind == "column lost":
        changed = [each[:column] + each[column + 1 :] for each in rows]
    elif kind == "column twice":
        changed = [[*each, each[column]] for each in rows]
    elif kind == "column moved":
        changed = [[each[column], *each[:column], *each[column + 1 :]] for each in rows]
    elif kind == "cell more":
        changed[row].append(draw(CELLS))
    else:
        changed[row].pop()
    return changed


def tables(rows: Rows) -> st.SearchStrategy[bytes]:
    """The table as a file, with one change of what it says."""
    return st.composite(lambda draw: as_csv(change(rows, draw)).encode("utf-8", "surrogatepass"))()


def spoiled(text: str) -> st.SearchStrategy[bytes]:
    """A good file in another encoding, or with one byte put in, taken out, changed or cut off."""
    return st.one_of(
        st.sampled_from(
            [
                "utf-8-sig",
                "utf-16",
                "utf-16-le",
                "utf-16-be",
                "utf-32",
                "latin-1",
                "cp1252",
                "utf-7",
            ]
        ).map(lambda name: text.encode(name, "replace")),
        st.sampled_from([";", "\t", "|", "\0", "\r", "\n\n"]).map(
            lambda mark: text.replace(",", mark).encode()
        ),
        st.composite(lambda draw: one_byte(text.encode(), draw))(),
    )


def one_byte(data: bytes, draw: Callable[..., Any]) -> bytes:
    at = draw(st.integers(0, len(data) - 1))
    byte = draw(
        st.one_of(
            st.binary(min_size=1, max_size=1),
            st.sampled_from([b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"{", b"]"]),
        )
    )
    return draw(
        st.sampled_from(
            [
                data[:at] + byte + data[at:],
                data[:at] + data[at + 1 :],
                data[:at] + byte + data[at + 1 :],
                data[:at],
            ]
        )
    )


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from([10**400, "express", "94103", "\ud800", "x" * 101, -0.0]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*ONE, "sku", "quantity"]), inner, max_size=3)
    ),
    max_leaves=4,
)


def json_changed(draw: Callable[..., Any]) -> bytes:
    """The document with one value replaced, one key taken out, renamed or given twice."""
    document = json.loads(json.dumps(DOCUMENT))
    order = draw(st.integers(0, len(document) - 1))
    place = draw(
        st.sampled_from(
            [document, document[order], document[order]["lines"], document[order]["lines"][0]]
        )
    )
    key = draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
    kind = draw(st.sampled_from(["replaced", "lost", "added", "given twice"]))
    event(kind)
    if kind == "replaced":
        place[key] = draw(VALUES)
    elif kind == "lost":
        del place[key]
    elif isinstance(place, list):
        place.append(place[key] if kind == "given twice" else draw(VALUES))
    elif kind == "added":
        place[draw(st.text(max_size=5))] = draw(VALUES)
    else:
        place[f"{key}!"] = place[key]
        return json.dumps(document).replace(f"{key}!", str(key)).encode()
    return json.dumps(document).encode()


# What must come of it.


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def rewritten(orders: tuple[Order, ...]) -> bytes:
    return as_csv(
        [
            COLUMNS,
            *(
                [
                    order.id,
                    order.priority.word,
                    order.postal_code,
                    order.country,
                    repr(order.placed_s),
                    order.shortage,
                    "" if order.promise_days is None else str(order.promise_days),
                    line.sku,
                    str(line.quantity),
                ]
                for order in orders
                for line in order.lines
            ),
        ]
    ).encode()


def orders_or_lines(path: Path, content: bytes) -> tuple[Order, ...] | list[str]:
    """The orders of a file; if it is refused, the places that the error names."""
    path.write_bytes(content)
    try:
        orders = read_orders(path)
    except FileError as error:
        return places(str(error), path, content)
    assert all(type(order) is Order for order in orders)
    again = path.with_name("again.csv")
    again.write_bytes(rewritten(orders))
    assert read_orders(again) == orders
    return orders


def places(said: str, path: Path, content: bytes) -> list[str]:
    """Where the problems are, by an error that is well-formed and writable."""
    head, *listed = said.split("\n  ")
    count = re.fullmatch(rf"{re.escape(str(path))}: ([\d,]+) problems?", head)
    assert count, head
    assert len(listed) == min(int(count[1].replace(",", "")), 20) + (
        listed[-1].startswith("and ")
    ), said
    assert all(each.isprintable() and len(each) < 400 for each in listed), ascii(said)
    found = [match[0] for each in listed if (match := re.match(r"(line|order) \d+", each))]
    last = content.count(b"\n") + content.count(b"\r") + 1
    assert all(1 <= int(place.split()[1]) <= last for place in found if place.startswith("line")), (
        said
    )
    return found


def network_or_refused(folder: Path, products: bytes, stock: bytes) -> Network | str:
    (folder / "products.csv").write_bytes(products)
    (folder / "stock.csv").write_bytes(stock)
    try:
        network = read_network(folder)
    except FileError as error:
        said = str(error)
        assert said.startswith((f"{folder}/products.csv: ", f"{folder}/stock.csv: "))
        assert all(line.isprintable() for line in said.splitlines()), ascii(said)
        return said
    assert isinstance(network, Network)
    return network


PIECES = st.lists(
    st.one_of(
        CELLS,
        st.sampled_from(
            [
                ",",
                "\n",
                "\r",
                '"',
                "{",
                "}",
                "[",
                "]",
                ":",
                "null",
                "A,express,94103,M,1\n",
                ",".join(COLUMNS) + "\n",
                json.dumps(ONE),
            ]
        ),
    ),
    max_size=12,
).map("".join)
TEXTS = st.one_of(
    st.text(),
    PIECES,
    PIECES.map(lambda text: ",".join(COLUMNS) + "\n" + text),
    PIECES.map(lambda text: f"[{json.dumps(ONE)}, {text}]"),
)
NAMES = st.sampled_from(["fuzz.csv", "fuzz.json"])


@given(content=st.binary(), name=NAMES)
def test_any_bytes_are_orders_or_refused(folder, content, name):
    orders_or_lines(folder / name, content)


@given(text=TEXTS, name=NAMES)
def test_any_text_is_orders_or_refused(folder, text, name):
    orders_or_lines(folder / name, text.encode("utf-8", "surrogatepass"))


@given(content=tables(ORDERS))
def test_a_table_of_orders_with_one_change_is_read_or_refused_with_the_line(folder, content):
    found = orders_or_lines(folder / "fuzz.csv", content)
    assert found or content.count(b"\n") <= 1 or b"\0" in content or content.strip(b", \r\n") == b""


@given(row=st.integers(1, len(ORDERS) - 1), column=st.integers(1, len(COLUMNS) - 1), cell=CELLS)
def test_a_bad_cell_is_told_with_its_own_line_and_no_other(folder, row, column, cell):
    rows = [list(each) for each in ORDERS]
    rows[row][column] = cell.replace("\r", "").replace("\0", "")
    content = as_csv(rows).encode("utf-8", "surrogatepass")
    found = orders_or_lines(folder / "fuzz.csv", content)
    if not isinstance(found, tuple):
        assert set(found) == {f"line {row + 1}"}
    else:
        assert len(found) == len(rows) - 1
        assert str(found[row - 1].lines[0].quantity) == rows[row][-1].strip(" \t").lstrip("0")


@given(content=spoiled(as_csv(ORDERS)))
def test_a_table_of_orders_with_a_wrong_byte_or_encoding_is_read_or_refused(folder, content):
    orders_or_lines(folder / "fuzz.csv", content)


@given(content=st.one_of(st.composite(json_changed)(), spoiled(json.dumps(DOCUMENT, indent=0))))
def test_json_with_one_change_is_read_or_refused(folder, content):
    orders_or_lines(folder / "fuzz.json", content)


@given(document=st.one_of(VALUES, st.lists(VALUES)))
def test_any_json_is_orders_or_refused(folder, document):
    orders_or_lines(folder / "fuzz.json", json.dumps(document).encode())


@given(
    content=st.one_of(st.binary(), TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")))
)
def test_any_bytes_are_a_network_or_refused(folder, content):
    good = as_csv(PRODUCTS).encode(), as_csv(STOCK).encode()
    for products, stock in ((content, good[1]), (good[0], content), (content, content)):
        network_or_refused(folder, products, stock)


@given(
    products=st.one_of(tables(PRODUCTS), spoiled(as_csv(PRODUCTS))),
    stock=st.one_of(tables(STOCK), spoiled(as_csv(STOCK))),
)
def test_a_network_with_one_change_is_read_or_refused(folder, products, stock):
    good = as_csv(PRODUCTS).encode(), as_csv(STOCK).encode()
    in_products = network_or_refused(folder, products, good[1])
    in_stock = network_or_refused(folder, good[0], stock)
    assert isinstance(in_stock, Network) or f"{folder}/products.csv" not in in_stock
    assert isinstance(in_products, Network) or "products.csv" in in_products
    assert isinstance(network_or_refused(folder, *good), Network)


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [
        ",".join(f"c{number}" for number in range(30_000)),
        ",".join(COLUMNS) + "\nA,urgent\n" * 30_000,
        ",".join(COLUMNS) + "\n" + '"' * 300_000,
        ",".join(COLUMNS) + "\n" * 300_000,
        "[" * 300_000,
        '{"a":' * 100_000,
        "[" + ",".join(["{}"] * 10_000) + "]",
        "[{" + ",".join(f'"k{number}": 1' for number in range(30_000)) + "}]",
    ],
    ids=["columns", "rows", "quotes", "blank", "brackets", "braces", "orders", "keys"],
)
def test_a_large_file_of_nonsense_has_one_short_error(folder, content):
    for name in ("fuzz.csv", "fuzz.json"):
        orders_or_lines(folder / name, content.encode())
