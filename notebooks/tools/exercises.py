"""Exercises and their solutions in the lessons, and the lessons without them, for students.

    python notebooks/tools/exercises.py student     # build/student: the lessons without the answers

An exercise is a code cell that starts with `# Exercise 03.1`. Its hints are in a folded markdown
cell below it, and its answer in the next one, `Solution 03.1`. What is said of a student's answers
is the matter of `grading.py`.
"""

from __future__ import annotations

import re
import shutil
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from fulfillment_lib.course.hints import texts
from notebooks import FOLDER, as_text, notebook_paths

ROOT = FOLDER.parent
STUDENT_FOLDER = ROOT / "build" / "student"
STUCK = """Stuck? Run this in a cell of its own, and again for the next hint:

```python
from fulfillment_lib.course import hint

hint("{number}")
```"""
PAGES = ("glossary.md", "references.md")  # what lessons link to
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


def hint_folds(number: str) -> str:
    """The cell below an exercise: its hints, each in a fold of its own."""
    titles = ["Hint", *["Another hint"] * (len(texts()[number]) - 1)]
    return "\n\n".join(
        f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"
        for title, text in zip(titles, texts()[number], strict=True)
    )


def for_students(nb: NotebookNode) -> NotebookNode:
    """A copy without solutions and answers, and with a way to the hints in place of their folds."""
    nb = deepcopy(nb)
    hints = {hint_folds(number): number for number in exercises(nb)}
    for cell in nb.cells:
        if number := hints.get(cell.source):
            cell.source = STUCK.format(number=number)
        elif cell.cell_type == "markdown":
            cell.source = FOLD.sub("", cell.source).strip("\n")
    nb.cells = [cell for cell in nb.cells if cell.source]
    return nb


def write_student_notebooks(folder: Path) -> None:
    """All lessons without their answers, with the data and the pages that they name."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(FOLDER / "data", folder / "data")
    for page in PAGES:
        shutil.copy(FOLDER / page, folder)
    for path in notebook_paths():
        nb = for_students(nbformat.read(path, as_version=4))
        (folder / path.name).write_text(as_text(nb), encoding="utf-8", newline="\n")


def write_student_folder(folder: Path = STUDENT_FOLDER) -> None:
    """What students need to work: the lessons, the library, how to begin, what to install."""
    write_student_notebooks(folder)
    shutil.copy(Path(__file__).with_name("for_students.md"), folder / "README.md")
    shutil.copy(ROOT / "LICENSE", folder)
    library = ROOT / "fulfillment_lib"
    shutil.copytree(library, folder / library.name, ignore=shutil.ignore_patterns("__pycache__"))
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pinned = [line for line in pins.splitlines(keepends=True) if "==" in line]
    (folder / "requirements.txt").write_text("".join(pinned), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["student"]:
        sys.exit("usage: exercises.py student")
    write_student_folder()
    print(f"written to {STUDENT_FOLDER.relative_to(ROOT)}")
