"""Draws the pictures of the README from the package (tests/test_readme.py compares them).

python notebooks/tools/picture.py

One moves: the same day, played by the panel `replay`. Who has asked the system for less motion
sees the other one, which is its end.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from fulfillment_lib import sample_orders, simulate
from fulfillment_lib.analysis.export import write_file
from fulfillment_lib.charts import plot_gantt
from fulfillment_lib.panels import replay

DATA = Path(__file__).resolve().parent.parent / "data"
PICTURE, MOVING = DATA / "gantt.png", DATA / "day.gif"
STEPS, STEP_MS, END_MS = 36, 220, 4_000
COLOURS = 48  # enough for flat colours and the edges of letters


def draw(path: Path) -> None:
    """Write the Gantt chart of the default day as a PNG, the same bytes every time."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    plot_gantt(simulate(sample_orders(12)), ax=figure.add_subplot())
    picture = BytesIO()
    figure.savefig(picture, dpi=100, metadata={"Software": None})
    write_file(path, picture.getvalue())


def draw_moving(path: Path) -> None:
    """Write the default day, moment by moment, as an animated picture; the same bytes, too."""
    run = simulate(sample_orders(12))
    panel = replay(run)
    moments = []
    for step in range(STEPS + 1):
        panel.time.value = run.makespan_s * step / STEPS
        moments.append(Image.open(BytesIO(panel.picture.widget.value)).convert("RGB"))
    # The last moment has all colours. One palette for all, or the background would flicker.
    palette = moments[-1].quantize(COLOURS, dither=Image.Dither.NONE)
    first, *others = [
        moment.quantize(palette=palette, dither=Image.Dither.NONE) for moment in moments
    ]
    durations_ms = [STEP_MS] * STEPS + [END_MS]
    first.save(path, save_all=True, append_images=others, duration=durations_ms, loop=0)


if __name__ == "__main__":
    draw(PICTURE)
    draw_moving(MOVING)
