"""What the lessons need beside the library: guesses, checks of exercises, claims counted out.

    guess = predict("makespan", 9, "s")        # before the run
    guess.compare(run.makespan_s)              # after it
    guesses()                                  # how many of them surprised you
    check("03.1", shortest)                    # "not yet: ..." or "yes: ..."
    hint("03.1")                               # the first hint, then the next one
    ask("02", 7)                               # a question from an older lesson
    thousand_days("03.1")                      # on how many days a sentence of the lesson holds

A check runs what the reader wrote, on the day that the lesson shows and on one that it does not
show, and judges the log. The judges of a lesson are in the file of its number.
"""

from fulfillment_lib.course.asking import ask
from fulfillment_lib.course.checking import check
from fulfillment_lib.course.claims import thousand_days
from fulfillment_lib.course.hints import hint
from fulfillment_lib.course.predictions import guesses, predict

__all__ = ["ask", "check", "guesses", "hint", "predict", "thousand_days"]
