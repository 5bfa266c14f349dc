"""What holds for all tests: notebook pictures are compared, and Hypothesis repeats itself.

`HYPOTHESIS_PROFILE=nightly pytest` searches longer, and elsewhere in each run, and only then tests
marked `nightly` run; with `quick` it hardly searches. The file lies here, not in tests, because a
hook counts only below its folder, and the notebooks are no tests.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Matplotlib complains on standard error, which a notebook shows, where it cannot write its settings
# or has to make its list of fonts first. Imported before a kernel starts, it has found a folder by
# then, whose name the kernel gets in the environment, and the list is in it.
from matplotlib import font_manager  # noqa: F401

# The benchmarks and the tools of the notebooks hold no tests.
collect_ignore = ["tests/benchmarks", "notebooks/tools"]

# No deadline: the time that an example takes is a fact about the machine, not about the code.
settings.register_profile("default", max_examples=50, derandomize=True, deadline=None)
settings.register_profile("quick", max_examples=5, derandomize=True, deadline=None)
settings.register_profile("nightly", max_examples=2_000, deadline=None)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "default")
settings.load_profile(PROFILE)


HERE = Path(__file__).resolve().parent
# What draws the bytes of a picture, and where the committed ones were drawn: numbers and letters
# come out a shade different elsewhere.
DRAWN_ON, DRAWN_BY = ("linux", "x86_64"), ("matplotlib", "numpy", "pillow")


def why_not_here() -> str:
    """Why the bytes of committed pictures say nothing on this system; empty where they do."""
    if (sys.platform, platform.machine()) != DRAWN_ON:
        return f"drawn on {'-'.join(DRAWN_ON)}, not {sys.platform}-{platform.machine()}"
    pins = (HERE / "requirements.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^(\w+)==(\S+)", pins, re.MULTILINE))
    other = [
        f"{name} {pinned[name]}, not {version(name)}"
        for name in DRAWN_BY
        if version(name) != pinned[name]
    ]
    return f"drawn by {', '.join(other)}" if other else ""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--pictures` settles what else the system and the installed versions decide."""
    parser.addoption(
        "--pictures",
        choices=["bytes", "any"],
        default="any" if why_not_here() else "bytes",
        help="compare the bytes of committed pictures, or let any pass",
    )


def pytest_report_header(config: pytest.Config) -> str:
    """Say whether pictures are compared."""
    if config.getoption("pictures") == "bytes":
        return "pictures: compared to the byte"
    return f"pictures: any pass ({why_not_here() or '--pictures=any'})"


@pytest.fixture
def pictures(pytestconfig: pytest.Config) -> str:
    """ "bytes" or "any"."""
    return str(pytestconfig.getoption("pictures"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make nightly` what is marked so."""
    for item in items:
        if PROFILE != "nightly" and item.get_closest_marker("nightly"):
            item.add_marker(pytest.mark.skip(reason="left to make nightly"))


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Have nbval compare the bytes of pictures, which it leaves out by itself."""
    skipped = getattr(collector, "skip_compare", None)
    if skipped is not None and collector.config.getoption("pictures") == "bytes":
        collector.skip_compare = tuple(each for each in skipped if each != "image/png")


FAULTS = pytest.StashKey[Counter[str]]()


@pytest.fixture(scope="session")
def injected(pytestconfig: pytest.Config) -> Counter[str]:
    """How many faults the tests have put in, by kind; the last lines of the run tell it."""
    return pytestconfig.stash.setdefault(FAULTS, Counter())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that prints, where tests are spread over several."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["faults"] = dict(session.config.stash.get(FAULTS, Counter()))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add up what the processes have told."""
    counts = node.config.stash.setdefault(FAULTS, Counter())
    counts.update(getattr(node, "workeroutput", {}).get("faults", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many faults the tests have put in."""
    counts = terminalreporter.config.stash.get(FAULTS, Counter())
    if counts:
        terminalreporter.section("faults put in")
        for kind, number in sorted(counts.items()):
            terminalreporter.write_line(f"{number:9,} {kind}")
