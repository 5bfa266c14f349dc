"""README.md tells the truth: its code runs, prints what it says, and its links lead somewhere."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import picture
import pytest
from links import FENCE, dead_links

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
OUTPUT_WORDS = ("text", "output")


def examples(text: str) -> list[tuple[str, str | None]]:
    """Each python block, with the output block that follows it directly (None: there is none)."""
    found: list[tuple[str, str | None]] = []
    for block, after in pairwise([*FENCE.finditer(text), None]):
        if block[1] != "python":
            continue
        between = text[block.end() : after.start()] if after else "the end"
        follows = after is not None and after[1] in OUTPUT_WORDS and not between.strip()
        found.append((block[2], after[2] if follows and after else None))
    return found


def wrong_outputs(text: str) -> list[tuple[str, str]]:
    """Run the examples in one namespace; pairs (printed, claimed) where the two differ."""
    namespace: dict[str, Any] = {}
    wrong = []
    for code, claimed in examples(text):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), namespace)
        if claimed is not None and _lines(printed.getvalue()) != _lines(claimed):
            wrong.append((printed.getvalue(), claimed))
    return wrong


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").split("\n")]


@pytest.mark.parametrize("name", ["README.md", "notebooks/teachers.md", "notebooks/shop_export.md"])
def test_the_examples_of_a_page_run_and_print_what_it_says(
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert len(examples(page)) >= 2
    assert all(claimed for _, claimed in examples(page)), "an example must show its output"
    assert wrong_outputs(page) == []


def test_the_links_and_pictures_of_the_readme_exist() -> None:
    assert dead_links(README, ROOT) == []


@pytest.mark.parametrize(
    ("draw", "stored"),
    [
        (picture.draw, picture.PICTURE),
        pytest.param(picture.draw_moving, picture.MOVING, marks=pytest.mark.slow),
    ],
)
def test_a_picture_is_what_the_package_draws_today(
    draw: Callable[[Path], None], stored: Path, tmp_path: Path, pictures: str
) -> None:
    if pictures == "any":
        pytest.skip("this system may draw letters otherwise")
    now = tmp_path / f"now{stored.suffix}"
    draw(now)
    assert now.read_bytes() == stored.read_bytes(), "run `make notebooks`, and look at the picture"


def test_the_moving_picture_is_light_and_has_a_still_one_for_those_who_prefer_it() -> None:
    assert picture.MOVING.stat().st_size <= 500_000
    still = f'media="(prefers-reduced-motion: reduce)" srcset="{_in_readme(picture.PICTURE)}"'
    assert still in README and f'src="{_in_readme(picture.MOVING)}"' in README


def _in_readme(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("verb", ["lab", "test"])
def test_the_two_commands_are_in_the_readme_and_in_the_makefile(verb: str) -> None:
    assert f"make {verb}" in README
    assert f"\n{verb}:" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_command_in_a_page_is_a_verb_of_the_makefile(name: str) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    shell = "\n".join(block[2] for block in FENCE.finditer(page) if block[1] != "python")
    inline = "\n".join(re.findall(r"`([^`\n]+)`", FENCE.sub("", page)))
    assert set(re.findall(r"\bmake ([a-z-]+)", shell + "\n" + inline)) <= verbs


@pytest.mark.parametrize(
    "name",
    [
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        *(f"notebooks/{page}.md" for page in "teachers shop_export index shapes library".split()),
    ],
)
def test_the_links_of_the_other_pages_lead_somewhere(name: str) -> None:
    page = ROOT / name
    assert dead_links(page.read_text(encoding="utf-8"), page.parent) == []


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 200


# The checks themselves.

PLANTED = """\
```python
x = 2
print(x)
```

```text
2
```

```python
print(x + 1)
```

Words between.

```text
not an output
```
"""


def test_an_output_block_belongs_to_the_code_directly_before_it() -> None:
    assert examples(PLANTED) == [("x = 2\nprint(x)\n", "2\n"), ("print(x + 1)\n", None)]
    assert wrong_outputs(PLANTED) == []


def test_an_output_that_differs_is_found() -> None:
    assert wrong_outputs(PLANTED.replace("```text\n2", "```text\n3")) == [("2\n", "3\n")]


def test_an_example_that_fails_is_found() -> None:
    with pytest.raises(NameError, match="nobody"):
        wrong_outputs("```python\nnobody()\n```")
