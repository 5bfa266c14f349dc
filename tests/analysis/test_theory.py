"""The formulas against published values, against each other, and against the engine itself."""

import asyncio
import math
from fractions import Fraction
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment_lib import Task, WorkerPool, run_virtual, sample_orders, simulate
from fulfillment_lib.analysis import theory
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.settings import uniforms

pytestmark = pytest.mark.slow  # thousands of jobs

# Published values


# Five servers and four erlangs, as in the usual tables of Erlang C; three servers and two, with
# P(0) = 1 ÷ 9, is the worked example of M/M/3 in queueing textbooks.
@pytest.mark.parametrize(
    ("c", "load", "published"),
    [(5, 4.0, 0.5541), (3, 2.0, 0.4444), (2, 1.0, 0.3333), (1, 0.9, 0.9)],
)
def test_erlang_c_agrees_with_published_values(c, load, published):
    assert theory.erlang_c(c, load) == pytest.approx(published, abs=5e-5)


def by_definition(c, load):
    """Erlang's formula as a sum of powers and factorials, in exact fractions."""
    top = load**c / math.factorial(c) * Fraction(c) / (c - load)
    return top / (sum(load**k / Fraction(math.factorial(k)) for k in range(c)) + top)


@given(st.integers(1, 30), st.fractions(0, Fraction(99, 100), max_denominator=100))
def test_the_recursion_gives_what_the_definition_gives(c, utilization):
    load = utilization * c
    assert theory.erlang_c(c, float(load)) == pytest.approx(float(by_definition(c, load)))


def test_one_server_waits_as_the_closed_form_says():
    for utilization in (0.1, 0.5, 0.9, 0.999):
        rate, speed = 3.0 * utilization, 3.0
        assert theory.mmc_wait(rate, speed, 1) == pytest.approx(utilization / (speed - rate))


def test_two_servers_wait_as_the_closed_form_says():
    for utilization in (0.1, 0.5, 0.9, 0.999):
        probability = 2 * utilization**2 / (1 + utilization)
        assert theory.erlang_c(2, 2 * utilization) == pytest.approx(probability)
        assert theory.mmc_wait(2 * utilization, 1.0, 2) == pytest.approx(
            utilization**2 / (1 - utilization**2)
        )


def test_many_servers_are_no_trouble():
    assert theory.erlang_c(100_000, 50_000.0) == 0.0
    # Halfin and Whitt, 1981: with c = a + b√a the probability tends to 1 ÷ (1 + b Φ(b) ÷ φ(b)),
    # which is 0.2234 for b = 1.
    load = 990_000.0
    probability = theory.erlang_c(round(load + math.sqrt(load)), load)
    assert probability == pytest.approx(0.2234, abs=5e-4)


def test_nobody_waits_when_nobody_comes():
    assert theory.erlang_c(3, 0.0) == theory.mmc_wait(0.0, 1.0, 3) == 0.0
    assert theory.priority_waits([0.0, 0.0], 1.0, 3) == (0.0, 0.0)


# Cobham


def test_one_class_waits_as_in_the_queue_without_priorities():
    assert theory.priority_waits([4.5], 1.0, 5) == (theory.mmc_wait(4.5, 1.0, 5),)


def test_with_one_server_cobhams_formula_is_that_of_the_m_m_1():
    first, second = theory.priority_waits([0.3, 0.5], 1.0, 1)
    assert first == pytest.approx(0.8 / (1 - 0.3))
    assert second == pytest.approx(0.8 / ((1 - 0.3) * (1 - 0.8)))


RATES = st.lists(st.floats(0.001, 1.0), min_size=1, max_size=6)


@given(RATES, st.integers(1, 9), st.floats(0.01, 0.99))
def test_what_one_class_gains_the_others_pay(rates, c, utilization):
    """Kleinrock's conservation law: weighted by load, the mean wait is that without priorities."""
    speed = sum(rates) / (c * utilization)
    waits = theory.priority_waits(rates, speed, c)
    mean = sum(map(math.prod, zip(rates, waits, strict=True))) / sum(rates)
    assert mean == pytest.approx(theory.mmc_wait(sum(rates), speed, c))
    assert list(waits) == sorted(waits)


@given(RATES, st.integers(1, 9), st.floats(0.1, 10.0))
def test_a_clock_twice_as_fast_doubles_the_rates_and_halves_the_waits(rates, c, factor):
    speed = 1.2 * sum(rates) / c
    waits = theory.priority_waits(rates, speed, c)
    faster = theory.priority_waits([rate * factor for rate in rates], speed * factor, c)
    assert faster == pytest.approx(tuple(wait / factor for wait in waits))


# Bad arguments


@pytest.mark.parametrize("c", [0, -1, 1.5, True, "5", None, math.nan, 10**9])
def test_a_number_of_workers_that_is_none_is_refused(c):
    for call in (
        lambda: theory.erlang_c(c, 0.5),
        lambda: theory.mmc_wait(0.5, 1.0, c),
        lambda: theory.priority_waits([0.5], 1.0, c),
    ):
        with pytest.raises(ArgumentError, match="c must be a whole number from 1 to 1,000,000"):
            call()


@pytest.mark.parametrize("load", [5.0, 5.1, 900])
def test_a_load_that_the_workers_cannot_bear_is_refused(load):
    with pytest.raises(ArgumentError, match="offered_load must be less than c = 5, got"):
        theory.erlang_c(5, load)
    with pytest.raises(ArgumentError, match="the queue would grow for ever; add workers"):
        theory.mmc_wait(load, 1.0, 5)
    with pytest.raises(ArgumentError, match="must be less than c = 5"):
        theory.priority_waits([0.1, load], 1.0, 5)


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, "1", None, True])
def test_rates_and_loads_that_are_no_numbers_are_refused(value):
    with pytest.raises(ArgumentError, match="offered_load must be a number from 0"):
        theory.erlang_c(5, value)
    with pytest.raises(ArgumentError, match="arrival rate must be a number from 0"):
        theory.priority_waits([0.1, value], 1.0, 5)
    with pytest.raises(ArgumentError, match="service_rate must be a number above 0"):
        theory.mmc_wait(1.0, value, 5)


def test_rates_must_be_some_and_the_service_rate_above_zero():
    with pytest.raises(ArgumentError, match="service_rate must be a number above 0"):
        theory.mmc_wait(1.0, 0.0, 5)
    with pytest.raises(ArgumentError, match="rates must be at least one arrival rate"):
        theory.priority_waits([], 1.0, 5)
    for rates in ("12", 0.5, None):
        with pytest.raises(ArgumentError, match="rates must be a sequence of arrival rates"):
            theory.priority_waits(rates, 1.0, 5)


# The engine

WORKERS, ARRIVALS, EXPRESS_SHARE = 5, 4.5, 0.2  # services of 1 s on average: 90 % busy
EXPRESS, STANDARD = theory.priority_waits([0.9, 3.6], 1.0, WORKERS)
# The quantile 0.9995 of Student's t with 9 degrees of freedom: 99.9 %, two-sided, of ten seeds.
SEEDS, STUDENT_T = 10, 4.781
WARM_UP = 2_000  # jobs; the queue forgets its empty start in some 350 (76 s of relaxation time)


async def queue(seed, jobs, workers, policy):
    """Poisson arrivals, exponential services: the attempts of a bare pool."""

    async def serve(task):
        await asyncio.sleep(task.payload)

    async with WorkerPool(workers, 1e6, policy) as pool:
        for number in range(jobs):
            gap, service = uniforms("theory", seed, number)
            chance, _ = uniforms("class", seed, number)
            await asyncio.sleep(-math.log(gap) / ARRIVALS)
            pool.submit(
                Task(f"{number}", priority=int(chance > EXPRESS_SHARE), payload=-math.log(service)),
                serve,
            )
    return pool.attempts


def interval(values):
    """Mean and half-width of the 99.9 % interval over independent seeds."""
    assert len(values) == SEEDS
    return fmean(values), STUDENT_T * stdev(values) / math.sqrt(len(values))


def agrees(jobs, workers=WORKERS, policy="express_first"):
    """Whether theory lies in the intervals of both classes; and the intervals."""
    waits = {0: [], 1: []}
    for seed in range(SEEDS):
        settled = [
            each
            for each in run_virtual(queue(seed, jobs, workers, policy))
            if int(each.task_id) >= WARM_UP
        ]
        for priority, means in waits.items():
            means.append(fmean(each.wait_s for each in settled if each.priority == priority))
    found = [interval(waits[0]), interval(waits[1])]
    return all(
        abs(mean - wanted) <= half
        for (mean, half), wanted in zip(found, (EXPRESS, STANDARD), strict=True)
    ), found


def test_waits_in_the_engine_agree_with_cobham_and_the_intervals_are_narrow():
    right, ((_, express), (_, standard)) = agrees(jobs=12_000)
    assert right
    assert express < 0.1 * EXPRESS and standard < 0.35 * STANDARD


def test_without_priorities_the_engine_does_not_agree_with_cobham():
    right, ((mean, half), _) = agrees(jobs=WARM_UP + 500, policy="fifo")
    assert not right
    assert mean - half > EXPRESS


def test_with_a_sixth_worker_the_engine_does_not_agree_with_cobham():
    right, (_, (mean, half)) = agrees(jobs=WARM_UP + 500, workers=6)
    assert not right
    assert mean + half < STANDARD


# Little


def test_littles_law_holds_on_the_log_of_a_run():
    run = simulate(sample_orders(12))
    for span, times in (
        ("system", ("ready_s", "finish_s")),
        ("queue", ("ready_s", "start_s")),
        ("service", ("start_s", "finish_s")),
    ):
        law = theory.littles_law(run, span)
        rows = [[getattr(each, name) for name in times] for each in run.attempts]
        window_s = max(end for _, end in rows) - min(begin for begin, _ in rows)
        assert law.holds and law.area_us == law.stays_us
        assert law.arrivals == len(run.attempts)
        assert law.mean_number == pytest.approx(law.arrival_rate * law.mean_time_s)
        assert law.mean_time_s == pytest.approx(fmean(end - begin for begin, end in rows))
        assert law.arrival_rate == pytest.approx(len(rows) / window_s)
        assert law == theory.littles_law(run.timeline(), span)
    assert law.mean_number <= run.settings.workers


def test_littles_law_is_counted_along_time():
    table = {"ready_s": [6.0, 7.0, 9.0], "start_s": [6.0, 8.0, 9.0], "finish_s": [8.0, 9.0, 10.0]}
    law = theory.littles_law(table)
    assert (law.arrivals, law.window_us, law.area_us, law.stays_us) == (
        3,
        4_000_000,
        5_000_000,
        5_000_000,
    )
    assert (law.mean_number, law.arrival_rate, law.mean_time_s) == (1.25, 0.75, 5 / 3)
    assert theory.littles_law(table, "queue").mean_time_s == 1 / 3


def test_littles_law_on_an_empty_log_is_all_zero():
    law = theory.littles_law(simulate([]))
    assert (law.mean_number, law.arrival_rate, law.mean_time_s, law.holds) == (0.0, 0.0, 0.0, True)


@pytest.mark.parametrize("log", [None, 3, "run", {}, {"ready_s": [0.0]}, [1, 2]])
def test_littles_law_refuses_what_is_no_log(log):
    with pytest.raises(ArgumentError, match="log must be a run or a table with the column"):
        theory.littles_law(log)


def test_littles_law_refuses_an_unknown_span_and_times_that_are_none():
    with pytest.raises(ArgumentError, match="span must be one of 'system', 'queue', 'service'"):
        theory.littles_law(simulate([]), "shop")
    with pytest.raises(ArgumentError, match="ready_s must be a number from -1,000,000,000 to"):
        theory.littles_law({"ready_s": [math.nan], "finish_s": [1.0]})
