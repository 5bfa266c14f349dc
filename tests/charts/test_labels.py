"""Labels in bars: outlines of letters that lie where a text of matplotlib would."""

from __future__ import annotations

from functools import partial
from io import BytesIO

import chart_places
import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.mathtext import MathTextParser

from fulfillment_lib.charts.labels import PAD_PT, BarLabels, Label
from fulfillment_lib.charts.palette import LIGHT
from fulfillment_lib.charts.style import LABEL_SIZE, drawable, label_width_pt

pytestmark = pytest.mark.slow  # each test draws

axes = partial(chart_places.axes, layout=None)
ROOM = (0.1, 0.1, 0.9, 0.7)
WHITE = (1.0, 1.0, 1.0)
TEXTS = [
    "ORD-001",
    "1",
    "$x$",
    "$\\frac$",
    "a$b",
    "\\$",
    "gjpqy",
    "שלום עולם",
    "日本語",
    "\U0001f4e6 box",
    "Z\u0301\u0308\u0323",
]


def labelled(*texts: str, room: tuple[float, ...] = ROOM, dpi: float = 100.0) -> Axes:
    ax = axes(4.0, 2.0, dpi)
    given = [Label(room, text, label_width_pt(text), WHITE) for text in map(drawable, texts)]
    ax.add_artist(BarLabels(given))
    ax.figure.canvas.draw()  # type: ignore[attr-defined]
    return ax


@pytest.mark.parametrize("dpi", [72.0, 100.0, 200.0])
@pytest.mark.parametrize("text", TEXTS)
def test_a_label_lies_where_a_text_would(text, dpi):
    ax = labelled(text, dpi=dpi)
    (label,) = chart_places.labels(ax)
    same = ax.text(
        0.5,
        0.4,
        drawable(text),
        ha="center",
        va="center_baseline",
        parse_math=False,
        fontsize=LABEL_SIZE,
        bbox={"linewidth": 0, "pad": PAD_PT},
    )
    ax.figure.canvas.draw()
    ground = same.get_bbox_patch().get_window_extent()
    off = np.abs(label.ground.get_points() - ground.get_points())
    assert off[:, 1].max() <= 0.8 * dpi / 72
    assert off[:, 0].max() <= (0.8 + 0.05 * label_width_pt(drawable(text))) * dpi / 72


@pytest.mark.parametrize("text", TEXTS)
def test_the_letters_of_a_label_lie_on_its_ground(text):
    (label,) = chart_places.labels(labelled(text))
    assert label.ground.x0 <= label.extent.x0 and label.extent.x1 <= label.ground.x1
    assert label.ground.y0 <= label.extent.y0 and label.extent.y1 <= label.ground.y1


def test_a_dollar_is_a_dollar(monkeypatch):
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a label was read as mathematics")

    monkeypatch.setattr(MathTextParser, "parse", refused)
    one, three = chart_places.labels(labelled("$", "$$$"))
    assert three.extent.width > 2 * one.extent.width


def test_a_label_shows_only_while_its_room_is_wide_and_high_enough():
    for room in ((0.1, 0.1, 0.2, 0.9), (0.1, 0.1, 0.9, 0.15)):
        ax = labelled("ORD-001", room=room)
        assert not chart_places.labels(ax)
        ax.figure.set_size_inches(16.0, 8.0)
        assert [label.text for label in chart_places.labels(ax)] == ["ORD-001"]


def test_labels_are_drawn_in_ink_on_a_ground_of_their_colour():
    ax = axes(4.0, 2.0)
    ax.set_axis_off()
    ax.add_artist(BarLabels([Label(ROOM, "\u2588" * 6, 1.0, (1.0, 0.0, 0.0))]))
    ax.figure.canvas.draw()
    pixels = np.asarray(ax.figure.canvas.buffer_rgba())[:, :, :3].reshape(-1, 3)
    ink = [round(255 * channel) for channel in matplotlib.colors.to_rgb(LIGHT.ink)]
    assert (pixels == [255, 0, 0]).all(1).sum() > 100 and (pixels == ink).all(1).any()


def test_labels_are_drawn_in_the_font_of_their_time():
    plain = labelled("iiii")
    with matplotlib.rc_context({"font.family": "DejaVu Sans Mono"}):
        wide = labelled("iiii")
    (narrow,), (broad,) = map(chart_places.labels, (plain, wide))
    assert broad.extent.width > 1.5 * narrow.extent.width


def test_labels_in_an_svg_are_paths():
    file = BytesIO()
    labelled("<script>").figure.savefig(file, format="svg")
    assert b"script" not in file.getvalue()


def test_no_labels_are_nothing():
    assert chart_places.labels(labelled()) == []
