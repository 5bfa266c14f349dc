"""What all panels share: the picture, the error line, and the last value that wins."""

from __future__ import annotations

import asyncio
import threading
from base64 import b64decode

import ipywidgets as widgets

from fulfillment_lib import Settings, sample_orders, simulate
from fulfillment_lib.panels import compare, explore, live, replay
from fulfillment_lib.panels.panel import Panel, Picture, figure_text, table

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class Counter(Panel):
    """Shows a number; refuses 13."""

    name = "counter"

    def __init__(self) -> None:
        self.number = widgets.IntText(value=0)
        self.number.observe(self.ask, "value")
        self.shown: list[int] = []
        super().__init__([self.number], Picture(2.0, 1.0))

    def show(self) -> None:
        if self.number.value == 13:
            raise ValueError("<b>13</b>\u202e")
        self.shown.append(self.number.value)
        self.picture.draw("same", lambda figure: figure.text(0.5, 0.5, str(self.number.value)))


def test_without_a_loop_every_value_is_drawn_at_once():
    panel = Counter()
    panel.number.value = 1
    panel.number.value = 2
    assert panel.shown == [0, 1, 2]


def test_in_a_kernel_the_last_value_wins():
    async def drag() -> list[int]:
        panel = Counter()
        for value in range(1, 50):
            panel.number.value = value
        await asyncio.sleep(0.01)
        return panel.shown

    assert asyncio.run(drag()) == [0, 49]


def test_a_value_from_another_thread_is_drawn_on_the_loop():
    async def drag() -> list[int]:
        panel = Counter()
        thread = threading.Thread(target=lambda: setattr(panel.number, "value", 5))
        thread.start()
        await asyncio.to_thread(thread.join)
        await asyncio.sleep(0.01)
        return panel.shown

    assert asyncio.run(drag()) == [0, 5]


def test_an_error_is_shown_escaped_and_the_next_value_works():
    panel = Counter()
    panel.number.value = 13
    assert "ValueError: &lt;b&gt;13&lt;/b&gt;\\u202e" in panel.error.value
    panel.number.value = 14
    assert panel.error.value == ""
    assert panel.shown == [0, 14]


def test_the_display_carries_the_widget_a_picture_and_a_text():
    panel = Counter()
    bundle, _ = panel._repr_mimebundle_()
    assert bundle[WIDGET_VIEW]["model_id"] == panel.box.model_id
    assert b64decode(bundle["image/png"]) == panel.picture.widget.value
    assert bundle["text/plain"] == "counter panel"


def test_the_picture_comes_with_words_that_are_those_of_the_moment():
    panel = Counter()
    for number in (0, 2):
        panel.picture.figure.suptitle(f"{number} at work")
        _, metadata = panel._repr_mimebundle_()
        assert metadata == {"image/png": {"alt": f"Panel “counter”. {number} at work."}}


def test_the_same_values_give_the_same_bytes():
    panel = Counter()
    first = panel.picture.widget.value
    panel.number.value = 1
    assert panel.picture.widget.value != first
    panel.number.value = 0
    assert Counter().picture.widget.value == first


def test_a_table_escapes_what_it_shows():
    assert "&lt;script&gt;" in table(["<script>"], [["a"]])
    assert "\\u202e" in table(["a"], [["\u202e"]])


def test_figures_have_units():
    assert figure_text("makespan_s", 1234.56) == "1,234.6 s"
    assert figure_text("unit_fill", 0.5) == "50.0%"
    assert figure_text("orders_fulfilled", 8.0) == "8"
    assert figure_text("makespan_s", float("nan")) == "–"


def test_every_panel_that_can_be_stored_offers_to_save_its_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    orders = sample_orders(3)
    panels = [explore(orders), compare(orders, {"one": Settings()}), replay(simulate(orders))]
    for panel in panels:
        assert panel.save in panel.box.children[1].children[-1].children
        panel.save.click()
        assert (tmp_path / f"{panel.name}.html").is_file()
    assert live(orders).save not in live(orders).box.children[1].children
