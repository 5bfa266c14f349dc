"""The digest of a run: what it sees, what it takes for equal, and what it refuses."""

import dataclasses
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import numpy as np
import pytest

from fulfillment_lib import FulfillmentRun, simulate
from fulfillment_lib.analysis.digest import digest
from fulfillment_lib.engine.tasks import Outcome, Task, TaskResult
from fulfillment_lib.orders import Network, Order, Priority, Product, Units, Warehouse
from fulfillment_lib.records import Movement, MovementKind
from fulfillment_lib.samples import sample_orders
from fulfillment_lib.settings import Durations, Faults

EMPTY = simulate(())
DAY = simulate(sample_orders(1))
NETWORK = Network(
    (Product("Z", "Z", 1.0, 10.0, 10.0, 10.0),),
    (Warehouse("WEST", "94103", {"Z": 5}), Warehouse("EAST", "10001", {"Z": 4})),
)


def test_equal_runs_have_equal_digests_and_other_seeds_other_ones():
    assert simulate(sample_orders(12)).digest() == simulate(sample_orders(12)).digest()
    assert len({simulate(sample_orders(12), seed=seed).digest() for seed in range(5)}) == 5


def others(value: Any) -> Iterator[tuple[str, Any]]:
    """The same value with one thing changed, for each thing in it, with the path to it."""
    if dataclasses.is_dataclass(value):
        for name in [each.name for each in dataclasses.fields(value)]:
            if (type(value), name) != (Task, "payload"):
                for path, other in others(getattr(value, name)):
                    yield f".{name}{path}", dataclasses.replace(value, **{name: other})
    elif isinstance(value, tuple):
        yield "+1", (*value, *(value[:1] or ("another",)))
        for place, each in enumerate(value):
            for path, other in others(each):
                yield f"[{place}]{path}", (*value[:place], other, *value[place + 1 :])
    elif isinstance(value, Mapping):
        yield "+1", Units({**value, "ANOTHER": 1})
        for key, each in value.items():
            yield f"[{key}]", Units({**value, key: each + 1})
    elif isinstance(value, Enum):
        yield from (("", each) for each in type(value) if each is not value)
    elif isinstance(value, str):
        yield "", value + "x"
    else:
        yield "", 1.5 if value is None else value + 1


def a_rich_run() -> FulfillmentRun:
    """Few records, but every kind of record, and lists that are not empty."""
    run = simulate(
        [Order("A", {"Z": 6}, "express", "10001")],
        NETWORK,
        max_attempts=2,
        durations=Durations.constant(),
        faults=Faults(
            script={
                "A/shipping/WEST": ("lost_reply", "lost_reply"),
                "A/packing/EAST": ("fail", "ok"),
            }
        ),
    )
    kinds = {(each.task.kind, each.succeeded): each for each in run.results}
    return dataclasses.replace(
        run, attempts=run.attempts[:1], results=tuple(kinds.values()), movements=run.movements[:1]
    )


def test_the_rich_run_holds_every_kind_of_record():
    run = a_rich_run()
    assert run.reports[0].voided and run.reports[0].shipments and run.reports[0].packages
    assert {type(each.value).__name__ for each in run.results} >= {"StockCheck", "NoneType"}
    assert {len(each.attempts) for each in run.results} == {1, 2}


@pytest.mark.parametrize("name", ["attempts", "results", "movements", "reports"])
def test_a_digest_changes_with_every_field_of_every_record(name):
    run = a_rich_run()
    changed = list(others(getattr(run, name)))
    digests = {digest(run): "unchanged"}
    for path, other in changed:
        other_digest = digest(dataclasses.replace(run, **{name: other}))
        assert other_digest not in digests, f"{name}{path} and {digests[other_digest]}"
        digests[other_digest] = path
    own_fields = {each.name for each in dataclasses.fields(getattr(run, name)[0])}
    assert own_fields == {
        path.split(".")[1].split("[")[0].split("+")[0] for path, _ in changed if "." in path
    }


def test_a_digest_does_not_look_at_what_a_handler_was_given():
    run = a_rich_run()
    given = tuple(
        dataclasses.replace(each, task=dataclasses.replace(each.task, payload=object()))
        for each in run.results
    )
    assert digest(dataclasses.replace(run, results=given)) == digest(run)


def with_value(value: Any) -> FulfillmentRun:
    """A run whose one task gave that value."""
    return dataclasses.replace(EMPTY, results=(TaskResult(Task("t"), Outcome.SUCCEEDED, value),))


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        b"bytes",
        1j,
        Task,
        ("a", [object()]),
        {"a": object()},
        {1: "a"},
        {None: "a"},
        dataclasses,
    ],
)
def test_a_digest_refuses_what_it_cannot_write_down(value):
    with pytest.raises(TypeError, match="a digest takes records, numbers and texts, got"):
        digest(with_value(value))


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, (math.nan,), {"a": math.inf}, np.float64("nan")]
)
def test_a_digest_refuses_what_is_no_finite_number(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest(with_value(value))


ALIKE = [
    (("a", "b"),),
    (("a",), "b"),
    ("a", ("b",)),
    ("a", "b"),
    ("ab",),
    "ab",
    "a,b",
    ("a,b",),
    "('a', 'b')",
    ("a", "b", ""),
    ("a", "", "b"),
    ("", "ab"),
    "",
    (),
    ((),),
    ((), ()),
    (((),),),
    ("",),
    None,
    "None",
    (None,),
    10,
    "10",
    (1, 0),
    ("1", "0"),
    1.5,
    "1.5",
    {"a": "b"},
    (("a", "b"), ()),
    {"a": ("b",)},
    {"ab": ""},
    {"a": "", "b": ""},
    {"": "ab"},
    {},
    {"a": {}},
    {"a": {}, "b": {}},
    {"a": {"b": {}}},
    "a\n",
    ("a", "\n"),
    '["a", "b"]',
    '"a"',
    "é",
    "e\u0301",
    "\\xe9",
    "\ud800",
    "\\ud800",
    "\U0001fae8",
    "\ud83e\udee8",
    "\\ud83e\\udee8",
    Task("a"),
    Task("a", "b"),
    Task("ab"),
    Task("a", "", "b"),
    '{"id": "a"}',
    True,
    "true",
    "null",
    1,
    1e300,
    0.0,
    "-0.0",
    "0.0",
]


def test_values_that_differ_have_digests_that_differ():
    digests: dict[str, Any] = {}
    for value in ALIKE:
        assert digests.setdefault(digest(with_value(value)), value) is value
    assert len(digests) == len(ALIKE)


def test_records_in_another_order_or_place_have_another_digest():
    one, two, *_ = DAY.attempts
    runs = [
        EMPTY,
        *(
            dataclasses.replace(EMPTY, attempts=attempts, results=results)
            for attempts, results in (
                ((one, two), ()),
                ((two, one), ()),
                ((one,), ()),
                ((), (one, two)),
                ((one,), (two,)),
            )
        ),
    ]
    assert len({digest(run) for run in runs}) == len(runs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.0, -0.0),
        ((0.0,), (-0.0,)),
        ({"a": 0.0}, {"a": -0.0}),
        (0.25, np.float64(0.25)),
        ("é", np.str_("é")),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ("succeeded", Outcome.SUCCEEDED),
        (1, Priority.STANDARD),
        (Units(a=1), {"a": 1}),
        ({"ship": 1}, {MovementKind.SHIP: 1}),
    ],
)
def test_equal_values_have_equal_digests(one, other):
    assert one == other
    assert digest(with_value(one)) == digest(with_value(other))


def test_the_digest_of_a_record_is_the_same_in_every_version():
    # The letter came with Unicode 15: Python 3.11 prints it as an escape, Python 3.12 does not.
    moved = Movement(0.1, MovementKind.SHIP, "EAST", "\U0001fae8", 3, "A/inventory/Z")
    run = dataclasses.replace(EMPTY, movements=(moved,))
    assert digest(run) == ("25e6bd6e0fcd62586aba72b54a0ce09a73abff8d3a1cbc05c2bcac1e343fdc53")


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_a_digest_does_not_depend_on_the_hash_seed(hash_seed):
    program = (
        "from fulfillment_lib import Faults, sample_orders, simulate\n"
        "print(simulate(sample_orders(12), max_attempts=2,"
        " faults=Faults(fail=0.2, lost_reply=0.1)).digest())"
    )
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        check=True,
        text=True,
        capture_output=True,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
    )
    here = simulate(sample_orders(12), max_attempts=2, faults=Faults(fail=0.2, lost_reply=0.1))
    assert told.stdout.strip() == here.digest()
