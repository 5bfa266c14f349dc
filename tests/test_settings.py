"""Settings, and draws that depend on their key alone."""

from __future__ import annotations

import dataclasses
import math
import os
import pickle
import random
import subprocess
import sys
from collections import Counter
from datetime import date, datetime
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pytest
from check_run import checked, nothing_held
from hypothesis import given
from hypothesis import strategies as st

from fulfillment_lib import policies, sample_network, sample_orders, simulate
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.plan import TaskKind
from fulfillment_lib.settings import (
    FAULT_WORDS,
    Draw,
    Durations,
    Faults,
    Settings,
    changed,
    uniforms,
)
from fulfillment_lib.stock import MemoryLedger

MANY = 20_000
PINNED_S = 3.083456  # committed outputs depend on it
rates = st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)).map(
    lambda three: tuple(each / max(1.0, sum(three)) for each in three)
)
keys = st.tuples(st.text(max_size=5), st.sampled_from(TaskKind), st.integers(0, 9))


def draw(settings: Settings, number: int = 0, attempt: int = 1, kind: str = "packing") -> Draw:
    order_id = f"ORD-{number}"
    return settings.draw(f"{order_id}/{kind}/EAST", order_id, kind, 0, attempt)


# Settings


def test_the_defaults_are_those_of_the_contract() -> None:
    assert Settings() == Settings(
        workers=5,
        timeout_s=10.0,
        policy="express_first",
        max_attempts=1,
        backoff_s=1.0,
        seed=0,
        durations=Durations(inventory=(1.0, 0.5), packing=(4.0, 0.5), shipping=(2.0, 0.5)),
        faults=Faults(fail=0.0, hang=0.0, lost_reply=0.0, script={}),
        start_date="2026-03-02",
    )


def test_settings_are_given_by_name() -> None:
    with pytest.raises(TypeError, match="positional"):
        Settings(5)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"policy": "lifo"}, "policy must be a known policy, got 'lifo'; did you mean 'fifo'?"),
        (
            {"policy": "ageing"},
            "policy must be a known policy, got 'ageing'; write policies.ageing(",
        ),
    ],
)
def test_an_unknown_policy_is_refused_with_what_may_be_meant(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=" must be ") as caught:
        Settings(**changes)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "policy",
    [
        "fifo",
        "express_first",
        "shortest_first",
        "earliest_due",
        policies.fifo,
        policies.ageing(30),
        lambda task, ready_s: task.id,
    ],
)
def test_a_policy_is_a_name_a_value_or_a_function(policy: Any) -> None:
    assert Settings(policy=policy).policy is policy


@pytest.mark.parametrize(
    "day",
    [
        "2026-03-02",
        "20260302",
        date(2026, 3, 2),
        datetime(2026, 3, 2, 23, 59),
    ],
)
def test_the_start_date_is_kept_as_text(day: Any) -> None:
    assert Settings(start_date=day).start_date == "2026-03-02"


def test_numbers_are_kept_as_plain_numbers() -> None:
    settings = Settings(workers=np.int64(3), timeout_s=np.float32(2), seed=np.uint64(2**63 - 1))
    types = [type(each) for each in (settings.workers, settings.timeout_s, settings.seed)]
    assert types == [int, float, int]


def test_settings_are_a_value() -> None:
    settings = Settings(faults=Faults(fail=0.1, script={"t": ["hang", "ok"]}))
    twin = pickle.loads(pickle.dumps(settings))
    assert twin == settings
    assert hash(twin) == hash(settings)
    with pytest.raises(dataclasses.FrozenInstanceError, match="workers"):
        settings.workers = 9  # type: ignore[misc]
    with pytest.raises(TypeError, match="does not change"):
        settings.faults.script["t"] = ("ok",)  # type: ignore[index]


def test_changed_settings_have_the_new_values_and_keep_the_others() -> None:
    settings = Settings(seed=7, workers=2)
    assert changed(settings, {"workers": 3, "policy": "fifo"}) == Settings(
        seed=7, workers=3, policy="fifo"
    )
    assert changed(settings, {}) == settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"worker": 3}, "setting must be a known name, got 'worker'; did you mean 'workers'?"),
        ({"seed": 1, "time_out": 3}, "got 'time_out'; did you mean 'timeout_s'?"),
        ({"zzz": 3}, "got 'zzz'; known are 'backoff_s', 'durations', 'faults', "),
        ({"draw": 3}, "setting must be a known name, got 'draw'"),
    ],
)
def test_a_change_of_an_unknown_name_is_refused_with_the_nearest(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=" must be ") as caught:
        changed(Settings(), changes)
    assert message in str(caught.value)


# Durations


def test_constant_durations_draw_the_mean_every_time() -> None:
    settings = Settings(durations=Durations.constant(inventory=1, packing=4, shipping=2))
    assert [draw(settings, kind=kind).service_s for kind in TaskKind] == [1.0, 4.0, 2.0]
    assert [settings.durations.mean_s(kind) for kind in TaskKind] == [1.0, 4.0, 2.0]


def test_a_retry_of_a_slow_task_takes_the_same_time_again_and_may_fail_all_the_same() -> None:
    faults = Faults(fail=0.5)
    new_draws, same_again = (
        Settings(durations=Durations(redrawn=redrawn), faults=faults) for redrawn in (True, False)
    )
    first = draw(new_draws)
    assert draw(same_again) == first  # so that the two worlds are compared on the same work
    retries = [draw(same_again, attempt=attempt) for attempt in range(2, 12)]
    assert {retry.service_s for retry in retries} == {first.service_s}
    expected = [draw(new_draws, attempt=attempt) for attempt in range(2, 12)]
    assert [retry.fault for retry in retries] == [retry.fault for retry in expected]
    assert {"ok", "fail"} == {retry.fault for retry in retries}
    assert len({retry.service_s for retry in expected}) == 10


def test_whether_a_retry_draws_anew_is_true_or_false() -> None:
    with pytest.raises(ArgumentError, match=r"redrawn must be a bool, got 1"):
        Durations(redrawn=1)  # type: ignore[arg-type]


def test_without_spread_or_without_a_mean_there_is_nothing_to_draw() -> None:
    assert Durations(packing=(4, 0)).at("packing", 0.99) == 4.0
    assert Durations(packing=(0, 5)).at("packing", 0.99) == 0.0


@pytest.mark.parametrize(("mean", "spread"), [(4.0, 0.5), (1.0, 0.1), (2.0, 1.0)])
def test_drawn_durations_have_the_stated_mean_and_spread(mean: float, spread: float) -> None:
    settings = Settings(durations=Durations(packing=(mean, spread)))
    drawn = [draw(settings, number).service_s for number in range(MANY)]
    # Four standard errors of a sample mean; of a sample deviation, whose own error grows with the
    # weight of the tail: a lognormal has kurtosis e^4v + 2e^3v + 3e^2v - 3, v = ln(1 + spread²).
    assert fmean(drawn) == pytest.approx(mean, abs=4 * mean * spread / MANY**0.5)
    growth = 1 + spread**2
    kurtosis = growth**4 + 2 * growth**3 + 3 * growth**2 - 3
    error = 4 * ((kurtosis - 1) / (4 * MANY)) ** 0.5
    assert stdev(drawn) == pytest.approx(mean * spread, rel=error)


@given(st.floats(0, 1, exclude_min=True, exclude_max=True), st.sampled_from(TaskKind))
def test_a_duration_is_a_whole_number_of_microseconds(uniform: float, kind: TaskKind) -> None:
    service_s = Durations().at(kind, uniform)
    assert service_s >= 0.0
    assert service_s == round(service_s, 6)


def test_a_longer_mean_stretches_every_duration_alike() -> None:
    short, long = (Settings(durations=Durations(packing=(mean, 0.5))) for mean in (4.0, 8.0))
    for number in range(100):
        expected = 2 * draw(short, number).service_s
        assert draw(long, number).service_s == pytest.approx(expected, abs=2e-6)


# Faults


def test_rates_may_add_up_to_one_in_floating_point() -> None:
    assert Faults(fail=0.1, hang=0.2, lost_reply=0.7).at(0.999999) == "lost_reply"
    assert Faults(fail=1).at(0.999999) == "fail"


def test_the_script_given_is_copied_and_a_single_word_is_one_attempt() -> None:
    script: dict[str, Any] = {"t": "hang", "u": ["fail", "ok"]}
    faults = Faults(script=script)
    script["t"] = "ok"
    assert faults.script == {"t": ("hang",), "u": ("fail", "ok")}


@given(rates, st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_a_quantile_falls_into_fail_then_hang_then_lost_reply_then_nothing(
    three: tuple[float, float, float], uniform: float
) -> None:
    word = Faults(*three).at(uniform)
    before = sum(three[: FAULT_WORDS[1:].index(word)]) if word != "ok" else sum(three)
    assert uniform >= before - 1e-9
    if word != "ok":
        assert uniform <= before + three[FAULT_WORDS[1:].index(word)] + 1e-9


def test_faults_come_as_often_as_their_rates_say() -> None:
    shares = {"fail": 0.1, "hang": 0.05, "lost_reply": 0.2, "ok": 0.65}
    settings = Settings(faults=Faults(fail=0.1, hang=0.05, lost_reply=0.2))
    counts = Counter(draw(settings, number).fault for number in range(MANY))
    for word, share in shares.items():
        error = 4 * (share * (1 - share) / MANY) ** 0.5
        assert counts[word] / MANY == pytest.approx(share, abs=error)


def test_the_script_goes_before_the_rates_until_its_words_are_used_up() -> None:
    script = {"ORD-0/packing/EAST": ("hang", "ok")}
    settings = Settings(faults=Faults(fail=1.0, script=script))
    assert [draw(settings, 0, attempt).fault for attempt in (1, 2, 3)] == ["hang", "ok", "fail"]
    assert draw(settings, 1).fault == "fail"


# Draws


def test_a_draw_is_the_same_in_every_run() -> None:
    assert draw(Settings(seed=3), 5) == draw(Settings(seed=3), 5)


@given(keys, st.integers(1, 3), rates)
def test_a_draw_does_not_depend_on_settings_that_are_not_about_it(
    key: tuple[str, str, int], attempt: int, three: tuple[float, float, float]
) -> None:
    order_id, kind, part = key
    plain = Settings(seed=1)
    other = Settings(
        seed=1,
        workers=9,
        policy="fifo",
        timeout_s=3,
        max_attempts=7,
        backoff_s=2,
        start_date="2026-07-01",
        faults=Faults(*three),
    )
    one = plain.draw("one", order_id, kind, part, attempt)
    two = other.draw("two", order_id, kind, part, attempt)
    assert one.service_s == two.service_s


def test_a_higher_rate_keeps_the_faults_that_were_there() -> None:
    few, more = (Settings(faults=Faults(fail=rate)) for rate in (0.1, 0.2))
    failed = [
        {number for number in range(1_000) if draw(settings, number).fault == "fail"}
        for settings in (few, more)
    ]
    assert failed[0] < failed[1]


def test_a_draw_depends_on_every_part_of_its_key() -> None:
    base = (0, "ORD-1", "packing", 0, 1)
    variants = [
        base,
        (1, *base[1:]),
        (0, "ORD-2", *base[2:]),
        (0, "ORD-1", "shipping", 0, 1),
        (0, "ORD-1", "packing", 1, 1),
        (0, "ORD-1", "packing", 0, 2),
        (0, "ORD-11", "packing", "", 1),
        (0, "ORD-1", "1packing", "", 1),
    ]
    assert len({uniforms(*each) for each in variants}) == len(variants)


def test_a_settings_draw_depends_on_seed_order_kind_part_and_attempt() -> None:
    base = {"task_id": "T", "order_id": "A", "kind": "packing", "part": 0, "attempt": 1}
    others = [{"order_id": "B"}, {"kind": "shipping"}, {"part": 1}, {"attempt": 2}]
    times_s = [Settings().draw(**base | other).service_s for other in ({}, *others)]
    times_s.append(Settings(seed=1).draw(**base).service_s)
    assert len(set(times_s)) == 6
    assert Settings().draw(**base | {"task_id": "U"}).service_s == times_s[0]


def test_service_time_and_fault_are_independent_of_each_other() -> None:
    pairs = [uniforms(0, number) for number in range(MANY)]
    correlation = np.corrcoef(np.array(pairs).T)[0, 1]
    assert abs(correlation) < 4 / MANY**0.5


def test_uniform_numbers_are_uniform() -> None:
    for place in (0, 1):
        drawn = np.sort([uniforms(0, number)[place] for number in range(MANY)])
        gap = np.max(np.abs(drawn - (np.arange(MANY) + 0.5) / MANY))
        assert gap < 1.95 / MANY**0.5  # Kolmogorov and Smirnov, at one in a thousand


@pytest.mark.parametrize("digest", [b"\0" * 16, b"\xff" * 16])
def test_uniform_numbers_never_reach_0_or_1(digest: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    class Extreme:
        def digest(self) -> bytes:
            return digest

    monkeypatch.setattr("fulfillment_lib.settings.blake2b", lambda *_, **__: Extreme())
    assert all(0.0 < each < 1.0 for each in uniforms("any"))
    assert math.isfinite(draw(Settings()).service_s)


def test_the_global_random_generator_is_left_as_it_was() -> None:
    state = random.getstate()
    draw(Settings(faults=Faults(fail=0.5)))
    assert random.getstate() == state


@pytest.mark.slow
def test_draws_are_the_same_in_another_process_with_another_hash_seed() -> None:
    code = (
        "from fulfillment_lib.settings import Faults, Settings\n"
        "settings = Settings(seed=2, faults=Faults(fail=0.3, hang=0.3))\n"
        "print([tuple(settings.draw('t', f'ORD-{i}', 'packing', 0, 1)) for i in range(9)])"
    )
    printed = set()
    for hash_seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "LC_ALL": "C", "TZ": "Asia/Tokyo"}
        result = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        printed.add(result.stdout.strip())
    settings = Settings(seed=2, faults=Faults(fail=0.3, hang=0.3))
    here = [tuple(settings.draw("t", f"ORD-{i}", "packing", 0, 1)) for i in range(9)]
    assert printed == {str(here)}


def test_the_way_from_a_key_to_a_draw_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fulfillment_lib.settings.SALT", b"pinned")  # whatever salt is chosen
    assert draw(Settings()) == Draw(PINNED_S, "ok")


@pytest.mark.parametrize(("attempts", "backoff_s"), [(32, 1.0), (100, 1.0), (9, 1e7)])
def test_pauses_that_no_clock_can_wait_for_are_refused(attempts, backoff_s):
    with pytest.raises(
        ArgumentError,
        match=rf"max_attempts must be so few .* at most 1,000,000,000 s, got {attempts}; give back",
    ):
        Settings(max_attempts=attempts, backoff_s=backoff_s)
    assert Settings(max_attempts=attempts, backoff_s=0.0).max_attempts == attempts


@pytest.mark.slow
@given(
    st.sampled_from([(31, 1.0), (20, 1_000.0), (8, 1e7), (51, 1e-6), (100, 0.0)]),
    st.sampled_from([10.0, 1e7]),
    st.sampled_from([Faults(fail=0.9), Faults(hang=0.9), Faults(0.3, 0.3, 0.35)]),
    st.integers(0, 1_000),
    st.sampled_from(["1900-01-01", "2200-12-31"]),
)
def test_with_as_many_attempts_as_there_may_be_a_day_still_ends(
    most: tuple[int, float], timeout_s: float, faults: Faults, seed: int, start_date: str
) -> None:
    ledger, (attempts, backoff_s) = MemoryLedger(sample_network()), most
    run = simulate(
        sample_orders(5),
        ledger=ledger,
        max_attempts=attempts,
        backoff_s=backoff_s,
        timeout_s=timeout_s,
        faults=faults,
        seed=seed,
        start_date=start_date,
    )
    checked(run)
    nothing_held(ledger)
    assert run.makespan_s < 1e11
    errors = {attempt.error.partition(" ")[0] for attempt in run.attempts}
    assert errors <= {"", "SimulatedFailure:", "no"}
