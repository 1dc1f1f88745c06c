"""How a peer's script talks with the benchmark: code in, seconds out, a line of JSON each.

Runs in the peer's own environment, so it imports nothing of this project.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable


def serve(run: Callable[[str], str]) -> None:
    """Run each line's code by ``run``, which returns what was printed, and answer with its time."""
    # What a library prints would be taken for an answer.
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
