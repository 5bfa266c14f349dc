"""A file becomes text and rows, or one error that tells all that is wrong with it."""

import os

import pytest

from fulfillment_lib.errors import FileError
from fulfillment_lib.reading import text as file_text
from fulfillment_lib.reading.text import EnoughRead, Problems, raise_problems, read_rows, read_text


def told(path):
    """What is wrong with the file as a text."""
    problems = Problems(str(path))
    assert read_text(problems) == ""
    assert problems.count == 1 and problems.lost
    return problems.listed[0]


def written(folder, content):
    path = folder / "table.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("sku\nä".encode("utf-16"), "the text must be UTF-8, got UTF-16; save it as 'CSV UTF-8'"),
        (b"\xfe\xff\0s\0k\0u", "the text must be UTF-8, got UTF-16"),
        (
            "sku\nx".encode("utf-16-le"),
            "line 1: the text must not hold NUL characters, as a file in UTF-16 does",
        ),
        (b"sku\nx\n\0", "line 3: the text must not hold NUL characters"),
        (
            "sku\nM\nMünchen".encode("latin-1"),
            "line 3: the text must be UTF-8, got the byte 0xFC; save it as 'CSV UTF-8'",
        ),
        (b"PK\x03\x04\xff", "got a spreadsheet or another zipped file; save it as 'CSV UTF-8'"),
        (b"\xed\xa0\x80", "line 1: the text must be UTF-8, got the byte 0xED"),
    ],
)
def test_what_is_not_utf_8_text_is_refused_with_its_line(tmp_path, content, expected):
    assert expected in told(written(tmp_path, content))


def test_paths_without_a_readable_file_are_refused(tmp_path):
    here = written(tmp_path, b"x")
    assert told(tmp_path / "none.csv") == "the file must exist; there is none at this path"
    assert told(tmp_path) == "the path must be that of a file, got a directory"
    assert told(here / "below") == "the file cannot be opened: not a directory"
    assert told("a\0b") == "the path must not hold NUL characters"
    assert told("x" * 5_000).startswith("the file cannot be opened: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert told(tmp_path / "pipe") == "the path must be that of an ordinary file"


def test_a_file_over_the_cap_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(file_text, "MOST_BYTES", 1_000)
    assert told(written(tmp_path, b"x" * 1_001)) == "the file must be at most 1,000 bytes long"
    problems = Problems(str(written(tmp_path, b"x" * 1_000)))
    assert len(read_text(problems)) == 1_000 and not problems.count


def test_twenty_problems_are_listed_and_the_rest_is_counted():
    problems = Problems("orders.csv")
    for line in range(2, 236):
        problems.add(f"line {line}", "bad")
    listed = str(problems).split("\n  ")
    assert listed[0] == "orders.csv: 234 problems"
    assert listed[1:3] == ["line 2: bad", "line 3: bad"]
    assert listed[20:] == ["line 21: bad", "and 214 more"]


def test_a_file_of_more_lines_than_an_order_file_has_is_not_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(file_text, "MOST_LINES", 5)
    problems = Problems(str(written(tmp_path, b"a\n1\n\n\n\n\n\n2\n")))
    assert [row.cells for row in read_rows(problems, ("a",))] == [{"a": "1"}]
    assert "a file must have at most 5 lines" in str(problems)


def test_after_a_thousand_problems_reading_stops_and_says_so():
    problems = Problems("orders.csv")
    with pytest.raises(EnoughRead):
        for line in range(2, 5_000):
            problems.add(f"line {line}", "bad")
    assert problems.count == 1_000 and problems.lost
    assert str(problems).endswith("\n  and 980 more; reading stopped")


def test_a_path_that_cannot_be_printed_is_escaped():
    problems = Problems("a\nb\udc80.csv")
    problems.add("", "bad")
    assert str(problems).startswith(r"'a\nb\udc80.csv': 1 problem")


def test_only_files_with_problems_are_named():
    good, bad = Problems("good.csv"), Problems("bad.csv")
    raise_problems(good, bad)
    bad.add("line 2", "bad")
    with pytest.raises(FileError, match=r"^bad\.csv: 1 problem\n  line 2: bad$"):
        raise_problems(good, bad)


def test_rows_carry_the_line_on_which_they_begin(tmp_path):
    path = written(tmp_path, b'\n sku , name\nA,"one\ntwo\r\nthree"\n\n,\nB,x\r\n')
    problems = Problems(str(path))
    rows = list(read_rows(problems, ("sku", "name")))
    assert rows == [(3, {"sku": "A", "name": "one\ntwo\r\nthree"}), (8, {"sku": "B", "name": "x"})]
    assert not problems.count


def test_rows_before_a_break_are_read_and_the_break_is_told(tmp_path):
    problems = Problems(str(written(tmp_path, b'sku\nA\n"B\nC\n')))
    assert [row.cells["sku"] for row in read_rows(problems, ("sku",))] == ["A"]
    assert problems.listed == [
        "line 3: the CSV is broken in the row that begins here: unexpected "
        "end of data; what follows was not read"
    ]


def test_no_near_name_is_sought_for_a_problem_that_is_only_counted(monkeypatch):
    sought = []
    monkeypatch.setattr(file_text, "nearest", lambda name, known: sought.append(name) or "")
    problems = Problems("orders.csv")
    file_text.check_names(problems, "line 1", "column", [f"c{each}" for each in range(500)], (), ())
    assert problems.count == 500 and len(sought) == file_text.MOST_LISTED
