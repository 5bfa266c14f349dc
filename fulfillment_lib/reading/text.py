"""A file from elsewhere → its text, or the rows of its table, or all that is wrong with it.

Files are untrusted: they are read as UTF-8 text up to a stated size, and nothing in them is ever
run, followed or guessed. Whatever is wrong becomes a line of one `FileError`.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from fulfillment_lib import checks
from fulfillment_lib.errors import FileError, counted, nearest, shown

Names = Sequence[str]  # of columns or keys
MOST_BYTES = 256 * 1024 * 1024
MOST_LISTED = 20
LONGEST_PLAIN_PATH = 400  # that is shown as it is
_SAVE_ANEW = "save it as 'CSV UTF-8'"
_OTHER_DELIMITERS = {";": "';'", "\t": "a tab", "|": "'|'"}


class Problems:
    """What is wrong with one file, collected for one message.

    `lost` says that a part of the file could not be read at all, so that a name which is not
    found may be in that part.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.count = 0
        self.listed: list[str] = []
        self.lost = False

    @property
    def full(self) -> bool:
        """Whether further problems are only counted; their text need not be worked out."""
        return len(self.listed) >= MOST_LISTED

    def add(self, place: str, reason: str) -> None:
        """One more problem; `place` is a line, or empty for the file as a whole."""
        self.count += 1
        if not self.full:
            self.listed.append(f"{place}: {reason}" if place else reason)

    def lose(self, place: str, reason: str) -> None:
        """One more problem, because of which a part of the file could not be read."""
        self.lost = True
        self.add(place, reason)

    def remedy(self, name: str, names: Iterable[str]) -> str:
        """The known name nearest to a wrong one; none is sought for a problem only counted."""
        return "" if self.full else f"; {nearest(name, names)}"

    def __str__(self) -> str:
        plain = self.path.isprintable() and len(self.path) <= LONGEST_PLAIN_PATH
        name = self.path if plain else shown(self.path, 200)
        more = self.count - len(self.listed)
        listed = [*self.listed, f"and {more:,} more"] if more else self.listed
        return "\n  ".join([f"{name}: {counted(self.count, 'problem')}", *listed])


def raise_problems(*files: Problems) -> None:
    """Raise one error for all problems of all the files, if there are any."""
    found = [str(problems) for problems in files if problems.count]
    if found:
        raise FileError("\n".join(found))


class Row(NamedTuple):
    """One row of a table: the line on which it begins, and its cells by column."""

    line: int
    cells: dict[str, str]

    @property
    def place(self) -> str:
        """Where the row is, as a message says it."""
        return f"line {self.line}"


class _Unreadable(Exception):
    """Nothing more of a file can be read: the reason, and the line if it is known."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.reason, self.place = reason, place


def read_text(problems: Problems) -> str:
    """The text of the file, without a byte order mark; empty if there is a problem."""
    try:
        return _decoded(_read_bytes(problems.path))
    except _Unreadable as problem:
        problems.lose(problem.place, problem.reason)
    return ""


def read_rows(problems: Problems, required: Names, optional: Names = ()) -> Iterator[Row]:
    """The rows of a CSV file with a header, in the file's order.

    Cells are separated by commas; spaces and tabs around a cell do not count, and rows without
    any content are passed over. Problems of the header are told alone, since without it no cell
    has a meaning. A row may span lines, where a quoted cell holds line breaks.
    """
    text = read_text(problems)
    if problems.count:
        return
    try:
        rows = _numbered_rows(text)
        line, header = next(rows, (1, []))
        _check_header(header, f"line {line}")
        check_names(problems, f"line {line}", "column", header, required, optional)
        if problems.count:
            return
        for line, cells in rows:
            if len(cells) == len(header):
                yield Row(line, dict(zip(header, cells, strict=True)))
            else:
                long = f"{len(header)} cells long, as the header is, got {len(cells)}"
                problems.lose(f"line {line}", f"a row must be {long}")
    except _Unreadable as problem:
        problems.lose(problem.place, problem.reason)


def check_names(
    problems: Problems, place: str, word: str, names: Names, required: Names, optional: Names
) -> None:
    """The names of columns or keys: all that are required, no other than known, none twice."""
    for name in sorted(set(required).difference(names)):
        problems.lose(place, f"{word} {shown(name)} is missing")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            problems.lose(place, f"{word} must be unique, got {shown(name)}")
        elif name not in required and name not in optional:
            remedy = problems.remedy(name[: checks.LONGEST_NAME].lower(), (*required, *optional))
            problems.lose(place, f"{word} must be a known name, got {shown(name)}{remedy}")
        seen.add(name)


def _read_bytes(path: str) -> bytes:
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            with open(path, "rb") as file:
                return file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise _Unreadable("the file must exist; there is none at this path") from error
    except ValueError as error:  # Python's own words for it differ from version to version
        raise _Unreadable("the path must not hold NUL characters") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise _Unreadable(f"the file cannot be opened: {reason.lower()}") from error
    kind = "a file, got a directory" if stat.S_ISDIR(mode) else "an ordinary file"
    raise _Unreadable(f"the path must be that of {kind}")


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise _Unreadable(f"the file must be at most {MOST_BYTES:,} bytes long")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _Unreadable(f"the text must be UTF-8, got UTF-16; {_SAVE_ANEW}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = f"the byte 0x{error.object[error.start]:02X}"
        place = _line_of(error.object, error.start)
        raise _Unreadable(f"the text must be UTF-8, got {wrong}; {_SAVE_ANEW}", place) from error
    if b"\0" in data:
        rule = "the text must not hold NUL characters, as a file in UTF-16 does"
        raise _Unreadable(f"{rule}; {_SAVE_ANEW}", _line_of(data, data.index(b"\0")))
    return text


def _numbered_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    import csv

    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    line = 1
    try:
        for row in reader:
            cells = [cell.strip(" \t") for cell in row]
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        broken = f"the CSV is broken in the row that begins here: {error}"
        raise _Unreadable(f"{broken}; what follows was not read", f"line {line}") from error


def _check_header(names: Names, place: str) -> None:
    if not names:
        raise _Unreadable("the file must name its columns in the first row, got an empty file")
    for delimiter, word in _OTHER_DELIMITERS.items():
        if len(names) == 1 and delimiter in names[0]:
            rule = f"columns must be separated by ',', got {word}"
            raise _Unreadable(f"{rule}; save the file with commas", place)


def _line_of(data: bytes, position: int) -> str:
    return f"line {data.count(bytes([10]), 0, position) + 1}"
