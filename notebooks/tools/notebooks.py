"""Runs the notebooks in place and stores their outputs in one normal form.

    python notebooks/tools/notebooks.py                 # all of them
    python notebooks/tools/notebooks.py 02_workers      # some of them

The normal form has nothing in it that differs between two runs or two machines, so that running
everything again leaves the files as they are, byte for byte.
"""

from __future__ import annotations

import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat

# Matplotlib complains on standard error, which a notebook shows, where it cannot write its settings
# or has to make its list of fonts first. Imported before a kernel starts, it has found a folder by
# then, whose name the kernel gets in the environment, and the list is in it.
from matplotlib import font_manager  # noqa: F401
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from fulfillment_lib.analysis.export import write_file

FOLDER = Path(__file__).resolve().parent.parent
APP = Path(__file__).with_name("app.ipynb")  # no lesson
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
ALT_TEXTS = "fulfillment_lib.charts.alt_text"  # stores with each picture what it shows, in words
SLOWEST_CELL_S = 120


def normalised(nb: NotebookNode) -> NotebookNode:
    """A copy without timestamps, widget state and versions, and with whole streams.

    A widget's view goes where a picture or a page stands beside it, which a reader without a kernel
    sees. A traceback is cut down to its last line, as the rest names folders.
    """
    nb = deepcopy(nb)
    nb.metadata.pop("widgets", None)
    nb.metadata.get("language_info", {}).pop("version", None)
    for cell in nb.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = _whole_streams([_normal_output(each) for each in cell.outputs])
    return nb


def _normal_output(output: NotebookNode) -> NotebookNode:
    if {"image/png", "text/html"} & output.get("data", {}).keys():
        output.data.pop(WIDGET_VIEW, None)
    if output.output_type == "error":
        output.traceback = [f"{output.ename}: {output.evalue}"]
    return output


def _whole_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    whole: list[NotebookNode] = []
    for output in outputs:
        before = whole[-1] if whole else None
        if before and before.output_type == "stream" and before.get("name") == output.get("name"):
            before.text += output.text
        else:
            whole.append(output)
    return whole


def as_text(nb: NotebookNode) -> str:
    """The content of the notebook's file."""
    return nbformat.writes(nb).rstrip("\n") + "\n"


def execute(nb: NotebookNode, folder: Path, cell_s: int, **options: Any) -> None:
    """Run the cells in a folder, from a fresh kernel; none may take more than `cell_s` seconds."""
    NotebookClient(
        nb,
        kernel_name="python3",
        timeout=cell_s,
        extra_arguments=["--log-level=ERROR", f"--IPKernelApp.extensions={ALT_TEXTS}"],
        resources={"metadata": {"path": str(folder)}},
        **options,
    ).execute()


def run_notebook(path: Path, folder: Path | None = None) -> NotebookNode:
    """The notebook, run in its folder (or another one) from a fresh kernel, in normal form."""
    nb = nbformat.read(path, as_version=4)
    execute(nb, folder or path.parent, SLOWEST_CELL_S, record_timing=False)
    return normalised(nb)


def notebook_paths(names: list[str] | None = None, folder: Path = FOLDER) -> list[Path]:
    """All notebooks of the folder in the order of their names, or those that are named."""
    paths = sorted(folder.glob("*.ipynb"))
    if not names:
        return paths
    wanted = {Path(name).stem for name in names}
    if unknown := wanted - {path.stem for path in paths}:
        sys.exit(f"no such notebook: {', '.join(sorted(unknown))}")
    return [path for path in paths if path.stem in wanted]


def main(names: list[str]) -> None:
    """Run the notebooks and write back those that came out differently."""
    failed = False
    for path in [*notebook_paths(names), *([] if names else [APP])]:
        try:
            text = as_text(run_notebook(path))
        except CellExecutionError as error:
            print(f"{path.name}: FAILED, file left as it was\n{error}")
            failed = True
            continue
        same = text == path.read_text(encoding="utf-8")
        if not same:
            write_file(path, text)
        print(f"{path.name}: {'as before' if same else 'outputs changed'}")
    sys.exit(failed)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main(sys.argv[1:])
