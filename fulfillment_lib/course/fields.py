"""A field for a guess, and texts that change when the guess is made: the live side of a notebook.

Only where a kernel runs the code and ipywidgets is installed. A saved notebook and a script have
other texts, and need neither IPython nor ipywidgets.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from html import escape
from importlib.util import find_spec
from typing import Any

from fulfillment_lib.errors import ArgumentError

_TEXTS: list[tuple[Any, Callable[[], str]]] = []  # what is on the screen, and what it should say


def live() -> bool:
    """Whether a kernel runs this, which can show fields."""
    if "IPython" not in sys.modules or find_spec("ipywidgets") is None:
        return False
    from IPython.core.getipython import get_ipython

    return hasattr(get_ipython(), "kernel")


def view(widget: Any) -> dict[str, object]:
    """What a notebook needs to show a widget, without the text that it would show elsewhere."""
    bundle: dict[str, object] = widget._repr_mimebundle_()
    return {kind: data for kind, data in bundle.items() if not kind.startswith("text/")}


def changing_text(html: Callable[[], str]) -> dict[str, object]:
    """What a notebook needs to show a text that follows `html`; nothing in a script."""
    if not live():
        return {}
    import ipywidgets

    widget = ipywidgets.HTML(html())
    _TEXTS.append((widget, html))
    return view(widget)


def guess_field(asked: str, usual: str, take: Callable[[str], None]) -> Any:
    """A field with a button; `take` gets what was typed.

    What `take` refuses is told beside the field, and the reader can type again. One guess counts.
    """
    import ipywidgets

    layout = {"width": "auto", "min_width": "24em"}
    style = {"description_width": "initial"}
    text = ipywidgets.Text(
        description=asked, placeholder=f"such as {usual}", layout=layout, style=style
    )
    button = ipywidgets.Button(description="That's my guess")
    told = ipywidgets.HTML()

    def press(_: Any) -> None:
        try:
            take(text.value.strip())
        except ArgumentError as error:
            told.value = f'<span role="alert">{escape(str(error))}</span>'
            return
        text.disabled = button.disabled = True
        told.value = "Noted."
        for widget, html in _TEXTS:
            widget.value = html()

    button.on_click(press)
    return ipywidgets.HBox([text, button, told], layout={"flex_flow": "row wrap"})
