"""Nothing is left open: the guard finds what is, and asyncio's debug mode finds nothing."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from check_run import checked
from left_open import nothing_left_open

from fulfillment_lib import (
    Attempt,
    Faults,
    Task,
    WorkerPool,
    fulfill,
    run_virtual,
    sample_orders,
    simulate,
)

pytestmark = pytest.mark.slow  # Python is started again and again

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
TROUBLE: dict[str, Any] = {"faults": Faults(0.1, 0.1, 0.1), "max_attempts": 3}
KEPT: list[Any] = []  # what the leaks below leave open


# The guard


def leave_a_task() -> Callable[[], object]:
    async def main() -> None:
        await asyncio.sleep(99.0)

    loop = asyncio.new_event_loop()
    task = loop.create_task(main())
    KEPT.append(task)

    def close() -> None:
        task.cancel()
        loop.run_until_complete(asyncio.wait([task]))
        loop.close()

    return close


def leave_a_thread() -> Callable[[], object]:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    return lambda: (over.set(), thread.join())


def leave_a_process() -> Callable[[], object]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    return lambda: process.communicate(b"\n")


def leave_a_file() -> Callable[[], object]:
    file = os.open(os.devnull, os.O_RDONLY)
    return lambda: os.close(file)


def leave_a_complaint() -> Callable[[], object]:
    logging.getLogger("asyncio").error("Task exception was never retrieved")
    return lambda: None


@pytest.mark.parametrize(
    "leave", [leave_a_task, leave_a_thread, leave_a_process, leave_a_file, leave_a_complaint]
)
def test_the_guard_finds_what_is_left_open(leave: Callable[[], Callable[[], object]]) -> None:
    close: Callable[[], object] = print
    try:
        with pytest.raises(AssertionError), nothing_left_open():
            close = leave()
    finally:
        close()
        KEPT.clear()


LEAKS = {
    "a file that nobody closes": "open(__file__)",
    "a coroutine that nobody awaits": "asyncio.sleep(0)",
    "an error in a finalizer": "type('Bad', (), {'__del__': lambda self: 1 / 0})()",
    "an error in a thread": "(thread := threading.Thread(target=int, args=('x',))).start(); "
    "thread.join()",
    "a loop that nobody closes": "asyncio.new_event_loop()",
}


def test_warnings_of_the_garbage_collector_and_of_threads_fail_a_test_here(tmp_path: Path) -> None:
    tests = "".join(
        f"def test_{number}():\n    {leak}\n    gc.collect()\n\n"
        for number, leak in enumerate(LEAKS.values())
    )
    (tmp_path / "test_leaks.py").write_text(
        f"import asyncio, gc, threading\n\n{tests}", encoding="utf-8"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-c",
            str(PROJECT),
            "--rootdir",
            str(tmp_path),
            "-p",
            "no:cacheprovider",
            "--tb=line",
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert f"{len(LEAKS)} failed" in done.stdout, done.stdout


# Debug mode


async def a_busy_pool() -> list[Attempt]:
    """Retries, timeouts, a withdrawal and a swallowed cancellation, in about a second."""
    asyncio.get_running_loop().slow_callback_duration = 99.0  # the machine may be busy

    async def handler(task: Task) -> None:
        if task.payload == "fails":
            raise ValueError
        try:
            await asyncio.sleep(99.0 if task.payload in ("hangs", "swallows") else 0.001)
        except asyncio.CancelledError:
            if task.payload != "swallows":
                raise

    async with WorkerPool(3, timeout_s=0.3, max_attempts=2, backoff_s=0.001) as pool:
        words = ("works", "fails", "hangs", "swallows", "withdrawn")
        futures = [
            pool.submit(Task(f"{word} {each}", payload=word), handler)
            for each in range(3)
            for word in words
        ]
        for each in futures[4::5]:
            each.cancel()
    return sorted(pool.attempts, key=lambda each: (each.task_id, each.attempt))


def outcomes(attempts: list[Attempt]) -> list[tuple[str, int, str]]:
    return [(each.task_id, each.attempt, each.outcome) for each in attempts]


def test_a_pool_on_an_ordinary_loop_in_debug_mode_leaves_no_complaint() -> None:
    with nothing_left_open():
        found = outcomes(asyncio.run(a_busy_pool(), debug=True))
    for word, ends in {
        "works": ["succeeded"],
        "fails": ["failed"] * 2,
        "hangs": ["timed_out"] * 2,
        "swallows": ["timed_out"] * 2,
    }.items():
        assert [end for name, _, end in found if name == f"{word} 0"] == ends
    assert outcomes(run_virtual(a_busy_pool())) == found


async def a_paced_day() -> str:
    asyncio.get_running_loop().slow_callback_duration = 99.0
    return checked(await fulfill(sample_orders(), speed=1e6, **TROUBLE)).digest()


def test_a_day_in_debug_mode_is_the_same_day(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = checked(simulate(sample_orders(), **TROUBLE)).digest()
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    with nothing_left_open():
        assert checked(simulate(sample_orders(), **TROUBLE)).digest() == expected
        assert asyncio.run(a_paced_day(), debug=True) == expected


def test_in_python_s_development_mode_nothing_is_said() -> None:
    script = (
        "import asyncio\n"
        "from test_left_open import *\n"
        "assert asyncio.run(a_paced_day()) == simulate(sample_orders(), **TROUBLE).digest()\n"
        "asyncio.run(a_busy_pool())\n"
        "run_virtual(a_busy_pool())\n"
        "gc.collect()\n"
    )
    environment = dict(
        os.environ,
        PYTHONASYNCIODEBUG="1",
        PYTHONPATH=os.pathsep.join([str(PROJECT.parent), str(Path(__file__).parent)]),
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", script],
        timeout=60,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_hundred_runs_leave_as_many_objects_as_one() -> None:
    def count() -> int:
        simulate(sample_orders(3))
        gc.collect()
        return len(gc.get_objects())

    gc.freeze()  # what is there already is not counted again and again
    try:
        count()
        before = count()
        for _ in range(100):
            simulate(sample_orders(3), **TROUBLE)
        assert count() <= before + 10
    finally:
        gc.unfreeze()
