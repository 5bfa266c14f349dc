"""What the benchmarks say of a measurement, and whose library they measure."""

from __future__ import annotations

from subprocess import CalledProcessError

import pytest
from benchmarks.measure import Row, best_of


@pytest.mark.parametrize(
    ("value", "floor", "goal", "reached"),
    [
        (0.79, 0.8, 1.0, "neither"),
        (0.8, 0.8, 1.0, "floor"),
        (1.0, 0.8, 1.0, "goal"),
        (881.0, 880.0, 720.0, "neither"),
        (880.0, 880.0, 720.0, "floor"),
        (720.0, 880.0, 720.0, "goal"),
        (0.5, None, None, ""),
        (None, 0.8, 1.0, ""),
    ],
)
def test_more_is_better_where_the_goal_is_above_the_floor(value, floor, goal, reached):
    assert Row("W1", "SimPy", 1, 1.0, value, floor, goal).reached == reached


def test_another_checkout_is_measured_with_its_own_library(tmp_path, capfd):
    (tmp_path / "fulfillment_lib").mkdir()
    (tmp_path / "fulfillment_lib" / "__init__.py").write_text("raise ImportError('the old one')")
    with pytest.raises(CalledProcessError, match="startup"):
        best_of("startup", 1, 1, tmp_path)
    assert "ImportError: the old one" in capfd.readouterr().err
