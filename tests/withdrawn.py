"""Sentences that lessons once printed as findings, and that a thousand days do not bear out.

They were chance, or an artefact of how the days were chosen. They stay here to show that the check
of claims would have stopped them.
"""

from __future__ import annotations

import random
from heapq import heapify, heapreplace
from statistics import fmean, stdev

from claimed.claim import Claim
from claimed.days import day, mean_lead_s, mean_wait_s

from fulfillment_lib.analysis.kpis import figures
from fulfillment_lib.analysis.theory import mmc_wait
from fulfillment_lib.course.black_friday import bill, black_friday
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.scenarios import Scenario, b2b, scarce_stock, web_shop
from fulfillment_lib.settings import Settings

LOADS = (0.45, 0.6, 0.7, 0.8, 0.85, 0.9)
T_OF_TEN_RUNS = 2.262  # Student's t at 97.5 % with 9 degrees of freedom
RULES = ("fifo", "express_first", "shortest_first", "earliest_due")


def bill_of_seven_over_eight(seed: int) -> float:
    seven, eight = (
        bill(
            day(black_friday, seed, workers=count, max_attempts=6, timeout_s=6.5, backoff_s=0.0)
        ).total
        for count in (7, 8)
    )
    return seven - eight


def mean_wait_of_a_queue_s(load: float, seed: int, jobs: int = 4_000) -> float:
    """The mean wait of the last jobs at five servers: who is free first serves who came first."""
    draw = random.Random(seed)
    free_s, now_s, waits = [0.0] * 5, 0.0, []
    heapify(free_s)
    for _ in range(jobs):
        now_s += draw.expovariate(5 * load)
        draw.random()  # where the lesson draws a priority
        start_s = max(now_s, free_s[0])
        heapreplace(free_s, start_s + draw.expovariate(1))
        waits.append(start_s - now_s)
    return fmean(waits[500:])


def all_intervals_reach_the_curve(seed: int) -> bool:
    """Six loads, each with the same ten seeds."""
    for load in LOADS:
        runs = [mean_wait_of_a_queue_s(load, 10 * seed + number) for number in range(10)]
        half = T_OF_TEN_RUNS * stdev(runs) / len(runs) ** 0.5
        if abs(fmean(runs) - mmc_wait(5 * load, 1, 5)) > half:
            return False
    return True


def promise_kept(seed: int, workers: int) -> bool:
    return figures(day(web_shop, seed, workers=workers))["express_lead_time_p95_s"] <= 15


def four_keep_the_promise(seed: int) -> bool:
    return promise_kept(seed, 4)


def four_keep_it_and_five_do_not(seed: int) -> float:
    return float(promise_kept(seed, 4)) - float(promise_kept(seed, 5))


def busy_day(seed: int) -> Scenario:
    orders = sample_orders(60, gap_s=1.7, express_share=0.3, seed=seed)
    return Scenario("a busy day", orders, sample_network(10), Settings(seed=seed))


def shortest_first_over_fifo(seed: int) -> float:
    shortest, fifo = (
        mean_wait_s(day(busy_day, seed, policy=policy)) for policy in ("shortest_first", "fifo")
    )
    return shortest - fifo


def lead_of_fifo_below_all_others(seed: int) -> float:
    leads = {rule: mean_lead_s(day(b2b, seed, policy=rule)) for rule in RULES}
    return min(leads[rule] for rule in RULES[1:]) - leads["fifo"]


def shortest_first_is_the_best_where_stock_is_scarce(seed: int) -> bool:
    leads = {rule: mean_lead_s(day(scarce_stock, seed, policy=rule)) for rule in RULES}
    return all(leads["shortest_first"] < leads[rule] for rule in RULES if rule != "shortest_first")


WITHDRAWN = (
    Claim(
        "09.a",
        "Eight workers cost a little more on a quiet day and much less on a bad one",
        "bill, seven − eight workers",
        "dollars",
        "> 0",
        bill_of_seven_over_eight,
    ),
    Claim(
        "08.a",
        "The dots lie on the curve, or their intervals reach it",
        "all six intervals hold the formula, with the same ten seeds at every load",
        "days",
        "always",
        all_intervals_reach_the_curve,
        days=100,
        reason="a day is sixty runs",
    ),
    Claim(
        "08.b",
        "If it must be every day, it takes four",
        "the promise is kept by four workers",
        "days",
        "always",
        four_keep_the_promise,
    ),
    Claim(
        "08.c",
        "With five it is 19 days again",
        "days kept by four workers − by five",
        "of a day",
        "> 0",
        four_keep_it_and_five_do_not,
    ),
    Claim(
        "03.a",
        "some rules are better than others after all, not for the waits of tasks",
        "mean wait of tasks, shortest first − fifo",
        "s",
        "-0.1 to 0.1",
        shortest_first_over_fifo,
    ),
    Claim(
        "06.a",
        "For B2B the best of four rules is fifo",
        "mean lead time, the best of the other three − fifo",
        "s",
        "> 0",
        lead_of_fifo_below_all_others,
    ),
    Claim(
        "06.b",
        "For scarce stock the best rule is shortest first",
        "shortest first has the shortest mean lead time of the four",
        "days",
        "0.5 to 1",
        shortest_first_is_the_best_where_stock_is_scarce,
    ),
)
