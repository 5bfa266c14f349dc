"""A run → files for other programs: CSV for spreadsheets, a trace for Perfetto. Never reads back.

Times in a CSV are seconds from the start of the run, those in a trace microseconds. The same run
gives the same bytes on any machine. A file is there complete or not at all; what is no file, such
as a pipe, is written to and never replaced.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from errno import ELOOP, ENXIO
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
# Marks that begin a formula, and what a spreadsheet may pass over to find one: spaces of all kinds,
# letters without width, marks of text direction.
_FORMULA = "[=+\\-@＝＋－＠]"
_UNSEEN = "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_FORMULA_STARTS = re.compile(rf"[\t\r\n]|[\s{_UNSEEN}]*{_FORMULA}")
# The end of a cell for a spreadsheet that splits lines at semicolons, as in much of Europe, where
# the next cell would be a formula.
#
# To quote a text is no protection from it. For such a spreadsheet only the quote at the start of a
# line encloses anything: all others are letters of one long cell, which ends at the next semicolon
# or line break, wherever that is. Hence an apostrophe goes behind those, too, and quotes that may
# follow them count as nothing. The first text of a line is safe in its quotes, as long as no line
# break in another text begins what looks like a line and opens quotes of its own. (A break that
# begins a text is left alone: names have none, and errors begin with their type.)
_CELL_ENDS = re.compile(
    rf"""(?:;|(?<!^')[\r\n])(?=(?:[^\S\r\n]|["{_UNSEEN}])*{_FORMULA})|[\r\n](?=")"""
)

Event = dict[str, object]
_OPEN_FILES = ("/dev/fd", "/proc/self/fd", "/proc/thread-self/fd")
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

    Texts are quoted, numbers are not. A text that a spreadsheet would take for a formula gets an
    apostrophe before it. In all columns but the first, so does a part of a text that follows a
    semicolon or a line break, since spreadsheets may begin a cell there. All other texts are read
    back as they were.

    An existing file is replaced at once, or stays as it was if the writing fails. It keeps its
    permissions, and its owner and group as far as the system lets them be set; other hard links to
    it keep the old content, and a symbolic link stays, with its target replaced. A pipe, a terminal
    or another open file (`"/dev/stdout"`) is written to.

    Args:
        table: "timeline" (one row per attempt), "summary" (one per order) or "stock" (one per
            warehouse and SKU); the columns are those of the run's methods of these names.

    Raises:
        ArgumentError: an unknown table, or something that is no path.
        FileError: the file cannot be written.
    """
    frame = TABLES[checks.choice("table", table, TABLES)](run)
    text = io.StringIO(newline="")
    text.write(f"{','.join(frame.columns)}\r\n")
    writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
    for row in zip(*(frame[name].tolist() for name in frame.columns), strict=True):
        writer.writerow(
            safe_text(cell, inside=number > 0) if isinstance(cell, str) else cell
            for number, cell in enumerate(row)
        )
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


def safe_text(text: str, *, inside: bool = True) -> str:
    """A text with an apostrophe where a spreadsheet would begin a formula; `inside` it, too.

    >>> safe_text("=1+1"), safe_text("a; =1+1"), safe_text("1+1")
    ("'=1+1", "a;' =1+1", '1+1')
    """
    safe = f"'{text}" if _FORMULA_STARTS.match(text) else text
    return _CELL_ENDS.sub(r"\g<0>'", safe) if inside else safe


def write_file(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Put a file (a text as UTF-8) in its place in one step, by way of a folder beside it.

    What exists and is no ordinary file is written to, or refused; nothing ever takes its place.

    Raises:
        ArgumentError: something that is no path.
        FileError: the file cannot be written.
    """
    given = checks.path_text("path", path)
    try:
        data = content.encode("utf-8") if isinstance(content, str) else content
        handle = _stream(given)
        if handle is None:
            _replace(given, data)
        else:
            with open(handle, "wb") as stream:
                stream.write(data)
    except (OSError, ValueError, RuntimeError) as error:
        unread = getattr(error, "errno", 0) == ENXIO  # a pipe or a socket
        reason = "nobody reads it" if unread else getattr(error, "strerror", None) or str(error)
        raise FileError(f"{shown(given, 200)}: cannot be written ({reason})") from error


def _replace(given: str, data: bytes) -> None:
    target = Path(given).resolve()  # what a link points to is replaced, not the link
    if target.is_symlink():  # links in a circle, which newer Pythons resolve to one of them
        raise OSError(ELOOP, os.strerror(ELOOP))
    with TemporaryDirectory(dir=target.parent, prefix=".export-") as folder:
        draft = Path(folder) / "draft"
        draft.write_bytes(data)
        if os.path.exists(given):
            _keep_permissions(draft, target.stat())
        os.replace(draft, target)


def _keep_permissions(draft: Path, old: os.stat_result) -> None:
    """Give a draft the mode, the group and the owner of the file whose place it takes.

    Where the group cannot be set, its rights are dropped: they would fall to another group. Only
    root gives a file to another owner, and Windows knows no owners here.
    """
    mode = stat.S_IMODE(old.st_mode)
    try:
        os.chown(draft, -1, old.st_gid)
    except (AttributeError, OSError):
        mode &= ~stat.S_IRWXG
    draft.chmod(mode)
    with suppress(AttributeError, OSError):
        os.chown(draft, old.st_uid, -1)


def _stream(path: str) -> int | None:
    """A new descriptor of what is there and is no ordinary file; None for a file, or for nothing.

    A pipe that nobody reads is an error. To wait for its reader, as a shell does, would hold a
    notebook up for ever.
    """
    number = _open_file(path)
    if number is not None:
        print(end="", flush=True)  # what was printed before comes before
        return os.dup(number)
    if not os.path.exists(path) or os.path.isfile(path):
        return None
    if Path(path).is_block_device():
        raise ValueError("a disk, and no file on it")
    handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    if os.name == "posix":
        os.set_blocking(handle, True)
    return handle


def _open_file(path: str) -> int | None:
    """The number of this process's open file that a path stands for, as /dev/stdout and /dev/fd/3.

    What the path resolves to will not do. For a pipe that is no path at all; and where standard
    output goes to a file, a new file in its place would miss all that is printed later, while
    opening it a second time would write over what was printed before.
    """
    place = Path(path)
    for _ in range(40):  # Linux follows no more links either
        folder = place.parent.resolve()
        if place.name.isdecimal() and folder in [Path(name).resolve() for name in _OPEN_FILES]:
            return int(place.name)
        if not place.is_symlink():
            break
        place = folder / place.readlink()
    return None
