"""What lesson 03 claims: priority moves waiting, and cannot remove it."""

from __future__ import annotations

from claimed.claim import Claim
from claimed.days import day, mean_wait_s

from fulfillment_lib.samples import sample_network, sample_orders
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import Settings


def busy_day(seed: int) -> Scenario:
    """The day of section 3: sixty orders, three of ten express."""
    orders = sample_orders(60, gap_s=1.7, express_share=0.3, seed=seed)
    return Scenario("a busy day", orders, sample_network(10), Settings(seed=seed))


def standard_waits_longer(seed: int) -> float:
    """Mean wait of standard tasks, express first − fifo."""
    express_first, fifo = (day(busy_day, seed, policy=name) for name in ("express_first", "fifo"))
    return mean_wait_s(express_first, "standard") - mean_wait_s(fifo, "standard")


CLAIMS = (
    Claim(
        number="03.1",
        sentence="What express gains, standard loses",
        quantity="mean wait of standard tasks, express first − fifo",
        unit="s",
        expected="> 0",
        measure=standard_waits_longer,
    ),
)
