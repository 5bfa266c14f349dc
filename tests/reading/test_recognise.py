"""A file that is something else is told by its name, with what to do."""

import pytest

from fulfillment_lib import FulfillmentError, read_orders

HEADER = "order_id,priority,postal_code,sku,quantity"
ROW = "A,express,94103,M,1"


def told(tmp_path, content):
    path = tmp_path / "orders.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FulfillmentError) as caught:
        read_orders(path)
    return str(caught.value)


def read(tmp_path, text):
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return read_orders(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEADER.encode("utf-32"), "got UTF-32; save it as 'CSV UTF-8'"),
        (HEADER.encode("utf-16"), "got UTF-16; save it as 'CSV UTF-8'"),
        (b"\xfe\xff" + HEADER.encode("utf-16-be"), "got UTF-16"),
        (b"PK\x03\x04...", "got a spreadsheet or another zipped file; save it as 'CSV UTF-8'"),
        (b"\xd0\xcf\x11\xe0...", "got an old spreadsheet (.xls)"),
        (b"\x1f\x8b\x08...", "got a file compressed with gzip; unpack it first"),
        (b"%PDF-1.7", "got a PDF"),
        (b"SQLite format 3\x00", "got an SQLite database; export the table as CSV"),
        (b"PAR1", "got a Parquet file"),
        (b"<!DOCTYPE html><html>", "got a web page"),
        (b"\n <table><tr><td>", "got a web page"),
        (b"\xef\xbb\xbf<html>", "got a web page"),
        ('[{"order_id": "A"}]', "got JSON; give the file a name in .json"),
        ('{"order_id": "A"}\n{"order_id": "B"}', "got JSON"),
        ("sep=,\r\n" + HEADER, "got a line for a spreadsheet; remove it"),
        ("sep=;\n" + HEADER, "remove it, and save the file with commas"),
        ('"sep=,"\n' + HEADER, "line 1: the first line must name the columns, got a line for"),
        ("\n \nsep=,\n" + HEADER, "line 3: the first line must name the columns, got a line for"),
        ("\n" + HEADER.replace(",", ";"), "line 2: columns must be separated by ',', got ';'"),
        (HEADER.replace(",", ";"), "columns must be separated by ',', got ';'; save"),
        ('"' + HEADER.replace(",", '";"') + '"', "columns must be separated by ',', got ';'"),
        ('"' + HEADER.replace(",", '"\t"') + '"', "columns must be separated by ',', got a tab"),
        (HEADER.replace(",", "|"), "columns must be separated by ',', got '|'"),
    ],
)
def test_another_kind_of_file_is_one_problem_with_its_cause_and_remedy(content, words, tmp_path):
    message = told(tmp_path, content)
    assert "1 problem" in message and words in message


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (HEADER + "\n" + ROW, "; a table with commas has a name in .csv"),
        ('{"order_id": "A"}\n{"order_id": "B"}', "; put the orders between [ and ], with commas"),
        ('{"order_id": "A"}', "; put the orders between [ and ], with commas"),
        ('[{"order_id": "A"}', "Expecting ',' delimiter"),
    ],
)
def test_what_is_no_list_of_orders_is_told_how_to_become_one(content, remedy, tmp_path):
    path = tmp_path / "orders.json"
    path.write_text(content)
    with pytest.raises(FulfillmentError) as caught:
        read_orders(path)
    assert remedy in str(caught.value)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_wrong_byte_is_told_with_the_readers_line(end, tmp_path):
    text = end.join([HEADER, ROW, "K\xf6ln,express,94103,M,1", ""])
    assert "line 3: the text must be UTF-8, got the byte 0xF6" in told(
        tmp_path, text.encode("cp1252")
    )


@pytest.mark.parametrize(
    "blank", ["\xa0", "\u3000", "\u200b", "\ufeff", "\u2003", "\x1f", "\x85", " \t", "\u2060"]
)
def test_blanks_of_all_kinds_do_not_count_at_the_ends_of_a_cell(blank, tmp_path):
    header = HEADER.replace("order_id", f"order_id{blank}")
    rows = [f"A{blank},express,94103,M,1", f"{blank}A,express{blank},94103,{blank}N,2"]
    text = "\n".join([header, *rows, ""])
    (order,) = read(tmp_path, text)
    assert order.id == "A" and [line.sku for line in order.lines] == ["M", "N"]


@pytest.mark.parametrize("blank", [" ", "\t", "\xa0", " \t "])
def test_blanks_around_quotes_do_not_count(blank, tmp_path):
    text = f'{HEADER}\n"A"{blank},{blank}"express"{blank},"94103",{blank}"M, ""x"" ,"{blank},1\n'
    (order,) = read(tmp_path, text)
    assert (order.id, order.lines[0].sku) == ("A", 'M, "x" ,')


def test_blanks_and_quotes_inside_a_cell_stay(tmp_path):
    text = f'{HEADER}\n"A ""b"" , ""c""",express,94103,5" nail,1\n'
    (order,) = read(tmp_path, text)
    assert (order.id, order.lines[0].sku) == ('A "b" , "c"', '5" nail')


def test_columns_without_name_and_content_are_passed_over_wherever_they_stand(tmp_path):
    text = "order_id,,priority,postal_code,sku,quantity,,\nA,,express,94103,M,1,,\n"
    assert len(read(tmp_path, text)) == 1
    message = told(tmp_path, text.replace("M,1,,", "M,1,note,"))
    assert "line 2: a column with content must have a name, got 'note' in column 7" in message
