"""Panels in a page: they fit into it, can be read and heard, and say when their kernel is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psutil
import pytest
from chromium import CHROMIUM
from playwright.sync_api import Page, expect

from tests.notebooks.test_browser import (
    browser,
    changed,
    lab,
    opened,
    page,
    picture,
    slider,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; see .ci/run"),
]
FIXTURES = (browser, lab, opened, page)  # of the other file; pytest finds them by these names
STOPPED = "The kernel has stopped: run the cell again."
KINDS = ("explore", "compare", "replay", "live")
# The width of a window, and of a panel in JupyterLab beside its file browser. The last is as wide
# as one in Voilà on a phone of 390 px.
INSIDE_PX = {1280: 848, 900: 468, 792: 360}
PAGES = [
    pytest.param(width, theme, marks=pytest.mark.nightly)
    for width in INSIDE_PX
    for theme in ("light", "dark")
    if (width, theme) != (1280, "light")
]
PAGES.append(pytest.param(1280, "light"))
Opened = Callable[[str], Page]


@pytest.fixture
def shown(opened: Opened, page: Page) -> Callable[[str, int, str], Page]:
    """A function that opens a panel's notebook in a window of that width, in that theme."""

    def show(name: str, width: int, theme: str) -> Page:
        page.set_viewport_size({"width": width, "height": 1000})
        opened(name)
        light = str(theme == "light").lower()
        if page.locator("body").get_attribute("data-jp-theme-light") != light:
            page.get_by_role("menuitem", name="Settings", exact=True).click()
            page.get_by_text("Theme", exact=True).hover()
            page.get_by_text(f"JupyterLab {theme.title()}", exact=True).click()
            page.locator(f"body[data-jp-theme-light={light}]").wait_for(state="attached")
        page.wait_for_function(DRAWN_FOR, arg=INSIDE_PX[width])
        return page

    return show


DRAWN_FOR = """inside => {
    const picture = document.querySelector("img.fl-picture");
    return document.querySelector(".fl-panel").clientWidth === inside
        && picture.complete && picture.naturalWidth === Math.min(960, inside - 4);
}"""
BARS = """() => [...document.querySelectorAll(".fl-panel, .fl-panel *")].filter(part => {
    const { overflowX, overflowY } = getComputedStyle(part), can = ["auto", "scroll"];
    return can.includes(overflowX) && part.scrollWidth > part.clientWidth
        || can.includes(overflowY) && part.scrollHeight > part.clientHeight;
}).map(part => part.className)"""
SMALLEST_LETTERS_PX = """() => Math.min(...[...document.querySelectorAll(".fl-panel *")]
    .filter(part => part.innerText).map(part => parseFloat(getComputedStyle(part).fontSize)))"""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("width", "theme"), PAGES)
def test_a_panel_fits_into_its_page_without_scroll_bars_or_tiny_letters(
    kind: str, width: int, theme: str, shown: Callable[[str, int, str], Page]
) -> None:
    page = shown(kind, width, theme)
    assert page.evaluate(BARS) == []
    # Drawn pixel for pixel, a picture has its letters of 8 points in 11 px.
    assert page.evaluate("document.querySelector('img.fl-picture').clientWidth") == min(
        960, INSIDE_PX[width] - 4
    )
    assert page.evaluate(SMALLEST_LETTERS_PX) >= 9
    if kind == "explore":
        page.locator(".fl-more").click()
        expect(slider(page, "Seed")).to_be_visible()
        page.locator(".fl-pin").click()
        expect(page.locator(".fl-figures")).to_contain_text("pinned run")
        assert page.evaluate(BARS) == []


CONTRAST = """element => {
    const light = colour => {
        const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(Number).map(part => {
            const share = part / 255;
            return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    let behind = element;
    while (/(, 0\\)|transparent)/.test(getComputedStyle(behind).backgroundColor))
        behind = behind.parentElement;
    const pair = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
    const [low, high] = pair.map(light).sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
}"""


@pytest.mark.parametrize(("width", "theme"), PAGES)
def test_an_error_can_be_read_and_moves_neither_the_picture_nor_the_controls(
    width: int, theme: str, shown: Callable[[str, int, str], Page]
) -> None:
    page = shown("refused", width, theme)
    places = "() => ['img.fl-picture', '.fl-controls'].map(name =>"
    places += " document.querySelector(name).getBoundingClientRect().top)"
    before = page.evaluate(places)
    slider(page, "Share that hangs").locator(".noUi-handle").press("End")
    message = page.locator(".fl-error span")
    expect(message).to_contain_text("fail + hang + lost_reply must be at most 1, got 1.2")
    assert message.evaluate(CONTRAST) >= 4.5
    assert page.evaluate(places) == before


def test_everything_in_a_panel_has_a_name_and_a_tooltip(opened: Opened) -> None:
    page = opened("explore")
    page.locator(".fl-more").press("Enter")
    expect(page.locator(".fl-more")).to_have_attribute("aria-expanded", "true")
    controls = page.locator(".fl-controls")
    for role, names in {
        "slider": ["Workers", "Timeout (s)", "Head start (s)", "Arrival speed", "Seed"],
        "combobox": ["View", "Policy"],
        "button": ["Pin this run", "Copy as code", "More"],
    }.items():
        for name in names:
            expect(controls.get_by_role(role, name=name, exact=True)).to_have_count(1)
    assert page.locator(".fl-panel [title=null]").count() == 0
    expect(page.locator("img.fl-picture")).to_have_attribute(
        "alt", "Panel “explore”. 12 orders on 5 workers, makespan 36.7 s. "
        "Across: seconds from the start of the run."
    )  # fmt: skip
    slider(page, "Workers").locator(".noUi-handle").press("ArrowLeft")
    page.locator("img.fl-picture[alt*='4 workers']").wait_for()


def test_the_buttons_of_a_player_have_names(opened: Opened) -> None:
    page = opened("replay")
    for name in ("Play or pause", "Back to the start", "Repeat"):
        expect(page.locator(".fl-play").get_by_role("button", name=name)).to_have_count(1)


def test_the_tab_key_reaches_each_control_that_can_be_moved_and_no_other(opened: Opened) -> None:
    page = opened("explore")
    page.locator(".fl-more").press("Enter")
    expect(slider(page, "Seed")).to_be_visible()
    head_start = slider(page, "Head start (s)").locator(".noUi-handle")
    expect(head_start).to_have_attribute("tabindex", "-1")
    page.locator(".fl-more").focus()
    page.keyboard.press("Tab")
    names = []
    for _ in range(4):
        names.append(page.evaluate("document.activeElement.ariaLabel"))
        page.keyboard.press("Tab")
    assert names == ["Timeout (s)", "Timeout (s)", "Attempts", "Attempts"]
    page.locator(".fl-explore select").nth(1).select_option("ageing")
    expect(head_start).to_have_attribute("tabindex", "0")


@pytest.mark.parametrize("end", ["restart", "crash", "shut down"])
def test_a_panel_whose_kernel_has_gone_says_so_and_cannot_be_moved(
    end: str, lab: Any, opened: Opened
) -> None:
    page = opened("explore")
    expect(page.locator(".fl-page")).to_have_text("")
    if end == "restart":
        page.get_by_role("menuitem", name="Kernel", exact=True).click()
        page.get_by_text("Restart Kernel…", exact=True).click()
        page.get_by_role("button", name="Confirm Kernel Restart").click()
    elif end == "crash":
        kernels = psutil.Process(lab.process.pid).children()
        next(process for process in kernels if "ipykernel" in str(process.cmdline())).kill()
    else:
        lab.ask(f"api/kernels/{lab.ask('api/sessions')[0]['kernel']['id']}", "DELETE")
    expect(page.locator(".fl-page")).to_have_text(STOPPED)
    assert page.locator(".fl-controls").evaluate("element => element.inert")
    if end != "shut down":  # the new process knows nothing of the panel
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        expect(page.locator(".fl-page")).to_have_text(STOPPED)


def test_a_cell_that_is_run_again_has_one_panel_which_works(opened: Opened) -> None:
    page = opened("explore")
    before = picture(page)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.locator(f"img.fl-picture:not([src='{before}'])").wait_for()
    expect(page.locator(".fl-panel")).to_have_count(1)
    before = picture(page)
    slider(page, "Workers").locator(".noUi-handle").press("ArrowLeft")
    changed(page, before)
