"""Values that fit no field, and that are hard to compare, to show or to print."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd


class Nameless:
    """Nothing can be said of it, and it equals nothing."""

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")


class Mute(str):
    """A text that cannot be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class Loud:
    """Clears the screen of who prints it, and turns the rest of the line around."""

    def __repr__(self) -> str:
        return "\x1b[2J\u202e"


ODDITIES = (
    *(None, 1j, Decimal(1), np.array([0.5]), pd.NA, pd.DataFrame(), b"1", [1], {}, object),
    *(Nameless(), Loud()),
)
