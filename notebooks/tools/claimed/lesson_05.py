"""What lesson 05 claims: units and seconds add up, and one number about a day is not enough."""

from __future__ import annotations

from claimed.claim import Claim
from claimed.days import day, mean_lead_s
from fulfillment_lib.analysis import anatomy, kpis
from fulfillment_lib.analysis.run import ticks
from fulfillment_lib.plan import TaskKind
from fulfillment_lib.records import UNIT_COLUMNS
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Faults, Settings


def calm_day(seed: int) -> Scenario:
    """The day of sections 1 to 3."""
    orders = sample_orders(12, seed=seed)
    return Scenario("a day", orders, sample_network(), Settings(seed=seed))


def worse_day(seed: int) -> Scenario:
    """The day of section 4: orders come faster, some attempts fail or hang."""
    settings = Settings(seed=seed, max_attempts=2, faults=Faults(fail=0.05, hang=0.05))
    orders = sample_orders(12, seed=seed, gap_s=1.2)
    return Scenario("a worse day", orders, sample_network(), settings)


def panel_day(seed: int, stock: float = 1.0) -> Scenario:
    """The day of the panel, perhaps with less stock."""
    orders = sample_orders(12, seed=seed, gap_s=1.2)
    return Scenario("the panel's day", orders, sample_network(stock), Settings(seed=seed))


def half_stock_day(seed: int) -> Scenario:
    """The day of the panel with half the stock."""
    return panel_day(seed, 0.5)


def completed_too_many(seed: int) -> float:
    """Orders of which something was shipped − orders that got everything."""
    summary = day(calm_day, seed).summary()
    shipped, ordered = summary["units_shipped"], summary["units_ordered"]
    return float((shipped > 0).sum() - (shipped == ordered).sum())


def units_add_up(seed: int) -> bool:
    """Shipped + backordered + cancelled are the units ordered, on each line of the worse day."""
    return all(
        line.ordered == sum(getattr(line, column) for column in UNIT_COLUMNS[1:])
        for report in day(worse_day, seed).reports
        for line in report.lines
    )


def order_fill_below(seed: int) -> float:
    """The lower of line fill and unit fill − order fill, in percentage points."""
    ((line, unit, order),) = kpis(day(calm_day, seed))[
        ["line_fill", "unit_fill", "order_fill"]
    ].to_numpy()
    return float(100 * (min(line, unit) - order))


def service_of_the_longest(seed: int) -> float:
    """Of 100 seconds of the longest lead time, those in which a service went on that succeeded."""
    run = day(worse_day, seed)
    longest = max(run.reports, key=lambda report: report.lead_time_s)
    table = anatomy(run)
    service = table["segment"].isin([kind.value for kind in TaskKind])
    mine = table[service & (table["order_id"] == longest.order_id)]
    return float(100 * mine["seconds"].sum() / longest.lead_time_s)


def seconds_add_up(seed: int) -> bool:
    """The segments of each order add up to its lead time, in whole microseconds."""
    run = day(worse_day, seed)
    sums = dict.fromkeys((report.order_id for report in run.reports), 0)
    for order_id, seconds in anatomy(run)[["order_id", "seconds"]].itertuples(index=False):
        sums[order_id] += ticks(seconds)
    return all(sums[report.order_id] == ticks(report.lead_time_s) for report in run.reports)


def waits_longer_with_four(seed: int) -> float:
    """Seconds of waiting for a worker in a lead time, four workers − five, in the panel."""
    four, five = day(panel_day, seed, workers=4), day(panel_day, seed)
    waits = []
    for run in (four, five):
        table = anatomy(run)
        waiting = table[table["segment"] == "waiting for a worker"]["seconds"].sum()
        waits.append(waiting / len(run.reports))
    return float(waits[0] - waits[1])


def lead_with_half_the_stock(seed: int) -> float:
    """Mean lead time with half the stock − with all of it, in the panel."""
    return mean_lead_s(day(half_stock_day, seed)) - mean_lead_s(day(panel_day, seed))


CLAIMS = (
    Claim(
        number="05.1",
        sentence="asks only whether something was shipped counts too many",
        quantity="of 12 orders, those of which something was shipped − those that got everything",
        unit="orders",
        expected="> 0",
        measure=completed_too_many,
    ),
    Claim(
        number="05.2",
        sentence="They add up on every line",
        quantity="shipped + backordered + cancelled = ordered, on each line",
        unit="days",
        expected="always",
        measure=units_add_up,
    ),
    Claim(
        number="05.3",
        sentence="Mostly the order fill is the lowest of the three",
        quantity="the lower of line fill and unit fill − order fill",
        unit="percentage points",
        expected="> 0",
        measure=order_fill_below,
    ),
    Claim(
        number="05.4",
        sentence="service is mostly the smaller part of the longest lead time",
        quantity="of 100 s of the longest lead time, those of service that succeeded",
        unit="s",
        expected="0 to 50",
        measure=service_of_the_longest,
    ),
    Claim(
        number="05.5",
        sentence="the segments of every order add up to its lead time",
        quantity="segments = lead time, for each order",
        unit="days",
        expected="always",
        measure=seconds_add_up,
    ),
    Claim(
        number="05.6",
        sentence="With four workers it is the waiting that grows",
        quantity="waiting for a worker in a mean lead time, four workers − five",
        unit="s",
        expected="> 0",
        measure=waits_longer_with_four,
    ),
    Claim(
        number="05.7",
        sentence="with half the stock the mean lead time becomes shorter",
        quantity="mean lead time, half the stock − all of it",
        unit="s",
        expected="< 0",
        measure=lead_with_half_the_stock,
    ),
)
