"""`sweep`: many runs, every combination of settings × every seed, as one tidy table.

Combinations are compared on the same work: at one seed all of them meet the same orders, service
times and faults (common random numbers). Runs are spread over an executor: the processes of this
machine, or a cluster. Which one it is changes no row.
"""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent import futures
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager, nullcontext
from inspect import iscoroutine
from itertools import islice, product
from multiprocessing import get_context
from multiprocessing.reduction import ForkingPickler
from numbers import Number
from queue import Empty, SimpleQueue
from typing import Any

from fulfillment_lib import checks
from fulfillment_lib.analysis.kpis import figures
from fulfillment_lib.analysis.table import Table
from fulfillment_lib.errors import ComputationError, FulfillmentError, error_text, from_extra
from fulfillment_lib.operations.workplace import InlineExecutor
from fulfillment_lib.run import simulate
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.settings import LARGEST_SEED, SETTING_NAMES, changed

with from_extra("views", "sweeps"):
    import pandas as pd
    from tqdm import tqdm

MOST_RUNS = 1_000_000
Make = Callable[..., Scenario]
Changes = dict[str, Any]
Replication = tuple[dict[str, Any], Future[dict[str, float]]]  # labels of a row, and figures


def sweep(
    scenario: Scenario | Make,
    vary: Mapping[str, Any] | None = None,
    seeds: Iterable[int] = range(20),
    executor: Executor | None = None,
    *,
    progress: bool = False,
    watchdog_s: float = 600.0,
) -> pd.DataFrame:
    """Run every combination of settings at every seed.

    An interrupt ends the sweep early: the table holds what was finished, and a warning says how
    much is missing.

    Args:
        scenario: the same orders at each seed; or a function such as `scenarios.web_shop` that
            makes a Scenario of a `seed`, with other orders at each.
        vary: names of settings to their values, or to a mapping of labels to values.
        seeds: one run per combination and seed.
        executor: None is a ProcessPoolExecutor on the cores of this machine; where there are no
            processes, as in a browser, the runs are called in place.
        progress: shows a bar.
        watchdog_s: seconds of the wall clock without any result after which it gives up.

    Returns:
        One row per run, combinations in the order of `vary`, then seeds. The columns are those
        of `vary`, seed, makespan_s, the columns of `kpis`, and `express_…` and `standard_…` of
        lead_time_mean_s, lead_time_p95_s and wait_mean_s (NaN where a class has no orders).

    Raises:
        ArgumentError: an unknown setting or a bad value, or something that cannot be sent to
            another process; before anything runs.
        ComputationError: a run was lost with its executor; `finished` has the rows until then.
    """
    combinations = _combinations({} if vary is None else vary)
    numbers = [
        checks.whole("each of seeds", seed, 0, LARGEST_SEED)
        for seed in _few("seeds", seeds, "range(20)")
    ]
    planned = [(labels, changes, seed) for labels, changes in combinations for seed in numbers]
    if len(planned) > MOST_RUNS:
        checks.refuse("combinations × seeds", f"at most {MOST_RUNS:,}", len(planned))
    watchdog_s = checks.wall_clock("watchdog_s", watchdog_s)
    first = _first(scenario, numbers)
    for _, changes in combinations:  # good before the start: nothing bad turns up in mid-sweep
        changed(first.settings, changes)
    checks.executor_or_none("executor", executor)
    with _processes(scenario, combinations) if executor is None else nullcontext(executor) as pool:
        return _collected(pool, scenario, planned, progress, watchdog_s)


def replicate(scenario: Scenario | Make, changes: Changes, seed: int) -> dict[str, float]:
    """One run at one seed, and its figures."""
    if not isinstance(scenario, Scenario):
        scenario = scenario(seed=seed)
    return figures(simulate(scenario, **{"seed": seed, **changes}))


def _combinations(vary: Mapping[str, Any]) -> list[tuple[dict[str, Any], Changes]]:
    """Each combination twice: as the labels of its row, and as changes of the settings."""
    checks.instance("vary", vary, Mapping)
    columns = []
    for name, values in vary.items():
        checks.known("setting", name, SETTING_NAMES)
        if name == "seed":
            checks.refuse("vary", "of settings other than the seed", name, "use seeds=")
        columns.append(_labelled(name, values).items())
    return [
        (
            {name: label for name, (label, _) in zip(vary, choices, strict=True)},
            {name: value for name, (_, value) in zip(vary, choices, strict=True)},
        )
        for choices in product(*columns)
    ]


def _labelled(name: str, values: object) -> dict[object, object]:
    if isinstance(values, Mapping):
        return dict(values)
    named: dict[object, object] = {}
    for value in _few(name, values):
        plain = isinstance(value, str | Number)  # NumPy's numbers too
        label = value if plain else getattr(value, "__name__", str(value))
        if label in named:
            remedy = f"write {name}={{'a name': value, ...}}"
            checks.refuse(name, "values with labels of their own", label, remedy)
        named[label] = value
    return named


def _few(field: str, values: object, example: str = "[2, 3]") -> Iterator[object]:
    """The values, up to one too many: an iterator may never end."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        checks.refuse(field, f"several values, such as {example}", values)
    return islice(values, MOST_RUNS + 1)


def _first(scenario: Scenario | Make, seeds: Sequence[int]) -> Scenario:
    """The scenario, or what the function makes of the first seed: the call says whether it can."""
    if isinstance(scenario, Scenario):
        return scenario
    try:
        first = scenario(seed=seeds[0] if seeds else 0)
    except TypeError as error:
        rule = "a Scenario or a function that makes one of a seed"
        checks.refuse("scenario", rule, scenario, str(error))
    if iscoroutine(first):
        first.close()  # or Python warns that nobody awaited it
    checks.instance("what scenario makes", first, Scenario)
    return first


@contextmanager
def _processes(
    scenario: Scenario | Make, combinations: Sequence[tuple[object, Changes]]
) -> Iterator[Executor]:
    """Processes of this machine, started afresh: a fork of a kernel would copy its threads."""
    _must_travel("scenario", scenario)
    for _, changes in combinations:
        for name, value in changes.items():
            _must_travel(name, value)
    try:
        pool: Executor = futures.ProcessPoolExecutor(
            mp_context=get_context("spawn"), initializer=_leave_interrupts
        )
    except (ImportError, NotImplementedError):  # the Python of a browser has no processes
        pool = InlineExecutor()
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _must_travel(field: str, value: object) -> None:
    remedy = (
        "define it at the top of a module that can be imported, or give an executor, "
        "such as ThreadPoolExecutor(1)"
    )
    if callable(value) and getattr(value, "__module__", "") == "__main__":
        checks.refuse(field, "something that another process can import", value, remedy)
    try:
        ForkingPickler.dumps(value)
    except Exception:
        checks.refuse(field, "something that can be sent to a process", value, remedy)


def _leave_interrupts() -> None:
    """An interrupt reaches all processes of a kernel; only the kernel itself shall act on it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _collected(
    pool: Executor,
    scenario: Scenario | Make,
    planned: Sequence[tuple[dict[str, Any], Changes, int]],
    progress: bool,
    watchdog_s: float,
) -> pd.DataFrame:
    replications: list[Replication] = []
    try:
        for labels, changes, seed in planned:
            future = pool.submit(replicate, scenario, changes, seed)
            replications.append(({**labels, "seed": seed}, future))
        _wait([future for _, future in replications], progress, watchdog_s)
    except KeyboardInterrupt:
        missing = len(planned) - len(_finished(replications))
        warnings.warn(f"interrupted: {missing} of {len(planned)} runs are missing", stacklevel=3)
    except FulfillmentError:
        raise
    except Exception as problem:
        raise _lost(problem, _finished(replications)) from problem
    finally:
        for _, future in replications:
            future.cancel()
    return _finished(replications)


def _wait(runs: Sequence[Future[dict[str, float]]], progress: bool, watchdog_s: float) -> None:
    ended: SimpleQueue[Future[dict[str, float]]] = SimpleQueue()
    for future in runs:  # `wait` would look at all of them again for each one that ends
        future.add_done_callback(ended.put)
    with tqdm(total=len(runs), disable=not progress, unit="run") as bar:
        for _ in runs:
            try:
                future = ended.get(timeout=watchdog_s)
            except Empty:
                raise TimeoutError(f"no result for {watchdog_s:g} s") from None
            future.result()
            bar.update()


def _lost(problem: Exception, finished: pd.DataFrame) -> ComputationError:
    remedy = ""
    if isinstance(problem, BrokenExecutor):
        remedy = "; a script must call sweep under `if __name__ == '__main__':`"
    error = ComputationError(f"a run of the sweep was lost: {error_text(problem)}{remedy}")
    error.finished = finished
    return error


def _finished(replications: Sequence[Replication]) -> pd.DataFrame:
    """The rows of the runs that were finished."""
    rows = [
        {**labels, **future.result()}
        for labels, future in replications
        if future.done() and not future.cancelled() and future.exception() is None
    ]
    return Table(rows)
