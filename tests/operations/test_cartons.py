from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment_lib.operations.cartons import CARTONS, Carton, boxed, filled, fits, measured
from fulfillment_lib.orders import Product

SIDES = st.floats(0.5, 70.0)
TINY = st.integers(1, 20).map(lambda millimetres: millimetres / 10)  # tight in a 3 cm cube
PRODUCTS = st.lists(st.tuples(st.floats(0.0, 12.0), SIDES, SIDES, SIDES), min_size=1, max_size=6)


@st.composite
def item_lists(draw, most_units=60):
    """Items as `pack` takes them: up to six products, up to `most_units` of each."""
    return tuple(
        (Product(f"SKU-{number}", "thing", *measures), draw(st.integers(1, most_units)))
        for number, measures in enumerate(draw(PRODUCTS))
    )


def cuboid(block):
    """The lowest and the highest corner of a block, in mm."""
    counts = (block.nx, block.ny, block.nz)
    ends = (
        start + side * count
        for start, side, count in zip(block.corner, block.size, counts, strict=True)
    )
    return block.corner, tuple(ends)


def overlap(one, other):
    (low_1, high_1), (low_2, high_2) = cuboid(one), cuboid(other)
    return all(max(low_1[axis], low_2[axis]) < min(high_1[axis], high_2[axis]) for axis in range(3))


def placements(carton, items):
    """Blocks of units in one carton, given as pairs (product, units) in any order."""
    return filled(boxed(carton), measured(items))


def units(placed):
    return sum(block.units for block in placed)


def assert_they_lie_well(carton, placed):
    sides = boxed(carton).sides
    assert not any(overlap(one, other) for one, other in combinations(placed, 2))
    for block in placed:
        low, high = cuboid(block)
        assert min(low) >= 0
        assert all(end <= side for end, side in zip(high, sides, strict=True))


@settings(deadline=None)
@given(item_lists(), st.sampled_from(CARTONS))
def test_nothing_overlaps_and_nothing_sticks_out(items, carton):
    assert_they_lie_well(carton, placements(carton, items))


@settings(deadline=None)
@given(st.lists(st.tuples(TINY, TINY, TINY, st.integers(1, 40)), min_size=2, max_size=6))
def test_nothing_overlaps_where_it_is_tight_to_the_millimetre(things):
    carton = Carton("cube", 3.0, 3.0, 3.0, 0.0, 1.0)
    items = tuple(
        (Product(f"SKU-{number}", "thing", 0.0, *sides), units)
        for number, (*sides, units) in enumerate(things)
    )
    assert_they_lie_well(carton, placements(carton, items))


@pytest.mark.parametrize(("thickness_cm", "placed"), [(5.0, ["A", "B"]), (5.1, ["B"])])
def test_two_slabs_share_a_carton_exactly_if_they_are_no_thicker_together(thickness_cm, placed):
    carton = Carton("cube", 10.0, 10.0, 10.0, 0.0, 1.0)
    items = (
        (Product("A", "a", 0.0, 10.0, 10.0, 5.0), 1),
        (Product("B", "b", 0.0, 10.0, 10.0, thickness_cm), 1),
    )
    assert [block.sku for block in placements(carton, items)] == placed


@settings(deadline=None)
@given(item_lists(), st.sampled_from(CARTONS))
def test_each_unit_keeps_its_size_and_no_more_are_placed_than_wanted(items, carton):
    placed = placements(carton, items)
    for product, wanted in items:
        sides = (product.length_cm, product.width_cm, product.height_cm)
        mine = [block for block in placed if block.sku == product.sku]
        assert units(mine) <= wanted
        for block in mine:
            for placed_mm, side_cm in zip(sorted(block.size), sorted(sides), strict=True):
                assert side_cm * 10 - 0.001 <= placed_mm < side_cm * 10 + 1


@settings(deadline=None)
@given(item_lists(), st.sampled_from(CARTONS))
def test_the_carton_never_weighs_more_than_it_may(items, carton):
    weight = {product.sku: product.weight_kg for product, _ in items}
    placed = placements(carton, items)
    total = carton.tare_kg + sum(weight[block.sku] * block.units for block in placed)
    assert total <= carton.max_weight_kg + 1e-4


@settings(deadline=None)
@given(item_lists(), st.sampled_from(CARTONS), st.randoms(use_true_random=False))
def test_placements_do_not_depend_on_the_order_of_the_items(items, carton, random):
    shuffled = list(items)
    random.shuffle(shuffled)
    assert placements(carton, tuple(shuffled)) == placements(carton, items)


@settings(deadline=None)
@given(item_lists(most_units=1))
def test_a_unit_that_fits_a_carton_by_itself_is_placed_there(items):
    for item, _ in measured(items):
        for carton in CARTONS:
            one = tuple(pair for pair in items if pair[0].sku == item.sku)
            assert (units(placements(carton, one)) == 1) is fits(item, boxed(carton))


def test_each_carton_holds_whatever_the_one_before_it_holds():
    for smaller, larger in pairwise(map(boxed, CARTONS)):
        assert list(smaller.sides) == sorted(smaller.sides, reverse=True)
        assert all(a <= b for a, b in zip(smaller.sides, larger.sides, strict=True))
        assert smaller.room_mg < larger.room_mg


def test_a_carton_is_filled_to_the_last_unit_where_the_units_divide_its_sides():
    carton = Carton("cube", 10.0, 10.0, 10.0, 0.0, 100.0)
    assert units(placements(carton, ((Product("A", "a", 0.0, 5.0, 2.5, 2.0), 1_000),))) == 40


def test_a_million_units_take_a_handful_of_blocks():
    placed = placements(CARTONS[-1], ((Product("BEAD", "bead", 0.0, 0.3, 0.2, 0.1), 1_000_000),))
    assert units(placed) == 1_000_000
    assert len(placed) <= 5


def test_a_small_unit_goes_beside_a_large_one():
    carton = Carton("flat", 40.0, 30.0, 12.0, 0.0, 10.0)
    items = (
        (Product("MOUSE", "mouse", 0.1, 12.0, 7.0, 4.5), 2),
        (Product("LAPTOP", "laptop", 2.0, 38.0, 27.0, 7.0), 1),
    )
    assert [(block.sku, block.units) for block in placements(carton, items)] == [
        ("LAPTOP", 1),
        ("MOUSE", 2),
    ]


@pytest.mark.parametrize(
    ("length_cm", "length_mm"),
    [(1.1, 11), (0.7, 7), (12.34, 124), (2.0000000001, 20), (2.001, 21), (1e-9, 1)],
)
def test_lengths_are_whole_millimetres_rounded_up_without_float_noise(length_cm, length_mm):
    [(item, _)] = measured(((Product("A", "a", 0.0, length_cm, length_cm, length_cm), 1),))
    assert item.turns[0] == (length_mm,) * 3
