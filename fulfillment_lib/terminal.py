"""A day in the terminal: a file of orders in, plain text of at most 100 columns out.

    python -m fulfillment_lib orders.csv --network FOLDER --workers 3 --policy fifo

Times are seconds from the start of the run. Nothing is written: charts, tables to work on and
exports are for notebooks.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from errno import EBADF
from operator import attrgetter
from typing import NoReturn

from fulfillment_lib.engine.policies import BY_NAME
from fulfillment_lib.errors import FulfillmentError, printable
from fulfillment_lib.plan import TaskKind
from fulfillment_lib.planning import plan_order
from fulfillment_lib.reading.files import read_network, read_sold
from fulfillment_lib.records import UNIT_COLUMNS, OrderStatus
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.samples import sample_network
from fulfillment_lib.settings import Settings

ALL_FULFILLED, SOMETHING_MISSING, BAD_INPUT, NOT_PRINTED, INTERRUPTED, UNREAD = 0, 1, 2, 3, 130, 141
LONGEST_ORDER, LONGEST_CELL = 20, 44
EPILOG = """Without arguments: the demonstration of one express order. The exit code is 0 if every
order was fulfilled, 1 if not, 2 for bad input, 3 if the output cannot be written, 130 for an
interrupt, 141 if whoever reads the output stops before its end."""
Rows = Iterator[tuple[object, ...]]


class Parser(argparse.ArgumentParser):
    """A parser whose errors are on one line, escaped and shortened: a file may have any name."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and exit with 2."""
        super().error(printable(message, 400))

    def print_help(self, file: object = None) -> None:
        """Print the options; argparse would pass over an output that cannot be written."""
        if lost := show([self.format_help().rstrip()]):
            self.exit(lost)


def parser() -> argparse.ArgumentParser:
    """The options; workers and policy have the defaults of Settings."""
    options = Parser(
        "python -m fulfillment_lib",
        description="Fulfill a day of orders.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    add, defaults = options.add_argument, Settings()
    add("orders", metavar="FILE", help="orders, as CSV or JSON")
    add("--network", metavar="FOLDER", help="with products.csv and stock.csv")
    add("--workers", metavar="N", type=int, default=defaults.workers, help="default %(default)s")
    add(
        "--policy",
        metavar="NAME",
        default=str(defaults.policy),
        help=f"{', '.join(BY_NAME)} (default %(default)s)",
    )
    add("--columns", metavar="PRESET", help="whose columns the file has: shopify")
    add("--messages", action="store_true", help="the messages to the customers, too")
    add("--explain", metavar="ORDER", action="append", default=[], help="where its time went")
    return options


def main(arguments: Sequence[str]) -> int:
    """Run a day as the arguments say, print it, and give the exit code."""
    options = parser().parse_args(arguments)
    try:
        network = None if options.network is None else read_network(options.network)
        seen = sys.stderr is not None and sys.stderr.isatty()
        known = sample_network() if network is None else network
        orders = read_sold(options.orders, options.columns, known, progress=seen)
        run = simulate(orders, network, workers=options.workers, policy=options.policy)
        explanations = [run.explain(order_id) for order_id in options.explain]
    except FulfillmentError as error:
        complain(error)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    lost = show(
        [
            str(run),
            table("What was planned: tasks as expected, and after the stock checks", planned(run)),
            table("Who did what", done(run)),
            table("What is shipped", shipped(run)),
            *(run.notification(order.id) for order in run.orders if options.messages),
            *explanations,
        ]
    )
    complete = all(report.status is OrderStatus.FULFILLED for report in run.reports)
    return lost or (ALL_FULFILLED if complete else SOMETHING_MISSING)


def show(texts: Sequence[str]) -> int:
    """Print texts, a blank line after each; 0, or the exit code for an output that is not whole."""
    try:
        if sys.stdout is None:  # closed before the start, and then `print` says nothing
            raise OSError(EBADF, os.strerror(EBADF))
        for text in texts:
            print(text, end="\n\n", flush=True)
        return ALL_FULFILLED
    except BrokenPipeError:  # `| head` has seen enough, which is no error
        lost = UNREAD
    except KeyboardInterrupt:
        lost = INTERRUPTED
    except (OSError, ValueError) as error:
        complain(f"standard output cannot be written ({getattr(error, 'strerror', '') or error})")
        lost = NOT_PRINTED
    with suppress(AttributeError, OSError):  # what is left in it would be an error at the exit, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return lost


def complain(error: object) -> None:
    """Say what is wrong, if that can be said; a traceback would end in the code 1."""
    with suppress(OSError):
        print(f"error: {error}", file=sys.stderr)


def planned(run: FulfillmentRun) -> Rows:
    """One row per order: the tasks it was expected to have, and had after the stock checks."""
    counts = Counter((result.task.order_id, result.task.kind) for result in run.results)
    yield "order", "priority", "placed_s", "expected", *TaskKind
    for order in run.orders:
        expected = len(plan_order(order).tasks)
        kinds = [counts[order.id, kind] for kind in TaskKind]
        yield _order(order.id), order.priority.word, order.placed_s, expected, *kinds


def done(run: FulfillmentRun) -> Rows:
    """One row per attempt, in the order of their starts."""
    yield "task", "worker", "attempt", "start_s", "finish_s", "outcome"
    columns = attrgetter("task_id", "worker", "attempt", "start_s", "finish_s", "outcome")
    yield from map(columns, sorted(run.attempts, key=attrgetter("start_s", "worker")))


def shipped(run: FulfillmentRun) -> Rows:
    """One row per order: its status, its units, and the day when the last of them arrive."""
    yield "order", "status", *UNIT_COLUMNS, "delivery"
    for report in run.reports:
        dates = [shipment.delivery_date for shipment in report.shipments]
        units = map(report.total, UNIT_COLUMNS)
        yield _order(report.order_id), report.status, *units, max(dates, default="")


def table(title: str, rows: Iterable[Sequence[object]]) -> str:
    """A title, and below it the rows, their columns aligned to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join([title, *("  ".join(map(str.rjust, row, widths)) for row in cells)])


def _order(order_id: str) -> str:
    return printable(order_id, LONGEST_ORDER)


def _cell(value: object) -> str:
    """A value as it is printed: control characters would move the cursor of the terminal."""
    return f"{value:,.1f}" if isinstance(value, float) else printable(str(value), LONGEST_CELL)
