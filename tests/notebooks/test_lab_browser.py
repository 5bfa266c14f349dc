"""An evening in JupyterLab: lessons are opened, run and saved; the project stays as it was."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from chromium import CHROMIUM
from lab import ROOT, hand_out, jupyter_arguments
from playwright.sync_api import Page, TimeoutError, expect

from tests.notebooks.test_browser import (
    ANSWER_MS,
    START_S,
    Lab,
    browser,
    page,
    started,
    waited_for,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; see .ci/run"),
]
FIXTURES = (browser, page)  # of the other file; pytest finds them by these names
LESSONS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
LESSON_S = 240  # from the first cell to the last, on a busy machine


class ReadersLab(Lab):
    """JupyterLab on a copy of the lessons, with the options of `make lab`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.token = folder, secrets.token_hex(16)
        self.copy = folder / "my-lessons"
        assert hand_out(copy=self.copy) == []
        arguments = ["jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root"]
        token = f"--IdentityProvider.token={self.token}"
        self.process = started([*arguments, token, *jupyter_arguments(self.copy)], folder)
        self.url = waited_for(self._url)
        waited_for(lambda: self.ask("api"))

    def open(self, page: Page, name: str) -> None:
        page.goto(f"{self.url}lab/tree/notebooks/{name}?reset&token={self.token}")
        page.locator(".jp-NotebookPanel").wait_for(timeout=START_S * 1000)
        waited_for(self.idle)

    def end_kernels(self) -> None:
        for session in self.ask("api/sessions"):
            self.ask(f"api/sessions/{session['id']}", "DELETE")


@pytest.fixture(scope="module")
def readers_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadersLab]:
    server = ReadersLab(tmp_path_factory.mktemp("evening"))
    try:
        yield server
    finally:
        server.close()


def project_files() -> dict[str, bytes]:
    """The lessons and their data, as they are now."""
    files = (path for path in (ROOT / "notebooks").rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files if "__pycache__" not in path.parts}


RUN = """() => {
    const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
    const marks = prompts.map(prompt => prompt.innerText);
    return marks.some(mark => /\\d/.test(mark)) && !marks.some(mark => mark.includes('*'));
}"""


def run_to_the_end(readers_lab: ReadersLab, page: Page, name: str) -> None:
    """Open a lesson, run all cells, and wait until none is left to run.

    About one page in fifty does not get through to its kernel until it is loaded again.
    """
    for last in (False, True):
        readers_lab.open(page, name)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        try:
            page.wait_for_function(RUN, timeout=LESSON_S * 1000)
        except TimeoutError:
            if last:
                raise
        else:
            return


def saved(path: Path) -> Any:
    """The notebook, once the file has been written with the outputs of this run."""
    nb = nbformat.read(path, as_version=4)
    counted = [cell for cell in nb.cells if cell.cell_type == "code"]
    return nb if all(cell.execution_count for cell in counted if cell.source) else None


NIGHTLY = [pytest.param(name, marks=pytest.mark.nightly) for name in LESSONS[1:]]


@pytest.mark.parametrize("name", [LESSONS[0], *NIGHTLY])
def test_a_lesson_is_opened_run_and_saved_and_the_project_stays_as_it_was(
    name: str, readers_lab: ReadersLab, page: Page
) -> None:
    before = project_files()
    run_to_the_end(readers_lab, page, name)
    page.keyboard.press("Control+s")
    nb = waited_for(lambda: saved(readers_lab.copy / "notebooks" / name))
    nbformat.validate(nb)
    readers_lab.end_kernels()
    assert project_files() == before
    assert hand_out(copy=readers_lab.copy) == []
    page.goto("about:blank")
    readers_lab.open(page, name)
    page.locator("img.fl-picture, .jp-RenderedImage img").last.wait_for(
        state="attached", timeout=ANSWER_MS
    )
    assert page.get_by_text("Error displaying widget").count() == 0
    readers_lab.end_kernels()


def test_a_guess_is_a_bet_whose_answer_opens_and_a_word_explains_itself(
    readers_lab: ReadersLab, page: Page
) -> None:
    run_to_the_end(readers_lab, page, LESSONS[0])
    cells = page.locator(".jp-Cell")
    asks, answers = (
        cells.filter(has_text=text).locator(".jp-OutputArea").first
        for text in ("guess = predict(", "guess.compare(")
    )
    said = answers.get_by_text("many say 9 s, it is 7 s: 2 s too much")
    expect(answers.get_by_text("Guess first, then open")).to_be_visible()
    expect(said).to_be_hidden()
    field = asks.get_by_role("textbox", name="Your guess: makespan, in s")
    button = asks.get_by_role("button", name="That's my guess")
    assert field.get_attribute("placeholder") == "such as 9 s"
    field.fill("eight")
    button.click()
    expect(asks.get_by_role("alert")).to_have_text("guess must be a number, got 'eight'")
    expect(said).to_be_hidden()
    field.fill("8")
    button.click()
    expect(answers.get_by_text("makespan: you said 8 s, it is 7 s: 1 s too much")).to_be_visible()
    expect(said).to_be_visible()
    expect(page.get_by_text("1 of 1 surprised you")).to_be_attached()
    word = cells.get_by_role("link", name="makespan", exact=True).first
    assert word.get_attribute("title") == "From the start of a run to the end of its last attempt."
    word.click()
    page.locator(".jp-MarkdownViewer").get_by_role("heading", name="makespan").wait_for()
    readers_lab.end_kernels()
