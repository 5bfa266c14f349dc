"""`check`: the judge of an exercise is found by its number, and gives a verdict."""

from __future__ import annotations

from fulfillment_lib import checks
from fulfillment_lib.course import (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
    lesson_11,
)
from fulfillment_lib.course.hints import after_not_yet
from fulfillment_lib.course.verdicts import Judge, NotYet, Verdict
from fulfillment_lib.errors import error_text, shown

# Their answers are settings, or the name of a policy; those of all others are functions.
OF_VALUES = ("03.1", "03.2", "06.2", "06.4", "09.2")
EXERCISES: dict[str, Judge] = {
    "00.1": lesson_00.all_at_once,
    "00.2": lesson_00.slowest,
    "01.1": lesson_01.revised_plan,
    "01.2": lesson_01.at_most_three,
    "02.1": lesson_02.run_all,
    "02.2": lesson_02.enough,
    "03.1": lesson_03.both_sooner,
    "03.2": lesson_03.patient,
    "04.1": lesson_04.timeout,
    "04.2": lesson_04.charge,
    "05.1": lesson_05.fulfil,
    "05.2": lesson_05.synthesis,
    "06.1": lesson_06.web_shop,
    "06.2": lesson_06.supply_chain,
    "06.3": lesson_06.scarce_stock,
    "06.4": lesson_06.subscription_box,
    "06.5": lesson_06.b2b,
    "07.1": lesson_07.sell,
    "07.2": lesson_07.resume,
    "08.1": lesson_08.half_width,
    "08.2": lesson_08.paired_mean,
    "09.1": lesson_09.referee,
    "09.2": lesson_09.beat_the_tuned,
    "10.1": lesson_10.service,
    "10.2": lesson_10.routing,
    "11.1": lesson_11.orchestrator,
    "11.2": lesson_11.saboteur,
}


def check(exercise: str, answer: object) -> Verdict:
    """Judge an answer by what it does. Never raises what the answer raises.

    The second "not yet" of an exercise comes with its first hint, the fourth with the next one.

    >>> check("00.2", lambda run: run.orders[0].id)  # doctest: +ELLIPSIS
    not yet: ...

    Args:
        exercise: the number of an exercise, such as "03.1".
        answer: what the exercise asks for; a function mostly.

    Raises:
        ArgumentError: there is no exercise of that number.
    """
    checks.known("exercise", exercise, EXERCISES)
    try:
        if exercise not in OF_VALUES and not callable(answer):
            rule = f"the check takes a function, got {shown(answer)}"
            raise NotYet(f"{rule}; write its name without brackets")
        return Verdict(exercise, True, EXERCISES[exercise](answer))
    except NotYet as problem:
        why, rows, chart = problem.why, problem.rows, problem.chart
    except Exception as problem:
        why, rows = f"it raised {error_text(problem)}{_line(problem)}", ()
        chart = None
        if isinstance(problem, NameError):
            why += "; run the cells above this one first, from the imports on"
    return Verdict(exercise, False, why, rows, after_not_yet(exercise), chart)


def _line(problem: BaseException) -> str:
    """The line of the reader's own cell in which an exception came up."""
    line, trace = 0, problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == "__main__":
            line = trace.tb_lineno
        trace = trace.tb_next
    return f" (line {line} of the cell)" if line else ""
