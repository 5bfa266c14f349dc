"""What a file is that was given in place of text, told by how it begins.

The message names the cause and the remedy first: whoever sees it has saved the wrong kind of file.
"""

from __future__ import annotations

import re

SAVE_ANEW = "save it as 'CSV UTF-8'"
_SPREADSHEET = f"a spreadsheet or another zipped file; {SAVE_ANEW}"
# The longer mark first: the text of a file in UTF-32 begins as one in UTF-16 does.
MARKS = (
    (b"\xff\xfe\x00\x00", f"UTF-32; {SAVE_ANEW}"),
    (b"\x00\x00\xfe\xff", f"UTF-32; {SAVE_ANEW}"),
    (b"\xff\xfe", f"UTF-16; {SAVE_ANEW}"),
    (b"\xfe\xff", f"UTF-16; {SAVE_ANEW}"),
    (b"PK\x03\x04", _SPREADSHEET),
    (b"PK\x05\x06", _SPREADSHEET),
    (b"\xd0\xcf\x11\xe0", f"an old spreadsheet (.xls); {SAVE_ANEW}"),
    (b"\x1f\x8b", "a file compressed with gzip; unpack it first"),
    (b"BZh", "a file compressed with bzip2; unpack it first"),
    (b"\xfd7zXZ\x00", "a file compressed with xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a file compressed with zstd; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"%PDF", f"a PDF; open what it was made from, and {SAVE_ANEW}"),
    (b"SQLite format 3\x00", "an SQLite database; export the table as CSV"),
    (b"PAR1", "a Parquet file; write it as CSV"),
)
_WEB_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(!doctype|html|head|body|table|\?xml)", re.IGNORECASE
)
_SEPARATOR_LINE = re.compile(r'"?sep=(.?)"?,*', re.IGNORECASE)
_OTHER_DELIMITERS = {";": "';'", "\t": "a tab", "|": "'|'"}


def other_kind(data: bytes) -> str:
    """What the bytes are in place of UTF-8 text, and the remedy; empty if nothing is known."""
    for mark, kind in MARKS:
        if data.startswith(mark):
            return kind
    if _WEB_PAGE.match(data[:200]):
        return f"a web page; open it in a browser or a spreadsheet, and {SAVE_ANEW}"
    return ""


def header_fault(line: str) -> str:
    """Why the first line of a text names no columns, and the remedy; empty if it may."""
    if line.lstrip().startswith(("[", "{")):
        return "the first line must name the columns, got JSON; give the file a name in .json"
    separator = _SEPARATOR_LINE.fullmatch(line)
    if separator:
        commas = "" if separator[1] in (",", "") else ", and save the file with commas"
        return (
            f"the first line must name the columns, got a line for a spreadsheet; remove it{commas}"
        )
    bare = re.sub(r'"[^"]*"', "", line)
    if "," not in bare:
        for delimiter, word in _OTHER_DELIMITERS.items():
            if delimiter in bare:
                return f"columns must be separated by ',', got {word}; save the file with commas"
    return ""
