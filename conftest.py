"""What holds for all tests: notebook pictures are compared, and Hypothesis repeats itself.

`HYPOTHESIS_PROFILE=nightly pytest` searches longer, and elsewhere in each run. The file lies here,
not in tests, because a hook counts only below its folder, and the notebooks are no tests.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import settings

# The benchmarks hold no tests, and compare with libraries that the package does not need.
collect_ignore = ["tests/benchmarks"]
if os.name == "nt":  # it kills a process with a signal that Windows does not have
    collect_ignore.append("notebooks/07_nothing_lost.ipynb")

# No deadline: the time that an example takes is a fact about the machine, not about the code.
settings.register_profile("default", max_examples=50, derandomize=True, deadline=None)
settings.register_profile("nightly", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--pictures=any` is for systems other than the one that drew the committed pictures."""
    parser.addoption(
        "--pictures",
        choices=["bytes", "any"],
        default="bytes",
        help="compare the bytes of committed pictures (default), or let any pass",
    )


@pytest.fixture
def pictures(pytestconfig: pytest.Config) -> str:
    """ "bytes" or "any"."""
    return str(pytestconfig.getoption("pictures"))


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many faults the tests have put in."""
    counts = terminalreporter.config.stash.get(FAULTS, Counter())
    if counts:
        terminalreporter.section("faults put in")
        for kind, number in sorted(counts.items()):
            terminalreporter.write_line(f"{number:9,} {kind}")
