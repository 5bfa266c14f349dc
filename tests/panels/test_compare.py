"""The panel `compare`: one run per settings, on the same orders."""

from __future__ import annotations

import pytest
from check_run import checked

from fulfillment_lib import Settings, sample_orders, simulate
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.panels import compare
from fulfillment_lib.panels.panel import figure_text

pytestmark = pytest.mark.slow  # each test draws

BOTH = {"fifo": Settings(policy="fifo"), "three workers": Settings(workers=3)}


def test_each_run_is_what_simulate_gives_for_its_settings():
    panel = compare(sample_orders(12), BOTH)
    for name, settings in BOTH.items():
        expected = checked(simulate(sample_orders(12), settings=settings))
        assert panel.runs[name].digest() == expected.digest()
        assert f">{figure_text('makespan_s', expected.makespan_s)}</td>" in panel.figures.value


def test_the_seed_changes_all_runs_alike():
    panel = compare(sample_orders(12), BOTH)
    before = panel.picture.widget.value
    panel.seed.value = 5
    assert [run.settings.seed for run in panel.runs.values()] == [5, 5]
    assert panel.picture.widget.value != before
    assert panel.error.value == ""


def test_its_text_names_the_makespans():
    panel = compare(sample_orders(12), BOTH)
    fifo, three = (f"{run.makespan_s:.1f} s" for run in panel.runs.values())
    assert repr(panel) == f"compare panel: makespans fifo {fifo}, three workers {three}"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "settings must be 1 to 6 named Settings, got 0"),
        ({"a": 3}, "each of settings must be a Settings"),
        ([Settings()], "settings must be a Mapping"),
    ],
)
def test_other_settings_are_refused(settings, message):
    with pytest.raises(ArgumentError, match=message):
        compare(sample_orders(3), settings)
