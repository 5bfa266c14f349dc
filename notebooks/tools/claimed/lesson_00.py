"""What lesson 00 claims: a chain limits one order, workers do not idle, no unit is lost."""

from __future__ import annotations

from claimed.claim import Claim
from claimed.days import day, mean_lead_s
from fulfillment_lib.analysis import invariants
from fulfillment_lib.engine.tasks import Outcome
from fulfillment_lib.plan import TaskKind
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Settings


def one_order(seed: int) -> Scenario:
    """An order that has the workers to itself, with at most three lines, as in section 2."""
    return Scenario("one", sample_orders(1, seed=seed), sample_network(), Settings(seed=seed))


def twelve_orders(seed: int) -> Scenario:
    """A day like the one of section 3."""
    return Scenario("twelve", sample_orders(12, seed=seed), sample_network(), Settings(seed=seed))


def same_lead(seed: int) -> bool:
    """Whether one order takes as long with a hundred workers as with five."""
    few, many = (day(one_order, seed, workers=workers) for workers in (5, 100))
    return few.reports[0].lead_time_s == many.reports[0].lead_time_s


def nobody_idle(seed: int) -> bool:
    """Whether no worker was idle while a task was ready; the checker looks at each dispatch."""
    return not invariants.check(day(twelve_orders, seed))


def none_stopped(seed: int) -> bool:
    """Whether no packing was stopped after 10 s."""
    return not any(
        attempt.outcome is Outcome.TIMED_OUT
        for attempt in day(twelve_orders, seed).attempts
        if attempt.kind == TaskKind.PACKING
    )


def accounted_for(seed: int) -> bool:
    """Whether each order line's units were shipped, wait, or were cancelled."""
    return all(
        line.ordered == line.shipped + line.backordered + line.cancelled
        for report in day(twelve_orders, seed).reports
        for line in report.lines
    )


def standard_loses_more(seed: int) -> float:
    """Added to the mean lead time by two workers less, standard − express; 0 without a class."""
    five, three = (day(twelve_orders, seed, workers=workers) for workers in (5, 3))
    classes = {report.priority.name.lower() for report in five.reports}
    if len(classes) == 1:
        return 0.0
    standard, express = (
        mean_lead_s(three, name) - mean_lead_s(five, name) for name in ("standard", "express")
    )
    return standard - express


CLAIMS = (
    Claim(
        number="00.1",
        sentence="More workers would not make this order any faster",
        quantity="an order that is alone takes as long with a hundred workers as with five",
        unit="days",
        expected="always",
        measure=same_lead,
    ),
    Claim(
        number="00.2",
        sentence="nobody stands idle while there is work that could be done",
        quantity="no worker was idle while a task was ready",
        unit="days",
        expected="always",
        measure=nobody_idle,
    ),
    Claim(
        number="00.3",
        sentence="Every ordered unit is accounted for",
        quantity="ordered = shipped + backordered + cancelled in every order line",
        unit="days",
        expected="always",
        measure=accounted_for,
    ),
    Claim(
        number="00.4",
        sentence="On most days of this kind no packing is stopped",
        quantity="no packing is stopped after 10 s",
        unit="days",
        expected="0.5 to 1",
        measure=none_stopped,
    ),
    Claim(
        number="00.5",
        sentence="standard orders lose more than express orders",
        quantity="added to the mean lead time by two workers less, standard − express",
        unit="s",
        expected="> 0",
        measure=standard_loses_more,
    ),
)
