"""A new file is whole when it gets its name, or there is nothing."""

import errno
import os
import sqlite3
import stat
import threading

import pytest
from child import python

from fulfillment_lib import sample_network
from fulfillment_lib.errors import LedgerError
from fulfillment_lib.stock import SqliteLedger, making

NETWORK = sample_network()
posix = pytest.mark.skipif(os.name != "posix", reason="the limits and rights of POSIX")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "day.ledger"


@pytest.fixture
def no_links(monkeypatch):
    def link(*_):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", link)


LIMITED = """
import resource, sys
from fulfillment_lib import sample_network
from fulfillment_lib.errors import LedgerError
from fulfillment_lib.stock import SqliteLedger
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    SqliteLedger(sys.argv[1], sample_network()).close()
    print("made")
except LedgerError as error:
    print(error)
"""


@posix
@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 100, 5_000, 20_000, 28_672, 40_000, 60_000, 90_000])
def test_where_room_runs_out_there_is_a_sound_file_or_nothing(path, room):
    said, problem = python(LIMITED, path, room).communicate()
    assert problem == ""
    if os.path.exists(path):
        # Its -wal and -shm may be there: a program that has no room left cannot open a sound one.
        SqliteLedger(path, NETWORK).close()
        assert os.listdir(path.parent) == ["day.ledger"]
    else:
        assert "must be on a disk that works, got disk I/O error; see to the disk, its room" in said
        assert os.listdir(path.parent) == []


def test_no_log_that_stays_behind_takes_a_part_of_a_new_file_away(path, monkeypatch):
    connect = sqlite3.connect

    class WithoutItsLog(sqlite3.Connection):
        def close(self):
            [(_, _, name)] = self.execute("PRAGMA database_list")
            for end in ("-wal", "-shm"):
                if os.path.exists(name + end):
                    os.unlink(name + end)
            with open(name, "rb") as file:
                made.append(len(file.read()))
            super().close()

    def connected(name, **options):
        return connect(name, **options, **({"factory": WithoutItsLog} if ".new?" in name else {}))

    made = []
    monkeypatch.setattr(sqlite3, "connect", connected)
    SqliteLedger(path, NETWORK).close()
    assert made == [path.stat().st_size]  # before it was closed


@posix
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_the_rights_of_a_new_file_are_those_of_the_umask(path, umask, mode):
    before = os.umask(umask)
    try:
        SqliteLedger(path, NETWORK).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_file_can_be_made_where_there_are_no_hard_links(path, no_links):
    with SqliteLedger(path, NETWORK) as ledger:
        ledger.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0)
    assert os.listdir(path.parent) == ["day.ledger"]


def test_a_file_can_be_made_where_python_has_no_hard_links(path, monkeypatch):
    monkeypatch.delattr(os, "link")
    SqliteLedger(path, NETWORK).close()
    assert os.listdir(path.parent) == ["day.ledger"]


def test_without_hard_links_too_a_file_that_was_made_meanwhile_counts(path, no_links, monkeypatch):
    create = making.create

    def slower(database, network):
        create(database, network)
        monkeypatch.setattr(making, "create", create)
        with SqliteLedger(path, NETWORK) as faster:
            faster.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0)

    monkeypatch.setattr(making, "create", slower)
    with SqliteLedger(path, NETWORK) as ledger:
        assert ledger.answered("t")
    assert os.listdir(path.parent) == ["day.ledger"]


def test_without_hard_links_the_name_is_given_by_one_at_a_time(path, no_links):
    claim = sqlite3.connect(f"{path}.new", isolation_level=None)
    claim.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LedgerError, match=r"must be unlocked within 0\.05 s, got one locked"):
        SqliteLedger(path, NETWORK, busy_s=0.05)
    claim.close()
    assert os.listdir(path.parent) == ["day.ledger.new"]  # as a killed program leaves it
    SqliteLedger(path, NETWORK).close()
    assert os.listdir(path.parent) == ["day.ledger"]


def test_without_hard_links_many_threads_make_one_file(path, no_links):
    answers, start = [], threading.Barrier(8)

    def first(name):
        start.wait()
        with SqliteLedger(path, NETWORK) as ledger:
            answers.append(ledger.reserve(name, "MOUSE-002", 1, ["EAST"], 0.0))

    threads = [threading.Thread(target=first, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with SqliteLedger(path, NETWORK) as ledger:
        assert sum(answer.reserved for answer in answers) == len(ledger.movements) == 4
    assert os.listdir(path.parent) == ["day.ledger"]


def test_what_killed_programs_have_left_is_removed_and_nothing_else(path):
    mine = ["day.ledger.new.bak", "day.ledger.1.new", "other.ledger.0123abcd.new"]
    left = ["day.ledger.0123abcd.new", "day.ledger.0123abcd.new-journal", "day.ledger.new"]
    for name in [*mine, *left]:
        path.with_name(name).touch()
    SqliteLedger(path, NETWORK).close()
    assert sorted(os.listdir(path.parent)) == sorted(["day.ledger", *mine])


def test_whose_scratch_file_was_tidied_away_takes_the_ledger_that_is_there(path, monkeypatch):
    create = making.create

    def slower(database, network):
        monkeypatch.setattr(making, "create", create)
        with SqliteLedger(path, NETWORK) as faster:
            faster.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0)
        create(database, network)

    monkeypatch.setattr(making, "create", slower)
    with SqliteLedger(path, NETWORK) as ledger:
        assert ledger.answered("t")
    assert os.listdir(path.parent) == ["day.ledger"]


def test_a_name_that_cannot_be_given_leaves_nothing_in_the_way(path, no_links, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    rename = os.rename
    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(LedgerError, match="must be on a disk with room, got a full one; the file"):
        SqliteLedger(path, NETWORK)
    assert os.listdir(path.parent) == ["day.ledger.new"]  # empty; whoever waits for it goes on
    monkeypatch.setattr(os, "rename", rename)
    SqliteLedger(path, NETWORK).close()
    assert os.listdir(path.parent) == ["day.ledger"]


def a_log_alone(path):
    with SqliteLedger(path, NETWORK) as ledger:
        ledger.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0)
        log = path.with_name("day.ledger-wal").read_bytes()
    path.unlink()
    path.with_name("day.ledger-wal").write_bytes(log)


@pytest.mark.parametrize("end", ["-wal", "-journal"])
def test_a_log_without_its_file_is_refused_and_left_as_it_was(path, end):
    a_log_alone(path)
    os.rename(f"{path}-wal", f"{path}{end}")
    log = (path.parent / f"day.ledger{end}").read_bytes()
    with pytest.raises(
        LedgerError,
        match="must be in its place, got only its log with the last changes; put the file back, "
        "or remove what lies beside it to begin anew",
    ):
        SqliteLedger(path, NETWORK)
    assert os.listdir(path.parent) == [f"day.ledger{end}"]
    assert (path.parent / f"day.ledger{end}").read_bytes() == log


def test_a_log_with_nothing_in_it_and_an_index_are_no_hindrance(path):
    path.with_name("day.ledger-wal").touch()
    path.with_name("day.ledger-shm").write_bytes(b"\xff" * 32_768)
    with SqliteLedger(path, NETWORK) as ledger:
        ledger.reserve("t", "MOUSE-002", 1, ["EAST"], 0.0)
    with SqliteLedger(path, NETWORK) as ledger:
        assert ledger.answered("t")
    assert os.listdir(path.parent) == ["day.ledger"]
