"""Draws the picture of the README from the package (tests/test_readme.py compares it).

python notebooks/tools/picture.py
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure

from fulfillment_lib import sample_orders, simulate
from fulfillment_lib.analysis.export import write_file
from fulfillment_lib.charts import plot_gantt

PICTURE = Path(__file__).resolve().parent.parent / "data" / "gantt.png"


def draw(path: Path) -> None:
    """Write the Gantt chart of the default day as a PNG, the same bytes every time."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    plot_gantt(simulate(sample_orders(12)), ax=figure.add_subplot())
    picture = BytesIO()
    figure.savefig(picture, dpi=100, metadata={"Software": None})
    write_file(path, picture.getvalue())


if __name__ == "__main__":
    draw(PICTURE)
