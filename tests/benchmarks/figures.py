"""The figures of a sweep against its runs: seven numbers of workers, five seeds, 40 orders."""

from __future__ import annotations

from fulfillment_lib import FulfillmentRun, Order, sample_orders, simulate
from fulfillment_lib.analysis.kpis import figures

from .measure import Row, compared

TARGETS = {"figures of the runs": (0.5, 0.1)}
SIZE = 40


def rows(rounds: int) -> list[Row]:
    """The runs, and their figures; the ratio is the time of the figures ÷ that of the runs."""
    orders = sample_orders(SIZE)
    runs = _runs(orders)
    return compared(
        "sweep",
        SIZE,
        len(runs),
        rounds,
        {
            "runs": lambda: _runs(orders),
            "figures of the runs": lambda: [figures(run) for run in runs],
        },
        TARGETS,
    )


def _runs(orders: tuple[Order, ...]) -> list[FulfillmentRun]:
    return [
        simulate(orders, workers=workers, seed=seed) for workers in range(2, 9) for seed in range(5)
    ]
