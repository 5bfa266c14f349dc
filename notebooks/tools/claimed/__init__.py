"""The sentences of the lessons that compare or rank, each with what it measures on one day.

A file per lesson. A claim is a function of a seed; where its answer is True or False the claim is a
share of days, else a mean over days. What is drawn for two settings at one seed is the same work.
"""

from __future__ import annotations

from importlib import import_module

from claimed.claim import Claim

LESSONS = [import_module(f"claimed.lesson_{number:02}") for number in range(11)]
CLAIMS: dict[str, Claim] = {claim.number: claim for lesson in LESSONS for claim in lesson.CLAIMS}
