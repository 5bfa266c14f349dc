"""What a panel and the page that shows it tell each other.

The page tells how wide it is and whether it is dark; the panel tells the words of its picture and
its line of code. What needs a browser is in `page.js`: names for screen readers, the clipboard, and
what is said when the kernel has stopped. Where no browser is, nothing is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from anywidget import AnyWidget
from IPython.core.getipython import get_ipython
from ipywidgets import Widget
from traitlets import Bool, Int, Unicode


class Page(AnyWidget):
    """The place of a panel in its page; `width` is in pixels, ample until it is told."""

    _esm = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
    _css = ".fl-panel.jupyter-widgets-disconnected::before, "
    _css += ".fl-panel .jupyter-widgets-disconnected::before { content: none; }"  # said in words
    width = Int(1280).tag(sync=True)
    dark = Bool(False).tag(sync=True)
    alt = Unicode("").tag(sync=True)
    code = Unicode("").tag(sync=True)


def when_cell_runs_again(act: Callable[[], None]) -> None:
    """Call `act` once, just before the cell that runs now is run the next time.

    Cells are told apart by the ids that JupyterLab and others send along. Without them, as in a
    terminal, or where no cell runs, `act` is never called: nothing would say what is meant.
    """
    shell: Any = get_ipython()
    parent: dict[str, Any] = getattr(shell, "get_parent", dict)()
    cell_id = parent.get("metadata", {}).get("cellId")

    def before_cell(info: Any) -> None:
        if info.cell_id == cell_id:
            shell.events.unregister("pre_run_cell", before_cell)
            act()

    if cell_id is not None:
        shell.events.register("pre_run_cell", before_cell)


def parts(widget: Any) -> Iterator[Any]:
    """A widget and all that it is made of: children, layouts and styles."""
    for name in widget.keys:
        value = getattr(widget, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Widget):
                yield from parts(part)
    yield widget


def named(name: str, widget: Any) -> Any:
    """The widget, with a class by which style sheets and tests find it."""
    widget.add_class(f"fl-{name}")
    return widget
