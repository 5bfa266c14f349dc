"""Where the project is published: one setting, and what follows from it.

    python notebooks/tools/published.py         # after a change of the setting

The setting is `repository` in the table `tool.fulfillment_lib` of
pyproject.toml, an address such as
"https://example.org/owner/fulfillment_lib". While it is empty, no page links to a published
project: a link that leads nowhere is worse than none.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
CLONE = re.compile(r"(?<=<!-- clone -->\n).*?(?=<!-- end of clone -->)", re.DOTALL)


def repository(root: Path = ROOT) -> str:
    """The address of the published project, without a slash at its end; "" while there is none."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return str(settings["tool"]["fulfillment_lib"]["repository"]).rstrip("/")


def with_clone_lines(page: str, address: str) -> str:
    """A page whose marked place says how to get the project, or nothing."""
    folder = address.rpartition("/")[2].removesuffix(".git")
    lines = f"```sh\ngit clone {address}\ncd {folder}\n```\n" if address else ""
    return CLONE.sub(lambda _: lines, page)


def book_options(address: str) -> dict[str, Any]:
    """Options of the book's theme: a button to the project, where there is one."""
    return {"repository_url": address, "use_repository_button": True} if address else {}


if __name__ == "__main__":
    page = README.read_text(encoding="utf-8")
    README.write_text(with_clone_lines(page, repository()), encoding="utf-8")
