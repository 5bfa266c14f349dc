"""Exercises: each says "not yet" as it stands and "yes" when solved; students see no answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from exercises import (
    exercises,
    for_students,
    solutions,
    solved,
    verdicts,
    write_student_notebooks,
)
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from fulfillment_lib.course.checking import EXERCISES
from notebooks import FOLDER, notebook_paths

TOOL = FOLDER / "tools" / "exercises.py"
LESSONS = [path for path in notebook_paths() if exercises(nbformat.read(path, as_version=4))]


def lesson(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def test_every_exercise_of_the_package_is_in_the_lesson_of_its_number():
    found = {number: path.stem[:2] for path in LESSONS for number in exercises(lesson(path))}
    assert found == {number: number[:2] for number in EXERCISES}


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_exercise_has_a_hint_and_a_solution_right_below_it(path):
    nb = lesson(path)
    assert list(solutions(nb)) == list(exercises(nb))
    places = {cell.id: place for place, cell in enumerate(nb.cells)}
    for number, cell in exercises(nb).items():
        hint, solution = nb.cells[places[cell.id] + 1 : places[cell.id] + 3]
        assert hint.source.startswith("<details><summary>Hint</summary>"), number
        assert solution.source.startswith(f"<details><summary>Solution {number}<"), number


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_an_exercise_says_not_yet_as_it_stands(path):
    # The stored outputs are those of a fresh run: nbval compares them.
    for number, cell in exercises(lesson(path)).items():
        assert cell.outputs[-1].data["text/plain"].startswith("not yet: "), number


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_an_exercise_says_yes_with_its_solution_in_its_place(path):
    said = {number: (word, why) for number, word, why in verdicts(solved(lesson(path)))}
    assert {number: word for number, (word, _) in said.items()} == dict.fromkeys(
        exercises(lesson(path)), "yes"
    ), said


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_students_get_the_lesson_without_hints_solutions_and_answers(path):
    nb, student = lesson(path), for_students(lesson(path))
    text = "\n".join(cell.source for cell in student.cells)
    assert "details>" not in text and "Solution" not in text
    assert list(exercises(student)) == list(exercises(nb))
    code = [cell.source for cell in nb.cells if cell.cell_type == "code"]
    assert [cell.source for cell in student.cells if cell.cell_type == "code"] == code


def test_the_student_folder_has_all_lessons_and_the_data(tmp_path):
    write_student_notebooks(tmp_path / "student")
    names = {path.name for path in (tmp_path / "student").iterdir()}
    assert names == {"data", *(path.name for path in notebook_paths())}


def student_work(*sources: str) -> nbformat.NotebookNode:
    return new_notebook(cells=[new_markdown_cell("# Mine"), *map(new_code_cell, sources)])


ALL_AT_ONCE = (
    "# Exercise 00.1\nimport asyncio\nasync def mine(coroutines):\n"
    "    return await asyncio.gather(*coroutines)\n\ncheck('00.1', mine)"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "verdict", "why"),
    [
        ("# Exercise 00.2\ncheck('00.2', lambda run: run.orders[0].id)", "not yet", "took longer"),
        ("# Exercise 00.2\n1 / 0", "error", "ZeroDivisionError: division by zero"),
        ("# Exercise 00.2\nprint('yes: right')", "error", "does not end with its check"),
        ("# Something else", "missing", "no such cell"),
    ],
)
def test_a_grade_tells_each_verdict_and_goes_on_after_an_error(source, verdict, why):
    first, second = verdicts(student_work("raise ValueError('before')", source, ALL_AT_ONCE))
    assert first[:2] == ("00.1", "yes")
    assert second[:2] == ("00.2", verdict) and why in second[2]


@pytest.mark.slow
def test_a_check_of_the_student_s_own_making_does_not_count():
    forged = "# Exercise 00.2\ncheck('00.2', lambda run: 'x')"
    said = verdicts(student_work("def check(*_): return 'yes: of course'", forged))
    assert said[1][1] == "not yet"


@pytest.mark.slow
def test_grades_come_as_csv_with_one_line_per_exercise(tmp_path):
    path = tmp_path / "anna.ipynb"
    nbformat.write(student_work(ALL_AT_ONCE), path)
    done = subprocess.run(
        [sys.executable, TOOL, "grade", path],
        capture_output=True,
        text=True,
        cwd=FOLDER.parent,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "file,exercise,verdict,why"
    assert lines[1].startswith("anna.ipynb,00.1,yes,")
    assert lines[2:] == ["anna.ipynb,00.2,missing,no such cell"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["grade", "nowhere.ipynb"], "no such notebook: nowhere.ipynb; write make grade FILE="),
        (["grade"], "usage: "),
    ],
)
def test_a_grade_without_a_notebook_says_what_to_write(words, said):
    done = subprocess.run(
        [sys.executable, TOOL, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and done.stderr.startswith(said)
