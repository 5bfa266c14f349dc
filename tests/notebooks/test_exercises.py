"""Exercises: each says "not yet" as it stands and "yes" when solved; students see no answers."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from exercises import exercises, for_students, solutions, write_student_notebooks

from fulfillment_lib.course.checking import EXERCISES
from notebooks import notebook_paths

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
