"""Notebooks for students, and what is said of them.

    python notebooks/tools/exercises.py student     # build/student: the lessons without the answers
    python notebooks/tools/exercises.py grade FILE  # run a student's notebook, verdicts as CSV

An exercise is a code cell that starts with `# Exercise 03.1`. Its answer is in a folded markdown
cell below, `Solution 03.1`. Grading runs the student's code, with the rights of whoever grades.
"""

from __future__ import annotations

import csv
import re
import shutil
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from fulfillment_lib.course.checking import EXERCISES
from notebooks import FOLDER, as_text, execute, notebook_paths

STUDENT_FOLDER = FOLDER.parent / "build" / "student"
SLOWEST_CELL_S = 60
EXERCISE = re.compile(r"# Exercise (\d\d\.\d)\n")
SOLUTION = re.compile(
    r"<details><summary>Solution (\d\d\.\d)</summary>\n\n```python\n(.*?)```\n\n"
    r"</details>",
    re.DOTALL,
)
FOLD = re.compile(r"\n*<details>.*?</details>", re.DOTALL)
# The check of the package, whatever the notebook has made of the name since.
GENUINE_CHECK = "from fulfillment_lib.course import check"


def exercises(nb: NotebookNode) -> dict[str, NotebookNode]:
    """The exercise cells by number."""
    return {
        found[1]: cell
        for cell in nb.cells
        if cell.cell_type == "code" and (found := EXERCISE.match(cell.source))
    }


def solutions(nb: NotebookNode) -> dict[str, str]:
    """The code of the folded solutions by number."""
    return {
        found[1]: found[2].rstrip("\n")
        for cell in nb.cells
        if cell.cell_type == "markdown"
        for found in SOLUTION.finditer(cell.source)
    }


def solved(nb: NotebookNode) -> NotebookNode:
    """A copy with each solution in the place of its exercise."""
    nb = deepcopy(nb)
    answers = solutions(nb)
    for number, cell in exercises(nb).items():
        cell.source = answers[number]
    return nb


def for_students(nb: NotebookNode) -> NotebookNode:
    """A copy without hints, solutions and answers."""
    nb = deepcopy(nb)
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = FOLD.sub("", cell.source).strip("\n")
    nb.cells = [cell for cell in nb.cells if cell.source]
    return nb


def verdicts(nb: NotebookNode) -> list[tuple[str, str, str]]:
    """Run a notebook; (exercise, "yes", "not yet", "error" or "missing", why) for each."""
    nb = deepcopy(nb)
    found = exercises(nb)
    for cell in found.values():
        cell.source = cell.source.replace("\n", f"\n{GENUINE_CHECK}\n", 1)
    execute(nb, FOLDER, SLOWEST_CELL_S, allow_errors=True, interrupt_on_timeout=True)
    lessons = {number[:2] for number in found}
    return [
        (number, *(_verdict(found[number]) if number in found else ("missing", "no such cell")))
        for number in EXERCISES
        if number[:2] in lessons
    ]


def _verdict(cell: NotebookNode) -> tuple[str, str]:
    for output in reversed(cell.outputs):
        if output.output_type == "error":
            return "error", f"{output.ename}: {output.evalue}"
        said = output.get("data", {}).get("text/plain", "")
        word, colon, why = said.partition(": ")
        if colon and word in ("yes", "not yet"):
            return word, why.partition("\n")[0]
    return "error", "the cell does not end with its check"


def write_student_notebooks(folder: Path = STUDENT_FOLDER) -> None:
    """All lessons without their answers, with the data that they read."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(FOLDER / "data", folder / "data")
    for path in notebook_paths():
        nb = for_students(nbformat.read(path, as_version=4))
        (folder / path.name).write_text(as_text(nb), encoding="utf-8", newline="\n")


def main(words: list[str]) -> None:
    """One of the two verbs."""
    match words:
        case ["student"]:
            write_student_notebooks()
            print(f"written to {STUDENT_FOLDER.relative_to(FOLDER.parent)}")
        case ["grade", name] if Path(name).is_file():
            rows = verdicts(nbformat.read(name, as_version=4))
            table = csv.writer(sys.stdout, lineterminator="\n")
            table.writerow(["file", "exercise", "verdict", "why"])
            table.writerows((Path(name).name, *row) for row in rows)
        case ["grade", name]:
            sys.exit(f"no such notebook: {name}; write make grade FILE=path/to/notebook.ipynb")
        case _:
            sys.exit("usage: exercises.py student | exercises.py grade FILE")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main(sys.argv[1:])
