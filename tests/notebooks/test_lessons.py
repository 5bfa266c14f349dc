"""The lessons as a series: their shape, their guesses, their links, and the answers they owe.

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
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from notebooks import FOLDER, notebook_paths

FEWEST_WORDS, MOST_WORDS = 900, 1_600
TITLE = re.compile(r' "[^"]*"\)')  # of a link: what a word means, shown above it
QUESTION = re.compile(r"^\| (\d\d_\w+) \| (.+?) \| ([\w-]+) \| (.+?) \|$", re.MULTILINE)
# | [Work](address) | what it is for | lessons, such as [04](04_timeouts_and_failures.ipynb) |
REFERENCE = re.compile(
    r"^\| \[(.+?)\]\((http[^)\s]+)\)(?:, [^|]+)? \| (.+?) \| (.*?) \|$", re.MULTILINE
)
ADDRESS = re.compile(r"https://[a-z0-9.-]+\.[a-z]{2,}(/[\w.~:/?#@!$&*+,;=%-]*)?")
ANSWER = re.compile(r", it is ('.*?'|[-\d.,]+)")
DOI = re.compile(r"https://doi\.org/10\.\d{4,9}/[\w.;/:()-]+")
# What is not read in one go: where to look things up, and what grows from lesson to lesson.
APPENDIX = re.compile(r"map|own-\d\d.*")

PATHS = notebook_paths()
BY_NAME = {path.stem: nbformat.read(path, as_version=4) for path in PATHS}
each_lesson = pytest.mark.parametrize("name", BY_NAME)


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
        if cell.cell_type == "markdown" and not APPENDIX.fullmatch(cell.id)
    ]
    words = TITLE.sub(")", FOLD.sub("", "\n\n".join(cells))).split()
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
    shown = [found[2].data["text/plain"] for found in bets(name)]
    # The stored guess is the common wrong answer, or there would be nothing to learn.
    assert len(shown) == len(guesses) and not [each for each in shown if "so it is" in each]


def bets(name: str) -> list[tuple[NotebookNode, list[NotebookNode], NotebookNode]]:
    """Of each guess of a lesson: the field, what stands between, and the comparison."""
    found, pieces = [], []
    field = None
    for cell in BY_NAME[name].cells:
        pieces.append(cell)
        for output in cell.get("outputs", []):
            text = output.get("data", {}).get("text/plain", "")
            if text.startswith("Your guess: "):
                field, pieces = output, []
            elif field and text.startswith(f"{guessed_name(field)}: you said "):
                found.append((field, pieces, output))
                field, pieces = None, []
            else:
                pieces.append(output)
    return found


def guessed_name(field: NotebookNode) -> str:
    cells = "".join(cell.source for nb in BY_NAME.values() for cell in nb.cells)
    asked = field.data["text/plain"].removeprefix("Your guess: ")
    return asked if f'predict("{asked}", ' in cells else asked.rpartition(", in ")[0]


def gives_away(pieces: list[NotebookNode], comparison: NotebookNode) -> list[str]:
    """What stands between a guess and its answer, and says it, or shows it."""
    answer = ANSWER.search(comparison.data["text/plain"])[1].strip("'")
    said = re.compile(rf"(?<![\w.,]){re.escape(answer)}(?![\w]|[.,]\d)")
    faults = []
    for piece in pieces:
        if piece.get("cell_type"):
            text = piece.source if piece.cell_type == "markdown" else ""
        else:
            data = piece.get("data", {})
            text = piece.get("text") or data.get("text/plain", "")
            if "image/png" in data or "text/html" in data:
                faults.append(f"a chart or a table: {text[:60]}")
        if said.search(text):
            faults.append(f"{answer}: {text[:60]}")
    return faults


@each_lesson
def test_nothing_between_a_guess_and_its_comparison_gives_the_answer_away(name):
    for _, pieces, comparison in bets(name):
        assert gives_away(pieces, comparison) == [], comparison.data["text/plain"]


@pytest.mark.parametrize(
    "piece",
    [
        new_markdown_cell("It ends after 7 s."),
        new_output("stream", text="0 s\n7 s\n"),
        new_output("execute_result", {"text/plain": "7"}),
        new_output("display_data", {"text/plain": "<Figure>", "image/png": ""}),
        new_output("execute_result", {"text/plain": "a b", "text/html": "<table>"}),
    ],
)
def test_what_gives_an_answer_away_is_found(piece):
    said = {"text/plain": "makespan: you said 9 s, it is 7 s: 2 s too much"}
    comparison = new_output("execute_result", said)
    assert gives_away([piece], comparison)
    harmless = [new_markdown_cell("Between 17 and 7.5"), new_output("stream", text="0.7 s")]
    assert gives_away(harmless, comparison) == []


@each_lesson
def test_an_answer_is_folded_where_no_kernel_runs_and_no_two_guesses_have_one_name(name):
    fields = [field.data["text/plain"] for field, *_ in bets(name)]
    assert len(set(fields)) == len(fields)
    for _, _, comparison in bets(name):
        fold = "<details><summary>Guess first, then open</summary>"
        assert comparison.data["text/html"].startswith(fold)


@each_lesson
def test_a_lesson_ends_with_how_many_of_its_guesses_were_a_surprise(name):
    (count,) = (cell for cell in BY_NAME[name].cells if cell.source == "guesses()")
    told = count.outputs[0].data["text/plain"].splitlines()
    number = len(bets(name))
    assert told[0] == f"the usual answer is wrong in {number} of {number}"
    assert len(told) == number + 1


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
    assert files <= {"", "glossary.md", "references.md", *(path.name for path in PATHS)}
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
    inside = [target for target in links(page) if not ELSEWHERE.match(target)]
    assert len(places) == len(links(page)) - len(inside), "a row has another form"


@pytest.mark.parametrize(("title", "link", "purpose", "lessons"), references())
def test_a_reference_is_a_sound_address_and_says_where_it_is_needed(title, link, purpose, lessons):
    assert ADDRESS.fullmatch(link), link
    assert "doi.org" not in link or DOI.fullmatch(link), link
    assert len(title) >= 5 and len(purpose.split()) >= 3
    for number in re.findall(r"\[(\d\d)\]", lessons):
        (nb,) = (nb for name, nb in BY_NAME.items() if name.startswith(number))
        assert f"]({link})" in prose(nb), f"lesson {number} does not link it"
    if "(glossary.md)" in lessons:
        glossary = (FOLDER / "glossary.md").read_text(encoding="utf-8")
        assert f"]({link})" in glossary, "the glossary does not link it"


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
