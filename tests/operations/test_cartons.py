from itertools import pairwise, permutations
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment_lib.operations.cartons import (
    CARTONS,
    USABLE_PERCENT,
    Carton,
    Item,
    measured,
    own_box,
)
from fulfillment_lib.orders import Product

SIDES = st.integers(1, 700)
ITEMS = st.builds(lambda *sides_mm: tuple(sorted(sides_mm, reverse=True)), SIDES, SIDES, SIDES)
LOADS = st.lists(
    st.tuples(ITEMS, st.integers(0, 12_000_000), st.integers(1, 1_000_000)), min_size=1, max_size=6
).map(
    lambda things: {
        Item(f"SKU-{number}", sides_mm, weight_mg): units
        for number, (sides_mm, weight_mg, units) in enumerate(things)
    }
)
CUBE = Carton("cube", (100, 100, 100), 0, 1_000_000)


def volume_mm3(load):
    return sum(prod(item.sides_mm) * units for item, units in load.items())


def weight_mg(load):
    return sum(item.weight_mg * units for item, units in load.items())


@settings(deadline=None)
@given(LOADS, st.sampled_from(CARTONS))
def test_no_carton_holds_more_than_its_usable_volume_or_weighs_more_than_it_may(load, carton):
    share = carton.share_of(load)
    assert 100 * volume_mm3(share) <= USABLE_PERCENT * prod(carton.sides_mm)
    assert carton.tare_mg + weight_mg(share) <= carton.max_weight_mg


@settings(deadline=None)
@given(LOADS, st.sampled_from(CARTONS))
def test_each_unit_in_a_carton_fits_its_sides_in_some_turn_and_was_wanted(load, carton):
    for item, units in carton.share_of(load).items():
        assert 0 < units <= load[item]
        assert any(
            all(side <= room for side, room in zip(turn, carton.sides_mm, strict=True))
            for turn in permutations(item.sides_mm)
        )


@settings(deadline=None)
@given(LOADS, st.sampled_from(CARTONS))
def test_what_a_carton_leaves_out_does_not_go_in_besides(load, carton):
    share = carton.share_of(load)
    for item in load:
        if share.get(item, 0) < load[item]:
            more = {**share, item: share.get(item, 0) + 1}
            assert (
                not carton.takes(item)
                or 100 * volume_mm3(more) > USABLE_PERCENT * prod(carton.sides_mm)
                or carton.tare_mg + weight_mg(more) > carton.max_weight_mg
            )


@pytest.mark.parametrize(
    ("sides_mm", "weight_mg", "taken"),
    [
        ((100, 100, 75), 1_000_000, True),  # exactly the usable volume and the greatest weight
        ((100, 100, 76), 0, False),
        ((101, 10, 10), 0, False),
        ((10, 10, 10), 1_000_001, False),
    ],
)
def test_a_carton_takes_a_unit_up_to_its_sides_its_usable_volume_and_its_weight(
    sides_mm, weight_mg, taken
):
    assert CUBE.takes(Item("A", sides_mm, weight_mg)) is taken


def test_three_quarters_of_a_carton_are_filled_and_not_a_unit_more():
    assert CUBE.share_of({Item("A", (50, 25, 20), 0): 1_000}) == {Item("A", (50, 25, 20), 0): 30}


def test_volume_is_an_estimate_since_it_accepts_two_cubes_that_do_not_lie_beside_each_other():
    cubes = {Item("A", (51, 51, 51), 0): 2}
    assert CUBE.share_of(cubes) == cubes


def test_a_small_unit_goes_into_what_a_large_one_leaves():
    large, small = Item("LARGE", (90, 90, 90), 0), Item("SMALL", (10, 10, 10), 0)
    assert CUBE.share_of({large: 2, small: 1_000}) == {large: 1, small: 21}


def test_each_carton_takes_whatever_the_one_before_it_takes():
    for smaller, larger in pairwise(CARTONS):
        assert list(smaller.sides_mm) == sorted(smaller.sides_mm, reverse=True)
        assert all(a <= b for a, b in zip(smaller.sides_mm, larger.sides_mm, strict=True))
        assert smaller.max_weight_mg - smaller.tare_mg < larger.max_weight_mg - larger.tare_mg


def test_a_box_of_its_own_measures_and_weighs_what_the_unit_does():
    sofa = Item("SOFA", (2_100, 900, 850), 40_000_000)
    assert own_box(sofa) == ("own box", (2_100, 900, 850), 0, 40_000_000)


def test_the_largest_units_come_first_equal_ones_by_sku_and_none_without_units():
    items = tuple(
        (Product(sku, "thing", 0.1, 1.0, 1.0, height_cm), units)
        for sku, height_cm, units in (("C", 1.0, 1), ("B", 1.0, 2), ("D", 3.0, 3), ("A", 5.0, 0))
    )
    assert [(item.sku, units) for item, units in measured(items).items()] == [
        ("D", 3),
        ("B", 2),
        ("C", 1),
    ]


@pytest.mark.parametrize(
    ("length_cm", "length_mm"),
    [(1.1, 11), (0.7, 7), (12.34, 124), (2.0000000001, 20), (2.001, 21), (1e-9, 1)],
)
def test_lengths_are_whole_millimetres_rounded_up_without_float_noise(length_cm, length_mm):
    [item] = measured(((Product("A", "a", 0.1, length_cm, length_cm, length_cm), 1),))
    assert item.sides_mm == (length_mm,) * 3
