"""A run that was killed goes on as if nothing had happened; any other is told why not."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
from check_run import checked, nothing_held
from child import KILLED_CODE, python
from ledgers import DURABLE, FAULTY, HOUSES

from fulfillment_lib import (
    Durations,
    Order,
    Settings,
    fulfill,
    policies,
    sample_network,
    sample_orders,
    simulate,
)
from fulfillment_lib.errors import ArgumentError, LedgerError
from fulfillment_lib.stock import MemoryLedger, SqliteLedger, base
from fulfillment_lib.stock.database import Database

pytestmark = pytest.mark.slow  # a run is killed at each of its commits

NETWORK = sample_network()
ORDERS = sample_orders(12)
# Faulty days, by attempts per task: with one attempt much is released, and labels are voided.
DAYS = {tries: FAULTY | {"max_attempts": tries} for tries in (3, 1)}
COMMITS = {3: 112, 1: 103}  # a test counts them
KILLED = """
import os, sys
from child import KILL
from fulfillment_lib import simulate
from fulfillment_lib.stock import SqliteLedger
from fulfillment_lib.stock.database import Database
from test_runs import DAYS, NETWORK, ORDERS

path, tries, last, when = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
commit, made = Database._commit, 0

def counted(self):
    global made
    made += 1
    if made == last and when == "before":
        os.kill(os.getpid(), KILL)
    commit(self)
    if made == last:
        os.kill(os.getpid(), KILL)

class Loud(SqliteLedger):
    def reserve(self, task_id, *rest):
        answer = super().reserve(task_id, *rest)
        print("answered", task_id, flush=True)
        return answer

    def label(self, task_id, shipment):
        label = super().label(task_id, shipment)
        print("label", task_id, label.tracking_number, flush=True)
        return label

    def ship(self, reservation, at_s):
        super().ship(reservation, at_s)
        print("ended", reservation.task_id, flush=True)

    def release(self, reservation, at_s):
        super().release(reservation, at_s)
        print("ended", reservation.task_id, flush=True)

Database._commit = counted
with Loud(path, NETWORK) as ledger:
    simulate(ORDERS, ledger=ledger, **DAYS[tries])
print("commits", made)
"""


def killed(path, tries, commit, when):
    """What a run has acknowledged when it is killed at one of its commits."""
    run = python(KILLED, path, tries, commit, when)
    said, errors = run.communicate()
    assert (run.returncode, errors) == (KILLED_CODE, "")
    return [line.split(" ", 1) for line in said.splitlines()]


@pytest.mark.parametrize("tries", DAYS)
def test_a_faulty_day_has_as_many_commits_as_the_rounds_assume(tmp_path, tries):
    said, _ = python(KILLED, tmp_path / "day.ledger", tries, 0, "never").communicate()
    assert said.splitlines()[-1] == f"commits {COMMITS[tries]}"


@pytest.fixture(scope="module")
def undisturbed():
    return {tries: simulate(ORDERS, **changes) for tries, changes in DAYS.items()}


@pytest.mark.parametrize(
    ("tries", "commit", "when"),
    [
        (3, 1, "before"),
        (3, 2, "after"),
        (3, 40, "before"),
        (3, 75, "after"),
        (3, 111, "before"),
        (3, COMMITS[3], "after"),
        (1, 1, "after"),
        (1, 20, "before"),
        (1, 40, "after"),
        (1, 60, "before"),
        (1, 80, "after"),
        (1, COMMITS[1], "before"),
        (1, COMMITS[1], "after"),
    ],
)
def test_a_run_killed_at_any_commit_goes_on_as_if_nothing_had_happened(
    tmp_path, undisturbed, tries, commit, when
):
    path = tmp_path / "day.ledger"
    acknowledged, expected = killed(path, tries, commit, when), undisturbed[tries]
    with SqliteLedger(path, NETWORK) as ledger:
        kept = ledger.movements
        ended = {each.task_id for each in kept if each.kind != "reserve"}
        for what, task in acknowledged:
            if what == "label":
                task, number = task.rsplit(" ", 1)
                assert ledger.label(task, None).tracking_number == number
            else:
                assert task in ended if what == "ended" else ledger.answered(task)
        resumed = checked(simulate(ORDERS, ledger=ledger, **DAYS[tries]))
        assert resumed.digest() == expected.digest()
        assert kept == expected.movements[: len(kept)]
        assert nothing_held(ledger).movements == expected.movements
        assert resumed.stock().equals(expected.stock())
        assert ledger.voided == voided_in_memory(tries)


def voided_in_memory(tries):
    ledger = MemoryLedger(NETWORK)
    simulate(ORDERS, ledger=ledger, **DAYS[tries])
    return ledger.voided


def test_a_run_may_be_killed_again_and_again(tmp_path, undisturbed):
    path = tmp_path / "day.ledger"
    for commit in (20, 15, 12):
        killed(path, 1, commit, "after")
    with SqliteLedger(path, NETWORK) as ledger:
        assert simulate(ORDERS, ledger=ledger, **DAYS[1]).digest() == undisturbed[1].digest()


@pytest.mark.parametrize("tries", DAYS)
def test_a_finished_run_repeats_itself_without_a_second_effect(tmp_path, undisturbed, tries):
    path = tmp_path / "day.ledger"
    for _ in range(2):
        with SqliteLedger(path, NETWORK) as ledger:
            for _ in range(2):
                run = simulate(ORDERS, ledger=ledger, **DAYS[tries])
                assert run.digest() == undisturbed[tries].digest()
                assert nothing_held(ledger).movements == undisturbed[tries].movements


TWICE = """
import sys
from test_runs import DAYS, NETWORK, ORDERS, SqliteLedger, simulate
with SqliteLedger(sys.argv[1], NETWORK, busy_s=60) as ledger:
    print("open", flush=True)
    sys.stdin.readline()
    print(simulate(ORDERS, ledger=ledger, **DAYS[1]).digest())
"""


def test_two_processes_that_run_the_same_orders_at_once_complete_them_once(tmp_path, undisturbed):
    both = [python(TWICE, tmp_path / "day.ledger") for _ in range(2)]
    for each in both:
        assert each.stdout.readline() == "open\n"
    for each in both:
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in both:
        said, errors = each.communicate()
        assert (said.strip(), errors) == (undisturbed[1].digest(), "")
    with SqliteLedger(tmp_path / "day.ledger", NETWORK) as ledger:
        assert ledger.movements == undisturbed[1].movements


@pytest.fixture(params=DURABLE)
def ledger(request, tmp_path):
    with closing(DURABLE[request.param](tmp_path / "day.ledger", NETWORK)) as opened:
        yield opened


@pytest.fixture
def sqlite_ledger(tmp_path):
    with SqliteLedger(tmp_path / "day.ledger", NETWORK) as opened:
        yield opened


ONE = Order("A", {"MOUSE-002": 1}, "express", "10001")


def test_an_end_is_repeated_once_in_a_run_as_it_was_and_never_outside(ledger):
    run = simulate(ONE, ledger=ledger)
    shipped = run.movements[-1]
    made = ledger.reserve(shipped.task_id, shipped.sku, 1, HOUSES, 0.0).reservations[0]

    def refused(end, at_s):
        with pytest.raises(LedgerError, match="it is not open"):
            end(made, at_s)

    refused(ledger.ship, shipped.at_s)
    ledger.begin([ONE], run.settings)
    refused(ledger.release, shipped.at_s)
    refused(ledger.ship, shipped.at_s + 1)
    ledger.ship(made, shipped.at_s)
    refused(ledger.ship, shipped.at_s)
    ledger.finish([ONE])
    refused(ledger.ship, shipped.at_s)
    assert ledger.movements == run.movements


def test_a_run_that_is_not_resumed_ends_each_reservation_once(ledger):
    ledger.begin([ONE], Settings())
    [made] = ledger.reserve("A/inventory/MOUSE-002", "MOUSE-002", 1, HOUSES, 0.0).reservations
    ledger.ship(made, 1.0)
    with pytest.raises(LedgerError, match="cannot be shipped: it is not open"):
        ledger.ship(made, 1.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"workers": 4},
        {"policy": "fifo"},
        {"policy": policies.ageing(0.1)},
        {"durations": Durations.constant()},
        {"start_date": "2026-03-03"},
        FAULTY,
    ],
)
def test_known_orders_with_other_settings_are_refused_before_anything_moves(ledger, changes):
    first = simulate(ONE, ledger=ledger)
    others = [Order("B", {"MOUSE-002": 1}, "express", "10001"), ONE]
    for orders in ([ONE], others):
        with pytest.raises(
            ArgumentError,
            match=(
                r"ledger must be one that has not worked on these orders, got \w+Ledger\(.*; it "
                "knows 'A' already, from a run of other orders or settings; make a new one, or"
            ),
        ):
            simulate(orders, ledger=ledger, **changes)
    assert ledger.movements == first.movements
    assert simulate(ONE, ledger=ledger).digest() == first.digest()
    assert simulate(others[:1], ledger=ledger).report("B").status == "FULFILLED"


def test_other_orders_under_a_known_id_are_refused(ledger):
    simulate(ONE, ledger=ledger)
    other = Order("A", {"MOUSE-002": 2}, "express", "10001")
    with pytest.raises(ArgumentError, match="it knows 'A' already, from a run of other orders"):
        simulate(other, ledger=ledger)


def test_a_policy_counts_as_the_same_by_name_and_by_value(ledger):
    first = simulate(ONE, ledger=ledger, policy="fifo")
    assert simulate(ONE, ledger=ledger, policy=policies.fifo).digest() == first.digest()


def test_other_orders_may_follow_as_in_memory(ledger):
    later = [order for order in sample_orders(20) if order not in ORDERS]
    memory = MemoryLedger(NETWORK)
    for orders in (ORDERS, later):
        assert simulate(orders, ledger=ledger).digest() == simulate(orders, ledger=memory).digest()


def test_orders_whose_stock_was_checked_outside_of_a_run_are_refused(ledger):
    ledger.reserve("A/inventory/MOUSE-002", "MOUSE-002", 1, HOUSES, 0.0)
    with pytest.raises(ArgumentError, match="it knows 'A' already; make a new one"):
        simulate(ONE, ledger=ledger)


def fails(*_):
    raise RuntimeError("enough")


class Stops:
    """A policy that fails after some calls; all of them count as the same."""

    def __init__(self, calls):
        self.calls = calls

    def __call__(self, task, ready_s):
        self.calls -= 1
        return fails() if self.calls < 0 else ready_s

    def __repr__(self):
        return "Stops()"


def test_a_run_that_was_stopped_has_given_all_back_and_is_over(ledger):
    with pytest.raises(RuntimeError, match="enough"):
        simulate(ORDERS, ledger=ledger, policy=Stops(30))
    assert nothing_held(ledger).movements != ()
    with pytest.raises(ArgumentError, match="its run of 'ORD-001' was stopped; make a new one"):
        simulate(ORDERS, ledger=ledger, policy=Stops(1_000))


def test_a_run_that_was_stopped_before_anything_moved_may_begin_again(ledger):
    with pytest.raises(RuntimeError, match="enough"):
        simulate(ONE, ledger=ledger, policy=Stops(0))
    assert simulate(ONE, ledger=ledger).report("A").status == "FULFILLED"


def test_a_finished_run_whose_repetition_was_stopped_stays_finished(ledger):
    first = simulate(ONE, ledger=ledger, policy=Stops(100))
    with pytest.raises(RuntimeError, match="enough"):
        simulate(ONE, ledger=ledger, policy=Stops(1))
    assert simulate(ONE, ledger=ledger, policy=Stops(100)).digest() == first.digest()


def test_a_run_that_was_refused_for_its_speed_leaves_no_trace(ledger):
    with pytest.raises(ArgumentError, match="speed must be"):
        asyncio.run(fulfill(ONE, ledger=ledger, speed=-1))
    assert simulate(ONE, ledger=ledger, seed=5).report("A").status == "FULFILLED"


def test_orders_that_are_under_way_are_refused_on_the_same_ledger(ledger):
    ledger.begin([ONE], Settings())
    with pytest.raises(ArgumentError, match="'A' is under way in it; wait for the end"):
        simulate(ONE, ledger=ledger)


def test_giving_back_and_the_note_of_it_are_one_step(sqlite_ledger, monkeypatch):
    ledger = sqlite_ledger
    ledger.begin([ONE], Settings())
    [made] = ledger.reserve("A/inventory/MOUSE-002", "MOUSE-002", 1, HOUSES, 0.0).reservations
    with monkeypatch.context() as patch:
        patch.setattr(SqliteLedger, "void", fails)  # after the release, before the end
        with pytest.raises(RuntimeError, match="enough"):
            ledger.stop([ONE], 2.0)
    assert ledger.reservations == (made,)
    ledger.stop([ONE], 2.0)
    assert nothing_held(ledger).movements[-1].at_s == 2.0


@pytest.mark.parametrize("last", ["begin", "reserve", "finish"])
def test_a_run_that_could_not_be_written_is_no_longer_under_way(sqlite_ledger, monkeypatch, last):
    ledger = sqlite_ledger
    with monkeypatch.context() as patch:
        method = getattr(SqliteLedger, last)

        def written_in_vain(*details):
            patch.setattr(Database, "_commit", fails)  # and no later commit either: a full disk
            return method(*details)

        patch.setattr(SqliteLedger, last, written_in_vain)
        with pytest.raises(RuntimeError, match="enough"):
            simulate(ONE, ledger=ledger)
    assert simulate(ONE, ledger=ledger).report("A").status == "FULFILLED"
    nothing_held(ledger)


def identifiers(run):
    return [
        [shipment.tracking_number, *(package.sscc for package in shipment.packages)]
        for report in run.reports
        for shipment in report.shipments
    ]


def test_no_identifier_comes_twice_in_a_ledger_and_each_run_keeps_its_own(tmp_path):
    days = [[order] for order in sample_orders(20)[12:]] + [ORDERS]
    path, found = tmp_path / "day.ledger", []
    for day in days:
        with SqliteLedger(path, NETWORK) as ledger:
            found.append(simulate(day, ledger=ledger))
    numbers = [number for run in found for shipment in identifiers(run) for number in shipment]
    assert len(numbers) == len(set(numbers)) > 20
    with sqlite3.connect(path) as database:
        database.execute("VACUUM")
    database.close()
    for day, run in [*zip(days, found, strict=True)][::-1]:
        with SqliteLedger(path, NETWORK) as ledger:
            assert identifiers(checked(simulate(day, ledger=ledger))) == identifiers(run)


def test_a_run_that_was_killed_keeps_its_numbers_when_others_came_after_it(tmp_path):
    path, others = tmp_path / "day.ledger", sample_orders(20)[12:]
    killed(path, 1, 60, "after")
    with SqliteLedger(path, NETWORK) as ledger:
        later = checked(simulate(others, ledger=ledger))
        resumed = simulate(ORDERS, ledger=ledger, **DAYS[1])
    assert identifiers(resumed) == identifiers(simulate(ORDERS, **DAYS[1]))
    one, other = ({*map(tuple, identifiers(run))} for run in (later, resumed))
    assert one.isdisjoint(other)


def test_an_order_of_which_nothing_is_known_keeps_its_number_and_may_begin_in_another_run(ledger):
    ledger.begin([ONE], Settings())
    ledger.stop([ONE], 0.0)
    two = Order("B", {"MOUSE-002": 1}, "express", "10001")
    simulate(two, ledger=ledger)
    run = simulate(ONE, ledger=ledger, seed=3)
    assert [ledger.number_of(order.id) for order in (ONE, two)] == [0, 1]
    assert simulate(ONE, ledger=ledger, seed=3).digest() == run.digest()


def test_a_ledger_that_is_full_of_orders_says_so_and_keeps_none(ledger, monkeypatch):
    simulate(ORDERS[:3], ledger=ledger)
    monkeypatch.setattr(base.checks, "MOST_ORDERS", 4)
    with pytest.raises(ArgumentError, match="number of orders in a ledger must be at most 4, got"):
        simulate(ORDERS[3:5], ledger=ledger)
    assert list(ledger._digests) == [order.id for order in ORDERS[:3]]
    simulate(ORDERS[3:4], ledger=ledger)


def test_no_orders_are_an_empty_run(ledger):
    for _ in range(2):
        assert simulate([], ledger=ledger).movements == ()
