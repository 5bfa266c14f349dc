"""The collector is held back while somebody runs, and is as before afterwards."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

from fulfillment_lib import run_virtual
from fulfillment_lib.engine.gc_pause import THRESHOLDS, seldom_collected, set_aside


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_thresholds_are_raised_inside_and_put_back_also_after_an_error() -> None:
    gc.set_threshold(701, 11, 12)
    with pytest.raises(KeyError, match="x"), seldom_collected():
        assert gc.get_threshold() == THRESHOLDS
        raise KeyError("x")
    assert gc.get_threshold() == (701, 11, 12)


def test_the_last_of_several_blocks_in_several_threads_puts_them_back() -> None:
    gc.set_threshold(701, 11, 12)
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with seldom_collected():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with seldom_collected():
        thread.start()
        assert entered.wait(10)
    assert gc.get_threshold() == THRESHOLDS
    leave.set()
    thread.join()
    assert gc.get_threshold() == (701, 11, 12)


@pytest.mark.parametrize("chosen", [(0, 10, 10), (90_000, 5, 5)])
def test_a_collector_that_is_off_or_seldom_already_stays_so(chosen: tuple[int, int, int]) -> None:
    gc.set_threshold(*chosen)
    with seldom_collected():
        assert gc.get_threshold() == chosen
    assert gc.get_threshold() == chosen


def test_a_run_holds_it_back() -> None:
    async def thresholds() -> tuple[int, int, int]:
        return gc.get_threshold()

    gc.set_threshold(701, 11, 12)
    assert run_virtual(thresholds()) == THRESHOLDS
    assert gc.get_threshold() == (701, 11, 12)


def test_what_is_set_aside_is_passed_over_until_the_next_time():
    class Node:
        pass

    one = Node()
    one.itself = one
    gone = weakref.ref(one)
    try:
        set_aside()
        assert gc.get_freeze_count() > 0
        del one
        gc.collect()
        assert gone() is not None
        set_aside()
        assert gone() is None
    finally:
        gc.unfreeze()
