"""The lessons as a series: their shape, their links, their glossary, and the answers they owe.

Rules for any notebook are in `test_notebooks`, exercises in `test_exercises`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from exercises import FOLD, SOLUTION, exercises
from links import links, prose

from notebooks import FOLDER, notebook_paths

FEWEST_WORDS, MOST_WORDS = 900, 1_500
TERM = re.compile(r"^#### (.+)$", re.MULTILINE)
QUESTION = re.compile(r"^\| (\d\d_\w+) \| (.+?) \| ([\w-]+) \| (.+?) \|$", re.MULTILINE)
APPENDIX = ("map", "glossary")  # cells of the first lesson to look things up in, not to read

PATHS = notebook_paths()
BY_NAME = {path.stem: nbformat.read(path, as_version=4) for path in PATHS}
each_lesson = pytest.mark.parametrize("name", BY_NAME)


def terms() -> list[str]:
    (glossary,) = (cell for cell in BY_NAME["00_start_here"].cells if cell.id == "glossary")
    return TERM.findall(glossary.source)


@each_lesson
def test_a_lesson_opens_with_what_you_need_what_you_will_be_able_to_do_and_how_long(name):
    first = BY_NAME[name].cells[0].source
    assert [line[:15] for line in first.splitlines() if line.startswith("* ")] == [
        "* **You need** ",
        "* **Afterwards ",
        "* **It takes** ",
    ]


@each_lesson
def test_a_lesson_has_nine_hundred_to_fifteen_hundred_words_of_prose(name):
    cells = [
        cell.source
        for cell in BY_NAME[name].cells
        if cell.cell_type == "markdown" and cell.id not in APPENDIX
    ]
    words = SOLUTION.sub("", "\n\n".join(cells)).split()
    assert FEWEST_WORDS <= len(words) <= MOST_WORDS


@each_lesson
def test_after_four_code_cells_at_most_there_is_prose_again(name):
    kinds = "".join(cell.cell_type[0] for cell in BY_NAME[name].cells)
    assert "ccccc" not in kinds


@each_lesson
def test_a_lesson_lets_the_reader_guess_before_the_run_that_answers(name):
    code = [cell.source for cell in BY_NAME[name].cells if cell.cell_type == "code"]
    guesses = [place for place, source in enumerate(code) if "= predict(" in source]
    answers = [place for place, source in enumerate(code) if ".compare(" in source]
    assert guesses and len(guesses) == len(answers)
    assert all(guess <= answer for guess, answer in zip(guesses, answers, strict=True))
    shown = [
        cell.outputs[-1].data["text/plain"]
        for cell in BY_NAME[name].cells
        if cell.cell_type == "code" and ".compare(" in cell.source
    ]
    # The stored guess is the common wrong answer, or there would be nothing to learn.
    assert not [each for each in shown if "and so it is" in each]


@each_lesson
def test_a_lesson_has_a_panel_with_things_to_try(name):
    cells = BY_NAME[name].cells
    panels = [
        place
        for place, cell in enumerate(cells)
        if cell.cell_type == "code" and "fulfillment_lib.panels" in cell.source
    ]
    assert panels
    assert re.search(r"(?i)try", cells[panels[0] + 1].source)


@each_lesson
def test_a_lesson_has_at_least_two_exercises_and_two_questions_with_folded_answers(name):
    nb = BY_NAME[name]
    assert len(exercises(nb)) >= 2
    (questions,) = (cell for cell in nb.cells if cell.id.startswith("questions-"))
    assert len(FOLD.findall(questions.source)) == 2


@each_lesson
def test_a_lesson_has_a_picture_and_a_table(name):
    kinds = [
        kind
        for cell in BY_NAME[name].cells
        if cell.cell_type == "code"
        for output in cell.outputs
        for kind in output.get("data", {})
    ]
    assert kinds.count("image/png") >= 2 and kinds.count("text/html") >= 1


@each_lesson
def test_a_lesson_links_to_lessons_only(name):
    files = {target.partition("#")[0] for target in links(prose(BY_NAME[name]))}
    assert files <= {"", *(path.name for path in PATHS)}


def test_every_lesson_but_the_last_leads_on_to_the_next():
    names = list(BY_NAME)
    for name, following in pairwise(names):
        (questions,) = (cell for cell in BY_NAME[name].cells if cell.id.startswith("questions-"))
        assert f"({following}.ipynb)" in questions.source.rpartition("**Next:**")[2], name


def test_the_map_has_every_other_lesson_with_its_question():
    (plan,) = (cell for cell in BY_NAME["00_start_here"].cells if cell.id == "map")
    for name, nb in BY_NAME.items():
        question = nb.cells[0].source.splitlines()[0].removeprefix("# ")
        assert question in plan.source, name
        assert name == "00_start_here" or f"({name}.ipynb)" in plan.source, name


def test_every_term_of_the_glossary_is_linked_from_a_lesson():
    linked = {
        target.rpartition("#")[2]
        for nb in BY_NAME.values()
        for target in links(prose(nb))
        if "#" in target
    }
    assert [term for term in terms() if term.replace(" ", "-") not in linked] == []


def test_the_glossary_is_in_alphabetical_order_and_long_enough_to_be_useful():
    assert terms() == sorted(terms()) and len(terms()) >= 20


def test_each_lesson_has_its_question_and_the_cell_that_answers_it():
    rows = QUESTION.findall(Path(__file__).with_name("questions.md").read_text(encoding="utf-8"))
    assert [row[0] for row in rows] == list(BY_NAME)
    for name, question, cell_id, _ in rows:
        nb = BY_NAME[name]
        assert nb.cells[0].source.splitlines()[0] == f"# {question}"
        (answer,) = (cell for cell in nb.cells if cell.id == cell_id)
        assert answer.outputs, f"{name}: {cell_id} shows nothing"


def test_no_lesson_names_another_place_on_the_web():
    for name, nb in BY_NAME.items():
        assert "http" not in nbformat.writes(nb).replace("http-equiv", ""), name


def test_the_folder_of_the_lessons_is_the_one_that_is_tested():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == list(BY_NAME)
