"""A student's notebook → a verdict on each exercise of its lesson, as CSV.

    python notebooks/tools/grading.py FILE

For a folder, or a pattern such as `hand-ins/*.ipynb`, the table has a line for each student and a
column for each exercise. A student is a folder with notebooks in it, or else a notebook. What the
checks said most often stands below the table, on standard error.

Whatever runs in the student's kernel can be changed there: `check`, the judges, the built-ins, what
is printed. Judging in it with a second import of the package was rejected. The built-ins would
still be the student's, and each class would exist twice, so that a right answer made with one is
refused by the other. To undo all changes was rejected as well: nobody can list them.

Hence **a notebook hands over an answer and never a verdict.** Where a cell says
`check("03.1", answer)`, the answer is pickled instead: what the notebook defines by its content,
what it took from modules by name. A second kernel, with a package of its own copied afresh, loads
it and checks it. There each name is the genuine one, and each class exists once. Outputs are never
read. Both kernels work in throw-away folders, the student's beside the lessons without solutions.

All of it runs with the rights of whoever grades. A notebook that looks for the real folders finds
them, and an answer written against its judge can deceive it while it is judged.
"""

from __future__ import annotations

import ast
import csv
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from glob import glob
from inspect import getsource
from pathlib import Path
from queue import Empty
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, NoReturn

import nbformat
from exercises import exercises, write_student_notebooks
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_client import BlockingKernelClient, KernelManager
from nbformat import NotebookNode

import fulfillment_lib
from fulfillment_lib.analysis.export import safe_text
from fulfillment_lib.course.checking import EXERCISES
from fulfillment_lib.errors import error_text, printable

SLOWEST_CELL_S = 60.0
GRACE_S = 5.0  # from the interrupt of a cell to the end of its kernel
STARTS_WITHIN_S = 60.0
KEPT = "_answer_to_grade"  # the name of an answer in the student's kernel
LONGEST_CELL = 300
BEST_FIRST = ("yes", "not yet", "error", "missing")
LESSON = re.compile(r"(\d\d)(?!\d)")
Row = tuple[str, str, str]  # exercise, verdict, why


class NoAnswer(Exception):
    """Nothing can be judged; says why."""


class Kernel:
    """A process that runs cells, each within the limit. Its outputs are not looked at."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient, limit_s: float):
        self.manager, self.client, self.limit_s = manager, client, limit_s
        self.lost = ""  # why the process is gone

    def run(self, code: str, wanted: str = "None") -> Any:
        """Run a cell; the value of an expression after it, which must come out as a literal.

        Raises:
            NoAnswer: the cell or the expression raised, or did not end, or cannot be run.
        """
        if self.lost:
            raise NoAnswer(f"not run: {self.lost} in an earlier cell")
        try:
            request = self.client.execute(
                code, user_expressions={"it": wanted}, allow_stdin=False, stop_on_error=False
            )
            reply = self._reply(request, self.limit_s) or self._stop(request)
            value = reply["user_expressions"]["it"] if reply["status"] == "ok" else reply
            if value["status"] == "ok":
                return ast.literal_eval(value["data"]["text/plain"])
            why = f"{value['ename']}: {value['evalue']}"
        except NoAnswer:
            raise
        except Exception as problem:  # a cell can change what its kernel says, too
            raise NoAnswer(f"what the kernel says cannot be read: {error_text(problem)}") from None
        raise NoAnswer(why)

    def _reply(self, request: str, limit_s: float) -> dict[str, Any]:
        """What became of a request; nothing if the limit or the process has ended."""
        end_s = monotonic() + limit_s
        while (left_s := end_s - monotonic()) > 0 and self.manager.is_alive():
            with suppress(Empty):
                message = self.client.get_shell_msg(timeout=min(left_s, 0.5))
                if message["parent_header"].get("msg_id") == request:
                    return dict(message["content"])
        return {}

    def _stop(self, request: str) -> NoReturn:
        """End a cell, or else the process: a cell can swallow interrupts."""
        if not self.manager.is_alive():
            self.lost = "the kernel died"
            raise NoAnswer(self.lost)
        late = f"did not end within {self.limit_s:g} s"
        self.manager.interrupt_kernel()
        if not self._reply(request, GRACE_S):
            self.lost = f"the kernel {late}"
            self.end()
        raise NoAnswer(late)

    def end(self) -> None:
        """Kill the process and those that it has started."""
        self.manager.shutdown_kernel(now=True)


@contextmanager
def throw_away_kernel(
    limit_s: float, fill: Callable[[Path], None] = Path.mkdir
) -> Iterator[tuple[Kernel, Path]]:
    """A kernel and the folder that it works in, beside a copy of the package."""
    package = Path(fulfillment_lib.__file__).parent
    with TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as root:
        shutil.copytree(package, Path(root, package.name))
        folder = Path(root, "notebooks")
        fill(folder)
        paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        env = {**os.environ, "PYTHONPATH": paths, "IPYTHONDIR": str(Path(root, "ipython"))}
        manager = KernelManager(kernel_name="python3")
        manager.start_kernel(cwd=str(folder), env=env, stdout=DEVNULL, stderr=DEVNULL)
        client = manager.client()
        kernel = Kernel(manager, client, limit_s)
        try:
            client.start_channels()
            client.wait_for_ready(timeout=STARTS_WITHIN_S)
            yield kernel, folder
        finally:
            client.stop_channels()
            kernel.end()


def _as_text(answer: object) -> str:
    """Runs in the student's kernel."""
    import base64
    import copyreg
    import functools

    import cloudpickle

    # cloudpickle would look for a cached function by its name, in the wrong kernel.
    wrapper: Any = functools._lru_cache_wrapper
    copyreg.pickle(
        wrapper,
        lambda it: (
            wrapper,
            (it.__wrapped__, *it.cache_parameters().values(), type(it.cache_info())),
        ),
    )
    return base64.b64encode(cloudpickle.dumps(answer)).decode()


def _judgement(exercise: str, answer: str, folder: str) -> tuple[bool, str]:
    """Runs in a kernel of its own; modules that the student wrote come after all others."""
    import base64
    import os
    import pickle
    import sys

    from fulfillment_lib.course import check

    sys.path[:] = [*filter(None, sys.path), folder]
    os.chdir(folder)
    verdict = check(exercise, pickle.loads(base64.b64decode(answer)))  # noqa: S301  # it may do anything
    return verdict.passed, verdict.why


def with_answer_kept(source: str) -> tuple[str, str]:
    """An exercise cell that keeps its answer instead of checking it, and the number it checks.

    Without a check at its end the cell is as it was, and the number is empty.
    """
    try:
        code = TransformerManager().transform_cell(source)  # magics become Python
        last = ast.parse(code).body[-1:]
    except Exception:
        return source, ""  # the kernel will tell what is wrong
    match last:
        case [ast.Expr(ast.Call(ast.Name("check") | ast.Attribute(attr="check")) as call)]:
            match [*call.args, *(word.value for word in call.keywords)]:
                case [ast.Constant(number), answer]:
                    *before, line = code.encode().splitlines(keepends=True)[: call.lineno]
                    head = b"".join([*before, line[: call.col_offset]]).decode()  # it counts bytes
                    kept = f"{head}{KEPT} = (\n{ast.get_source_segment(code, answer)}\n)"
                    return kept, str(number)
    return code, ""


def handed_over(kernel: Kernel, number: str, source: str) -> str:
    """Run an exercise cell; its answer as text.

    Raises:
        NoAnswer: the cell raised, or has no answer, or the answer cannot leave its kernel.
    """
    code, checked = with_answer_kept(source)
    kernel.run(code)
    if not checked:
        raise NoAnswer("the cell does not end with its check")
    if checked != number:
        raise NoAnswer(f"the cell of {number} checks {checked}")
    try:
        text: str = kernel.run(getsource(_as_text), f"{_as_text.__name__}({KEPT})")
    except NoAnswer as problem:
        raise NoAnswer(f"the answer cannot be taken out of the notebook: {problem}") from problem
    return text


def judged(number: str, answer: str, folder: Path, limit_s: float) -> Row:
    """The verdict on an answer, by a package that no student has touched."""
    call = f"{_judgement.__name__}({number!r}, {answer!r}, {str(folder)!r})"
    with throw_away_kernel(limit_s) as (kernel, _):
        try:
            said = kernel.run(f"{getsource(_judgement)}\n_said = {call}", "_said")
        except NoAnswer as problem:
            return number, "error", str(problem)
    match said:
        case bool(passed), str(why):
            return number, "yes" if passed else "not yet", why
    return number, "error", "the answer has changed its verdict"


def verdicts(nb: NotebookNode, name: str = "", limit_s: float = SLOWEST_CELL_S) -> list[Row]:
    """A row for each exercise of the lesson that the file's name tells, or else its cells."""
    found = exercises(nb)
    wanted = expected(name) or [
        number for number in EXERCISES if number[:2] in {known[:2] for known in found}
    ]
    rows = {number: (number, "missing", "no such cell") for number in wanted}
    if not wanted:
        return [("", "missing", "no exercise cell, and the file's name tells no lesson")]
    if not rows.keys() & found.keys():
        return list(rows.values())
    numbers = {id(cell): number for number, cell in found.items()}
    answers: dict[str, str] = {}
    with throw_away_kernel(limit_s, write_student_notebooks) as (kernel, folder):
        for cell in nb.cells:
            number = numbers.get(id(cell), "")
            try:
                if number in rows:
                    answers[number] = handed_over(kernel, number, cell.source)
                elif cell.cell_type == "code":
                    kernel.run(cell.source)
            except NoAnswer as problem:
                if number in rows:
                    rows[number] = number, "error", str(problem)
        kernel.end()  # so that nothing of it runs while others judge
        for number, answer in answers.items():
            rows[number] = judged(number, answer, folder, limit_s)
    return list(rows.values())


def expected(name: str) -> list[str]:
    """The exercises of the lesson whose number a file's name begins with."""
    lesson = LESSON.match(name)
    return [number for number in EXERCISES if lesson and number.startswith(lesson[1])]


def graded(path: Path) -> list[Row]:
    """The rows of a file, even of one that is no notebook."""
    try:
        nb = nbformat.read(path, as_version=4)
        exercises(nb)
    except Exception as problem:
        why = f"cannot be read as a notebook: {error_text(problem)}"
        return [(number, "error", why) for number in expected(path.name) or [""]]
    return verdicts(nb, path.name)


def cell_of_table(text: str) -> str:
    """One line, and no formula to a spreadsheet."""
    return safe_text(printable(text, LONGEST_CELL))


def notebooks_in(name: str) -> dict[str, list[Path]]:
    """The notebooks of each student: those of a folder or of a pattern, by folder or by name."""
    base = Path(name)
    found = base.rglob("*.ipynb") if base.is_dir() else map(Path, glob(name))
    students: dict[str, list[Path]] = {}
    for path in sorted(found):
        if ".ipynb_checkpoints" not in path.parts and path.is_file():
            alone = not base.is_dir() or path.parent == base
            student = path.stem if alone else path.parent.relative_to(base).as_posix()
            students.setdefault(student, []).append(path)
    return students


def print_class(students: dict[str, list[Path]]) -> None:
    """One table of students and exercises; what was said most often goes to standard error."""
    table: dict[str, dict[str, str]] = {}
    whys: Counter[tuple[str, str, str]] = Counter()
    for student, paths in students.items():
        print(f"grading {cell_of_table(student)}", file=sys.stderr)
        rows = [row for path in paths for row in graded(path)]
        whys.update(row for row in rows if row[1] == "not yet")
        verdicts = table[student] = {}
        for number, verdict, _ in rows:  # an exercise may be in several notebooks of a student
            before = verdicts.get(number, verdict)
            verdicts[number] = min(before, verdict, key=BEST_FIRST.index)
    numbers = sorted({number for verdicts in table.values() for number in verdicts})
    lines = csv.writer(sys.stdout, lineterminator="\n")
    lines.writerow(["student", *(number or "no lesson" for number in numbers)])
    for student, verdicts in table.items():
        words = [verdicts.get(number, "") for number in numbers]
        lines.writerow(map(cell_of_table, (student, *words)))
    for (number, _, why), count in whys.most_common(5):
        print(f"{count} × {number}: {printable(why, LONGEST_CELL)}", file=sys.stderr)


def main(words: list[str]) -> None:
    """Print the table of one file, or of a class."""
    match words:
        case [name] if Path(name).is_file():
            table = csv.writer(sys.stdout, lineterminator="\n")
            table.writerow(["file", "exercise", "verdict", "why"])
            for row in graded(Path(name)):
                table.writerow(map(cell_of_table, (Path(name).name, *row)))
        case [name] if students := notebooks_in(name):
            print_class(students)
        case [name]:
            sys.exit(f"no such notebook: {name}; write make grade FILE=path/to/notebook.ipynb")
        case _:
            sys.exit("usage: grading.py FILE")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main(sys.argv[1:])
