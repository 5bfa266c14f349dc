"""The library in a browser's Python: Pyodide's core under Node, without threads or other libraries.

The package `pyodide` of npm (14 MB) is unpacked once, in the cache of pytest.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

import fulfillment_lib
from fulfillment_lib import sample_orders, simulate

PYODIDE = "pyodide@314.0.7"
LONGEST_S = 300  # a bound on hanging
pytestmark = pytest.mark.slow

START = """
import { loadPyodide } from "PYODIDE/pyodide.mjs";

const python = await loadPyodide({ indexURL: "PYODIDE" });
python.mountNodeFS("/source", "SOURCE");
python.runPython("import sys; sys.path.insert(0, '/source')");
console.log(await python.runPythonAsync(PROGRAM));
"""

PROGRAM = """
import asyncio, hashlib, json, sys, threading
from fulfillment_lib import Task, WorkerPool, run_virtual, sample_orders, simulate

def attempts():
    run = simulate(sample_orders(12), max_attempts=2)
    return hashlib.sha256(repr(run.attempts).encode()).hexdigest()

async def in_a_task():
    task = asyncio.current_task()
    found = attempts()
    await asyncio.sleep(0)
    return found, asyncio.current_task() is task

async def pooled():
    async def nap(task):
        await asyncio.sleep(task.payload)
        return asyncio.get_running_loop().time()

    async with WorkerPool(2) as pool:
        results = [pool.submit(Task(f"t{number}", payload=number), nap) for number in range(4)]
    return [result.result().value for result in results]

async def main():
    loop = asyncio.get_running_loop()
    return {
        "platform": sys.platform,
        "in a running loop": attempts(),
        "in a task": await asyncio.create_task(in_a_task()),
        "pool": run_virtual(pooled()),
        "same loop": asyncio.get_running_loop() is loop,
        "threads": threading.active_count(),
        "other libraries": sorted({"numpy", "pandas", "matplotlib"} & set(sys.modules)),
    }

json.dumps(await main())
"""


def pyodide_in(folder: Path) -> Path:
    """The unpacked package, from npm if it is not there yet."""
    npm = shutil.which("npm")
    if not shutil.which("node") or not npm:
        pytest.skip("Node and npm are not here (on Debian: apt-get install nodejs npm)")
    unpacked = folder / "package"
    if not (unpacked / "pyodide.mjs").exists():
        order = [npm, "pack", "--silent", "--fetch-retries=1", PYODIDE]
        packed = subprocess.run(order, check=False, cwd=folder, capture_output=True, text=True)
        if packed.returncode:
            pytest.skip(f"npm does not give {PYODIDE}: {packed.stderr.strip()[-200:]}")
        with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
            archive.extractall(folder, filter="data")
    return unpacked


@pytest.fixture(scope="module")
def answers(pytestconfig: pytest.Config) -> dict[str, Any]:
    pyodide = pyodide_in(pytestconfig.cache.mkdir(PYODIDE))
    script = START.replace("PYODIDE", pyodide.as_posix())
    script = script.replace("SOURCE", Path(fulfillment_lib.__file__).parents[1].as_posix())
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script.replace("PROGRAM", json.dumps(PROGRAM))],
        check=False,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["platform"] == "emscripten"
    return found


def test_a_day_in_the_running_loop_of_a_browser_has_the_attempts_of_any_python(
    answers: dict[str, Any],
) -> None:
    attempts = simulate(sample_orders(12), max_attempts=2).attempts
    assert answers["in a running loop"] == hashlib.sha256(repr(attempts).encode()).hexdigest()


def test_a_day_inside_a_task_is_the_same_and_leaves_the_task_the_current_one(
    answers: dict[str, Any],
) -> None:
    assert answers["in a task"] == [answers["in a running loop"], True]


def test_a_pool_runs_in_virtual_time_beside_the_loop_of_the_browser(
    answers: dict[str, Any],
) -> None:
    assert answers["pool"] == [0.0, 1.0, 2.0, 4.0]
    assert answers["same loop"]


def test_running_orders_needs_no_thread_and_no_other_library(answers: dict[str, Any]) -> None:
    assert answers["threads"] == 1
    assert answers["other libraries"] == []
