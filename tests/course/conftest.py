"""What a reader has guessed and tried is forgotten before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fulfillment_lib.course import fields, hints, predictions


@pytest.fixture(autouse=True)
def a_new_reader() -> Iterator[None]:
    yield
    for memory in (hints._TRIES, hints._GIVEN, predictions._TYPED, predictions._COMPARED):
        memory.clear()
    fields._TEXTS.clear()
