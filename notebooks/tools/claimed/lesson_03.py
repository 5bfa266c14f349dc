"""What lesson 03 claims: priority moves waiting, and only a look at service times removes some."""

from __future__ import annotations

from statistics import fmean
from typing import Any

import numpy as np

from claimed.claim import Claim
from claimed.days import day, mean_lead_s, mean_wait_s
from fulfillment_lib import FulfillmentRun, policies
from fulfillment_lib.engine.tasks import Task
from fulfillment_lib.orders import Priority
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Settings

STAGES = {"shipping": 0, "packing": 1, "inventory": 2}


def busy_day(seed: int) -> Scenario:
    """The day of section 3: sixty orders, three of ten express."""
    orders = sample_orders(60, gap_s=1.7, express_share=0.3, seed=seed)
    return Scenario("a busy day", orders, sample_network(10), Settings(seed=seed))


def rush(seed: int) -> Scenario:
    """The day of section 4: nine of ten orders express, and they come too fast."""
    orders = sample_orders(60, gap_s=1.3, express_share=0.9, seed=seed)
    return Scenario("a rush", orders, sample_network(20), Settings(seed=seed))


def finish_first(task: Task, ready_s: float) -> tuple[Any, ...]:
    """The policy of section 5."""
    return task.priority, STAGES[task.kind], ready_s


def under(policy: Any, seed: int) -> FulfillmentRun:
    """The busy day under a policy."""
    return day(busy_day, seed, policy=policy)


def standard_waits_longer(seed: int) -> float:
    """Mean wait of standard tasks, express first − fifo."""
    runs = under("express_first", seed), under("fifo", seed)
    express_first, fifo = (mean_wait_s(run, "standard") for run in runs)
    return express_first - fifo


def all_wait_longer(seed: int) -> float:
    """Mean wait of all tasks, express first − fifo."""
    return mean_wait_s(under("express_first", seed)) - mean_wait_s(under("fifo", seed))


def all_wait_longer_under_shortest_first(seed: int) -> float:
    """Mean wait of all tasks, shortest first − fifo."""
    return mean_wait_s(under("shortest_first", seed)) - mean_wait_s(under("fifo", seed))


def near_the_mean(seed: int) -> float:
    """Of 100 tasks, how many wait within a quarter of the mean, express first."""
    waits = [attempt.wait_s for attempt in under("express_first", seed).attempts]
    mean = fmean(waits)
    return 100 * fmean(abs(wait - mean) <= mean / 4 for wait in waits)


def longest_standard_wait_s(policy: Any, seed: int) -> float:
    """The longest wait of a standard task in the rush; 0 if no order is standard."""
    attempts = day(rush, seed, policy=policy).attempts
    return max(
        (attempt.wait_s for attempt in attempts if attempt.priority == Priority.STANDARD),
        default=0.0,
    )


def starved(seed: int) -> float:
    """Longest wait of a standard task, express first − a head start of 10 s."""
    without = longest_standard_wait_s("express_first", seed)
    return without - longest_standard_wait_s(policies.ageing(10), seed)


def standard_leads_longer(seed: int) -> float:
    """Mean lead time of standard orders, finish first − express first."""
    runs = under(finish_first, seed), under("express_first", seed)
    finish, express = (mean_lead_s(run, "standard") for run in runs)
    return finish - express


def late_tasks_wait_longer(seed: int) -> float:
    """95th percentile of the waits of tasks, finish first − express first."""
    runs = under(finish_first, seed), under("express_first", seed)
    finish, express = (
        float(np.quantile([attempt.wait_s for attempt in run.attempts], 0.95)) for run in runs
    )
    return finish - express


CLAIMS = (
    Claim(
        number="03.1",
        sentence="What express gains, standard loses",
        quantity="mean wait of standard tasks, express first − fifo",
        unit="s",
        expected="> 0",
        measure=standard_waits_longer,
    ),
    Claim(
        number="03.2",
        sentence="the mean of all stays where it was",
        quantity="mean wait of all tasks, express first − fifo",
        unit="s",
        expected="-0.25 to 0.25",
        measure=all_wait_longer,
    ),
    Claim(
        number="03.3",
        sentence="A rule that looks at service times can remove waiting",
        quantity="mean wait of all tasks, shortest first − fifo",
        unit="s",
        expected="< 0",
        measure=all_wait_longer_under_shortest_first,
    ),
    Claim(
        number="03.4",
        sentence="A mean does not describe waiting",
        quantity="of 100 tasks, those whose wait is within a quarter of the mean",
        unit="tasks",
        expected="0 to 20",
        measure=near_the_mean,
    ),
    Claim(
        number="03.5",
        sentence="The cure is a head start",
        quantity="longest wait of a standard task, express first − head start 10 s",
        unit="s",
        expected="> 0",
        measure=starved,
    ),
    Claim(
        number="03.6",
        sentence="The mean lead time of standard orders is shorter",
        quantity="mean lead time of standard orders, finish first − express first",
        unit="s",
        expected="< 0",
        measure=standard_leads_longer,
    ),
    Claim(
        number="03.7",
        sentence="the 95th percentile of the waits of tasks is longer",
        quantity="95th percentile of the waits of tasks, finish first − express first",
        unit="s",
        expected="> 0",
        measure=late_tasks_wait_longer,
    ),
)
