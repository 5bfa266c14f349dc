"""W3: `day.py 10000` simulates a day of so many orders and makes its timeline.

It prints the processor's time per order, and the memory of the process at its height.
"""

import json
import re
import sys
from pathlib import Path
from time import process_time

from fulfillment_lib import sample_network, sample_orders, simulate

size = int(sys.argv[1])
simulate(sample_orders(10)).timeline()  # imports what comes with the first table
orders, network = sample_orders(size), sample_network(scale=max(1.0, size / 8))

start = process_time()
run = simulate(orders, network)
table = run.timeline()
taken_s = process_time() - start

fulfilled = sum(report.status == "FULFILLED" for report in run.reports)
assert fulfilled > 0.9 * size, f"only {fulfilled} of {size} orders were fulfilled"
figures = {"us_per_item": taken_s / size * 1e6}
# The kernel's own count, where there is one: `getrusage` begins with the height of the parent.
status = Path("/proc/self/status")
if status.exists() and (height := re.search(r"VmHWM:\s*(\d+) kB", status.read_text())):
    figures["memory_mb"] = int(height[1]) / 1024
json.dump(figures, sys.stdout)
