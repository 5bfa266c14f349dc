import asyncio
import math
import re
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from fulfillment_lib import Durations, Faults, Settings, Task, run_virtual, sample_network
from fulfillment_lib.errors import ComputationError, SimulatedFailure, shown
from fulfillment_lib.operations.workplace import InlineExecutor, Workplace, reply, serve
from fulfillment_lib.settings import Draw
from fulfillment_lib.stock import MemoryLedger


def a_workplace(executor=None, watchdog_s=60.0, **changes):
    network = sample_network()
    return Workplace(
        network,
        Settings(**changes),
        MemoryLedger(network),
        executor or InlineExecutor(),
        watchdog_s,
        {},
    )


async def lasting(coroutine):
    """How long a coroutine takes, in virtual seconds, and what it raises."""
    loop, problem = asyncio.get_running_loop(), None
    try:
        async with asyncio.timeout(100):
            await coroutine
    except Exception as error:
        problem = type(error)
    return loop.time(), problem


@pytest.mark.parametrize(
    ("fault", "takes_s", "problem"),
    [
        ("ok", 2.5, None),
        ("fail", 2.5, SimulatedFailure),
        ("hang", 100.0, TimeoutError),
        ("lost_reply", 2.5, None),
    ],
)
def test_an_attempt_serves_its_time_and_then_fails_or_hangs_if_the_draw_says_so(
    fault, takes_s, problem
):
    assert run_virtual(lasting(serve(Draw(2.5, fault)))) == (takes_s, problem)


@pytest.mark.parametrize(
    ("fault", "takes_s", "problem"),
    [
        ("ok", 0.0, None),
        ("fail", 0.0, None),
        ("hang", 0.0, None),
        ("lost_reply", 100.0, TimeoutError),
    ],
)
def test_only_a_lost_reply_keeps_the_answer_back(fault, takes_s, problem):
    assert run_virtual(lasting(reply(Draw(2.5, fault)))) == (takes_s, problem)


def test_a_failure_says_that_it_was_meant():
    with pytest.raises(SimulatedFailure, match="this attempt was set to fail"):
        run_virtual(serve(Draw(0.0, "fail")))


def test_the_inline_executor_computes_at_once_and_keeps_errors_for_later():
    assert InlineExecutor().submit(divmod, 7, 2).result(timeout=0) == (3, 1)
    assert InlineExecutor().submit(sorted, [1, 2], reverse=True).result(timeout=0) == [2, 1]
    with pytest.raises(ZeroDivisionError, match="by zero"):
        InlineExecutor().submit(divmod, 7, 0).result(timeout=0)


def test_the_inline_executor_does_not_catch_an_interrupt():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        InlineExecutor().submit(interrupted)


def test_a_draw_is_that_of_the_settings():
    workplace = a_workplace(
        durations=Durations.constant(1, 4, 2),
        faults=Faults(script={"O/packing/EAST": ("ok", "hang")}),
    )
    task = Task("O/packing/EAST", "packing", "O")
    assert workplace.draw(task, 0, 1) == (4.0, "ok")
    assert workplace.draw(task, 0, 2) == (4.0, "hang")
    assert workplace.draw(task, 0, 3) == (4.0, "ok")


def test_computing_takes_no_virtual_time_wherever_it_happens():
    async def compute(workplace):
        computation = workplace.compute(math.factorial, 20)
        await asyncio.sleep(1.0)
        return await workplace.collect(computation), asyncio.get_running_loop().time()

    with ThreadPoolExecutor(1) as threads:
        for executor in (None, threads):
            assert run_virtual(compute(a_workplace(executor))) == (math.factorial(20), 1.0)


def test_an_error_of_a_computation_comes_out_where_it_is_collected():
    async def compute(workplace):
        computation = workplace.compute(divmod, 1, 0)
        await asyncio.sleep(1.0)
        with pytest.raises(ZeroDivisionError, match="by zero"):
            await workplace.collect(computation)
        return asyncio.get_running_loop().time()

    assert run_virtual(compute(a_workplace())) == 1.0


def test_a_computation_that_never_comes_back_is_an_error_after_the_watchdog():
    class Silent(InlineExecutor):
        def submit(self, function, /, *args, **options):
            return Future()

    async def compute(workplace):
        await workplace.collect(workplace.compute(divmod, 1, 1))

    with pytest.raises(
        ComputationError,
        match=r"did not come back within 0.05 s of the wall "
        r"clock; is its executor alive\?",
    ):
        run_virtual(compute(a_workplace(Silent(), 0.05)))


@pytest.mark.parametrize("answer", ["7", ("7",), (), (7, "7"), None])
def test_an_answer_of_another_kind_is_an_error_that_shows_it(answer):
    async def compute(workplace):
        await workplace.collect(workplace.compute(lambda: answer), int)

    with pytest.raises(
        ComputationError, match=r"a computation must give a int, got " + re.escape(shown(answer))
    ):
        run_virtual(compute(a_workplace()))


@pytest.mark.parametrize("answer", [7, (7,), (7, 8)])
def test_one_value_of_a_kind_or_a_tuple_of_them_is_an_answer(answer):
    async def compute(workplace):
        return await workplace.collect(workplace.compute(lambda: answer), int)

    assert run_virtual(compute(a_workplace())) == answer


def test_results_are_delivered_in_the_order_of_collecting_not_of_computing():
    second_is_done = Event()

    def slow():
        second_is_done.wait(10)
        return "first"

    def fast():
        second_is_done.set()
        return "second"

    async def compute(workplace):
        delivered = []

        async def one(function):
            computation = workplace.compute(function)
            await asyncio.sleep(1.0)
            delivered.append(await workplace.collect(computation))

        await asyncio.gather(one(slow), one(fast))
        return delivered

    with ThreadPoolExecutor(2) as threads:
        assert run_virtual(compute(a_workplace(threads))) == ["first", "second"]
