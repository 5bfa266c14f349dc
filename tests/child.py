"""A Python process of its own, that can import the package and the tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

# Ends a process at once, without a chance to clean up (on Windows SIGTERM does), and what it
# returns then.
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
KILLED_CODE = -KILL if os.name == "posix" else KILL


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Runs a text as a program, with `arguments` from `sys.argv[1]` on; a warning is an error."""
    tests = Path(__file__).parent
    rooms = sorted({str(path.parent) for path in tests.rglob("test_*.py")})
    folders = [str(tests), *rooms, *sys.path]
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        encoding="utf-8",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)},
    )
