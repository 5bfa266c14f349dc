"""What importing costs: `import fulfillment_lib` beside `import asyncio`, each in a new process.

The difference is to stay below 60 ms, and none of the heavy libraries may come along.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .measure import Row

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pandas", "numpy", "matplotlib", "ipywidgets", "IPython")
PROGRAM = """
import sys
from time import process_time
start = process_time()
import {module}
print(process_time() - start, *({heavy} & set(sys.modules)))
"""


def import_s(module: str) -> float:
    """Seconds of one import in a fresh process, its bytecode being there already."""
    program = PROGRAM.format(module=module, heavy=set(HEAVY))
    output = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout
    seconds, *heavy = output.split()
    if heavy:
        raise AssertionError(f"import {module} brings along {', '.join(heavy)}")
    return float(seconds)


def rows(rounds: int) -> list[Row]:
    """The best of several imports; the ratio is the contender's time ÷ that of this library."""
    modules = ("fulfillment_lib", "asyncio")
    best = dict.fromkeys(modules, float("inf"))
    for _ in range(rounds):
        for module in modules:
            best[module] = min(best[module], import_s(module))
    return [
        Row("import", module, 1, best[module] * 1e6, best[module] / best[modules[0]])
        for module in modules
    ]
