"""The book: built as `make book` builds it, read as a browser reads it, without any network.

Each rule is a function from a page to a list of faults, and a page with every fault proves that
each rule can fail.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from book import sphinx_arguments
from bs4 import BeautifulSoup, Tag
from chromium import CHROMIUM
from links import links
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Page, expect, sync_playwright

from notebooks import FOLDER, notebook_paths

pytestmark = pytest.mark.slow  # Sphinx makes the book first

ROOT = FOLDER.parent
# Where a plain link on a page may lead.
REFERENCES = set(links((FOLDER / "references.md").read_text(encoding="utf-8")))
FEWEST_WORDS = 4  # of a picture
FILE_NAME = re.compile(r"\.(png|svg|jpe?g|gif)\b|[0-9a-f]{16}")
WEB = r"(?:https?:)?//"
IN_STYLES = re.compile(rf"url\(\s*[\"']?({WEB}[^\"')]*)|@import\s+[\"']({WEB}[^\"']*)")
IN_SCRIPTS = re.compile(
    rf"(?:(?:fetch|import|importScripts|require)\s*\(|\.src\s*=)\s*[\"'`]({WEB}[^\"'`]*)"
)
PANEL = re.compile(r"\w+ panel: ")
PACKAGES = ["", ".analysis", ".charts", ".panels", ".stock", ".course"]
BESIDES = [
    "sweep.sweep",
    "analysis.invariants.check",
    "analysis.theory.erlang_c",
    "analysis.theory.mmc_wait",
    "analysis.theory.priority_waits",
    "analysis.export.to_csv",
    "analysis.export.to_chrome_trace",
]


class Book:
    """A folder of pages, each parsed once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages = {
            path.name: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
            for path in sorted(folder.glob("*.html"))
        }
        self.anchors = {
            name: {tag[key] for key in ("id", "name") for tag in page.find_all(attrs={key: True})}
            for name, page in self.pages.items()
        }

    def read(self, target: str) -> str:
        """The text of a file that a page fetches; nothing if it is not there."""
        path = self.folder / unquote(urlsplit(target).path)
        return path.read_text(encoding="utf-8") if path.is_file() else ""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("book")
    command = [sys.executable, "-m", "sphinx", *sphinx_arguments(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0
    return Book(folder / "book")


# The rules for a page.


def lost_links(book: Book, name: str) -> list[str]:
    """Links to no file, to no place in a page, or to the web where nobody expects it."""
    faults = []
    for tag in book.pages[name].find_all("a", href=True):
        parts = urlsplit(tag["href"])
        page = unquote(parts.path) or name
        if parts.scheme or parts.netloc:
            if tag["href"] not in REFERENCES:
                faults.append(f"a link that the references do not have: {tag['href']}")
        elif not (book.folder / page).is_file():
            faults.append(f"no such file: {tag['href']}")
        elif (
            parts.fragment
            and page in book.anchors
            and (unquote(parts.fragment) not in book.anchors[page])
        ):
            faults.append(f"no such place: {tag['href']}")
    return faults


def poor_pictures(book: Book, name: str) -> list[str]:
    """Pictures that are not there, or without words that tell what they show."""
    faults = []
    for tag in book.pages[name].find_all("img"):
        words = tag.get("alt", "")
        if len(words.split()) < FEWEST_WORDS or FILE_NAME.search(words):
            faults.append(f"a picture without words: {tag['src']}, {words!r}")
        if not tag["src"].startswith("data:") and not (book.folder / unquote(tag["src"])).is_file():
            faults.append(f"no such picture: {tag['src']}")
    return faults


def from_the_web(book: Book, name: str) -> list[str]:
    """What a browser would fetch from elsewhere when it opens the page."""
    page = book.pages[name]
    found = [
        tag[key]
        for key in ("src", "srcset", "data", "poster", "action")
        for tag in page.find_all(attrs={key: True})
    ]
    found += [tag["href"] for tag in page.find_all("link", href=True)]
    styles = [tag.get_text() for tag in page.find_all("style")]
    styles += [tag["style"] for tag in page.find_all(style=True)]
    styles += [book.read(tag["href"]) for tag in page.find_all("link", rel="stylesheet")]
    scripts = [tag.get_text() for tag in page.find_all("script")]
    scripts += [book.read(tag["src"]) for tag in page.find_all("script", src=True)]
    for pattern, texts in ((IN_STYLES, styles), (IN_SCRIPTS, scripts)):
        found += ["".join(each) for text in texts for each in pattern.findall(text)]
    return [each for each in found if re.match(WEB, each.strip())]


def wrong_titles(book: Book, name: str) -> list[str]:
    """A page must have one title, and no heading may skip a level below it."""
    levels = [
        int(tag.name[1])
        for tag in book.pages[name].find_all(re.compile(r"^h[1-6]$"))
        if not tag.find_parent(id="jb-print-docs-body")
    ]  # the theme's, for paper only
    faults = [] if levels.count(1) == 1 else [f"{levels.count(1)} titles"]
    return faults + [
        f"a heading of level {now} below one of level {before}"
        for before, now in pairwise(levels)
        if now > before + 1
    ]


def open_folds(book: Book, name: str) -> list[str]:
    """Hints and answers that are not folded."""
    return [
        f"unfolded: {tag.get_text()[:40]}"
        for tag in book.pages[name].find_all("details")
        if tag.has_attr("open") or not tag.find("summary")
    ]


Rule = Callable[[Book, str], list[str]]
RULES: list[Rule] = [lost_links, poor_pictures, from_the_web, wrong_titles, open_folds]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_page_is_free_of(rule: Rule, book: Book) -> None:
    faults = {name: rule(book, name) for name in book.pages}
    assert {name: each for name, each in faults.items() if each} == {}


GOOD = """<h1>One</h1><h2 id="two">Two</h2><a href="#two">two</a><a href="page.html#two">two</a>
<details><summary>Hint</summary>x</details><img src="a.png" alt="Three workers finish first">
<style>a { background: url(a.png) }</style><script>fetch("searchindex.js")</script>"""
BAD = {
    lost_links: [
        '<a href="#three">',
        '<a href="page.html#Two">',
        '<a href="missing.html">',
        '<a href="https://unexpected.example/">',
        '<a href="//unexpected.example/">',
    ],
    poor_pictures: [
        '<img src="a.png">',
        '<img src="a.png" alt=" ">',
        '<img src="a.png" alt="a">',
        '<img src="a.png" alt="one two three image.png">',
        '<img src="missing.png" alt="Three workers finish first">',
    ],
    from_the_web: [
        '<script src="https://cdn.example/x.js"></script>',
        '<img src="//cdn.example/">',
        '<link rel="stylesheet" href="http://fonts.example/css">',
        '<style>@import "https://cdn.example/x.css";</style>',
        '<p style="background: url(//cdn.example/x.png)">x</p>',
        '<script>require("https://cdn.example/x.js")</script>',
        '<script>tag.src = "//cdn.example/x.js"</script>',
        '<link rel="stylesheet" href="bad.css">',
        '<script src="bad.js"></script>',
    ],
    wrong_titles: ["<h1>Another</h1>", "<h4>Too deep</h4>"],
    open_folds: ["<details open><summary>x</summary></details>", "<details>x</details>"],
}


@pytest.mark.parametrize(
    ("rule", "planted"), [(rule, planted) for rule, texts in BAD.items() for planted in texts]
)
def test_a_rule_passes_a_good_page_and_finds_a_planted_fault(
    rule: Rule, planted: str, tmp_path: Path
) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "bad.css").write_text("a { src: url('https://fonts.example/a.woff2') }")
    (tmp_path / "bad.js").write_text("import('https://cdn.example/x.js')")
    (tmp_path / "page.html").write_text(GOOD, encoding="utf-8")
    assert rule(Book(tmp_path), "page.html") == []
    (tmp_path / "page.html").write_text(GOOD + planted, encoding="utf-8")
    assert rule(Book(tmp_path), "page.html") != []


# The book as a whole.


def test_every_lesson_is_a_page_with_its_question_as_title_and_on_the_front_page(book):
    front = {
        tag["href"]: tag.find_parent("tr").find_all("td")[-1].get_text()
        for tag in book.pages["index.html"].select("#The-lessons table a")
    }
    titles = {}
    for path in notebook_paths():
        title = book.pages[f"{path.stem}.html"].find("h1").find(string=True)
        assert title.strip().endswith("?")
        titles[f"{path.stem}.html"] = title.strip()
    assert front == titles
    sidebar = [tag["href"] for tag in book.pages["index.html"].select(".bd-sidebar-primary li a")]
    besides = ["shapes", "glossary", "library", "shop_export", "references", "teachers"]
    assert sidebar == [*titles, *(f"{name}.html" for name in besides)]


def test_a_page_shows_what_its_notebook_has_stored(book):
    for path in notebook_paths():
        cells = nbformat.read(path, as_version=4).cells
        outputs = [each for cell in cells for each in cell.get("outputs", [])]
        page, text = book.pages[f"{path.stem}.html"], "".join(cell.source for cell in cells)
        text += "".join(each.get("data", {}).get("text/html", "") for each in outputs)
        assert len(page.select("article .cell_input")) == sum(
            cell.cell_type == "code" for cell in cells
        )
        assert [tag["alt"] for tag in page.select("article img")] == [
            each.metadata["image/png"]["alt"]
            for each in outputs
            if "image/png" in each.get("data", {})
        ]
        assert len(page.select("table.dataframe")) == sum(
            "<table" in each.get("data", {}).get("text/html", "") for each in outputs
        )
        assert len(page.find_all("details")) == text.count("<details>") > 0


def test_no_two_pictures_have_the_same_words(book):
    told: dict[str, set[bytes]] = {}
    for page in book.pages.values():
        for tag in page.find_all("img"):
            if tag["src"].startswith("data:"):  # of a panel, whose words are its own
                continue
            picture = (book.folder / unquote(tag["src"])).read_bytes()
            told.setdefault(tag["alt"], set()).add(picture)
    # One and the same picture may be shown twice: a panel begins with the default day.
    assert len(told) >= 30 and all(len(pictures) == 1 for pictures in told.values())


def after(tag: Tag) -> Tag | None:
    """What follows the output in which a panel stands."""
    return tag.find_parent(class_="cell").find_next_sibling()


def test_a_panel_can_be_moved_unless_it_is_in_real_time_and_a_line_says_how_to_have_all_of_it(book):
    for path in notebook_paths():
        outputs = [
            each
            for cell in nbformat.read(path, as_version=4).cells
            for each in cell.get("outputs", [])
        ]
        texts = [each.get("data", {}).get("text/plain", "") for each in outputs]
        panels = [text for text in texts if PANEL.match(text)]
        page = book.pages[f"{path.stem}.html"]
        shown = page.select("article img[alt^='Panel “']")
        assert [bool(tag.find_parent(class_="fl-frames")) for tag in shown] == [
            not text.startswith("live") for text in panels
        ]
        for tag in shown:
            line = after(tag)
            assert line is not None and "how-to-play" in line.get("class", [])
            assert "make lab" in line.get_text() and "make app" in line.get_text()
        assert len(shown) == len(page.select(".how-to-play")) > 0


def test_the_first_page_begins_with_an_order_and_its_pictures_lead_to_eight_shapes(book):
    article = book.pages["index.html"].find("article")
    assert article.find("figure") == article.select_one(".fl-frames")
    shapes = book.pages["shapes.html"]
    places = [tag["href"].partition("#")[2] for tag in article.select(".shapes a")]
    assert len(places) == 8 and set(places) <= book.anchors["shapes.html"]
    for place in places:
        assert len(shapes.find(id=place).select(".fl-frames")) == 1


def test_the_library_page_has_every_public_name(book):
    wanted = [f"fulfillment_lib.{name}" for name in BESIDES]
    for package in PACKAGES:
        module = import_module(f"fulfillment_lib{package}")
        wanted += [f"{module.__name__}.{name}" for name in module.__all__]
    ids = book.anchors["library.html"]
    assert len(wanted) > 50
    assert [
        name
        for name in wanted
        if name not in ids and not any(each.startswith(f"{name}.") for each in ids)
    ] == []


def test_a_described_name_has_a_text(book):
    names = book.pages["library.html"].select("dl.py:not(.attribute) > dd")
    assert len(names) > 100
    assert [
        each.find_previous("dt").get_text() for each in names if not each.get_text().strip()
    ] == []


def test_signatures_are_such_as_a_reader_can_type(book):
    text = book.pages["library.html"].find("article").get_text()
    for wrong in ("<factory>", "*args", "(value)", "Return type"):  # the last: "columns: …"
        assert wrong not in text
    assert "async fulfill(" in text and "gap_s: float = 2.15" in text


def test_the_search_knows_the_words_of_the_lessons(book):
    text = (book.folder / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").rstrip(";\n").removesuffix(")"))
    pages = set()
    for words in (index["terms"], index["titleterms"]):
        found = words["makespan"]  # one page's number, or a list of them
        pages |= {
            index["docnames"][each] for each in (found if isinstance(found, list) else [found])
        }
    assert {"00_start_here", "02_workers", "library"} <= pages


def test_a_lesson_can_be_fetched_as_it_is_in_the_repository(book):
    for path in notebook_paths():
        link = book.pages[f"{path.stem}.html"].find("a", href=f"_sources/{path.name}")
        assert (book.folder / link["href"]).read_bytes() == path.read_bytes()


# How a page's text gets its form.


@pytest.fixture(scope="module")
def lessons():
    spec = spec_from_file_location("lessons", FOLDER / "book" / "lessons.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_two_pictures_of_one_cell_are_refused(lessons):
    picture = new_output("display_data", {"image/png": "iVBO"})
    nb = new_notebook(cells=[new_code_cell("x", outputs=[picture, picture])])
    with pytest.raises(ValueError, match="must have one picture at most, got 2"):
        lessons.for_the_book(nb, "page")


@pytest.mark.parametrize("name", ["page.md", "page.ipynb"])
def test_a_file_outside_of_the_book_is_offered_and_other_links_stay(lessons, name):
    text = "See [the map](../README.md), [a lesson](00.ipynb#key) and [../x](data/a.csv)."
    nb = nbformat.writes(new_notebook(cells=[new_markdown_cell(text)]))
    app = SimpleNamespace(env=SimpleNamespace(doc2path=lambda _: Path(name)))
    content = [nb if name.endswith(".ipynb") else text]
    lessons.change_source(app, "page", content)
    assert "[the map](path:../README.md), [a lesson](00.ipynb#key) and [../x](data/" in content[0]


# The same in a browser.


class Silent(SimpleHTTPRequestHandler):
    """Serves a folder, and writes nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(book: Book) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(book.folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium here; see .ci/run")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


def watched(page: Page, address: str, faults: list[str]) -> None:
    """Note what goes wrong on a page, and what it wants from elsewhere."""
    page.on(
        "request",
        lambda request: (
            request.url.startswith((address, "data:", "blob:"))
            or faults.append(f"asks for {request.url}")
        ),
    )
    page.on("response", lambda got: got.status >= 400 and faults.append(f"no {got.url}"))
    page.on("console", lambda said: said.type == "error" and faults.append(said.text))
    page.on("pageerror", lambda error: faults.append(str(error)))


SEEN = """() => ({
    wide: document.documentElement.scrollWidth, room: document.documentElement.clientWidth,
    empty: [...document.images].filter(each => !each.complete || !each.naturalWidth).length})"""


def seen(page: Page, url: str, faults: list[str]) -> None:
    """Open a page, and note what does not fit or does not show."""
    page.goto(url, wait_until="load")
    shape = page.evaluate(SEEN)
    if shape["wide"] > shape["room"]:
        faults.append(f"{url} is {shape['wide']} px wide, there is room for {shape['room']}")
    if shape["empty"]:
        faults.append(f"{url} has {shape['empty']} pictures that do not show")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_shows_fits_and_asks_for_nothing_from_elsewhere(width, book, address, browser):
    page = browser.new_page(viewport={"width": width, "height": 900})
    faults: list[str] = []
    watched(page, address, faults)
    for name in book.pages:
        seen(page, f"{address}/{name}", faults)
    page.close()
    assert faults == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ('<img src="http://127.0.0.2:9/x.png">', "asks for http://127.0.0.2:9/x.png"),
        ('<div style="width: 500px">x</div>', "is 508 px wide, there is room for 390"),
        ("<script>null.x</script>", "Cannot read properties of null"),
        ("<script>console.error('odd')</script>", "odd"),
        ('<img src="missing.png">', "has 1 pictures that do not show"),
        ('<link rel="stylesheet" href="missing.css">', "missing.css"),
    ],
)
def test_a_planted_fault_is_seen(planted, fault, book, address, browser):
    text = f'<!doctype html><link rel="icon" href="data:,">{planted}'
    (book.folder / "planted").mkdir(exist_ok=True)
    (book.folder / "planted" / "page.html").write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 900})
    faults: list[str] = []
    watched(page, address, faults)
    seen(page, f"{address}/planted/page.html", faults)
    page.close()
    assert [each for each in faults if fault in each]


PAGES = [
    pytest.param(width, theme, marks=pytest.mark.nightly)
    for width in (1280, 390)
    for theme in ("light", "dark")
    if (width, theme) != (1280, "light")
]
PAGES.append(pytest.param(1280, "light"))


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), PAGES)
def test_two_panels_of_a_page_move_by_key_each_with_its_own_part_of_the_address(
    width, theme, address, browser
):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    faults: list[str] = []
    watched(page, address, faults)
    seen(page, f"{address}/06_control_room.html#workers=3", faults)
    day, replay = page.locator(".fl-frames").all()
    expect(day.locator("img")).to_have_attribute("alt", re.compile("on 3 workers"))
    day.get_by_role("slider", name="Workers").press("ArrowRight")
    expect(day.locator("img")).to_have_attribute("alt", re.compile("on 4 workers"))
    expect(day.locator(".fl-line")).to_contain_text("workers=4")
    before = replay.locator("img").get_attribute("src")
    replay.get_by_role("slider").press("End")
    assert replay.locator("img").get_attribute("src") != before
    assert "#workers=4&" in page.url and "&2.time_s=92.5" in page.url
    expect(day.locator("img")).to_have_attribute("alt", re.compile("on 4 workers"))
    inverted = "getComputedStyle(document.querySelector('.fl-frames img')).filter"
    assert (page.evaluate(inverted) != "none") == (theme == "dark")
    seen(page, page.url, faults)
    page.close()
    assert faults == []


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), PAGES)
def test_the_order_of_the_first_page_plays_and_a_picture_opens_its_shape(
    width, theme, address, browser
):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    faults: list[str] = []
    watched(page, address, faults)
    seen(page, f"{address}/index.html", faults)
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=20_000)  # at the end
    expect(page.locator(".fl-frames img")).to_have_attribute("alt", re.compile("1 orders? done"))
    page.locator(".shapes a", has_text="retry storm").click()
    expect(page.locator("#retry-storm .fl-frames")).to_be_in_viewport()
    page.close()
    assert faults == []


@pytest.mark.browser
def test_a_hint_folds_and_a_search_finds(address, browser):
    page = browser.new_page()
    page.goto(f"{address}/00_start_here.html")
    answer = page.locator("details", has_text="Solution 00.1").locator("pre")
    expect(answer).to_be_hidden()
    page.get_by_text("Solution 00.1").click()
    expect(answer).to_be_visible()
    page.goto(f"{address}/search.html?q=makespan")
    expect(page.locator("#search-results a").first).to_be_visible()
    page.close()
