"""What the lessons claim: each sentence has its row, its row is reproduced, and its interval holds.

All days are measured by `make claims`, and others each night; here the first thirty are.
"""

from __future__ import annotations

import re
from dataclasses import replace

import claims
import nbformat
import pytest
from claimed import CLAIMS
from claimed.claim import DAYS, FIRST_SEED, Claim, Found, found, limits, stands
from withdrawn import WITHDRAWN

from notebooks import notebook_paths

STORED = claims.stored()
LESSONS = {path.stem[:2]: nbformat.read(path, as_version=4) for path in notebook_paths()}
each_claim = pytest.mark.parametrize("number", CLAIMS)


@pytest.fixture(scope="module")
def first_days() -> claims.Values:
    """What all claims measure on the first days; a day is run once for all of them."""
    return claims.measured(range(FIRST_SEED, FIRST_SEED + claims.FIRST_DAYS), CLAIMS)


@pytest.mark.slow
@each_claim
def test_the_first_thirty_days_are_those_of_the_table(number, first_days):
    assert (
        claims.number_text(found(CLAIMS[number], first_days[number]).mean)
        == (STORED[number]["first_30"])
    )


def test_the_table_has_every_claim_in_order_and_no_other():
    assert list(STORED) == list(CLAIMS) and len(STORED) >= 40


@each_claim
def test_a_row_says_what_the_claim_says_and_its_interval_bears_it_out(number):
    claim, row = CLAIMS[number], STORED[number]
    for name in ("sentence", "quantity", "unit", "expected", "reason"):
        assert row[name] == getattr(claim, name), name
    result = Found(
        int(row["days"]), int(row["holds"]), *(float(row[name]) for name in ("mean", "low", "high"))
    )
    assert result.days == claim.days and stands(claim, result)
    assert claim.days == DAYS or claim.reason, "fewer days need a reason"
    assert 0 <= result.low <= result.mean <= result.high <= 1 or claim.unit != "days"


@each_claim
def test_a_claim_stands_in_its_lesson_word_for_word_and_its_days_beside_it(number):
    cells = LESSONS[number[:2]].cells
    text = " ".join("\n".join(cell.source for cell in cells).split())
    assert CLAIMS[number].sentence in text
    shown = [
        cell
        for cell in cells
        if cell.cell_type == "code" and re.search(rf'thousand_days\(.*"{number}"', cell.source)
    ]
    assert shown, "the lesson does not print on how many days it holds"


@pytest.mark.nightly
@pytest.mark.parametrize("claim", WITHDRAWN, ids=lambda claim: claim.number)
def test_a_sentence_that_was_withdrawn_does_not_stand(claim):
    days = range(FIRST_SEED, FIRST_SEED + claim.days)
    assert not stands(claim, found(claim, [claim.measure(seed) for seed in days]))


# How a claim is judged


CLAIM = Claim("00.0", "more is more", "more − less", "s", "> 0", lambda seed: float(seed))


@pytest.mark.parametrize(
    ("expected", "values", "right"),
    [
        ("> 0", [1.0, 2.0, 3.0, 2.0], True),
        ("> 0", [1.0, -2.0, 3.0, -2.0], False),  # a coin toss
        ("> 0", [-1.0, -2.0, -3.0, -2.0], False),  # the wrong sign
        ("< 0", [-1.0, -2.0, -3.0, -2.0], True),
        ("> 2", [1.0, 2.0, 3.0, 2.0], False),
        ("> 0", [0.0, 0.0, 0.0], False),  # no difference at all
        ("-1 to 1", [0.1, -0.1, 0.2, -0.2], True),
        ("-1 to 1", [5.0, -5.0, 5.0, -5.0], False),  # nothing is known: that is no equality
        ("always", [True] * 30, True),
        ("always", [True] * 29 + [False], False),
        ("0.86 to 1", [True] * 20, False),  # twenty of twenty say 83 % to 100 %
        ("0.8 to 1", [True] * 20, True),
    ],
)
def test_a_claim_stands_when_its_whole_interval_lies_where_it_says(expected, values, right):
    claim = replace(CLAIM, expected=expected)
    assert stands(claim, found(claim, values)) is right


def test_the_intervals_are_those_of_the_textbooks():
    # Student's t for n = 4, mean 2, s = 1: 3.182 × 1 / 2. Clopper and Pearson: 0.025^(1/20).
    values = [1.0, 2.0, 2.0, 3.0]
    result = found(CLAIM, values)
    assert result.high - result.mean == pytest.approx(3.18245 * (2 / 3) ** 0.5 / 2, abs=1e-5)
    all_of_them = found(replace(CLAIM, expected="always"), [True] * 20)
    assert (all_of_them.low, all_of_them.high) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    assert found(replace(CLAIM, expected="0 to 0.3"), [False] * 20).low == 0.0


def test_a_wider_confidence_makes_a_wider_interval():
    values = [1.0, 2.0, 4.0, 3.0]
    assert found(CLAIM, values, 0.999).low < found(CLAIM, values, 0.95).low


def test_an_expectation_that_says_nothing_is_refused():
    with pytest.raises(ValueError, match=r"expected must be '> 0', .* got 'more'"):
        limits("more")


def test_a_day_counts_when_the_sentence_held_on_it():
    assert found(CLAIM, [1.0, -1.0, 0.0, 2.0]).holds == 2
    assert found(replace(CLAIM, expected="< 0"), [1.0, -1.0, 0.0, -2.0]).holds == 2
    assert found(replace(CLAIM, expected="always"), [True, False]).holds == 1
