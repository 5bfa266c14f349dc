"""The judges of lesson 09: the bill on published days and on others, against the baselines."""

from __future__ import annotations

from typing import Any

from fulfillment_lib.course.black_friday import BASELINES, FINAL, PUBLISHED, score
from fulfillment_lib.course.verdicts import NotYet
from fulfillment_lib.errors import shown

ALLOWED = ("workers", "timeout_s", "max_attempts", "backoff_s", "policy")


def three_fifths(answer: Any) -> str:
    """Settings whose bill is less than three fifths of that of express first."""
    return _judge(answer, "three fifths of express first", 0.6, BASELINES["express first"])


def beat_the_tuned(answer: Any) -> str:
    """Settings, and most likely a policy, whose bill is below that of the tuned baseline."""
    return _judge(answer, "the tuned baseline", 1.0, BASELINES["tuned"])


def _judge(answer: Any, of: str, share: float, baseline: dict[str, Any]) -> str:
    if not isinstance(answer, dict) or not set(answer) <= set(ALLOWED):
        raise NotYet(f"the answer is a dict with some of {', '.join(ALLOWED)}, got {shown(answer)}")
    mine, most = score(answer, PUBLISHED), share * score(baseline, PUBLISHED).total
    if mine.total >= most:
        raise NotYet(
            f"{mine.total:.2f} on the published days, {of} is {most:.2f}",
            [f"staff {mine.staff:.2f}, late {mine.late:.2f}, lost {mine.lost:.2f}"],
        )
    last, most = score(answer, FINAL), share * score(baseline, FINAL).total
    if last.total >= most:
        raise NotYet(
            f"{mine.total:.2f} on the published days, but {last.total:.2f} on the final "
            f"ones, where {of} is {most:.2f}: tuned to the days that were shown"
        )
    return (
        f"{mine.total:.2f} on the published days, {last.total:.2f} on ten others, where {of} "
        f"is {most:.2f}"
    )
