"""The worker pool: any work on N concurrent workers, by priority, with timeouts and retries.

The pool knows nothing of orders or stock. It runs on any asyncio loop: on the virtual one (see
`loop`) in no time, on an ordinary one with real input and output. Times are the loop's seconds.

Its life is a cycle. `submit` puts a job on a heap, ranked by the policy. At the end of the
instant, `_dispatch` gives the best jobs to the idle workers (see `workers`). When an attempt has
ended, `ended` records it, and then the job has its result or goes round again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from contextvars import copy_context
from heapq import heappop, heappush
from itertools import count
from typing import Any, Self

from fulfillment_lib import checks
from fulfillment_lib.engine.halting import Halting
from fulfillment_lib.engine.handlers import Handler, refuse_handler, tell
from fulfillment_lib.engine.policies import Policy, named
from fulfillment_lib.engine.tasks import GRACE_S, IN_POLICY, Attempt, Outcome, T, Task, TaskResult
from fulfillment_lib.engine.waiting import Waiting
from fulfillment_lib.engine.watchdog import Watchdog
from fulfillment_lib.engine.workers import SUCCEEDED, Job, Worker, all_ended, has_ended
from fulfillment_lib.errors import FulfillmentError, error_text
from fulfillment_lib.frozen import draft, new, unchecked

_AttemptDraft, _new_result = draft(Attempt), unchecked(TaskResult)


class WorkerPool:
    """Runs submitted tasks on `workers` concurrent workers, inside `async with`.

    Leaving the block waits for all that was submitted; leaving it with an error cancels.

    A timeout cancels the handler and frees its worker. It does not stop a thread or another process
    for which the handler waits: that goes on beside the next attempt, and what it does still counts
    in the world, though not in the result. Such work needs a limit of its own, or an event that it
    asks whether to stop; and it must be harmless to do twice.

    Args:
        timeout_s: how long an attempt may take, from its start.
        policy: a name or a function `(task, ready_s) -> sort key`; see `policies`.
        max_attempts: how often a task is tried before its failure or timeout stands.
        backoff_s: the pause after the first failed attempt; it doubles with each further one.
        grace_s: how long a handler that swallows its cancellation keeps its worker.
        on_start, on_attempt: called as `on_start(task, worker, start_s)` and, at the end,
            `on_attempt(attempt)`; an error in them goes to the loop's exception handler.

    A handler's error is an outcome of its task. Where an attribute `is_fault` is set before the
    block, a function that gets each such error, True says that it is a fault of the machine, such
    as a full disk, and no fact of the task: then nothing of that attempt is recorded, everything is
    cancelled, and the block ends with the error.
    """

    def __init__(
        self,
        workers: int = 5,
        timeout_s: float = 10.0,
        policy: Policy | str = "express_first",
        max_attempts: int = 1,
        backoff_s: float = 1.0,
        grace_s: float = GRACE_S,
        on_start: Callable[[Task, int, float], object] | None = None,
        on_attempt: Callable[[Attempt], object] | None = None,
    ) -> None:
        self.workers = checks.whole("workers", workers, 1, checks.MOST_WORKERS)
        self.timeout_s = checks.seconds("timeout_s", timeout_s, above=True)
        self.policy = named(policy)
        self.max_attempts, self.backoff_s = checks.attempts(max_attempts, backoff_s)
        self.grace_s = checks.seconds("grace_s", grace_s)
        self._on_start = checks.plain_function("on_start", on_start)
        self._on_attempt = checks.plain_function("on_attempt", on_attempt)
        self.is_fault: Callable[[BaseException], bool] | None = None
        self._entered = self._open = self._dispatch_is_due = False
        self._heap = Waiting(self.policy)
        self._sequence = count()
        self._backing_off: set[Job] = set()
        self._staff: list[Worker] = []
        self._idle: list[int] = []
        self._retired: list[asyncio.Task[None]] = []
        self._unfinished = 0
        self._all_finished: asyncio.Future[None] | None = None
        self._attempts: list[Attempt] = []

    def __repr__(self) -> str:
        busy = sum(worker.job is not None for worker in self._staff)
        state = f"{busy} busy, {len(self._heap.jobs)} waiting, {len(self._attempts)} attempts"
        return f"WorkerPool({self.workers} workers, {state})"

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """All attempts that have ended, in the order of their ends."""
        return tuple(self._attempts)

    # Entering and leaving

    async def __aenter__(self) -> Self:
        if self._entered:
            raise FulfillmentError("a pool can be entered once; make a new one")
        self._loop = asyncio.get_running_loop()
        self._let_dispatch = getattr(self._loop, "at_end_of_instant", self._soon)(self._dispatch)
        self._is_end_of_instant = getattr(self._loop, "is_end_of_instant", lambda: False)
        context = copy_context()
        self.watchdog = Watchdog(self._loop, self.timeout_s)
        self.halting = Halting(checks.plain_function("is_fault", self.is_fault))
        self._entered = self._open = True
        self._staff = [Worker(self, self._loop, number, context) for number in range(self.workers)]
        self._idle = list(range(self.workers))
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        try:
            while kind is None and self._unfinished:
                self._all_finished = asyncio.get_running_loop().create_future()
                await self._all_finished
        finally:
            with closing(self.halting):
                await self._close()

    async def _close(self) -> None:
        """Cancel all that is left, and wait for the workers, for the grace time at most."""
        self._open = False
        running = [worker.job for worker in self._staff if worker.job is not None]
        waiting = self._heap.jobs + sorted(self._backing_off, key=hash)
        for job in waiting + running:
            job.cancel()
        idle = [worker.asyncio_task for worker in self._staff if worker.job is None]
        for task in idle + self._retired:
            task.cancel()
        staff = [worker.asyncio_task for worker in self._staff]
        await all_ended(staff + self._retired, self.grace_s)

    def submit(self, task: Task, handler: Handler[T]) -> asyncio.Future[TaskResult[T]]:
        """Let a worker run `await handler(task)`, and give the future of its TaskResult.

        Each attempt sees the context variables as they are now, and keeps to itself what it sets.
        A failure is an outcome of the result, never an exception. Cancelling the future withdraws
        the task.

        Raises:
            ArgumentError: `task` is no Task, `handler` cannot be called, or the policy gives no
                usable sort key.
            FulfillmentError: the pool is not open.
        """
        if not self._open:
            raise FulfillmentError("the pool is not open; submit inside `async with WorkerPool()`")
        if not isinstance(task, Task):
            checks.instance("task", task, Task)
        if not callable(handler):
            refuse_handler(handler)
        job = Job(self, self._loop, task, handler, next(self._sequence))
        self._enqueue(job, job.number)
        self._unfinished += 1
        return job

    async def run(self, task: Task, handler: Handler[T]) -> TaskResult[T]:
        """Submit and await. Cancelling the caller withdraws the task."""
        return await self.submit(task, handler)

    def _enqueue(self, job: Job, sequence: int) -> None:
        job.ready_s = self._loop.time()
        job.sequence = sequence
        self._heap.push(job)
        if self._idle and not self._dispatch_is_due:
            self._dispatch_is_due = True
            self._let_dispatch()

    # The cycle

    def withdraw(self, job: Job) -> None:
        """For jobs: somebody has cancelled this one."""
        if job.worker is not None:
            job.worker.ask_to_end(Outcome.CANCELLED)
            return
        if job.retry is not None:
            job.retry.cancel()
            self._backing_off.discard(job)
        self._finished_one()  # a job on the heap is passed over when its turn comes

    # Two orders arrive at 9:00:00, the express one a few awaits after the other. A dispatch at
    # each `submit` would give the free worker to the standard one, and which of two tasks goes
    # first would depend on the number of awaits before each. A dispatch by `call_soon` comes too
    # early in the same way. So the loop is asked to dispatch at the end of the instant, when
    # nothing else can happen in it. Hence the invariant: all that becomes ready at a time competes
    # by the policy, for all workers that are free at that time. While nobody is idle or nothing
    # waits, there is nothing to give out, and the loop is not asked.
    def _soon(self, callback: Callable[[], None]) -> Callable[[], object]:
        """For an ordinary loop, which knows no end of an instant: a timer at the present time."""
        return lambda: self._loop.call_at(self._loop.time(), callback)

    def _dispatch(self) -> None:
        self._dispatch_is_due = False
        heap, idle, now_s = self._heap, self._idle, self._loop.time()
        while idle and heap:
            job = heap[0][2]
            try:
                heappop(heap)
            except Exception as problem:  # keys that cannot be compared meet: who is next?
                self._fail([job, *heap.jobs], problem)
                heap.clear()
                return
            if not job.done():
                worker = self._staff[heappop(idle)]
                if not worker.begin(job, now_s):
                    self._retire(worker)
                    worker = self._staff[worker.number] = worker.successor(job.context)
                    worker.begin(job, now_s)
                self.watchdog.watch(worker)
                if self._on_start is not None:
                    tell(self._loop, self._on_start, job.task, worker.number, now_s)

    def _fail(self, jobs: list[Job], problem: Exception) -> None:
        for job in [job for job in jobs if not job.done()]:
            self._resolve(job, Outcome.FAILED, None, f"{IN_POLICY}{error_text(problem)}")

    def ended(
        self, worker: Worker, job: Job, now_s: float, outcome: Outcome, value: Any, error: str
    ) -> None:
        """For workers: record an attempt, then give the job its result or another try."""
        task, tries = job.task, len(job.attempts) + 1
        attempt: Any = new(_AttemptDraft)  # a call with so many arguments takes half as long again
        attempt.order_id = task.order_id
        attempt.task_id = task.id
        attempt.kind = task.kind
        attempt.priority = task.priority
        attempt.worker = worker.number
        attempt.attempt = tries
        attempt.ready_s = job.ready_s
        attempt.start_s = worker.start_s
        attempt.finish_s = now_s
        attempt.outcome = outcome
        attempt.error = error
        attempt.sequence = job.sequence
        attempt.__class__ = Attempt
        self._attempts.append(attempt)
        job.attempts += (attempt,)
        if self._open:
            heappush(self._idle, worker.number)
        if job.done():
            self._finished_one()
        elif outcome is SUCCEEDED or tries >= self.max_attempts:
            self._resolve(job, outcome, value, error)
        elif self.backoff_s == 0.0:
            self._try_again(job)  # at once: a timer could come after this instant's dispatch
        else:
            pause_s = self.backoff_s * 2 ** (tries - 1)
            job.retry = self._loop.call_later(pause_s, self._try_again, job)
            self._backing_off.add(job)
        if self._on_attempt is not None:
            tell(self._loop, self._on_attempt, attempt)
        if self._heap and self._idle and not self._dispatch_is_due:
            # If nothing else is left in this instant, this is its end. But work that takes no
            # time must go round by the loop, which counts its turns.
            if now_s > worker.start_s and self._is_end_of_instant():
                self._dispatch()
            else:
                self._dispatch_is_due = True
                self._let_dispatch()

    def _retire(self, worker: Worker) -> None:
        self._retired = [task for task in self._retired if not has_ended(task)]
        self._retired.append(worker.asyncio_task)

    def _try_again(self, job: Job) -> None:
        job.retry = None
        self._backing_off.discard(job)
        try:
            self._enqueue(job, next(self._sequence))
        except Exception as problem:  # a policy that raises must not lose the job
            self._fail([job], problem)

    def _resolve(self, job: Job, outcome: Outcome, value: Any, error: str) -> None:
        job.set_result(_new_result(job.task, outcome, value, error, job.attempts))
        self._finished_one()

    def _finished_one(self) -> None:
        self._unfinished -= 1
        if not self._unfinished and self._all_finished and not self._all_finished.done():
            self._all_finished.set_result(None)
