"""The package as it is handed on: a wheel that runs alone, and files that say the same thing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from itertools import chain
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # the wheel is built first

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Stands in for an environment without these: importing one fails as if it were not installed.
WITHOUT = """\
import runpy, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""


def names(requirements: list[str]) -> set[str]:
    """The libraries that are asked for, without the package's own extras."""
    return {re.split(r"[<>=!~ ;\[]", each)[0].lower() for each in requirements} - {
        "fulfillment-lib"
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that the tree stays as it is, and without the network."""
    copy = tmp_path_factory.mktemp("source")
    shutil.copytree(
        ROOT / "fulfillment_lib",
        copy / "fulfillment_lib",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--no-build-isolation",
            "--wheel-dir",
            copy / "dist",
            copy,
        ],
        check=True,
    )
    return next((copy / "dist").iterdir())


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content and nothing else."""
    folder = tmp_path_factory.mktemp("alone")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def run_alone(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program on the wheel, where nothing else is installed."""
    absent = names([*chain(*EXTRAS.values())]) | {"ipython", "IPython", "PIL"}
    return subprocess.run(
        [sys.executable, "-c", WITHOUT.format(names=absent) + program],
        cwd=folder.parent,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_wheel_holds_every_module_the_type_marker_the_texts_and_nothing_else(
    wheel: Path,
) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = ROOT / "fulfillment_lib"
    assert inside == {path.relative_to(ROOT).as_posix() for path in package.rglob("*.py")} | {
        "fulfillment_lib/py.typed",
        "fulfillment_lib/panels/frames.css",
        "fulfillment_lib/panels/frames.js",
        "fulfillment_lib/panels/page.js",
        "fulfillment_lib/course/hints.json",
        "fulfillment_lib/course/questions.json",
    }


def test_the_wheel_carries_the_license(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    license_file = next(name for name in archive.namelist() if name.endswith("/LICENSE"))
    assert archive.read(license_file) == (ROOT / "LICENSE").read_bytes()


def test_the_wheel_runs_the_demonstration_with_nothing_else_installed(alone: Path) -> None:
    done = run_alone(alone, "runpy.run_module('fulfillment_lib', run_name='__main__')")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1ZSIM" in done.stdout


def test_what_runs_in_that_test_is_the_wheel_and_jupyter_is_out_of_reach(alone: Path) -> None:
    done = run_alone(
        alone, "import fulfillment_lib; print(fulfillment_lib.__file__)\nimport ipykernel"
    )
    assert Path(done.stdout.strip()).is_relative_to(alone)
    assert "No module named 'ipykernel'" in done.stderr


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (
            "from fulfillment_lib import simulate; simulate([]).timeline()",
            "tables need pandas, which is not here: pip install 'fulfillment-lib[views]'",
        ),
        (
            "import fulfillment_lib.charts",
            "charts need matplotlib, which is not here: pip install 'fulfillment-lib[views]'",
        ),
        (
            "import fulfillment_lib.sweep",
            "tables need pandas, which is not here: pip install 'fulfillment-lib[views]'",
        ),
        (
            "import fulfillment_lib.panels",
            "panels need ipywidgets, which is not here: pip install 'fulfillment-lib[notebooks]'",
        ),
    ],
)
def test_a_view_says_what_to_install_for_it(alone: Path, program: str, said: str) -> None:
    done = run_alone(alone, program)
    assert done.stderr.rstrip().endswith(said)


def test_the_wheel_runs_a_day_from_a_file_with_nothing_else_installed(alone: Path) -> None:
    day = str(ROOT / "notebooks" / "data" / "orders.csv")
    done = run_alone(
        alone,
        f"sys.argv[1:] = [{day!r}, '--messages']\n"
        "runpy.run_module('fulfillment_lib', run_name='__main__')",
    )
    assert done.stderr == ""
    assert "WEB-1001/packing/WEST" in done.stdout


def test_running_orders_needs_nothing_from_outside() -> None:
    assert PROJECT["dependencies"] == []
    heavy = {"pandas", "numpy", "matplotlib", "PIL", "ipywidgets", "anywidget", "IPython"}
    program = "import sys, fulfillment_lib; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "fulfillment_lib" in loaded
    assert heavy & loaded == set()


@pytest.mark.parametrize("group", EXTRAS.values(), ids=EXTRAS)
def test_every_requirement_of_the_package_has_its_exact_version(group: list[str]) -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0].lower() for line in lines if "==" in line}
    assert names(group) <= pinned


def test_the_workflow_tries_the_oldest_python_that_the_package_takes() -> None:
    workflow = (ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8")
    versions = re.findall(r'"(3\.\d+)"', workflow)
    assert min(versions) == PROJECT["requires-python"].removeprefix(">=")
    assert f"python-{min(versions)}" in (ROOT / ".binder/runtime.txt").read_text(encoding="utf-8")
