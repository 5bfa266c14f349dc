"""Imports point at vocabulary, never at the screen: one row per file says what it may import.

The table is the architecture, read from top to bottom: a file imports from rows above it. An
import inside a function counts as well, except in run.py, whose methods open the views.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "fulfillment_lib"
HEAVY = {"pandas", "numpy", "matplotlib", "PIL", "ipywidgets", "IPython"}

BASICS = {"errors", "checks", "frozen"}
NOUNS = BASICS | {"policies", "orders", "tasks", "settings", "records"}
CLOCK = {"collector", "handles", "loop_services", "clock", "virtual"}
OPERATIONS = {"inventory", "packing", "shipping"}
FILES = {"file_text", "file_values"}
ANALYSIS, CHARTS, PANELS = {"analysis/*"}, {"charts/*"}, {"panels/*"}
SCREEN = NOUNS | ANALYSIS | CHARTS | PANELS | {"files", "run", "samples", "scenarios", "sweep"}
EVERYTHING = {"*"}

# file: what it may import
TABLE: dict[str, set[str]] = {
    # errors and checks: they know nothing
    "errors": set(),
    "frozen": set(),
    "checks": {"errors"},
    # the nouns
    "orders": BASICS,
    "tasks": BASICS,
    "policies": BASICS | {"tasks"},
    "settings": BASICS | {"policies", "tasks"},
    "records": BASICS | {"orders", "tasks"},
    # time and work: the engine knows neither orders nor stock
    "collector": set(),
    "handles": BASICS,
    "loop_services": BASICS,
    "clock": BASICS | CLOCK,
    "virtual": BASICS | CLOCK,
    "pacing": BASICS | CLOCK,
    "workers": BASICS | {"policies", "tasks", "records"},
    "pool": BASICS | {"policies", "tasks", "records", "workers"},
    # pure rules of the business
    "planning": NOUNS,
    "geography": NOUNS,
    "identifiers": NOUNS,
    "cartons": NOUNS,
    "samples": NOUNS,
    # stock
    "stock/__init__": {"stock/*"},
    "stock/ledger": NOUNS,
    "stock/base": NOUNS | {"stock/*"},
    "stock/memory": NOUNS | {"stock/*"},
    "stock/encoding": NOUNS,
    "stock/schema": NOUNS | {"stock/*"},
    "stock/audit": NOUNS | {"stock/*"},
    "stock/database": NOUNS | {"stock/*"},
    "stock/runs": NOUNS | {"stock/*"},
    "stock/tables": NOUNS | {"stock/*"},
    "stock/sqlite": NOUNS | {"stock/*"},
    # what the workers do
    "workplace": NOUNS | {"clock", "stock/*"},
    "inventory": NOUNS | {"workplace", "geography"},
    "packing": NOUNS | {"workplace", "identifiers", "cartons"},
    "shipping": NOUNS | {"workplace", "geography", "identifiers"},
    "synthesis": NOUNS,
    # the pattern, and the top of the core
    "orchestrator": NOUNS | OPERATIONS | {"workplace", "planning", "pool", "stock/*", "synthesis"},
    "intake": NOUNS | {"workplace", "identifiers", "samples", "stock/*"},
    "run": NOUNS
    | CLOCK
    | {"workplace", "intake", "orchestrator", "pacing", "pool", "samples", "stock/*", "synthesis"},
    # around the run
    "file_text": NOUNS,
    "file_values": NOUNS | FILES,
    "files": NOUNS | FILES,
    "scenarios": NOUNS | {"samples"},
    "__init__": NOUNS | {"files", "planning", "pool", "run", "samples", "virtual"},
    # views: they read records and tables, never engine or stock
    "analysis/__init__": ANALYSIS,
    "analysis/run": NOUNS,
    "analysis/digest": NOUNS | ANALYSIS,
    "analysis/timeline": NOUNS | ANALYSIS | {"collector"},
    "analysis/anatomy": NOUNS | ANALYSIS,
    "analysis/bounds": NOUNS | ANALYSIS,
    "analysis/explain": NOUNS | ANALYSIS,
    "analysis/kpis": NOUNS | ANALYSIS,
    "analysis/intervals": BASICS | ANALYSIS,
    "analysis/moment": NOUNS | ANALYSIS,
    "analysis/run_log": NOUNS | ANALYSIS,
    "analysis/stock_rules": NOUNS | ANALYSIS,
    "analysis/task_rules": NOUNS | ANALYSIS,
    "analysis/worker_rules": NOUNS | ANALYSIS,
    "analysis/record_rules": NOUNS | ANALYSIS,
    "analysis/invariants": NOUNS | ANALYSIS,
    "analysis/table": BASICS,
    "analysis/theory": BASICS | ANALYSIS,
    "analysis/export": NOUNS | ANALYSIS | {"file_text"},
    "sweep": NOUNS | ANALYSIS | {"run", "samples", "scenarios"},
    "charts/__init__": BASICS | CHARTS,
    "charts/style": NOUNS | CHARTS,
    "charts/axes": BASICS | CHARTS,
    "charts/captions": BASICS | CHARTS,
    "charts/classes": NOUNS | CHARTS,
    "charts/steps": NOUNS | ANALYSIS | CHARTS,
    "charts/lanes": set(),
    "charts/alt_text": set(),
    "charts/bars": CHARTS,
    "charts/gantt": NOUNS | ANALYSIS | CHARTS,
    "charts/gantts": NOUNS | ANALYSIS | CHARTS,
    "charts/plan": NOUNS | ANALYSIS | CHARTS,
    "charts/queue": NOUNS | ANALYSIS | CHARTS,
    "charts/utilization": NOUNS | ANALYSIS | CHARTS,
    "charts/anatomy": NOUNS | ANALYSIS | CHARTS,
    "charts/waits": NOUNS | ANALYSIS | CHARTS,
    # the screen: anything but the parts of the engine
    "panels/__init__": BASICS | PANELS,
    "panels/panel": SCREEN,
    "panels/explore": SCREEN,
    "panels/compare": SCREEN,
    "panels/live": SCREEN,
    "panels/replay": SCREEN,
    "course/__init__": EVERYTHING,
    "course/checking": EVERYTHING,
    "course/naps": EVERYTHING,
    "course/predictions": EVERYTHING,
    "course/verdicts": EVERYTHING,
    "course/lesson_00": EVERYTHING,
    "course/lesson_01": EVERYTHING,
    "course/lesson_02": EVERYTHING,
    "course/lesson_03": EVERYTHING,
    "course/lesson_04": EVERYTHING,
    "course/lesson_05": EVERYTHING,
    "course/lesson_06": EVERYTHING,
    "course/lesson_07": EVERYTHING,
    "course/lesson_08": EVERYTHING,
    "course/lesson_09": EVERYTHING,
    "course/black_friday": EVERYTHING,
    "terminal": EVERYTHING,
    "__main__": EVERYTHING,
}

# libraries from outside: who may import which
LIBRARIES = {
    "analysis/*": {"pandas", "numpy", "scipy"},
    "sweep": {"pandas", "tqdm"},
    "charts/*": {"pandas", "numpy", "matplotlib"},
    "panels/*": HEAVY,
    "course/*": HEAVY,
}

# A name that only a type hint needs is imported under `if TYPE_CHECKING`, and never at run time.
HINTS = {"run": {"pandas"}, "analysis/*": {"run"}, "charts/*": {"run"}}


class Import(NamedTuple):
    target: str  # a file of the package, or the name of a library
    line: int
    inside: bool
    hint: bool


def files() -> list[str]:
    """All files of the package: the path from its folder, without .py."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return [path.relative_to(PACKAGE).with_suffix("").as_posix() for path in paths]


def imports(source: str, known: list[str]) -> list[Import]:
    """What a source text imports, wherever the statement stands."""
    return [
        Import(target, node.lineno, inside, hint)
        for node, inside, hint in _statements(ast.parse(source), False, False)
        for target in _targets(node, known)
    ]


def _statements(node: ast.AST, inside: bool, hint: bool) -> Iterator[tuple[ast.stmt, bool, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, inside, hint
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _statements(child, True, hint)
        else:
            checking = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            yield from _statements(child, inside, hint or checking)


def _targets(node: ast.stmt, known: list[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [_file(alias.name, known) for alias in node.names]
    assert isinstance(node, ast.ImportFrom)
    if node.level or node.module is None:
        return ["a relative import"]
    found = []
    for alias in node.names:
        module = _file(f"{node.module}.{alias.name}", known)  # `from package import module`
        found.append(module if module in known else _file(node.module, known))
    return found


def _file(module: str, known: list[str]) -> str:
    root, *parts = module.split(".")
    if root != "fulfillment_lib":
        return root
    path = "/".join(parts)
    return path if path in known else f"{path}/__init__".lstrip("/")


def faults(file: str, source: str, known: list[str] | None = None) -> list[str]:
    """The imports of a file that its row does not allow, each with the reason."""
    if file not in TABLE:
        return [f"{file}.py has no row in the table of layers: add it where it belongs"]
    known = known or files()
    wrong = []
    for each in imports(source, known):
        if file == "run" and each.inside:
            continue
        library = each.target not in known and not each.target.endswith("__init__")
        allowed = _for(file, LIBRARIES) if library else TABLE[file]
        allowed = allowed | (_for(file, HINTS) if each.hint else set())
        if library and each.target in sys.stdlib_module_names:
            continue
        if not any(fnmatch(each.target, pattern) for pattern in allowed):
            listed = ", ".join(sorted(allowed)) or "none"
            wrong.append(f"{file}.py, line {each.line}: imports {each.target}, may import {listed}")
    return wrong


def _for(file: str, table: dict[str, set[str]]) -> set[str]:
    return set().union(*(names for pattern, names in table.items() if fnmatch(file, pattern)))


@pytest.mark.parametrize("file", files())
def test_a_file_imports_what_its_row_allows(file: str) -> None:
    assert faults(file, (PACKAGE / f"{file}.py").read_text(encoding="utf-8")) == []


def test_importing_the_package_loads_no_tables_no_charts_and_no_widgets() -> None:
    code = "import sys, fulfillment_lib; print(*sorted(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    loaded = set(result.stdout.split())
    assert "fulfillment_lib" in loaded
    assert HEAVY & loaded == set()


KNOWN = [
    "__init__",
    "errors",
    "checks",
    "orders",
    "pool",
    "run",
    "stock/__init__",
    "stock/ledger",
    "charts/__init__",
    "analysis/kpis",
]


@pytest.mark.parametrize(
    ("file", "source", "target"),
    [
        ("orders", "from fulfillment_lib.pool import WorkerPool", "pool"),
        ("orders", "import fulfillment_lib.engine.pool", "pool"),
        ("orders", "from fulfillment_lib import pool", "pool"),
        ("orders", "from fulfillment_lib import Order", "__init__"),
        ("orders", "def f():\n    from fulfillment_lib.run import simulate", "run"),
        (
            "orders",
            "class A:\n    async def f(self):\n        with a:\n            import numpy",
            "numpy",
        ),
        ("orders", "from . import errors", "a relative import"),
        ("orders", "try:\n    import numpy as np\nexcept ImportError:\n    np = None", "numpy"),
        ("pool", "from fulfillment_lib.orders import Order", "orders"),
        ("pool", "from fulfillment_lib.stock import MemoryLedger", "stock/__init__"),
        ("pool", "from fulfillment_lib.stock import ledger", "stock/ledger"),
        ("analysis/kpis", "from fulfillment_lib.charts import plot_gantt", "charts/__init__"),
        ("analysis/kpis", "from fulfillment_lib.run import FulfillmentRun", "run"),
        ("analysis/kpis", "import matplotlib.pyplot as plt", "matplotlib"),
        ("run", "from fulfillment_lib.analysis.kpis import kpis", "analysis/kpis"),
        ("run", "import pandas as pd", "pandas"),
    ],
)
def test_an_import_against_the_layers_is_found(file: str, source: str, target: str) -> None:
    found = faults(file, source, KNOWN)
    assert len(found) == 1
    assert f"imports {target}, may import" in found[0]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("orders", "import re\nfrom fulfillment_lib.errors import shown"),
        ("orders", "from fulfillment_lib import errors"),
        ("run", "def f():\n    from fulfillment_lib.analysis.kpis import kpis"),
        ("analysis/kpis", "import pandas as pd"),
        (
            "analysis/kpis",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    from fulfillment_lib.run import FulfillmentRun",
        ),
    ],
)
def test_an_import_towards_the_vocabulary_is_allowed(file: str, source: str) -> None:
    assert faults(file, source, KNOWN) == []


def test_a_file_without_a_row_is_found() -> None:
    assert faults("utils", "") == [
        "utils.py has no row in the table of layers: add it where it belongs"
    ]


def test_the_rows_stand_in_an_order_in_which_nobody_looks_down() -> None:
    """Each row allows only files of rows above it, or of its own group of rows."""
    groups = [FILES, CLOCK, {name for name in TABLE if "/" in name}]
    above: set[str] = set()
    for file, allowed in TABLE.items():
        own = {name for group in groups if file in group for name in group}
        if allowed is not EVERYTHING:
            for pattern in allowed:
                assert any(fnmatch(name, pattern) for name in above | own), (file, pattern)
        above.add(file)
