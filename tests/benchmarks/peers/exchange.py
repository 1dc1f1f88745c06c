"""A peer's script and the benchmark exchange JSON lines: code in, seconds out.

This runs in the peer's environment, so it imports nothing from this project.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable


def serve(run: Callable[[str], str]) -> None:
    """Run each line's code with ``run``, which returns its output, and answer with the time."""
    # Keep the output of libraries out of the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with contextlib.redirect_stdout(sys.stderr):
        print(json.dumps({"ready": True}), file=answers, flush=True)
        for line in sys.stdin:
            code = json.loads(line)["code"]
            started = time.perf_counter()
            printed = run(code)
            seconds = time.perf_counter() - started
            print(json.dumps({"seconds": seconds, "printed": printed}), file=answers, flush=True)
