"""Exports: what another program reads is what the run holds, and no file is ever half there."""

import csv
import json
import os
import re
import socket
import stat
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

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


def cells(path, delimiter=","):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


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


# What spreadsheets may run, beside what begins with a mark: where they split at semicolons, where
# they pass over what cannot be seen, and where a mark has the width of an ideograph.
SLY = [
    "x;=1+1", "x; =1+1", "x;\u00a0+1", 'x;"=1+1', "x;y;-1", "x;＝1", "x;@SUM(A1)", ";=1", "&A1;=",
    " =1+1", "\u00a0=1+1", "\u3000=1", "\u200b=1", "\ufeff=1", "\u202e=1", "  ＋1", "－1", "＠A",
]  # fmt: skip
SLY_ERRORS = [
    *SLY,
    "x\n=1",
    "x\r\n =1",
    "x; \r=1",
    'x\n"y;=1',
    "\r\n=1",
    "\t=1",
    "x;\t=1",
    "\x0b=1",
]
MARKS = "=+-@＝＋－＠"


def begins_a_formula(cell):
    """Judged by another rule than the writer's: what is left without all that cannot be seen."""
    seen = "".join(letter for letter in cell if letter.isprintable() and letter != " ")
    return bool(seen) and seen[0] in MARKS and not re.fullmatch(r"-?[\d.]+", cell)


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("table", ["timeline", "summary", "stock"])
def test_no_cell_is_a_formula_where_a_spreadsheet_splits_at_semicolons(tmp_path, table, delimiter):
    run = day_of(SLY)
    if table == "timeline":
        last = run.attempts[-1]
        errors = tuple(replace(last, error=error) for error in SLY_ERRORS)
        run = replace(run, attempts=run.attempts + errors)
    export.to_csv(run, tmp_path / "run.csv", table)
    found = [cell for row in cells(tmp_path / "run.csv", delimiter) for cell in row]
    assert len(found) > 18 and not [*filter(begins_a_formula, found)]


@pytest.mark.parametrize("table", ["timeline", "summary", "stock"])
def test_texts_without_formulas_are_the_same_in_csv_and_in_pandas(tmp_path, table):
    run = day_of(["x;y", "a; b", "a=b", "00123", "NA", "'x", "x ;", '"', '" padded ', *STRANGE])
    export.to_csv(run, tmp_path / "run.csv", table)
    wanted = getattr(run, table)()
    found = pd.read_csv(tmp_path / "run.csv", keep_default_na=False, dtype=dict(wanted.dtypes))
    pd.testing.assert_frame_equal(found, wanted, check_frame_type=False)
    head, *rows = cells(tmp_path / "run.csv")
    assert rows == [[*map(str, row)] for row in wanted[head].itertuples(index=False)]


@pytest.mark.parametrize(
    "name", ["x;=1+1", "a;-b", 'HYPERLINK("x";=y)'], ids=["sum", "minus", "link"]
)
def test_what_stands_first_in_a_line_is_read_back_as_it_was(tmp_path, name):
    run = day_of([name])
    for table, column in {
        "timeline": "order_id",
        "summary": "order_id",
        "stock": "warehouse",
    }.items():
        export.to_csv(run, tmp_path / "run.csv", table)
        assert set(pd.read_csv(tmp_path / "run.csv")[column]) == {name}
        assert {row[0] for row in cells(tmp_path / "run.csv")[1:]} == {name}


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

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has none of these")
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
def test_a_link_to_nothing_gets_its_target(tmp_path, write):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "broken").symlink_to(tmp_path / "no folder" / "real")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    write(DAY, tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").is_file()
    for name in ("broken", "round"):
        with pytest.raises(FileError, match=f"{name}': cannot be written"):
            write(DAY, tmp_path / name)
        assert (tmp_path / name).is_symlink()


@BOTH
@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_a_file_that_is_written_again_keeps_its_mode_whatever_the_umask(tmp_path, write, mode):
    target = tmp_path / "run.out"
    before = os.umask(0o022)
    try:
        write(DAY, target)
        assert stat.S_IMODE(target.stat().st_mode) == 0o644
        target.chmod(mode)
        os.umask(0o077)
        write(DAY, target)
        assert stat.S_IMODE(target.stat().st_mode) == mode
        write(DAY, tmp_path / "new.out")
        assert stat.S_IMODE((tmp_path / "new.out").stat().st_mode) == 0o600
    finally:
        os.umask(before)


@BOTH
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root gives files away")
def test_a_file_that_root_writes_again_keeps_its_owner_and_group(tmp_path, write):
    target = tmp_path / "run.out"
    target.write_text("old", encoding="utf-8")
    os.chown(target, 1234, 5678)
    target.chmod(0o640)
    write(DAY, target)
    now = target.stat()
    assert (now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)) == (1234, 5678, 0o640)
    assert now.st_size > 1_000


@BOTH
@POSIX
def test_where_the_group_cannot_be_kept_no_other_group_gets_its_rights(
    tmp_path, monkeypatch, write
):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    target = tmp_path / "run.out"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o664)
    monkeypatch.setattr(os, "chown", refused)
    write(DAY, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o604


@BOTH
@POSIX
def test_another_hard_link_keeps_what_it_had(tmp_path, write):
    (tmp_path / "one").write_text("old", encoding="utf-8")
    os.link(tmp_path / "one", tmp_path / "two")
    write(DAY, tmp_path / "one")
    assert (tmp_path / "two").read_text(encoding="utf-8") == "old"
    assert (tmp_path / "one").stat().st_size > 1_000


@BOTH
@pytest.mark.parametrize("where", [(Path, "write_bytes"), (os, "replace")], ids=["write", "move"])
def test_an_interrupt_keeps_the_old_file_and_leaves_nothing_behind(
    tmp_path, monkeypatch, write, where
):
    def interrupted(*_):
        raise KeyboardInterrupt

    (tmp_path / "run.out").write_text("old", encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(*where, interrupted)
        with pytest.raises(KeyboardInterrupt):
            write(DAY, tmp_path / "run.out")
    assert os.listdir(tmp_path) == ["run.out"]
    assert (tmp_path / "run.out").read_text(encoding="utf-8") == "old"


@BOTH
@POSIX
def test_a_file_larger_than_there_is_room_keeps_the_old_one(tmp_path, write):
    resource = pytest.importorskip("resource")
    (tmp_path / "run.out").write_text("old", encoding="utf-8")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        with pytest.raises(FileError, match="cannot be written"):
            write(DAY, tmp_path / "run.out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == ["run.out"]
    assert (tmp_path / "run.out").read_text(encoding="utf-8") == "old"


# What is no file: pipes, devices and sockets, all made in a folder of the test's own


@pytest.fixture
def pipe(tmp_path):
    """A named pipe, and a descriptor that reads it."""
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    yield tmp_path / "pipe", reader
    os.close(reader)


def kind(path):
    return stat.S_IFMT(os.stat(path).st_mode)


def in_a_file(write, folder):
    write(DAY, folder / "as a file")
    return (folder / "as a file").read_bytes()


@BOTH
@POSIX
def test_a_pipe_that_is_read_gets_all_and_stays(tmp_path, pipe, write):
    path, reader = pipe
    (tmp_path / "link").symlink_to(path)
    for place in (path, tmp_path / "link"):
        write(DAY, place)
        assert os.read(reader, 10**6) == in_a_file(write, tmp_path)
    assert kind(path) == stat.S_IFIFO and (tmp_path / "link").is_symlink()


@BOTH
@POSIX
def test_a_pipe_that_nobody_reads_is_refused_at_once_and_stays(tmp_path, write):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match=r"pipe': cannot be written \(nobody reads it\)"):
        write(DAY, tmp_path / "pipe")
    assert kind(tmp_path / "pipe") == stat.S_IFIFO and os.listdir(tmp_path) == ["pipe"]


@BOTH
@POSIX
def test_a_socket_is_refused_and_stays(tmp_path, write):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.listen()
        with pytest.raises(FileError, match="cannot be written"):
            write(DAY, tmp_path / "socket")
    assert kind(tmp_path / "socket") == stat.S_IFSOCK


@BOTH
@pytest.mark.skipif(sys.platform != "linux", reason="the numbers are those of Linux")
def test_a_device_is_written_to_and_stays_and_a_disk_is_refused(tmp_path, write):
    null, full, disk = tmp_path / "null", tmp_path / "full", tmp_path / "disk"
    try:
        os.mknod(null, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        os.mknod(full, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
        os.mknod(disk, 0o666 | stat.S_IFBLK, os.makedev(7, 250))  # a loop device without a file
        write(DAY, null)
    except (PermissionError, FileError):
        pytest.skip("no devices may be made or used here")
    with pytest.raises(FileError, match=r"full': cannot be written \(No space left on device\)"):
        write(DAY, full)
    with pytest.raises(FileError, match=r"disk': cannot be written \(a disk, and no file on it\)"):
        write(DAY, disk)
    assert [kind(path) for path in (null, full, disk)] == [stat.S_IFCHR] * 2 + [stat.S_IFBLK]
    assert sorted(os.listdir(tmp_path)) == ["disk", "full", "null"]


ASIDE = """
import sys
from fulfillment_lib import sample_orders, simulate
from fulfillment_lib.analysis import export
print("before")
export.to_csv(simulate(sample_orders(3)), sys.argv[1], "summary")
print("after")
"""


@POSIX
@pytest.mark.slow
@pytest.mark.parametrize("place", ["/dev/stdout", "/dev/fd/1", "link"])
@pytest.mark.parametrize("target", ["file", "pipe", "socket"])
def test_standard_output_gets_the_table_between_what_is_printed(tmp_path, place, target):
    if not os.path.exists("/dev/fd/1"):
        pytest.skip("open files have no paths here")
    (tmp_path / "link").symlink_to("/dev/stdout")
    command = [sys.executable, "-c", ASIDE, str(tmp_path / place)]  # an absolute path stays
    if target == "file":
        with open(tmp_path / "out", "wb") as file:
            subprocess.run(command, stdout=file, check=True)
        said = (tmp_path / "out").read_text(encoding="utf-8")
    elif target == "pipe":
        said = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()
    else:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            subprocess.run(command, stdout=theirs, check=True)
            said = ours.recv(10**6).decode()
    lines = said.splitlines()
    assert (
        lines[0] == "before" and lines[1].startswith("order_id,priority") and lines[-1] == "after"
    )
    assert len(lines) == 3 + 3


@POSIX
def test_an_open_file_is_written_on_from_where_it_is(tmp_path):
    with open(tmp_path / "log", "w+b", buffering=0) as log:
        log.write(b"old\n")
        if not os.path.exists(f"/dev/fd/{log.fileno()}"):
            pytest.skip("open files have no paths here")
        export.to_csv(DAY, f"/dev/fd/{log.fileno()}", "summary")
        log.write(b"new\n")
        assert os.path.samestat(os.fstat(log.fileno()), os.stat(tmp_path / "log"))
    old, head, *rows, new = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert (old, new) == ("old", "new") and head.startswith("order_id,") and len(rows) == 12


@POSIX
def test_the_number_of_no_open_file_is_refused(tmp_path):
    with pytest.raises(FileError, match=r"cannot be written \(Bad file descriptor\)"):
        export.to_csv(DAY, "/dev/fd/987")


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
