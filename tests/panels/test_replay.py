"""The panel `replay`: a finished run at any moment of its time."""

from __future__ import annotations

import pytest
from check_run import checked

from fulfillment_lib import sample_orders, simulate
from fulfillment_lib.analysis.moment import moment
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.panels import replay

pytestmark = pytest.mark.slow  # each test draws


@pytest.fixture
def run():
    return checked(simulate(sample_orders(12)))


def test_it_shows_the_moment_of_the_slider(run):
    panel = replay(run)
    panel.time.value = 12.0
    assert panel.moment == moment(run, panel.time.value)
    assert "ORD-003/packing/EAST, 3.1 s" in panel.state.value
    assert "of 7 placed" in panel.figures.value
    assert panel.error.value == ""


def test_playing_moves_the_time_and_scrubbing_moves_the_player(run):
    panel = replay(run)
    panel.play.value = 100
    assert panel.time.value == pytest.approx(run.makespan_s / 2, abs=0.01)
    panel.time.value = run.makespan_s
    assert panel.play.value == panel.play.max
    assert len(panel.moment.done) == 12


def test_every_moment_has_a_picture_of_its_own(run):
    panel = replay(run)
    pictures = set()
    for frame in (0, 20, 100, 200):
        panel.play.value = frame
        pictures.add(panel.picture.widget.value)
    assert len(pictures) == 4


def test_a_narrow_picture_has_room_for_a_legend_that_has_grown(run):
    pictures = []
    for begun_s in (0.0, run.makespan_s):
        panel = replay(run, begun_s)
        panel.picture.fit(560, False)
        panel.show()
        panel.time.value = run.makespan_s
        panel.show()
        pictures.append(panel.picture.widget.value)
    assert pictures[0] == pictures[1]


def test_it_can_begin_in_the_middle(run):
    assert replay(run, 12.0).moment.at_s == pytest.approx(12.0, abs=0.1)


def test_an_empty_run_can_be_replayed():
    panel = replay(checked(simulate([])))
    assert panel.error.value == ""
    assert "0 of 0 placed, none" in panel.figures.value


def test_only_a_run_can_be_replayed():
    with pytest.raises(ArgumentError, match="run must be a FulfillmentRun"):
        replay("a run")
