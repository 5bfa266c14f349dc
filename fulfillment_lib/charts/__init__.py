"""Charts of a run, in matplotlib: `plot_x(run_or_table, *, ax=None, …) -> Axes`.

With `ax=None` a chart makes a new figure; everything else goes through the axes.
"""

from fulfillment_lib.errors import from_extra

with from_extra("views", "charts"):
    import matplotlib  # noqa: F401  # tried here, so that the error can say what to install

from fulfillment_lib.charts.anatomy import plot_anatomy
from fulfillment_lib.charts.gains import plot_gains
from fulfillment_lib.charts.gantt import plot_gantt
from fulfillment_lib.charts.gantts import plot_gantts
from fulfillment_lib.charts.key import plot_key
from fulfillment_lib.charts.plan import plot_plan
from fulfillment_lib.charts.queue import plot_queue
from fulfillment_lib.charts.utilization import plot_utilization
from fulfillment_lib.charts.waits import plot_waits

__all__ = [
    "plot_anatomy",
    "plot_gains",
    "plot_gantt",
    "plot_gantts",
    "plot_key",
    "plot_plan",
    "plot_queue",
    "plot_utilization",
    "plot_waits",
]
