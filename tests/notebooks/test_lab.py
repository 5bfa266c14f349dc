"""The reader's own copy of the lessons: handed out, kept, and brought up to date."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from lab import GIVEN, ROOT, SETTINGS, hand_out, jupyter_arguments, lesson_files

LESSON = "notebooks/03_priorities.ipynb"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name in ("README.md", LESSON, "notebooks/data/orders.csv", "notebooks/index.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"the first {name}", encoding="utf-8")
    return folder


@pytest.fixture
def copy(project: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "my-lessons"
    assert hand_out(project, folder) == []
    return folder


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_a_new_copy_has_lessons_data_and_readme(copy: Path) -> None:
    names = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
    assert names == {GIVEN, "README.md", LESSON, "notebooks/data/orders.csv"}


def test_work_is_kept_from_one_start_to_the_next(project: Path, copy: Path) -> None:
    (copy / LESSON).write_text("my work", encoding="utf-8")
    assert hand_out(project, copy) == []
    assert text_of(copy / LESSON) == "my work"


def test_a_lesson_that_was_deleted_comes_fresh(project: Path, copy: Path) -> None:
    (copy / LESSON).unlink()
    assert hand_out(project, copy) == []
    assert text_of(copy / LESSON) == f"the first {LESSON}"


def test_a_changed_lesson_that_nobody_began_is_replaced(project: Path, copy: Path) -> None:
    (project / LESSON).write_text("the second", encoding="utf-8")
    assert hand_out(project, copy) == []
    assert text_of(copy / LESSON) == "the second"


def test_a_changed_lesson_is_laid_beside_work_once_and_said(project: Path, copy: Path) -> None:
    (copy / LESSON).write_text("my work", encoding="utf-8")
    (project / LESSON).write_text("the second", encoding="utf-8")
    assert hand_out(project, copy) == [
        f"{LESSON} has changed since you began it; the new one: 03_priorities-new.ipynb"
    ]
    assert hand_out(project, copy) == []
    assert text_of(copy / LESSON) == "my work"
    assert text_of(copy / "notebooks/03_priorities-new.ipynb") == "the second"


def test_a_third_one_leaves_the_second_alone(project: Path, copy: Path) -> None:
    (copy / LESSON).write_text("my work", encoding="utf-8")
    for text in ("the second", "the third"):
        (project / LESSON).write_text(text, encoding="utf-8")
        hand_out(project, copy)
    assert text_of(copy / "notebooks/03_priorities-new.ipynb") == "the second"
    assert text_of(copy / "notebooks/03_priorities-new-2.ipynb") == "the third"


@pytest.mark.parametrize("record", ["", "{", "[]", None])
def test_without_the_record_what_is_there_counts_as_the_readers(
    record: str | None, project: Path, copy: Path
) -> None:
    if record is None:
        (copy / GIVEN).unlink()
    else:
        (copy / GIVEN).write_text(record, encoding="utf-8")
    (project / LESSON).write_text("the second", encoding="utf-8")
    assert hand_out(project, copy) != []
    assert text_of(copy / LESSON) == f"the first {LESSON}"


def test_every_lesson_is_handed_out_and_nothing_that_is_not_for_readers() -> None:
    names = set(lesson_files(ROOT))
    lessons = {f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert lessons | {"README.md", "notebooks/teachers.md"} <= names
    assert not any("tools" in name or "book" in name.split("/") for name in names)


def test_git_ignores_the_copy() -> None:
    (line,) = [line for line in text_of(ROOT / ".gitignore").splitlines() if "lessons" in line]
    assert line == "my-lessons/"
    result = subprocess.run(["git", "check-ignore", "-q", "my-lessons/x"], cwd=ROOT, check=False)
    assert result.returncode in (0, 128)  # 128: this is no clone


def test_settings_are_names_that_jupyterlab_knows() -> None:
    settings = json.loads(text_of(SETTINGS / "overrides.json"))
    assert settings["@jupyter-widgets/jupyterlab-manager:plugin"] == {"saveState": True}
    assert f"--LabApp.app_settings_dir={SETTINGS}" in jupyter_arguments()
