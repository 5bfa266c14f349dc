"""Where an order's time went, in words: the segments of its anatomy become sentences.

Seconds are rounded to a tenth; what is shorter than that is given to the microsecond. Nothing is
said that is not in the records, and nothing is guessed: why a worker was slow, nobody knows. A kind
of task that has no words here goes by its own name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from fulfillment_lib.analysis.anatomy import (
    BACK_OFF,
    SIBLING,
    UNKNOWN,
    VAIN,
    WORKER,
    Busy,
    Segment,
    segments,
)
from fulfillment_lib.analysis.run import TICKS_PER_S, Run, need_run, ticks
from fulfillment_lib.engine.tasks import Attempt, Outcome, TaskResult
from fulfillment_lib.errors import counted, printable
from fulfillment_lib.orders import Priority
from fulfillment_lib.plan import task_id_parts
from fulfillment_lib.records import OrderReport

MOST_LISTED = 3
IN_VAIN = {
    VAIN[Outcome.FAILED]: "failed",
    VAIN[Outcome.TIMED_OUT]: "timed out",
    VAIN[Outcome.CANCELLED]: "was cancelled",
}
WORK = {"inventory": "checking the stock of", "packing": "packing at", "shipping": "shipping from"}
FOR = {"inventory": "checking stock for", "packing": "packing", "shipping": "shipping"}


def explain(run: Run, order_id: str) -> str:
    """The story of one order's lead time, one line per segment; print it.

    It follows the segments of `anatomy`. For a wait it names the tasks that held the workers when
    it began, and counts those that started before it was over.

    Raises:
        ArgumentError: no such order; the message names the nearest one.
    """
    need_run(run)
    report = run.report(order_id)
    results = [result for result in run.results if result.task.order_id == order_id]
    stretches = tuple(segments(report, results, Busy(run.attempts)))
    told = [_sentence(stretch, run) for stretch in stretches]
    return "\n".join([_beginning(report), *told, *_end(report, stretches, results)])


def _beginning(report: OrderReport) -> str:
    words = report.status.value.lower().replace("_", " ")
    times = f"was placed at {_s(report.placed_s)} and ended {_s(report.lead_time_s)} later"
    return f"{_plain(report.order_id)} ({report.priority.word}) {times}, {words}."


def _sentence(segment: Segment, run: Run) -> str:
    seconds = _s(segment.seconds)
    if segment.segment == UNKNOWN:
        return f"For {seconds} the log shows no attempt."
    if segment.segment == BACK_OFF:
        return f"A back-off of {seconds} followed, before attempt {segment.attempt + 1}."
    work = _work(segment.task_id)
    if segment.segment == WORKER:
        return f"{_capital(work)} waited {seconds} for a worker{_busy(segment, run)}"
    if segment.segment == SIBLING:
        late = [_work(task_id) for task_id in segment.blocked_by]
        return f"{_capital(work)} then had to wait {seconds} for the rest of the order" + (
            f": {_listed(late)} came to an end later." if late else "."
        )
    if segment.segment in IN_VAIN:
        tried = (segment.task_id, segment.attempt)
        error = next(row.error for row in run.attempts if (row.task_id, row.attempt) == tried)
        what = f"(attempt {segment.attempt}) {IN_VAIN[segment.segment]} after {seconds}"
        return f"{_capital(work)} {what} ({_plain(error)})."
    again = f", at attempt {segment.attempt}" if segment.attempt > 1 else ""
    return f"{_capital(work)} took {seconds}{again}."


def _busy(wait: Segment, run: Run) -> str:
    """What held the workers when a wait began, and how many got one before it was over."""
    held = list(dict.fromkeys(_for(task_id, wait.order_id) for task_id in wait.blocked_by))
    workers = run.settings.workers
    who = "the only one was" if workers == 1 else f"all {workers} were"
    among = " among others" if len(held) > MOST_LISTED else ""
    others = [attempt for attempt in run.attempts if wait.start_s < attempt.start_s < wait.finish_s]
    return f": {who} busy,{among} with {_listed(held[:MOST_LISTED])}.{_meanwhile(wait, others)}"


def _meanwhile(wait: Segment, others: Sequence[Attempt]) -> str:
    if not others:
        return ""
    started = f" Meanwhile {counted(len(others), 'other attempt')} started"
    later = [attempt for attempt in others if attempt.ready_s > wait.start_s]
    if not later:
        return f"{started}."
    express = sum(attempt.priority == Priority.EXPRESS for attempt in later)
    share = "express" if express == len(later) else f"{express} express"
    note = f" ({share})" if express else ""
    return f"{started}, {len(later)} of them ready later than it{note}."


def _end(
    report: OrderReport, stretches: Sequence[Segment], results: Sequence[TaskResult]
) -> Iterator[str]:
    """Skipped tasks, and the sums over the segments, the largest first."""
    skipped = [result for result in results if result.outcome is Outcome.SKIPPED]
    if skipped:
        reasons = _listed(list(dict.fromkeys(_plain(result.error) for result in skipped)))
        yield f"{counted(len(skipped), 'task')} skipped: {reasons}."
    sums: Counter[str] = Counter()
    for stretch in stretches:
        name = "service" if stretch.segment == stretch.kind else stretch.segment
        sums[name] += ticks(stretch.seconds)
    if len(sums) > 1:
        told = _listed([f"{_s(own / TICKS_PER_S)} {name}" for name, own in sums.most_common()])
        yield f"Of the {_s(report.lead_time_s)}: {told}."


def _work(task_id: str) -> str:
    """What a task is, in words: "packing at EAST"."""
    _, kind, part, *again = task_id_parts(task_id)
    word = " again" if again else ""
    return f"{WORK.get(kind, f'{kind} at')} {_plain(part)}{word}"


def _for(task_id: str, own_order_id: str) -> str:
    """What a task is, and for which order: "packing ORD-003"."""
    order_id, kind, *_ = task_id_parts(task_id)
    return f"{FOR.get(kind, kind)} {'this order' if order_id == own_order_id else _plain(order_id)}"


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
