import asyncio
import gc
import itertools
import math
import os
import random
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from check_run import checked, fingerprint, nothing_held

import fulfillment_lib
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
    policies,
    run_virtual,
    sample_network,
    sample_orders,
    simulate,
)
from fulfillment_lib.errors import ArgumentError, ComputationError, FulfillmentError
from fulfillment_lib.intake import Intake
from fulfillment_lib.run import _run
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.stock import MemoryLedger

CONSTANT = Durations.constant(inventory=1, packing=4, shipping=2)
TROUBLE = Faults(0.1, 0.1, 0.1)
ORDER = Order("ORD-001", {"LAPTOP-001": 1, "MOUSE-002": 2}, "express", "94103")


def a_day(**changes):
    return checked(simulate(sample_orders(), **changes))


def a_bad_day(**changes):
    return checked(
        simulate(sample_orders(20, gap_s=1.0), faults=TROUBLE, max_attempts=3, **changes)
    )


def no_thread_is_left():
    for thread in threading.enumerate():
        if thread.name == "virtual time":
            thread.join(5)  # it may have given its result and not ended yet
            assert not thread.is_alive()


# What simulate accepts


def test_no_orders_give_an_empty_run():
    run = checked(simulate([]))
    assert (run.orders, run.attempts, run.results, run.movements, run.reports) == ((),) * 5
    assert run.makespan_s == 0.0 and run.unused_faults == ()
    assert repr(run) == "FulfillmentRun(0 orders, 5 workers, 0 attempts, makespan 0.0 s)"


def test_one_order_a_list_and_a_generator_are_all_orders():
    runs = [checked(simulate(orders)) for orders in (ORDER, [ORDER], (each for each in [ORDER]))]
    assert len(set(map(fingerprint, runs))) == 1
    assert repr(runs[0]).startswith("FulfillmentRun(1 order, 5 workers, 4 attempts, makespan ")


def test_a_scenario_brings_its_network_and_its_settings():
    here = Scenario("small", (ORDER,), sample_network(2.0), Settings(workers=2))
    run = checked(simulate(here))
    assert (run.network, run.settings) == (sample_network(2.0), Settings(workers=2))


def test_what_the_caller_gives_goes_before_the_scenario():
    here = Scenario("small", (ORDER,), sample_network(2.0), Settings(workers=2, seed=3))
    run = checked(simulate(here, sample_network(3.0), workers=8))
    assert (run.network, run.settings) == (sample_network(3.0), Settings(workers=8, seed=3))
    assert checked(simulate(here, settings=Settings(seed=4))).settings == Settings(seed=4)


def test_changes_are_fields_of_the_settings():
    run = checked(simulate(ORDER, settings=Settings(seed=7), workers=3, policy="fifo"))
    assert run.settings == Settings(seed=7, workers=3, policy="fifo")


def test_a_ledger_brings_its_network_and_keeps_what_moved():
    ledger = MemoryLedger(sample_network(5.0))
    run = checked(simulate(ORDER, ledger=ledger))
    assert run.network == sample_network(5.0)
    assert run.movements == nothing_held(ledger).movements


def test_orders_are_numbered_in_input_order_whenever_they_are_placed():
    early, late = replace(ORDER, id="EARLY"), replace(ORDER, id="LATE", placed_s=20.0)
    forth, back = (checked(simulate(orders)) for orders in ([early, late], [late, early]))
    assert [report.order_id for report in back.reports] == ["LATE", "EARLY"]
    assert back.attempts[0].order_id == forth.attempts[0].order_id == "EARLY"
    assert forth.report("EARLY").packages[0].sscc == back.report("LATE").packages[0].sscc


@pytest.mark.parametrize(
    "arguments",
    [
        {"orders": 5},
        {"orders": [ORDER, None]},
        {"orders": [ORDER, ORDER]},
        {"network": 0},
        {"settings": 0},
        {"worker": 3},
        {"workers": 0},
        {"ledger": 5},
        {"network": sample_network(), "ledger": MemoryLedger(sample_network(2.0))},
        {"executor": 5},
        {"watchdog_s": 0},
    ],
)
def test_a_paced_run_refuses_what_one_in_virtual_time_does_before_anything_moves(arguments):
    ledger = MemoryLedger(sample_network())
    arguments = {"orders": ORDER, "ledger": ledger, **arguments}
    with pytest.raises(ArgumentError, match=" must be ") as virtual:
        simulate(**arguments)
    with pytest.raises(ArgumentError, match=" must be ") as paced:
        asyncio.run(fulfill(**arguments))
    assert str(paced.value) == str(virtual.value)
    assert ledger.movements == ()
    assert checked(simulate(ORDER, ledger=ledger)).report("ORD-001").status == "FULFILLED"


def test_an_order_may_be_split_among_a_hundred_warehouses():
    product = Product("A", "a", 1, 10, 10, 10)
    many = [Warehouse(f"W{number}", "10001", {"A": 1}) for number in range(100)]
    run = checked(simulate(Order("O", {"A": 100}, "express", "10001"), Network((product,), many)))
    assert len(run.report("O").shipments) + len(run.report("O").voided) <= 100
    assert sum(each.kind == "packing" for each in run.attempts) == 100


# What a run answers


def test_a_run_does_not_change_but_can_be_replaced():
    run = a_day()
    with pytest.raises(FrozenInstanceError, match="attempts"):
        run.attempts = ()
    assert replace(run, attempts=()).makespan_s == 0.0


def test_a_shipment_is_found_by_its_number_and_by_those_of_its_packages():
    run = a_day()
    shipment = run.reports[0].shipments[0]
    for number in (
        shipment.tracking_number,
        shipment.packages[0].sscc,
        f" {shipment.tracking_number[:4]} {shipment.tracking_number[4:]}",
    ):
        assert run.track(number) is shipment


def test_an_unknown_order_is_refused_with_the_nearest():
    run = checked(simulate(ORDER))
    assert run.report("ORD-001") is run.reports[0]
    assert run.notification("ORD-001").startswith("Order ORD-001: fulfilled.")
    with pytest.raises(ArgumentError, match=r"got 'ORD-01'; did you mean 'ORD-001'\?"):
        run.notification("ORD-01")


def test_a_run_in_a_notebook_shows_markup_in_an_id_as_text():
    shown = checked(simulate(replace(ORDER, id="<script>a & b</script>")))._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;a &amp; b&lt;/script&gt;" in shown


def test_script_entries_that_never_fired_are_named():
    run = checked(
        simulate(
            ORDER,
            timeout_s=60.0,
            faults=Faults(
                script={
                    "ORD-001/packing/WEST": "hang",
                    "ORD-001/packing/EAST": "hang",
                    "ORD-001/inventory/LAPTOP-001": ("ok", "fail"),
                    "ORD-01/packing": "fail",
                    "ORD-001/inventory/MOUSE-002": "ok",
                    "ORD-001/shipping/WEST": "fail",
                }
            ),
        )
    )
    assert [each.error for each in run.results][-2:] == [
        "no answer within 60 s",
        "packing timed out",
    ]
    assert run.unused_faults == (
        "ORD-001/packing/EAST",
        "ORD-001/inventory/LAPTOP-001",
        "ORD-01/packing",
        "ORD-001/inventory/MOUSE-002",
        "ORD-001/shipping/WEST",
    )


# The same run, always


def test_equal_runs_have_equal_records():
    assert fingerprint(a_bad_day()) == fingerprint(a_bad_day())
    assert fingerprint(a_bad_day(seed=1)) != fingerprint(a_bad_day())


SCRIPT = """
from check_run import checked, fingerprint
from fulfillment_lib import Faults, sample_orders, simulate
print(fingerprint(checked(simulate(sample_orders(20, gap_s=1.0), faults=Faults(0.1, 0.1, 0.1),
                                   max_attempts=3))))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hash_seed", "zone", "locale"),
    [
        ("0", "UTC", "C"),
        ("1", "Pacific/Kiritimati", "de_DE.UTF-8"),
        ("random", "America/Adak", "tr_TR.UTF-8"),
    ],
)
def test_records_are_the_same_in_any_process(hash_seed, zone, locale, tmp_path):
    tests, package = Path(__file__).parent, Path(fulfillment_lib.__file__).parent
    environment = dict(
        os.environ,
        PYTHONHASHSEED=hash_seed,
        TZ=zone,
        LC_ALL=locale,
        PYTHONPATH=f"{tests}{os.pathsep}{package.parent}",
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        cwd=tmp_path,
        check=True,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == fingerprint(a_bad_day())
    assert done.stderr == ""


def test_global_random_numbers_are_left_alone():
    random.seed(1)
    before = random.getstate()
    a_bad_day()
    assert random.getstate() == before


def services(run):
    return {
        (each.task_id, each.attempt): each.service_s
        for each in run.attempts
        if each.outcome is not Outcome.TIMED_OUT
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"workers": 1},
        {"workers": 40},
        {"policy": "fifo"},
        {"policy": policies.ageing(3)},
        {"timeout_s": 5.0},
        {"max_attempts": 1},
        {"backoff_s": 7.5},
        {"start_date": "2026-03-06"},
    ],
)
def test_other_settings_change_no_service_time_of_what_both_runs_do(changes):
    base = {"workers": 5, "max_attempts": 3, "faults": TROUBLE}
    runs = [
        checked(simulate(sample_orders(20), sample_network(10.0), **{**base, **each}))
        for each in ({}, changes)
    ]
    one, other = map(services, runs)
    both = one.keys() & other.keys()
    assert len(both) > 50
    assert {key: one[key] for key in both} == {key: other[key] for key in both}


def test_an_unused_sku_changes_nothing():
    network = sample_network()
    more = Network(
        (Product("AAA", "unused", 1, 1, 1, 1), *network.products),
        tuple(replace(house, stock={"AAA": 7, **house.stock}) for house in network.warehouses),
    )
    assert fingerprint(a_bad_day(network=more)) == fingerprint(a_bad_day())


def test_times_scaled_by_two_scale_the_records_by_two():
    def day(scale):
        orders = [replace(each, placed_s=each.placed_s * scale) for each in sample_orders(20)]
        return checked(
            simulate(
                orders,
                max_attempts=2,
                timeout_s=5.0 * scale,
                backoff_s=0.75 * scale,
                faults=Faults(0.1, 0.1, 0.1),
                durations=Durations.constant(1.25 * scale, 4 * scale, 2 * scale),
            )
        )

    once, twice = day(1), day(2)
    times = ("ready_s", "start_s", "finish_s")
    assert [
        replace(each, error="", **{name: 2 * getattr(each, name) for name in times})
        for each in once.attempts
    ] == [replace(each, error="") for each in twice.attempts]
    assert [replace(each, at_s=2 * each.at_s) for each in once.movements] == list(twice.movements)
    assert [each.lines for each in once.reports] == [each.lines for each in twice.reports]


def test_renaming_everything_renames_the_records_and_changes_nothing_else():
    names = {each.id: f"order {index}" for index, each in enumerate(reversed(sample_orders(20)))}
    names |= {each.sku: f"{each.sku[::-1]}" for each in sample_network().products}
    names |= {"EAST": "Zürich", "CENTRAL": "Århus", "WEST": "Aachen"}

    def renamed(value):
        if isinstance(value, str):
            return names.get(value) or "/".join(names.get(part, part) for part in value.split("/"))
        if isinstance(value, dict):
            return {renamed(key): renamed(each) for key, each in value.items()}
        return value

    network = sample_network()
    other_network = Network(
        [replace(each, sku=names[each.sku]) for each in network.products],
        [
            replace(each, name=names[each.name], stock=renamed(each.stock))
            for each in network.warehouses
        ],
    )
    other_orders = [
        replace(
            each, id=names[each.id], lines={names[line.sku]: line.quantity for line in each.lines}
        )
        for each in sample_orders(20)
    ]
    one = checked(simulate(sample_orders(20), durations=CONSTANT, workers=3))
    other = checked(simulate(other_orders, other_network, durations=CONSTANT, workers=3))
    for kind in ("attempts", "movements"):
        assert [
            {name: renamed(getattr(each, name)) for name in each.__slots__}
            for each in getattr(one, kind)
        ] == [
            {name: getattr(each, name) for name in each.__slots__} for each in getattr(other, kind)
        ]
    assert [
        [renamed(line.sku), line.shipped, line.reason]
        for each in one.reports
        for line in each.lines
    ] == [[line.sku, line.shipped, line.reason] for each in other.reports for line in each.lines]
    assert [
        [package.sscc, renamed(dict(package.contents))]
        for each in one.reports
        for package in each.packages
    ] == [
        [package.sscc, dict(package.contents)]
        for each in other.reports
        for package in each.packages
    ]


# Executors


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_an_executor_changes_no_record(kind):
    with kind(2) as executor:
        assert fingerprint(a_bad_day(executor=executor)) == fingerprint(a_bad_day())
        paced = asyncio.run(
            fulfill(
                sample_orders(20, gap_s=1.0),
                speed=1e6,
                executor=executor,
                faults=TROUBLE,
                max_attempts=3,
            )
        )
        assert fingerprint(checked(paced)) == fingerprint(a_bad_day())


class Unreliable(ThreadPoolExecutor):
    """An executor that does what it is told to with every computation."""

    def __init__(self, answer):
        super().__init__(1)
        self.answer = answer

    def submit(self, function, /, *args, **options):
        return self.answer()


def refuses():
    raise RuntimeError("cannot schedule new futures after shutdown")


def is_cancelled():
    future = Future()
    future.cancel()
    return future


def breaks():
    future = Future()
    future.set_exception(OSError("the cable is out"))
    return future


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refuses, "RuntimeError: cannot schedule new futures after shutdown"),
        (is_cancelled, "CancelledError"),
        (breaks, "OSError: the cable is out"),
        (
            Future,
            "a computation did not come back within 0.05 s of the wall clock; "
            "is its executor alive?",
        ),
    ],
)
@pytest.mark.parametrize(
    "runs", [simulate, lambda *args, **more: asyncio.run(fulfill(*args, **more))]
)
def test_a_computation_that_is_lost_ends_the_run_and_is_no_attempt(answer, error, runs):
    ledger, ended = MemoryLedger(sample_network()), []
    with (
        Unreliable(answer) as executor,
        pytest.raises(ComputationError, match=re.escape(f"{error}; give the same call an execu")),
    ):
        options = {"watchdog_s": 0.05, "durations": Durations.constant(0.001, 0.001, 0.001)}
        runs(ORDER, ledger=ledger, executor=executor, on_attempt=ended.append, **options)
    assert {attempt.kind for attempt in ended} == {"inventory"}
    assert len(nothing_held(ledger).movements) == 4  # two reserved and given back


def test_a_broken_process_pool_ends_the_run_with_its_error():
    with (
        ProcessPoolExecutor(1) as executor,
        pytest.raises(ComputationError, match=r"BrokenProcessPool: A .*; give the same call"),
    ):
        executor.submit(os._exit, 1).exception()
        simulate(ORDER, executor=executor, durations=CONSTANT)


# Loops


def test_simulate_works_inside_a_running_loop_and_inside_virtual_time():
    async def inside():
        return simulate(sample_orders())

    expected = fingerprint(a_day())
    assert fingerprint(checked(asyncio.run(inside()))) == expected
    assert fingerprint(checked(run_virtual(inside()))) == expected


@pytest.mark.parametrize("speed", [10**6, 500])
def test_paced_and_virtual_runs_have_the_same_records(speed):
    run = asyncio.run(
        fulfill(sample_orders(20, gap_s=1.0), speed=speed, faults=TROUBLE, max_attempts=3)
    )
    assert fingerprint(checked(run)) == fingerprint(a_bad_day())
    assert run.digest() == a_bad_day().digest()


def test_two_runs_at_once_are_both_right():
    async def both():
        return await asyncio.gather(
            fulfill(sample_orders(20, gap_s=1.0), speed=1000, faults=TROUBLE, max_attempts=3),
            fulfill(sample_orders(), speed=500),
        )

    one, other = asyncio.run(both())
    assert fingerprint(checked(one)) == fingerprint(a_bad_day())
    assert fingerprint(checked(other)) == fingerprint(a_day())


def test_two_runs_at_once_on_one_ledger_never_sell_a_unit_twice():
    ledger = MemoryLedger(
        Network((Product("A", "a", 1, 10, 10, 10),), (Warehouse("EAST", "10001", {"A": 30}),))
    )

    def customers(name):
        return [Order(f"{name}{number}", {"A": 1}, "express", "10001") for number in range(25)]

    async def both():
        return await asyncio.gather(
            *(fulfill(customers(name), speed=1e6, ledger=ledger) for name in "AB")
        )

    runs = asyncio.run(both())
    assert sum(report.total("shipped") for run in runs for report in run.reports) == 30
    assert nothing_held(ledger).available("A") == {}


def test_reports_come_on_the_callers_loop_in_order_and_completely():
    events, threads = [], set()

    def on_start(task, worker, start_s):
        threads.add(threading.current_thread())
        events.append(("start", task.id, worker, start_s))

    def on_attempt(attempt):
        threads.add(threading.current_thread())
        asyncio.get_running_loop()
        events.append(attempt)

    run = asyncio.run(
        fulfill(
            sample_orders(20, gap_s=1.0),
            speed=1e6,
            faults=TROUBLE,
            max_attempts=3,
            on_start=on_start,
            on_attempt=on_attempt,
        )
    )
    ends = [each for each in events if not isinstance(each, tuple)]
    starts = [each[1:] for each in events if isinstance(each, tuple)]
    assert threads == {threading.main_thread()}
    assert tuple(ends) == checked(run).attempts
    assert sorted(starts) == sorted(
        (each.task_id, each.worker, each.start_s) for each in run.attempts
    )
    times_s = [each[3] if isinstance(each, tuple) else each.finish_s for each in events]
    assert times_s == sorted(times_s)


@pytest.mark.parametrize("name", ["on_start", "on_attempt"])
@pytest.mark.parametrize("after", [1, 5, 20])
def test_a_callback_that_raises_stops_the_run_and_leaves_nothing(name, after):
    ledger, calls = MemoryLedger(sample_network()), []

    def callback(*event):
        calls.append(event)
        if len(calls) == after:
            raise ZeroDivisionError("in the callback")

    with pytest.raises(ZeroDivisionError, match="in the callback"):
        asyncio.run(fulfill(sample_orders(), speed=200, ledger=ledger, **{name: callback}))
    assert len(calls) == after
    nothing_held(ledger)
    no_thread_is_left()


# Stopping


@pytest.mark.slow
def test_cancelling_at_any_moment_leaves_no_thread_no_task_and_no_reservation():
    async def stopped(delay_s):
        ledger = MemoryLedger(sample_network())
        running = asyncio.create_task(fulfill(sample_orders(), speed=400, ledger=ledger))
        await asyncio.sleep(delay_s)
        running.cancel()
        async with asyncio.timeout(5):
            with pytest.raises(asyncio.CancelledError, match=r"^$"):
                await running
        assert asyncio.all_tasks() == {asyncio.current_task()}
        nothing_held(ledger)
        no_thread_is_left()

    for step in range(25):
        asyncio.run(stopped(step * 0.003))
    assert fingerprint(a_day()) == fingerprint(
        checked(asyncio.run(fulfill(sample_orders(), speed=1e6)))
    )


def test_a_timeout_around_a_run_stops_it():
    async def short():
        async with asyncio.timeout(0.02):
            await fulfill(sample_orders(), speed=1.0)

    with pytest.raises(TimeoutError, match=r"^$"):
        asyncio.run(short())


SMALL = Network(
    (Product("A", "a", 1, 10, 10, 10),),
    (Warehouse("EAST", "10001", {"A": 2}), Warehouse("WEST", "94103", {"A": 4})),
)
SMALL_DAY = [
    Order("SPLIT", {"A": 5}, "express", "10001"),
    Order("LATER", {"A": 1}, "standard", "94103", placed_s=3.0),
    Order("WHOLE", {"A": 1}, "express", "94103", placed_s=5.0, shortage="ship_complete"),
]
SMALL_FAULTS = Faults(
    script={
        "SPLIT/packing/WEST": ("fail", "ok"),
        "SPLIT/inventory/A": ("lost_reply", "ok"),
        "LATER/shipping/WEST": ("lost_reply", "lost_reply"),
    }
)


def interrupted_at(call):
    """A small day with the system's interrupt at one of its calls; how it ended, and the calls."""
    ledger, calls = MemoryLedger(SMALL), itertools.count(1)

    def profile(*_):
        if asyncio.events._get_running_loop() is not None and next(calls) == call:
            signal.raise_signal(signal.SIGINT)

    sys.setprofile(profile)
    try:
        simulate(
            SMALL_DAY,
            ledger=ledger,
            durations=CONSTANT,
            max_attempts=2,
            workers=2,
            faults=SMALL_FAULTS,
        )
    except KeyboardInterrupt:
        nothing_held(ledger)
        return "interrupted", next(calls)
    finally:
        sys.setprofile(None)
    return "ended", next(calls)


@pytest.mark.slow
def test_an_interrupt_at_any_moment_leaves_no_reservation_and_no_loop_behind():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job may ignore it
    try:
        for call in itertools.count(1, 64):
            how, calls = interrupted_at(call)
            if how == "ended":
                break
            assert asyncio.events._get_running_loop() is None
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert call >= calls > 5_000  # it was not reached: a run makes a few calls more or less
    finally:
        signal.signal(signal.SIGINT, before)


def fails_at(call, problem):
    """A policy that goes wrong at one of its calls."""
    calls = itertools.count(1)

    def policy(task, ready_s):
        if next(calls) == call:
            if isinstance(problem, BaseException):
                raise problem
            return problem
        return 0.0

    return policy


@pytest.mark.parametrize("call", [1, 9, 25, 40])
@pytest.mark.parametrize(
    ("problem", "kind", "message"),
    [
        (ZeroDivisionError("in the policy"), ZeroDivisionError, "in the policy"),
        (
            math.nan,
            FulfillmentError,
            "policy must be a function that gives keys to sort by, got nan",
        ),
        (None, FulfillmentError, "policy must be a function that gives keys to sort by, got None"),
        (KeyboardInterrupt(), KeyboardInterrupt, "^$"),
        (SystemExit(3), SystemExit, "3"),
    ],
)
def test_a_policy_that_goes_wrong_stops_the_run_and_gives_the_stock_back(
    call, problem, kind, message
):
    ledger = MemoryLedger(sample_network())
    with pytest.raises(kind, match=message):
        simulate(sample_orders(gap_s=0.5), ledger=ledger, policy=fails_at(call, problem))
    nothing_held(ledger)


def test_keys_that_cannot_be_compared_are_an_error_with_a_name():
    ledger = MemoryLedger(sample_network())
    with pytest.raises(
        FulfillmentError, match="policy must be a function whose sort keys can be compared, got "
    ):
        simulate(
            sample_orders(gap_s=0.1),
            ledger=ledger,
            workers=2,
            policy=lambda task, ready_s: ready_s if task.priority else task.kind.value,
        )
    nothing_held(ledger)


def test_no_garbage_is_left_that_complains_later():
    a_bad_day()
    asyncio.run(fulfill(ORDER, speed=1e6))
    gc.collect()  # warnings about coroutines and tasks are errors here
    no_thread_is_left()


def test_a_ledger_that_has_worked_on_the_orders_is_refused_and_a_new_one_is_not():
    network, orders = sample_network(), sample_orders(3)
    ledger = MemoryLedger(network)
    checked(simulate(orders, network, ledger=ledger))
    before = ledger.movements
    with pytest.raises(
        ArgumentError,
        match=r"ledger must be one that has not worked on these "
        r"orders, .*it knows 'ORD-001' already; make a new",
    ):
        simulate(orders, network, ledger=ledger)
    assert ledger.movements == before
    checked(simulate(orders, network, ledger=MemoryLedger(network)))


def test_a_stopped_run_voids_the_labels_of_what_did_not_leave():
    network = sample_network()
    ledger = MemoryLedger(network)
    order = Order("A", {"MOUSE-002": 1}, "express", "94103")
    faults = Faults(script={"A/shipping/WEST": ("lost_reply",)})
    intake = Intake.of(
        [order],
        network,
        None,
        ledger,
        None,
        60.0,
        {"faults": faults, "durations": Durations.constant(1, 4, 2)},
    )

    async def stopped_at(seconds):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await _run(intake, None, None)

    run_virtual(stopped_at(8.0))  # the label is there from second 7, its reply is lost
    nothing_held(ledger)
    assert ledger.label("A/shipping/WEST", None).order_id == "A"
    assert ledger.voided == ("A/shipping/WEST",)
