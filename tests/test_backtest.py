"""The default day, frozen: if a number of it moves, somebody has to have wanted that.

To freeze it anew, after looking at what moved: `python tests/test_backtest.py`, and read the
difference of tests/data/default_day.json, one record per line.
"""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from check_run import checked

from fulfillment_lib import FulfillmentRun, Outcome, TaskResult, sample_orders, simulate
from fulfillment_lib.orders import Priority

FROZEN = Path(__file__).parent / "data" / "default_day.json"


def frozen(run: FulfillmentRun) -> dict[str, list[object]]:
    """The records of a run as JSON has them."""
    records = {
        "attempts": [asdict(each) for each in run.attempts],
        "results": [a_result(each) for each in run.results],
        "movements": [asdict(each) for each in run.movements],
        "reports": [asdict(each) for each in run.reports],
    }
    kept: dict[str, list[object]] = json.loads(json.dumps(records))
    return kept


def a_result(result: TaskResult) -> dict[str, object]:
    """A result without its attempts and packages, which come elsewhere."""
    return {
        "task_id": result.task.id,
        "depends_on": result.task.depends_on,
        "expected_s": result.task.expected_s,
        "due_s": result.task.due_s,
        "outcome": result.outcome,
        "error": result.error,
        "attempts": len(result.attempts),
    }


def freeze(run: FulfillmentRun) -> str:
    """One record per line."""
    parts = []
    for name, records in frozen(run).items():
        lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in records)
        parts.append(f'"{name}": [\n{lines}\n]')
    return "{" + ",\n".join(parts) + "}\n"


@pytest.fixture(scope="module")
def day() -> FulfillmentRun:
    return checked(simulate(sample_orders()))


@pytest.mark.parametrize("name", ["attempts", "results", "movements", "reports"])
def test_the_default_day_is_the_frozen_one(day, name):
    kept = json.loads(FROZEN.read_text(encoding="utf-8"))
    assert frozen(day)[name] == kept[name]


def test_the_default_day_shows_a_split_a_backorder_an_overtaking_and_a_timeout(day):
    assert any(len(report.fulfillments) > 1 for report in day.reports)
    assert any(report.total("backordered") for report in day.reports)
    assert any(each.outcome is Outcome.TIMED_OUT for each in day.attempts)
    assert any(
        one.priority == Priority.EXPRESS
        and one.ready_s > other.ready_s
        and one.start_s < other.start_s
        for one in day.attempts
        for other in day.attempts
        if other.priority == Priority.STANDARD
    )


if __name__ == "__main__":
    FROZEN.parent.mkdir(exist_ok=True)
    FROZEN.write_text(freeze(checked(simulate(sample_orders()))), encoding="utf-8", newline="\n")
