"""Columns of other names, blank cells that are filled down, and a shop's own export."""

import pytest

from fulfillment_lib import FulfillmentError, read_orders, sample_network
from fulfillment_lib.reading.columns import by_method
from fulfillment_lib.reading.files import read_sold
from fulfillment_lib.reading.times import instant_s

THEIRS = {
    "Order": "order_id",
    "Speed": "priority",
    "Zip": "postal_code",
    "Item": "sku",
    "Count": "quantity",
}


def written(folder, text, name="orders.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def refused(path, *arguments, **options):
    with pytest.raises(FulfillmentError) as caught:
        read_orders(path, *arguments, **options)
    return str(caught.value)


def test_a_mapping_renames_columns_fills_blanks_down_and_passes_over_the_others(tmp_path):
    rows = ["1,a@b,express,94103,A,1", "1,a@b,,,B,2", ",,,,C,3", "2,,standard,10001,A,1"]
    text = "\n".join(["Order,Mail,Speed,Zip,Item,Count", *rows, ""])
    first, second = read_orders(written(tmp_path, text), THEIRS)
    assert [(line.sku, line.quantity) for line in first.lines] == [("A", 1), ("B", 2), ("C", 3)]
    assert (first.priority.word, second.priority.word) == ("express", "standard")
    assert second.postal_code == "10001"


def test_columns_of_our_own_names_need_no_mapping_beside_those_of_others(tmp_path):
    text = "Order,priority,postal_code,sku,quantity\n1,express,94103,A,1\n"
    (order,) = read_orders(written(tmp_path, text), {"Order": "order_id"})
    assert order.id == "1"


def test_a_column_that_the_mapping_names_must_be_there_an_optional_one_too(tmp_path):
    text = "Order,Speed,Zip,Item,Count\n1,express,94103,A,1\n"
    message = refused(written(tmp_path, text), THEIRS | {"When": "placed_at"})
    assert "1 problem" in message and "column 'When' is missing" in message


def test_a_later_row_of_an_order_is_filled_from_its_own_rows_wherever_it_stands(tmp_path):
    rows = ["1,express,94103,A,1", "2,standard,10001,A,1", "1,,,B,2", "2,,,B,1"]
    text = "\n".join(["Order,Speed,Zip,Item,Count", *rows, ""])
    first, second = read_orders(written(tmp_path, text), THEIRS)
    assert [len(order.lines) for order in (first, second)] == [2, 2]


def test_problems_are_told_with_their_names(tmp_path):
    text = "Order,Speed,Zip,Item,Count\n1,fast,94103,A,none\n"
    message = refused(written(tmp_path, text), THEIRS)
    assert "line 2: Speed must be 'express' or 'standard', got 'fast'" in message
    assert "line 2: Count must be a whole number" in message
    assert "column 'Item' is missing" in refused(
        written(tmp_path, "Order,Speed,Zip,Count\n"), THEIRS
    )


def test_nothing_is_filled_down_from_one_order_to_another(tmp_path):
    text = "Order,Speed,Zip,Item,Count\n1,express,94103,A,1\n2,,10001,A,1\n"
    assert "line 3: Speed must be" in refused(written(tmp_path, text), THEIRS)


def test_blank_cells_of_our_own_columns_are_refused_with_the_remedy_which_helps(tmp_path):
    text = "order_id,priority,postal_code,sku,quantity\nA,express,94103,M,1\nA,,,N,1\n"
    path = written(tmp_path, text)
    assert "line 3: priority must be as on the order's first line, got ''; to fill" in refused(path)
    (order,) = read_orders(path, columns="filled")
    assert [line.sku for line in order.lines] == ["M", "N"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"Name": "order"}, "column for 'Name' must be a known name, got 'order'; did you mean"),
        ({"A": "sku", "B": "sku"}, "column must be unique"),
        ({1: "sku"}, "name in columns must be a text"),
        ("shopyfy", "columns must be a known name, got 'shopyfy'; did you mean 'shopify'"),
        (["Name"], "columns must be a Mapping"),
    ],
)
def test_wrong_columns_are_refused_before_the_file_is_opened(columns, reason):
    assert reason in refused("nowhere.csv", columns)


@pytest.mark.parametrize(
    ("method", "priority"),
    [
        ("Express delivery", "express"),
        ("FedEx Standard Overnight", "express"),
        ("Next day", "express"),
        ("UPS NEXT-DAY AIR", "express"),
        ("nextday", "express"),
        ("Standard", "standard"),
        ("Economy", "standard"),
        ("", "standard"),
    ],
)
def test_a_shipping_method_is_express_by_its_words(method, priority):
    assert by_method(method) == priority


HEADER = "order_id,priority,postal_code,sku,quantity,placed_at\n"


def test_times_count_from_the_earliest_whatever_their_zones(tmp_path):
    text = (
        HEADER + "A,express,94103,M,1,2026-03-02T10:00:05+01:00\n"
        "B,express,94103,M,1,2026-03-02 09:00:00 UTC\n"
        "C,express,94103,M,1,2026-03-02T04:00:07.5-05:00\n"
    )
    orders = read_orders(written(tmp_path, text))
    assert [order.placed_s for order in orders] == [5.0, 0.0, 7.5]


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("2026-03-02T10:00:00", "a date and time with a zone, as in '2026-03-02T09:30:00+01:00'"),
        ("yesterday", "a date and time with a zone"),
        ("", "a date and time with a zone"),
        ("2027-03-02T10:00:00Z", "at most 10,000,000 s after the earliest one"),
    ],
)
def test_a_time_without_zone_or_too_late_is_refused(time, reason, tmp_path):
    good = "A,express,94103,M,1,2026-03-02T09:00:00Z\n"
    message = refused(written(tmp_path, HEADER + good + f"B,express,94103,M,1,{time}\n"))
    assert f"line 3: placed_at must be {reason}" in message


def test_seconds_and_times_together_are_refused(tmp_path):
    header = HEADER.replace("placed_at", "placed_s,placed_at")
    text = header + "A,express,94103,M,1,3,2026-03-02T09:00Z\n"
    assert "placed_at and placed_s must not both be given" in refused(written(tmp_path, text))


def test_json_has_times_too(tmp_path):
    order = (
        '{"order_id": "%s", "priority": "express", "postal_code": "94103", "placed_at": "%s", '
        '"lines": [{"sku": "M", "quantity": 1}]}'
    )
    rows = [order % ("A", "2026-03-02T10:00:05+01:00"), order % ("B", "2026-03-02T09:00:00Z")]
    orders = read_orders(written(tmp_path, f"[{', '.join(rows)}]", "orders.json"))
    assert [order.placed_s for order in orders] == [5.0, 0.0]
    bad = order % ("A", "2026-03-02")
    assert "order 1: placed_at must be" in refused(written(tmp_path, f"[{bad}]", "orders.json"))


def test_unknown_skus_are_all_told_with_their_lines_and_in_any_case(tmp_path):
    rows = ["A,express,94103,mouse-002,1", "B,express,94103,HUB,1"]
    text = "\n".join(["order_id,priority,postal_code,sku,quantity", *rows, ""])
    with pytest.raises(FulfillmentError) as caught:
        read_sold(written(tmp_path, text), None, sample_network())
    message = str(caught.value)
    assert (
        "line 2: sku must be one that the network sells, got 'mouse-002'; did you mean 'MOUSE-002'?"
        in message
    )
    assert "line 3: sku must be one that the network sells, got 'HUB'" in message


def test_an_instant_is_read_as_a_shop_writes_it():
    assert instant_s("2026-02-20 10:00:00 +0000") == instant_s("2026-02-20T10:00:00Z")
    assert instant_s("2026-02-20 11:30:00 +0130") == instant_s("2026-02-20T10:00:00+00:00")
    assert instant_s("20260220T100000Z") == instant_s("2026-02-20t10:00z")


def test_times_from_before_1970_count_from_the_earliest_too(tmp_path):
    text = HEADER + "A,express,94103,M,1,1970-01-01T00:00Z\nB,express,94103,M,1,1969-12-31T23:59Z\n"
    assert [order.placed_s for order in read_orders(written(tmp_path, text))] == [60.0, 0.0]
