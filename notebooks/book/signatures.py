"""A Sphinx extension: signatures that a reader can type, where Python's own cannot be typed."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

FACTORY = re.compile(r"\s*=\s*<factory>")  # an empty mapping, in each class that the book shows


def readable(
    app: Any,
    what: str,
    name: str,
    shown: Any,
    options: Any,
    arguments: str | None,
    result: str | None,
) -> tuple[str, str | None] | None:
    """The signature of a class as it is to stand on the page; None leaves it as it is."""
    if isinstance(shown, type) and (
        issubclass(shown, Enum) or getattr(shown, "_is_protocol", False)
    ):
        return "", result  # nobody calls it
    return (FACTORY.sub(" = {}", arguments), result) if arguments else None


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("autodoc-process-signature", readable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
