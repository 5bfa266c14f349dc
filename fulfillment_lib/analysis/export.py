"""A run → files for other programs: CSV for spreadsheets, a trace for Perfetto. Never reads back.

Times in a CSV are seconds from the start of the run, those in a trace microseconds. The same run
gives the same bytes on any machine. A file is there complete or not at all.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from errno import EISDIR
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory

from fulfillment_lib import checks
from fulfillment_lib.analysis.run import Run, need_run, ticks
from fulfillment_lib.analysis.timeline import priority_word, stock, summary, timeline
from fulfillment_lib.engine.tasks import Attempt, Outcome
from fulfillment_lib.errors import FileError, shown
from fulfillment_lib.orders import Order
from fulfillment_lib.records import OrderReport

TABLES = {"timeline": timeline, "summary": summary, "stock": stock}
# A cell that begins so is a formula to a spreadsheet, which runs it; the wide forms count too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Event = dict[str, object]
WORKERS, ORDERS = 1, 2  # the two "processes" of a trace
# Names from the trace viewer's palette.
COLOURS = {
    Outcome.SUCCEEDED: "good",
    Outcome.FAILED: "terrible",
    Outcome.TIMED_OUT: "bad",
    Outcome.CANCELLED: "grey",
}


def to_csv(run: Run, path: str | os.PathLike[str], table: str = "timeline") -> None:
    """Write one table of a run as CSV (RFC 4180): UTF-8, commas, a header, lines end in CR LF.

    A text that a spreadsheet would take for a formula gets a leading apostrophe; numbers stay
    numbers. An existing file is replaced at once, or stays as it was if the writing fails.

    Args:
        table: "timeline" (one row per attempt), "summary" (one per order) or "stock" (one per
            warehouse and SKU); the columns are those of the run's methods of these names.

    Raises:
        ArgumentError: an unknown table, or something that is no path.
        FileError: the file cannot be written.
    """
    frame = TABLES[checks.choice("table", table, TABLES)](run)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")  # a plain newline would leave CR unquoted
    writer.writerow(frame.columns)
    for row in zip(*(frame[name].tolist() for name in frame.columns), strict=True):
        writer.writerow([_safe(cell) for cell in row])
    write_file(path, text.getvalue())


def to_chrome_trace(run: Run, path: str | os.PathLike[str]) -> None:
    """Write a run as a trace, to be opened with ui.perfetto.dev or chrome://tracing.

    The format is the JSON of the Trace Event Format. The process "workers" has one track per
    worker with its attempts, the process "orders" one track per order, from placed to finished.

    Raises:
        ArgumentError: something that is no path.
        FileError: the file cannot be written.
    """
    need_run(run)
    events = ",\n".join(json.dumps(event, allow_nan=False) for event in _trace_events(run))
    write_file(path, f'{{"displayTimeUnit": "ms", "traceEvents": [\n{events}\n]}}\n')


def _trace_events(run: Run) -> Iterator[Event]:
    yield _label("process_name", WORKERS, 0, name="workers")
    yield _label("process_name", ORDERS, 0, name="orders")
    for worker in range(run.settings.workers):
        yield from _track(WORKERS, worker + 1, f"worker {worker}")
    for number, order in enumerate(run.orders, 1):
        yield from _track(ORDERS, number, order.id)
    for attempt in sorted(run.attempts, key=attrgetter("start_s", "worker", "sequence")):
        yield _attempt_event(attempt)
    for number, (order, report) in enumerate(zip(run.orders, run.reports, strict=True), 1):
        yield _order_event(number, order, report)


def _attempt_event(attempt: Attempt) -> Event:
    return {
        **_span(WORKERS, attempt.worker + 1, attempt.start_s, attempt.finish_s),
        "name": attempt.task_id,
        "cat": str(attempt.kind),
        "cname": COLOURS[attempt.outcome],
        "args": {
            "task_id": attempt.task_id,
            "order_id": attempt.order_id,
            "priority": priority_word(attempt.priority),
            "attempt": attempt.attempt,
            "outcome": attempt.outcome.value,
            "ready_s": attempt.ready_s,
            "wait_s": attempt.wait_s,
            "error": attempt.error,
        },
    }


def _order_event(number: int, order: Order, report: OrderReport) -> Event:
    return {
        **_span(ORDERS, number, report.placed_s, report.finished_s),
        "name": order.id,
        "cat": order.priority.word,
        "args": {
            "status": report.status.value,
            "units_ordered": report.total("ordered"),
            "units_shipped": report.total("shipped"),
        },
    }


def _span(process: int, track: int, start_s: float, finish_s: float) -> Event:
    """A complete event, in whole microseconds."""
    start = ticks(start_s)
    return {"ph": "X", "pid": process, "tid": track, "ts": start, "dur": ticks(finish_s) - start}


def _track(process: int, track: int, name: str) -> Iterator[Event]:
    yield _label("thread_name", process, track, name=name)
    yield _label("thread_sort_index", process, track, sort_index=track)


def _label(what: str, process: int, track: int, **args: object) -> Event:
    return {"ph": "M", "pid": process, "tid": track, "ts": 0, "name": what, "args": args}


def _safe(cell: object) -> object:
    return "'" + cell if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def write_file(path: str | os.PathLike[str], text: str) -> None:
    """Put a file of UTF-8 in its place in one step, by way of a folder beside it.

    Raises:
        ArgumentError: something that is no path.
        FileError: the file cannot be written.
    """
    given = checks.path_text("path", path)
    try:
        target = Path(given).resolve()  # what a link points to is replaced, not the link
        if target.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        with TemporaryDirectory(dir=target.parent, prefix=".export-") as folder:
            draft = Path(folder) / "draft"
            draft.write_bytes(text.encode("utf-8"))
            os.replace(draft, target)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"{shown(given, 200)}: cannot be written ({reason})") from error
