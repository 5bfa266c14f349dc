"""The panel `explore`: what it shows is what `simulate` gives for the values of its controls."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from check_run import checked
from PIL import Image

from fulfillment_lib import Faults, Settings, policies, sample_network, sample_orders, simulate
from fulfillment_lib.charts.style import seconds
from fulfillment_lib.errors import ArgumentError
from fulfillment_lib.panels import explore
from fulfillment_lib.panels.panel import figure_text, headline
from fulfillment_lib.samples import scale_stock, vary_orders
from fulfillment_lib.scenarios import Scenario

pytestmark = pytest.mark.slow  # each test draws

NAMES = {
    "Faults": Faults,
    "policies": policies,
    "sample_orders": sample_orders,
    "sample_network": sample_network,
    "simulate": simulate,
    "vary_orders": vary_orders,
    "scale_stock": scale_stock,
}
CHANGES = {
    "workers": 3,
    "timeout_s": 6.0,
    "policy": "fifo",
    "max_attempts": 2,
    "fail": 0.1,
    "hang": 0.05,
    "lost_reply": 0.02,
    "express_share": 0.9,
    "speed": 2.0,
    "stock": 0.5,
    "seed": 7,
}


def test_it_begins_with_the_run_of_the_default_settings():
    panel = explore(sample_orders(6))
    assert panel.run.digest() == checked(simulate(sample_orders(6))).digest()
    assert panel.code == "simulate(orders)"


@pytest.mark.parametrize(("control", "value"), CHANGES.items())
def test_each_control_changes_the_run_and_the_code_reproduces_it(control, value):
    orders = sample_orders(12)
    panel = explore(orders)
    before = panel.run.digest()
    panel.controls[control].value = value
    assert panel.run.digest() != before
    again = checked(eval(panel.code, NAMES | {"orders": orders}))
    assert again.digest() == panel.run.digest()


def test_all_controls_together_are_one_line_of_code():
    panel = explore()
    for control, value in CHANGES.items():
        panel.controls[control].value = value
    panel.controls["policy"].value = "ageing"
    panel.controls["head_start_s"].value = 20.0
    assert panel.code == (
        "simulate(vary_orders(sample_orders(40), express_share=0.9, speed=2.0), "
        "network=scale_stock(sample_network(), 0.5), workers=3, timeout_s=6.0, "
        "policy=policies.ageing(20), max_attempts=2, seed=7, "
        "faults=Faults(fail=0.1, hang=0.05, lost_reply=0.02))"
    )
    assert checked(eval(panel.code, NAMES)).digest() == panel.run.digest()


def test_a_scenario_brings_its_network_and_settings():
    scenario = Scenario(
        "small",
        sample_orders(5),
        sample_network(2),
        Settings(
            workers=2,
            policy=policies.ageing(5),
            faults=Faults(script={"ORD-001/packing/EAST": ("hang",)}),
        ),
    )
    panel = explore(scenario)
    names = NAMES | {"scenario": scenario}
    assert panel.controls["workers"].value == 2
    assert panel.controls["policy"].value == "ageing"
    assert eval(panel.code, names).digest() == panel.run.digest()
    panel.controls["fail"].value = 0.2  # the script must stay
    assert "ORD-001/packing/EAST" in panel.code
    assert checked(eval(panel.code, names)).digest() == panel.run.digest()


@pytest.mark.parametrize(
    "scenario", [None, Scenario("a day", sample_orders(5), sample_network(2), Settings(workers=2))]
)
@pytest.mark.parametrize(
    "given",
    [
        {"network": sample_network(0.5)},
        {"settings": Settings(seed=3)},
        {"network": sample_network(0.5), "settings": Settings(seed=3)},
    ],
)
def test_the_code_says_which_network_and_settings_were_given(scenario, given):
    panel = explore(scenario, **given)
    again = eval(panel.code, NAMES | {"scenario": scenario} | given)
    assert checked(again).digest() == panel.run.digest()


def test_a_policy_of_ones_own_stays_as_given():
    panel = explore(sample_orders(5), settings=Settings(policy=lambda task, ready_s: -ready_s))
    assert panel.controls["policy"].value == "as given"
    panel.controls["workers"].value = 2
    assert panel.code == "simulate(orders, settings=settings, workers=2)"


def test_the_figures_are_those_of_kpis():
    panel = explore(sample_orders(12))
    for name, value in headline(panel.run).items():
        assert f">{figure_text(name, value)}</td>" in panel.figures.value


def test_pinning_shows_changes_against_the_pinned_run_and_its_outlines():
    panel = explore(sample_orders(12))
    alone = panel.picture.widget.value
    panel.pin.click()
    pinned = panel.pinned
    assert "±0.0 s" in panel.figures.value
    panel.controls["workers"].value = 1
    change_s = panel.run.makespan_s - pinned.makespan_s
    assert panel.pinned is pinned
    assert f"+{change_s:,.1f} s" in panel.figures.value
    panel.controls["workers"].value = 5
    assert panel.picture.widget.value != alone  # the outlines lie behind the bars


def test_who_gained_against_the_pinned_run_is_a_view_as_soon_as_one_is_pinned():
    panel = explore(sample_orders(12), view="queue")
    view = panel.controls["view"]
    assert "gained" not in view.options
    panel.pin.click()
    assert view.value == "queue" and view.options[-1] == "gained"
    panel.controls["workers"].value = 3
    queue = panel.picture.widget.value
    view.value = "gained"
    assert panel.error.value == ""
    assert panel.picture.widget.value != queue
    assert "later" in panel.page.alt


def test_the_legend_calls_a_pinned_run_so():
    panel = explore(sample_orders(6))
    panel.pin.click()
    (ax,) = panel.picture.figure.axes
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words[-1] == f"pinned run: {seconds(panel.pinned.makespan_s)} s"


@pytest.mark.parametrize("view", ["gantt", "queue"])
def test_the_last_tick_is_whole_however_long_a_run_becomes(view):
    panel = explore(sample_orders(40), view=view)
    panel.controls["workers"].value = 1
    assert panel.run.makespan_s > 100
    figure = panel.picture.figure
    last = figure.axes[0].xaxis.get_majorticklabels()[-1]
    assert last.get_text() == seconds(panel.run.makespan_s)
    assert last.get_window_extent().x1 <= figure.bbox.x1


def test_it_is_saved_as_a_page_in_the_working_folder_and_says_where(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    panel = explore(sample_orders(3))
    panel.save.click()
    assert f">written to {tmp_path / 'explore.html'}<" in panel.error.value
    assert (tmp_path / "explore.html").read_text(encoding="utf-8") == panel.to_html()
    (tmp_path / "explore.html").unlink()
    (tmp_path / "explore.html").mkdir()
    panel.save.click()
    assert "explore.html" in panel.error.value and "cannot be written" in panel.error.value


def test_a_visitor_of_an_app_saves_nothing(monkeypatch):
    monkeypatch.setenv("VOILA_BASE_URL", "/")
    panel = explore(sample_orders(3))
    hidden = panel.box.children[1].children[-1]
    assert panel.save not in hidden.children


def test_four_controls_are_shown_and_the_others_on_more():
    panel = explore(sample_orders(3))
    *shown, _buttons, more, hidden = panel.box.children[1].children
    assert [each.description for each in shown] == ["View", "Workers", "Policy", "Arrival speed"]
    assert len(hidden.children[:-1]) == len(panel.controls) - 4
    assert hidden.children[-1] is panel.save
    assert hidden.layout.display == "none"
    more.value = True
    assert hidden.layout.display == ""


def test_a_lesson_can_ask_for_the_controls_that_it_is_about():
    panel = explore(sample_orders(3), controls=("timeout_s", "workers"))
    *shown, buttons, _more, hidden = panel.box.children[1].children
    assert shown == [panel.controls["timeout_s"], panel.controls["workers"]]
    assert buttons.children == (panel.pin, panel.copy) and hidden.children == (panel.save,)


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        (("worker",), "each of controls must be a known name, got 'worker'; .*'workers'"),
        ("workers", "controls must be a sequence of str objects, got 'workers'"),
        ((), "number of controls must be a whole number from 1 to 13, got 0"),
        ((3,), "each of controls must be a str, got 3"),
    ],
)
def test_unknown_controls_are_refused(controls, message):
    with pytest.raises(ArgumentError, match=message):
        explore(sample_orders(3), controls=controls)


def test_a_value_that_is_refused_says_why_and_the_next_one_works():
    panel = explore(sample_orders(6))
    panel.controls["fail"].max = 1.0
    panel.controls["fail"].value = 0.9
    panel.controls["hang"].value = 0.3
    assert "fail + hang + lost_reply must be at most 1, got 1.2" in panel.error.value
    panel.controls["hang"].value = 0.0
    assert panel.error.value == ""
    assert panel.run.settings.faults.fail == 0.9


def test_the_noise_of_a_slider_changes_nothing():
    panel = explore(sample_orders(6))
    panel.controls["timeout_s"].value = 9.999999999999998
    panel.controls["speed"].value = 1.0000000000000002
    assert panel.code == "simulate(orders)"


def test_every_control_has_a_description():
    panel = explore(sample_orders(3))
    assert all(each.description for each in panel.controls.values())
    assert panel.pin.description
    assert panel.copy.description


def test_the_head_start_is_for_ageing_only():
    panel = explore(sample_orders(3))
    assert panel.controls["head_start_s"].disabled
    panel.controls["policy"].value = "ageing"
    assert not panel.controls["head_start_s"].disabled


@pytest.mark.parametrize("view", ["queue", "anatomy"])
def test_the_other_views_draw_other_pictures(view):
    panel = explore(sample_orders(6))
    gantt = panel.picture.widget.value
    panel.controls["view"].value = view
    assert panel.error.value == ""
    assert panel.picture.widget.value != gantt


def test_a_picture_in_which_the_legend_is_copied_is_that_of_a_whole_drawing():
    panel = explore(sample_orders(12))
    legends = []
    for workers in (3, 1, 5, 7, 6):  # on one worker nothing is timed out, and space is laid out
        panel.controls["workers"].value = workers
        picture = Image.open(BytesIO(panel.picture.widget.value))
        panel.picture.figure.canvas.draw()
        whole = np.asarray(panel.picture.figure.canvas.buffer_rgba())[:, :, :3]
        assert np.array_equal(np.asarray(picture), whole)
        legends.append(panel.picture.figure.axes[0].get_legend())
    assert legends[3] is legends[4]


def test_the_page_has_the_line_to_copy():
    panel = explore(sample_orders(3))
    assert panel.page.code == "simulate(orders)"
    panel.controls["workers"].value = 4
    assert panel.page.code == panel.code == "simulate(orders, workers=4)"


def test_an_empty_day_is_a_panel_too():
    panel = explore([])
    assert panel.error.value == ""
    assert "–" in panel.figures.value


def test_an_unknown_view_is_refused():
    with pytest.raises(ArgumentError, match="view must be one of"):
        explore(sample_orders(3), view="pie")
