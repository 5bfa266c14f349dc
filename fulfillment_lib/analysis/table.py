"""A DataFrame that can be shown whatever the names in it are; in all else a DataFrame.

pandas escapes HTML in a frame. But JupyterLab typesets what stands between dollars as mathematics,
and a mark of text direction turns the rest of its line around, in a page as in a terminal.
"""

from __future__ import annotations

import pandas as pd

from fulfillment_lib.errors import printable


class Table(pd.DataFrame):
    """What the views of a run return. Its parts and copies are Tables too.

    A test that compares a plain frame with it says `check_frame_type=False`.

    >>> Table({"order_id": ["left\\u202eright"]})
         order_id
    0  left\\u202eright
    """

    @property
    def _constructor(self) -> type[Table]:
        return Table

    def __repr__(self) -> str:
        return _printable_lines(super().__repr__())

    def _repr_html_(self) -> str | None:
        with pd.option_context("display.html.use_mathjax", False):
            page: str | None = super()._repr_html_()  # type: ignore[misc]  # stubs lack it
        return None if page is None else _printable_lines(page)


def _printable_lines(text: str) -> str:
    return "\n".join(printable(line, len(line) * 10) for line in text.split("\n"))
