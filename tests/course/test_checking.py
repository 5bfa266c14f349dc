"""Judges of exercises: right answers pass, wrong and looked-up ones do not, and nothing raises."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from scipy.stats import t

from fulfillment_lib.course import check
from fulfillment_lib.course.black_friday import BASELINES
from fulfillment_lib.course.checking import EXERCISES
from fulfillment_lib.course.lesson_04 import TRIED_S, lead_with
from fulfillment_lib.course.verdicts import Verdict, mean_lead_s
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.run import simulate

pytestmark = pytest.mark.slow  # judges run whole days


async def one_by_one(coroutines):
    return [await each for each in coroutines]


async def all_at_once(coroutines):
    return await asyncio.gather(*coroutines)


async def all_but_the_results(coroutines):
    await asyncio.gather(*coroutines)


async def first_only(coroutines):
    return [await coroutines[0]]


async def with_semaphore(coroutines):
    places = asyncio.Semaphore(3)

    async def one(coroutine):
        async with places:
            return await coroutine

    return await asyncio.gather(*map(one, coroutines))


async def in_groups(coroutines):
    results = []
    for first in range(0, len(coroutines), 3):
        results += await asyncio.gather(*coroutines[first : first + 3])
    return results


def one_box(reserved):
    return {
        "pack": [f"check {sku}" for skus in reserved.values() for sku in skus],
        "ship": ["pack"],
    }


def box_per_warehouse(reserved):
    plan = {}
    for name, skus in reserved.items():
        plan |= {f"pack {name}": [f"check {sku}" for sku in skus], f"ship {name}": [f"pack {name}"]}
    return plan


def boxes_that_wait_for_all(reserved):
    checks = [f"check {sku}" for skus in reserved.values() for sku in skus]
    return box_per_warehouse(reserved) | {f"pack {name}": checks for name in reserved}


SHOWN_PLAN = box_per_warehouse({"EAST": ["MOUSE-002", "KEYBOARD-003"], "WEST": ["LAPTOP-001"]})


def pool(catch: type[BaseException], one_worker: bool = False) -> Callable[..., Any]:
    async def run_all(jobs, workers):
        results: list[Any] = [None] * len(jobs)
        waiting = list(enumerate(jobs))

        async def worker():
            while waiting:
                number, job = waiting.pop(0)
                try:
                    results[number] = await job()
                except catch as error:
                    results[number] = error

        count = 1 if one_worker else workers
        await asyncio.gather(*(worker() for _ in range(count)), return_exceptions=True)
        return results

    return run_all


async def charge_twice(key, amount, books, reply):
    books.append((key, amount))
    await reply()


async def charge_once(key, amount, books, reply):
    if key not in [booked for booked, _ in books]:
        books.append((key, amount))
    await reply()


async def charge_each_amount_once(key, amount, books, reply):
    if amount not in [booked for _, booked in books]:
        books.append((key, amount))
    await reply()


async def charge_without_asking(key, amount, books, reply):
    books.append((key, 0))


def honest(shipped, backordered, cancelled):
    if shipped:
        return "PARTIALLY_FULFILLED" if backordered or cancelled else "FULFILLED"
    return "UNFULFILLED" if backordered else "CANCELLED"


def slowest(run):
    return max(run.reports, key=lambda report: report.lead_time_s).order_id


def enough(orders):
    leads = {count: mean_lead_s(simulate(orders, workers=count)) for count in range(1, 13)}
    return min(count for count in leads if leads[count] <= 1.05 * leads[12])


def best_timeout(scenario):
    return min(TRIED_S, key=lambda each: lead_with(scenario, each))


def largest(table, order_id):
    mine = table[table["order_id"] == order_id]
    return mine.groupby("segment")["seconds"].sum().idxmax()


def longest_row(table, order_id):
    mine = table[table["order_id"] == order_id]
    return mine.loc[mine["seconds"].idxmax(), "segment"]


def finish_first(task, ready_s):
    return {"shipping": 0, "packing": 1, "inventory": 2}[task.kind]


async def scan_first(stock, sku, scan):
    await scan()
    stock[sku] -= (sold := stock[sku] > 0)
    return sold


async def look_first(stock, sku, scan):
    seen = stock[sku]
    await scan()
    stock[sku] -= (sold := seen > 0)
    return sold


async def never_scan(stock, sku, scan):
    stock[sku] -= (sold := stock[sku] > 0)
    return sold


def with_a_key(orders, done, ship):
    for order in orders:
        if order not in done:
            ship(order, key=order)
            done.add(order)


def without_a_key(orders, done, ship):
    for order in orders:
        if order not in done:
            ship(order)
            done.add(order)


def book_first(orders, done, ship):
    for order in orders:
        if order not in done:
            done.add(order)
            ship(order, key=order)


def one_key_for_all(orders, done, ship):
    for order in orders:
        ship(order, key="mine")
        done.add(order)


def half_width(values):
    return t.ppf(0.975, len(values) - 1) * values.std() / len(values) ** 0.5


def paired_mean(table):
    pairs = table.pivot(index="seed", columns="policy", values="lead_time_mean_s").dropna()
    return (pairs["express_first"] - pairs["fifo"]).mean()


def unpaired_mean(table):
    means = table.groupby("policy")["lead_time_mean_s"].mean()
    return means["express_first"] - means["fifo"]


RIGHT = {
    "00.1": all_at_once,
    "00.2": slowest,
    "01.1": box_per_warehouse,
    "01.2": with_semaphore,
    "02.1": pool(Exception),
    "02.2": enough,
    "03.1": lambda task, ready_s: task.expected_s,
    "03.2": lambda task, ready_s: ready_s + 15 * task.priority,
    "04.1": best_timeout,
    "04.2": charge_once,
    "05.1": honest,
    "05.2": largest,
    "06.1": {"workers": 3},
    "06.2": {"timeout_s": 10, "max_attempts": 5},
    "06.3": lambda order: "ship_complete",
    "06.4": {"policy": finish_first},
    "06.5": {"timeout_s": 30},
    "07.1": scan_first,
    "07.2": with_a_key,
    "08.1": half_width,
    "08.2": paired_mean,
    "09.1": {"workers": 8, "max_attempts": 3},
    "09.2": BASELINES["tuned"] | {"policy": lambda task, ready_s: (task.priority, task.due_s)},
}

WRONG = [
    ("00.1", one_by_one, "naps of 3, 1, 2 s took 6 s"),
    ("00.1", all_but_the_results, "the results must be [0, 1, 2], got None"),
    ("00.1", first_only, "1 of 3 naps ended"),
    ("00.2", lambda run: run.orders[0].id, "you say ORD-001, but another took longer"),
    ("00.2", lambda run: 7, "must be the id of an order, got 7"),
    ("01.1", one_box, "there is no task 'pack EAST'"),
    ("01.1", boxes_that_wait_for_all, "'pack EAST' must wait for"),
    (
        "01.1",
        lambda reserved: box_per_warehouse(reserved) | one_box(reserved),
        "nobody needs the task 'pack'",
    ),
    ("01.1", lambda reserved: list(reserved), "the plan must be a dict"),
    ("01.2", all_at_once, "9 naps were under way at 0 s, at most 3 may be"),
    ("01.2", one_by_one, "only 1 of 3 places were taken at 0 s"),
    ("01.2", in_groups, "only 1 of 3 places were taken at 2 s"),
    ("01.2", first_only, "1 of 9 naps ended"),
    ("02.1", pool(KeyError), "2 of 5 jobs raised, and only 2 ever ended: workers were lost"),
    ("02.1", pool(Exception, one_worker=True), "never more than 1 of 2 workers had a job"),
    ("02.2", lambda orders: 5, "you say 5: too few"),
    ("02.2", lambda orders: 12, "you say 12: more than needed"),
    ("02.2", lambda orders: 5.0, "must be a whole number from 1 to 12"),
    ("03.1", lambda task, ready_s: ready_s, "had to go first"),
    ("03.1", lambda task, ready_s: -task.expected_s, "had to go first"),
    ("03.1", "fifo", "takes a function, got 'fifo'"),
    ("03.1", lambda task, ready_s: task.nothing, "it raised AttributeError: "),
    (
        "03.1",
        lambda task, ready_s: (0, task.id if task.kind == "shipping" else 1),
        "it raised ArgumentError: policy must be a function whose sort keys can be compared",
    ),
    ("03.2", lambda task, ready_s: task.priority, "had to go first"),
    ("03.2", lambda task, ready_s: ready_s, "had to go first"),
    ("03.2", lambda task, ready_s: ready_s + 14 * task.priority, "had to go first"),
    ("03.2", lambda task, ready_s: ready_s + 16 * task.priority, "had to go first"),
    ("04.1", lambda scenario: 10, "can be had shorter"),
    ("04.1", lambda scenario: "6", "must be a timeout in seconds, got '6'"),
    ("04.2", charge_twice, "ORD-002 owes 45, and the books have 2 charges of it"),
    ("04.2", charge_each_amount_once, "ORD-003 owes 30, and the books have 0 charges of it"),
    ("04.2", charge_without_asking, "ORD-001 owes 30, and the books have 1 charges of it"),
    ("05.1", lambda shipped, *rest: "FULFILLED" if shipped else "CANCELLED", "is UNFULFILLED"),
    ("05.2", lambda table, order_id: "packing", "you say 'packing', it is "),
    ("05.2", longest_row, "you say "),
    ("06.1", {"workers": 2}, "2 workers do not keep the promise of 15 s"),
    ("06.1", {"workers": 4}, "and so do fewer"),
    ("06.1", {"timeout_s": 5}, "a dict with some of workers"),
    ("06.1", 3, "a dict with some of workers"),
    ("06.2", {"timeout_s": 20}, "mean lead time 31.7 s, it must be at most 28.5 s"),
    ("06.2", {"timeout_s": 5, "max_attempts": 1}, "units shipped"),
    ("06.2", {"workers": 50}, "a dict with some of backoff_s, max_attempts, policy, timeout_s"),
    ("06.3", lambda order: "backorder", "15 orders fulfilled, as it was 17"),
    ("06.4", {"policy": "shortest_first"}, "mean lead time 49.1 s"),
    ("06.5", {"timeout_s": 10}, "456 units shipped, 672 before"),
    ("06.5", {"timeout_s": 60}, "mean lead time"),
    ("07.1", look_first, "2 clients wanted the 1 units there were: 2 were sold, and -1 are left"),
    ("07.1", never_scan, "2 clients came, and 0 units were scanned"),
    ("07.2", without_a_key, "killed at step 2 and started again: ORD-001 has 2 labels"),
    ("07.2", book_first, "ORD-001 has 0 labels"),
    ("07.2", one_key_for_all, "ORD-002 has 0 labels"),
    ("08.1", lambda values: values.std() / len(values), "for 10 values it is 2.4795, you say 0.34"),
    ("08.1", lambda values: 1.96 * values.std() / len(values) ** 0.5, "for 10 values it is"),
    ("08.2", unpaired_mean, "for a table of 21 rows it is -0.2722, you say -0.4698"),
    ("08.2", lambda table: None, "the answer must be a number, got None"),
    ("09.1", {"policy": "fifo"}, "three fifths of express first is 270.29"),
    ("09.2", BASELINES["tuned"] | {"workers": 7}, "tuned to the days that were shown"),
]

# Right on the day that the lesson shows, and on no other.
LOOKED_UP = {
    "00.2": lambda run: "ORD-007",
    "01.1": lambda reserved: SHOWN_PLAN,
    "02.2": lambda orders: 7,
    "04.1": lambda scenario: 6,
    "08.1": lambda values: 2.479509,
    "08.2": lambda table: -0.272171,
}


def test_each_exercise_has_a_right_answer_that_passes():
    said = {number: check(number, answer) for number, answer in RIGHT.items()}
    assert {number: verdict.passed for number, verdict in said.items()} == dict.fromkeys(
        EXERCISES, True
    ), said


@pytest.mark.parametrize(("exercise", "answer", "why"), WRONG)
def test_a_wrong_answer_does_not_pass_and_hears_why(exercise, answer, why):
    verdict = check(exercise, answer)
    assert not verdict.passed and why in verdict.why, verdict


@pytest.mark.parametrize("exercise", LOOKED_UP)
def test_an_answer_that_is_looked_up_fails_on_the_day_that_is_not_shown(exercise):
    assert not check(exercise, LOOKED_UP[exercise]).passed


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize("answer", [None, 5, [], {}, "yes", lambda *_: None, lambda *_: 1 / 0])
def test_no_answer_makes_a_check_raise_or_warn(exercise, answer):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(exercise, answer).passed is False


def test_an_answer_that_raises_is_told_where():
    source = "def answer(run):\n    number = 0\n    return 1 / number\n"
    cell: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "a cell", "exec"), cell)
    assert check("00.2", cell["answer"]).why == (
        "it raised ZeroDivisionError: division by zero (line 3 of the cell)"
    )


def test_an_answer_that_waits_for_ever_is_not_right_yet():
    async def never(coroutines):
        await asyncio.Event().wait()

    assert check("00.1", never).why.startswith("it raised DeadlockError: ")


def test_a_verdict_shows_a_few_rows_and_counts_the_others():
    verdict = Verdict("03.1", False, "why", tuple("abcdef"))
    assert repr(verdict) == "not yet: why\n    a\n    b\n    c\n    d\n    and 2 more"
    assert repr(Verdict("03.1", True, "because")) == "yes: because"


def test_an_unknown_exercise_is_refused_with_the_nearest_one():
    with pytest.raises(ArgumentError, match=r"exercise must be a known name, got '3\.1'; did you"):
        check("3.1", slowest)
