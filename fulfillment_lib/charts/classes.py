"""What a chart tells apart: the classes of service, and the kinds of task.

Express is dark, as its stripe in a Gantt chart is. No class looks like a kind of task; patterns
(of areas) and dashes (of lines) tell the classes apart without any colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import pandas as pd

from fulfillment_lib.charts.style import BLUE, COLOURS, INK, OTHER_COLOUR, OTHER_HATCH
from fulfillment_lib.orders import Priority

OTHER_CLASS, OTHER_WORK = "other", "other work"


class ClassLook(NamedTuple):
    """How a class is drawn: `hatch` is for areas, `dashes` are for lines."""

    colour: str
    hatch: str
    dashes: Literal["-", "--", ":"]


CLASS_LOOKS = {
    Priority.EXPRESS.word: ClassLook(INK, "", "-"),
    Priority.STANDARD.word: ClassLook(BLUE, "////", "--"),
    OTHER_CLASS: ClassLook(OTHER_COLOUR, OTHER_HATCH, ":"),
}


def classes(priority: pd.Series[str]) -> pd.Series[str]:
    """The class of each row of a timeline: express, standard, and all other priorities as one."""
    return priority.where(priority.isin(list(CLASS_LOOKS)), OTHER_CLASS)


def kinds_apart(kind: pd.Series[str]) -> pd.Series[str]:
    """The kind of each row of a timeline; several kinds of other work, which look alike, as one."""
    kind = kind.replace("", "task")
    other = ~kind.isin(list(map(str, COLOURS)))
    return kind.mask(other, OTHER_WORK) if kind[other].nunique() > 1 else kind


def occurring(names: pd.Series[str], first: Iterable[str]) -> list[str]:
    """The names that occur: those of `first` in its order, then all others as they come."""
    found = list(names.unique())
    return [str(name) for name in dict.fromkeys([*first, *found]) if name in found]
