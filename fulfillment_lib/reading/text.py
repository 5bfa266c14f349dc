"""A file from elsewhere → its text, or the rows of its table, or all that is wrong with it.

Files are untrusted: they are read as UTF-8 text up to a stated size, and nothing in them is ever
run, followed or guessed. Whatever is wrong becomes a line of one `FileError`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple, NoReturn

from fulfillment_lib import checks
from fulfillment_lib.errors import FileError, counted, nearest, shown
from fulfillment_lib.reading.recognise import SAVE_ANEW, header_fault, other_kind

Names = Sequence[str]  # of columns or keys
Numbered = Iterator[tuple[int, list[str]]]  # rows, each with the line on which it begins
MOST_BYTES = 256 * 1024 * 1024
MOST_LISTED = 20
LONGEST_PLAIN_PATH = 400  # that is shown as it is
MOST_LINES = 10_000_000
MOST_PROBLEMS = 1_000  # then reading stops
# What does not count at the ends of a cell: every space of Unicode, and marks without width that
# programs leave there. Two ids that differ by one of them would look the same and be two orders.
BLANKS = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff"
)
# Blanks of one line, as a part of a pattern; and a quoted cell with blanks around it.
_B = "[" + "".join(mark for mark in BLANKS if mark not in "\r\n") + "]"
_QUOTE_BESIDE_BLANK = re.compile(f'{_B}"|"{_B}')
_QUOTED_CELL = re.compile(
    rf"""(?:\A|(?<=[,\r\n])){_B}*+("(?>[^"]*+(?:""[^"]*+)*+)"){_B}*+(?=[,\r\n]|\Z)"""
)
_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n|\Z)")
_END = re.compile(r"\r\n?|\n")


class EnoughRead(Exception):
    """So much is wrong with a file, or so much is in it, that nothing more is read."""


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
        if self.count >= MOST_PROBLEMS:
            self.lost = True
            raise EnoughRead

    def stop(self, place: str, reason: str) -> NoReturn:
        """One more problem, because of which nothing more is read."""
        self.lose(place, reason)
        raise EnoughRead

    def lose(self, place: str, reason: str) -> None:
        """One more problem, because of which a part of the file could not be read."""
        self.lost = True
        self.add(place, reason)

    def need_sold(self, place: str, sku: str, skus: Collection[str] | None) -> None:
        """An SKU must be one of those sold, if these are known."""
        if skus is not None and sku not in skus:
            got = f"{shown(sku)}{self.remedy(sku, skus)}"
            self.add(place, f"sku must be one that the network sells, got {got}")

    def remedy(self, name: str, names: Iterable[str]) -> str:
        """The known name nearest to a wrong one; none is sought for a problem only counted."""
        return "" if self.full else f"; {nearest(name, names)}"

    def __str__(self) -> str:
        plain = self.path.isprintable() and len(self.path) <= LONGEST_PLAIN_PATH
        name = self.path if plain else shown(self.path, 200)
        more = self.count - len(self.listed)
        rest = f"and {more:,} more" + ("; reading stopped" if self.count >= MOST_PROBLEMS else "")
        listed = [*self.listed, rest] if more else self.listed
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


def read_text(problems: Problems, most_bytes: int | None = None) -> str:
    """The text of the file, without a byte order mark; empty if there is a problem."""
    most_bytes = MOST_BYTES if most_bytes is None else most_bytes
    try:
        return _decoded(_read_bytes(problems.path, most_bytes), most_bytes)
    except _Unreadable as problem:
        problems.lose(problem.place, problem.reason)
    return ""


def read_rows(
    problems: Problems, required: Names, optional: Names = (), *, others: bool = False
) -> Iterator[Row]:
    """The rows of a CSV file with a header, in the file's order.

    Cells are separated by commas; blanks around a cell do not count, nor around its quotes, and
    rows and columns without any content are passed over, with `others` columns of other names,
    too. Problems of the header are told alone, since without it no cell
    has a meaning. A row may span lines, where a quoted cell holds line breaks.
    """
    text = read_text(problems)
    if problems.count:
        return
    try:
        rows = _numbered_rows(text)
        line, header = next(rows, (1, []))
        if not header:
            raise _Unreadable("the file must name its columns in the first row, got an empty file")
        known = {*required, *optional}
        names = [name for name in header if name and (name in known or not others)]
        check_names(problems, f"line {line}", "column", names, required, optional)
        if problems.count:
            return
        if names == header:
            yield from _full_rows(problems, rows, header)
        else:
            places = [place for place, name in enumerate(header) if name in known]
            yield from _picked_rows(problems, rows, header, places)
    except _Unreadable as problem:
        problems.lose(problem.place, problem.reason)


def _full_rows(problems: Problems, rows: Numbered, header: Names) -> Iterator[Row]:
    """Rows of which every cell has a name."""
    width = len(header)
    for line, cells in rows:
        if len(cells) == width:
            yield Row(line, dict(zip(header, cells, strict=True)))
        else:
            _tell_width(problems, line, header, cells)


def _picked_rows(
    problems: Problems, rows: Numbered, header: Names, places: Sequence[int]
) -> Iterator[Row]:
    """Rows with the cells of some columns; what stands in a column without name is a problem."""
    names = [header[place] for place in places]
    nameless = [place for place, name in enumerate(header) if not name]
    for line, cells in rows:
        if len(cells) != len(header):
            _tell_width(problems, line, header, cells)
            continue
        for place in nameless:
            if cells[place]:
                got = f"got {shown(cells[place])} in column {place + 1}"
                problems.lose(f"line {line}", f"a column with content must have a name, {got}")
        yield Row(line, dict(zip(names, [cells[place] for place in places], strict=True)))


def _tell_width(problems: Problems, line: int, header: Names, cells: Names) -> None:
    long = f"{len(header)} cells long, as the header is, got {len(cells)}"
    problems.lose(f"line {line}", f"a row must be {long}")


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


def _read_bytes(path: str, most_bytes: int) -> bytes:
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            with open(path, "rb") as file:
                return file.read(most_bytes + 1)
    except FileNotFoundError as error:
        raise _Unreadable("the file must exist; there is none at this path") from error
    except ValueError as error:  # Python's own words for it differ from version to version
        raise _Unreadable("the path must not hold NUL characters") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise _Unreadable(f"the file cannot be opened: {reason.lower()}") from error
    kind = "a file, got a directory" if stat.S_ISDIR(mode) else "an ordinary file"
    raise _Unreadable(f"the path must be that of {kind}")


def _decoded(data: bytes, most_bytes: int) -> str:
    if len(data) > most_bytes:
        raise _Unreadable(f"the file must be at most {most_bytes:,} bytes long")
    if kind := other_kind(data):
        raise _Unreadable(f"the text must be UTF-8, got {kind}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = f"the byte 0x{error.object[error.start]:02X}"
        place = _line_of(error.object, error.start)
        raise _Unreadable(f"the text must be UTF-8, got {wrong}; {SAVE_ANEW}", place) from error
    if b"\0" in data:
        rule = "the text must not hold NUL characters, as a file in UTF-16 does"
        raise _Unreadable(f"{rule}; {SAVE_ANEW}", _line_of(data, data.index(b"\0")))
    return text


def _numbered_rows(text: str) -> Numbered:
    import csv

    content = re.search(rf"[^{BLANKS}][^\r\n]*", text)
    if content and (fault := header_fault(content[0].strip(BLANKS))):
        raise _Unreadable(fault, f"line {len(_END.findall(text, 0, content.start())) + 1}")
    if _QUOTE_BESIDE_BLANK.search(text):
        text = _QUOTED_CELL.sub(r"\1", text)
    lines = (found[0] for found in _LINE.finditer(text))
    reader = csv.reader(lines, strict=True)
    line = 1
    try:
        for row in reader:
            cells = [cell.strip(BLANKS) for cell in row]
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
            if line > MOST_LINES:
                raise _Unreadable(f"a file must have at most {MOST_LINES:,} lines")
    except csv.Error as error:
        broken = f"the CSV is broken in the row that begins here: {error}"
        raise _Unreadable(f"{broken}; what follows was not read", f"line {line}") from error


def _line_of(data: bytes, position: int) -> str:
    ends = len(re.findall(rb"\r\n?|\n", data[:position]))
    return f"line {ends + 1}"
