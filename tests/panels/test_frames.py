"""A panel as a page without a kernel: every setting of a grid, each picture once."""

import json
import re
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO

import pytest
from PIL import Image

from fulfillment_lib import (
    FulfillmentError,
    Network,
    Order,
    Product,
    Settings,
    Warehouse,
    sample_orders,
    simulate,
)
from fulfillment_lib.panels import compare, explore, frames, live, replay

ORDERS = sample_orders(6)
GRID = {"workers": range(1, 4), "policy": ["fifo", "express_first"]}


class Page(HTMLParser):
    """The parts of a page that tests ask for."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.data, self._in_json = [], "", False
        self.feed(text)
        self.pictures, self.figures, self.codes, self.words, self.states = json.loads(self.data)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in_json = tag == "script" and dict(attrs).get("type") == "application/json"

    def handle_endtag(self, tag):
        self._in_json = False

    def handle_data(self, data):
        if self._in_json:
            self.data += data

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def panel():
    return explore(ORDERS)


@pytest.fixture(scope="module")
def page(panel):
    return Page(panel.to_html(vary=GRID))


def test_every_setting_has_its_picture_its_figures_its_line_and_its_words(page):
    assert len(page.states) == 6
    makespans = []
    for (workers, policy), state in zip(
        [(workers, policy) for workers in GRID["workers"] for policy in GRID["policy"]],
        page.states,
        strict=True,
    ):
        run = simulate(ORDERS, workers=workers, policy=policy)
        picture, figures, code, words = state
        assert f"{run.makespan_s:.1f} s" in page.figures[figures]
        assert f"makespan {run.makespan_s:.1f} s" in page.words[words]
        assert (f"workers={workers}" in page.codes[code]) == (workers != 5)
        assert Image.open(BytesIO(b64decode(page.pictures[picture].split(",")[1]))).width == 636
        makespans.append(run.makespan_s)
    assert len(set(makespans)) > 2


def test_each_different_picture_is_there_once_and_small(page):
    assert len(set(page.pictures)) == len(page.pictures) <= len(page.states)
    assert max(map(len, page.pictures)) < 30_000


def test_a_picture_for_two_settings_is_kept_once(panel):
    page = Page(panel.to_html(vary={"workers": [8, 9, 10], "head_start_s": [5.0, 10.0]}))
    assert len(page.states) == 6 and len(page.pictures) <= 3


def test_a_page_asks_nobody(panel):
    text = panel.to_html(vary=GRID)
    assert not re.search(r"https?://|@import|url\(", text)
    assert all(not attrs.get("src", "data:").startswith("http") for attrs in Page(text).all("img"))


def test_each_control_has_a_label_and_begins_where_the_panel_is(page):
    (slider,), (choice,) = page.all("input"), page.all("select")
    labels = {attrs["for"] for attrs in page.all("label")}
    assert {slider["id"], choice["id"]} == labels
    assert slider["data-key"] == "workers" and slider["max"] == "2"


def test_a_page_begins_with_what_the_panel_shows():
    panel = explore(ORDERS, settings=Settings(workers=2))
    page = Page(panel.to_html(vary=GRID))
    (slider,) = page.all("input")
    assert slider["value"] == "1"
    assert page.all("img")[0]["alt"] == panel.picture_words()


def test_the_panel_is_as_before_also_when_the_grid_is_refused(panel):
    before = {name: control.value for name, control in panel.controls.items()}
    digest = panel.run.digest()
    with pytest.raises(FulfillmentError, match="workers in vary must be one that its control"):
        panel.to_html(vary={"workers": [2, 99]})
    panel.to_html(vary={"workers": [2, 3]})
    assert {name: control.value for name, control in panel.controls.items()} == before
    assert panel.run.digest() == digest and panel.picture.width_px == 960


@pytest.mark.parametrize(
    ("vary", "reason"),
    [
        ({"wokers": [1]}, "control in vary must be a known name, got 'wokers'; did you mean"),
        ({"workers": []}, "values of workers in vary must be at least one value"),
        ({"workers": [1, 1]}, "value of workers in vary must be unique"),
        ({"workers": ["many"]}, "value of workers in vary must be one that its control takes"),
        ({"workers": [1.5]}, "value of workers in vary must be one that its control takes"),
        ({"policy": "lifo"}, "value of policy in vary must be one that its control takes"),
        ({"seed": range(50), "workers": range(1, 11)}, "at most 400 settings in all, got 500"),
        ([("workers", [1])], "vary must be"),
    ],
)
def test_a_grid_that_cannot_be_is_refused_by_name(panel, vary, reason):
    with pytest.raises(FulfillmentError, match=reason):
        panel.to_html(vary=vary)


def test_the_most_can_be_raised_or_lowered(panel):
    with pytest.raises(FulfillmentError, match="at most 2 settings in all, got 3; it has 3"):
        panel.to_html(vary={"workers": [1, 2, 3]}, most=2)


def test_a_page_is_written_where_it_is_asked_for(panel, tmp_path):
    path = tmp_path / "panel.html"
    text = panel.to_html(path, vary={"workers": [1]})
    assert path.read_text(encoding="utf-8") == text
    assert text.startswith("<!doctype html>") and "<title>6 orders on" in text


@pytest.mark.parametrize(
    ("panel", "settings"),
    [
        (lambda: replay(simulate(ORDERS)), 26),
        (lambda: compare(ORDERS, {"one": Settings(), "two": Settings(workers=2)}), 20),
        (lambda: explore(ORDERS), 20),
    ],
)
def test_each_panel_has_a_grid_of_its_own(panel, settings):
    assert len(Page(panel().to_html()).states) == settings


def test_a_panel_in_real_time_has_no_page():
    with pytest.raises(FulfillmentError, match="a panel with controls that can be stored"):
        live(ORDERS).to_html()


def test_names_are_text_and_end_no_script():
    evil = "</script><img src=x onerror=alert(1)>"
    network = Network([Product(evil, evil, 1, 9, 9, 9)], [Warehouse("EAST", "10001", {evil: 5})])
    day = simulate(Order(evil, {evil: 1}, "express", "94103"), network)
    text = replay(day).to_html()
    assert text.count("</script>") == 2
    assert not [tag for tag in Page(text).tags if "onerror" in tag[1]]


def test_two_pieces_of_one_page_have_other_names(panel):
    names = {
        Page(frames.piece(panel, frames.checked_grid(panel, vary, 400))).all("figure")[0]["id"]
        for vary in ({"workers": [1, 2]}, {"workers": [2, 3]})
    }
    assert len(names) == 2
