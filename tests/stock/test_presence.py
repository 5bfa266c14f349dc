"""Who else works on a run is known as long as he lives, and stopping one of two ends no run."""

import os
import sqlite3
from contextlib import closing

import pytest
from check_run import checked, nothing_held
from child import KILLED_CODE, python

from fulfillment_lib import sample_network, sample_orders, simulate
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.stock import SqliteLedger
from fulfillment_lib.stock.presence import Presence

pytestmark = pytest.mark.slow  # files and processes

NETWORK, ORDERS = sample_network(), sample_orders(12)
EXPECTED = simulate(ORDERS)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "day.ledger"


def after(attempts, act):
    """A hook that acts at the end of an attempt."""
    left = [None] * attempts

    def hook(_):
        left.pop()
        if not left:
            act()

    return lambda attempt: left and hook(attempt)


def interrupts():
    raise KeyboardInterrupt


def interrupted(path, attempts=9):
    """Another program takes up the same run, and is interrupted in the middle."""
    with SqliteLedger(path, NETWORK) as ledger, pytest.raises(KeyboardInterrupt):
        simulate(ORDERS, ledger=ledger, on_attempt=after(attempts, interrupts))


def state(path):
    with closing(sqlite3.connect(path)) as database:
        [(state,)] = database.execute("SELECT state FROM runs").fetchall()
    return state


@pytest.mark.parametrize("ahead", [3, 20, 34])
@pytest.mark.parametrize("behind", [1, 9, 30])
def test_an_interrupt_in_a_second_ledger_does_not_end_the_run_of_the_first(path, ahead, behind):
    with SqliteLedger(path, NETWORK) as ledger:
        hook = after(ahead, lambda: interrupted(path, behind))
        run = checked(simulate(ORDERS, ledger=ledger, on_attempt=hook))
        assert run.digest() == EXPECTED.digest()
        assert nothing_held(ledger).movements == EXPECTED.movements
    assert (state(path), os.listdir(path.parent)) == ("finished", ["day.ledger"])


def test_an_interrupt_in_the_first_does_not_end_the_run_of_the_second(path):
    with SqliteLedger(path, NETWORK) as first, SqliteLedger(path, NETWORK) as second:

        def goes_on():
            run = simulate(ORDERS, ledger=second, on_attempt=after(20, lambda: ended(first)))
            assert run.digest() == EXPECTED.digest()

        def ended(ledger):
            ledger.stop(ORDERS, 5.0)
            assert ledger.reservations != ()

        simulate(ORDERS[:0], ledger=first)
        first.begin(ORDERS, EXPECTED.settings)
        goes_on()
        nothing_held(second)


def test_the_last_one_that_is_interrupted_gives_all_back(path):
    with SqliteLedger(path, NETWORK) as first:
        first.begin(ORDERS, EXPECTED.settings)
        interrupted(path)
        assert state(path) == "begun"
        assert first.reservations != ()
        first.stop(ORDERS, 9.0)
        nothing_held(first)
    assert (state(path), os.listdir(path.parent)) == ("stopped", ["day.ledger"])


WORKS = """
import os, sys
from child import KILL
from test_presence import NETWORK, ORDERS, SqliteLedger, after, simulate

def stands():
    print("stands", flush=True)
    if sys.stdin.readline() == "die\\n":
        os.kill(os.getpid(), KILL)

with SqliteLedger(sys.argv[1], NETWORK, busy_s=60) as ledger:
    print(simulate(ORDERS, ledger=ledger, on_attempt=after(20, stands)).digest())
"""


def standing(path):
    """A process in the middle of the run."""
    process = python(WORKS, path)
    assert process.stdout.readline() == "stands\n"
    return process


def test_an_interrupt_in_a_second_process_does_not_end_the_run_of_the_first(path):
    first = standing(path)
    interrupted(path, 30)
    assert state(path) == "begun"
    assert first.communicate("go\n") == (EXPECTED.digest() + "\n", "")
    assert (state(path), os.listdir(path.parent)) == ("finished", ["day.ledger"])


def test_a_process_that_was_killed_is_not_waited_for(path):
    first = standing(path)
    first.communicate("die\n")
    assert first.returncode == KILLED_CODE
    interrupted(path, 30)
    with SqliteLedger(path, NETWORK) as ledger:
        nothing_held(ledger)
        with pytest.raises(ArgumentError, match="its run of 'ORD-001' was stopped"):
            simulate(ORDERS, ledger=ledger)
    assert (state(path), os.listdir(path.parent)) == ("stopped", ["day.ledger"])


def test_a_run_of_which_one_of_two_processes_was_killed_is_finished_by_the_other(path):
    first, second = standing(path), standing(path)
    first.communicate("die\n")
    interrupted(path, 30)
    assert second.communicate("go\n") == (EXPECTED.digest() + "\n", "")
    assert (state(path), os.listdir(path.parent)) == ("finished", ["day.ledger"])


def test_one_who_goes_without_a_word_is_not_counted(path):
    one, two = Presence(str(path)), Presence(str(path))
    for presence in (one, two):
        presence.enter("A")
        presence.enter("B")
    assert not one.leave("A")
    one.close()
    assert two.leave("A")
    assert two.leave("B")
    assert two.leave("never entered")
    assert os.listdir(path.parent) == []
