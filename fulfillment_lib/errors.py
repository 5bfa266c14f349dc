"""The one tree of errors.

Every error that this package raises on purpose is a `FulfillmentError`. A bad argument is an
`ArgumentError`, which is a `ValueError` too. What goes wrong *inside* a run (a handler that
raises, a timeout) is no exception but an outcome in the run's records. What the machine does wrong
(a full disk, a lock, a lost executor) is no fact of an order: it ends the run as an exception.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

MOST_COMPARED = 200  # known names, with one that is misspelled


class FulfillmentError(Exception):
    """The root of the tree: `except FulfillmentError` catches all that this package raises."""


class ArgumentError(FulfillmentError, ValueError):
    """An argument breaks its rule. Raised before anything moves.

    The message is for people, and may be reworded. Code asks `field`, `rule`, `value` and
    `remedy`, or `reason`, which is all that stands behind "must be".
    """

    def __init__(self, field: str, rule: str, value: object, remedy: str = "") -> None:
        self.field, self.rule, self.value, self.remedy = field, rule, value, remedy
        self.reason = f"{rule}, got {shown(value)}" + (f"; {remedy}" if remedy else "")
        super().__init__(f"{field} must be {self.reason}")

    def __reduce__(self) -> tuple[Any, ...]:
        # Not every value can travel to another process. What it looks like can.
        state = {**vars(self), "value": shown(self.value)}
        return type(self).__new__, (type(self), *self.args), state


class FileError(FulfillmentError, ValueError):
    """A file cannot be read, or not written.

    The message lists every problem of a file that was read, with its line.
    """


class IdentifierError(FulfillmentError, ValueError):
    """The serial numbers of a ledger are used up."""


NO_PARCEL = "cannot go by parcel: "  # how the message of a ParcelError begins


class ParcelError(FulfillmentError, ValueError):
    """Something that no carrier takes as a parcel."""


class LedgerError(FulfillmentError):
    """A stock movement that the ledger refuses, or a ledger that cannot be read or written.

    Within a run it ends the run, and nothing of that attempt is kept. On a ledger in a file the
    same call goes on from there.
    """


class ClockError(FulfillmentError, RuntimeError):
    """The virtual clock cannot go on."""


class DeadlockError(ClockError):
    """Nothing is ready and nothing is scheduled, but tasks still wait."""


class SimulatedFailure(FulfillmentError):
    """What an attempt raises that was set to fail, by a rate or by a script."""


class ComputationError(FulfillmentError, RuntimeError):
    """A computation on an executor did not come back. It ends a run as a LedgerError does.

    `finished` holds what was computed until then, where there is such a thing.
    """

    finished: object = None


def shown(value: object, limit: int = 60) -> str:
    """A value as an error message shows it: on one line, escaped, and shortened.

    >>> print(shown("a" + chr(10) + "b"), shown("x" * 100)[-4:])
    'a\\nb' xx…'
    """
    if isinstance(value, str):
        plain = str.__str__(value)  # a subclass may print otherwise, or not at all
        return repr(plain if len(plain) <= limit else plain[:limit] + "…")
    try:
        text = repr(value)
    except Exception:
        text = f"<a {type(value).__name__} without a repr>"
    if not text.isprintable():
        text = text.encode("unicode_escape").decode()
    return text if len(text) <= limit else text[:limit] + "…"


def printable(text: str, limit: int) -> str:
    """Text from data on one line: what does not print is escaped, what is too long shortened.

    >>> print(printable("left\u202eright", 40), printable("x" * 9, 4))
    left\\u202eright xxx…
    """
    escaped = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
    return escaped if len(escaped) <= limit else escaped[: limit - 1] + "…"


@contextmanager
def from_extra(extra: str, what: str) -> Iterator[None]:
    """Have an import that fails inside say which extra of the package brings the library.

    Running orders needs nothing from outside; tables, charts and panels do.

    Raises:
        ModuleNotFoundError: a library is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{what} need {error.name}, which is not here: pip install 'fulfillment-lib[{extra}]'",
            name=error.name,
        ) from error


def counted(number: int, noun: str) -> str:
    """A number of things, in words.

    >>> counted(1, "worker"), counted(1200, "order")
    ('1 worker', '1,200 orders')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def nearest(name: object, names: Iterable[str]) -> str:
    """A remedy for a misspelled name: the nearest known one, else all of them.

    The case of letters does not count. Of a long list those are compared that are near in the
    alphabet.

    >>> nearest("FIFO_", ["fifo", "express_first"])
    "did you mean 'fifo'?"
    """
    from difflib import get_close_matches

    known = sorted(names)
    if not known:
        return "none are known"
    if isinstance(name, str):
        folded = {one.casefold(): one for one in _around(name, known)}
        close = get_close_matches(name.casefold(), folded, 1, 0.6)
        if close:
            return f"did you mean {shown(folded[close[0]])}?"
    listed = ", ".join(shown(name) for name in known[:8])
    return f"known are {listed}" + (f" and {len(known) - 8} more" if len(known) > 8 else "")


def _around(name: str, known: Sequence[str]) -> Iterable[str]:
    """Known names that stand near a name in a sorted list, and the same in another case.

    To compare with all of them would take hours for a long list of long names.
    """
    place = bisect_left(known, name)
    near = known[max(0, place - MOST_COMPARED // 2) : place + MOST_COMPARED // 2]
    folded = name.casefold()
    return [one for one in known if one.casefold() == folded] or near


def error_text(error: BaseException) -> str:
    """An exception as records show it: type and message, even where `str()` itself raises."""
    try:
        message = str(error)
    except Exception:
        message = "<its message cannot be shown>"
    message = message.encode("utf-8", "backslashreplace").decode()  # a record must be writable
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
