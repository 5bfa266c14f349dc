"""Opens the lessons in JupyterLab, in a copy of the reader's own.

    python notebooks/tools/lab.py               # more arguments are options of jupyter lab

The copy is the folder `my-lessons`, which git ignores. JupyterLab saves a notebook by itself, so
that only looking at a lesson changes its file; the lessons that tests compare stay as they are.
In `lab_settings`: a panel is saved with its state, so that it is there when its lesson is opened
again; pages such as the glossary open as pages, not as their source; and no news pop up over the
first lesson.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "my-lessons"
SETTINGS = Path(__file__).with_name("lab_settings")
GIVEN = ".given.json"  # by file, the digest of what was handed out last
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE")  # the README and its links
NOT_FOR_READERS = ("notebooks/index.md", "notebooks/shapes.md")  # they live by the book's panels


def hand_out(project: Path = ROOT, copy: Path = COPY) -> list[str]:
    """Bring the copy up to date, and tell what the reader should know.

    What the reader has changed is never written to: when its original has changed, too, the new
    one is laid beside it. What is missing in the copy is handed out again.
    """
    given = _given(copy)
    beside = []
    for name in lesson_files(project):
        content = (project / name).read_bytes()
        target = _place(copy / name, content, given.get(name))
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            if target.name != (copy / name).name:
                beside.append(f"{name} has changed since you began it; the new one: {target.name}")
        given[name] = _digest(content)
    (copy / GIVEN).write_text(json.dumps(given, indent=1), encoding="utf-8")
    return beside


def lesson_files(project: Path) -> Iterator[str]:
    """What a reader gets: the lessons, the pages and data that they name, the README."""
    yield from (name for name in PAGES if (project / name).exists())
    folder = project / "notebooks"
    for path in sorted([*folder.glob("*.ipynb"), *folder.glob("*.md"), *folder.glob("data/*")]):
        name = path.relative_to(project).as_posix()
        if name not in NOT_FOR_READERS and path.is_file():
            yield name


def _place(mine: Path, content: bytes, given: str | None) -> Path | None:
    """Where the original goes: nowhere, in place of the reader's file, or beside it."""
    if not mine.exists():
        return mine
    new, now = _digest(content), _digest(mine.read_bytes())
    if new in (given, now):
        return None
    return mine if now == given else _free(mine)


def _free(path: Path) -> Path:
    """A name beside a file that nothing has: `03_priorities-new.ipynb`, `…-new-2.ipynb`, …"""
    beside = path.with_stem(f"{path.stem}-new")
    number = 2
    while beside.exists():
        beside = path.with_stem(f"{path.stem}-new-{number}")
        number += 1
    return beside


def _given(copy: Path) -> dict[str, str]:
    copy.mkdir(exist_ok=True)
    try:
        return dict(json.loads((copy / GIVEN).read_text(encoding="utf-8")))
    except (OSError, ValueError):  # then what is in the copy counts as the reader's
        return {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def jupyter_arguments(copy: Path = COPY) -> list[str]:
    """The options of JupyterLab that open the first lesson of a copy."""
    return [
        f"--ServerApp.root_dir={copy}",
        f"--LabApp.app_settings_dir={SETTINGS}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        str(copy / "notebooks" / "00_start_here.ipynb"),
    ]


def main(options: list[str]) -> None:
    """Hand out the lessons, and open the first one."""
    from jupyterlab.labapp import main as open_lab

    for line in hand_out():
        print(line)
    print(
        f"Your lessons are in {COPY.name}, and stay as you leave them. For a fresh one, "
        "delete or rename yours there and start again."
    )
    open_lab([*options, *jupyter_arguments()])


if __name__ == "__main__":
    main(sys.argv[1:])
