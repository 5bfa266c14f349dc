"""One moment of a run: what each worker does, what waits, what stock is left, what is done.

Computed from the records; times are seconds from the start of the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from fulfillment_lib import checks
from fulfillment_lib.analysis.run import Run, need_run
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.records import MovementKind


@dataclass(frozen=True, slots=True)
class Moment:
    """The state of the floor at `at_s`. What begins at that instant counts, what ends does not.

    `working` has one entry per worker, None for an idle one. `waiting` are the attempts that are
    ready and have not begun, in the order of being ready. `available` maps SKUs to units, over
    all warehouses. `placed` and `done` are order ids.
    """

    at_s: float
    working: tuple[Attempt | None, ...]
    waiting: tuple[Attempt, ...]
    available: dict[str, int]
    placed: tuple[str, ...]
    done: tuple[str, ...]


def moment(run: Run, at_s: float) -> Moment:
    """The state of a run at a time.

    Raises:
        ArgumentError: `at_s` is no number from 0 to 10¹².
    """
    need_run(run)
    at_s = checks.time("at_s", at_s)
    running = [attempt for attempt in run.attempts if attempt.start_s <= at_s < attempt.finish_s]
    at_work = {attempt.worker: attempt for attempt in running}
    waiting = [attempt for attempt in run.attempts if attempt.ready_s <= at_s < attempt.start_s]
    return Moment(
        at_s,
        tuple(at_work.get(worker) for worker in range(run.settings.workers)),
        tuple(sorted(waiting, key=attrgetter("ready_s", "sequence"))),
        _available(run, at_s),
        tuple(order.id for order in run.orders if order.placed_s <= at_s),
        tuple(report.order_id for report in run.reports if report.finished_s <= at_s),
    )


def _available(run: Run, at_s: float) -> dict[str, int]:
    units = {product.sku: 0 for product in run.network.products}
    for warehouse in run.network.warehouses:
        for sku, on_hand in warehouse.stock.items():
            units[sku] += on_hand
    for movement in run.movements:
        if movement.at_s <= at_s and movement.kind is not MovementKind.SHIP:  # reserved before
            released = movement.kind is MovementKind.RELEASE
            units[movement.sku] += movement.quantity if released else -movement.quantity
    return units
