"""The few figures of a run that a panel shows beside the picture: records in, a dict out.

They are those of `kpis`, picked and computed in a twentieth of the time, for a slider that moves.
"""

from __future__ import annotations

import numpy as np

from fulfillment_lib.analysis.timeline import Run, need_run
from fulfillment_lib.orders import Priority


def headline(run: Run) -> dict[str, float]:
    """Makespan, lead times, utilization and fill; NaN where there is nothing to count.

    Keys: "makespan_s"; for both classes "express mean lead time_s" and "express p95 lead time_s",
    the same for standard; "utilization" and "unit fill" (from 0 to 1); "orders fulfilled".
    """
    need_run(run)
    makespan_s = max((each.finish_s for each in run.attempts), default=0.0)
    busy_s = sum(each.service_s for each in run.attempts)
    ordered = sum(report.total("ordered") for report in run.reports)
    shipped = sum(report.total("shipped") for report in run.reports)
    figures = {"makespan_s": makespan_s}
    for priority in Priority:
        leads = [each.lead_time_s for each in run.reports if each.priority is priority]
        figures[f"{priority.word} mean lead time_s"] = float(np.mean(leads)) if leads else np.nan
        figures[f"{priority.word} p95 lead time_s"] = (
            float(np.percentile(leads, 95)) if leads else np.nan)
    return figures | {
        "utilization": busy_s / (run.settings.workers * makespan_s) if makespan_s else np.nan,
        "unit fill": shipped / ordered if ordered else np.nan,
        "orders fulfilled": float(sum(each.status == "FULFILLED" for each in run.reports)),
    }
