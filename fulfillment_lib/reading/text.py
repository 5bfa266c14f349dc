"""A file of someone else's → its text, or the rows of its table, or all that is wrong with it.

Files are untrusted: they are read as UTF-8 text up to a stated size, and nothing in them is ever
run, followed or guessed. Whatever is wrong becomes a line of one `FileError`.
"""

from __future__ import annotations

import csv
import io
import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fulfillment_lib.checks import LONGEST_NAME
from fulfillment_lib.errors import FileError, nearest, shown

MOST_BYTES = 256 * 1024 * 1024
MOST_LISTED = 20
LONGEST_PLAIN_PATH = 400  # that is shown as it is
_OTHER_DELIMITERS = {";": "';'", "\t": "a tab", "|": "'|'"}


class Problems:
    """What is wrong with one file, collected so that it can be told together.

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

    def add(self, place: str, reason: str, *, lost: bool = False) -> None:
        """One more problem; `place` is a line, or empty for the file as a whole."""
        self.count += 1
        self.lost = self.lost or lost
        if not self.full:
            self.listed.append(f"{place}: {reason}" if place else reason)

    def __str__(self) -> str:
        plain = self.path.isprintable() and len(self.path) <= LONGEST_PLAIN_PATH
        name = self.path if plain else shown(self.path, 200)
        more = self.count - len(self.listed)
        listed = [*self.listed, f"and {more:,} more"] if more else self.listed
        plural = "" if self.count == 1 else "s"
        return "\n  ".join([f"{name}: {self.count:,} problem{plural}", *listed])


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


def read_text(problems: Problems) -> str:
    """The text of the file, without a byte order mark; empty if there is a problem."""
    data = _read_bytes(problems)
    if len(data) > MOST_BYTES:
        problems.add("", f"the file must be at most {MOST_BYTES:,} bytes long", lost=True)
        return ""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        problems.add("", "the text must be UTF-8, got UTF-16; save it as 'CSV UTF-8'", lost=True)
        return ""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(
            _line_of(error.object, error.start),
            f"the text must be UTF-8, got the byte 0x{error.object[error.start]:02X}; "
            "save it as 'CSV UTF-8'",
            lost=True,
        )
        return ""
    if b"\0" in data:
        problems.add(
            _line_of(data, data.index(b"\0")),
            "the text must not hold NUL characters, as a file in UTF-16 does; "
            "save it as 'CSV UTF-8'",
            lost=True,
        )
        return ""
    return text


def read_rows(
    problems: Problems, required: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[Row]:
    """The rows of a CSV file with a header, in the file's order.

    Cells are separated by commas; spaces and tabs around a cell do not count, and rows without
    any content are passed over. Problems of the header are told alone, since without it no cell
    has a meaning. A row may span lines, where a quoted cell holds line breaks.
    """
    text = read_text(problems)
    if problems.count:
        return
    rows = _numbered_rows(text, problems)
    header = next(rows, (1, []))
    if problems.count or not _check_header(header, problems, required, optional):
        return
    for line, cells in rows:
        if len(cells) == len(header[1]):
            yield Row(line, dict(zip(header[1], cells, strict=True)))
        else:
            problems.add(
                f"line {line}",
                f"a row must be {len(header[1])} cells long, as the header is, got {len(cells)}",
                lost=True,
            )


def check_names(
    problems: Problems,
    place: str,
    word: str,
    names: Sequence[str],
    required: Sequence[str],
    optional: Sequence[str],
) -> None:
    """The names of columns or keys: all that are required, no other than known, none twice."""
    for name in sorted(set(required).difference(names)):
        problems.add(place, f"{word} {shown(name)} is missing", lost=True)
    seen: set[str] = set()
    for name in names:
        if name in seen:
            problems.add(place, f"{word} must be unique, got {shown(name)}", lost=True)
        elif name not in required and name not in optional:
            remedy = (
                ""
                if problems.full
                else (f"; {nearest(name[:LONGEST_NAME].lower(), (*required, *optional))}")
            )
            problems.add(
                place, f"{word} must be a known name, got {shown(name)}{remedy}", lost=True
            )
        seen.add(name)


def _read_bytes(problems: Problems) -> bytes:
    try:
        mode = os.stat(problems.path).st_mode
        if stat.S_ISREG(mode):
            with open(problems.path, "rb") as file:
                return file.read(MOST_BYTES + 1)
        reason = "a file, got a directory" if stat.S_ISDIR(mode) else "an ordinary file"
        problems.add("", f"the path must be that of {reason}", lost=True)
    except FileNotFoundError:
        problems.add("", "the file must exist; there is none at this path", lost=True)
    except ValueError:  # Python's own words for it differ from version to version
        problems.add("", "the path must not hold NUL characters", lost=True)
    except OSError as error:
        reason = error.strerror or str(error)
        problems.add("", f"the file cannot be opened: {reason.lower()}", lost=True)
    return b""


def _numbered_rows(text: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = [cell.strip(" \t") for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            problems.add(
                f"line {line}",
                f"the CSV is broken in the row that begins here: {error}; "
                "what follows was not read",
                lost=True,
            )
            return
        if any(cells):
            yield line, cells


def _check_header(
    header: tuple[int, list[str]],
    problems: Problems,
    required: Sequence[str],
    optional: Sequence[str],
) -> bool:
    line, names = header
    if not names:
        problems.add(
            "", "the file must name its columns in the first row, got an empty file", lost=True
        )
        return False
    for delimiter, word in _OTHER_DELIMITERS.items():
        if len(names) == 1 and delimiter in names[0]:
            problems.add(
                f"line {line}",
                f"columns must be separated by ',', got {word}; save the file with commas",
                lost=True,
            )
            return False
    check_names(problems, f"line {line}", "column", names, required, optional)
    return not problems.count


def _line_of(data: bytes, position: int) -> str:
    return f"line {data.count(bytes([10]), 0, position) + 1}"
