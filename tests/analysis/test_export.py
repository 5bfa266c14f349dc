"""Exports: what another program reads is what the run holds, and no file is ever half there."""

import csv
import json
import os
import stat
from dataclasses import replace
from itertools import pairwise

import pandas as pd
import pytest

from fulfillment_lib import (
    Durations,
    Faults,
    Network,
    Order,
    Product,
    Warehouse,
    sample_orders,
    simulate,
)
from fulfillment_lib.analysis import export
from fulfillment_lib.errors import ArgumentError, FileError

DAY = simulate(sample_orders(12), max_attempts=2)
EVIL = ["=cmd|' /C calc'!A0", "+1", "-2", "@SUM(A1)", '=HYPERLINK("http://x";"y")']
STRANGE = ["<script>", "$x$", "a,b", 'say "no"', "שלום", "🚚", "O/1 %", "\u202eabc", "_x"]


def day_of(names):
    """A day whose orders, SKUs and warehouse all have difficult names."""
    network = Network(
        [Product(name, name, 1, 10, 10, 10) for name in names],
        [Warehouse(names[0], "10001", dict.fromkeys(names, 9))],
    )
    return simulate(
        [Order(name, {name: 1}, "express", "10001") for name in names],
        network,
        durations=Durations.constant(inventory=1, packing=4, shipping=2),
    )


def cells(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


# CSV


@pytest.mark.parametrize("table", ["timeline", "summary", "stock"])
def test_a_csv_read_back_is_the_table(tmp_path, table):
    export.to_csv(DAY, tmp_path / "run.csv", table)
    wanted = getattr(DAY, table)()
    found = pd.read_csv(tmp_path / "run.csv", keep_default_na=False, dtype=dict(wanted.dtypes))
    pd.testing.assert_frame_equal(found, wanted, check_frame_type=False)


def test_the_timeline_is_what_is_written_unless_another_table_is_named(tmp_path):
    export.to_csv(DAY, str(tmp_path / "run.csv"))
    assert cells(tmp_path / "run.csv")[0] == list(DAY.timeline().columns)
    assert len(cells(tmp_path / "run.csv")) == len(DAY.attempts) + 1


def test_an_empty_run_gives_a_header_alone(tmp_path):
    export.to_csv(simulate([]), tmp_path / "run.csv")
    assert (tmp_path / "run.csv").read_bytes() == (
        b"order_id,task_id,kind,priority,worker,attempt,ready_s,start_s,finish_s,wait_s,"
        b"service_s,outcome,error\r\n"
    )


@pytest.mark.parametrize("table", ["timeline", "summary", "stock"])
def test_no_text_cell_begins_like_a_formula(tmp_path, table):
    run = day_of(EVIL)
    export.to_csv(run, tmp_path / "run.csv", table)
    _, *rows = cells(tmp_path / "run.csv")
    starts = {cell[:1] for row in rows for cell in row}
    assert not starts & set("=+-@\t\r\n")
    column = {"timeline": 0, "summary": 0, "stock": 1}[table]
    assert {row[column] for row in rows} == {"'" + name for name in EVIL}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_every_start_of_a_formula_gets_an_apostrophe(tmp_path, start):
    run = replace(DAY, attempts=(replace(DAY.attempts[0], error=f"{start}1"),))
    export.to_csv(run, tmp_path / "run.csv")
    assert cells(tmp_path / "run.csv")[1][-1] == f"'{start}1"


def test_numbers_stay_numbers_even_below_zero(tmp_path):
    run = replace(DAY, attempts=(replace(DAY.attempts[0], ready_s=-1.5, worker=-2),))
    export.to_csv(run, tmp_path / "run.csv")
    row = cells(tmp_path / "run.csv")[1]
    assert (row[4], row[6]) == ("-2", "-1.5")


def test_difficult_names_come_back_from_a_csv_as_they_were(tmp_path):
    export.to_csv(day_of(STRANGE), tmp_path / "run.csv", "summary")
    assert [row[0] for row in cells(tmp_path / "run.csv")[1:]] == STRANGE


@pytest.mark.parametrize("error", ["a\rb", "a\nb", "a\r\nb", 'a"b', "a,b", "'a'"])
def test_line_breaks_and_quotes_inside_a_cell_stay_inside(tmp_path, error):
    run = replace(DAY, attempts=(replace(DAY.attempts[0], error=error),))
    export.to_csv(run, tmp_path / "run.csv")
    assert [row[-1] for row in cells(tmp_path / "run.csv")] == ["error", error]


def test_the_bytes_of_a_csv_are_the_same_each_time_and_end_lines_in_cr_lf(tmp_path):
    for name in ("one.csv", "two.csv"):
        export.to_csv(simulate(sample_orders(12), max_attempts=2), tmp_path / name)
    data = (tmp_path / "one.csv").read_bytes()
    assert data == (tmp_path / "two.csv").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") == len(DAY.attempts) + 1
    assert not data.startswith(b"\xef\xbb\xbf")


# Files

BOTH = pytest.mark.parametrize("write", [export.to_csv, export.to_chrome_trace])


@BOTH
def test_a_write_that_fails_keeps_the_old_file_and_leaves_nothing_behind(
    tmp_path, monkeypatch, write
):
    target = tmp_path / "run.out"
    target.write_text("old", encoding="utf-8")

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(FileError, match=r"run.out': cannot be written \(No space left on device\)"):
        write(DAY, target)
    assert os.listdir(tmp_path) == ["run.out"]
    assert target.read_text(encoding="utf-8") == "old"


@BOTH
def test_what_cannot_be_encoded_keeps_the_old_file(tmp_path, write):
    target = tmp_path / "run.out"
    target.write_text("old", encoding="utf-8")
    broken = replace(DAY, attempts=(replace(DAY.attempts[0], error="\ud800"),))
    if write is export.to_csv:
        with pytest.raises(FileError, match="cannot be written"):
            write(broken, target)
        assert target.read_text(encoding="utf-8") == "old"
    else:
        write(broken, target)  # JSON escapes it
    assert os.listdir(tmp_path) == ["run.out"]


@BOTH
def test_an_existing_file_is_replaced_as_a_whole(tmp_path, write):
    target = tmp_path / "run.out"
    target.write_text("x" * 10**6, encoding="utf-8")
    write(DAY, target)
    assert target.stat().st_size < 10**5
    assert os.listdir(tmp_path) == ["run.out"]


@BOTH
def test_a_new_file_can_be_read_by_whom_the_user_allows(tmp_path, write):
    (tmp_path / "other").write_text("", encoding="utf-8")
    write(DAY, tmp_path / "run.out")
    assert stat.S_IMODE((tmp_path / "run.out").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "other").stat().st_mode
    )


@BOTH
def test_a_link_stays_a_link(tmp_path, write):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(DAY, tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").stat().st_size > 1_000


@BOTH
def test_places_where_no_file_can_be_are_refused(tmp_path, write):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "kept").write_text("", encoding="utf-8")
    for path in (tmp_path / "missing" / "run.out", tmp_path / "folder", "a\0b"):
        with pytest.raises(FileError, match="cannot be written"):
            write(DAY, path)
    for path in (None, 3, "", b"run.out"):
        with pytest.raises(ArgumentError, match="path must be a path"):
            write(DAY, path)
    assert os.listdir(tmp_path) == ["folder"]


def test_an_unknown_table_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="table must be one of 'timeline', 'summary', 'stock'"):
        export.to_csv(DAY, tmp_path / "run.csv", "gantt")
    assert os.listdir(tmp_path) == []


# Traces


def once(pairs):
    assert len(dict(pairs)) == len(pairs), "a key comes twice"
    return dict(pairs)


def trace(run, path):
    """The events of a trace, after a check against what the Trace Event Format asks for."""
    export.to_chrome_trace(run, path)
    document = json.loads(
        path.read_text("utf-8"),
        object_pairs_hook=once,
        parse_constant=lambda name: pytest.fail(f"{name} is not JSON"),
    )
    assert document.keys() == {"traceEvents", "displayTimeUnit"}
    assert document["displayTimeUnit"] in ("ms", "ns")
    for event in document["traceEvents"]:
        assert {"name", "ph", "pid", "tid", "ts", "args"} <= event.keys()
        assert type(event["name"]) is str and type(event["args"]) is dict
        assert all(type(event[name]) is int for name in ("pid", "tid", "ts"))
        if event["ph"] == "X":
            assert type(event["dur"]) is int and event["dur"] >= 0 <= event["ts"]
            assert type(event["cat"]) is str
        else:
            assert event["ph"] == "M"
            value = {
                "process_name": "name",
                "thread_name": "name",
                "thread_sort_index": "sort_index",
            }[event["name"]]
            assert type(event["args"][value]) is (int if value == "sort_index" else str)
    return document["traceEvents"]


def spans(events, process):
    return [each for each in events if each["ph"] == "X" and each["pid"] == process]


def named(events, what):
    found = [each for each in events if each["name"] == what]
    names = {(each["pid"], each["tid"]): each["args"]["name"] for each in found}
    assert len(names) == len(found)
    return names


def test_a_trace_has_a_track_for_each_worker_and_each_order(tmp_path):
    events = trace(DAY, tmp_path / "run.json")
    assert named(events, "process_name") == {(1, 0): "workers", (2, 0): "orders"}
    tracks = named(events, "thread_name")
    assert [name for (process, _), name in tracks.items() if process == 1] == [
        f"worker {number}" for number in range(5)
    ]
    assert [name for (process, _), name in tracks.items() if process == 2] == [
        order.id for order in DAY.orders
    ]
    assert {(each["pid"], each["tid"]) for each in events if each["ph"] == "X"} <= tracks.keys()


def test_spans_on_the_tracks_of_workers_are_the_attempts(tmp_path):
    run = simulate(sample_orders(12), max_attempts=2, faults=Faults(fail=0.2, hang=0.2))
    events = trace(run, tmp_path / "run.json")
    assert {each.outcome for each in run.attempts} == {"succeeded", "failed", "timed_out"}
    assert sorted(
        (
            each["name"],
            each["args"]["attempt"],
            each["tid"] - 1,
            each["ts"],
            each["dur"],
            each["args"]["outcome"],
            each["args"]["wait_s"],
            each["cat"],
        )
        for each in spans(events, 1)
    ) == sorted(
        (
            each.task_id,
            each.attempt,
            each.worker,
            round(each.start_s * 1e6),
            round(each.service_s * 1e6),
            each.outcome.value,
            each.wait_s,
            each.kind,
        )
        for each in run.attempts
    )
    colours = {(each["args"]["outcome"], each["cname"]) for each in spans(events, 1)}
    assert len(dict(colours)) == len(colours) == len({colour for _, colour in colours})


def test_spans_on_the_tracks_of_orders_go_from_placed_to_finished(tmp_path):
    found = [
        (each["name"], each["ts"], each["ts"] + each["dur"], each["args"]["status"])
        for each in spans(trace(DAY, tmp_path / "run.json"), 2)
    ]
    assert found == [
        (each.order_id, round(each.placed_s * 1e6), round(each.finished_s * 1e6), each.status.value)
        for each in DAY.reports
    ]


def test_spans_of_one_track_do_not_overlap(tmp_path):
    events = [each for each in trace(DAY, tmp_path / "run.json") if each["ph"] == "X"]
    events.sort(key=lambda each: (each["pid"], each["tid"], each["ts"]))
    for one, other in pairwise(events):
        if (one["pid"], one["tid"]) == (other["pid"], other["tid"]):
            assert one["ts"] + one["dur"] <= other["ts"]


def test_difficult_names_come_back_from_a_trace_as_they_were(tmp_path):
    names = EVIL + STRANGE
    events = trace(day_of(names), tmp_path / "run.json")
    assert [each["name"] for each in spans(events, 2)] == names
    assert {each["args"]["order_id"] for each in spans(events, 1)} == set(names)
    assert (tmp_path / "run.json").read_bytes().isascii()


def test_the_bytes_of_a_trace_are_the_same_each_time(tmp_path):
    for name in ("one.json", "two.json"):
        export.to_chrome_trace(simulate(sample_orders(12)), tmp_path / name)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_the_trace_of_an_empty_run_has_no_spans(tmp_path):
    assert {each["ph"] for each in trace(simulate([]), tmp_path / "run.json")} == {"M"}
