"""The figures beside a panel's picture are those of `kpis`."""

from __future__ import annotations

import math

import pytest
from check_run import checked

from fulfillment_lib import Faults, sample_orders, simulate
from fulfillment_lib.analysis import kpis
from fulfillment_lib.analysis.headline import headline


def test_they_agree_with_kpis():
    run = checked(simulate(sample_orders(30), faults=Faults(fail=0.1)))
    found, whole = headline(run), kpis(run).loc[0]
    by_class = kpis(run, by="priority").set_index("priority")
    assert found["makespan_s"] == run.makespan_s
    assert found["utilization"] == pytest.approx(whole["utilization"])
    assert found["unit fill"] == pytest.approx(whole["unit_fill"])
    assert found["orders fulfilled"] == round(whole["order_fill"] * 30)
    for word in ("express", "standard"):
        for what in ("mean", "p95"):
            assert found[f"{word} {what} lead time_s"] == pytest.approx(
                by_class.loc[word, f"lead_time_{what}_s"], abs=1e-6)


def test_nothing_to_count_is_nan():
    found = headline(checked(simulate([])))
    assert math.isnan(found["unit fill"])
    assert math.isnan(found["express mean lead time_s"])
    assert found["makespan_s"] == 0.0
