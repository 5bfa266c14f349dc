"""What any ledger must do that outlives its program.

A ledger is tried by one line in DURABLE (tests/ledgers.py): a name, and a call that takes a path
and a network, opens what is there or makes it anew, and gives a ledger that can be closed. The
tests here and those in test_runs are then asked of it.
"""

import os
import threading
from contextlib import closing
from tempfile import TemporaryDirectory

import pytest
from check_run import checked, nothing_held
from child import KILLED_CODE, python
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from ledgers import DURABLE, FAULTY, HOUSES, LABELS, a_network

from fulfillment_lib import sample_network, sample_orders, simulate
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.errors import FulfillmentError, LedgerError
from fulfillment_lib.records import Reservation
from fulfillment_lib.stock import MemoryLedger


@pytest.fixture(params=DURABLE)
def name(request):
    return request.param


@pytest.fixture
def opened(name):
    return DURABLE[name]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "day.ledger"


@pytest.fixture
def ledger(opened, path):
    with closing(opened(path, a_network())) as made:
        yield made


class SameAnswers(RuleBasedStateMachine):
    """Any calls in any order, to a ledger and to the one in memory.

    The ledger is closed and opened again now and then.
    """

    def __init__(self, opened):
        super().__init__()
        self.opened = opened
        self.folder = TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "day.ledger")
        self.memory, self.durable = MemoryLedger(a_network()), opened(self.path, a_network())
        self.made = [Reservation("0", "EAST", "A", 1)]  # most often a forged one

    def teardown(self):
        self.durable.close()
        self.folder.cleanup()

    def both(self, method, *arguments):
        ends = []
        for ledger in (self.memory, self.durable):
            try:
                ends.append(getattr(ledger, method)(*arguments))
            except FulfillmentError as error:
                ends.append((type(error), str(error)))
        assert ends[0] == ends[1]
        return ends[0]

    @rule(
        key=st.integers(0, 5),
        sku=st.sampled_from("AAAABC"),
        quantity=st.integers(0, 7),
        sources=st.lists(st.sampled_from([*HOUSES, "NOWHERE"]), max_size=4),
        at_s=st.sampled_from([0, 0.0, 1.1, 2 / 3]),
    )
    def reserve(self, key, sku, quantity, sources, at_s):
        answer = self.both("reserve", str(key), sku, quantity, sources, at_s)
        self.made += getattr(answer, "reservations", ())

    @rule(data=st.data(), verb=st.sampled_from(["ship", "release"]))
    def end(self, data, verb):
        self.both(verb, data.draw(st.sampled_from(self.made)), 3.3)

    @rule(key=st.integers(0, 3), label=st.sampled_from(LABELS))
    def label(self, key, label):
        self.both("label", str(key), label)

    @rule(key=st.integers(0, 4))
    def void(self, key):
        self.both("void", str(key))

    @rule()
    def open_again(self):
        self.durable.close()
        self.durable = self.opened(self.path, a_network())

    @invariant()
    def the_ledgers_are_equal(self):
        for name in ("movements", "reservations", "voided"):
            assert getattr(self.memory, name) == getattr(self.durable, name)
        for key in map(str, range(6)):
            self.both("answered", key)
            self.both("held", key)
        left = self.both("available", "A")
        assert list(left.items()) == list(self.durable.available("A").items())
        self.both("available", "B")
        assert repr(self.durable).endswith(repr(self.memory).removeprefix("MemoryLedger("))


@pytest.mark.slow
def test_any_calls_get_the_answers_of_the_ledger_in_memory(opened):
    run_state_machine_as_test(
        lambda: SameAnswers(opened), settings=settings(max_examples=30, stateful_step_count=30)
    )


@pytest.mark.parametrize("changes", [{}, FAULTY])
def test_a_run_leaves_the_records_of_a_run_in_memory(opened, path, changes):
    expected = simulate(sample_orders(12), **changes)
    with closing(opened(path, sample_network())) as ledger:
        run = checked(simulate(sample_orders(12), ledger=ledger, **changes))
        assert run.digest() == expected.digest()
        assert run.movements == nothing_held(ledger).movements == expected.movements


KILLED = """
import os, sys
from child import KILL
from ledgers import DURABLE, FAULTY, sample_network, sample_orders, simulate

name, path, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
left = [None] * last

def count(*_):
    left.pop()
    if not left:
        os.kill(os.getpid(), KILL)

ledger = DURABLE[name](path, sample_network())
simulate(sample_orders(12), ledger=ledger, on_attempt=count, **FAULTY)
"""


@pytest.mark.slow
@pytest.mark.parametrize("attempts", [1, 20, 60])
def test_a_run_that_was_killed_goes_on_as_if_nothing_had_happened(name, opened, path, attempts):
    killed = python(KILLED, name, path, attempts)
    assert killed.communicate() == ("", "") and killed.returncode == KILLED_CODE
    expected = simulate(sample_orders(12), **FAULTY)
    with closing(opened(path, sample_network())) as ledger:
        kept = ledger.movements
        assert kept == expected.movements[: len(kept)]
        resumed = checked(simulate(sample_orders(12), ledger=ledger, **FAULTY))
        assert resumed.digest() == expected.digest()
        assert nothing_held(ledger).movements == expected.movements


def test_an_error_undoes_a_step_and_the_steps_within_it(opened, path, ledger):
    with pytest.raises(KeyboardInterrupt), ledger._step():
        ledger.reserve("t", "A", 6, HOUSES, 0.0)
        ledger.label("s", LABELS[0])
        raise KeyboardInterrupt
    for now in (ledger, opened(path, a_network())):
        assert (now.movements, now.answered("t"), now.void("s")) == ((), False, None)
        now.close()


def test_eight_threads_get_exactly_what_there_is(opened, path):
    with closing(opened(path, a_network(9, 5, 6))) as ledger:
        together = threading.Barrier(8)

        def shop(client):
            together.wait()
            for number in range(4):
                ledger.reserve(f"{client}/{number}", "A", 1, HOUSES, 0.0)

        threads = [threading.Thread(target=shop, args=(client,)) for client in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(reservation.quantity for reservation in ledger.reservations) == 20
        assert ledger.available("A") == {}


def test_another_result_than_the_one_kept_is_an_error_and_no_second_truth(opened, path, ledger):
    ledger.note("T", Outcome.SUCCEEDED, "")
    ledger.note("T", Outcome.SUCCEEDED, "")
    with pytest.raises(LedgerError, match="the result of 'T' must be succeeded as in the file"):
        ledger.note("T", Outcome.FAILED, "")
    with (
        closing(opened(path, a_network())) as other,
        pytest.raises(LedgerError, match=r"of 'T' must be succeeded .*, got timed_out"),
    ):
        other.note("T", Outcome.TIMED_OUT, "")
