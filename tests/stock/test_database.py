"""A file that will not do is named, with the reason and a remedy, and stays as it was."""

import gc
import os
import shutil
import sqlite3
import subprocess
import sys
import warnings

import pytest
from child import KILLED_CODE, python

from fulfillment_lib import sample_network, sample_orders, simulate
from fulfillment_lib.errors import ArgumentError, LedgerError
from fulfillment_lib.stock import SqliteLedger
from fulfillment_lib.stock.database import Database

NETWORK = sample_network()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "day.ledger"


def snapshot(folder):
    """Every file with its bytes; of the shared memory of SQLite (-shm) only that it is there."""
    return {
        each.name: each.name.endswith("-shm") or each.read_bytes()
        for each in folder.iterdir()
        if each.is_file()
    }


def refused(path, message, network=NETWORK, **options):
    before = snapshot(path.parent)
    with pytest.raises(LedgerError, match=message) as error:
        SqliteLedger(path, network, **options)
    assert snapshot(path.parent) == before
    assert str(error.value).startswith(f"ledger file {str(path)!r} must be ")


def a_day(path):
    with SqliteLedger(path, NETWORK) as ledger:
        simulate(sample_orders(4), ledger=ledger)


def edited(*statements):
    def edit(path):
        a_day(path)
        database = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            assert database.execute(statement).rowcount != 0
        database.close()

    return edit


def another_program(path, journal="delete"):
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA journal_mode = {journal}")
    database.execute("CREATE TABLE photos (name TEXT)")
    database.close()


def damaged(path):
    a_day(path)
    pages = bytearray(path.read_bytes())
    pages[2 * 4096 : 4 * 4096] = b"\xff" * 2 * 4096
    path.write_bytes(pages)


OTHER_TABLES = "a ledger with the tables it was made with, got other tables; put a sound copy"
NO_CHECK = (
    "PRAGMA writable_schema = ON",
    "UPDATE sqlite_schema SET sql = replace(sql, 'available >= 0', 'available >= -9')",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.touch(), "a ledger of this package, got an empty file; remove it, or"),
        (
            lambda path: path.write_bytes(b"xy"),
            "an SQLite database, got another kind of file; choose",
        ),
        (
            lambda path: path.write_text("order_id,sku\n" * 900),
            "an SQLite database, got another kind",
        ),
        (
            lambda path: path.write_bytes(b"SQLite format 3\0"),
            "an SQLite database, got another kind|of another program",
        ),
        (lambda path: path.mkdir(), "a file, got a directory; choose another path"),
        pytest.param(
            lambda path: os.mkfifo(path),
            "a file, got something else; choose another path",
            marks=pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here"),
        ),
        (another_program, r"a ledger of this package, got a database of another program \(applica"),
        (
            lambda path: another_program(path, "wal"),
            r"another program \(application id 0\); choose",
        ),
        (
            edited("PRAGMA application_id = 7"),
            r"got a database of another program \(application id 7",
        ),
        (
            edited("PRAGMA user_version = 2"),
            "a ledger of version 1, got version 2; open it with the r",
        ),
        (
            edited("PRAGMA user_version = 0"),
            "a ledger of version 1, got version 0; open it with the r",
        ),
        (edited("CREATE TABLE extra (x)"), OTHER_TABLES),
        (edited("DROP TABLE voids"), OTHER_TABLES),
        (
            edited("CREATE TRIGGER more AFTER INSERT ON movements BEGIN DELETE FROM voids; END"),
            OTHER_TABLES,
        ),
        (edited(*NO_CHECK), OTHER_TABLES),
        (damaged, "a sound ledger, got .*malformed|a ledger that adds up, got"),
        (edited("DELETE FROM about"), "the ledger of this network, got one of other products"),
        (
            edited(
                "UPDATE stock SET available = available + 1 WHERE sku = 'MOUSE-002' "
                "AND warehouse = 'EAST'"
            ),
            r"a ledger that adds up, got \d+ available of 'MOUSE-002' at 'EAST' "
            r"where the movements",
        ),
        (
            edited("INSERT INTO stock VALUES ('MOON', 'MOUSE-002', 1)"),
            "got 1 available of 'MOUSE-002' at 'MOON' where the movements leave None",
        ),
        (
            edited("PRAGMA ignore_check_constraints = ON", "UPDATE stock SET available = -1"),
            "a ledger that adds up, got CHECK constraint failed in stock",
        ),
        (edited("DELETE FROM movements WHERE number = 1"), "a ledger that adds up, got"),
        (
            edited(
                "UPDATE movements SET task_id = 'lost' WHERE number = "
                "(SELECT max(number) FROM movements WHERE kind = 'ship')"
            ),
            "got a ship for 'lost' without its reservation",
        ),
        (
            edited("UPDATE movements SET number = 1000 WHERE number = 1"),
            "got a ship for .* without its reservation",
        ),
        (
            edited("DELETE FROM answers WHERE rowid = 1"),
            "got a reservation for .* without an answer",
        ),
        (
            edited("UPDATE answers SET answer = replace(answer, 'quantity\":', 'quantity\":1')"),
            "got an answer to .* that its movements do not bear out; put a sound copy in its place",
        ),
        (
            edited("UPDATE answers SET answer = '{}'"),
            "got an answer to .* that cannot be read: no ans",
        ),
        (
            edited("UPDATE answers SET answer = '['"),
            "got an answer to .* that cannot be read: Expect",
        ),
        (
            edited("UPDATE labels SET label = '[]'"),
            "got a label of .* that cannot be read: no JSON",
        ),
        (
            edited("UPDATE labels SET label = '{\"packages\": 1}'"),
            "got a label of .* cannot be read",
        ),
        (edited("INSERT INTO voids (task_id) VALUES ('none')"), "got a row that refers to none"),
    ],
)
def test_a_file_that_will_not_do_is_named_and_left_as_it_was(path, make, message):
    make(path)
    refused(path, message)


def test_a_file_of_another_network_is_refused(path):
    a_day(path)
    refused(
        path,
        "the ledger of this network, got one of other products, warehouses or stock; "
        "give the network it was made with",
        sample_network(2.0),
    )
    SqliteLedger(path, NETWORK).close()


KILLED = """
import os, sqlite3, sys
from child import KILL
from test_database import NETWORK, a_day
from fulfillment_lib.stock.database import Database
Database.close = lambda self: os.kill(os.getpid(), KILL)
a_day(sys.argv[1])
"""
LEFT = """
import os, sqlite3, sys
from child import KILL
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute(f"PRAGMA journal_mode = {sys.argv[2]}")
database.execute("CREATE TABLE photos (name TEXT)")
database.execute("PRAGMA cache_size = 1")
database.execute("BEGIN")
database.executemany("INSERT INTO photos VALUES (?)", [("x" * 3000,)] * 50)
os.kill(os.getpid(), KILL)
"""


def killed(code, *arguments):
    run = python(code, *arguments)
    assert run.communicate()[1] == "" and run.returncode == KILLED_CODE


@pytest.mark.slow
def test_a_refused_file_keeps_the_log_that_a_killed_process_left(path):
    killed(KILLED, path)
    assert (path.parent / "day.ledger-wal").stat().st_size > 0
    refused(path, "the ledger of this network", sample_network(2.0))
    with SqliteLedger(path, NETWORK) as ledger:
        assert ledger.movements == simulate(sample_orders(4)).movements
    assert os.listdir(path.parent) == ["day.ledger"]


@pytest.mark.parametrize(
    ("journal", "message"),
    [
        ("delete", "got a database with unfinished work in a journal beside it"),
        ("wal", "got a database of another program"),
    ],
)
def test_what_another_program_has_not_finished_is_left_to_it(path, journal, message):
    killed(LEFT, path, journal)
    assert len(os.listdir(path.parent)) > 1
    refused(path, message)


@pytest.mark.parametrize("how", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_locked_file_is_waited_for_and_then_named(path, how):
    a_day(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute(f"BEGIN {how}")
    with pytest.raises(
        LedgerError,
        match=r"must be unlocked within 0\.05 s, got one locked by "
        "another program; try again",
    ):
        SqliteLedger(path, NETWORK, busy_s=0.05)
    holder.close()
    SqliteLedger(path, NETWORK).close()


def test_a_lock_that_comes_later_stops_a_change_and_no_reading(path):
    with SqliteLedger(path, NETWORK, busy_s=0.05) as ledger:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match=r"unlocked within 0\.05 s"):
            ledger.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0)
        assert ledger.movements == () and not ledger.answered("t")
        holder.close()
        assert ledger.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0).reserved == 1


def test_a_file_that_may_only_be_read_is_refused(path):
    a_day(path)
    path.chmod(0o444)
    refused(path, "writable, got a read-only file or folder; make it and its folder writable")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    refused_path = tmp_path / "no" / "day.ledger"
    with pytest.raises(LedgerError, match=r"in a folder that exists, got no folder .*; make the"):
        SqliteLedger(refused_path, NETWORK)
    assert os.listdir(tmp_path) == []


def test_a_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(LedgerError, match="must be within reach, got File name too long; choose"):
        SqliteLedger(tmp_path / ("x" * 300), NETWORK)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (5, "path must be a path such as 'day.ledger', got 5"),
        (None, "got None"),
        (b"day.ledger", "path must be a path such as 'day.ledger', got b'day.ledger'"),
        ("", "path must be a text that is not blank"),
        ("a\0b", "a text without control characters"),
        (":memory:", r"path must be that of a file, got ':memory:'; in memory use MemoryLedger"),
    ],
)
def test_what_is_no_path_is_refused(path, message):
    with pytest.raises(ArgumentError, match=message):
        SqliteLedger(path, NETWORK)


@pytest.mark.parametrize("busy_s", [-1, float("nan"), True, "5", 3601])
def test_the_wait_is_a_number_of_seconds(path, busy_s):
    with pytest.raises(ArgumentError, match="busy_s must be a number from 0 to 3,600"):
        SqliteLedger(path, NETWORK, busy_s=busy_s)
    assert not path.exists()


@pytest.mark.parametrize("name", ["a b%20?mode=ro#x.ledger", "שלום.ledger", "-", "file:x"])
def test_a_name_may_hold_anything_printable(tmp_path, name):
    a_day(tmp_path / name)
    assert os.listdir(tmp_path) == [name]


def test_a_file_that_cannot_be_made_leaves_nothing(path, monkeypatch):
    def fails(*_):
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr("fulfillment_lib.stock.making.create", fails)
    with pytest.raises(LedgerError, match="must be a sound ledger, got disk full"):
        SqliteLedger(path, NETWORK)
    assert os.listdir(path.parent) == []


def test_a_file_that_somebody_else_made_meanwhile_counts(path, monkeypatch):
    link, first = os.link, []

    def slower(source, target):
        monkeypatch.setattr(os, "link", link)
        with SqliteLedger(path, NETWORK) as faster:
            first.append(faster.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0))
        link(source, target)

    monkeypatch.setattr(os, "link", slower)
    with SqliteLedger(path, NETWORK) as ledger:
        assert ledger.reservations == first[0].reservations
    assert os.listdir(path.parent) == ["day.ledger"]


def test_a_second_ledger_on_a_file_leaves_the_first_one_its_locks(path):
    with SqliteLedger(path, NETWORK) as ledger:
        SqliteLedger(path, NETWORK).close()
        with pytest.raises(LedgerError, match="the ledger of this network"):
            SqliteLedger(path, sample_network(2.0))
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import sqlite3, sys\n"
                "one = sqlite3.connect(sys.argv[1])\n"
                "one.execute('SELECT * FROM stock').fetchall(); one.close()",
                path,
            ],
            check=True,
        )  # thinks that it is the last, if the locks are gone
        ledger.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0)
        assert (path.parent / "day.ledger-wal").exists()
    with SqliteLedger(path, NETWORK) as ledger:
        assert ledger.answered("t")


def test_an_error_undoes_a_change_and_the_next_one_works(path):
    file = Database(path, NETWORK, 1.0)
    with pytest.raises(KeyboardInterrupt), file.change():
        file.count("INSERT INTO runs VALUES ('d', 'begun')")
        raise KeyboardInterrupt
    with (
        pytest.raises(LedgerError, match="a sound ledger, got CHECK constraint failed"),
        file.change(),
    ):
        file.count("INSERT INTO runs VALUES ('d', 'begun')")
        file.count("UPDATE runs SET state = 'lost'")
    assert file.rows("SELECT * FROM runs") == []
    with file.change(), file.change():
        file.count("INSERT INTO runs VALUES ('d', 'begun')")
    assert file.rows("SELECT digest FROM runs") == [("d",)]
    file.close()


def test_the_database_commits_to_the_disk_and_keeps_its_references(path):
    file = Database(path, NETWORK, 1.5)
    asked = [
        file.rows(f"PRAGMA {name}")[0][0]
        for name in (
            "journal_mode",
            "synchronous",
            "foreign_keys",
            "busy_timeout",
            "application_id",
            "user_version",
        )
    ]
    assert asked == ["wal", 2, 1, 1500, 0x464C4C47, 1]
    file.close()


def test_nothing_is_left_open(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        a_day(path)
        with pytest.raises(LedgerError, match="the ledger of this network"):
            SqliteLedger(path, sample_network(2.0))
        gc.collect()
    assert not [
        each
        for each in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{each}")
        and "day.ledger" in os.readlink(f"/proc/self/fd/{each}")
    ]


def moved(path):
    path.rename(path.with_suffix(".bak"))


def replaced_by_a_copy(path, end=""):
    name = f"{path}{end}"
    shutil.copyfile(name, f"{name}.copy")
    os.replace(f"{name}.copy", name)


def replaced_by_another(path):
    SqliteLedger(path.with_suffix(".other"), NETWORK).close()
    path.with_suffix(".other").replace(path)


def folder_renamed(path):
    path.parent.rename(path.parent.with_name("other"))


def beside(end):
    return lambda path: path.with_name(path.name + end)


LOG, INDEX = beside("-wal"), beside("-shm")


@pytest.mark.parametrize(
    ("happens", "got"),
    [
        (moved, "no file 'day.ledger' any more"),
        (lambda path: path.unlink(), "no file 'day.ledger' any more"),
        (folder_renamed, "no file 'day.ledger' any more"),
        (replaced_by_a_copy, "another file 'day.ledger'"),
        (replaced_by_another, "another file 'day.ledger'"),
        (lambda path: LOG(path).unlink(), "no file 'day.ledger-wal' any more"),
        (lambda path: replaced_by_a_copy(path, "-wal"), "another file 'day.ledger-wal'"),
        (lambda path: INDEX(path).unlink(), "no file 'day.ledger-shm' any more"),
        (lambda path: replaced_by_a_copy(path, "-shm"), "another file 'day.ledger-shm'"),
    ],
)
@pytest.mark.parametrize("moment", ["before", "in", "after"])
def test_a_file_that_is_no_longer_what_and_where_it_was_gets_no_change(
    tmp_path, happens, got, moment
):
    path = tmp_path / "folder" / "day.ledger"
    path.parent.mkdir()
    file, work = Database(path, NETWORK, 1.0), "INSERT INTO runs VALUES (?, 'begun')"
    with file.change():
        file.count(work, "first")
    if moment == "after":
        commit = file._commit
        file._commit = lambda: (commit(), happens(path))
    message = rf"ledger file 'day\.ledger' must be where and what it was when .*, got {got}; close "
    if moment == "before":
        happens(path)
    with pytest.raises(LedgerError, match=message), file.change():
        file.count(work, "second")
        if moment == "in":
            happens(path)
    if moment != "after":
        kept = file.rows("SELECT digest FROM runs") if "shm" not in got else [("first",)]
        assert kept == [("first",)]
    file.close()


@pytest.mark.parametrize("end", ["-wal", "-shm"])
def test_what_was_acknowledged_before_a_log_was_lost_is_in_the_file_once_it_is_closed(path, end):
    with SqliteLedger(path, NETWORK) as ledger:
        ledger.reserve("first", "MOUSE-002", 1, ["EAST"], 0.0)
        beside(end)(path).unlink()
        with pytest.raises(LedgerError, match="any more; close it"):
            ledger.reserve("second", "MOUSE-002", 1, ["EAST"], 0.0)
    with SqliteLedger(path, NETWORK) as ledger:
        assert ledger.answered("first") and not ledger.answered("second")


def test_a_file_that_is_put_back_has_all_that_was_acknowledged(path):
    with SqliteLedger(path, NETWORK) as ledger:
        ledger.reserve("first", "MOUSE-002", 1, ["EAST"], 0.0)
        moved(path)
        with pytest.raises(LedgerError, match="put back what was moved or replaced, and give the"):
            ledger.reserve("second", "MOUSE-002", 1, ["EAST"], 0.0)
    path.with_suffix(".bak").rename(path)
    with SqliteLedger(path, NETWORK) as ledger:
        assert ledger.answered("first") and not ledger.answered("second")


def test_a_ledger_that_was_moved_takes_nothing_from_the_one_in_its_place(path):
    first = SqliteLedger(path, NETWORK)
    moved(path)
    with SqliteLedger(path, NETWORK) as second:
        second.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0)
        first.close()
        assert LOG(path).stat().st_size > 0
        second.reserve("u", "MOUSE-002", 1, ["EAST"], 0.0)
    with SqliteLedger(path, NETWORK) as second:
        assert second.answered("t") and second.answered("u")


def cut_short(path, size):
    with open(path, "r+b") as file:
        file.truncate(size)


@pytest.mark.parametrize(
    "happens",
    [
        lambda path: cut_short(path, 0),
        lambda path: cut_short(path, 100),
        lambda path: cut_short(path, 8192),
        lambda path: cut_short(path, path.stat().st_size - 1),
        lambda path: path.write_bytes(b"order_id,sku\n" * 20_000),
        lambda path: LOG(path).write_bytes(b""),
    ],
)
def test_a_file_that_was_cut_short_or_overwritten_gets_no_change(path, happens):
    a_day(path)
    file = Database(path, NETWORK, 1.0)
    with file.change():
        file.count("INSERT INTO runs VALUES ('first', 'begun')")
    happens(path)
    message = (
        r"'day\.ledger' must be a sound ledger, got one that was cut short or overwritten; "
        "close it, remove what lies beside it, put a sound copy in its place"
    )
    with pytest.raises(LedgerError, match=message), file.change():
        pytest.fail("a change has begun")
    file.close()


@pytest.mark.parametrize(
    "work",
    [
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "VACUUM",
        "ANALYZE",
        "PRAGMA optimize",
        "BEGIN",
    ],
)
def test_upkeep_by_others_is_no_reason_to_refuse(path, work):
    with SqliteLedger(path, NETWORK) as ledger:
        ledger.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute(work).fetchall()
        other.close()
        os.utime(path)
        ledger.reserve("u", "MOUSE-002", 1, ["EAST"], 0.0)
        SqliteLedger(path, NETWORK).close()
        ledger.reserve("v", "MOUSE-002", 1, ["EAST"], 0.0)
    with SqliteLedger(path, NETWORK) as ledger:
        assert len(ledger.movements) == 3


def test_vacuum_that_makes_a_file_shorter_is_no_reason_to_refuse(path):
    edited("CREATE TABLE much (x)", "INSERT INTO much VALUES (zeroblob(90000))")(path)
    edit = sqlite3.connect(path, isolation_level=None)
    edit.execute("DROP TABLE much")
    edit.close()
    with SqliteLedger(path, NETWORK) as ledger:
        before = path.stat().st_size
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("VACUUM")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        other.close()
        assert path.stat().st_size < before
        ledger.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0)


def test_a_full_disk_is_named_and_the_file_goes_on_when_there_is_room(path):
    with SqliteLedger(path, NETWORK) as ledger:
        [(pages,)] = ledger._file.rows("PRAGMA page_count")
        ledger._file.rows(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(
            LedgerError,
            match=r"ledger file 'day\.ledger' must be on a disk with room, got a full one; "
            "the file is sound: free space and give the same command again",
        ):
            for number in range(1_000):
                ledger.reserve(f"{number}{'x' * 900}", "MOUSE-002", 1, ["EAST"], 0.0)
        known = number
        ledger._file.rows("PRAGMA max_page_count = 1000000")
        ledger.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0)
    with SqliteLedger(path, NETWORK) as ledger:
        assert len(ledger._answers) == known + 1


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("SQLITE_IOERR", "on a disk that works, got .*; see to the disk, its room and its conn"),
        ("SQLITE_READONLY", "writable, got .*; make it and its folder writable, or choose"),
        ("SQLITE_CORRUPT", "a sound ledger, got .*; put a sound copy in its place, or choose"),
        ("SQLITE_BUSY", r"unlocked within 5 s, got one locked by .* or with a larger busy_s"),
    ],
)
def test_each_trouble_has_its_remedy_and_no_path_in_it(path, code, message):
    with SqliteLedger(path, NETWORK) as ledger:

        def commit():
            error = sqlite3.OperationalError("trouble")
            error.sqlite_errorcode = getattr(sqlite3, code)
            raise error

        ledger._file._commit = commit
        with pytest.raises(LedgerError, match=rf"^ledger file 'day\.ledger' must be {message}"):
            ledger.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0)


def test_a_lock_is_waited_for_five_seconds_unless_said_otherwise(path):
    with SqliteLedger(path, NETWORK) as ledger:
        assert ledger._file.rows("PRAGMA busy_timeout") == [(5_000,)]
