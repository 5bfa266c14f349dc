"""Faults wherever an operation can fail: nothing is lost or left open, and the next run is right.

Every test counts what it puts in; the terminal shows the sums.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from check_run import checked, nothing_held
from left_open import nothing_left_open
from tripping import cancels, exits, interrupts, loops, stops

from fulfillment_lib import (
    Attempt,
    Durations,
    Faults,
    FulfillmentRun,
    Network,
    Order,
    Outcome,
    Product,
    Settings,
    Task,
    TaskResult,
    Warehouse,
    WorkerPool,
    fulfill,
    run_virtual,
    simulate,
)
from fulfillment_lib.engine.loop import VirtualLoop
from fulfillment_lib.errors import ComputationError
from fulfillment_lib.intake import Intake
from fulfillment_lib.operations.workplace import GO_ON, InlineExecutor
from fulfillment_lib.run import _run
from fulfillment_lib.stock import MemoryLedger

pytestmark = pytest.mark.slow  # every fault at every place

RULES = ("backorder", "short_ship", "ship_complete")
CONSTANT = Durations.constant(inventory=1, packing=4, shipping=2)
WHERE = Network(
    [Product("A", "a", 1, 10, 10, 10), Product("B", "b", 1, 10, 10, 10)],
    [Warehouse("EAST", "10001", {"A": 3, "B": 9}), Warehouse("WEST", "94103", {"A": 9})],
)
DAY = [  # a line that is split, an order of two lines, one from far away
    Order("SPLIT", {"A": 11}, "standard", "10001"),
    Order("TWO", {"B": 2, "A": 1}, "express", "10001", placed_s=0.5),
    Order("FAR", {"B": 1}, "express", "94103", placed_s=3.0),
]
BAD_DAY = Settings(
    workers=2,
    max_attempts=2,
    durations=CONSTANT,
    faults=Faults(
        script={
            "SPLIT/packing/WEST": ("fail", "ok"),
            "SPLIT/inventory/A": ("lost_reply", "ok"),
            "TWO/inventory/B": ("hang", "hang"),
            "FAR/shipping/EAST": ("lost_reply", "lost_reply"),
        }
    ),
)


class Halt(BaseException):
    """An error that `except Exception` does not see."""


def the_next_day() -> str:
    return checked(simulate(DAY, WHERE, BAD_DAY)).digest()


@pytest.fixture(scope="module")
def right() -> str:
    """The next day as it is before anything has gone wrong."""
    return the_next_day()


@pytest.fixture(autouse=True)
def all_is_well_afterwards(right: str) -> Iterator[None]:
    """Nothing is left open, and the next run in this process is right."""
    with nothing_left_open():
        yield
        assert the_next_day() == right


def day_of(rule: str) -> list[Order]:
    return [replace(order, shortage=rule) for order in DAY]


def run_on(
    ledger: Any,
    settings: Settings = BAD_DAY,
    executor: Any = None,
    orders: Any = DAY,
) -> Coroutine[Any, Any, FulfillmentRun]:
    """A run that was not started yet, as one coroutine."""
    return _run(Intake.of(orders, WHERE, settings, ledger, executor, 60.0, {}), None, None)


# Words of the script, and rates


ENDS = {"fail": Outcome.FAILED, "hang": Outcome.TIMED_OUT, "lost_reply": Outcome.TIMED_OUT}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_any_fault_at_any_attempt_of_any_task_ends_as_it_must(
    rule: str, number: int, injected: Counter[str]
) -> None:
    orders, settings = day_of(rule), Settings(durations=CONSTANT, max_attempts=3)
    names = [each.task.id for each in checked(simulate(orders, WHERE, settings)).results]
    assert len(names) == 14
    for name, word, before in itertools.product(names, ENDS, ENDS):
        script = {name: (*[before] * (number - 1), word, "ok")}
        ledger = MemoryLedger(WHERE)
        run = checked(
            simulate(orders, WHERE, settings, ledger=ledger, faults=Faults(script=script))
        )
        nothing_held(ledger)
        [result] = [each for each in run.results if each.task.id == name]
        assert [each.outcome for each in result.attempts] == [
            *[ENDS[before]] * (number - 1),
            ENDS[word],
            *[Outcome.SUCCEEDED] * (number < 3),
        ]
        assert result.succeeded == (number < 3)
        assert run.unused_faults == ()
        injected.update({word: 1, before: number - 1})


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "rates",
    [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.5, 0, 0), (0, 0.5, 0), (0, 0, 0.5), (0.3, 0.3, 0.3)],
)
def test_faults_at_any_rate_lose_nothing(
    rule: str, rates: tuple[float, float, float], injected: Counter[str]
) -> None:
    for seed, attempts in itertools.product(range(8), (1, 3)):
        ledger = MemoryLedger(WHERE)
        run = checked(
            simulate(
                day_of(rule),
                WHERE,
                ledger=ledger,
                seed=seed,
                workers=2,
                max_attempts=attempts,
                faults=Faults(*rates),
            )
        )
        nothing_held(ledger)
        kinds = {each.task.id: each.task.kind for each in run.results}
        for each in run.attempts:
            part = each.task_id.split("/")[2]
            place = part if each.kind == "inventory" else ["EAST", "WEST"].index(part)
            injected[
                run.settings.draw(
                    each.task_id, each.order_id, kinds[each.task_id], place, each.attempt
                ).fault
            ] += 1
    del injected["ok"]


# At every callback of the loop


LATE = Order("LATE", {"B": 1, "A": 1}, "express", "94103", placed_s=5.0, shortage="ship_complete")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trip", "times", "error"),
    [
        (cancels, 1, asyncio.CancelledError),
        (cancels, 5, asyncio.CancelledError),
        (stops, 1, RuntimeError),
        (interrupts, 1, KeyboardInterrupt),
        (exits, 1, SystemExit),
    ],
)
def test_a_run_can_be_ended_at_any_moment(
    trip: Any, times: int, error: type[BaseException], injected: Counter[str]
) -> None:
    for loop in loops(trip, times, at_least=100):
        ledger = MemoryLedger(WHERE)
        try:
            run = loop.run(run_on(ledger, orders=[*DAY, LATE]))
        except error:
            injected[f"run {trip.__name__}"] += 1
            assert loop.tripped
        else:
            checked(run)
            assert not loop.tripped
            assert run.report("LATE").total("shipped") == 0  # so a reservation was given back
        nothing_held(ledger)


@pytest.mark.parametrize("hook", ["on_start", "on_attempt"])
def test_a_paced_run_can_be_cancelled_at_any_of_its_reports(
    hook: str, injected: Counter[str]
) -> None:
    async def cancelled_at(number: int, ledger: MemoryLedger) -> bool:
        reports = itertools.count(1)

        def report(*what: object) -> None:
            if next(reports) == number:
                running.cancel()

        running = asyncio.create_task(
            fulfill(DAY, WHERE, BAD_DAY, speed=1e6, ledger=ledger, **{hook: report})
        )
        await asyncio.wait([running])
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return running.cancelled()

    for number in itertools.count(1):
        ledger = MemoryLedger(WHERE)
        cancelled = asyncio.run(cancelled_at(number, ledger))
        nothing_held(ledger)
        injected[f"cancel at {hook}"] += cancelled
        if not cancelled:
            break
    assert number > len(simulate(DAY, WHERE, BAD_DAY).attempts) - 3


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_a_run_can_be_interrupted_at_any_of_its_reports(
    kind: type[BaseException], injected: Counter[str]
) -> None:
    for number in range(1, len(simulate(DAY, WHERE, BAD_DAY).attempts) + 1):
        ledger, reports = MemoryLedger(WHERE), itertools.count(1)

        def report(attempt: Attempt, number: int, reports: Iterator[int]) -> None:
            if next(reports) == number:
                raise kind("in a report")

        with nothing_left_open(), pytest.raises(kind, match="in a report"):
            simulate(
                DAY,
                WHERE,
                BAD_DAY,
                ledger=ledger,
                on_attempt=partial(report, number=number, reports=reports),
            )
        nothing_held(ledger)
        injected["report interrupts"] += 1


# A ledger that fails


CALLS = ("answered", "reserve", "held", "ship", "release", "label", "void", "movements")


class FailingLedger(MemoryLedger):
    """Raises at one of its calls, before or after the effect."""

    def __init__(self, call: int, before: bool, error: BaseException) -> None:
        super().__init__(WHERE)
        self.calls, self.fails_at, self.before, self.error = 0, call, before, error

    def __getattribute__(self, name: str) -> Any:
        if name not in CALLS or "fails_at" not in self.__dict__:
            return super().__getattribute__(name)
        method = super().__getattribute__(name)
        if name == "movements":
            return self.tried(lambda: method)
        return lambda *args: self.tried(method, *args)

    def tried(self, method: Callable[..., Any], *args: Any) -> Any:
        self.calls += 1
        fails = self.calls == self.fails_at
        if fails and self.before:
            self.fail()
        answer = method(*args)
        if fails and not self.before:
            self.fail()
        return answer

    def fail(self) -> None:
        raise self.error


class CancellingLedger(FailingLedger):
    """Cancels the run at one of its calls, and then answers as ever."""

    def fail(self) -> None:
        self.running.cancel()


def no_label_without_a_shipment(ledger: MemoryLedger) -> None:
    shipped = {
        (each.task_id.split("/")[0], each.warehouse)
        for each in ledger.movements
        if each.kind == "ship"
    }
    for name in set(ledger._labels) - set(ledger.voided):
        order, _, warehouse = name.split("/")
        assert (order, warehouse) in shipped, f"the label of {name} is not voided"


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("kind", [OSError, Halt, KeyboardInterrupt, GeneratorExit])
def test_a_ledger_may_fail_at_any_call(
    kind: type[BaseException], before: bool, injected: Counter[str]
) -> None:
    for call in itertools.count(1):
        ledger = FailingLedger(call, before, kind("the ledger"))
        try:
            checked(run_virtual(run_on(ledger)))
        except kind as error:
            assert error is ledger.error
        failed = ledger.calls >= call
        injected["ledger fails"] += failed
        del ledger.fails_at
        nothing_held(ledger)
        no_label_without_a_shipment(ledger)
        if not failed:
            break
    assert call > 15


@pytest.mark.parametrize("before", [True, False])
def test_a_run_can_be_cancelled_in_the_middle_of_any_call_of_its_ledger(
    before: bool, injected: Counter[str]
) -> None:
    async def run(ledger: CancellingLedger) -> FulfillmentRun:
        return await run_on(ledger)  # already the look at the ledger may be cancelled

    async def main(ledger: CancellingLedger) -> bool:
        ledger.running = asyncio.create_task(run(ledger))
        await asyncio.wait([ledger.running])
        return ledger.running.cancelled()

    for call in itertools.count(1):
        ledger = CancellingLedger(call, before, OSError("never raised"))
        cancelled = run_virtual(main(ledger))
        injected["cancel in a ledger's call"] += cancelled
        del ledger.fails_at
        nothing_held(ledger)
        if not cancelled:
            break
    assert call == ledger.calls + 1 > 15


def test_a_ledger_that_fails_while_a_run_is_stopped_keeps_no_other_reservation_open(
    injected: Counter[str],
) -> None:
    async def stopped(ledger: FailingLedger) -> None:
        running = asyncio.create_task(run_on(ledger, replace(BAD_DAY, faults=Faults())))
        await asyncio.sleep(2.5)
        assert len(ledger.reservations) == 4
        ledger.fails_at = ledger.calls + failing
        running.cancel()
        with pytest.raises(OSError, match="the ledger"):
            await running

    # For each of three checks: what is held, then the label and the reservation of each part.
    for failing in range(1, 12):
        ledger = FailingLedger(0, True, OSError("the ledger"))
        run_virtual(stopped(ledger))
        injected["ledger fails while stopping"] += 1
        del ledger.fails_at
        still_open = {each.task_id for each in ledger.reservations}
        assert len(still_open) <= 1
        assert not still_open or failing not in (2, 4, 7, 10)  # those void a label


# An executor that fails


class FailingExecutor(InlineExecutor):
    """Answers in another way from (or only at) one of its calls."""

    def __init__(self, call: int, answer: Callable[[], Any], for_good: bool) -> None:
        self.calls, self.fails_at, self.answer, self.for_good = 0, call, answer, for_good

    def submit(self, function: Any, /, *args: Any, **options: Any) -> Any:
        self.calls += 1
        if self.calls == self.fails_at or (self.for_good and self.calls > self.fails_at):
            return self.answer()
        return super().submit(function, *args, **options)


def refuses() -> None:
    raise BrokenProcessPool("a process ended abruptly")


def halts() -> None:
    raise Halt("in submit")


def is_cancelled() -> Future[Any]:
    future: Future[Any] = Future()
    future.cancel()
    return future


def future_with(error: BaseException) -> Callable[[], Future[Any]]:
    def breaks() -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(error)
        return future

    return breaks


def gives_nothing() -> None:
    return None


def future_of(value: object) -> Callable[[], Future[Any]]:
    def answers() -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(value)
        return future

    return answers


@pytest.mark.parametrize("for_good", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        refuses,
        halts,
        is_cancelled,
        gives_nothing,
        future_with(OSError("the cable is out")),
        future_with(Halt("in a computation")),
        future_with(CancelledError()),
        future_with(StopIteration()),
        future_of(None),
        future_of(()),
        future_of("wrong"),
    ],
)
def test_an_executor_may_break_at_any_call_and_its_run_ends(
    answer: Callable[[], Any], for_good: bool, injected: Counter[str]
) -> None:
    for call in itertools.count(1):
        ledger, executor = MemoryLedger(WHERE), FailingExecutor(call, answer, for_good)
        settings = replace(BAD_DAY, faults=Faults())
        try:
            checked(run_virtual(run_on(ledger, settings, executor)))
        except ComputationError as error:
            assert str(error).endswith(GO_ON)
            broken = True
        else:
            broken = False
        nothing_held(ledger)
        assert broken == (executor.calls >= call)
        injected["executor breaks"] += broken
        if not broken:
            break
    assert call > 8


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_that_an_executor_brings_stops_the_run(
    kind: type[BaseException], injected: Counter[str]
) -> None:
    for call in range(1, 6):
        ledger = MemoryLedger(WHERE)
        executor = FailingExecutor(call, future_with(kind("from afar")), False)
        with pytest.raises(kind, match="from afar"):
            run_virtual(run_on(ledger, executor=executor))
        nothing_held(ledger)
        injected["executor interrupts"] += 1


# Handlers that misbehave, on the virtual clock and on an ordinary loop


def unit_s() -> float:
    """A second of the virtual clock, a hundredth of one on an ordinary loop."""
    return 1.0 if isinstance(asyncio.get_running_loop(), VirtualLoop) else 0.01


async def good(task: Task) -> str:
    await asyncio.sleep(0)
    return task.id


def raises(error: BaseException) -> Callable[[Task], Coroutine[Any, Any, None]]:
    async def raising(task: Task) -> None:
        await asyncio.sleep(0)
        raise error

    return raising


async def swallows(task: Task) -> str:
    for wait_s in (99.0, 9 * unit_s()):
        try:
            await asyncio.sleep(wait_s)
        except asyncio.CancelledError:
            pass
    return "after all"


async def raises_when_cancelled(task: Task) -> None:
    try:
        await asyncio.sleep(99.0)
    finally:
        raise Halt("while it was cancelled")


async def forgets_children(task: Task) -> str:
    async def child() -> None:
        await asyncio.sleep(99.0)

    for _ in range(3):
        asyncio.ensure_future(child())  # noqa: RUF006 - forgetting it is the fault
    return "and leaves"


async def cancels_itself(task: Task) -> None:
    current = asyncio.current_task()
    assert current is not None
    current.cancel()
    await asyncio.sleep(99.0)


def not_async(task: Task) -> int:
    return 42


async def blocks_the_loop(task: Task) -> str:
    until_s = time.monotonic() + 0.06
    while time.monotonic() < until_s:
        pass
    return "late"


BAD_HANDLERS: dict[str, tuple[Any, set[str]]] = {  # and the outcomes that they may have
    "raises an Exception": (raises(ValueError("no")), {"failed"}),
    "raises a BaseException": (raises(Halt("no")), {"failed"}),
    "raises GeneratorExit": (raises(GeneratorExit("no")), {"failed"}),
    "raises CancelledError": (raises(asyncio.CancelledError("no")), {"failed"}),
    "raises a group": (
        raises(BaseExceptionGroup("all", [Halt("no"), KeyboardInterrupt()])),
        {"failed"},
    ),
    "raises StopIteration": (raises(StopIteration(1)), {"failed"}),
    "swallows cancellation": (swallows, {"timed_out"}),
    "raises when cancelled": (raises_when_cancelled, {"timed_out"}),
    "forgets its children": (forgets_children, {"succeeded"}),
    "cancels itself": (cancels_itself, {"cancelled"}),
    "is not async": (not_async, {"failed"}),
    "is no generator": (lambda task: (each for each in ()), {"failed"}),
    "gives a class": (lambda task: asyncio.Future, {"failed"}),
    "blocks the loop": (blocks_the_loop, {"timed_out", "succeeded"}),  # free in virtual time
}


@pytest.mark.parametrize("clock", [run_virtual, asyncio.run])
@pytest.mark.parametrize("name", BAD_HANDLERS)
def test_whatever_a_handler_does_it_keeps_nobody_else_from_working(
    name: str, clock: Callable[[Any], Any], injected: Counter[str]
) -> None:
    handler, outcomes = BAD_HANDLERS[name]

    async def main() -> tuple[list[Any], list[TaskResult]]:
        timeout_s = 4 * unit_s()
        async with WorkerPool(
            2, timeout_s=timeout_s, grace_s=unit_s(), max_attempts=2, backoff_s=0.0
        ) as pool:
            bad = [pool.submit(Task(f"bad {each}"), handler) for each in range(3)]
            others = [pool.submit(Task(f"good {each}", priority=1), good) for each in range(5)]
            await asyncio.wait([*bad, *others])
        assert len({(each.task_id, each.attempt) for each in pool.attempts}) == len(pool.attempts)
        ended = ["cancelled" if each.cancelled() else each.result().outcome for each in bad]
        return ended, [each.result() for each in others]

    bad, others = clock(main())
    injected["handlers misbehave"] += len(bad)
    assert set(bad) <= outcomes
    assert [each.value for each in others] == [f"good {each}" for each in range(5)]


@pytest.mark.parametrize("clock", [run_virtual, asyncio.run])
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize(
    "company",
    ["swallows cancellation", "raises when cancelled", "forgets its children", "blocks the loop"],
)
def test_an_interrupt_goes_up_whatever_the_other_handlers_do(
    company: str, kind: type[BaseException], clock: Callable[[Any], Any], injected: Counter[str]
) -> None:
    async def main() -> None:
        async with WorkerPool(2, timeout_s=99.0, grace_s=unit_s()) as pool:
            for each in range(2):
                pool.submit(Task(f"company {each}"), BAD_HANDLERS[company][0])
            pool.submit(Task("interrupt", priority=-1), raises(kind("from a handler")))

    with pytest.raises(kind, match="from a handler"):
        clock(main())
    injected["handlers interrupt"] += 1
