"""Plans: values that print as counts; and ids of tasks that never collide."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment_lib.engine.tasks import LONGEST_TASK_ID, Task
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.plan import Plan, TaskKind, task_id, task_id_parts

CHECK = Task("ORD-1/inventory/A", TaskKind.INVENTORY, "ORD-1")
PACK = Task("ORD-1/packing", TaskKind.PACKING, "ORD-1", depends_on=(CHECK.id,))
SHIP = Task("ORD-1/shipping", TaskKind.SHIPPING, "ORD-1", depends_on=(PACK.id,))
PLAN = Plan("ORD-1", (CHECK, PACK, SHIP))
names = st.text(st.characters(), min_size=1, max_size=6) | st.text("/%25F", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("ORD-001", "inventory", "LAPTOP-001"), "ORD-001/inventory/LAPTOP-001"),
        (("ORD-001", "packing"), "ORD-001/packing"),
        (("ORD-001", TaskKind.PACKING, "EAST"), "ORD-001/packing/EAST"),
        (("A/1", "packing", "50%"), "A%2F1/packing/50%25"),
        (("A%2F1", "packing", "EAST"), "A%252F1/packing/EAST"),
    ],
)
def test_a_task_id_is_order_kind_and_part(parts: tuple[str, ...], name: str) -> None:
    assert task_id(*parts) == name


@given(
    st.tuples(names, st.sampled_from(TaskKind), names),
    st.tuples(names, st.sampled_from(TaskKind), names),
)
def test_two_tasks_have_the_same_id_only_if_all_parts_are_the_same(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assert (task_id(*one) == task_id(*other)) == (one == other)
    assert task_id(one[0], one[1]) not in (task_id(*one), task_id(*other))


@given(names, names)
def test_a_task_id_has_one_slash_between_its_parts_and_none_inside(order: str, part: str) -> None:
    assert len(task_id(order, "packing", part).split("/")) == 3


def test_the_id_of_the_longest_names_is_short_enough() -> None:
    assert Task(task_id("%" * 100, "inventory", "/" * 100))
    with pytest.raises(ArgumentError, match=f"^id must be at most {LONGEST_TASK_ID} characters"):
        Task("x" * (LONGEST_TASK_ID + 1))


@pytest.mark.parametrize("value", [PLAN, Plan("ORD-1", (CHECK,), first=PLAN)], ids=str)
def test_plans_are_values(value: Any) -> None:
    twin = pickle.loads(pickle.dumps(value))
    assert twin == value
    assert hash(twin) == hash(value)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign"):
        value.order_id = "other"


def test_the_edges_of_a_plan_lead_from_what_must_succeed_to_what_waits() -> None:
    assert PLAN.edges == ((CHECK.id, PACK.id), (PACK.id, SHIP.id))


def test_a_plan_gives_its_tasks_by_kind() -> None:
    assert [PLAN.of_kind(kind) for kind in TaskKind] == [(CHECK,), (PACK,), (SHIP,)]


def test_a_revised_plan_remembers_what_was_expected() -> None:
    revised = Plan("ORD-1", (CHECK,), first=PLAN)
    assert PLAN.expected is PLAN
    assert revised.expected is PLAN


def test_a_plan_prints_as_a_count_of_its_tasks() -> None:
    assert repr(PLAN) == "Plan(ORD-1: 1 inventory, 1 packing, 1 shipping)"
    revised = Plan("ORD-1", (CHECK,), first=PLAN)
    assert repr(revised) == "Plan(ORD-1: 1 inventory, 0 packing, 0 shipping, revised)"


@given(names, st.sampled_from(TaskKind), names | st.just(""))
def test_the_parts_of_a_task_id_are_those_that_it_was_made_of(
    order: str, kind: str, part: str
) -> None:
    assert task_id_parts(task_id(order, kind, part)) == (order, kind, part)[: 3 if part else 2]


def test_an_id_made_by_hand_has_the_parts_between_its_slashes() -> None:
    assert task_id_parts("a%41") == ("a%41",)
    assert task_id_parts("O/check/A/2") == ("O", "check", "A", "2")


def test_the_stages_of_a_plan_follow_its_dependencies_and_not_the_kinds() -> None:
    other = Task("ORD-1/inventory/B", TaskKind.INVENTORY, "ORD-1")
    quality = Task("ORD-1/quality", "quality", "ORD-1", depends_on=(PACK.id, other.id))
    label = Task("ORD-1/label", "label", "ORD-1")
    last = Task("ORD-1/shipping", TaskKind.SHIPPING, "ORD-1", depends_on=(quality.id,))
    plan = Plan("ORD-1", (CHECK, other, PACK, quality, last, label))
    assert plan.stages == ((CHECK, other, label), (PACK,), (quality,), (last,))
    assert Plan("ORD-1", ()).stages == ()


def test_what_a_plan_does_not_hold_before_a_task_does_not_count_for_its_stage() -> None:
    own, first, second = (
        Task(name, depends_on=(before,)) for name, before in (("a", "a"), ("b", "c"), ("c", "b"))
    )
    assert Plan("O", (own, first, second)).stages == ((own, first), (second,))
    assert Plan("O", (PACK, CHECK)).stages == ((PACK, CHECK),)
