"""What a picture shows, in words, for those who cannot see it: from its titles and its axes.

A title states what the chart has found; so nothing is written twice. As an IPython extension
(`%load_ext fulfillment_lib.charts.alt_text`) it puts the words beside every figure that a notebook
stores, where a book or an export finds them. `make notebooks` does so; nothing is shown otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

ALIGNMENTS: tuple[Literal["left", "center", "right"], ...] = ("left", "center", "right")
TITLE = "title"  # the mark (`gid`) of a text that is a title, but not that of one Axes


def alt_text(figure: Figure) -> str:
    """The titles of a figure, from top to bottom, and what its axes count; empty without any.

    >>> ax = Figure().add_subplot()
    >>> _ = ax.set_title("Three finish first", loc="left"), ax.set_xlabel("workers")
    >>> alt_text(ax.figure)
    'Three finish first. Across: workers.'
    """
    titles = [figure.get_suptitle(), *(title for ax in figure.axes for title in _titles(ax))]
    across = [f"Across: {label}" for label in _once(ax.get_xlabel() for ax in figure.axes)]
    upwards = [f"Upwards: {label}" for label in _once(ax.get_ylabel() for ax in figure.axes)]
    return " ".join(
        words if words[-1] in ".?!" else f"{words}."
        for words in _once([*titles, *across, *upwards])
    )


def _titles(ax: Axes) -> list[str]:
    # A chart draws the lines of such a title from the lowest to the highest.
    marked = [text.get_text() for text in reversed(ax.texts) if text.get_gid() == TITLE]
    return marked + [ax.get_title(loc=alignment) for alignment in ALIGNMENTS]


def _once(texts: Iterable[str]) -> Iterator[str]:
    """The texts that are not empty, each once, on one line."""
    return iter(dict.fromkeys(filter(None, (" ".join(text.split()) for text in texts))))


def load_ipython_extension(ipython: Any) -> None:
    """Have the kernel send the words with every figure, as metadata of its picture."""
    formatter = ipython.display_formatter
    formats = formatter.format

    def with_words(shown: Any, *args: Any, **options: Any) -> Any:
        data, metadata = formats(shown, *args, **options)
        if isinstance(shown, Figure) and "image/png" in data:
            metadata.setdefault("image/png", {})["alt"] = alt_text(shown)
        return data, metadata

    formatter.format = with_words
