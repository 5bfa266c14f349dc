"""`python -m fulfillment_lib`: with arguments a day in the terminal, without one express order."""

from __future__ import annotations

import io
import sys
from operator import attrgetter

from fulfillment_lib import terminal
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.orders import Order
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.settings import Durations

SECOND_WIDTH = 6
KIND_WIDTH = 11


def main() -> int:
    """The exit code: that of the day, or of the demonstration."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what the terminal does not have shows as "?"
    if sys.argv[1:]:
        return terminal.main(sys.argv[1:])
    return demonstrate()


def demonstrate() -> int:
    """Print the work on a time axis, the label, and the message to the customer; the exit code."""
    order = Order(
        "ORD-001", {"LAPTOP-001": 1, "MOUSE-002": 2, "KEYBOARD-003": 1}, "express", "94103"
    )
    run = simulate(order, durations=Durations.constant(inventory=1, packing=4, shipping=2))
    return terminal.show(
        [
            "One express order: a laptop, two mice and a keyboard.",
            lanes(run),
            *(shipment.label() for shipment in run.report(order.id).shipments),
            run.notification(order.id),
        ]
    )


def lanes(run: FulfillmentRun) -> str:
    """One line per attempt on a time axis in seconds, in the order of their starts."""
    attempts = sorted(run.attempts, key=attrgetter("start_s", "worker"))
    axis = "".join(f"{second:<{SECOND_WIDTH}}" for second in range(int(run.makespan_s) + 1))
    return "\n".join([f"{'seconds':<{KIND_WIDTH + 11}}{axis.rstrip()}", *map(_lane, attempts)])


def _lane(attempt: Attempt) -> str:
    before = " " * round(attempt.start_s * SECOND_WIDTH)
    bar = "█" * round(attempt.service_s * SECOND_WIDTH)
    return f"worker {attempt.worker}  {attempt.kind:<{KIND_WIDTH}} {before}{bar}"


if __name__ == "__main__":
    sys.exit(main())
