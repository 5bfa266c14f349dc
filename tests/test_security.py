"""Order files are untrusted: what they hold is shown harmlessly, and nothing runs it.

The first half looks through texts and notebooks for what must not be there; each rule is tried
on a planted text. Python files are held by the linter's rules of security. The second half sends
hostile names through a day and looks at every view of it.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
from check_run import checked
from matplotlib.cbook import is_math_text
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from matplotlib.text import Text

from fulfillment_lib import (
    Durations,
    Faults,
    Network,
    Order,
    Product,
    Settings,
    Warehouse,
    plan_order,
    read_orders,
    simulate,
    terminal,
)
from fulfillment_lib.analysis import anatomy, export, invariants, kpis
from fulfillment_lib.charts import (
    plot_anatomy,
    plot_gains,
    plot_gantt,
    plot_gantts,
    plot_plan,
    plot_queue,
    plot_utilization,
    plot_waits,
)
from fulfillment_lib.charts.captions import title_above
from fulfillment_lib.charts.labels import BarLabels
from fulfillment_lib.course import check, predict
from fulfillment_lib.errors import FulfillmentError, LedgerError, printable
from fulfillment_lib.panels import compare, explore, live, replay
from fulfillment_lib.panels.panel import Picture
from fulfillment_lib.reading.text import BLANKS
from fulfillment_lib.records import Reservation
from fulfillment_lib.scenarios import Scenario
from fulfillment_lib.stock import MemoryLedger, SqliteLedger

pytestmark = pytest.mark.slow  # hostile names go through every view

ROOT = Path(__file__).resolve().parent.parent
ORDERS = str(ROOT / "notebooks" / "data" / "orders.csv")
PICTURES = (".png", ".gif")


def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout: which files belong to the project is not known")
    return [ROOT / name for name in done.stdout.splitlines() if not name.endswith(PICTURES)]


# What must not be there.

PLAIN_TEXT_RULES = {
    "an address that everybody can reach": re.compile(
        r"0\.0\.0\.0|--ip[= ]\*|(host|ip|address)=(''|\"\")|['\"]::['\"]"
    ),
    "an empty token": re.compile(r"(?i)(token|password)(=|\s=\s)(''|\"\")|(token|password)=(\s|$)"),
    "any origin": re.compile(
        r"allow_origin\w*\s*=\s*['\"]?(\*|\.\*)|disable_check_xsrf\s*=\s*True"
    ),
    "a download that is run": re.compile(r"(curl|wget)\b[^\n|]*\|\s*(sudo\s+)?(ba|z|da)?sh\b"),
    "a certificate that nobody checks": re.compile(
        r"verify\s*=\s*False|--no-check-certificate|--insecure|--trusted-host|_unverified_"
    ),
    "a secret": re.compile(
        r"AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|gh[pousr]_[a-zA-Z0-9]{36}"
    ),
    "a file that everybody may write": re.compile(r"chmod\s+(-R\s+)?(0?777|a\+w|o\+w)|0o777"),
    "a picture from the web": re.compile(r"!\[[^\]]*\]\(\s*<?(https?:)?//"),
}
NOTEBOOK_RULES = {
    "a script": re.compile(r"(?i)<script|javascript:|\bon(error|load|click|mouse\w+)\s*="),
    "a foreign body": re.compile(r"(?i)<(iframe|object|embed|link|form|base|meta)\b|srcdoc"),
    "a page in a link": re.compile(r"(?i)data:(text/html|application/|image/svg)"),
    # A link asks for nothing until somebody follows it; `test_lessons` knows where it may lead.
    "a place on the web": re.compile(
        r"(?i)(?<!\]\()https://|(http|wss?|ftp|file)://|(src|href)=\\?[\"']//"
    ),
}
SHELL_CELL = re.compile(r"^\s*(!|%)", re.MULTILINE)


def text_dangers(name: str, text: str, rules: dict[str, re.Pattern[str]]) -> list[str]:
    return [
        f"{name}: {what}: {found.group()!r}"
        for what, rule in rules.items()
        for found in rule.finditer(text)
    ]


def notebook_texts(path: Path) -> str:
    """All that is in a notebook, metadata too, without the bytes of pictures."""
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/png", None)
    return json.dumps(nb, ensure_ascii=False)


def test_no_cell_of_a_notebook_runs_a_command():
    for path in tracked():
        if path.suffix == ".ipynb":
            for cell in nbformat.read(path, as_version=4).cells:
                if cell.cell_type == "code":
                    assert not SHELL_CELL.search(cell.source), cell.source


def test_nothing_listens_to_everybody_and_no_token_is_empty():
    names = {path.relative_to(ROOT).as_posix() for path in tracked()}
    assert {"Makefile", ".ci/run", "README.md", "pyproject.toml", "requirements.txt"} <= names
    own = Path(__file__).name
    assert [
        danger
        for path in tracked()
        if path.name != own
        for danger in text_dangers(path.name, path.read_text(encoding="utf-8"), PLAIN_TEXT_RULES)
    ] == []


def test_notebooks_hold_no_script_and_nothing_from_the_web():
    paths = [path for path in tracked() if path.suffix == ".ipynb"]
    assert len(paths) >= 7
    assert [
        danger
        for path in paths
        for danger in text_dangers(path.name, notebook_texts(path), NOTEBOOK_RULES)
    ] == []


PLANTED = [
    (
        PLAIN_TEXT_RULES,
        "an address that everybody can reach",
        ["jupyter lab --ip=0.0.0.0", "jupyter lab --ip=*", "serve(host='')", 'bind("::")'],
    ),
    (
        PLAIN_TEXT_RULES,
        "an empty token",
        ["--IdentityProvider.token= ", "password=''", 'c.token = ""'],
    ),
    (
        PLAIN_TEXT_RULES,
        "any origin",
        [
            "--ServerApp.allow_origin='*'",
            "allow_origin_pat=.*",
            "c.ServerApp.disable_check_xsrf = True",
        ],
    ),
    (
        PLAIN_TEXT_RULES,
        "a download that is run",
        ["curl -sSL https://example.org/x | sh", "wget -O- x | sudo bash"],
    ),
    (
        PLAIN_TEXT_RULES,
        "a certificate that nobody checks",
        ["get(x, verify=False)", "pip install --trusted-host x y"],
    ),
    (
        PLAIN_TEXT_RULES,
        "a secret",
        ["AKIA" + "A" * 16, "ghp_" + "a" * 36, "-----BEGIN RSA PRIVATE KEY-----"],
    ),
    (PLAIN_TEXT_RULES, "a file that everybody may write", ["chmod -R 777 .", "mode=0o777"]),
    (PLAIN_TEXT_RULES, "a picture from the web", ["![badge](https://example.org/x.svg)"]),
    (
        NOTEBOOK_RULES,
        "a script",
        ["<SCRIPT src=x>", "<a href='javascript:alert(1)'>", "<img onerror=alert(1)>"],
    ),
    (NOTEBOOK_RULES, "a foreign body", ["<iframe src=x>", "<link rel=x>", "<form action=x>"]),
    (NOTEBOOK_RULES, "a page in a link", ["<a href='data:text/html,x'>"]),
    (
        NOTEBOOK_RULES,
        "a place on the web",
        ["see https://example.org", 'src="//cdn.example.org/x.js"', "wss://x", "[x](http://x)"],
    ),
]


@pytest.mark.parametrize(("rules", "name", "texts"), PLANTED, ids=[row[1] for row in PLANTED])
def test_a_planted_danger_is_found_in_text(rules, name, texts):
    for planted in texts:
        assert any(f": {name}: " in found for found in text_dangers("x", planted, rules)), planted


def test_every_rule_for_texts_is_tried_on_a_planted_one():
    assert {name for _, name, _ in PLANTED} == {*PLAIN_TEXT_RULES, *NOTEBOOK_RULES}


@pytest.mark.parametrize("planted", ["!ls", "%pip install x", "%%bash\nls", "a = 1\n  !rm x"])
def test_a_command_in_a_cell_is_found(planted):
    assert SHELL_CELL.search(planted)


# Hostile names, as ids of orders, SKUs, names of products and names of warehouses.

HTML = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</td></table><b>x",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    '" onmouseover="alert(1)',
    "' style='x",
    "<!--",
    "]]>",
    "<style>*{}</style>",
    "&amp;",
    "&lt;b&gt;",
    "&#60;i&#62;",
]
MATHEMATICS = [
    "$x$",
    "$$",
    "$$x$$",
    r"\(x\)",
    r"\[x\]",
    r"\begin{equation}x\end{equation}",
    r"$\frac$",
    r"\$x$",
    "$a$ and $b",
    "a_{b}^{c}",
]
FORMULAS = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("//x","y")',
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "'=1",
]
MARKS = [
    "a\u202eb",
    "\u202ax\u202c",
    "\u2066x\u2069",
    "\u200fx",
    "a\u200bb",
    "a\u200db",
    "\u2060x",
    "\ufeffx",
    "\u00adx",
    "\u061cx",
    "\U000e0041x",
    "Z\u0351\u036b\u0343x",
    "\ufff9a\ufffbb",
]
LETTERS = ["שלום", "مرحبا", "日本語", "🚚", "👩\u200d👩\u200d👧", "𝔘𝔫𝔦", "x" * 100, "\u202e" * 100]
BREAKERS = [
    "_x",
    "__proto__",
    "constructor",
    "null",
    "NaN",
    "0",
    "1e9",
    "'; DROP TABLE stock;--",
    'a","b',
    "a,b;c|d",
    '{"a": [1',
    "\\u0022\\",
    "../../etc/passwd",
    "C:\\x",
    "a/b%2F%",
    "?#&=",
    "%s%n{0}{x}",
    "${HOME}",
    "`id`",
    "[x](javascript:alert(1))",
    "![x](//x/y.png)",
    "**b** # c",
    r"\x1b[2J",
    "\u241b[31mred",
]
HOSTILE = [*HTML, *MATHEMATICS, *FORMULAS, *MARKS, *LETTERS, *BREAKERS]
PLACES = len(HOSTILE)


def hostile_network():
    """A warehouse per name, each with two units of the product of the same name."""
    return Network(
        [Product(name, name, 1, 10, 10, 10) for name in HOSTILE],
        [Warehouse(name, "10001", {name: 2}) for name in HOSTILE],
    )


def hostile_orders():
    """An order per name: one unit of its own product, two of the next one's, of which one lacks."""
    return [
        Order(
            name,
            {name: 1, HOSTILE[(place + 1) % PLACES]: 2},
            "express" if place % 3 else "standard",
            "94103",
            placed_s=place / 2,
        )
        for place, name in enumerate(HOSTILE)
    ]


@pytest.fixture(scope="module")
def run():
    return checked(simulate(hostile_orders(), hostile_network(), workers=12, max_attempts=2))


def in_pages(run, orders=10):
    """The run as several, each of so few orders that its table shows all of them."""
    for first in range(0, len(run.orders), orders):
        few = slice(first, first + orders)
        yield replace(run, orders=run.orders[few], reports=run.reports[few])


def harmless(text):
    """Whether a text is one line or several, without marks, escapes or anything else unseen."""
    return all(each.isprintable() or each == "\n" for each in text)


class Page(HTMLParser):
    """The tags of a page with their attributes, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        self.tags.add("comment")

    handle_decl = handle_pi = unknown_decl = handle_comment


TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td", "p", "div", "style", "span"}
TABLE_ATTRIBUTES = {"class", "border", "style", "scope", "scoped", "halign", "valign"}


def only_a_table(html):
    """The page, if it holds nothing but tables."""
    page = Page(html)
    assert page.tags <= TABLE_TAGS, page.tags - TABLE_TAGS
    assert page.attributes <= TABLE_ATTRIBUTES, page.attributes - TABLE_ATTRIBUTES
    return page


FRAMES = {
    "timeline": lambda run: run.timeline(),
    "summary": lambda run: run.summary(),
    "stock": lambda run: run.stock(),
    "anatomy": anatomy,
    "kpis by order": lambda run: kpis(run, by="order"),
    "kpis by warehouse": lambda run: kpis(run, by="warehouse"),
}


def test_names_are_many_and_of_every_kind():
    assert len(set(HOSTILE)) == len(HOSTILE) >= 35
    assert all(len(kind) >= 7 for kind in (HTML, MATHEMATICS, FORMULAS, MARKS, LETTERS, BREAKERS))


def test_every_name_went_through_the_day(run):
    assert [report.order_id for report in run.reports] == HOSTILE
    assert {each.warehouse for report in run.reports for each in report.shipments} == set(HOSTILE)
    assert {each.sku for each in run.movements} == set(HOSTILE)
    assert sum(report.total("backordered") for report in run.reports) == PLACES


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_no_name_becomes_a_tag_in_any_table(run, frame):
    with pd.option_context(
        "display.max_rows", None, "display.max_columns", None, "display.max_colwidth", None
    ):
        page = only_a_table(frame(run)._repr_html_())
    assert len(page.texts) > 3 * PLACES


def test_the_table_of_a_run_shows_every_name_and_nothing_unseen(run):
    for part in in_pages(run):
        page = only_a_table(part._repr_html_())
        assert harmless("".join(page.texts))
        assert {printable(order.id, 40) for order in part.orders} <= {
            text.strip() for text in page.texts
        } | {printable(" ", 40)}


def test_jupyter_reads_no_mathematics_in_the_table_of_a_run(run):
    # JupyterLab's typesetter passes over elements of these classes: tried in the browser.
    for part in in_pages(run):
        before, found, inside = part._repr_html_().partition("<table")
        assert "$" not in before and found
        assert re.match(r' class="[^"]*\btex2jax_ignore mathjax_ignore\b', inside)
        assert inside.partition("</table>")[2].strip() == ""


def panel_pages(panel):
    """All HTML that a panel shows."""
    return [
        each.value
        for each in (panel.figures, panel.error, getattr(panel, "state", None))
        if each is not None
    ]


def test_no_name_becomes_a_tag_in_any_panel(run):
    for panel in (
        explore(run.orders, run.network),
        replay(run, run.makespan_s / 2),
        live(run.orders, run.network),
    ):
        for html in panel_pages(panel):
            assert harmless("".join(only_a_table(html).texts)), panel.name
        assert panel.error.value == "" and harmless(repr(panel))


@pytest.fixture
def no_pictures(monkeypatch):
    """Panels that draw nothing: what they draw are the charts below."""
    monkeypatch.setattr(Picture, "draw", lambda *_: None)


def test_a_replay_shows_names_harmlessly_at_every_moment(run, no_pictures):
    panel, shown = replay(run), set()
    for frame in range(0, panel.play.max + 1, 2):
        panel.play.value = frame
        texts = [text for html in panel_pages(panel) for text in only_a_table(html).texts]
        assert all(map(harmless, texts))
        shown |= {name for name in HOSTILE if any(printable(name, 20) in each for each in texts)}
    assert len(shown) > 0.8 * PLACES, set(HOSTILE) - shown


def test_no_name_of_settings_becomes_a_tag_in_a_comparison(run, no_pictures):
    for first in range(0, PLACES, 6):
        panel = compare(
            run.orders[:1],
            dict.fromkeys(HOSTILE[first : first + 6], Settings(workers=1)),
            run.network,
        )
        texts = [text for html in panel_pages(panel) for text in only_a_table(html).texts]
        assert {printable(name, 60) for name in panel.settings} <= set(texts)
        assert all(map(harmless, [*texts, repr(panel)]))


def test_an_error_is_shown_in_a_panel_without_any_tag_of_its_own(run):
    panel = replay(run)
    for name in HOSTILE:
        panel.say_why(ValueError(name))
        page = only_a_table(panel.error.value)
        assert page.tags == {"span"} and harmless("".join(page.texts))
        assert "".join(page.texts) == printable(f"ValueError: {name}", 400)


def test_a_live_panel_plays_hostile_names_to_the_end(run):
    panel = live(
        run.orders[:3],
        run.network,
        Settings(durations=Durations.constant(0.01, 0.01, 0.01)),
        speed=100,
    )
    asyncio.run(panel.play())
    assert panel.word == "done" and panel.error.value == ""
    for html in panel_pages(panel):
        assert harmless("".join(only_a_table(html).texts))


def order_of_many(run):
    """One order of every second product: its plan holds their names, and those of warehouses."""
    return simulate(Order("$x$", dict.fromkeys(HOSTILE[::2], 1), "express", "94103"), run.network)


TITLE = "$x$ <b>\u202e\n$$ \\(x\\) 日本語"
CHARTS = {
    "gantt": lambda run: plot_gantt(run, title=TITLE),
    "gantt by order": lambda run: plot_gantt(run, by="order", ghost=run, ghost_label="$x$"),
    "queue": lambda run: plot_queue(run, title=TITLE),
    "utilization": lambda run: plot_utilization(run, title=TITLE),
    "waits": lambda run: plot_waits(run, title=TITLE),
    "anatomy": lambda run: plot_anatomy(run, title=TITLE),
    "anatomy of one": lambda run: plot_anatomy(run, "$x$"),
    "anatomy of marks": lambda run: plot_anatomy(run, MARKS),
    "gains": lambda run: plot_gains(run, simulate(run.orders, run.network, workers=2), title=TITLE),
    "gains of marks": lambda run: plot_gains(run, simulate(run.orders[5:], run.network)),
    "plan of many": lambda run: plot_plan(order_of_many(run), title=TITLE),
    "first plan": lambda run: plot_plan(plan_order(order_of_many(run).orders[0])),
    "plan of a tag": lambda run: plot_plan(run, HTML[0]),
    "runs": lambda run: plot_gantts(
        {name: simulate(run.orders[:1], run.network) for name in MATHEMATICS[:5]}, title=TITLE
    )[0],
    "more runs": lambda run: plot_gantts(
        {name: simulate(run.orders[:1], run.network) for name in MARKS[:3]}
    )[0],
}


def no_mathematics(*_: object, **__: object) -> None:
    raise AssertionError("a text of data was read as mathematics")


@pytest.mark.parametrize("draw", CHARTS.values(), ids=list(CHARTS))
def test_no_name_is_read_as_mathematics_in_any_chart(run, draw, monkeypatch):
    monkeypatch.setattr(MathTextParser, "parse", no_mathematics)
    figure = draw(run).figure
    assert isinstance(figure, Figure)
    figure.savefig(io.BytesIO(), format="png", dpi=50)
    for text in figure.findobj(Text):
        assert not text.get_parse_math() or not is_math_text(text.get_text()), text.get_text()
        assert harmless(text.get_text()), ascii(text.get_text())
    for labels in figure.findobj(BarLabels):
        assert all(harmless(label.text) for label in labels.labels)
    plt.close(figure)


def test_no_title_is_read_as_mathematics():
    ax = plt.subplots()[1]
    for name in HOSTILE:
        title_above(ax, name, 0.0)
        assert ax.get_title(loc="left") and harmless(ax.get_title(loc="left"))
        assert not ax._left_title.get_parse_math()
    plt.close("all")


def cells_of(path):
    with path.open(newline="", encoding="utf-8-sig") as source:
        return [cell for row in csv.reader(source, strict=True) for cell in row]


@pytest.mark.parametrize("table", ["timeline", "summary", "stock"])
def test_no_cell_of_an_export_is_a_formula_and_every_name_is_in_it(run, tmp_path, table):
    path = tmp_path / "table.csv"
    export.to_csv(run, path, table)
    cells = cells_of(path)
    for cell in cells:
        assert not cell.startswith(("=", "@", "\t", "\r", "＝", "＋", "－", "＠")), cell
        assert not cell.startswith(("+", "-")) or re.fullmatch(r"[+-]?[\d.e+-]+", cell), cell
    for name in HOSTILE:
        assert ("'" + name if name[0] in "=+-@＝＋－＠" else name) in cells


def test_a_cell_that_begins_with_a_tab_or_a_break_is_text(run, tmp_path):
    attempt = replace(run.attempts[0], error="\t=1")
    export.to_csv(
        replace(run, attempts=(attempt, replace(attempt, error="\r=1"))), tmp_path / "table.csv"
    )
    assert {"'\t=1", "'\r=1"} <= set(cells_of(tmp_path / "table.csv"))


def test_a_trace_of_hostile_names_is_json_and_holds_them_unchanged(run, tmp_path):
    export.to_chrome_trace(run, tmp_path / "trace.json")
    text = (tmp_path / "trace.json").read_text(encoding="utf-8")
    trace = json.loads(text, parse_constant=no_mathematics)
    assert set(HOSTILE) <= {event["name"] for event in trace["traceEvents"]}
    assert text.isascii() and harmless(text)


TEXTS_OF_A_RUN = {
    "run": lambda run, place: repr(run),
    "network": lambda run, place: repr(
        replace(run.network, warehouses=run.network.warehouses[place : place + 1])
    ),
    "order": lambda run, place: repr(run.orders[place]),
    "order line": lambda run, place: repr(run.orders[place].lines),
    "report": lambda run, place: repr(run.reports[place]),
    "lines": lambda run, place: repr(run.reports[place].lines),
    "fulfillments": lambda run, place: repr(run.reports[place].fulfillments),
    "labels": lambda run, place: "\n".join(each.label() for each in run.reports[place].shipments),
    "message": lambda run, place: run.notification(HOSTILE[place]),
    "story": lambda run, place: run.explain(HOSTILE[place]),
    "first plan": lambda run, place: repr(plan_order(run.orders[place])),
    "tasks": lambda run, place: repr(plan_order(run.orders[place]).tasks),
    "product": lambda run, place: repr(run.network.products[place]),
    "warehouse": lambda run, place: repr(run.network.warehouses[place]),
    "scenario": lambda run, place: repr(
        Scenario(HOSTILE[place], run.orders, run.network, run.settings)
    ),
    "guess": lambda run, place: repr(predict(HOSTILE[place], HOSTILE[place])),
    "comparison": lambda run, place: repr(predict(HOSTILE[place], 1, HOSTILE[place]).compare(2)),
    "attempts": lambda run, place: repr(run.attempts),
    "results": lambda run, place: repr(run.results),
    "movements": lambda run, place: repr(run.movements),
    "fault": lambda run, place: repr(Faults(script={HOSTILE[place]: "fail"})),
}


@pytest.mark.parametrize("text_of", TEXTS_OF_A_RUN.values(), ids=list(TEXTS_OF_A_RUN))
def test_no_mark_of_text_direction_reaches_a_text(run, text_of):
    whole_run = text_of(run, 0) == text_of(run, 1)
    for place in range(1 if whole_run else PLACES):
        text = text_of(run, place)
        assert harmless(text), ascii(text)


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_an_error_names_a_hostile_name_on_one_line(run, name):
    wrong, order = name[:-1] + "?", Order("A", {name[:99] + "!": 1}, "express", "94103")
    reservation = Reservation(wrong, wrong, wrong, 1)
    for refused in (
        lambda: run.report(wrong),
        lambda: run.track(wrong),
        lambda: run.explain(wrong),
        lambda: run.network.product(wrong),
        lambda: simulate(order, run.network),
        lambda: simulate([run.orders[0]] * 2, run.network),
        lambda: simulate(run.orders[0], policy=wrong),
        lambda: kpis(run, by=wrong),
        lambda: plot_plan(run, wrong),
        lambda: plan_order(run.orders[0], [reservation]),
        lambda: MemoryLedger(run.network).ship(reservation, 0.0),
        lambda: read_orders(f"no/{wrong}"),
        lambda: export.to_csv(run, f"no/{wrong}/x"),
        lambda: check(wrong, None),
        lambda: Faults(script={name: (wrong,)}),
        lambda: Warehouse("W", "10001", {name: -1}),
    ):
        with pytest.raises(FulfillmentError, match=r"must|cannot|problem") as raised:
            refused()
        assert all(line.isprintable() for line in str(raised.value).split("\n")), ascii(
            str(raised.value)
        )


def test_a_broken_rule_names_hostile_rows_on_one_line(run):
    broken = replace(
        run,
        movements=run.movements[:-40],
        reports=tuple(replace(report, tasks_failed=9, fulfillments=()) for report in run.reports),
        attempts=tuple(replace(each, start_s=each.start_s - 3) for each in run.attempts),
    )
    violations = invariants.check(broken)
    assert len(violations) > PLACES
    assert all(map(harmless, map(str, violations)))
    assert all(map(harmless, map(repr, violations)))


def test_the_ledger_file_gives_every_name_back(run, tmp_path):
    path = tmp_path / "day.ledger"
    with SqliteLedger(path, run.network) as ledger:
        kept = checked(simulate(run.orders, run.network, run.settings, ledger=ledger))
        assert kept.digest() == run.digest() and kept == run
        assert harmless(repr(ledger))
        nothing = Reservation("T", HOSTILE[0], HOSTILE[0], 1)
        with pytest.raises(LedgerError, match="cannot be shipped: it is not open"):
            ledger.ship(nothing, 0.0)
    with SqliteLedger(path, hostile_network()) as ledger:
        assert ledger.movements == run.movements and ledger.reservations == ()
        assert {ledger.available(name).get(name, 0) for name in HOSTILE} == {0}


def written(path, rows):
    with path.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows(rows)


def test_the_terminal_prints_hostile_names_harmlessly(tmp_path, capsys):
    names = [name for name in HOSTILE if name == name.strip(BLANKS)]  # a file loses such ends
    assert len(names) > PLACES - 5
    ordered = [
        [name, "standard", "94103", sku, quantity]
        for name, other in zip(names, [*names[1:], names[0]], strict=True)
        for sku, quantity in ((name, 1), (other, 2))
    ]
    written(
        tmp_path / "orders.csv",
        [["order_id", "priority", "postal_code", "sku", "quantity"], *ordered],
    )
    written(
        tmp_path / "products.csv",
        [
            ["sku", "name", "weight_kg", "length_cm", "width_cm", "height_cm"],
            *([name, name, 1, 10, 10, 10] for name in names),
        ],
    )
    written(
        tmp_path / "stock.csv",
        [
            ["warehouse", "postal_code", "sku", "on_hand"],
            *([name, "10001", name, 2] for name in names),
        ],
    )
    code = terminal.main(
        [
            str(tmp_path / "orders.csv"),
            "--network",
            str(tmp_path),
            "--messages",
            *(f"--explain={name}" for name in names),
        ]
    )
    said = capsys.readouterr()
    assert code == terminal.SOMETHING_MISSING and said.err == ""
    assert harmless(said.out)
    assert all(printable(name, 20) in said.out for name in names)


def test_a_chart_kept_as_svg_has_hostile_names_as_plain_text(run, tmp_path):
    figure = Figure(figsize=(12.0, 6.0))
    plot_gantt(run, ax=figure.subplots())
    figure.savefig(tmp_path / "day.svg")
    svg = (tmp_path / "day.svg").read_text(encoding="utf-8")
    assert "<script" not in svg and "<img" not in svg and "javascript:" not in svg.lower()


def test_the_terminal_refuses_hostile_names_harmlessly(capsys):
    for name in HOSTILE:
        assert terminal.main([ORDERS, f"--explain={name}"]) == terminal.BAD_INPUT
        said = capsys.readouterr()
        assert said.out == "" and harmless(said.err)
