"""A Python process of its own, that can import the package and the tests."""

from __future__ import annotations

import os
import subprocess
import sys


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Runs a text as a program, with `arguments` from `sys.argv[1]` on; a warning is an error."""
    folders = [os.path.dirname(__file__), *sys.path]
    return subprocess.Popen([sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
                            encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE,
                            env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)})
