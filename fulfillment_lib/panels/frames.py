"""A panel as a page without a kernel: every setting of a grid is drawn beforehand.

What a page asks of the grid it finds in itself: which picture, which figures and which line of code
belong to a setting. Each different picture and text is in it once.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from html import escape
from io import BytesIO
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from fulfillment_lib import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fulfillment_lib.panels.panel import Panel

Grid = dict[str, tuple[Any, ...]]
MOVING = "time_s"  # the control that a page can play
WIDTH_PX = 640  # of a picture: letters can still be read where a phone shows it at 390
COLOURS = 128  # of a picture: a third of its bytes, and hardly to be told from it
SCRIPT, STYLE = (
    Path(__file__).with_name(name).read_text(encoding="utf-8")
    for name in ("frames.js", "frames.css")
)


class Once:
    """Texts, each kept once; a text is called by its number."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number of a text, which is kept from now on."""
        return self.texts.setdefault(text, len(self.texts))


def checked_grid(panel: Panel, vary: Mapping[str, Iterable[Any]], most: int) -> Grid:
    """The values of each control that is varied.

    Raises:
        ArgumentError: no such control, a value that it does not take, or more settings than `most`.
    """
    if not panel.settable:
        checks.refuse("panel", "a panel with controls that can be stored", panel.name)
    checks.instance("vary", vary, Mapping)
    most = checks.whole("most", most, 1, 10_000)
    grid: Grid = {}
    for name, values in vary.items():
        checks.known("control in vary", name, panel.settable)
        given = (values,) if isinstance(values, str) else values
        grid[name] = tuple([_taken(panel.settable[name], name, value) for value in given])
        if not grid[name]:
            checks.refuse(f"values of {name} in vary", "at least one value", values)
        checks.unique(f"value of {name} in vary", map(str, grid[name]))
    count = prod(map(len, grid.values()))
    if count > most:
        sizes = " × ".join(str(len(values)) for values in grid.values())
        checks.refuse("vary", f"at most {most:,} settings in all", count, f"it has {sizes}")
    return grid


def piece(panel: Panel, grid: Grid) -> str:
    """The panel as HTML that can stand in any page, beside others."""
    pictures, figures, codes, words = (Once() for _ in range(4))
    start = tuple(
        values.index(now) if (now := panel.settable[name].value) in values else 0
        for name, values in grid.items()
    )
    states = []
    with _as_before(panel):
        for values in product(*grid.values()):
            for name, value in zip(grid, values, strict=True):
                panel.settable[name].value = value
            before = panel.picture.layout
            panel.show()
            if panel.picture.layout != before:  # where space was laid out, it settles at the second
                panel.show()
            states.append(
                [
                    pictures.number(_palette_png(panel.picture.widget.value)),
                    figures.number(panel.figures.value),
                    codes.number(panel.code),
                    words.number(panel.picture_words()),
                ]
            )
    kept = [[*each.texts] for each in (pictures, figures, codes, words)]
    data = json.dumps([*kept, states]).replace("</", "<\\/")
    first = states[_place(start, grid)]
    picture, table, code, alt = (texts[number] for texts, number in zip(kept, first, strict=True))
    name = f"{panel.name}-{sha256(data.encode()).hexdigest()[:8]}"
    controls = "".join(
        _control(f"{name}-{key}", key, panel.settable[key], values, at)
        for (key, values), at in zip(grid.items(), start, strict=True)
    )
    return (
        f"<figure class='fl-frames' id='{name}'><style>{STYLE}</style>"
        f"<img alt='{escape(alt)}' src='{picture}'>"
        f"<form>{controls}</form><div class='fl-table'>{table}</div>"
        f"<code class='fl-line'{'' if code else ' hidden'}>{escape(code)}</code>"
        f"<script type='application/json'>{data}</script>"
        f"<script>{SCRIPT}</script></figure>"
    )


def page(title: str, body: str) -> str:
    """A piece as a page of its own."""
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<meta name='color-scheme' content='light dark'><title>{escape(title)}</title></head>"
        f"<body>{body}</body></html>\n"
    )


@contextmanager
def _as_before(panel: Panel) -> Iterator[None]:
    """Let controls be set without a picture for each, and put all back in the end."""
    before = {control: control.value for control in panel.settable.values()}
    fit = panel.picture.width_px, panel.picture.dark
    panel.held = True
    try:
        panel.picture.fit(WIDTH_PX, False)
        yield
    finally:
        for control, value in before.items():
            control.value = value
        panel.picture.width_px, panel.picture.dark = fit
        panel.held = False
        panel.show()


def _taken(control: Any, name: str, value: Any) -> Any:
    """The value as the control has it, 3.0 of whole numbers as 3."""
    low, high = getattr(control, "min", value), getattr(control, "max", value)
    with suppress(Exception):  # it may be of no such kind at all
        own = type(control.value)(value)
        if own == value and low <= own <= high and own in getattr(control, "options", (own,)):
            return own
    checks.refuse(f"value of {name} in vary", "one that its control takes", value)


def _place(indices: tuple[int, ...], grid: Grid) -> int:
    place = 0
    for index, values in zip(indices, grid.values(), strict=True):
        place = place * len(values) + index
    return place


def _palette_png(png: bytes) -> str:
    """The picture with few colours, as an address that holds all of it."""
    small = BytesIO()
    picture = Image.open(BytesIO(png)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(small, "png", optimize=True)
    return f"data:image/png;base64,{b64encode(small.getvalue()).decode()}"


def _control(name: str, key: str, control: Any, values: tuple[Any, ...], at: int) -> str:
    """A slider for numbers, a list for words; what it stands for is beside it."""
    label = f"<label for='{name}'>{escape(control.description)}</label>"
    form = getattr(control, "readout_format", "")
    texts = [value if isinstance(value, str) else format(value, form) for value in values]
    about = f"id='{name}' data-key='{escape(key)}'"
    if any(isinstance(value, str) for value in values):
        options = "".join(
            f"<option{' selected' if place == at else ''}>{escape(text)}</option>"
            for place, text in enumerate(texts)
        )
        return f"<p>{label}<select {about}>{options}</select></p>"
    told = escape(json.dumps(texts))
    play = "<button type='button'>Play</button>" if key == MOVING else ""
    return (
        f"<p>{label}<input type='range' {about} min='0' max='{len(values) - 1}' value='{at}' "
        f"data-texts=\"{told}\" aria-valuetext='{escape(texts[at])}'>"
        f"<output for='{name}'>{escape(texts[at])}</output>{play}</p>"
    )
