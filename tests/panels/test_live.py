"""The panel `live`: a run in real time that is drawn, ends as simulated, and can be cancelled."""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace

import pytest
from check_run import checked

from fulfillment_lib import Settings, sample_orders
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.panels import live

pytestmark = pytest.mark.slow  # each test draws


def pictures_of(panel):
    """The different pictures that the panel shows."""
    seen = []
    panel.picture.widget.observe(lambda change: seen.append(change["new"]), "value")
    return seen


def test_before_the_start_it_shows_what_is_to_come():
    panel = live(sample_orders(12))
    assert panel.word == "not started" and panel.run is None
    assert "0 of 49" in panel.figures.value and "not started" in panel.figures.value
    assert panel.picture.widget.value and panel.error.value == ""
    assert repr(panel) == "live panel: not started, 0 of 49 ended"


def test_a_run_is_drawn_while_it_goes_on_and_ends_as_simulated():
    async def main():
        panel = live(sample_orders(12), speed=30)
        seen = pictures_of(panel)
        panel.begin()
        await panel.task
        return panel, seen

    panel, seen = asyncio.run(main())
    assert checked(panel.run).digest() == panel.expected.digest()
    assert len(set(seen)) >= 3
    assert panel.progress.value == panel.progress.max == 49
    assert "done" in panel.figures.value and "True" in panel.figures.value


def test_a_second_start_while_it_runs_changes_nothing():
    async def main():
        panel = live(sample_orders(3), speed=100)
        panel.begin()
        first = panel.task
        panel.begin()
        assert panel.task is first
        await first
        panel.begin()
        assert panel.task is not first
        await panel.task
        return panel

    assert asyncio.run(main()).word == "done"


def test_a_slider_that_moves_during_a_run_changes_the_next_run_and_not_this_one(monkeypatch):
    async def main():
        panel = live(sample_orders(12), speed=5)
        begun = asyncio.Event()
        panel.progress.observe(lambda _: begun.set(), "value")
        panel.begin()
        await begun.wait()
        panel.speed.value = 100
        two_seconds_on = SimpleNamespace(monotonic=lambda: panel._origin_s + 2.0)
        monkeypatch.setattr(sys.modules["fulfillment_lib.panels.live"], "time", two_seconds_on)
        panel.show()
        shown_s = panel._now_s
        panel.stop()
        await panel.task
        return shown_s

    assert asyncio.run(main()) == 10.0


def test_a_cancelled_run_stops_and_can_be_started_again():
    async def main():
        panel = live(sample_orders(12), speed=5)
        begun = asyncio.Event()
        panel.progress.observe(lambda _: begun.set(), "value")
        panel.begin()
        await begun.wait()
        panel.stop()
        await panel.task
        assert panel.word == "cancelled" and panel.run is None and panel.working == {}
        assert 0 < len(panel.ended) < 49 and "cancelled" in panel.figures.value
        panel.speed.value = 100
        panel.begin()
        await panel.task
        return panel

    panel = asyncio.run(main())
    assert panel.run.digest() == panel.expected.digest()
    assert len(panel.ended) == panel.progress.value == 49


def test_a_click_reaches_the_run_through_the_kernel_s_loop():
    async def main():
        panel = live(sample_orders(3), speed=100)
        await asyncio.to_thread(panel.start.click)
        while panel.task is None:
            await asyncio.sleep(0)
        await panel.task
        return panel

    assert asyncio.run(main()).word == "done"


def test_a_run_that_fails_says_so_in_the_panel():
    moods = []

    def moody(task, ready_s):
        if moods:
            raise ValueError("not in the mood")
        return ready_s

    async def main():
        panel = live(sample_orders(3), settings=Settings(policy=moody), speed=100)
        moods.append("bad")
        panel.begin()
        await panel.task
        return panel

    panel = asyncio.run(main())
    assert panel.word == "failed" and "not in the mood" in panel.error.value


@pytest.mark.parametrize("speed", [0, 0.5, 101, float("nan"), "fast"])
def test_a_speed_that_the_slider_does_not_have_is_refused(speed):
    with pytest.raises(ArgumentError, match="speed must be a number from 1 to 100"):
        live(sample_orders(3), speed=speed)
