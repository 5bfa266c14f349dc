"""The ledger in a file gives the answers of the ledger in memory, and keeps them."""

import asyncio
import os
import sqlite3
import threading
from inspect import signature

import pytest
from child import python
from ledgers import FAULTY, HOUSES, LABELS, a_network

from fulfillment_lib import (
    fulfill,
    sample_network,
    sample_orders,
    simulate,
)
from fulfillment_lib.errors import ArgumentError, LedgerError
from fulfillment_lib.stock import SqliteLedger, base

pytestmark = pytest.mark.slow  # files and processes


@pytest.fixture
def path(tmp_path):
    return tmp_path / "day.ledger"


@pytest.fixture
def ledger(path):
    with SqliteLedger(path, a_network()) as opened:
        yield opened


def test_a_lock_is_waited_for_five_seconds_unless_told_otherwise():
    assert signature(SqliteLedger).parameters["busy_s"].default == 5.0


def test_a_paced_run_uses_a_file_from_its_own_thread(path):
    with SqliteLedger(path, sample_network()) as ledger:
        run = asyncio.run(fulfill(sample_orders(12), ledger=ledger, speed=1e6, **FAULTY))
        assert run.digest() == simulate(sample_orders(12), **FAULTY).digest()


SHOP = """
import sys
from ledgers import HOUSES, SqliteLedger, a_network
path, client = sys.argv[1:]
with SqliteLedger(path, a_network(9, 5, 6), busy_s=60) as ledger:
    print("open", flush=True)
    sys.stdin.readline()
    for number in range(15):  # so that neither can take all
        ledger.reserve(f"{client}/{number}", "A", 1, HOUSES, 0.0)
"""


def test_two_processes_on_one_file_get_exactly_what_there_is(path):
    clients = [python(SHOP, path, name) for name in ("left", "right")]  # both may make the file
    for client in clients:
        assert client.stdout.readline() == "open\n"
    for client in clients:
        client.stdin.write("go\n")
        client.stdin.flush()
    for client in clients:
        _, errors = client.communicate()
        assert (client.returncode, errors) == (0, "")
    with SqliteLedger(path, a_network(9, 5, 6)) as ledger:
        made = ledger.reservations
        assert sum(reservation.quantity for reservation in made) == 20
        assert {reservation.task_id.split("/")[0] for reservation in made} == {"left", "right"}
    assert os.listdir(path.parent) == ["day.ledger"]


def test_what_a_call_has_acknowledged_others_can_see(path, ledger):
    with SqliteLedger(path, a_network()) as other:
        east, central = ledger.reserve("t", "A", 6, ("EAST", "CENTRAL"), 0.0).reservations
        assert other.reservations == (east, central) and other.answered("t")
        ledger.ship(east, 1.0)
        assert len(other.movements) == 3
        ledger.release(central, 2.0)
        assert other.available("A") == {"CENTRAL": 3, "WEST": 2}
        ledger.label("s", LABELS[0])
        assert other.label("s", LABELS[1]) == LABELS[0]
        ledger.void("s")
        assert other.voided == ("s",)


def test_a_label_is_kept_and_only_a_shipment_can_be_one(ledger):
    with pytest.raises(ArgumentError, match="shipment must be a Shipment, got 'paper'"):
        ledger.label("s", "paper")
    assert ledger.void("s") is None
    assert ledger.label("s", LABELS[0]) is LABELS[0]
    assert ledger.label("s", "paper") == ledger.void("s") == ledger.void("s") == LABELS[0]
    assert ledger.voided == ("s",)


def test_units_that_are_not_there_are_not_taken_whoever_asks(ledger, monkeypatch):
    monkeypatch.setattr(base, "sourced", lambda *_: [("WEST", 1), ("EAST", 6)])
    with pytest.raises(
        LedgerError,
        match=("6 of 'A' at 'EAST' cannot be reserved for 't': not that many are available"),
    ):
        ledger.reserve("t", "A", 7, HOUSES, 0.0)
    assert ledger.movements == () and not ledger.answered("t")
    assert ledger.available("A") == a_network_stock()


def a_network_stock():
    return {house.name: house.stock["A"] for house in a_network().warehouses}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stock SET available = -1",
        "UPDATE stock SET available = 0.5",
        "UPDATE stock SET available = 'many'",
        "UPDATE movements SET quantity = 0",
        "UPDATE movements SET quantity = 1000001",
        "UPDATE movements SET at_s = -1",
        "UPDATE movements SET kind = 'lose'",
        "UPDATE movements SET task_id = NULL",
        "UPDATE runs SET state = 'lost'",
        "INSERT INTO answers VALUES ('t', '{}')",
        "INSERT INTO movements (at_s, kind, warehouse, sku, quantity, task_id) "
        "VALUES (0, 'release', 'EAST', 'A', 1, 't')",
    ],
)
def test_the_tables_refuse_what_breaks_a_rule(path, ledger, statement):
    [made] = ledger.reserve("t", "A", 1, HOUSES, 0.0).reservations
    ledger.ship(made, 1.0)
    ledger.begin(sample_orders(1), simulate([]).settings)
    database = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match=r"constraint failed|cannot store"):
        database.execute(statement)
    database.close()


@pytest.mark.parametrize(
    ("task", "at_s", "message"),
    [
        ("", 0.0, "task_id must be a text that is not blank"),
        (5, 0.0, "task_id must be a text"),
        ("\ud800", 0.0, "task_id must be a text without control"),
        ("t", -1.0, "at_s must be a number from 0"),
        ("t", float("nan"), "at_s must be a number"),
        ("t", "now", "at_s must be a number from 0 to 1,000,000,000,000, got 'now'"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_before_anything_moves(ledger, task, at_s, message):
    with pytest.raises(ArgumentError, match=message):
        ledger.reserve(task, "A", 1, HOUSES, at_s)
    assert ledger.movements == ()


def test_a_ledger_names_its_file_and_shows_what_is_open(ledger):
    ledger.reserve("t", "A", 6, HOUSES, 0.0)
    assert repr(ledger) == "SqliteLedger('day.ledger', 2 movements, 2 open reservations)"


def test_a_closed_ledger_says_so_and_leaves_one_file(path):
    with SqliteLedger(path, a_network()) as ledger:
        [made] = ledger.reserve("t", "A", 1, HOUSES, 0.0).reservations
    ledger.close()
    assert repr(ledger) == "SqliteLedger('day.ledger', closed, or not to be read)"
    for call in (
        lambda: ledger.movements,
        lambda: ledger.held("t"),
        lambda: ledger.ship(made, 1.0),
        lambda: ledger.reserve("u", "A", 1, HOUSES, 0.0),
        lambda: ledger.void("t"),
    ):
        with pytest.raises(LedgerError, match="must be open, got a closed one; open it again"):
            call()
    assert os.listdir(path.parent) == ["day.ledger"]
    with SqliteLedger(path, a_network()) as again:
        assert again.reservations == (made,)


def test_a_ledger_needs_a_network(path):
    with pytest.raises(ArgumentError, match="network must be a Network, got 'EAST'"):
        SqliteLedger(path, "EAST")
    assert not path.exists()


class Lingering(SqliteLedger):
    """Looks at the stock, and lets others come in before it takes, if they can."""

    def available(self, sku):
        found = super().available(sku)
        self.looked.set()
        self.others_were_here.wait(0.3)
        return found


def test_between_looking_and_taking_nobody_else_can_take(path):
    network = a_network(3, 0, 0)
    SqliteLedger(path, network).close()
    looked, done, answers = threading.Event(), threading.Event(), []

    def first():
        with Lingering(path, network, busy_s=60) as ledger:
            ledger.looked, ledger.others_were_here = looked, done
            answers.append(ledger.reserve("one", "A", 2, HOUSES, 0.0))

    def second():
        with SqliteLedger(path, network, busy_s=60) as ledger:
            looked.wait(10)
            answers.append(ledger.reserve("two", "A", 2, HOUSES, 0.0))
            done.set()

    threads = [threading.Thread(target=call) for call in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(answer.reserved, answer.available) for answer in answers] == [
        (2, {"EAST": 3}),
        (1, {"EAST": 1}),
    ]
