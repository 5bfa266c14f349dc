"""Order and network files: what is good is read as it stands, what is bad is told with its line."""

import json
from pathlib import Path

import pytest

from fulfillment_lib import samples
from fulfillment_lib.errors import ArgumentError, FileError
from fulfillment_lib.orders import Network, Order, OrderLine, Priority
from fulfillment_lib.reading.files import read_network, read_orders

HEADER = "order_id,priority,postal_code,sku,quantity\n"
GOOD = "A,express,94103,MOUSE-002,2\n"
PRODUCTS = (
    "sku,name,weight_kg,length_cm,width_cm,height_cm\n"
    "LAPTOP-001,Laptop,2.1,38,28,7\nMOUSE-002,Mouse,0.15,13,8,5\n"
)
STOCK = (
    "warehouse,postal_code,country,sku,on_hand\n"
    "EAST,08817,US,LAPTOP-001,3\nEAST,08817,US,MOUSE-002,4\nWEST,89408,US,MOUSE-002,1\n"
)


def written(folder, content, name="orders.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def problems(folder, content, name="orders.csv"):
    """The lines of the error below its first one, which names the file and counts them."""
    path = written(folder, content, name)
    with pytest.raises(FileError, match="problem") as caught:
        read_orders(path)
    head, *listed = str(caught.value).split("\n  ")
    assert head == f"{path}: {len(listed)} problem{'' if len(listed) == 1 else 's'}"
    return listed


def network_problems(folder, products=PRODUCTS, stock=STOCK):
    written(folder, products, "products.csv")
    written(folder, stock, "stock.csv")
    with pytest.raises(FileError, match="problem") as caught:
        read_network(folder)
    return str(caught.value).replace(str(folder), "folder").split("\n")


def as_csv(orders):
    rows = ["order_id,priority,postal_code,country,placed_s,shortage,promise_days,sku,quantity"]
    for order in orders:
        promise = "" if order.promise_days is None else order.promise_days
        rows += [
            f"{order.id},{order.priority.word},{order.postal_code},{order.country},"
            f"{order.placed_s!r},{order.shortage},{promise},{line.sku},{line.quantity}"
            for line in order.lines
        ]
    return "\n".join(rows)


def as_json(orders):
    return json.dumps(
        [
            {
                "order_id": order.id,
                "priority": order.priority.word,
                "postal_code": order.postal_code,
                "country": order.country,
                "placed_s": order.placed_s,
                "shortage": order.shortage,
                "promise_days": order.promise_days,
                "lines": [{"sku": line.sku, "quantity": line.quantity} for line in order.lines],
            }
            for order in orders
        ]
    )


# Good files


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (as_csv, "orders.csv"),
        (as_csv, "orders.txt"),
        (as_json, "orders.json"),
        (as_json, "ORDERS.JSON"),
    ],
)
def test_orders_come_back_as_they_were_written(tmp_path, form, name):
    orders = (
        *samples.sample_orders(60, gap_s=0.00001),
        Order("Ä/1", {"x y": 1_000_000}, "express", "10115", "DE", 1e-06, promise_days=3),
    )
    assert read_orders(written(tmp_path, form(orders), name)) == orders


def test_columns_may_stand_in_any_sequence_and_optional_ones_may_be_left_out(tmp_path):
    path = written(tmp_path, "quantity,sku,postal_code,order_id,priority\n2,M,94103,A,Express\n")
    assert read_orders(path) == (Order("A", (OrderLine("M", 2),), Priority.EXPRESS, "94103"),)


@pytest.mark.parametrize(
    "rows",
    [
        "A,standard,94103,,,,,M,1",
        'A , standard, "94103", ,,\t,,M, 1',
        "\n\nA,standard,94103,,,,,M,1\n,,,,,,,,\n  \n",
    ],
)
def test_empty_optional_cells_take_the_default_and_spaces_and_blank_rows_do_not_count(
    tmp_path, rows
):
    header = "order_id,priority,postal_code,country,placed_s,shortage,promise_days,sku,quantity\n"
    expected = (Order("A", {"M": 1}, "standard", "94103"),)
    assert read_orders(written(tmp_path, header + rows)) == expected


def test_null_in_json_takes_the_default(tmp_path):
    text = (
        '[{"order_id": "A", "priority": "standard", "postal_code": "94103", "country": null,'
        ' "placed_s": null, "promise_days": null, "lines": [{"sku": "M", "quantity": 1}]}]'
    )
    expected = (Order("A", {"M": 1}, "standard", "94103"),)
    assert read_orders(written(tmp_path, text, "a.json")) == expected


def test_two_written_with_a_point_is_two_in_json_as_in_a_table(tmp_path):
    text = (
        '[{"order_id": "A", "priority": "express", "postal_code": "94103", '
        '"lines": [{"sku": "M", "quantity": 2.0}]}]'
    )
    (order,) = read_orders(written(tmp_path, text, "orders.json"))
    assert order.lines[0].quantity == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_will_do(tmp_path, end):
    assert len(read_orders(written(tmp_path, (HEADER + GOOD).replace("\n", end)))) == 1


@pytest.mark.parametrize("name", ["orders.csv", "orders.json"])
def test_a_byte_order_mark_is_accepted(tmp_path, name):
    text = as_json(samples.sample_orders(1)) if name.endswith("json") else HEADER + GOOD
    assert len(read_orders(written(tmp_path, b"\xef\xbb\xbf" + text.encode(), name))) == 1


def test_a_header_alone_and_an_empty_list_are_no_orders(tmp_path):
    assert read_orders(written(tmp_path, HEADER)) == ()
    assert read_orders(written(tmp_path, "[]", "orders.json")) == ()


def test_rows_of_an_order_belong_together_wherever_they_stand(tmp_path):
    rows = GOOD + "B,standard,10001,M,1\nA,EXPRESS,94103,LAPTOP-001,1\n"
    first, second = read_orders(written(tmp_path, HEADER + rows))
    assert (first.id, second.id) == ("A", "B")
    assert [line.sku for line in first.lines] == ["MOUSE-002", "LAPTOP-001"]


def test_harmless_oddities_of_a_text_are_kept(tmp_path):
    ids = ["<script>", "$x$", "_a", "=cmd|1", "\u202eabc", "日本"]
    rows = "".join(f"{order_id},standard,94103,M,1\n" for order_id in ids)
    orders = read_orders(written(tmp_path, HEADER + rows))
    assert [order.id for order in orders] == ids


def test_the_example_file_fits_the_sample_network():
    path = Path(__file__).resolve().parents[2] / "notebooks" / "data" / "orders.csv"
    orders = read_orders(path)
    assert 8 <= len(orders) <= 10
    network = samples.sample_network()
    assert all(network.product(line.sku) for order in orders for line in order.lines)


def test_a_network_comes_back_as_it_was_written(tmp_path):
    written(tmp_path, PRODUCTS, "products.csv")
    written(tmp_path, STOCK, "stock.csv")
    network = read_network(tmp_path)
    assert isinstance(network, Network)
    assert network.product("MOUSE-002").weight_kg == 0.15
    assert [(place.name, place.postal_code, dict(place.stock)) for place in network.warehouses] == [
        ("EAST", "08817", {"LAPTOP-001": 3, "MOUSE-002": 4}),
        ("WEST", "89408", {"MOUSE-002": 1}),
    ]


def test_stock_needs_no_column_of_countries(tmp_path):
    written(tmp_path, PRODUCTS, "products.csv")
    written(tmp_path, STOCK.replace(",US", "").replace(",country", ""), "stock.csv")
    assert {place.country for place in read_network(str(tmp_path)).warehouses} == {"US"}


# Bad order files


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "the file must name its columns in the first row, got an empty file"),
        (" \n\n", "the file must name its columns in the first row, got an empty file"),
        (",,\n", "the file must name its columns in the first row, got an empty file"),
        ("order_id,priority,postal_code,sku\n", "line 1: column 'quantity' is missing"),
        ("sku," + HEADER, "line 1: column must be unique, got 'sku'"),
        ("colour," + HEADER, "line 1: column must be a known name, got 'colour'; "),
        ("SHORTAGE," + HEADER, "got 'SHORTAGE'; did you mean 'shortage'?"),
        ("promise_day," + HEADER, "got 'promise_day'; did you mean 'promise_days'?"),
        (HEADER.replace(",", ";"), "line 1: columns must be separated by ',', got ';'"),
        (HEADER.replace(",", "\t"), "line 1: columns must be separated by ',', got a tab"),
        (
            HEADER + "A,express,94103,M\n",
            "line 2: a row must be 5 cells long, as the header is, got 4",
        ),
        (
            HEADER + "A,express,94103,M,1,\n",
            "line 2: a row must be 5 cells long, as the header is, got 6",
        ),
        (
            HEADER + GOOD + 'B,standard,"941',
            "line 3: the CSV is broken in the row that begins here",
        ),
        (
            HEADER + 'A,"ex"press,94103,M,1\n',
            "line 2: the CSV is broken in the row that begins here",
        ),
        (
            HEADER + "A" * 140_000,
            "line 2: the CSV is broken in the row that begins here: field larger",
        ),
        (
            HEADER + "A,express,94103,M,１２\n",
            "line 2: quantity must be a whole number from 1 to 1,000,000, got '１２'",
        ),
        (HEADER + "A,express,94103,M,1_000\n", "line 2: quantity must be a whole number"),
        (HEADER + "A,express,94103,M,1e3\n", "line 2: quantity must be a whole number"),
        (HEADER + "A,express,94103,M,1.5\n", "got '1.5'"),
        (
            HEADER + "A,express,94103,M,\n",
            "line 2: quantity must be a whole number from 1 to 1,000,000, got ''",
        ),
        (HEADER + "A,express,94103,M,0\n", "1,000,000, got 0"),
        (HEADER + "A,express,94103,M,-1\n", "1,000,000, got -1"),
        (HEADER + "A,express,94103,M," + "9" * 5_000, "1,000,000, got '999"),
        (
            HEADER + "A,urgent,94103,M,1\n",
            "line 2: priority must be 'express' or 'standard', got 'urgent'",
        ),
        (HEADER + "A,,94103,M,1\n", "line 2: priority must be 'express' or 'standard', got ''"),
        (HEADER + "A,express,2108,M,1\n", "line 2: postal_code must be a text of five digits"),
        (
            HEADER + ",express,94103,M,1\n",
            "line 2: order_id must be a text that is not blank, got ''",
        ),
        (HEADER + "A,express,94103,,1\n", "line 2: sku must be a text that is not blank"),
        (
            HEADER + '"A\nB",express,94103,M,1\n',
            r"line 2: order_id must be a text without control "
            r"characters, got 'A\nB'",
        ),
        (
            HEADER + "A" * 101 + ",express,94103,M,1\n",
            "line 2: order_id must be at most 100 characters, got 'AAA",
        ),
        (
            HEADER + GOOD + GOOD,
            "line 3: sku must be unique in its order, got 'MOUSE-002'; it is already in line 2",
        ),
        (
            HEADER + GOOD + "A,standard,94103,M,1\n",
            "line 3: priority must be the same as on line 2, 'express', got 'standard'",
        ),
        (
            HEADER + GOOD + "A,express,94104,M,1\n",
            "line 3: postal_code must be the same as on line 2, '94103', got '94104'",
        ),
        (
            "placed_s," + HEADER + "NaN," + GOOD,
            "line 2: placed_s must be a number from 0 to 10,000,000, got 'NaN'",
        ),
        ("placed_s," + HEADER + "1e999," + GOOD, "line 2: placed_s must be a number"),
        ("placed_s," + HEADER + '"1,5",' + GOOD, "got '1,5'"),
        (
            "country," + HEADER + "us," + GOOD,
            "line 2: country must be two capital letters such as 'US', got 'us'; "
            "did you mean 'US'?",
        ),
        ("shortage," + HEADER + "wait," + GOOD, "line 2: shortage must be one of 'backorder'"),
        (
            "promise_days," + HEADER + "0," + GOOD,
            "line 2: promise_days must be a whole number from 1",
        ),
    ],
)
def test_a_bad_order_file_is_refused_with_line_and_reason(tmp_path, content, expected):
    listed = problems(tmp_path, content)
    assert len(listed) == 1
    assert expected in listed[0]


ORDER = (
    '{"order_id": "A", "priority": "express", "postal_code": "94103", '
    '"lines": [{"sku": "M", "quantity": 1}]}'
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "line 1: the JSON is broken at column 1: Expecting value"),
        ("[\n{},\n,]", "line 3: the JSON is broken at column 1"),
        ("[" * 100_000, "the JSON must not be nested so deeply"),
        ("{}", "the JSON must be a list of orders, got {}"),
        ("NaN", "the JSON must be a list of orders, got nan"),
        ("[1]", "order 1: an order must be an object, got 1"),
        (
            f"[{ORDER}, {ORDER}]",
            "order 2: order_id must be unique, got 'A'; it is already in order 1",
        ),
        (f'[{ORDER[:-1]}, "priority": "express"}}]', "order 1: key must be unique, got 'priority'"),
        (
            f'[{ORDER[:-1]}, "place_s": 1}}]',
            "order 1: key must be a known name, got 'place_s'; did you mean 'placed_s'?",
        ),
        (
            f'[{ORDER[:-1]}, "placed_s": NaN}}]',
            "order 1: placed_s must be a number from 0 to 10,000,000, got nan",
        ),
        (f'[{ORDER[:-1]}, "placed_s": -Infinity}}]', "order 1: placed_s must be a number"),
        (f'[{ORDER[:-1]}, "placed_s": {"9" * 5000}}}]', "order 1: placed_s must be a number"),
        (f'[{ORDER[:-1]}, "placed_s": true}}]', "10,000,000, got True"),
        (f'[{ORDER[:-1]}, "placed_s": "1"}}]', "10,000,000, got '1'"),
        (
            '[{"order_id": "A", "postal_code": "94103", "lines": [{"sku": "M", "quantity": 1}]}]',
            "order 1: key 'priority' is missing",
        ),
        (
            '[{"priority": "express", "postal_code": "94103", '
            '"lines": [{"sku": "M", "quantity": 1}]}]',
            "order 1: key 'order_id' is missing",
        ),
        (f"[{ORDER}]".replace('"A"', "null"), "order 1: order_id must be a text, got None"),
        (
            f"[{ORDER}]".replace('"express"', "0"),
            "order 1: priority must be 'express' or 'standard', got 0",
        ),
        (f"[{ORDER}]".replace('"94103"', "94103"), "order 1: postal_code must be a text of five"),
        (
            f"[{ORDER}]".replace('"A"', r'"\ud800"'),
            r"order 1: order_id must be a text without control "
            r"characters, got '\ud800'",
        ),
        (
            f"[{ORDER}]".replace("1}]", '1}, {"sku": "M", "quantity": 2}]'),
            "order 1, line 2: sku must be unique in its order, got 'M'; "
            "it is already in order 1, line 1",
        ),
        (
            f"[{ORDER}]".replace('[{"sku": "M", "quantity": 1}]', "[]"),
            "order 1: lines must be a list of at least one object with sku and quantity, got []",
        ),
        (
            f"[{ORDER}]".replace('[{"sku": "M", "quantity": 1}]', '{"M": 1}'),
            "order 1: lines must be a list of at least one object with sku and quantity, "
            "got {'M': 1}",
        ),
        (
            f"[{ORDER}]".replace('{"sku": "M", "quantity": 1}', '["M", 1]'),
            "order 1, line 1: a line must be an object, got ['M', 1]",
        ),
        (f"[{ORDER}]".replace(', "quantity": 1', ""), "order 1, line 1: key 'quantity' is missing"),
        (
            f"[{ORDER}]".replace('"quantity": 1', '"quantity": "1"'),
            "order 1, line 1: quantity must be a whole number from 1 to 1,000,000, got '1'",
        ),
        (f"[{ORDER}]".replace('"quantity": 1', '"quantity": 1e3'), "1,000,000, got 1000.0"),
        (f"[{ORDER}]".replace('"quantity": 1', '"quantity": ' + "9" * 5_000), "1,000,000, got inf"),
        (
            f"[{ORDER}]".replace('"quantity": 1', '"quantity": 1, "quantity": 2'),
            "order 1, line 1: key must be unique, got 'quantity'",
        ),
    ],
)
def test_a_bad_json_file_is_refused_with_order_and_reason(tmp_path, content, expected):
    listed = problems(tmp_path, content, "orders.json")
    assert len(listed) == 1
    assert expected in listed[0]


def test_all_problems_are_told_together_each_with_the_line_on_which_its_row_begins(tmp_path):
    rows = [
        'A,express,94103,"two\nlines",1',
        "B,urgent,941,M,１",
        "",
        "C,standard,10001,M",
        "A,express,94103,K,1",
        'D,standard,"10001",M,x',
        "A,standard,94103,L,0",
    ]
    assert problems(tmp_path, HEADER + "\n".join(rows)) == [
        r"line 2: sku must be a text without control characters, got 'two\nlines'",
        "line 4: postal_code must be a text of five digits, as in '94103', got '941'",
        "line 4: priority must be 'express' or 'standard', got 'urgent'",
        "line 4: quantity must be a whole number from 1 to 1,000,000, got '１'",
        "line 6: a row must be 5 cells long, as the header is, got 4",
        "line 8: quantity must be a whole number from 1 to 1,000,000, got 'x'",
        "line 9: quantity must be a whole number from 1 to 1,000,000, got 0",
        "line 9: priority must be the same as on line 2, 'express', got 'standard'",
    ]


def test_all_problems_of_a_header_are_told_together(tmp_path):
    assert problems(tmp_path, "order_id,priority,postal_code,sku,sku,qty\n" + GOOD) == [
        "line 1: column 'quantity' is missing",
        "line 1: column must be unique, got 'sku'",
        "line 1: column must be a known name, got 'qty'; known are 'country', 'order_id', "
        "'placed_at', 'placed_s', 'postal_code', 'priority', 'promise_days', 'quantity' and 2 more",
    ]


def test_what_has_no_name_in_json_is_not_called_a_double(tmp_path):
    nameless = ORDER.replace('"order_id": "A", ', "").replace('"sku": "M", ', "")
    nameless = nameless.replace('{"quantity": 1}', '{"quantity": 1}, {"quantity": 2}')
    assert problems(tmp_path, f"[{nameless}, {nameless}]", "orders.json") == [
        f"order {order}{reason}"
        for order in (1, 2)
        for reason in (
            ": key 'order_id' is missing",
            ", line 1: key 'sku' is missing",
            ", line 2: key 'sku' is missing",
        )
    ]


def test_a_wrong_country_does_not_make_its_postal_code_wrong(tmp_path):
    row = "d,order,SW1A 1AA,M,0\n"
    listed = problems(tmp_path, "country," + HEADER + "uk," + row)
    assert [each.split(" must")[0] for each in listed] == [
        "line 2: country",
        "line 2: priority",
        "line 2: quantity",
    ]


def test_a_bad_file_gives_no_orders_and_the_next_good_one_is_read(tmp_path):
    problems(tmp_path, HEADER + GOOD + "B,urgent,94103,M,1\n")
    assert len(read_orders(written(tmp_path, HEADER + GOOD))) == 1


@pytest.mark.parametrize("path", [None, 3, b"orders.csv", "", True, ["orders.csv"]])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ArgumentError, match=r"path must be a path, as in 'data/orders\.csv'"):
        read_orders(path)
    with pytest.raises(ArgumentError, match="folder must be a path"):
        read_network(path)


# Bad networks


@pytest.mark.parametrize(
    ("products", "expected"),
    [
        (
            PRODUCTS + "MOUSE-002,Mouse,1,1,1,1\n",
            "line 4: sku must be unique in the file, got 'MOUSE-002'; it is already in line 3",
        ),
        (PRODUCTS + "X,,1,1,1,1\n", "line 4: name must be a text that is not blank, got ''"),
        (
            PRODUCTS + "X,X,heavy,1,1,1\n",
            "line 4: weight_kg must be a number above 0, at most 10,000, got 'heavy'",
        ),
        (PRODUCTS + "X,X,1,0,1,1\n", "line 4: length_cm must be a number above 0, at most 10,000"),
        (PRODUCTS + "X,X,1,1,1,inf\n", "line 4: height_cm must be a number above 0"),
        (PRODUCTS + "X,X,1,1,1\n", "line 4: a row must be 6 cells long"),
        (PRODUCTS.replace("weight_kg", "weight"), "column 'weight_kg' is missing"),
    ],
)
def test_a_bad_product_is_refused_with_its_line(tmp_path, products, expected):
    head, *listed = network_problems(tmp_path, products)
    assert head.startswith("folder/products.csv: ")
    assert expected in listed[0]


@pytest.mark.parametrize(
    ("stock", "expected"),
    [
        (
            STOCK + "WEST,89408,US,MOUSE-02,1\n",
            "line 5: sku must be one of products.csv, got 'MOUSE-02'; did you mean 'MOUSE-002'?",
        ),
        (
            STOCK + "WEST,89408,US,MOUSE-002,1\n",
            "line 5: sku must be unique in its warehouse, got 'MOUSE-002'; it is already in line 4",
        ),
        (
            STOCK + "WEST,89409,US,LAPTOP-001,1\n",
            "line 5: postal_code must be the same as on line 4, '89408', got '89409'",
        ),
        (
            STOCK + "WEST,89408,CA,LAPTOP-001,1\n",
            "line 5: country must be the same as on line 4, 'US', got 'CA'",
        ),
        (
            STOCK + "WEST,89408,US,LAPTOP-001,-1\n",
            "line 5: on_hand must be a whole number from 0 to ",
        ),
        (
            STOCK + "WEST,89408,US,LAPTOP-001,\n",
            "line 5: on_hand must be a whole number from 0 to ",
        ),
        (STOCK + ",89408,US,LAPTOP-001,1\n", "line 5: warehouse must be a text that is not blank"),
        (STOCK.split("\n")[0], "number of warehouses must be a whole number from 1 to 100, got 0"),
    ],
)
def test_bad_stock_is_refused_with_its_line(tmp_path, stock, expected):
    head, *listed = network_problems(tmp_path, stock=stock)
    assert head == "folder/stock.csv: 1 problem"
    assert len(listed) == 1
    assert expected in listed[0]


def test_the_problems_of_both_files_of_a_network_are_told_together(tmp_path):
    products = PRODUCTS.replace("0.15", "light")
    stock = STOCK + "EAST,08817,US,CABLE,1\nEAST,08817,US,CORD,many\n"
    assert network_problems(tmp_path, products, stock) == [
        "folder/products.csv: 1 problem",
        "  line 3: weight_kg must be a number above 0, at most 10,000, got 'light'",
        "folder/stock.csv: 3 problems",
        "  line 5: sku must be one of products.csv, got 'CABLE'; known are 'LAPTOP-001', "
        "'MOUSE-002'",
        "  line 6: on_hand must be a whole number from 0 to 1,000,000,000,000, got 'many'",
        "  line 6: sku must be one of products.csv, got 'CORD'; known are 'LAPTOP-001', "
        "'MOUSE-002'",
    ]


def test_skus_are_not_called_unknown_where_products_could_not_be_read(tmp_path):
    listed = network_problems(tmp_path, "sku,name\n", STOCK)
    assert len(listed) == 5 and not any("stock" in each for each in listed)
    listed = network_problems(tmp_path, "", STOCK.replace("MOUSE-002", ""))
    assert len(listed) == 2 and "empty file" in listed[1]


def test_a_folder_without_files_is_told_for_both(tmp_path):
    with pytest.raises(FileError, match=r"products\.csv: 1 problem\n.*\n.*stock\.csv: 1 problem"):
        read_network(tmp_path)
