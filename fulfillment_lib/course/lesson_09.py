"""The judges of lesson 09: the bill on published days and on others, against the baselines."""

from __future__ import annotations

from typing import Any

from fulfillment_lib.course.black_friday import BASELINES, FINAL, PUBLISHED, score
from fulfillment_lib.course.verdicts import NotYet
from fulfillment_lib.errors import shown

ALLOWED = ("workers", "timeout_s", "max_attempts", "backoff_s", "policy")


def three_fifths(answer: Any) -> str:
    """Settings whose bill is less than three fifths of that of express first."""
    base = BASELINES["express first"]
    return _judge(answer, "three fifths of express first", 0.6 * score(base).total,
                  0.6 * score(base, FINAL).total)


def beat_the_tuned(answer: Any) -> str:
    """Settings, and most likely a policy, whose bill is below that of the tuned baseline."""
    return _judge(answer, "the tuned baseline", score(BASELINES["tuned"]).total,
                  score(BASELINES["tuned"], FINAL).total)


def _judge(answer: Any, of: str, published: float, final: float) -> str:
    if not isinstance(answer, dict) or not set(answer) <= set(ALLOWED):
        raise NotYet(f"the answer is a dict with some of {', '.join(ALLOWED)}, got {shown(answer)}")
    mine = score(answer, PUBLISHED)
    if mine.total >= published:
        raise NotYet(f"{mine.total:.2f} on the published days, {of} is {published:.2f}",
                     [f"staff {mine.staff:.2f}, late {mine.late:.2f}, lost {mine.lost:.2f}"])
    last = score(answer, FINAL)
    if last.total >= final:
        raise NotYet(f"{mine.total:.2f} on the published days, but {last.total:.2f} on the final "
                     f"ones, where {of} is {final:.2f}: tuned to the days that were shown")
    return (f"{mine.total:.2f} on the published days, {last.total:.2f} on ten others, where {of} "
            f"is {final:.2f}")
