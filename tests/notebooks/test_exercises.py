"""Exercises: each says "not yet" as it stands and "yes" when solved; students see no answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from exercises import (
    exercises,
    for_students,
    hint_folds,
    solutions,
    solved,
    write_student_folder,
)
from IPython.core.interactiveshell import InteractiveShell
from links import dead_links, prose
from stored import lines_for, value_of

from fulfillment_lib.course.checking import EXERCISES
from notebooks import notebook_paths

LESSONS = [path for path in notebook_paths() if exercises(nbformat.read(path, as_version=4))]


def lesson(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def test_every_exercise_of_the_package_is_in_the_lesson_of_its_number():
    found = {number: path.stem[:2] for path in LESSONS for number in exercises(lesson(path))}
    assert found == {number: number[:2] for number in EXERCISES}


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_exercise_has_its_hints_and_a_solution_right_below_it(path):
    nb = lesson(path)
    assert list(solutions(nb)) == list(exercises(nb))
    places = {cell.id: place for place, cell in enumerate(nb.cells)}
    for number, cell in exercises(nb).items():
        hint, solution = nb.cells[places[cell.id] + 1 : places[cell.id] + 3]
        assert hint.source == hint_folds(number), number
        assert solution.source.startswith(f"<details><summary>Solution {number}<"), number


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_an_exercise_says_not_yet_as_it_stands(path):
    # The stored outputs are those of a fresh run: nbval compares them.
    for number, cell in exercises(lesson(path)).items():
        assert cell.outputs[-1].data["text/plain"].startswith("not yet: "), number


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_solution_says_yes_in_the_place_of_its_exercise(path):
    nb = solved(lesson(path))
    for number, cell in exercises(nb).items():
        verdict = value_of(lines_for(nb, cell))
        assert verdict.passed, (number, verdict)


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_an_exercise_on_a_fresh_kernel_says_not_yet_or_which_cells_to_run(path):
    for number, cell in exercises(lesson(path)).items():
        kernel = InteractiveShell()
        done = kernel.run_cell(cell.source)
        assert done.success, number
        said = repr(done.result)
        assert said == cell.outputs[-1].data["text/plain"] or "run the cells above" in said, number


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_students_get_the_lesson_with_a_way_to_the_hints_and_without_answers(path):
    nb, student = lesson(path), for_students(lesson(path))
    text = prose(student)
    assert "details>" not in text and "solution" not in text.casefold()
    assert all(f'hint("{number}")' in text for number in exercises(nb))
    assert list(exercises(student)) == list(exercises(nb))
    code = [cell.source for cell in nb.cells if cell.cell_type == "code"]
    assert [cell.source for cell in student.cells if cell.cell_type == "code"] == code


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build") / "student"
    write_student_folder(folder)
    return folder


def test_the_student_folder_has_what_it_takes_to_work(handed_out):
    names = {path.name for path in handed_out.iterdir()}
    pages = {"README.md", "glossary.md", "references.md", "LICENSE", "requirements.txt"}
    assert names == {"data", "fulfillment_lib", *pages, *(path.name for path in notebook_paths())}
    pins = (handed_out / "requirements.txt").read_text(encoding="utf-8")
    assert "jupyterlab==" in pins and "ipywidgets==" in pins and "-e" not in pins


def test_no_link_of_the_student_folder_is_dead(handed_out):
    for path in handed_out.glob("*.ipynb"):
        assert dead_links(prose(lesson(path)), handed_out) == [], path.name
    for path in handed_out.glob("*.md"):
        assert dead_links(path.read_text(encoding="utf-8"), handed_out) == [], path.name


@pytest.mark.slow
def test_the_library_of_the_student_folder_is_whole_and_gives_hints(handed_out):
    program = (
        "import fulfillment_lib\n"
        "from fulfillment_lib.course import check, hint\n"
        "print(fulfillment_lib.__file__, hint('02.1'), check('03.1', 'fifo'), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=handed_out,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=True,
    )
    place, hint, verdict, *_ = done.stdout.splitlines()
    assert Path(place).parent.samefile(handed_out / "fulfillment_lib")
    assert hint.startswith("Hint 1 of 2: ") and verdict.startswith("not yet: ")
