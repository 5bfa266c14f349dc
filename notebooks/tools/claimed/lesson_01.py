"""What lesson 01 claims of splits, of waiting for all checks, and of several workers."""

from __future__ import annotations

from dataclasses import replace
from math import fsum
from statistics import fmean

from claimed.claim import Claim
from claimed.days import day
from fulfillment_lib import Order, simulate
from fulfillment_lib.orders import Network, Warehouse
from fulfillment_lib.plan import TaskKind
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Settings


def six_at_once(seed: int) -> Scenario:
    """The six orders of section 3."""
    orders = sample_orders(6, gap_s=0, seed=seed)
    return Scenario("six orders", orders, sample_network(), Settings(seed=seed))


def forty_orders(seed: int) -> Scenario:
    """Forty orders and stock for all of them, so that some are split."""
    orders = sample_orders(40, seed=seed)
    return Scenario("forty orders", orders, sample_network(4), Settings(seed=seed))


def times_as_fast(seed: int, workers: int) -> float:
    """Makespan of one worker ÷ that of several."""
    one, several = (day(six_at_once, seed, workers=count) for count in (1, workers))
    return one.makespan_s / several.makespan_s


def held_back_s(seed: int) -> float:
    """How much sooner a packing of a split order could begin if it waited for its own checks only.

    The mean over the packings of split orders in seconds; 0 on a day without any.
    """
    run = day(forty_orders, seed)
    ends_s = {attempt.task_id: attempt.finish_s for attempt in run.attempts}
    ready_s = {attempt.task_id: attempt.ready_s for attempt in run.attempts}
    gains = [
        ready_s[packing.task.id] - max(ends_s[check] for check in packing.task.depends_on)
        for report in run.reports
        if len(report.fulfillments) > 1
        for packing in run.results
        if packing.task.order_id == report.order_id and packing.task.kind == TaskKind.PACKING
    ]
    return fmean(gains) if gains else 0.0


def more_parcels(seed: int) -> float:
    """How many more parcels would leave if each line of an order were packed by itself."""
    shares = [share for report in day(forty_orders, seed).reports for share in report.fulfillments]
    return float(sum(len(share.reservations) - 1 for share in shares))


def postage(order: Order, network: Network, settings: Settings) -> tuple[int, float]:
    """From how many warehouses an order is shipped that is there alone, and what that costs."""
    report = simulate(order, network, settings).reports[0]
    return len(report.shipments), fsum(shipment.cost for shipment in report.shipments)


def split_costs_more(seed: int) -> float:
    """Postage of a split − from the cheapest warehouse that has all, in dollars per order.

    The mean over those of forty orders that are split although one warehouse has all that they
    want; each order finds the full stock.
    """
    network, settings, costs = sample_network(), Settings(seed=seed), []
    for order in sample_orders(40, seed=seed):
        places = [place for place in network.warehouses if has_all(place, order)]
        shipments, dollars = postage(order, network, settings) if places else (0, 0.0)
        if shipments > 1:
            alone = [replace(network, warehouses=(place,)) for place in places]
            costs.append(dollars - min(postage(order, place, settings)[1] for place in alone))
    return fmean(costs) if costs else 0.0


def has_all(warehouse: Warehouse, order: Order) -> bool:
    """Whether a warehouse has all units of an order."""
    return all(warehouse.stock.get(line.sku, 0) >= line.quantity for line in order.lines)


CLAIMS = (
    Claim(
        number="01.1",
        sentence="As a rule a split costs more",
        quantity="postage of a split − of one shipment from a warehouse that has all",
        unit="dollars",
        expected="> 0",
        measure=split_costs_more,
        days=300,
        reason="forty orders a day, each simulated alone, some of them twice or more",
    ),
    Claim(
        number="01.2",
        sentence="Without the barrier the packings of split orders would be ready sooner",
        quantity="packing of a split order ready − its own checks done",
        unit="s",
        expected="> 0",
        measure=held_back_s,
    ),
    Claim(
        number="01.5",
        sentence="more parcels would leave",
        quantity="parcels of forty orders, a line by itself − all lines of a warehouse together",
        unit="parcels",
        expected="> 0",
        measure=more_parcels,
    ),
    Claim(
        number="01.3",
        sentence="five workers are fast, but not five times as fast",
        quantity="six orders, makespan of one worker ÷ of five",
        unit="times",
        expected="< 5",
        measure=lambda seed: times_as_fast(seed, 5),
    ),
    Claim(
        number="01.4",
        sentence="Three workers are seldom three times as fast",
        quantity="six orders, makespan of one worker ÷ of three",
        unit="times",
        expected="< 3",
        measure=lambda seed: times_as_fast(seed, 3),
    ),
)
