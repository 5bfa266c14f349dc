"""What charts look like: colours that differ without colour, and texts whose size is known."""

import itertools
import unicodedata
from functools import partial

import chart_places
import matplotlib
import pytest
from chart_places import contrast
from matplotlib.artist import Artist
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fulfillment_lib.charts import style
from fulfillment_lib.charts.style import (
    drawable,
    legend_above,
    look,
    seconds,
    short_names,
    text_width_pt,
)
from fulfillment_lib.plan import TaskKind

pytestmark = pytest.mark.slow  # each test draws

KINDS = [*map(str, TaskKind), "gift wrapping"]
HOSTILE = [
    "$x$",
    "$\\frac$",
    "<script>alert(1)</script>",
    "a\u202eb",
    "שלום עולם",
    "日本語",
    "\U0001f4e6 box",
    "x" * 100,
    "Z\u0351\u036b\u0343" * 3,
    "_x",
    "%s {} \\n",
    "a\nb\tc",
    "\x00\x7f",
    "\ud800",
    "\u200d\u2028",
    " ",
    "\U0001fae8",
]


axes = partial(chart_places.axes, layout=None)


def test_the_contrast_is_that_of_the_standard():
    assert contrast("white", "black") == pytest.approx(21.0)
    assert contrast("#777777", "white") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(KINDS, 2)))
def test_two_kinds_differ_in_colour_and_without_any_colour(one, other):
    assert look(one)[0] != look(other)[0]
    assert look(one)[1] != look(other)[1]  # greys alone are too near: 0.41 and 0.43


@pytest.mark.parametrize("kind", KINDS)
def test_a_pattern_stands_out_from_its_colour(kind):
    colour, pattern = look(kind)
    *white, strength = style.palette().hatch
    lines = [
        strength * light + (1 - strength) * dark
        for light, dark in zip(white, to_rgb(colour), strict=True)
    ]
    assert not pattern or contrast(lines, colour) >= 1.3


@pytest.mark.parametrize("kind", KINDS)
def test_dark_text_is_readable_on_every_colour(kind):
    assert contrast(style.palette().ink, look(kind)[0]) >= 4.5
    assert contrast(style.palette().ink, "white") >= 4.5


def test_all_kinds_of_other_work_look_the_same():
    assert look("") == look("gift wrapping") == look("Packing") != look("packing")


def test_markers_and_edges_stand_out_from_paper():
    assert contrast(style.VERMILLION, "white") >= 3.0


@pytest.mark.parametrize("text", ["", "ORD-001", "Größe 12 ½", "$x$", "_x", "a  b", "x" * 40])
def test_plain_text_is_shown_as_it_is(text):
    assert drawable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a\\u202eb"),
        ("a\nb", "a\\nb"),
        ("\x00", "\\x00"),
        ("\ud800", "\\ud800"),
        ("日", "\\u65e5"),
        ("\U0001fae8", "\\U0001fae8"),
        ("a\u200db", "a\\u200db"),
    ],
)
def test_what_has_no_glyph_or_turns_the_text_is_escaped(text, shown):
    assert drawable(text) == shown


@pytest.mark.parametrize("longest", [1, 2, 7, 8, 40])
@pytest.mark.parametrize("text", [*HOSTILE, "\u202e" * 50, "日" * 9, "0123456789" * 10_000])
def test_a_drawable_text_is_short_and_printable(text, longest):
    shown = drawable(text, longest)
    assert len(shown) <= longest
    assert shown.isprintable()


def test_a_long_text_keeps_its_beginning_and_its_end():
    assert drawable("ORD-" + "0" * 90 + "17", 12) == "ORD-00…00017"
    assert len({drawable(f"{'x' * 95}{number:05d}", 16) for number in range(200)}) == 200


@pytest.mark.parametrize("text", HOSTILE)
def test_drawable_text_is_drawn_without_a_warning(text):
    ax = axes(3, 1)
    ax.text(0.1, 0.5, drawable(text), parse_math=False)
    ax.figure.canvas.draw()


@pytest.mark.parametrize("dpi", [72, 100, 200])
@pytest.mark.parametrize("size", [8.0, 10.0])
@pytest.mark.parametrize(
    "text",
    [
        "ORD-001",
        "1",
        "WWWWWWWWWWWWWWWW",
        "iiiiiiiiiiiiiiii",
        "$x^2$",
        "שלום עולם",
        "a\\u202eb",
        "Z\u0301Z\u0308Z",
        "21,588.9",
        "",
    ],
)
def test_the_width_of_a_text_is_that_of_the_drawn_one(text, size, dpi):
    ax = axes(dpi=dpi)
    drawn = ax.text(0.5, 0.5, text, fontsize=size, parse_math=False)
    drawn_pt = drawn.get_window_extent().width * 72 / dpi if text else 0.0
    assert abs(text_width_pt(text, size) - drawn_pt) <= 1.0 + 0.1 * drawn_pt


def test_the_width_of_a_text_follows_the_font_in_use():
    with matplotlib.rc_context({"font.family": "DejaVu Sans Mono"}):
        narrow, wide = text_width_pt("iiii", 10.0), text_width_pt("WWWW", 10.0)
    assert text_width_pt("iiii", 10.0) < narrow == wide < text_width_pt("WWWW", 10.0)


def test_a_letter_is_looked_up_in_the_font_in_use():
    assert drawable("ש") == "ש"
    with matplotlib.rc_context({"font.family": "DejaVu Sans Mono"}):
        assert drawable("ש") == "\\u05e9"
    assert drawable("ש") == "ש"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (7.0, "7"),
        (0.3, "0.3"),
        (0.1 + 0.2, "0.3"),
        (36.731245, "36.7"),
        (0.004, "0.004"),
        (21588.9, "21,588.9"),
        (1e6, "1,000,000"),
        (1e7, "10,000,000"),
        (1234.125, "1,234.125"),
        (0.25, "0.25"),
        (2e-7, "2e-07"),
        (0.0000005, "5e-07"),
        (0.000012, "1.2e-05"),
        (99.99999, "100.0"),
    ],
)
def test_seconds_are_short_and_true(value, shown):
    assert seconds(value) == shown


@pytest.mark.parametrize("width", [2, 4, 10])
@pytest.mark.parametrize("count", [1, 3, 8])
def test_a_legend_has_as_many_rows_as_its_axes_are_narrow(count, width):
    ax = axes(width)
    handles = [Patch(label=f"a kind of work {number}") for number in range(count)]
    high_pt = legend_above(ax, handles)
    ax.figure.canvas.draw()
    box, frame = ax.get_legend().get_window_extent(), ax.get_window_extent()
    assert box.y0 >= frame.y1 and box.x0 >= frame.x0 - 1
    assert box.x1 <= max(frame.x1, box.x0 + 150) + 1
    assert (box.y1 - frame.y1) * 72 / 100 == pytest.approx(high_pt, abs=1.0)
    assert [each.get_text() for each in ax.get_legend().get_texts()] == [
        each.get_label() for each in handles
    ]


def test_a_legend_of_nothing_is_none():
    ax = axes()
    assert legend_above(ax, []) == 0.0
    assert ax.get_legend() is None


def test_a_legend_stays_while_its_entries_and_the_width_of_its_axes_do():
    def entries(name: str = "a", colour: str = "red", hatch: str = "//") -> list[Artist]:
        return [Patch(facecolor=colour, hatch=hatch, label=name), Line2D([], [], label="b")]

    ax = axes()
    high_pt = legend_above(ax, entries())
    first = ax.get_legend()
    assert legend_above(ax, entries()) == high_pt
    assert ax.get_legend() is first
    for others in (entries("c"), entries(colour="blue"), entries(hatch=""), entries()[:1]):
        before = ax.get_legend()
        legend_above(ax, others)
        assert ax.get_legend() is not before
        shown = [text.get_text() for text in ax.get_legend().get_texts()]
        assert shown == [handle.get_label() for handle in others]
    ax.figure.set_size_inches(20.0, 3.6)
    before = ax.get_legend()
    legend_above(ax, entries()[:1])
    assert ax.get_legend() is not before
    assert legend_above(ax, []) == 0.0 and ax.get_legend() is None


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["ORD-009", "ORD-010"], ["9", "10"]),
        (["ORD-001", "ORD-002"], ["1", "2"]),
        (["A", "B"], None),
        (["ORD-001"], None),
        ([], None),
        (["a1", "a01"], None),
        (["ORD-1", "ORD-"], ["1", "-"]),
        (["x-100", "x-101", "x-200"], ["100", "101", "200"]),
    ],
)
def test_short_names_leave_out_what_all_begin_with(names, short):
    found = short_names(names)
    assert {name: texts[0] for name, texts in found.items()} == {name: name for name in names}
    assert [texts[1:] for texts in found.values()] == (
        [(each,) for each in short] if short else [()] * len(names)
    )


@pytest.mark.parametrize(
    "names",
    [
        ["ORD-1", "ORD-10", "ORD-100"],
        ["a/1", "a/2/x", "a/2/y"],
        ["0", "00", "000"],
        ["e\u0301", "e\u0300"],
        ["$x$", "$y$"],
        ["a", "ab", "abc"],
        ["x00", "x0", "x"],
    ],
)
def test_short_names_of_different_names_differ(names):
    texts = [each[-1] for each in short_names(names).values()]
    assert len(set(texts)) == len(names) and all(texts)


def test_a_short_name_never_begins_with_a_mark_that_belongs_to_a_letter_before():
    for texts in short_names(["ae\u0301", "ae\u0300"]).values():
        assert not unicodedata.combining(texts[-1][0])
