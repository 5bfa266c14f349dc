"""Where an order's time went, in words: the segments of its anatomy become sentences.

Seconds are rounded to a tenth; what is shorter than that is given to the microsecond. Nothing is
said that is not in the records, and nothing is guessed: why a worker was slow, nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from fulfillment_lib.analysis.anatomy import (
    BACK_OFF,
    SIBLING,
    UNKNOWN,
    VAIN,
    WORKER,
    Lanes,
    Segment,
    segments,
)
from fulfillment_lib.analysis.run import TICKS_PER_S, Run, need_run, ticks
from fulfillment_lib.checks import refuse
from fulfillment_lib.engine.tasks import Attempt, Outcome, TaskResult
from fulfillment_lib.errors import counted, nearest, printable
from fulfillment_lib.orders import Priority
from fulfillment_lib.records import OrderReport

MOST_LISTED = 3
WORK = {"inventory": "checking the stock of", "packing": "packing at", "shipping": "shipping from"}
FOR = {"inventory": "checking stock for", "packing": "packing", "shipping": "shipping"}


def explain(run: Run, order_id: str) -> str:
    """The story of one order's lead time, one line per segment; print it.

    It follows the segments of `anatomy`. For a wait it tells who held the workers when it began,
    and how many others started before it was over.

    Raises:
        ArgumentError: no such order; the message names the nearest one.
    """
    need_run(run)
    report = next(
        (each for each in run.reports if isinstance(order_id, str) and each.order_id == order_id),
        None,
    )
    if report is None:
        refuse(
            "order_id",
            "the id of an order of this run",
            order_id,
            nearest(order_id, (each.order_id for each in run.reports)),
        )
    results = [each for each in run.results if each.task.order_id == order_id]
    parts = tuple(segments(report, results, Lanes(run.attempts)))
    told = [_sentence(each, run, results) for each in parts]
    return "\n".join([_beginning(report), *told, *_end(report, parts, results)])


def _beginning(report: OrderReport) -> str:
    words = report.status.value.lower().replace("_", " ")
    return (
        f"{_plain(report.order_id)} ({report.priority.word}) was placed at "
        f"{_s(report.placed_s)} and ended {_s(report.lead_time_s)} later, {words}."
    )


def _sentence(part: Segment, run: Run, results: Sequence[TaskResult]) -> str:
    seconds = _s(part.seconds)
    if part.segment == UNKNOWN:
        return f"For {seconds} the log shows no attempt."
    if part.segment == BACK_OFF:
        return f"A back-off of {seconds} followed, before attempt {part.attempt + 1}."
    work = _work(part.task_id)
    if part.segment == WORKER:
        return f"{_capital(work)} waited {seconds} for a worker{_busy(part, run)}"
    if part.segment == SIBLING:
        late = [_work(each) for each in part.blocked_by]
        return f"{_capital(work)} then had to wait {seconds} for the rest of the order" + (
            f": {_listed(late)} came to an end later." if late else "."
        )
    if part.segment in VAIN.values():
        attempt = next(
            each
            for result in results
            if result.task.id == part.task_id
            for each in result.attempts
            if each.attempt == part.attempt
        )
        return f"{_capital(work)} {_in_vain(attempt)} after {seconds} ({_plain(attempt.error)})."
    again = f", at attempt {part.attempt}" if part.attempt > 1 else ""
    return f"{_capital(work)} took {seconds}{again}."


def _in_vain(attempt: Attempt) -> str:
    verb = {Outcome.FAILED: "failed", Outcome.TIMED_OUT: "timed out"}
    return f"(attempt {attempt.attempt}) {verb.get(attempt.outcome, 'was cancelled')}"


def _busy(part: Segment, run: Run) -> str:
    """Who had the workers when the waiting began, and how many got one before it was over."""
    held = list(dict.fromkeys(_for(each, part.order_id) for each in part.blocked_by))
    workers = run.settings.workers
    who = "the only one was" if workers == 1 else f"all {workers} were"
    among = " among others" if len(held) > MOST_LISTED else ""
    others = [each for each in run.attempts if part.start_s < each.start_s < part.finish_s]
    return f": {who} busy,{among} with {_listed(held[:MOST_LISTED])}.{_meanwhile(part, others)}"


def _meanwhile(part: Segment, others: Sequence[Attempt]) -> str:
    if not others:
        return ""
    text = f" Meanwhile {counted(len(others), 'other attempt')} started"
    later = [each for each in others if each.ready_s > part.start_s]
    express = sum(each.priority == Priority.EXPRESS for each in later)
    if later:
        text += f", {len(later)} of them ready later than it"
        text += " (express)" if express == len(later) else f" ({express} express)" * bool(express)
    return text + "."


def _end(
    report: OrderReport, parts: Sequence[Segment], results: Sequence[TaskResult]
) -> Iterator[str]:
    """Skipped tasks, and the sums over the segments, the largest first."""
    skipped = [each for each in results if each.outcome is Outcome.SKIPPED]
    if skipped:
        reasons = _listed(list(dict.fromkeys(_plain(each.error) for each in skipped)))
        yield f"{counted(len(skipped), 'task')} skipped: {reasons}."
    sums: dict[str, int] = {}
    for each in parts:
        name = "service" if each.segment == each.kind else each.segment
        sums[name] = sums.get(name, 0) + ticks(each.seconds)
    if len(sums) > 1:
        largest = sorted(sums.items(), key=lambda pair: -pair[1])
        told = _listed([f"{_s(own / TICKS_PER_S)} {name}" for name, own in largest])
        yield f"Of the {_s(report.lead_time_s)}: {told}."


def _work(task_id: str) -> str:
    """What a task is, in words: "packing at EAST"."""
    _, kind, place = task_id.split("/")
    return f"{WORK[kind]} {_plain(unquote(place))}"


def _for(task_id: str, own_order_id: str) -> str:
    """What a task is, and for whom: "packing ORD-003"."""
    order, kind, _ = task_id.split("/")
    order_id = unquote(order)
    return f"{FOR[kind]} {'this order' if order_id == own_order_id else _plain(order_id)}"


def _s(seconds: float) -> str:
    if seconds == 0.0 or seconds >= 0.1:
        return f"{seconds:,.1f} s"
    return f"{seconds:.6f}".rstrip("0") + " s"


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _plain(text: str) -> str:
    return printable(text, 200)
