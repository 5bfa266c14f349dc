"""The digest of a run: its records, written out as JSON, become one SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import is_dataclass
from json import JSONEncoder

from fulfillment_lib.analysis.run import Run, need_run
from fulfillment_lib.engine.tasks import Task


def digest(run: Run) -> str:
    """A SHA-256 of attempts, results, movements and reports, in hexadecimal.

    Equal runs have equal digests on any machine. What a handler was given (a task's payload) is
    left out.

    Raises:
        ArgumentError: `run` has not the records of a run.
        TypeError: a value is neither a record, a number, a text nor a collection of them.
        ValueError: a number is infinite or NaN.
    """
    need_run(run)
    # Escapes would give a character beyond 16 bits and its two surrogates the same digest.
    encoder = JSONEncoder(sort_keys=True, allow_nan=False, ensure_ascii=False)
    sha = hashlib.sha256()
    for records in (run.attempts, run.results, run.movements, run.reports):
        for record in records:
            sha.update(encoder.encode(_plain(record)).encode("utf-8", "surrogatepass"))
        sha.update(b"\n")
    return sha.hexdigest()


def _plain(value: object) -> object:
    """The same as lists, dicts, texts and numbers; JSON writes those of a subclass as of its base.

    A mapping whose keys are no texts is refused, since JSON writes the keys 1 and "1" alike.
    """
    if isinstance(value, float):
        return value + 0.0  # adding zero makes -0.0, an equal number, 0.0
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, type) or not is_dataclass(value):
        raise TypeError(f"a digest takes records, numbers and texts, got a {type(value).__name__}")
    hidden = "payload" if isinstance(value, Task) else ""
    return {
        name: _plain(getattr(value, name)) for name in value.__dataclass_fields__ if name != hidden
    }
