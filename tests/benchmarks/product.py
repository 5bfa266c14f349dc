"""W3, the product: `simulate` with everything on, then `timeline()`, in a process of its own.

A process per size, because the memory is that of the whole process at its height, above what the
imports take.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from .measure import Row

ROOT = Path(__file__).resolve().parents[2]
LARGEST_GROWTH = 1.25  # cost per order, from the smallest size to the largest
PROGRAM = """
import json, resource, sys
from time import process_time
import pandas
from fulfillment_lib import sample_network, sample_orders, simulate
from fulfillment_lib.analysis import timeline

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB

size = int(sys.argv[1])
orders, network = sample_orders(size), sample_network(scale=max(1.0, size / 8))
before_mb, start = peak_mb(), process_time()
run = simulate(orders, network)
simulated = process_time()
table = run.timeline()
json.dump({"simulate_s": simulated - start, "timeline_s": process_time() - simulated,
           "memory_mb": peak_mb() - before_mb, "attempts": len(table),
           "fulfilled": sum(report.status == "FULFILLED" for report in run.reports)}, sys.stdout)
"""


def measured(size: int) -> dict[str, float]:
    """Times in seconds, memory in MB, and what came of the run."""
    output = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(size)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    ).stdout
    figures: dict[str, float] = json.loads(output)
    if figures["fulfilled"] < 0.9 * size:
        raise AssertionError(f"W3: only {figures['fulfilled']} of {size} orders were fulfilled")
    return figures


def rows(sizes: tuple[int, ...], rounds: int) -> list[Row]:
    """W3 measured; the ratio is the cost per order ÷ that of the smallest size."""
    best = {size: {"seconds": float("inf"), "memory_mb": 0.0} for size in sizes}
    for _ in range(rounds):
        for size in sizes:
            figures = measured(size)
            seconds = figures["simulate_s"] + figures["timeline_s"]
            best[size] = min(
                best[size],
                {"seconds": seconds, "memory_mb": figures["memory_mb"]},
                key=lambda each: each["seconds"],
            )
    smallest_us = best[sizes[0]]["seconds"] / sizes[0] * 1e6
    return [
        Row(
            "W3 product",
            "simulate + timeline",
            size,
            us,
            us / smallest_us,
            memory_mb=best[size]["memory_mb"],
        )
        for size in sizes
        for us in [best[size]["seconds"] / size * 1e6]
    ]
