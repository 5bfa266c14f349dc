"""The lessons as a series: their shape, their links, their glossary, and the answers they owe.

Rules for any notebook are in `test_notebooks`, exercises in `test_exercises`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from exercises import FOLD, exercises
from links import ELSEWHERE, links, prose

from notebooks import FOLDER, notebook_paths

FEWEST_WORDS, MOST_WORDS = 900, 1_600
TERM = re.compile(r"^#### (.+)$", re.MULTILINE)
QUESTION = re.compile(r"^\| (\d\d_\w+) \| (.+?) \| ([\w-]+) \| (.+?) \|$", re.MULTILINE)
# | [Work](address) | what it is for | lessons, such as [04](04_timeouts_and_failures.ipynb) |
REFERENCE = re.compile(
    r"^\| \[(.+?)\]\((http[^)\s]+)\)(?:, [^|]+)? \| (.+?) \| (.*?) \|$", re.MULTILINE
)
ADDRESS = re.compile(r"https://[a-z0-9.-]+\.[a-z]{2,}(/[\w.~:/?#@!$&*+,;=%-]*)?")
DOI = re.compile(r"https://doi\.org/10\.\d{4,9}/[\w.;/:()-]+")
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
def test_a_lesson_has_nine_hundred_to_sixteen_hundred_words_outside_its_folds(name):
    cells = [
        cell.source
        for cell in BY_NAME[name].cells
        if cell.cell_type == "markdown" and cell.id not in APPENDIX
    ]
    words = FOLD.sub("", "\n\n".join(cells)).split()
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
def test_a_lesson_links_to_lessons_and_to_what_the_references_list(name):
    targets = links(prose(BY_NAME[name]))
    files = {target.partition("#")[0] for target in targets if not ELSEWHERE.match(target)}
    assert files <= {"", "references.md", *(path.name for path in PATHS)}
    outside = {target for target in targets if ELSEWHERE.match(target)}
    assert outside <= {link for _, link, *_ in references()}


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


def references() -> list[tuple[str, str, str, str]]:
    """Of each work: its name, where it is, what it is for, and the lessons that name it."""
    return REFERENCE.findall((FOLDER / "references.md").read_text(encoding="utf-8"))


def test_there_are_forty_references_at_least_each_once_with_what_it_is_for():
    places = [link for _, link, *_ in references()]
    assert len(places) >= 40 and len(set(places)) == len(places)
    page = (FOLDER / "references.md").read_text(encoding="utf-8")
    assert len(places) == len(links(page)) - page.count(".ipynb)"), "a row has another form"


@pytest.mark.parametrize(("title", "link", "purpose", "lessons"), references())
def test_a_reference_is_a_sound_address_and_says_where_it_is_needed(title, link, purpose, lessons):
    assert ADDRESS.fullmatch(link), link
    assert "doi.org" not in link or DOI.fullmatch(link), link
    assert len(title) >= 5 and len(purpose.split()) >= 3
    for number in re.findall(r"\[(\d\d)\]", lessons):
        (nb,) = (nb for name, nb in BY_NAME.items() if name.startswith(number))
        assert f"]({link})" in prose(nb), f"lesson {number} does not link it"


def test_lessons_ask_the_web_for_nothing_and_name_it_in_links_only():
    for name, nb in BY_NAME.items():
        text = nbformat.writes(nb).replace("http-equiv", "")
        linked = [target for target in links(prose(nb)) if ELSEWHERE.match(target)]
        assert text.count("http") == len(linked), name


def test_the_folder_of_the_lessons_is_the_one_that_is_tested():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == list(BY_NAME)


GUESS = re.compile(
    r"^\| ([^|]+) \| [^|]+\? \| ([^|]+) \| ([^|]+) \| \[(\d\d)\]\(\w+\.ipynb\) \|$", re.MULTILINE
)


def test_the_test_for_before_and_after_has_the_guesses_and_answers_of_the_lessons():
    page = (FOLDER / "teachers.md").read_text(encoding="utf-8")
    rows = GUESS.findall(page)
    assert len(rows) == 12
    for name, usual, right, number in rows:
        (nb,) = (nb for lesson, nb in BY_NAME.items() if lesson.startswith(number))
        shown = [
            output.get("data", {}).get("text/plain", "")
            for cell in nb.cells
            if cell.cell_type == "code"
            for output in cell.outputs
        ]
        told = f"{name}: you said {usual}, it is {right}: "
        assert any(text.startswith(told) for text in shown), told
