"""Several programs in one process tree: each answers for itself."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys

from sandbox.security import together

PROGRAMS = {
    "reaches": "reached = canary",
    "nothing": "x = 1",
    "raises": "1 / 0",
    "exits": "raise SystemExit(3)",
    "dies": "import os; os.kill(os.getpid(), 9)",
    "leaves": "import os; os._exit(0)",
    "long": "reached = 'x' * 10**6",
}


def test_each_program_gets_an_answer() -> None:
    code = f"{inspect.getsource(together)}\nprint(json.dumps(run_together({PROGRAMS!r}, 'here')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    answers = json.loads(done.stdout)
    assert answers["reaches"] == {"reached": "here"}
    assert answers["nothing"] == {"reached": ""}
    assert answers["raises"]["refused"].startswith("ZeroDivisionError")
    assert answers["exits"]["refused"].startswith("SystemExit")
    assert answers["dies"] == {"refused": "killed by signal 9"}
    assert answers["leaves"] == {"refused": "no answer"}
    assert len(answers["long"]["reached"]) == 2000
