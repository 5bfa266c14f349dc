"""Charts of a run, in matplotlib: `plot_x(run_or_table, *, ax=None, …) -> Axes`.

With `ax=None` a chart makes a new figure; everything else goes through the axes.
"""

from fulfillment_lib.charts.gantt import plot_gantt

__all__ = ["plot_gantt"]
