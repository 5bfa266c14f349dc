"""The glossary, and the words of the lessons that lead there and say what they mean."""

from __future__ import annotations

import re

import nbformat
import pytest
from exercises import FOLD
from glossary import LINK, TERM, definitions, with_titles
from links import FENCE, links, prose

from notebooks import FOLDER, notebook_paths

PAGE = (FOLDER / "glossary.md").read_text(encoding="utf-8")
MEANING = definitions(PAGE)
LESSONS = {path.stem: nbformat.read(path, as_version=4) for path in notebook_paths()}
# Words that mean in every sentence what the glossary says. Others (a key on a keyboard, to split)
# are linked where they are meant.
ALWAYS_MEANT = (
    "attempt critical-path fill-rate lead-time makespan orchestrator policy reservation "
    "service-time task timeout utilization virtual-time worker"
).split()
# Code, headings, rows of tables, links to elsewhere and the way to the next lesson.
NO_PLACE = re.compile(
    r"`[^`]*`|^#.*$|^\|.*$|\[[^\]]*\]\((?!glossary)[^)]*\)|^\*\*Next:.*$", re.MULTILINE
)
each_lesson = pytest.mark.parametrize("name", LESSONS)


def test_the_glossary_is_in_alphabetical_order_and_long_enough_to_be_useful():
    terms = [term for term, _ in TERM.findall(PAGE)]
    assert terms == sorted(terms) and len(terms) >= 20
    assert PAGE.count("\n## ") == len(terms), "a term has another form"


def test_a_meaning_is_one_sentence_that_a_title_can_hold():
    for term, text in MEANING.items():
        assert 10 <= len(text) <= 140 and text.endswith("."), term
        assert not re.search(r'["\[*`<]', text), term


def test_every_term_of_the_glossary_is_linked_from_a_lesson():
    linked = {target for nb in LESSONS.values() for target in links(prose(nb))}
    assert [term for term in MEANING if f"glossary.md#{term}" not in linked] == []


@each_lesson
def test_a_link_to_a_term_says_what_it_means(name):
    # After a change: python notebooks/tools/glossary.py
    text = prose(LESSONS[name])
    assert with_titles(text, MEANING) == text
    assert len(LINK.findall(text)) == text.count("(glossary.md#")


def test_a_link_without_a_title_or_with_an_old_one_gets_the_meaning_of_its_term():
    right = '[Workers](glossary.md#worker "It does tasks, one at a time, of any kind.")'
    for link in ("[Workers](glossary.md#worker)", '[Workers](glossary.md#worker "old")', right):
        assert with_titles(link, MEANING) == right
    with pytest.raises(KeyError):
        with_titles("[x](glossary.md#unknown)", MEANING)


def first_use(text: str, term: str) -> str:
    """The first place of a word in a lesson's prose, with what stands around it."""
    word = term.replace("-", " ")
    forms = f"{word[1:]}s?" if not word.endswith("y") else f"{word[1:-1]}(?:y|ies)"
    initial = f"[{word[0]}{word[0].upper()}]"
    link = rf"\[[^\]]*\]\(glossary\.md#{term}\)"  # of another form of the word, perhaps
    found = re.search(rf"{link}|(?<![\w-]){initial}{forms}(?![\w-])", text)
    return found[0] if found else ""


def unlinked(text: str) -> list[str]:
    """Terms whose first use in a text leads nowhere, or elsewhere."""
    text = NO_PLACE.sub("", FOLD.sub("", FENCE.sub("", text)))
    uses = {term: first_use(re.sub(r' "[^"]*"\)', ")", text), term) for term in ALWAYS_MEANT}
    return [
        term for term, use in uses.items() if use and not use.endswith(f"](glossary.md#{term})")
    ]


@each_lesson
def test_a_word_is_linked_where_a_lesson_first_uses_it(name):
    cells = [cell for cell in LESSONS[name].cells[1:] if cell.id != "map"]
    assert unlinked(prose(nbformat.v4.new_notebook(cells=cells))) == []


def test_a_word_that_is_linked_too_late_or_not_at_all_is_found():
    link = '[workers](glossary.md#worker "It does tasks, one at a time, of any kind.")'
    assert unlinked(f"# Workers\n\n{link} are people. A worker is `worker`.") == []
    assert unlinked(f"Workers are {link}.") == unlinked("Two workers.") == ["worker"]
