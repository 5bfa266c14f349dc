"""What lesson 10 claims: what a parcel is billed for, who flies it, and what fewer parcels cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from claimed.claim import Claim
from claimed.days import day, mean_lead_s
from fulfillment_lib.plan import TaskKind
from fulfillment_lib.records import Shipment
from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Durations, Settings

Make = Callable[..., Scenario]
CALM: dict[str, Any] = {
    "workers": 100,
    "timeout_s": 1_000.0,
}  # nothing waits, and nothing times out
LIGHT_KG, HEAVY_KG = 2.0, 3.5


def scarce_day(seed: int) -> Scenario:
    """Twelve orders and the stock of the sample network."""
    settings = Settings(seed=seed, **CALM)
    return Scenario("scarce", sample_orders(12, seed=seed), sample_network(), settings)


def full_day(seed: int) -> Scenario:
    """Forty orders and ten times the stock."""
    settings = Settings(seed=seed, **CALM)
    return Scenario("full", sample_orders(40, seed=seed), sample_network(10), settings)


def standard_day(seed: int, promise_days: int = 5) -> Scenario:
    """The full day with standard orders alone, and a promise in business days."""
    orders = [
        replace(order, promise_days=promise_days)
        for order in sample_orders(40, express_share=0, seed=seed)
    ]
    return Scenario("standard", orders, sample_network(10), Settings(seed=seed, **CALM))


def two_days_day(seed: int) -> Scenario:
    """The same with a promise of two days."""
    return standard_day(seed, 2)


def panel_day(seed: int) -> Scenario:
    """The day of the panel: five workers, and little stock."""
    orders = sample_orders(20, seed=seed)
    return Scenario("the panel's day", orders, sample_network(1.5), Settings(seed=seed))


def shipments(make: Make, seed: int, **changes: Any) -> list[Shipment]:
    """What left on a day."""
    run = day(make, seed, **changes)
    return [shipment for report in run.reports for shipment in report.shipments]


def cost(make: Make, seed: int, **changes: Any) -> float:
    """What the shipments of a day cost, in dollars."""
    return sum(shipment.cost for shipment in shipments(make, seed, **changes))


def billed_for_volume(seed: int) -> float:
    """Of 100 parcels, those that are billed for more than their weight, rounded up to 0.5 kg."""
    parcels = [package for shipment in shipments(full_day, seed) for package in shipment.packages]
    by_volume = sum(package.billable_weight_kg - package.weight_kg >= 0.5 for package in parcels)
    return 100 * by_volume / len(parcels)


def light_and_heavy(seed: int) -> bool:
    """Overnight parcels that travel alone: light ones with FedEx, heavy ones with UPS."""
    return all(
        carrier == "FedEx" if weight_kg <= LIGHT_KG else carrier == "UPS"
        for carrier, weight_kg in overnight(seed)
        if not LIGHT_KG < weight_kg < HEAVY_KG
    )


def overnight(seed: int) -> list[tuple[str, float]]:
    """Carrier and billed weight of the overnight shipments of one parcel."""
    return [
        (shipment.carrier, shipment.packages[0].billable_weight_kg)
        for shipment in shipments(full_day, seed)
        if shipment.service in ("Next Day Air", "Standard Overnight")
        and len(shipment.packages) == 1
    ]


def dearer_in_two_days(seed: int) -> float:
    """Dollars of a day with a promise of two days − of five days."""
    return cost(two_days_day, seed) - cost(standard_day, seed)


def dearer_with_fewest(make: Make, seed: int) -> float:
    """Dollars of a day, fewest_parcels − nearest."""
    return cost(make, seed, routing="fewest_parcels") - cost(make, seed)


def packages_saved(seed: int) -> float:
    """Packages of a scarce day, fewest_parcels − nearest."""
    counts = [
        sum(len(shipment.packages) for shipment in shipments(scarce_day, seed, routing=routing))
        for routing in ("fewest_parcels", "nearest")
    ]
    return float(counts[0] - counts[1])


def below_the_mean(seed: int) -> float:
    """Of 100 packings of a day, those that take less than the mean of 4 s."""
    run = day(full_day, seed)
    times_s = [each.service_s for each in run.attempts if each.kind == TaskKind.PACKING]
    mean_s = Durations().mean_s(TaskKind.PACKING)
    return 100 * sum(time_s < mean_s for time_s in times_s) / len(times_s)


def sooner_with_fewest(seed: int) -> float:
    """Mean lead time of standard orders in the panel, fewest_parcels − nearest."""
    few = day(panel_day, seed, routing="fewest_parcels")
    return mean_lead_s(few, "standard") - mean_lead_s(day(panel_day, seed), "standard")


CLAIMS = (
    Claim(
        number="10.1",
        sentence="most parcels are billed for their volume",
        quantity="of 100 parcels, those billed for their volume",
        unit="parcels",
        expected="> 50",
        measure=billed_for_volume,
    ),
    Claim(
        number="10.2",
        sentence="an overnight parcel up to 2 kg flies with FedEx, one from 3.5 kg on with UPS",
        quantity="overnight, up to 2 kg with FedEx and from 3.5 kg on with UPS",
        unit="days",
        expected="always",
        measure=light_and_heavy,
    ),
    Claim(
        number="10.3",
        sentence="a promise of two days costs more than one of five",
        quantity="forty standard orders, promise of two days − of five",
        unit="dollars",
        expected="> 0",
        measure=dearer_in_two_days,
    ),
    Claim(
        number="10.4",
        sentence="With little stock that saves money",
        quantity="little stock, fewest parcels − nearest",
        unit="dollars",
        expected="< 0",
        measure=lambda seed: dearer_with_fewest(scarce_day, seed),
    ),
    Claim(
        number="10.5",
        sentence="With plenty it costs money",
        quantity="plenty of stock, fewest parcels − nearest",
        unit="dollars",
        expected="> 0",
        measure=lambda seed: dearer_with_fewest(full_day, seed),
    ),
    Claim(
        number="10.6",
        sentence="in fewer packages",
        quantity="little stock, fewest parcels − nearest",
        unit="packages",
        expected="< 0",
        measure=packages_saved,
    ),
    Claim(
        number="10.7",
        sentence="whoever ships fewer parcels also has less to do",
        quantity="mean lead time of standard orders, fewest parcels − nearest",
        unit="s",
        expected="< 0",
        measure=sooner_with_fewest,
    ),
    Claim(
        number="10.8",
        sentence="More than half of the packings take less than the mean",
        quantity="of 100 packings of a day, those below the mean of 4 s",
        unit="packings",
        expected="> 50",
        measure=below_the_mean,
    ),
)
