"""Where the bytes of committed pictures are compared: on the system that drew them, no other."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Callable

import pytest

import conftest


@pytest.fixture(autouse=True)
def drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system such as the one that drew them, whatever this one is."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(conftest, "version", versions())


def versions(**others: str) -> Callable[[str], str]:
    """What is installed: the pinned versions, or others of some."""
    pins = (conftest.HERE / "requirements.txt").read_text(encoding="utf-8")
    installed = dict(re.findall(r"^(\S+)==(\S+)", pins, re.MULTILINE)) | others
    return installed.__getitem__


def test_pictures_are_compared_on_linux_with_the_pinned_versions():
    assert conftest.why_not_here() == ""


def test_elsewhere_any_picture_passes(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert conftest.why_not_here() == "drawn on linux-x86_64, not darwin-arm64"


@pytest.mark.parametrize("name", ["matplotlib", "numpy", "pillow"])
def test_with_another_version_of_what_draws_any_picture_passes(monkeypatch, name):
    monkeypatch.setattr(conftest, "version", versions(**{name: "0.1"}))
    assert re.fullmatch(rf"drawn by {name} [\d.]+, not 0\.1", conftest.why_not_here())


def test_another_version_of_anything_else_makes_no_difference(monkeypatch):
    monkeypatch.setattr(conftest, "version", versions(scipy="0.1"))
    assert conftest.why_not_here() == ""
