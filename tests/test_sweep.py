"""Sweeps: every combination at every seed, on the same work, on any executor, to equal rows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from fulfillment_lib import Settings, policies, sample_network, sample_orders, simulate
from fulfillment_lib.analysis import kpis
from fulfillment_lib.errors import ArgumentError, ComputationError
from fulfillment_lib.scenarios import Scenario, web_shop
from fulfillment_lib.sweep import figures, sweep

pytestmark = pytest.mark.slow  # processes are started

DAY = Scenario("a day", sample_orders(8), sample_network(), Settings())


def small_shop(seed):
    return web_shop(6, seed=seed)


def latest_first(task, ready_s):
    return -ready_s


@pytest.fixture(scope="module")
def here():
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture(scope="module")
def on_cores():
    """A sweep on the processes of this machine, made once."""
    return sweep(
        small_shop, {"workers": [2, 3], "policy": ["fifo", policies.ageing(5)]}, seeds=range(2)
    )


def test_there_is_one_row_per_combination_and_seed_in_the_order_given(here):
    table = sweep(DAY, {"workers": [3, 2], "policy": ["fifo", "express_first"]}, [7, 1], here)
    assert list(zip(table["workers"], table["policy"], table["seed"], strict=True)) == [
        (workers, policy, seed)
        for workers in (3, 2)
        for policy in ("fifo", "express_first")
        for seed in (7, 1)
    ]


def test_a_row_has_the_figures_of_the_run_that_simulate_gives(here):
    table = sweep(DAY, {"workers": [2]}, [3], here)
    run = simulate(DAY, workers=2, seed=3)
    assert table.iloc[0].to_dict() == {"workers": 2, "seed": 3, **figures(run)}
    assert table.loc[0, "makespan_s"] == run.makespan_s
    assert table.loc[0, "lead_time_mean_s"] == kpis(run).loc[0, "lead_time_mean_s"]
    express = kpis(run, by="priority").set_index("priority").loc["express"]
    assert table.loc[0, "express_wait_mean_s"] == express["wait_mean_s"]


def test_a_class_without_orders_has_no_figures(here):
    standard = sample_orders(3, express_share=0.0)
    table = sweep(Scenario("calm", standard, sample_network(), Settings()), {}, [0], here)
    assert table[["express_lead_time_mean_s", "express_wait_mean_s"]].isna().all(axis=None)
    assert table["standard_lead_time_p95_s"].notna().all()


@pytest.mark.slow
def test_the_processes_of_this_machine_give_the_same_rows_as_a_thread(here, on_cores):
    table = sweep(
        small_shop, {"workers": [2, 3], "policy": ["fifo", policies.ageing(5)]}, range(2), here
    )
    pd.testing.assert_frame_equal(table, on_cores)


def test_a_function_makes_other_orders_at_each_seed_and_a_scenario_does_not(here):
    of_function, of_scenario = sweep(small_shop, {}, [0, 1], here), sweep(DAY, {}, [0, 1], here)
    assert of_function["attempts"].nunique() == 2
    assert [simulate(small_shop(seed), seed=seed).makespan_s for seed in (0, 1)] == list(
        of_function["makespan_s"]
    )
    assert list(of_scenario["orders"]) == [8, 8]


def test_values_may_have_names(here):
    table = sweep(DAY, {"policy": {"mine": latest_first, "fifo": "fifo"}}, [0], here)
    assert list(table["policy"]) == ["mine", "fifo"]
    assert list(sweep(DAY, {"policy": [latest_first]}, [0], here)["policy"]) == ["latest_first"]


def test_numbers_of_numpy_stay_numbers(here):
    table = sweep(DAY, {"workers": np.arange(2, 4)}, [0], here)
    assert list(table["workers"]) == [2, 3] and table["workers"].dtype == "int64"


def test_a_scenario_that_cannot_be_sent_is_named():
    with pytest.raises(ArgumentError, match="scenario must be something that can be sent to a pr"):
        sweep(lambda seed: DAY, {}, [0])


def test_no_combinations_are_the_settings_of_the_scenario_and_no_seeds_no_rows(here):
    assert len(sweep(DAY, seeds=[0], executor=here)) == 1
    assert sweep(DAY, {"workers": [2]}, [], here).empty


class Recorder(ThreadPoolExecutor):
    """Counts what it is asked to compute."""

    count = 0

    def submit(self, *args, **kwargs):
        self.count += 1
        return super().submit(*args, **kwargs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vary": {"workers": [3, 0]}}, "workers must be .*, got 0"),
        ({"seeds": [0.5]}, "each of seeds must be a whole number"),
        ({"scenario": lambda seed: 5}, "what scenario makes must be a Scenario, got 5"),
        ({"watchdog_s": 0}, "watchdog_s must be a number above 0"),
    ],
)
def test_bad_arguments_are_refused_before_anything_runs(arguments, message):
    with Recorder(1) as executor, pytest.raises(ArgumentError, match=message):
        sweep(**{"scenario": DAY, "executor": executor, **arguments})
    assert executor.count == 0


@pytest.mark.parametrize("policy", [lambda task, ready_s: 0, threading.Lock().__class__])
def test_a_policy_that_cannot_be_sent_to_a_process_is_refused_before_anything_runs(policy):
    vary = {"policy": {"mine": policy}} if callable(policy) else {}
    with pytest.raises(ArgumentError, match=r"must be (something that can be sent|a name or)"):
        sweep(DAY, vary, [0])


def test_a_policy_of_the_main_script_is_refused_with_the_remedy():
    def mine(task, ready_s):
        return ready_s

    mine.__module__ = "__main__"
    with pytest.raises(ArgumentError, match=r"policy must be something that another .*; define it"):
        sweep(DAY, {"policy": {"mine": mine}}, [0])


def test_a_broken_executor_is_an_error_that_keeps_what_was_finished():
    done: Future[dict[str, float]] = Future()
    done.set_result({"makespan_s": 1.0})
    lost: Future[dict[str, float]] = Future()
    lost.set_exception(OSError("the cluster is gone"))

    answers = [done, lost]

    class HalfBroken(ThreadPoolExecutor):
        def submit(self, *_, **__):
            return answers.pop(0)

    with (
        HalfBroken(1) as executor,
        pytest.raises(
            ComputationError, match="a run of the sweep was lost: OSError: the cluster"
        ) as raised,
    ):
        sweep(DAY, {}, [4, 5], executor)
    assert raised.value.finished.to_dict("list") == {"seed": [4], "makespan_s": [1.0]}


def test_a_process_that_dies_is_an_error_with_the_remedy_for_scripts():
    with ProcessPoolExecutor(1) as executor:
        executor.submit(os._exit, 1).exception()
        with pytest.raises(Exception, match="process") as raised:
            sweep(DAY, {}, [0], executor)
    assert "terminated abruptly" in str(raised.value) or "__main__" in str(raised.value)


def test_an_executor_that_never_answers_is_given_up():
    class Silent(ThreadPoolExecutor):
        def submit(self, *_, **__):
            return Future()

    with Silent(1) as executor, pytest.raises(ComputationError, match=r"no result for 0\.05 s"):
        sweep(DAY, {}, [0], executor, watchdog_s=0.05)


@pytest.mark.skipif(os.name == "nt", reason="a process cannot interrupt itself there")
def test_an_interrupt_keeps_what_was_finished_and_says_what_is_missing():
    release = threading.Event()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job may ignore it

    class Interrupting(ThreadPoolExecutor):
        count = 0

        def submit(self, function, *args):
            self.count += 1
            if self.count == 3:

                def then_interrupt():
                    os.kill(os.getpid(), signal.SIGINT)
                    release.wait(10)

                return super().submit(then_interrupt)
            return super().submit(function, *args)

    try:
        with (
            Interrupting(1) as executor,
            pytest.warns(UserWarning, match="interrupted: 2 of 4 runs are missing"),
        ):
            table = sweep(DAY, {}, range(4), executor)
            release.set()
    finally:
        release.set()
        signal.signal(signal.SIGINT, before)
    assert list(table["seed"]) == [0, 1]


@pytest.mark.slow
def test_a_script_without_a_guard_hears_what_to_do(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from fulfillment_lib import scenarios\n"
        "from fulfillment_lib.sweep import sweep\n"
        "sweep(scenarios.web_shop, {}, [0])\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
    )
    assert done.returncode == 1
    assert "a script must call sweep under `if __name__ == '__main__':`" in done.stderr


def test_progress_is_shown_only_when_asked_for(here, capsys):
    sweep(DAY, {}, [0], here)
    assert capsys.readouterr().err == ""
    sweep(DAY, {}, [0, 1], here, progress=True)
    assert "2/2" in capsys.readouterr().err


@pytest.mark.parametrize("lack", [ImportError, NotImplementedError])
def test_where_there_are_no_processes_the_runs_are_called_in_place(monkeypatch, here, lack):
    def none(**options):
        raise lack("this Python has no processes")

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", none)
    vary = {"workers": [2, 3]}
    table = sweep(small_shop, vary, seeds=range(2))
    assert table.equals(sweep(small_shop, vary, range(2), here))
