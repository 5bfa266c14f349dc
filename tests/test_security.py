"""Order files are untrusted: what they hold is shown harmlessly, and nothing runs it.

The first half looks through the whole tree for what must not be there; each rule is tried on a
planted text. The second half sends hostile names through a day and looks at every view of it.
"""

from __future__ import annotations

import ast
import csv
import json
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
from check_run import checked
from matplotlib.figure import Figure
from matplotlib.text import Text

from fulfillment_lib import Network, Order, Product, Settings, Warehouse, plan_order, simulate
from fulfillment_lib.analysis import anatomy, export, kpis
from fulfillment_lib.charts import (
    plot_anatomy,
    plot_gantt,
    plot_gantts,
    plot_plan,
    plot_queue,
    plot_utilization,
    plot_waits,
)
from fulfillment_lib.panels import compare, explore, live, replay
from fulfillment_lib.samples import Scenario

ROOT = Path(__file__).resolve().parent.parent
TEXTS = (".py", ".md", ".toml", ".txt", ".yml", ".ipynb", ".csv", "Makefile", "run")


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        pytest.skip("not a git checkout: which files belong to the project is not known")
    return [ROOT / name for name in done.stdout.splitlines() if name.endswith(TEXTS)]


# What must not be there.

FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "yaml"}
FORBIDDEN_CALLS = {"eval", "exec", "os.system", "os.popen"}
# The README's examples are run, and a cell of a reader is played; both are texts of our own.
MAY_EXEC = {"tests/test_readme.py", "tests/test_checking.py", "tests/test_explore.py"}
# An executor pickles what it is sent, so that values must survive it: tests try just that.
MAY_PICKLE = {f"tests/test_{name}.py" for name in (
    "orders", "packing", "policies", "records", "settings", "shipping", "table", "tasks")}
MAY_BUILD_SQL = {"tests/test_database.py"}  # it spoils files of its own, in many ways
SQL = re.compile(r"^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|ATTACH)\b", re.I)
PLAIN_TEXT_RULES = {
    "an address that everybody can reach": re.compile(r"0\.0\.0\.0|--ip[= ]\*"),
    "an empty token": re.compile(r"(?i)(token|password)(=|\s=\s)(''|\"\")|(token|password)=(\s|$)"),
}
NOTEBOOK_RULES = {
    "a script": re.compile(r"(?i)<script|javascript:|on(error|load|click)\s*="),
    "a place on the web": re.compile(r"https?://|src=\\?\"//"),
}


def dangers(name: str, source: str) -> list[str]:
    """What a Python file must not do."""
    return [f"{name}:{line}: {what}" for line, what in _dangers(name, ast.parse(source))]


def _dangers(name: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [
                node.module or ""]
            for each in {each.partition(".")[0] for each in names} & FORBIDDEN_MODULES:
                if each != "pickle" or name not in MAY_PICKLE:
                    yield node.lineno, f"imports {each}"
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in FORBIDDEN_CALLS and name not in MAY_EXEC:
                yield node.lineno, f"calls {called}"
            for word in node.keywords:
                if word.arg == "shell" and not (isinstance(word.value, ast.Constant)
                                                and word.value.value is False):
                    yield node.lineno, "runs a shell"
            if called.endswith((".execute", ".executemany", ".executescript")) and node.args:
                if name not in MAY_BUILD_SQL and not _is_constant(node.args[0]) and isinstance(
                        node.args[0], ast.JoinedStr | ast.BinOp | ast.Call):
                    yield node.lineno, "builds a statement from parts"
        elif name not in MAY_BUILD_SQL and isinstance(node, ast.JoinedStr) and SQL.match(
                "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))):
            yield node.lineno, "builds SQL with an f-string"


def _is_constant(node: ast.expr) -> bool:
    return all(isinstance(each, ast.Constant | ast.BinOp | ast.Add) for each in ast.walk(node))


def text_dangers(name: str, text: str, rules: dict[str, re.Pattern[str]]) -> list[str]:
    return [f"{name}: {what}: {found.group()!r}" for what, rule in rules.items()
            for found in rule.finditer(text)]


def notebook_texts(path: Path) -> str:
    """Sources and outputs, without the bytes of pictures."""
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/png", None)
    return "\n".join(json.dumps([cell.source, cell.get("outputs", [])], ensure_ascii=False)
                     for cell in nb.cells)


def test_no_python_file_does_what_it_must_not():
    files = [path for path in tracked() if path.suffix == ".py"]
    assert len(files) > 100
    assert [danger for path in files for danger in dangers(
        path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))] == []


def test_no_cell_of_a_notebook_does_what_it_must_not():
    for path in tracked():
        if path.suffix == ".ipynb":
            for cell in nbformat.read(path, as_version=4).cells:
                if cell.cell_type == "code":
                    assert dangers(path.name, cell.source.replace("await ", "")) == []


def test_nothing_listens_to_everybody_and_no_token_is_empty():
    own = Path(__file__).name
    assert [danger for path in tracked() if path.name != own
            for danger in text_dangers(path.name, path.read_text(encoding="utf-8"),
                                       PLAIN_TEXT_RULES)] == []


def test_notebooks_hold_no_script_and_nothing_from_the_web():
    paths = [path for path in tracked() if path.suffix == ".ipynb"]
    assert len(paths) >= 7
    assert [danger for path in paths
            for danger in text_dangers(path.name, notebook_texts(path), NOTEBOOK_RULES)] == []


@pytest.mark.parametrize("planted", [
    "import pickle", "from yaml import load", "import dill as d", "eval('1')", "exec(x)",
    "import os\nos.system('ls')", "run('ls', shell=True)", "q = f'SELECT * FROM {name}'",
    "d.execute(f'DELETE FROM t WHERE a = {x}')", "d.execute('SELECT ' + name)",
    "d.execute('SELECT {}'.format(name))", "d.execute('SELECT %s' % name)",
])
def test_a_planted_danger_is_found_in_python(planted):
    assert dangers("planted.py", planted)


@pytest.mark.parametrize("fine", [
    "d.execute('SELECT a FROM t WHERE b = ?', (x,))", "d.execute('SELECT a ' + 'FROM t')",
    "f'select one of {names}'.title", "run(['ls'], shell=False)", "json.loads(text)",
])
def test_what_is_fine_is_not_called_a_danger(fine):
    assert dangers("planted.py", fine) == [] or "select" in fine


@pytest.mark.parametrize(("rules", "planted"), [
    (PLAIN_TEXT_RULES, "jupyter lab --ip=0.0.0.0"), (PLAIN_TEXT_RULES, "jupyter lab --ip=*"),
    (PLAIN_TEXT_RULES, "--IdentityProvider.token= "), (PLAIN_TEXT_RULES, "password=''"),
    (PLAIN_TEXT_RULES, 'c.token = ""'), (NOTEBOOK_RULES, "<SCRIPT src=x>"),
    (NOTEBOOK_RULES, "<a href='javascript:alert(1)'>"), (NOTEBOOK_RULES, "<img onerror=alert(1)>"),
    (NOTEBOOK_RULES, "see https://example.org"), (NOTEBOOK_RULES, 'src="//cdn.example.org/x.js"'),
])
def test_a_planted_danger_is_found_in_text(rules, planted):
    assert text_dangers("planted", planted, rules)


# Hostile names.

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</td></table><b>x", "$x$", "$$",
    r"\(x\)", r"$\frac$", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "a\u202eb", "\u2066x",
    "_x", "&amp;", "'; DROP TABLE stock;--", "x" * 100, "%s{0}{x}", "שלום", "日本語", "🚚",
]
SKUS = HOSTILE[:12]


def hostile_run():
    network = Network([Product(sku, sku, 1, 10, 10, 10) for sku in SKUS],
                      [Warehouse(name, "10001", dict.fromkeys(SKUS, 3))
                       for name in (HOSTILE[0], HOSTILE[3])])
    orders = [Order(name, {SKUS[place % len(SKUS)]: 1, SKUS[(place + 1) % len(SKUS)]: 5},
                    "express" if place % 3 else "standard", "94103", placed_s=place / 2)
              for place, name in enumerate(HOSTILE)]
    return checked(simulate(orders, network, max_attempts=2))


@pytest.fixture(scope="module")
def run():
    return hostile_run()


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        self.found.update(f"{tag} {name}" for name, _ in attrs if name.startswith("on"))


TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td", "p", "div", "style", "span"}


def test_no_name_becomes_a_tag_in_any_table(run):
    pages = [run._repr_html_(), *(table._repr_html_() for table in (
        run.timeline(), run.summary(), run.stock(), anatomy(run), kpis(run, by="order"),
        kpis(run, by="warehouse")))]
    for page in pages:
        assert Tags(page).found <= TABLE_TAGS, Tags(page).found - TABLE_TAGS


def test_jupyter_reads_no_mathematics_in_the_table_of_a_run(run):
    # JupyterLab's typesetter passes over elements of these classes: tried in the browser.
    assert re.search(r'<table class="[^"]*\btex2jax_ignore mathjax_ignore\b', run._repr_html_())


def test_no_name_becomes_a_tag_in_any_panel(run):
    panels = [explore(run.orders, run.network), replay(run, run.makespan_s / 2),
              compare(run.orders, {HOSTILE[0]: Settings(workers=2)}, run.network),
              live(run.orders, run.network)]
    for panel in panels:
        pages = [panel.figures.value, panel.error.value]
        pages += [panel.state.value] if hasattr(panel, "state") else []
        for page in pages:
            assert Tags(page).found <= TABLE_TAGS, (panel.name, Tags(page).found - TABLE_TAGS)
        assert panel.error.value == ""


@pytest.mark.parametrize("draw", [
    plot_gantt, lambda run: plot_gantt(run, by="order"), plot_queue, plot_utilization, plot_waits,
    plot_anatomy, lambda run: plot_anatomy(run, HOSTILE[3]), lambda run: plot_plan(run, HOSTILE[3]),
    lambda run: plot_plan(run, HOSTILE[0]), lambda run: plot_gantts({"$x$": run})[0],
])
def test_no_name_is_read_as_mathematics_in_any_chart(run, draw):
    figure = draw(run).figure
    assert isinstance(figure, Figure)
    for text in figure.findobj(Text):
        assert not text.get_parse_math() or "$" not in text.get_text(), text.get_text()
        assert text.get_text().isprintable() or "\n" in text.get_text()
    figure.canvas.draw()
    plt.close(figure)


def test_no_cell_of_an_export_is_a_formula(run, tmp_path):
    for table in ("timeline", "summary", "stock"):
        path = tmp_path / f"{table}.csv"
        export.to_csv(run, path, table)
        with path.open(newline="", encoding="utf-8-sig") as source:
            cells = [cell for row in csv.reader(source) for cell in row]
        assert len(cells) > 50
        for cell in cells:
            assert not cell.startswith(("=", "@", "\t", "\r")), cell
            assert not cell.startswith(("+", "-")) or re.fullmatch(r"[+-]?[\d.e+-]+", cell), cell


def test_a_trace_of_hostile_names_is_json(run, tmp_path):
    export.to_chrome_trace(run, tmp_path / "trace.json")
    json.loads((tmp_path / "trace.json").read_text(encoding="utf-8"))


def test_no_mark_of_text_direction_reaches_a_label_a_message_or_a_story(run):
    for name in HOSTILE:
        report = run.report(name)
        order = next(each for each in run.orders if each.id == name)
        texts = [run.notification(name), run.explain(name), repr(run), repr(report), repr(order),
                 repr(plan_order(order)), repr(run.network),
                 repr(Scenario(name, run.orders, run.network, run.settings)),
                 *(shipment.label() for shipment in report.shipments)]
        for text in texts:
            assert all(each.isprintable() or each == "\n" for each in text), ascii(text)
