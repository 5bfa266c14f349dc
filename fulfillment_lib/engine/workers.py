"""Inside the pool: a Job is a submitted task, a Worker makes attempts, one at a time."""

from __future__ import annotations

import asyncio
from contextvars import Context, copy_context
from types import CoroutineType
from typing import Any, Protocol

from fulfillment_lib.engine.halting import Halting
from fulfillment_lib.engine.handlers import Handler, are_same, awaitable, name_of
from fulfillment_lib.engine.tasks import ABANDONED, Attempt, Outcome, T, Task, TaskResult
from fulfillment_lib.engine.watchdog import Watchdog
from fulfillment_lib.errors import error_text

HALF_A_MICROSECOND_S = 0.5e-6
SUCCEEDED = Outcome.SUCCEEDED  # to ask the class for its member takes five times as long


class Owner(Protocol):
    """What jobs and workers tell their pool."""

    timeout_s: float
    grace_s: float
    watchdog: Watchdog
    halting: Halting

    def withdraw(self, job: Job) -> None: ...
    def ended(
        self, worker: Worker, job: Job, now_s: float, outcome: Outcome, value: Any, error: str
    ) -> None: ...


class Job(asyncio.Future[TaskResult[T]]):
    """A submitted task with its handler; it is also the future that `submit` gives.

    Whoever cancels it (by `cancel()`, `gather`, `wait_for`, or by being cancelled while awaiting
    it) withdraws the task: that is why it is a class of its own, and costs no done-callback.
    """

    __slots__ = (
        "attempts",
        "context",
        "handler",
        "number",
        "pool",
        "ready_s",
        "retry",
        "sequence",
        "task",
        "worker",
    )

    def __init__(
        self,
        pool: Owner,
        loop: asyncio.AbstractEventLoop,
        task: Task,
        handler: Handler[T],
        number: int,
    ) -> None:
        asyncio.Future.__init__(self, loop=loop)  # half the time of the way by super()
        self.pool = pool
        self.task = task
        self.handler = handler
        self.context = copy_context()  # of the submitter
        self.number = number
        self.attempts: tuple[Attempt, ...] = ()
        self.worker: Worker | None = None  # who makes an attempt now
        self.retry: asyncio.TimerHandle | None = None  # the end of a back-off
        self.ready_s = 0.0
        self.sequence = 0

    def __hash__(self) -> int:
        return self.number  # not the address: sets of jobs must repeat

    def cancel(self, msg: Any | None = None) -> bool:
        """Withdraw the task: it does not start, or its running attempt is cancelled."""
        cancelled = super().cancel(msg)
        if cancelled:
            self.pool.withdraw(self)
        return cancelled


class Worker:
    """One worker: it waits for a job, awaits the job's handler, and judges what came of it.

    `verdict` is set when somebody asks the attempt to end: it was withdrawn, or it timed out.
    The first to ask wins. A worker that was asked is `spent` after that attempt, and the pool puts
    a new one in its place: nobody can know what state a handler that was cancelled leaves behind.
    """

    # A handler sees the context variables of its submitter, and what it sets is its own. But a
    # worker is one asyncio task for many attempts, and a task has one context for life. An asyncio
    # task for each attempt would do, and takes a third of the time of a small attempt. To pass each
    # step of the handler through `Context.run` takes nearly as much. Hence the invariant: a worker
    # begins an attempt only in a context that has the variables of the submitter. The pool puts a
    # new worker in the place of one that has others. A worker is spent, too, when a handler has
    # left something in its context.

    def __init__(
        self, pool: Owner, loop: asyncio.AbstractEventLoop, number: int, context: Context
    ) -> None:
        self._pool = pool
        self._loop = loop
        self.parked: asyncio.Future[None] | None = None  # while it waits for a job
        self._grace: asyncio.TimerHandle | None = None  # it ends an attempt that does not let go
        self._abandoned = self._started = self.spent = False
        self._late_after_s = pool.timeout_s - HALF_A_MICROSECOND_S
        self.number = number
        self.context = context
        self.job: Job | None = None
        self.start_s = 0.0
        self.verdict: Outcome | None = None
        self.asyncio_task = loop.create_task(
            self._work(), name=f"worker {number}", context=context.copy()
        )

    def begin(self, job: Job, start_s: float) -> bool:
        """Start an attempt, and say so; or not, if the worker is gone or in another context."""
        parked = self.parked
        if self.spent or (self.asyncio_task if parked is None else parked).done():
            return False  # somebody has cancelled this idle worker
        if (self.context or job.context) and not are_same(self.context, job.context):
            return False
        if parked is not None:
            parked.set_result(None)
        self.job, job.worker = job, self
        self.start_s = start_s
        return True

    def is_late(self, now_s: float) -> bool:
        """Whether the present attempt has had its time."""
        return now_s - self.start_s > self._late_after_s

    def successor(self, context: Context) -> Worker:
        """A new worker of the same number; this one, which is idle or spent, ends."""
        if not self.spent:
            self.asyncio_task.cancel()
        return Worker(self._pool, self._loop, self.number, context)

    def time_out(self) -> None:
        """For the watchdog: the attempt has had its time."""
        self.ask_to_end(Outcome.TIMED_OUT)

    def ask_to_end(self, verdict: Outcome) -> None:
        """Cancel the attempt; a handler that does not let go is abandoned after the grace time."""
        if self.verdict is None:
            self.verdict = verdict
            self._pool.watchdog.forget(self)
            self._grace = self._loop.call_later(self._pool.grace_s, self._abandon)
            if not self._started:
                return  # asyncio would end a task that has not begun without a step of it
            # Once is enough: a second cancellation would break into the handler's `finally`.
            if verdict is Outcome.TIMED_OUT or not self.asyncio_task.cancelling():
                self.asyncio_task.cancel()

    # Four parties may cancel this asyncio task, and a CancelledError does not say which it was:
    #
    # * the pool, by `ask_to_end`: then `verdict` is set, whatever the handler makes of it;
    # * the pool, when it is left: only workers without a job, so `self.job` is None;
    # * a stranger, such as the end of `asyncio.run`, which cancels all tasks: then `cancelling()`
    #   is above zero without a verdict. The job is cancelled too, since nobody wants it any more;
    # * the handler: its own timeouts cancel the current task, and take that back by `uncancel()`.
    #   If it raises a CancelledError by itself, `cancelling()` is zero: that is a failure.
    #
    # To give each attempt an asyncio task of its own would tell them apart, and takes a third of
    # the time of a small task. The invariant instead: a worker that was asked makes no further
    # attempt, and after one that nobody asked to end `cancelling()` is put back to zero, even if
    # its handler has cancelled itself and swallowed that. So no handler inherits a cancellation.
    async def _work(self) -> None:
        self._started = True
        while not self.spent:
            outcome, value, error = SUCCEEDED, None, ""
            try:
                if self.job is None:
                    self.parked = asyncio.Future(loop=self._loop)
                    await self.parked
                    self.parked = None
                job = self.job
                assert job is not None
                if self.verdict is None:
                    answer = job.handler(job.task)
                    if type(answer) is not CoroutineType:
                        answer = awaitable(answer, job.handler)
                    value = await answer
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as problem:
                if self._abandoned:
                    return
                if self.job is None or not self._loop.is_running():
                    raise  # cancelled while idle, or closed with the loop
                if self._pool.halting.takes(problem):
                    self._end(self._loop.time(), None, None, "")
                    return
                foreign = isinstance(problem, asyncio.CancelledError) and self.verdict is None
                if foreign and self.asyncio_task.cancelling():
                    self.job.cancel()  # somebody cancels all tasks of the loop
                outcome, error = Outcome.FAILED, error_text(problem)
            if self._abandoned:
                return
            self._judge(outcome, value, error)

    def _judge(self, outcome: Outcome, value: Any, error: str) -> None:
        """Decide by the clock, not by the exception: a cancelled handler may return a value."""
        now_s = self._loop.time()
        if self.verdict is Outcome.CANCELLED:
            outcome, value, error = Outcome.CANCELLED, None, "withdrawn"
        elif self.verdict is not None or now_s - self.start_s > self._late_after_s:
            outcome, value = Outcome.TIMED_OUT, None
            error = f"no answer within {self._pool.timeout_s:g} s"
        context = copy_context()
        alike = not (context or self.context) or are_same(context, self.context)
        self.spent = self.verdict is not None or not alike
        self._end(now_s, outcome, value, error)

    def _abandon(self) -> None:
        assert self.job is not None and self.verdict is not None
        self._abandoned = self.spent = True
        error = (
            f"{name_of(self.job.handler)} was cancelled and did not end within "
            f"{self._pool.grace_s:g} s{ABANDONED}"
        )
        self._end(self._loop.time(), self.verdict, None, error)

    def _end(self, now_s: float, outcome: Outcome | None, value: Any, error: str) -> None:
        """Let the job go; an attempt without an outcome, which a fault has ended, is no record."""
        job, self.job = self.job, None
        assert job is not None
        job.worker = None
        if self._grace is not None:
            self._grace.cancel()
        self._pool.watchdog.forget(self)
        if self.verdict is None:
            while self.asyncio_task.cancelling():
                self.asyncio_task.uncancel()
        if outcome is None:
            job.cancel()
        else:
            self._pool.ended(self, job, now_s, outcome, value, error)


async def all_ended(tasks: list[asyncio.Task[None]], grace_s: float) -> None:
    """Wait until all have ended, for the grace time at most, even when cancelled meanwhile."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + grace_s
    ended: set[asyncio.Task[None]] | None = None
    interrupt: asyncio.CancelledError | None = None
    while ended is None:
        try:
            ended, _ = await asyncio.wait(tasks, timeout=max(until_s - loop.time(), 0.0))
        except asyncio.CancelledError as error:
            interrupt = error
    for task in ended:
        has_ended(task)
    if interrupt is not None:
        raise interrupt


def has_ended(task: asyncio.Task[None]) -> bool:
    """Whether a worker has ended. If by an error, that is an interrupt, and has gone up already."""
    if task.done() and not task.cancelled():
        task.exception()  # seen, or asyncio would log it
    return task.done()
