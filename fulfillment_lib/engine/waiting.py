"""The jobs that wait for a worker, the best first."""

from __future__ import annotations

from heapq import heapify, heappush
from types import FunctionType
from typing import Any

from fulfillment_lib import checks
from fulfillment_lib.engine.policies import Policy
from fulfillment_lib.engine.workers import Job


class Waiting(list[tuple[Any, int, Job]]):
    """A heap of (policy key, sequence number, job). Ties go by number; jobs are never compared.

    A job that was withdrawn stays until its turn comes, and is passed over then.
    """

    __slots__ = ("_key_of",)

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        # An object that can be called takes twice as long as its method.
        self._key_of = policy if isinstance(policy, FunctionType) else policy.__call__  # type: ignore[operator]

    def push(self, job: Job) -> None:
        """Add a job, by the policy's key for it.

        Raises:
            ArgumentError: the policy gives no usable sort key.
        """
        key = self._key_of(job.task, job.ready_s)
        if key is None or key != key:  # all Nones would tie
            checks.refuse("policy", "a function that gives keys to sort by", key)
        try:
            heappush(self, (key, job.sequence, job))
        except Exception:
            self[:] = [entry for entry in self if entry[2] is not job]
            heapify(self)
            checks.refuse("policy", "a function whose sort keys can be compared", key)

    @property
    def jobs(self) -> list[Job]:
        """The jobs that nobody has withdrawn, in no order."""
        return [job for _, _, job in self if not job.done()]
