"""A fourth kind of task, a quality check between packing and shipping, is added to a copy.

It takes five files of the working side. Every view, every chart and the checker take it as they
are. A text that is to be replaced and is not there fails the test: so whoever changes one of the
five sees here what the change does to the next kind of task.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fulfillment_lib

pytestmark = pytest.mark.slow  # another Python, and every picture

NEW = {
    "operations/quality.py": """
from fulfillment_lib.operations.workplace import reply, serve

async def check_quality(task, attempt, workplace, warehouse_name, packages):
    number, _ = workplace.places[warehouse_name]
    draw = workplace.draw(task, number, attempt)
    await serve(draw)
    await reply(draw)
    return packages
"""
}
CHANGES = {
    "plan.py": [
        ('    PACKING = "packing"\n', '    PACKING = "packing"\n    QUALITY = "quality"\n')
    ],
    "settings.py": [
        (
            "    shipping: tuple[float, float] = (2.0, 0.5)\n",
            "    shipping: tuple[float, float] = (2.0, 0.5)\n"
            "    quality: tuple[float, float] = (3.0, 0.5)\n",
        )
    ],
    "planning.py": [
        (
            '    shipping = task(TaskKind.SHIPPING, "", [packing.id])\n'
            "    return _new_plan(order.id, (*stock_checks, packing, shipping))",
            '    quality = task(TaskKind.QUALITY, "", [packing.id])\n'
            '    shipping = task(TaskKind.SHIPPING, "", [quality.id])\n'
            "    return _new_plan(order.id, (*stock_checks, packing, quality, shipping))",
        ),
        ("packings, shippings = [], []", "packings, qualities, shippings = [], [], []"),
        (
            "    every_packing = [packing.id for packing in packings]\n",
            "        before = [packings[-1].id]\n"
            "        qualities.append(task(TaskKind.QUALITY, warehouse, before, share))\n"
            "    every_packing = [quality.id for quality in qualities]\n",
        ),
        ("(*checked, *packings, *shippings)", "(*checked, *packings, *qualities, *shippings)"),
    ],
    "orchestrator.py": [
        (
            "from fulfillment_lib.operations.shipping import",
            "from fulfillment_lib.operations.quality import check_quality\n"
            "from fulfillment_lib.operations.shipping import",
        ),
        ("    packing: Task\n", "    packing: Task\n    quality: Task\n"),
        (
            "        if packings[0].payload is None:\n"
            "            for task in (*packings, *shippings):\n",
            "        qualities = plan.of_kind(TaskKind.QUALITY)\n"
            "        if packings[0].payload is None:\n"
            "            for task in (*packings, *qualities, *shippings):\n",
        ),
        (
            "            Share(packing, shipping, packing.payload)\n"
            "            for packing, shipping in zip(packings, shippings, strict=True)\n",
            "            Share(packing, quality, shipping, packing.payload)\n"
            "            for packing, quality, shipping in "
            "zip(packings, qualities, shippings, strict=True)\n",
        ),
        (
            "            share.packages = result.value\n"
            "        else:\n"
            "            self.compensate(share, result)\n"
            "        return result.succeeded\n",
            "            share.packages = result.value\n"
            "            parcel = (self.workplace, share.warehouse, share.packages)\n"
            "            quality = self.dispatch(share.quality, check_quality, *parcel)\n"
            "            result = self.keep(await quality)\n"
            "        if not result.succeeded:\n"
            "            self.compensate(share, result)\n"
            "        if share.quality.id not in self.results:\n"
            "            self.skip(share.quality, share.error)\n"
            "        return result.succeeded\n",
        ),
    ],
}
PROGRAM = """
import matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot
from fulfillment_lib import Faults, TaskKind, charts, scenarios, simulate
from fulfillment_lib.analysis import anatomy, bounds, explain, export, invariants, kpis
from fulfillment_lib.panels import explore, replay

FAULTS = Faults(fail=0.1, hang=0.05, lost_reply=0.05)
SCENARIOS = [scenarios.web_shop, scenarios.flash_sale, scenarios.subscription_box, scenarios.b2b]
runs = [simulate(make(15)) for make in SCENARIOS]
runs += [simulate(make(15), faults=FAULTS, max_attempts=2, seed=7) for make in SCENARIOS]
for run in runs:
    assert invariants.check(run) == [], invariants.check(run)[:3]
    assert any(attempt.kind == "quality" for attempt in run.attempts)
    run.timeline(), run.summary(), run.stock(), run.digest(), anatomy(run), bounds(run)
    for by in (None, "order", "priority", "warehouse", "kind", "worker", "carrier"):
        kpis(run, by)
    assert "Quality at" in "".join(explain(run, order.id) for order in run.orders)
    for plot in (charts.plot_gantt, charts.plot_queue, charts.plot_utilization,
                 charts.plot_anatomy, charts.plot_waits):
        plot(run).figure.canvas.draw()
    charts.plot_gantts({"one": run, "other": run})
    charts.plot_gains(run, run), charts.plot_key()
    charts.plot_plan(run, run.orders[0].id).figure.canvas.draw()
    pyplot.close("all")
export.to_csv(run, "run.csv"), export.to_chrome_trace(run, "run.json")
explore(run.orders), replay(run)
print(len(runs), list(TaskKind))
"""


def test_a_fourth_kind_of_task_takes_five_files_and_no_view(tmp_path):
    copy = tmp_path / "fulfillment_lib"
    shutil.copytree(Path(fulfillment_lib.__file__).parent, copy)
    for name, text in NEW.items():
        (copy / name).write_text(text, encoding="utf-8")
    for name, changes in CHANGES.items():
        text = (copy / name).read_text(encoding="utf-8")
        for before, after in changes:
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        (copy / name).write_text(text, encoding="utf-8")
    assert len(NEW) + len(CHANGES) == 5
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("8 [")
