"""What a chart tells apart: the classes of service, and the kinds of task.

Express has the colour of ink, as its stripe in a Gantt chart has. No class looks like a kind of
task; patterns (of areas) and dashes (of lines) tell the classes apart without any colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import pandas as pd

from fulfillment_lib.charts.palette import palette
from fulfillment_lib.charts.style import HATCHES, OTHER_HATCH
from fulfillment_lib.orders import Priority

OTHER_CLASS, OTHER_WORK = "other", "other work"


class ClassLook(NamedTuple):
    """How a class is drawn: `hatch` is for areas, `dashes` are for lines."""

    colour: str
    hatch: str
    dashes: Literal["-", "--", ":"]


def class_looks() -> dict[str, ClassLook]:
    """How each class is drawn in the theme of now, in the order of a legend."""
    colours = palette()
    return {
        Priority.EXPRESS.word: ClassLook(colours.ink, "", "-"),
        Priority.STANDARD.word: ClassLook(colours.blue, "////", "--"),
        OTHER_CLASS: ClassLook(colours.other, OTHER_HATCH, ":"),
    }


def classes(priority: pd.Series[str]) -> pd.Series[str]:
    """The class of each row of a timeline: express, standard, and all other priorities as one."""
    return priority.where(priority.isin(list(class_looks())), OTHER_CLASS)


def kinds_apart(kind: pd.Series[str]) -> pd.Series[str]:
    """The kind of each row of a timeline; several kinds of other work, which look alike, as one."""
    kind = kind.replace("", "task")
    other = ~kind.isin(list(map(str, HATCHES)))
    return kind.mask(other, OTHER_WORK) if kind[other].nunique() > 1 else kind


def occurring(names: pd.Series[str], first: Iterable[str]) -> list[str]:
    """The names that occur: those of `first` in its order, then all others as they come."""
    found = list(names.unique())
    return [str(name) for name in dict.fromkeys([*first, *found]) if name in found]
