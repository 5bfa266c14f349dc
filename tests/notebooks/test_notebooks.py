"""The committed notebooks: run, whole, in normal form, and readable without a kernel.

nbval (`make test`) compares their outputs with a fresh run; here is what it lets pass. Each rule
is a function from a notebook to a list of faults, and a notebook with every fault proves that
each rule can fail.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import nbformat
import pytest
from links import dead_links, prose
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from notebooks import FOLDER, WIDGET_VIEW, as_text, normalised, notebook_paths, run_notebook

LONGEST_CELL, LONGEST_BY_HAND, MEDIAN_CELL = 12, 20, 4
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:root|home|tmp|work|Users)/|\b[A-Z]:\\\\Users")


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def outputs(nb: NotebookNode) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    for cell in code_cells(nb):
        for output in cell.outputs:
            yield cell, output


def not_run_in_order(nb: NotebookNode, folder: Path) -> list[str]:
    counts = [cell.execution_count for cell in code_cells(nb) if cell.source.strip()]
    expected = list(range(1, len(counts) + 1))
    return [] if counts == expected else [f"counts must be 1 to {len(counts)}, got {counts}"]


def empty_cells(nb: NotebookNode, folder: Path) -> list[str]:
    return [f"cell {cell.id} is empty" for cell in nb.cells if not cell.source.strip()]


def unwanted_errors(nb: NotebookNode, folder: Path) -> list[str]:
    return [
        f"cell {cell.id} raises {output.ename}"
        for cell, output in outputs(nb)
        if output.output_type == "error" and "raises-exception" not in tags(cell)
    ]


def missing_errors(nb: NotebookNode, folder: Path) -> list[str]:
    return [
        f"cell {cell.id} is tagged raises-exception and raises nothing"
        for cell in code_cells(nb)
        if "raises-exception" in tags(cell)
        and not any(output.output_type == "error" for output in cell.outputs)
    ]


def unchecked_cells(nb: NotebookNode, folder: Path) -> list[str]:
    return [
        f"cell {cell.id} hides from nbval"
        for cell in code_cells(nb)
        if any("nbval" in tag for tag in tags(cell)) or "# NBVAL_" in cell.source
    ]


def widget_views(nb: NotebookNode, folder: Path) -> list[str]:
    views = [
        f"cell {cell.id} shows a widget without a picture"
        for cell, output in outputs(nb)
        if WIDGET_VIEW in output.get("data", {})
    ]
    return views + (["the notebook keeps widget state"] if "widgets" in nb.metadata else [])


def pictures_without_words(nb: NotebookNode, folder: Path) -> list[str]:
    """The book shows the words to those who cannot see the picture; a title gives them."""
    return [
        f"cell {cell.id} has a picture without words: give it a title, run `make notebooks`"
        for cell, output in outputs(nb)
        if "image/png" in output.get("data", {})
        and len(output.metadata.get("image/png", {}).get("alt", "").split()) < 3
    ]


def machine_paths(nb: NotebookNode, folder: Path) -> list[str]:
    texts = [(cell, cell.source) for cell in nb.cells]
    for cell, output in outputs(nb):
        data = {kind: text for kind, text in output.get("data", {}).items() if kind != "image/png"}
        texts.append((cell, json.dumps(output | {"data": data})))
    return [
        f"cell {cell.id} names a folder of one machine: {found.group()}"
        for cell, text in texts
        if (found := MACHINE_PATH.search(text))
    ]


def stderr_outputs(nb: NotebookNode, folder: Path) -> list[str]:
    return [
        f"cell {cell.id} writes to stderr"
        for cell, output in outputs(nb)
        if output.get("name") == "stderr"
    ]


def title_not_a_question(nb: NotebookNode, folder: Path) -> list[str]:
    first = nb.cells[0]
    line = first.source.partition("\n")[0]
    good = first.cell_type == "markdown" and line.startswith("# ") and line.endswith("?")
    return [] if good else [f"the first cell must be a title that asks a question, got {line!r}"]


def broken_links(nb: NotebookNode, folder: Path) -> list[str]:
    return dead_links(prose(nb), folder)


def long_cells(nb: NotebookNode, folder: Path) -> list[str]:
    faults = []
    for cell in code_cells(nb):
        length = len(cell.source.splitlines())
        most = LONGEST_BY_HAND if "by-hand" in tags(cell) else LONGEST_CELL
        if length > most:
            faults.append(f"cell {cell.id} has {length} lines, at most {most} are allowed")
    return faults


def long_median(nb: NotebookNode, folder: Path) -> list[str]:
    middle = median([len(cell.source.splitlines()) for cell in code_cells(nb)] or [0])
    return [f"the median cell has {middle} lines"] if middle > MEDIAN_CELL else []


def not_normal(nb: NotebookNode, folder: Path) -> list[str]:
    return [] if normalised(nb) == nb else ["not in normal form: run `make notebooks`"]


Rule = Callable[[NotebookNode, Path], list[str]]
RULES: list[Rule] = [
    not_run_in_order,
    empty_cells,
    unwanted_errors,
    missing_errors,
    unchecked_cells,
    widget_views,
    pictures_without_words,
    machine_paths,
    stderr_outputs,
    title_not_a_question,
    broken_links,
    long_cells,
    long_median,
    not_normal,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_a_committed_notebook_is_free_of(path: Path, rule: Rule) -> None:
    assert rule(nbformat.read(path, as_version=4), path.parent) == []


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_a_committed_file_is_written_as_make_notebooks_writes_it(path: Path) -> None:
    nb = nbformat.read(path, as_version=4)
    assert path.read_text(encoding="utf-8") == as_text(normalised(nb))


def test_there_is_a_notebook_to_start_with() -> None:
    assert (FOLDER / "00_start_here.ipynb").is_file()


# The rules themselves.


def good_notebook() -> NotebookNode:
    shown = {"image/png": "iVBORw0KGgo=", "text/plain": "a panel"}
    words = {"image/png": {"alt": "Two wait for one."}}
    return new_notebook(
        cells=[
            new_markdown_cell(
                "# Does it hold?\n\nSee [the data](data) and [the web](https://a.b)."
            ),
            new_code_cell("1 + 1", execution_count=1),
            new_code_cell(
                "panel",
                execution_count=2,
                outputs=[new_output("display_data", shown, metadata=words)],
            ),
            new_code_cell(
                "\n".join(["pass"] * 20), execution_count=3, metadata={"tags": ["by-hand"]}
            ),
            new_code_cell(
                "1 / 0",
                execution_count=4,
                metadata={"tags": ["raises-exception"]},
                outputs=[
                    new_output(
                        "error",
                        ename="ZeroDivisionError",
                        evalue="by zero",
                        traceback=["ZeroDivisionError: by zero"],
                    )
                ],
            ),
        ]
    )


def bad_notebook() -> NotebookNode:
    """Every fault once; its folder is empty."""
    error = new_output("error", ename="KeyError", evalue="x", traceback=["File /home/me/a.py", "x"])
    view = new_output("display_data", {WIDGET_VIEW: {"model_id": "0a1b"}, "text/plain": "VBox()"})
    picture = new_output("display_data", {"image/png": "iVBO"}, metadata={"image/png": {}})
    chunks = [
        new_output("stream", name="stderr", text="one"),
        new_output("stream", name="stderr", text="two"),
    ]
    return new_notebook(
        metadata={"widgets": {"state": {}}},
        cells=[
            new_markdown_cell("Does it hold?\n\nSee [the next](02_missing.ipynb)."),
            new_code_cell("\n".join(["pass"] * 13), execution_count=2, outputs=[error]),
            new_code_cell(
                "\n".join(["pass"] * 21),
                outputs=[view, picture, *chunks],
                metadata={"tags": ["by-hand", "raises-exception", "nbval-skip"]},
            ),
            new_code_cell(" ", execution_count=3),
        ],
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_passes_a_good_notebook_and_finds_the_fault_of_a_bad_one(
    rule: Rule, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    assert rule(good_notebook(), tmp_path) == []
    (tmp_path / "data").rmdir()
    assert rule(bad_notebook(), tmp_path) != []


def test_a_notebook_whose_outputs_were_cleared_is_found(tmp_path: Path) -> None:
    nb = good_notebook()
    for cell in code_cells(nb):
        cell.execution_count, cell.outputs = None, []
    assert not_run_in_order(nb, tmp_path)


@pytest.mark.parametrize("folder", ["root", "tmp", "work", "home"])
def test_a_machine_path_is_found_in_text_and_in_outputs(folder: str, tmp_path: Path) -> None:
    path = f"in '/{folder}/x.csv'"
    in_source = new_notebook(cells=[new_code_cell(f"open({path!r})")])
    stream = new_output("stream", name="stdout", text=path)
    in_output = new_notebook(cells=[new_code_cell("x", outputs=[stream])])
    assert machine_paths(in_source, tmp_path) and machine_paths(in_output, tmp_path)


# The normal form.


def test_the_normal_form_is_reached_in_one_step() -> None:
    once = normalised(bad_notebook())
    assert normalised(once) == once


def test_the_normal_form_keeps_cell_ids_and_leaves_its_argument_alone() -> None:
    nb = bad_notebook()
    before = as_text(nb)
    assert [cell.id for cell in normalised(nb).cells] == [cell.id for cell in nb.cells]
    assert as_text(nb) == before


def test_the_normal_form_has_no_trace_of_the_run() -> None:
    nb = new_notebook(
        metadata={"widgets": {}, "language_info": {"name": "python", "version": "3.11.2"}},
        cells=[
            new_code_cell(
                "x",
                metadata={"execution": {"iopub.status.busy": "now"}},
                outputs=[
                    new_output("stream", name="stdout", text="a\n"),
                    new_output("stream", name="stdout", text="b\n"),
                    new_output(
                        "display_data", {WIDGET_VIEW: {}, "image/png": "iVBO", "text/plain": "p"}
                    ),
                    new_output(
                        "display_data", {WIDGET_VIEW: {}, "text/html": "f", "text/plain": "f"}
                    ),
                ],
            )
        ],
    )
    normal = normalised(nb)
    stream, picture, field = normal.cells[0].outputs
    assert normal.metadata == {"language_info": {"name": "python"}}
    assert normal.cells[0].metadata == {}
    assert stream.text == "a\nb\n"
    assert picture.data == {"image/png": "iVBO", "text/plain": "p"}
    assert field.data == {"text/html": "f", "text/plain": "f"}


@pytest.mark.slow
def test_a_notebook_runs_to_the_same_bytes_in_every_run(tmp_path: Path) -> None:
    source = (
        "import matplotlib.pyplot as plt\nprint('drawn')\n"
        "ax = plt.subplots(figsize=(1, 1))[1]\nt = ax.set_title('One finishes first')"
    )
    path = tmp_path / "one.ipynb"
    path.write_text(as_text(new_notebook(cells=[new_code_cell(source, id="a")])), encoding="utf-8")
    first = as_text(run_notebook(path))
    path.write_text(first, encoding="utf-8")
    assert as_text(run_notebook(path)) == first
    assert '"alt": "One finishes first."' in first and '"execution_count": 1' in first
