"""Exercises and their solutions in the lessons, and the lessons without them, for students.

    python notebooks/tools/exercises.py student     # build/student: the lessons without the answers

An exercise is a code cell that starts with `# Exercise 03.1`. Its answer is in a folded markdown
cell below, `Solution 03.1`. What is said of a student's answers is the matter of `grading.py`.
"""

from __future__ import annotations

import re
import shutil
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from notebooks import FOLDER, as_text, notebook_paths

STUDENT_FOLDER = FOLDER.parent / "build" / "student"
EXERCISE = re.compile(r"# Exercise (\d\d\.\d)\n")
SOLUTION = re.compile(
    r"<details><summary>Solution (\d\d\.\d)</summary>\n\n```python\n(.*?)```\n\n"
    r"</details>",
    re.DOTALL,
)
FOLD = re.compile(r"\n*<details>.*?</details>", re.DOTALL)


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


def write_student_notebooks(folder: Path = STUDENT_FOLDER) -> None:
    """All lessons without their answers, with the data that they read."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(FOLDER / "data", folder / "data")
    for path in notebook_paths():
        nb = for_students(nbformat.read(path, as_version=4))
        (folder / path.name).write_text(as_text(nb), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if sys.argv[1:] != ["student"]:
        sys.exit("usage: exercises.py student")
    write_student_notebooks()
    print(f"written to {STUDENT_FOLDER.relative_to(FOLDER.parent)}")
