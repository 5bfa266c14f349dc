"""W4: `slider.py 40` moves the slider "workers" of the panel `explore` on so many orders.

No kernel runs, so the panel simulates and draws within the assignment. It prints the processor's
time of a move, the mean of twenty.
"""

import json
import sys
from itertools import pairwise
from time import process_time

from fulfillment_lib import sample_orders
from fulfillment_lib.panels import explore

# From where the slider stands, step by step: to the upper end, to the lower one, and back.
MOVES = (*range(6, 11), *range(9, 0, -1), *range(2, 8))

panel = explore(sample_orders(int(sys.argv[1])))
slider, picture = panel.controls["workers"], panel.picture.widget
shown = [picture.value]
assert slider.value == MOVES[0] - 1

start = process_time()
for workers in MOVES:
    slider.value = workers
    shown.append(picture.value)
taken_s = process_time() - start

assert all(png != before for before, png in pairwise(shown))
json.dump({"us_per_item": taken_s / len(MOVES) * 1e6}, sys.stdout)
