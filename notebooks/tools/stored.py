"""The panels of the book: every setting of a small grid is drawn beforehand, no kernel is needed.

`stored.json` has the grid of a lesson's panel, by lesson and cell; where it has none, the panel's
own is taken. What is made is kept in build/panels until the library, the lines of the lesson that
make the panel, or the grid have changed.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import chdir
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

import fulfillment_lib
from fulfillment_lib.panels.frames import checked_grid, piece
from fulfillment_lib.panels.panel import Panel
from notebooks import FOLDER

KEPT = FOLDER.parent / "build" / "panels"
GRIDS = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
MOST = 40  # settings of a panel: a page is read on phones, too
Grid = Mapping[str, Iterable[Any]]


def panel_of_lesson(nb: NotebookNode, cell: NotebookNode, name: str) -> str:
    """The panel of a lesson's cell as HTML; `name` is that of the lesson and its cell.

    Raises:
        ValueError: the lines of the lesson make another panel than the one that the cell shows.
    """
    lines = lines_for(nb, cell)

    def made() -> Panel:
        panel = value_of(lines)
        shown = cell.outputs[0].data["text/plain"]
        if repr(panel) != shown:
            raise ValueError(f"{name} must show the panel of its lines, {panel!r}, got {shown}")
        return panel

    return stored(name, lines, made, GRIDS.get(name))


def stored(name: str, lines: str, make: Callable[[], Panel], vary: Grid | None) -> str:
    """A panel as HTML, from build/panels if it is there, and made of the same."""
    grid = vary and {key: list(values) for key, values in vary.items()}
    digest = sha256("\n".join((library(), lines, json.dumps(grid))).encode()).hexdigest()
    path = KEPT / f"{name}.html"
    if path.exists():
        found, _, text = path.read_text(encoding="utf-8").partition("\n")
        if found == digest:
            return text
    panel = make()
    text = piece(panel, checked_grid(panel, panel.usual if grid is None else grid, MOST))
    panel.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{digest}\n{text}", encoding="utf-8")
    return text


@cache
def library() -> str:
    """A digest of all files of the library."""
    folder = Path(fulfillment_lib.__file__).parent
    files = sorted(path for end in ("py", "js", "css") for path in folder.rglob(f"*.{end}"))
    return sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def lines_for(nb: NotebookNode, cell: NotebookNode) -> str:
    """The cell, and those statements of the cells above it that make the names it needs."""
    above = [each for each in nb.cells[: nb.cells.index(cell)] if each.cell_type == "code"]
    statements = [line for each in above for line in ast.parse(each.source).body]
    needed = {name for name, _ in _names(ast.parse(cell.source))}
    kept = []
    for statement in reversed(statements):
        names = list(_names(statement))
        if needed & {name for name, is_bound in names if is_bound}:
            needed |= {name for name, _ in names}
            kept.append(ast.unparse(statement))
    return "\n".join([*reversed(kept), cell.source])


def _names(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """All names in some code, each with whether it gets a value there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id, isinstance(node.ctx, ast.Store)
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0], True
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, True


def value_of(lines: str) -> Any:
    """The value of the last line, as a cell shows it; the lines are run where the lessons are."""
    *above, last = ast.parse(lines).body
    names: dict[str, Any] = {}
    with chdir(FOLDER):
        exec(compile(ast.Module(above, []), "lesson", "exec"), names)  # noqa: S102 - our own lines
        return eval(ast.unparse(last), names)  # noqa: S307
