"""What disk, lock or executor do wrong is no fact of an order: the same call goes on, right."""

import asyncio
import os
import sqlite3
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing, contextmanager
from itertools import count

import pytest
from check_run import checked, nothing_held
from child import python
from json_ledger import JsonLedger

from fulfillment_lib import (
    Durations,
    Faults,
    Network,
    Order,
    Outcome,
    Product,
    Settings,
    Warehouse,
    fulfill,
    sample_network,
    simulate,
)
from fulfillment_lib.errors import ArgumentError, ComputationError, IdentifierError, LedgerError
from fulfillment_lib.operations import packing
from fulfillment_lib.operations.workplace import InlineExecutor
from fulfillment_lib.stock import MemoryLedger, SqliteLedger
from fulfillment_lib.stock.base import LedgerBase
from fulfillment_lib.stock.database import Database

# Scarce stock, a split, lost replies, a release, a voided label: and much of it at one instant.
NETWORK = Network(
    (Product("A", "a", 1, 10, 10, 10),),
    (Warehouse("EAST", "10001", {"A": 3}), Warehouse("WEST", "94103", {"A": 5})),
)
DAY = [
    Order("SPLIT", {"A": 6}, "express", "10001"),
    Order("LATER", {"A": 1}, "standard", "94103", placed_s=1.0),
    Order("HOLDS", {"A": 1}, "standard", "94103", placed_s=1.0),
    Order("SHORT", {"A": 4}, "standard", "10001", placed_s=8.0),
    Order("WHOLE", {"A": 2}, "express", "94103", placed_s=8.0, shortage="ship_complete"),
]
CHANGES = {
    "durations": Durations.constant(1, 2, 1),
    "max_attempts": 2,
    "backoff_s": 1.0,
    "workers": 3,
    "faults": Faults(
        script={
            "SPLIT/inventory/A": ("lost_reply", "ok"),
            "HOLDS/inventory/A": ("lost_reply", "lost_reply"),
            "SPLIT/packing/WEST": ("fail", "fail"),
            "LATER/shipping/WEST": ("lost_reply", "lost_reply"),
        }
    ),
}
EXPECTED = simulate(DAY, NETWORK, **CHANGES)


def in_virtual_time(**options):
    return simulate(DAY, NETWORK, **CHANGES, **options)


def paced(**options):
    return asyncio.run(fulfill(DAY, NETWORK, **CHANGES, speed=1e7, **options))


def tables(path):
    """All that the tables of a ledger hold."""
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def states(path):
    with closing(sqlite3.connect(path)) as database:
        return [state for (state,) in database.execute("SELECT state FROM runs")]


def goes_on(path, runs=in_virtual_time):
    """The run that was paused is finished by the same call, as if nobody had disturbed it."""
    with SqliteLedger(path, NETWORK) as ledger:
        run = checked(runs(ledger=ledger))
        assert run.digest() == EXPECTED.digest()
        assert nothing_held(ledger).movements == EXPECTED.movements
        memory = MemoryLedger(NETWORK)
        in_virtual_time(ledger=memory)
        assert (dict(ledger._labels), ledger.voided) == (memory._labels, memory.voided)
    assert states(path) == ["finished"]
    assert os.listdir(path.parent) == [path.name]


def paused(path, kind, message, runs, **options):
    """Whether the run was paused; the attempts that it told of are those of an undisturbed run."""
    ended = []
    with SqliteLedger(path, NETWORK, busy_s=0.01) as ledger:
        try:
            runs(ledger=ledger, on_attempt=ended.append, **options)
        except kind as error:
            assert message in str(error)
        else:
            return False
    told = {attempt for attempt in ended if attempt.outcome is not Outcome.CANCELLED}
    assert told <= set(EXPECTED.attempts)
    assert states(path) in ([], ["begun"])
    return True


# A disk that is full


@contextmanager
def full_disk(monkeypatch, from_commit, to_commit):
    commit, numbers = Database._commit, count(1)

    def commits(self):
        if from_commit <= next(numbers) <= to_commit:
            raise sqlite3.OperationalError("database or disk is full")
        commit(self)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "_commit", commits)
        yield


@pytest.mark.slow
@pytest.mark.parametrize(
    ("runs", "lasts"), [(in_virtual_time, 0), (in_virtual_time, 1_000), (paced, 1_000)]
)
def test_a_full_disk_at_any_commit_pauses_the_run(tmp_path, monkeypatch, runs, lasts):
    for commit in count(1):
        path = tmp_path / f"{commit}" / "day.ledger"
        path.parent.mkdir()
        with full_disk(monkeypatch, commit, commit + lasts):
            was_paused = paused(path, LedgerError, "database or disk is full", runs)
        goes_on(path)
        if not was_paused:
            break
    assert commit > 30


@pytest.mark.slow
def test_nothing_that_happens_at_the_same_time_is_kept_after_a_fault(tmp_path, monkeypatch):
    at_once = CHANGES | {"durations": Durations.constant(0, 0, 0), "workers": 9, "faults": Faults()}
    orders = [Order(f"O{number}", {"A": 3}, "express", "10001") for number in range(4)]
    expected = simulate(orders, NETWORK, **at_once)
    for commit in count(1):
        path = tmp_path / f"{commit}.ledger"
        with SqliteLedger(path, NETWORK) as ledger:
            with full_disk(monkeypatch, commit, commit):
                try:
                    simulate(orders, NETWORK, ledger=ledger, **at_once)
                except LedgerError:
                    was_paused = True
                else:
                    was_paused = False
            kept = ledger.movements
            assert kept == expected.movements[: len(kept)]
            run = simulate(orders, NETWORK, ledger=ledger, **at_once)
            assert run.digest() == expected.digest()
        if not was_paused:
            break
    assert commit > 20


LIMITED = """
import resource, sys
from test_fence import NETWORK, SqliteLedger, in_virtual_time
with SqliteLedger(sys.argv[1], NETWORK) as ledger:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    try:
        in_virtual_time(ledger=ledger)
    except Exception as error:
        print(type(error).__name__)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="limits are those of POSIX")
def test_a_limit_of_the_system_for_files_pauses_the_run(tmp_path):
    said = set()
    for limit in (40_000, 120_000, 200_000, 280_000, 1_000_000):
        path = tmp_path / f"{limit}" / "day.ledger"
        path.parent.mkdir()
        out, errors = python(LIMITED, path, limit).communicate()
        said.add(out.strip())
        assert errors == ""
        goes_on(path)
    assert said == {"LedgerError", ""}


# A lock


class LockedOnce(SqliteLedger):
    """At one of its steps another program has a lock on the file."""

    def __init__(self, path, network, step):
        super().__init__(path, network, busy_s=0.01)
        self.path, self.steps_left = path, step

    @contextmanager
    def _step(self):
        self.steps_left -= not self._file._connection.in_transaction
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            if self.steps_left == 0 and not self._file._connection.in_transaction:
                other.execute("BEGIN IMMEDIATE")
            with super()._step():
                yield


@pytest.mark.slow
def test_a_lock_of_another_program_at_any_step_pauses_the_run(tmp_path):
    for step in count(1):
        path = tmp_path / f"{step}" / "day.ledger"
        path.parent.mkdir()
        with LockedOnce(path, NETWORK, step) as ledger:
            try:
                in_virtual_time(ledger=ledger)
            except LedgerError as error:
                assert "got one locked by another program" in str(error)
                was_paused = True
            else:
                was_paused = False
        assert states(path) in ([], ["begun"], ["finished"])
        goes_on(path)
        if not was_paused:
            break
    assert step > 30


# An executor


class DiesAt(ProcessPoolExecutor):
    """Its process ends abruptly in one of its computations."""

    def __init__(self, call):
        super().__init__(1)
        self.calls_left = call

    def submit(self, function, /, *args, **options):
        self.calls_left -= 1
        if self.calls_left == 0:
            return super().submit(os._exit, 3)
        return super().submit(function, *args, **options)


class SilentAt(InlineExecutor):
    """One of its computations never comes back."""

    def __init__(self, call):
        self.calls_left = call

    def __enter__(self):
        return self

    def submit(self, function, /, *args, **options):
        self.calls_left -= 1
        return Future() if self.calls_left == 0 else super().submit(function, *args, **options)


@pytest.mark.slow
@pytest.mark.parametrize("runs", [in_virtual_time, paced])
@pytest.mark.parametrize(
    ("executor_at", "message"),
    [
        (DiesAt, "; give the same call an executor that works: a ledger in a file goes on"),
        (
            SilentAt,
            "did not come back within 0.05 s of the wall clock; is its executor alive?; give",
        ),
    ],
)
def test_a_computation_that_is_lost_at_any_call_pauses_the_run(
    tmp_path, runs, executor_at, message
):
    pauses = 0  # an attempt that was set to fail asks for no result
    for call in count(1):
        path = tmp_path / f"{call}" / "day.ledger"
        path.parent.mkdir()
        with executor_at(call) as executor:
            watchdog_s = 0.05 if executor_at is SilentAt else 60.0
            options = {"executor": executor, "watchdog_s": watchdog_s}
            pauses += paused(path, ComputationError, message, runs, **options)
            ran_out = executor.calls_left > 0
        goes_on(path)
        if ran_out:
            break
    assert call > pauses > 4


@pytest.mark.parametrize(
    "error",
    [OSError("no space left"), MemoryError(), sqlite3.OperationalError("locked"), Exception()],
)
def test_whatever_a_ledger_raises_pauses_the_run(tmp_path, error):
    class Fails(JsonLedger):
        writes_left = 9

        def _write(self):
            self.writes_left -= 1
            if self.writes_left == 0:
                raise error
            super()._write()

    ledger = Fails(tmp_path / "day.json", NETWORK)
    with pytest.raises(type(error)) as raised:
        in_virtual_time(ledger=ledger)
    assert raised.value is error
    assert ledger.reservations != ()
    assert in_virtual_time(ledger=ledger).digest() == EXPECTED.digest()


def test_an_executor_that_cannot_pickle_ends_the_run_too():
    with ProcessPoolExecutor(1) as executor:
        orders = [Order("ONE", {"A": 1}, "express", "10001")]
        network = Network((Product("A", "a", 1, 10, 10, 10),), NETWORK.warehouses)
        object.__setattr__(orders[0], "postal_code", Unsent("10001"))
        with pytest.raises(ComputationError, match="TypeError: stays here; give the same call"):
            simulate(orders, network, executor=executor)


class Unsent(str):
    """A text that cannot be sent to another process."""

    def __reduce__(self):
        raise TypeError("stays here")


# What is of the business stays an outcome


@pytest.mark.parametrize("executor_of", [lambda: SilentAt(0), lambda: ProcessPoolExecutor(1)])
def test_an_error_inside_a_computation_is_an_outcome_wherever_it_happens(executor_of):
    many = Network((Product("A", "a", 1, 300, 300, 300),), (Warehouse("E", "10001", {"A": 2_000}),))
    with executor_of() as executor:
        run = checked(
            simulate(
                Order("MANY", {"A": 1_001}, "express", "10001"),
                many,
                executor=executor,
                durations=CHANGES["durations"],
            )
        )
    [packed] = [result for result in run.results if result.task.kind == "packing"]
    assert packed.error.startswith("IdentifierError: carton number must be")


def test_an_argument_that_a_ledger_refuses_is_an_outcome(monkeypatch):
    def refuses(*_):
        raise ArgumentError("at_s", "a time", "never")

    monkeypatch.setattr(MemoryLedger, "label", refuses)
    run = in_virtual_time(ledger=MemoryLedger(NETWORK))
    shipped = {result.task.id: result for result in run.results}["SPLIT/shipping/EAST"]
    assert shipped.error == "ArgumentError: at_s must be a time, got 'never'"


def test_a_lack_of_memory_is_no_outcome_wherever_it_shows(monkeypatch):
    def fills(*_):
        raise MemoryError

    ledger = MemoryLedger(NETWORK)
    with monkeypatch.context() as patch, pytest.raises(ComputationError, match="MemoryError; give"):
        patch.setattr(packing, "_closed_cartons", fills)
        in_virtual_time(ledger=ledger)
    nothing_held(ledger)
    ledger = MemoryLedger(NETWORK)
    with monkeypatch.context() as patch, pytest.raises(MemoryError, match=r"^$"):
        patch.setattr(packing, "serve", fills)
        in_virtual_time(ledger=ledger)
    nothing_held(ledger)


# What cannot be resumed gives back


@pytest.mark.parametrize("method", ["reserve", "label", "note", "ship", "release", "held", "void"])
def test_a_fault_in_memory_gives_all_back(monkeypatch, method):
    ledger, plain = MemoryLedger(NETWORK), getattr(LedgerBase, method)
    failed = []

    def fails_once(*details):
        if failed:
            return plain(*details)
        failed.append(method)
        raise OSError("the memory")

    monkeypatch.setattr(MemoryLedger, method, fails_once)
    with pytest.raises(OSError, match="the memory"):
        in_virtual_time(ledger=ledger)
    nothing_held(ledger)


class ThirdParty:
    """A ledger that does all that the protocol asks, and nothing besides."""

    def __init__(self):
        self.inner, self.broken = MemoryLedger(NETWORK), False

    def label(self, task_id, shipment):
        if self.broken:
            raise OSError("the printer")
        return self.inner.label(task_id, shipment)


# From Python 3.12 on a protocol asks what a class has, and no `__getattr__`.
for name in dir(MemoryLedger):
    if not name.startswith("_") and name not in ("pause", "number_of", "label"):
        setattr(ThirdParty, name, property(lambda self, name=name: getattr(self.inner, name)))
ThirdParty.network = NETWORK


def test_a_ledger_that_cannot_pause_nor_number_works_as_before():
    assert in_virtual_time(ledger=ThirdParty()).digest() == EXPECTED.digest()
    ledger = ThirdParty()
    ledger.broken = True
    with pytest.raises(OSError, match="the printer"):
        in_virtual_time(ledger=ledger)
    nothing_held(ledger.inner)


# A resume that is refused


def fails_to_pack(monkeypatch):
    def fails(*_):
        raise IdentifierError("other code")

    monkeypatch.setattr(packing, "_closed_cartons", fails)


def takes_longer(monkeypatch):
    at = Durations.at
    monkeypatch.setattr(Durations, "at", lambda self, *draw: at(self, *draw) + 0.25)


def one_order_takes_longer(monkeypatch):
    """The others get ahead, and do what is not in the file."""
    draw = Settings.draw

    def longer(self, task_id, order_id, *details):
        drawn = draw(self, task_id, order_id, *details)
        return drawn._replace(service_s=drawn.service_s + 8) if order_id == "SPLIT" else drawn

    monkeypatch.setattr(Settings, "draw", longer)


@pytest.mark.slow
@pytest.mark.parametrize("other_code", [fails_to_pack, takes_longer, one_order_takes_longer])
def test_a_resume_that_is_refused_leaves_the_file_as_it_was(tmp_path, monkeypatch, other_code):
    refused = 0
    for commit in range(4, 35, 3):
        path = tmp_path / f"{commit}" / "day.ledger"
        path.parent.mkdir()
        with full_disk(monkeypatch, commit, commit):
            paused(path, LedgerError, "disk is full", in_virtual_time)
        before = tables(path)
        with monkeypatch.context() as patch, SqliteLedger(path, NETWORK) as ledger:
            other_code(patch)
            try:
                in_virtual_time(ledger=ledger)
            except LedgerError as error:
                assert "resume with the code that began it" in str(error) or "not open" in str(
                    error
                )
                refused += 1
            else:
                continue  # what was kept is no different
        assert tables(path) == before
        goes_on(path)
    assert refused > 4


def test_a_finished_run_that_other_code_repeats_is_left_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "day.ledger"
    goes_on(path)
    before = tables(path)
    with SqliteLedger(path, NETWORK) as ledger, monkeypatch.context() as patch:
        takes_longer(patch)
        with pytest.raises(LedgerError, match=r"it is not open|resume with the code"):
            in_virtual_time(ledger=ledger)
    assert tables(path) == before
    goes_on(path)


def test_an_interrupt_in_the_middle_of_a_repetition_still_gives_all_back(tmp_path, monkeypatch):
    path, ended = tmp_path / "day.ledger", []

    def interrupts(attempt):
        ended.append(attempt)
        if len(ended) == 3:
            raise KeyboardInterrupt

    with full_disk(monkeypatch, 12, 12):
        assert paused(path, LedgerError, "disk is full", in_virtual_time)
    with SqliteLedger(path, NETWORK) as ledger:
        assert ledger.reservations != ()
        with pytest.raises(KeyboardInterrupt):
            in_virtual_time(ledger=ledger, on_attempt=interrupts)
        nothing_held(ledger)
        with pytest.raises(ArgumentError, match="its run of 'SPLIT' was stopped; make a new one"):
            in_virtual_time(ledger=ledger)


def test_a_hook_that_raises_stops_a_paced_run_as_before(tmp_path):
    def hook(*_):
        raise LedgerError("of somebody else")

    with SqliteLedger(tmp_path / "day.ledger", sample_network()) as ledger:
        order = Order("A", {"MOUSE-002": 1}, "express", "10001")
        with pytest.raises(LedgerError, match="of somebody else"):
            asyncio.run(fulfill(order, ledger=ledger, speed=50, on_attempt=hook))
        nothing_held(ledger)
