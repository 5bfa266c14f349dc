"""Real time, signals, a kernel: the same records, nothing left open, and the next run is right."""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from check_run import checked
from child import python
from jupyter_client.manager import KernelManager
from left_open import nothing_left_open

from fulfillment_lib import Faults, fulfill, sample_orders, simulate
from fulfillment_lib.stock import SqliteLedger

pytestmark = pytest.mark.slow  # real time passes

ORDERS = sample_orders(12)
TROUBLE = {"max_attempts": 3, "faults": Faults(fail=0.1, hang=0.1, lost_reply=0.1)}
EXPECTED = simulate(ORDERS, **TROUBLE)
WAIT_S = 60


@contextmanager
def a_loaded_machine() -> Iterator[None]:
    """Threads that never rest, and fight for the interpreter; and a process for each core."""
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            sum(range(2_000))

    threads = [threading.Thread(target=spin) for _ in range(3)]
    others = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(os.cpu_count() or 1)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for other in others:
            other.kill()
            other.wait()


@pytest.mark.parametrize("speed", [50, 1_000, 10**6])
def test_on_a_loaded_machine_real_time_gives_the_records_of_virtual_time(speed):
    with a_loaded_machine():
        run = asyncio.run(fulfill(ORDERS, speed=speed, **TROUBLE))
    assert checked(run).digest() == EXPECTED.digest()


INTERRUPTED = """
import asyncio, signal, threading
from fulfillment_lib import fulfill, sample_network, sample_orders, simulate
from fulfillment_lib.stock import MemoryLedger

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
ledger = MemoryLedger(sample_network())
try:
    asyncio.run(fulfill(sample_orders(12), ledger=ledger, speed=1.0,
                        on_start=lambda *_: print("begun", flush=True)))
except KeyboardInterrupt:
    print("interrupted")
print(len(ledger.reservations), "held,", threading.active_count(), "thread")
print(simulate(sample_orders(12)).digest() == simulate(sample_orders(12)).digest())
"""


@pytest.mark.skipif(os.name == "nt", reason="an interrupt goes to a whole console there")
def test_an_interrupt_gives_everything_back_and_the_next_run_is_right():
    process = python(INTERRUPTED)
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=WAIT_S)
    lines = [line for line in said.splitlines() if line != "begun"]
    assert lines == ["interrupted", "0 held, 1 thread", "True"]
    assert errors == "" and process.returncode == 0


@pytest.fixture(scope="module")
def kernel():
    manager = KernelManager()
    manager.start_kernel(extra_arguments=["--log-level=ERROR"])
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=WAIT_S)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run_cell(client, code, until=None):
    """What a cell prints and shows, and the name of its error; returns early at a printed text."""
    return listen(client, client.execute(code), until)


def listen(client, request, until=None):
    said: list[str] = []
    while True:
        try:
            message = client.get_iopub_msg(timeout=WAIT_S)
        except queue.Empty:
            pytest.fail(f"the kernel said nothing for {WAIT_S} s after {said}")
        content, kind = message["content"], message["msg_type"]
        if message["parent_header"].get("msg_id") != request:
            continue
        if kind == "stream":
            said.append(content["text"].strip())
        elif kind in ("execute_result", "display_data"):
            said.append(content["data"]["text/plain"])
        elif kind == "error":
            said.append(content["ename"])
        if (until and any(until in each for each in said)) or (
            kind == "status" and content["execution_state"] == "idle"
        ):
            return said


def test_a_kernel_that_is_interrupted_gives_everything_back_and_the_next_cell_works(kernel):
    manager, client = kernel
    run_cell(
        client,
        "from fulfillment_lib import *\n"
        "from fulfillment_lib.stock import MemoryLedger\n"
        "orders, ledger = sample_orders(12), MemoryLedger(sample_network())",
    )
    running = client.execute(
        "await fulfill(orders, ledger=ledger, speed=1, on_start=lambda *_: print('begun'))"
    )
    assert listen(client, running, until="begun")[-1].startswith("begun")
    manager.interrupt_kernel()
    assert listen(client, running)[-1] in ("KeyboardInterrupt", "CancelledError")
    said = run_cell(
        client,
        f"len(ledger.reservations), simulate(orders).digest() == {simulate(ORDERS).digest()!r}",
    )
    assert said == ["(0, True)"]


def test_two_runs_at_once_in_one_kernel_are_both_right(kernel):
    _, client = kernel
    said = run_cell(
        client,
        "import asyncio\n"
        "two = await asyncio.gather(fulfill(sample_orders(12), speed=200), "
        "fulfill(sample_orders(8), speed=150, workers=2))\n"
        "print(*[run.digest() for run in two])",
    )
    assert said[-1].split() == [
        simulate(ORDERS).digest(),
        simulate(sample_orders(8), workers=2).digest(),
    ]


def test_nothing_is_left_open_by_runs_of_any_kind(tmp_path):
    def all_kinds(number: int) -> None:
        simulate(ORDERS, **TROUBLE)
        asyncio.run(fulfill(ORDERS, speed=1e6, **TROUBLE))
        with SqliteLedger(tmp_path / f"{number}.db", EXPECTED.network) as ledger:
            simulate(ORDERS, ledger=ledger, **TROUBLE)

        async def cancelled() -> None:
            running = asyncio.create_task(fulfill(ORDERS, speed=1.0))
            await asyncio.sleep(0.02)
            running.cancel()
            await asyncio.wait([running])
            assert asyncio.all_tasks() == {asyncio.current_task()}

        asyncio.run(cancelled())

    all_kinds(0)
    with nothing_left_open():
        for number in range(1, 6):
            all_kinds(number)
