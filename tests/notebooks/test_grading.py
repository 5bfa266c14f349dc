"""Grades: a notebook hands over answers; nothing that it shows, writes or patches is a verdict."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from exercises import exercises, solved
from grading import KEPT, cell_of_table, graded, verdicts, with_answer_kept
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import fulfillment_lib
from notebooks import FOLDER, notebook_paths

TOOL = FOLDER / "tools" / "grading.py"
LESSONS = [path for path in notebook_paths() if exercises(nbformat.read(path, as_version=4))]

Grades = dict[str, tuple[str, str]]


def student_work(*sources: str) -> nbformat.NotebookNode:
    return new_notebook(cells=[new_markdown_cell("# Mine"), *map(new_code_cell, sources)])


def grades(*sources: str, **options: float) -> Grades:
    return {
        number: (word, why) for number, word, why in verdicts(student_work(*sources), **options)
    }


ALL_AT_ONCE = (
    "# Exercise 00.1\nimport asyncio\nasync def mine(coroutines):\n"
    "    return await asyncio.gather(*coroutines)\n\ncheck('00.1', mine)"
)


# The first and the last are graded in `make test`. That every solution says yes is tested there
# for all of them, without the kernels of a grading.
GRADED = [
    pytest.param(path, marks=[] if path in (LESSONS[0], LESSONS[-1]) else pytest.mark.nightly)
    for path in LESSONS
]


@pytest.mark.slow
@pytest.mark.parametrize("path", GRADED, ids=lambda path: path.stem)
def test_an_exercise_says_yes_with_its_solution_in_its_place(path):
    lesson = nbformat.read(path, as_version=4)
    said = {number: (word, why) for number, word, why in verdicts(solved(lesson), path.name)}
    words = {number: word for number, (word, _) in said.items()}
    assert words == dict.fromkeys(exercises(lesson), "yes"), said


ONE_BY_ONE = ALL_AT_ONCE.replace(
    "await asyncio.gather(*coroutines)", "[await each for each in coroutines]"
)
PATCHES = """
import builtins, sys, fulfillment_lib.course
from fulfillment_lib.course import checking, lesson_00, verdicts
fulfillment_lib.course.check = lambda *_: "yes: patched"
checking.check = fulfillment_lib.course.check
checking.EXERCISES.update(dict.fromkeys(checking.EXERCISES, lambda answer: "patched"))
lesson_00.all_at_once = lambda answer: "patched"
verdicts.NotYet.__init__ = lambda *_: None
verdicts.Verdict.passed = True
genuine = max
def patched(*values, **options):
    by = sys._getframe(1).f_globals["__name__"]
    return 0 if "lesson" in by else genuine(*values, **options)
builtins.max = patched
"""
WRITES = """
from pathlib import Path
import fulfillment_lib
line = "\\nslowest = patient = lambda answer: 'written'\\n"
for name in ("lesson_00.py", "lesson_03.py"):
    for place in (Path("..", "fulfillment_lib"), Path(fulfillment_lib.__file__).parent):
        with open(place / "course" / name, "a") as file:
            file.write(line)
shadow = Path("fulfillment_lib", "course")
shadow.mkdir(parents=True)
(shadow.parent / "__init__.py").touch()
(shadow / "__init__.py").write_text("def check(*_): raise RuntimeError('shadow')")
Path("pickle.py").write_text("raise RuntimeError('shadow')")
"""
LOOKS_UP = """# Exercise 01.1
import json, re
lesson = json.load(open("01_orchestration.ipynb"))
text = "".join(line for cell in lesson["cells"] for line in cell["source"])
solution, = re.findall("Solution 01.1.*?```python(.*?)```", text, re.DOTALL)
get_ipython().run_cell(solution)
check("01.1", my_plan)"""


@pytest.fixture(scope="module")
def cheated() -> Grades:
    return grades(
        PATCHES,
        ONE_BY_ONE,
        WRITES,
        "# Exercise 00.2\ncheck('00.2', lambda run: 'x')",
        LOOKS_UP,
        "# Exercise 02.1\nclass Y:\n    def __repr__(self): return 'yes: of course'\n\nY()",
        "# Exercise 02.2\ndisplay({'text/plain': 'yes: shown'}, raw=True)",
        "# Exercise 03.1\ncheck('03.2', lambda task, ready_s: ready_s + 15 * task.priority)",
        "# Exercise 03.2\nprint('yes: right')",
        "def check(*_): return 'yes: of course'",
        "# Exercise 05.1\ncheck('05.1', lambda *_: 'x')",
        "get_ipython().user_expressions = lambda *_: {'wanted': 'yes'}",
        "# Exercise 05.2\ncheck('05.2', max)",
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "verdict", "why"),
    [
        pytest.param("00.1", "not yet", "took 6 s", id="patches the check"),
        pytest.param("00.2", "not yet", "must be task ids", id="writes to the judges"),
        pytest.param("01.1", "error", "ValueError: not enough values", id="looks the answer up"),
        pytest.param("02.1", "error", "does not end with its check", id="a forged repr"),
        pytest.param("02.2", "error", "does not end with its check", id="a forged display"),
        pytest.param("03.1", "error", "the cell of 03.1 checks 03.2", id="a copied cell"),
        pytest.param("03.2", "error", "does not end with its check", id="a forged print"),
        pytest.param("05.1", "not yet", "it raised TypeError", id="a check of the student's own"),
        pytest.param("05.2", "error", "kernel says cannot be read", id="changes its kernel"),
        pytest.param("01.2", "missing", "no such cell", id="no cell"),
    ],
)
def test_a_notebook_gets_no_verdict_but_for_an_answer(cheated, number, verdict, why):
    assert cheated[number][0] == verdict and why in cheated[number][1]


@pytest.mark.slow
def test_what_a_notebook_writes_stays_in_a_throw_away_folder(cheated):
    assert cheated["00.2"][0] == "not yet"  # it ran as far as that
    for name in ("lesson_00.py", "lesson_03.py"):
        judge = Path(fulfillment_lib.__file__).parent / "course" / name
        assert "written" not in judge.read_text(encoding="utf-8")
    assert not (FOLDER / "pickle.py").exists()


OF_ITS_OWN = """
%matplotlib inline
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from fulfillment_lib.engine.tasks import Task

Path("mine.py").write_text("LONGEST_S = 15")
import mine

@cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

@dataclass(frozen=True, slots=True)
class Patient:
    example: Task
    patience_s: float

    def __call__(self, task, ready_s):
        assert type(self.example) is type(task) and fibonacci(10) == 55
        display("asked")
        return ready_s + self.patience_s * task.priority
"""


@pytest.mark.slow
def test_a_right_answer_may_hold_what_the_notebook_made_and_the_package_has():
    said = grades(
        OF_ITS_OWN,
        "raise ValueError('before')",
        "# Exercise 03.2\n!true\nä = 1; check(\n    '03.2', Patient(Task('é'), mine.LONGEST_S)\n)",
        "# Exercise 00.1\ncheck('00.1', (number for number in []))",
        "# Exercise 00.2\n1 / 0",
        "# Exercise 01.1\nimport os\ncheck('01.1', lambda reserved: os._exit(0))",
    )
    assert said["03.2"][0] == "yes", said
    assert said["00.1"][0] == "error" and "taken out of the notebook: TypeError" in said["00.1"][1]
    assert said["00.2"] == ("error", "ZeroDivisionError: division by zero")
    assert said["01.1"] == ("error", "the kernel died")


SWALLOWS = "import time\nwhile True:\n    try: time.sleep(1)\n    except BaseException: pass"


@pytest.mark.slow
def test_what_does_not_end_is_stopped_and_every_exercise_has_a_row():
    said = grades(
        "# Exercise 00.1\nwhile True: pass",
        f"# Exercise 00.2\n{SWALLOWS}",
        "# Exercise 01.1\ncheck('01.1', print)",
        limit_s=1,
    )
    assert said == {
        "00.1": ("error", "did not end within 1 s"),
        "00.2": ("error", "did not end within 1 s"),
        "01.1": ("error", "not run: the kernel did not end within 1 s in an earlier cell"),
        "01.2": ("missing", "no such cell"),
    }


@pytest.mark.slow
def test_an_answer_before_the_kernel_died_counts():
    said = grades(ALL_AT_ONCE, "import os; os._exit(0)", "# Exercise 00.2\ncheck('00.2', min)")
    assert said["00.1"][0] == "yes"
    assert said["00.2"] == ("error", "not run: the kernel died in an earlier cell")


def test_without_exercise_cells_the_name_of_the_file_tells_what_is_missing():
    missing = [("00.1", "missing", "no such cell"), ("00.2", "missing", "no such cell")]
    assert verdicts(student_work("1 / 0"), "00_start_here anna.ipynb") == missing
    [(number, verdict, why)] = verdicts(student_work("1 / 0"), "2026 anna.ipynb")
    assert (number, verdict) == ("", "missing") and "name tells no lesson" in why


@pytest.mark.parametrize("text", ["", "[]", '{"nbformat": 4, "nbformat_minor": 5}', "\x00"])
def test_a_file_that_is_no_notebook_gets_rows_too(tmp_path, text):
    (tmp_path / "00_start_here.ipynb").write_text(text, encoding="utf-8")
    said = graded(tmp_path / "00_start_here.ipynb")
    assert [row[:2] for row in said] == [("00.1", "error"), ("00.2", "error")]
    assert all("cannot be read as a notebook: " in row[2] for row in said)


@pytest.mark.parametrize(
    ("ending", "number"),
    [
        ("check('03.1', f)", "03.1"),
        ("course.check(exercise='03.2', answer=f)  # so?", "03.2"),
        ("é = 1; check('03.1', (\n    other := f));", "03.1"),
        ("check(3.1, f)", "3.1"),
        ("check(*found)", ""),
        ("check('03.1')", ""),
        ("print(check('03.1', f))", ""),
        ("check('03.1', f)\n'yes: '", ""),
        ("check('03.1', f", ""),
        ("'\0\ud800'", ""),
        ("", ""),
    ],
)
def test_a_cell_hands_over_what_its_check_at_the_end_was_given(ending, number):
    code, checked = with_answer_kept(f"# Exercise 03.1\nf = len\n{ending}")
    assert checked == number
    if number:
        given: dict[str, object] = {}
        exec(code, given)
        assert given[KEPT] is len
    else:
        assert code.rstrip("\n").endswith(ending)


@pytest.mark.slow
def test_grades_come_as_csv_with_one_line_per_exercise(tmp_path):
    path = tmp_path / "=anna.ipynb"
    nbformat.write(student_work(ALL_AT_ONCE, "import os; os.system('echo forged')"), path)
    done = subprocess.run(
        [sys.executable, TOOL, path],
        capture_output=True,
        text=True,
        cwd=FOLDER.parent,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    head, *rows = csv.reader(done.stdout.splitlines())
    assert head == ["file", "exercise", "verdict", "why"]
    assert [row[:3] for row in rows] == [
        ["'=anna.ipynb", "00.1", "yes"],
        ["'=anna.ipynb", "00.2", "missing"],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", " =1"])
def test_no_cell_is_a_formula_or_takes_two_lines(text):
    assert cell_of_table(text) == f"'{text}"
    assert cell_of_table(f"x;{text}") == f"x;'{text}"
    assert cell_of_table("a\nb\r\ud800") == "a\\nb\\r\\ud800"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.ipynb"], "no such notebook: nowhere.ipynb; write make grade FILE="),
        ([], "usage: "),
    ],
)
def test_a_grade_without_a_notebook_says_what_to_write(words, said):
    done = subprocess.run(
        [sys.executable, TOOL, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and done.stderr.startswith(said)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize(
    "name",
    [
        "../`touch pwned`.ipynb",
        "$(touch pwned).ipynb",
        "$(shell touch pwned).ipynb",
        'a b\'s "c" $HOME $$ \\ ; touch pwned.ipynb',
    ],
)
def test_the_name_of_a_file_never_reaches_a_shell(tmp_path, name):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nfor last; do :; done\nprintf "%s" "$last"\n')
    python.chmod(0o755)
    makefile = FOLDER.parent / "Makefile"
    said = ["make", "-s", "-f", makefile, "-o", ".venv/.lessons", f"BIN={tmp_path}"]
    done = subprocess.run(
        [*said, "grade", f"FILE={name}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, name), done.stderr
    assert not (tmp_path / "pwned").exists()


@pytest.mark.slow
def test_a_folder_is_one_table_of_students_and_exercises(tmp_path):
    for place, answer in {
        "Ann/00_start_here.ipynb": ALL_AT_ONCE,
        "Ann/00_tried_before.ipynb": ONE_BY_ONE,
        "=Bob()/00_start_here.ipynb": ONE_BY_ONE,
        "00_of_carol.ipynb": ONE_BY_ONE,
        "Ann/.ipynb_checkpoints/01.ipynb": ONE_BY_ONE,
    }.items():
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(student_work(answer), path)
    done = subprocess.run(
        [sys.executable, TOOL, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert list(csv.reader(done.stdout.splitlines())) == [
        ["student", "00.1", "00.2"],
        ["00_of_carol", "not yet", "missing"],
        ["'=Bob()", "not yet", "missing"],
        ["Ann", "yes", "missing"],
    ]
    (often,) = [line for line in done.stderr.splitlines() if "×" in line]
    assert often.startswith("3 × 00.1: ")
