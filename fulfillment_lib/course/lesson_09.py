"""The judges of lesson 09: the bill on published days and on others, against the baselines."""

from __future__ import annotations

from typing import Any

from fulfillment_lib.course.black_friday import BASELINES, FINAL, PUBLISHED, score
from fulfillment_lib.course.verdicts import NotYet, need_settings

ALLOWED = ("workers", "timeout_s", "max_attempts", "backoff_s", "policy")


def three_fifths(answer: Any) -> str:
    """Settings whose bill is less than three fifths of that of express first."""
    return _judge(answer, "three fifths of express first", 0.6, BASELINES["express first"])


def beat_the_tuned(answer: Any) -> str:
    """Settings, and most likely a policy, whose bill is below that of the tuned baseline."""
    return _judge(answer, "the tuned baseline", 1.0, BASELINES["tuned"])


def _judge(answer: Any, target: str, share: float, baseline: dict[str, Any]) -> str:
    need_settings(answer, ALLOWED)
    mine, most = score(answer, PUBLISHED), share * score(baseline, PUBLISHED).total
    published = f"{mine.total:.2f} on the published days"
    if mine.total >= most:
        parts = f"staff {mine.staff:.2f}, late {mine.late:.2f}, lost {mine.lost:.2f}"
        raise NotYet(f"{published}, {target} is {most:.2f}", [parts])
    last, most = score(answer, FINAL), share * score(baseline, FINAL).total
    if last.total >= most:
        final = f"{last.total:.2f} on the final ones, where {target} is {most:.2f}"
        raise NotYet(f"{published}, but {final}: tuned to the days that were shown")
    return f"{published}, {last.total:.2f} on ten others, where {target} is {most:.2f}"
