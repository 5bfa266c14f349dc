"""On a cluster: the same rows and the same records, even when a worker process is killed.

A cluster of two processes on loopback. Skipped where `distributed` is not installed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from child import KILL

from fulfillment_lib import Faults, sample_network, sample_orders, simulate
from fulfillment_lib.errors import ComputationError
from fulfillment_lib.scenarios import web_shop
from fulfillment_lib.stock import MemoryLedger
from fulfillment_lib.sweep import sweep

distributed = pytest.importorskip("distributed")
# Its own threads and sockets end a moment after it is closed; what we start is ours to close.
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ORDERS = sample_orders(12)
TROUBLE: dict[str, Any] = {"max_attempts": 3, "faults": Faults(fail=0.1, lost_reply=0.1)}


def a_cluster() -> Any:
    return distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    )


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with a_cluster() as cluster, distributed.Client(cluster) as client:
        yield client


def small_shop(seed: int) -> Any:
    return web_shop(6, seed=seed)


def test_the_cluster_listens_on_loopback_only(client):
    addresses = [client.scheduler.address, *client.scheduler_info()["workers"]]
    assert len(addresses) == 3
    assert all(each.startswith("tcp://127.0.0.1:") for each in addresses)


def test_a_sweep_has_the_same_rows_on_the_cluster_as_on_this_machine(client):
    vary, seeds = {"workers": [2, 4]}, range(3)
    pd.testing.assert_frame_equal(
        sweep(small_shop, vary, seeds, client.get_executor()), sweep(small_shop, vary, seeds)
    )


def test_packing_and_shipping_are_computed_on_the_cluster_and_no_record_differs(client):
    here = simulate(ORDERS, **TROUBLE)
    there = simulate(ORDERS, executor=client.get_executor(), **TROUBLE)
    assert there.digest() == here.digest()
    assert set(client.run(os.getpid).values()).isdisjoint({os.getpid()})


def test_a_worker_process_that_is_killed_in_mid_run_changes_no_record(client):
    here = simulate(ORDERS, **TROUBLE)
    victims = list(client.run(os.getpid).values())

    def kill_one(attempt: Any) -> None:
        if attempt.finish_s > here.makespan_s / 3 and victims:
            os.kill(victims.pop(), KILL)
            victims.clear()

    there = simulate(ORDERS, executor=client.get_executor(), on_attempt=kill_one, **TROUBLE)
    assert not victims
    assert there.digest() == here.digest()
    client.wait_for_workers(2, timeout=60)


def test_a_sweep_outlives_a_worker_process_that_is_killed(client):
    expected = sweep(small_shop, {}, range(8))
    pid = next(iter(client.run(os.getpid).values()))
    timer = threading.Timer(0.05, os.kill, (pid, KILL))
    timer.start()
    try:
        pd.testing.assert_frame_equal(
            sweep(small_shop, {}, range(8), client.get_executor()), expected
        )
    finally:
        timer.join()
    client.wait_for_workers(2, timeout=60)


def test_a_run_on_a_cluster_that_has_gone_ends_with_a_named_error_and_loses_nothing():
    with a_cluster() as cluster, distributed.Client(cluster) as mine:
        executor = mine.get_executor()
        executor.submit(int).result()
    ledger = MemoryLedger(sample_network())
    with pytest.raises(ComputationError, match="give the same call an executor that works"):
        simulate(ORDERS, executor=executor, watchdog_s=0.5, ledger=ledger)
    assert ledger.reservations == ()


def test_a_sweep_on_a_cluster_that_has_gone_is_an_error():
    with a_cluster() as cluster, distributed.Client(cluster) as mine:
        executor = mine.get_executor()
    with pytest.raises(ComputationError, match="a run of the sweep was lost: "):
        sweep(small_shop, {}, [0], executor, watchdog_s=5)


def test_a_policy_that_cannot_be_sent_is_an_error_and_nothing_runs(client):
    lock = threading.Lock()

    def locked(task: Any, ready_s: float) -> float:
        with lock:
            return ready_s

    with pytest.raises(ComputationError, match="a run of the sweep was lost: "):
        sweep(small_shop, {"policy": {"locked": locked}}, [0], client.get_executor())
