"""The ledger in a file: the same answers as in memory, and nothing lost by `kill -9`."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from check_run import checked, nothing_held
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fulfillment_lib import (
    Faults,
    Network,
    Product,
    Warehouse,
    fulfill,
    sample_network,
    sample_orders,
    simulate,
)
from fulfillment_lib.errors import ArgumentError, LedgerError
from fulfillment_lib.stock import MemoryLedger, SqliteLedger

HOUSES = ("EAST", "CENTRAL", "WEST")
NETWORK = sample_network()
ORDERS = sample_orders(12)
TROUBLE = {"max_attempts": 3, "faults": Faults(fail=0.1, hang=0.1, lost_reply=0.1)}


def a_network(east=5, central=3, west=2):
    stock = {"EAST": east, "CENTRAL": central, "WEST": west}
    return Network((Product("A", "a", 1, 10, 10, 10),), tuple(
        Warehouse(name, "10001", {"A": units}) for name, units in stock.items()))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


# The same as in memory.


class TwoLedgers(RuleBasedStateMachine):
    """Any calls in any order, to a ledger in memory and to one in a file, opened again at will."""

    def __init__(self):
        super().__init__()
        self.folder = Path(os.environ["PYTEST_LEDGER_FOLDER"])
        self.path = self.folder / f"{len(list(self.folder.iterdir()))}.db"
        self.model, self.file = MemoryLedger(a_network()), SqliteLedger(self.path, a_network())
        self.made = []

    def both(self, call):
        results = []
        for ledger in (self.model, self.file):
            try:
                results.append(call(ledger))
            except LedgerError as error:
                results.append(str(error))
        assert results[0] == results[1]
        return results[0]

    @rule(key=st.integers(0, 5), quantity=st.integers(1, 7), sources=st.permutations(HOUSES))
    def reserve(self, key, quantity, sources):
        answer = self.both(lambda ledger: ledger.reserve(f"O/{key}", "A", quantity, sources, 1.5))
        self.made += answer.reservations

    @rule(data=st.data(), verb=st.sampled_from(["ship", "release"]))
    def close(self, data, verb):
        if self.made:
            reservation = data.draw(st.sampled_from(self.made))
            self.both(lambda ledger: getattr(ledger, verb)(reservation, 2.0))

    @rule(key=st.integers(0, 3), which=st.integers(0, 2))
    def label(self, key, which):
        self.both(lambda ledger: ledger.label(f"O/{key}", LABELS[which]))

    @rule(key=st.integers(0, 5))
    def void(self, key):
        self.both(lambda ledger: ledger.void(f"O/{key}"))

    @rule()
    def open_again(self):
        self.file.close()
        self.file = SqliteLedger(self.path, a_network())

    @invariant()
    def they_agree(self):
        for name in ("movements", "reservations", "voided"):
            assert getattr(self.file, name) == getattr(self.model, name)
        assert self.file.available("A") == self.model.available("A")
        for key in range(6):
            self.both(lambda ledger, key=key: ledger.held(f"O/{key}"))
            self.both(lambda ledger, key=key: ledger.answered(f"O/{key}"))
        assert repr(self.file) == repr(self.model).replace("Memory", "Sqlite")

    def teardown(self):
        self.file.close()
        self.path.unlink()


LABELS = [shipment for report in simulate(ORDERS).reports for shipment in report.shipments][:3]


def test_any_calls_have_the_same_answers_in_a_file_as_in_memory(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_LEDGER_FOLDER", str(tmp_path))
    TwoLedgers.TestCase.settings = settings(settings.default, max_examples=25,
                                            stateful_step_count=25)
    TwoLedgers.TestCase().runTest()


@pytest.mark.parametrize("changes", [{}, TROUBLE])
def test_a_run_on_a_file_has_the_records_of_a_run_in_memory(path, changes):
    with SqliteLedger(path, NETWORK) as ledger:
        run = checked(simulate(ORDERS, ledger=ledger, **changes))
        nothing_held(ledger)
    assert run.digest() == simulate(ORDERS, **changes).digest()


def test_a_run_by_the_wall_clock_may_use_a_file_too(path):
    with SqliteLedger(path, NETWORK) as ledger:
        run = asyncio.run(fulfill(ORDERS, ledger=ledger, speed=1e6, **TROUBLE))
    assert run.digest() == simulate(ORDERS, **TROUBLE).digest()


# Nobody sells twice.


def test_threads_that_want_more_than_there_is_get_exactly_what_there_is(path):
    with SqliteLedger(path, a_network(20, 0, 0)) as ledger:
        def client(number):
            for key in range(4):
                ledger.reserve(f"O{number}/{key}", "A", 1, HOUSES, 0.0)

        threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(each.quantity for each in ledger.reservations) == 20
        assert ledger.available("A") == {}


class Lingering(SqliteLedger):
    """Looks at the stock, and lets others come in before it takes, if they can."""

    def available(self, sku):
        found = super().available(sku)
        self.looked.set()
        self.others_were_here.wait(0.3)
        return found


def test_between_looking_and_taking_nobody_else_can_take(path):
    SqliteLedger(path, a_network(3, 0, 0)).close()
    looked, done, answers = threading.Event(), threading.Event(), []

    def first():
        with Lingering(path, a_network(3, 0, 0), busy_s=60) as ledger:
            ledger.looked, ledger.others_were_here = looked, done
            answers.append(ledger.reserve("one", "A", 2, HOUSES, 0.0))

    def second():
        with SqliteLedger(path, a_network(3, 0, 0), busy_s=60) as ledger:
            looked.wait(10)
            answers.append(ledger.reserve("two", "A", 2, HOUSES, 0.0))
            done.set()

    threads = [threading.Thread(target=each) for each in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(answer.reserved, answer.available) for answer in answers] == [
        (2, {"EAST": 3}), (1, {"EAST": 1})]


CLIENT = """
import sys
sys.path.insert(0, {tests!r})
from test_sqlite import HOUSES, SqliteLedger, a_network
with SqliteLedger(sys.argv[1], a_network(20, 0, 0), busy_s=60) as ledger:
    for key in range(15):
        ledger.reserve(sys.argv[2] + "/" + str(key), "A", 1, HOUSES, 0.0)
"""


def child(code, *words, **environment):
    own = {"PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)],
                            env=os.environ | own | environment, stderr=subprocess.PIPE, text=True)


def test_two_processes_on_one_file_never_over_sell(path):
    SqliteLedger(path, a_network(20, 0, 0)).close()
    code = CLIENT.format(tests=str(Path(__file__).parent))
    clients = [child(code, path, name) for name in ("one", "two")]
    for each in clients:
        assert each.communicate()[1] == "" and each.returncode == 0
    with SqliteLedger(path, a_network(20, 0, 0)) as ledger:
        assert sum(each.quantity for each in ledger.reservations) == 20
        assert ledger.available("A") == {}


# Killed, and resumed.

KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from contextlib import contextmanager
from fulfillment_lib.stock.database import Database
from test_sqlite import NETWORK, ORDERS, TROUBLE, SqliteLedger, simulate

last, before = int(sys.argv[2]), sys.argv[3] == "before"
change, count = Database.change, 0

@contextmanager
def counted(self):
    global count
    with change(self):
        yield
        count += 1
        if before and count == last:
            os.kill(os.getpid(), signal.SIGKILL)
    if count == last:
        os.kill(os.getpid(), signal.SIGKILL)

Database.change = counted
simulate(ORDERS, ledger=SqliteLedger(sys.argv[1], NETWORK), **TROUBLE)
print(count, file=sys.stderr)
"""
KILLED_CODE = KILLED.format(tests=str(Path(__file__).parent))
COMMITS = 112  # of an undisturbed run; a test counts them


def test_the_undisturbed_run_has_as_many_commits_as_the_rounds_assume(path):
    whole = child(KILLED_CODE, path, -1, "after")
    assert int(whole.communicate()[1]) == COMMITS and whole.returncode == 0


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("commit", [1, 2, 3, 20, 45, 70, 95, COMMITS])
def test_a_run_that_is_killed_at_any_commit_is_resumed_as_if_nothing_had_happened(
        path, commit, when):
    killed = child(KILLED_CODE, path, commit, when)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    with SqliteLedger(path, NETWORK) as ledger:
        kept = ledger.movements
        resumed = checked(simulate(ORDERS, ledger=ledger, **TROUBLE))
        nothing_held(ledger)
    undisturbed = simulate(ORDERS, **TROUBLE)
    assert resumed.digest() == undisturbed.digest()
    assert resumed.movements == undisturbed.movements
    assert undisturbed.movements[:len(kept)] == kept  # what was acknowledged was there
    assert resumed.stock().equals(undisturbed.stock())


def test_a_finished_run_repeats_itself_without_a_second_effect(path):
    with SqliteLedger(path, NETWORK) as ledger:
        first = simulate(ORDERS, ledger=ledger, **TROUBLE)
        again = simulate(ORDERS, ledger=ledger, **TROUBLE)
        assert again.digest() == first.digest()
        assert ledger.movements == first.movements


@pytest.mark.parametrize("change", [{"seed": 1}, {"workers": 3}, {"policy": "fifo"}])
def test_known_orders_with_other_settings_are_refused_before_anything_moves(path, change):
    with SqliteLedger(path, NETWORK) as ledger:
        simulate(ORDERS, ledger=ledger)
        before = ledger.movements
        with pytest.raises(ArgumentError, match="the run of 'ORD-001' had other orders or setti"):
            simulate(ORDERS, ledger=ledger, **change)
        with pytest.raises(ArgumentError, match="the run of 'ORD-001' had other orders or setti"):
            simulate(ORDERS[:3], ledger=ledger)
        assert ledger.movements == before


def test_a_run_that_was_stopped_cleanly_is_not_resumed(path):
    def stop(attempt):
        raise RuntimeError("enough")

    with SqliteLedger(path, NETWORK) as ledger:
        with pytest.raises(RuntimeError, match="enough"):
            asyncio.run(fulfill(ORDERS, ledger=ledger, speed=1e6, on_attempt=stop))
        nothing_held(ledger)
        with pytest.raises(ArgumentError, match="the run of 'ORD-001' was stopped; take a new f"):
            simulate(ORDERS, ledger=ledger)


def test_other_orders_may_follow_on_the_same_file(path):
    later = [order for order in sample_orders(20) if order not in ORDERS]
    with SqliteLedger(path, NETWORK) as ledger:
        simulate(ORDERS, ledger=ledger)
        run = simulate(later, ledger=ledger)
        nothing_held(ledger)
    memory = MemoryLedger(NETWORK)
    simulate(ORDERS, ledger=memory)
    assert run.digest() == simulate(later, ledger=memory).digest()


def test_resuming_with_other_code_is_an_error_and_not_a_second_truth(path):
    with SqliteLedger(path, NETWORK) as ledger:
        ledger.note("T", "succeeded", "")
        ledger.note("T", "succeeded", "")
        with pytest.raises(LedgerError, match="the result of 'T' must be succeeded as in the file"):
            ledger.note("T", "failed", "")


def test_a_movement_repeats_once_only_and_only_as_it_was(path):
    with SqliteLedger(path, NETWORK) as ledger:
        run = simulate(ORDERS[:1], ledger=ledger)
        ledger.begin(ORDERS[:1], run.settings)  # as a resumed run does
        shipped = run.movements[-1]
        reservation = ledger.reserve(shipped.task_id, shipped.sku, 1, HOUSES, 0.0).reservations[0]
        for verb, at_s in ((ledger.release, shipped.at_s), (ledger.ship, shipped.at_s + 1)):
            with pytest.raises(LedgerError, match="it is not open"):
                verb(reservation, at_s)
        ledger.ship(reservation, shipped.at_s)
        with pytest.raises(LedgerError, match="it is not open"):
            ledger.ship(reservation, shipped.at_s)
        assert ledger.movements == run.movements


# Files that will not do.


def snapshot(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def other_program(path):
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE photos (name TEXT)")
    database.commit()
    database.close()


def edited(*statements):
    def edit(path):
        SqliteLedger(path, NETWORK).close()
        with SqliteLedger(path, NETWORK) as ledger:
            simulate(ORDERS, ledger=ledger)
        database = sqlite3.connect(path)
        for statement in statements:
            database.execute(statement)
        database.commit()
        database.close()
    return edit


def damaged(path):
    edited()(path)
    data = bytearray(path.read_bytes())
    data[4096 * 2:4096 * 3] = b"\xff" * 4096
    path.write_bytes(data)


@pytest.mark.parametrize(("spoil", "message"), [
    (lambda path: path.write_text("order_id,sku\n" * 20), "a database, got another kind of file"),
    (lambda path: path.write_bytes(b"SQLite format 3\x00"), "a database, got another kind"),
    (other_program, r"a ledger of this package, got a database of another program \(application"),
    (edited("PRAGMA user_version = 2"), "a ledger of version 1, got version 2; open it with the"),
    (edited("UPDATE stock SET available = available + 1 WHERE sku = 'MOUSE-002' "
            "AND warehouse = 'EAST'"), "a ledger that adds up, got .* available of 'MOUSE-002'"),
    (edited("DELETE FROM movements WHERE number = 1"), "a ledger that adds up, got"),
    (edited("UPDATE answers SET answer = '{}' WHERE rowid = 1"), "an answer to .* cannot be read"),
    (edited("UPDATE labels SET label = '[]' WHERE rowid = 1"), "a label of .* that cannot be read"),
    (edited("DROP TABLE voids"), "a ledger with the tables it was made with, got other tables"),
    (damaged, "ledger file .* must be"),
])
def test_a_file_that_will_not_do_gets_a_named_error_and_is_left_as_it_was(path, spoil, message):
    spoil(path)
    before = snapshot(path.parent)
    with pytest.raises(LedgerError, match=message):
        SqliteLedger(path, NETWORK)
    assert snapshot(path.parent) == before


def test_a_ledger_of_another_network_is_refused(path):
    SqliteLedger(path, a_network()).close()
    before = snapshot(path.parent)
    with pytest.raises(LedgerError, match="the ledger of this network, got one of other products"):
        SqliteLedger(path, NETWORK)
    assert snapshot(path.parent) == before


@pytest.mark.parametrize(("make", "message"), [
    (lambda folder: folder, "must be a file, got a folder; add a file name"),
    (lambda folder: folder / "no" / "such.db", "must be in a folder that exists, got"),
])
def test_a_path_that_cannot_be_a_file_is_refused(tmp_path, make, message):
    with pytest.raises(LedgerError, match=message):
        SqliteLedger(make(tmp_path), NETWORK)


def test_a_locked_file_is_waited_for_and_then_named(path):
    SqliteLedger(path, NETWORK).close()
    holder = sqlite3.connect(path, isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match=r"must be free, got locked for more than 0\.05 s"):
            SqliteLedger(path, NETWORK, busy_s=0.05)
    finally:
        holder.close()
    SqliteLedger(path, NETWORK).close()


def test_a_file_that_may_only_be_read_is_refused(path, monkeypatch):
    SqliteLedger(path, NETWORK).close()
    before, connect = snapshot(path.parent), sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda file, *rest, **options: connect(
        f"file:{file}?mode=ro&immutable=1", *rest, uri=True, **options))
    with pytest.raises(LedgerError, match="a sound file that can be written, got attempt to write"):
        SqliteLedger(path, NETWORK)
    assert snapshot(path.parent) == before


def test_an_empty_file_becomes_a_ledger(path):
    path.touch()
    with SqliteLedger(path, NETWORK) as ledger:
        assert repr(ledger) == "SqliteLedger(0 movements, 0 open reservations)"


def test_the_tables_themselves_refuse_what_the_code_should_never_do(path):
    with SqliteLedger(path, NETWORK) as ledger:
        simulate(ORDERS[:1], ledger=ledger)
    database = sqlite3.connect(path)
    for statement in ("UPDATE stock SET available = -1", "UPDATE stock SET available = 'many'",
                      "UPDATE movements SET quantity = 0", "UPDATE movements SET kind = 'lose'",
                      "INSERT INTO movements SELECT number + 100, at_s, 'release', warehouse, sku, "
                      "quantity, task_id FROM movements WHERE kind = 'ship' LIMIT 1"):
        with pytest.raises(sqlite3.IntegrityError):
            database.execute(statement)
    database.close()


def test_a_closed_ledger_says_so_and_leaves_one_file(path):
    ledger = SqliteLedger(path, NETWORK)
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerError, match="Cannot operate on a closed database"):
        ledger.reserve("t", "MOUSE-002", 1, HOUSES, 0.0)
    assert [each.name for each in path.parent.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize("quantity", [0, 1.5, True, 10**7])
def test_a_bad_quantity_is_refused_and_nothing_moves(path, quantity):
    with SqliteLedger(path, NETWORK) as ledger:
        with pytest.raises(ArgumentError, match="quantity must be a whole number from 1 to"):
            ledger.reserve("t", "MOUSE-002", quantity, HOUSES, 0.0)
        assert ledger.movements == () and not ledger.answered("t")
