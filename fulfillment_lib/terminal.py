"""A day in the terminal: options and files in, plain text of at most 100 columns out.

    python -m fulfillment_lib orders.csv --network DIR --workers 3 --gantt day.png

Times are seconds from the start of the run. Nothing is written but the files that were asked for.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from errno import EINVAL, EPIPE
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from fulfillment_lib.checks import unique
from fulfillment_lib.engine.tasks import Attempt
from fulfillment_lib.errors import FulfillmentError, printable, shown
from fulfillment_lib.options import (
    ALL_FULFILLED,
    BAD_INPUT,
    INTERRUPTED,
    MOST_ROWS,
    SOMETHING_MISSING,
    parser,
    settings_of,
)
from fulfillment_lib.plan import TaskKind
from fulfillment_lib.planning import plan_order
from fulfillment_lib.reading.files import NETWORK_FILES, read_network, read_orders
from fulfillment_lib.records import OrderStatus
from fulfillment_lib.run import FulfillmentRun, simulate
from fulfillment_lib.samples import sample_network, sample_orders

if TYPE_CHECKING:
    from pandas import DataFrame

WIDTH = 100
LONGEST_ORDER, LONGEST_CELL = 20, 44
PICTURES = (".png", ".svg", ".pdf")


def main(arguments: Sequence[str]) -> int:
    """Run a day as the arguments say, print it, and give the exit code."""
    options = parser().parse_args(arguments)
    try:
        run = run_day(options)
        for order_id in options.message + options.explain:
            run.report(order_id)  # refuses an unknown one before anything is printed
        write_files(run, options)
        show(sections(run, options))
    except FulfillmentError as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    complete = all(report.status is OrderStatus.FULFILLED for report in run.reports)
    return ALL_FULFILLED if complete else SOMETHING_MISSING


def show(texts: Iterable[str]) -> None:
    """Print texts, a blank line after each, for as long as somebody reads."""
    try:
        for text in texts:
            print(text, end="\n\n", flush=True)
    except OSError as error:  # `| head` has seen enough; Python would complain again at its exit
        if error.errno not in (EPIPE, EINVAL):  # the second one on Windows
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Progress(tqdm):  # type: ignore[type-arg]  # generic in the stubs only
    """A progress bar without tqdm's monitor, a thread that would stay behind."""

    monitor_interval = 0


def run_day(options: argparse.Namespace) -> FulfillmentRun:
    """Simulate what the options ask for; a long run shows a bar if somebody looks at stderr.

    Raises:
        FulfillmentError: the input or an option was refused.
    """
    if options.orders is not None and options.sample is not None:
        raise FulfillmentError("orders come from a file or from --sample, not from both")
    if options.gantt and Path(options.gantt).suffix.lower() not in PICTURES:
        raise FulfillmentError(
            f"--gantt must end in {', '.join(PICTURES)}, got {shown(options.gantt)}"
        )
    orders = (
        sample_orders(12 if options.sample is None else options.sample)
        if options.orders is None
        else read_orders(options.orders)
    )
    network = sample_network() if options.network is None else read_network(options.network)
    settings = settings_of(options)
    begun: set[str] = set()
    with Progress(
        total=len(orders), desc="orders begun", delay=1.0, disable=None, leave=False
    ) as bar:

        def advance(attempt: Attempt) -> None:
            begun.add(attempt.order_id)
            bar.update(len(begun) - bar.n)

        return simulate(orders, network, settings, on_attempt=advance)


def sections(run: FulfillmentRun, options: argparse.Namespace) -> Iterator[str]:
    """The texts of the page, one by one."""
    rows = None if options.all else MOST_ROWS
    yield str(run)
    yield "What was planned: tasks as expected, and after the stock checks\n" + table(
        planned(run), rows
    )
    yield "Who did what\n" + table(done(run), None)
    yield "Attempts\n" + table(attempts(run), rows)
    yield "What is shipped\n" + table(shipped(run), rows)
    for order_id in options.message if not options.messages else [each.id for each in run.orders]:
        yield run.notification(order_id)
    for order_id in options.explain:
        yield run.explain(order_id)
    for path in filter(None, (options.gantt, options.trace, options.csv)):
        yield f"written: {printable(path, WIDTH)}"


def planned(run: FulfillmentRun) -> DataFrame:
    """One row per order: the tasks as expected, and after the stock checks, by kind."""
    import pandas as pd

    counts = Counter((each.task.order_id, each.task.kind) for each in run.results)
    rows = [
        (
            order.id,
            order.priority.word,
            order.placed_s,
            len(plan_order(order).tasks),
            *(counts[order.id, kind] for kind in TaskKind),
        )
        for order in run.orders
    ]
    return pd.DataFrame(rows, columns=["order", "priority", "placed_s", "expected", *TaskKind])


def done(run: FulfillmentRun) -> DataFrame:
    """One row per worker: its attempts by kind, and the share of the makespan it was busy."""
    import pandas as pd

    from fulfillment_lib.analysis import kpis

    counts = Counter((each.worker, each.kind) for each in run.attempts)
    busy = kpis(run, "worker")["utilization"].fillna(0.0)
    rows = [
        (worker, *(counts[worker, kind] for kind in TaskKind), f"{share:.0%}")
        for worker, share in enumerate(busy)
    ]
    return pd.DataFrame(rows, columns=["worker", *TaskKind, "busy"])


def attempts(run: FulfillmentRun) -> DataFrame:
    """One row per attempt, in the order of their starts."""
    return run.timeline()[
        ["task_id", "worker", "attempt", "wait_s", "start_s", "finish_s", "outcome"]
    ]


def shipped(run: FulfillmentRun) -> DataFrame:
    """One row per order: its status and its units."""
    names = {
        "order_id": "order",
        "units_ordered": "ordered",
        "units_shipped": "shipped",
        "units_backordered": "waiting",
        "units_cancelled": "cancelled",
        "delivery_date": "delivery",
        "lead_time_s": "lead_s",
    }
    return run.summary().rename(columns=names)[["order", "status", *list(names.values())[1:]]]


def table(frame: DataFrame, most_rows: int | None) -> str:
    """A table as text, of all rows or the first; control characters in ids are escaped."""
    rows = frame.head(most_rows) if most_rows is not None else frame
    formats: dict[Any, Callable[[Any], str]] = {
        name: "{:,.1f}".format if name.endswith("_s") else _cell for name in frame.columns
    }
    formats["order"] = lambda value: printable(str(value), LONGEST_ORDER)
    text = rows.to_string(index=False, formatters=formats) if len(frame) else "(none)"
    rest = len(frame) - len(rows)
    return text + (f"\nand {rest:,} more; --all shows them" if rest else "")


def _cell(value: object) -> str:
    return printable(str(value), LONGEST_CELL)


def write_files(run: FulfillmentRun, options: argparse.Namespace) -> None:
    """Write the chart, the trace and the CSV that were asked for.

    Raises:
        FulfillmentError: a file cannot be written.
    """
    from fulfillment_lib.analysis import export

    wanted = [path for path in (options.gantt, options.trace, options.csv) if path]
    for path in wanted:
        export.check_place(path)
    given = [options.orders] if options.orders else []
    if options.network:
        given += [os.path.join(options.network, name) for name in NETWORK_FILES]
    # One file under two names would be replaced, be it what was written first or what was read.
    unique("file", (os.path.normcase(os.path.realpath(path)) for path in (*given, *wanted)))
    if options.gantt:
        draw_gantt(run, options.gantt)
    if options.trace:
        export.to_chrome_trace(run, options.trace)
    if options.csv:
        export.to_csv(run, options.csv)


def draw_gantt(run: FulfillmentRun, path: str) -> None:
    """Draw the Gantt chart without any window system.

    Raises:
        FulfillmentError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    from fulfillment_lib.analysis.export import write_file
    from fulfillment_lib.charts import plot_gantt

    figure = Figure(figsize=(12.0, 2.0 + 0.45 * run.settings.workers), layout="constrained")
    plot_gantt(run, ax=figure.subplots())
    form, picture = Path(path).suffix.lower()[1:], BytesIO()
    figure.savefig(picture, format=form, metadata={"Software": None} if form == "png" else None)
    write_file(path, picture.getvalue())
