"""The classes of service in a chart: express, standard, and all other priorities as one.

Express is dark, as its stripe in a Gantt chart is. No class looks like a kind of task; patterns
(of areas) and dashes (of lines) tell the classes apart without any colour.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import pandas as pd

from fulfillment_lib.charts.style import INK, OTHER_COLOUR, OTHER_HATCH
from fulfillment_lib.orders import Priority

OTHER = "other"


class ClassLook(NamedTuple):
    """How a class is drawn: `hatch` is for areas, `dashes` are for lines."""

    colour: str
    hatch: str
    dashes: Literal["-", "--", ":"]


CLASS_LOOKS = {
    Priority.EXPRESS.word: ClassLook(INK, "", "-"),
    Priority.STANDARD.word: ClassLook("#0072B2", "////", "--"),
    OTHER: ClassLook(OTHER_COLOUR, OTHER_HATCH, ":"),
}


def classes(priority: pd.Series[str]) -> pd.Series[str]:
    """The class of each row of a timeline."""
    return priority.where(priority.isin(list(CLASS_LOOKS)), OTHER)


def occurring(of: pd.Series[str]) -> list[str]:
    """The classes that occur, express first."""
    return [name for name in CLASS_LOOKS if (of == name).any()]
