"""Runs inside a container: tries several programs there, each in a process of its own.

Its source is sent as the code of a run. On the host, nothing here is called.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
from typing import Any

ANSWER_S = 10.0


def run_together(programs: dict[str, str], canary: str) -> dict[str, dict[str, str]]:
    """Run each program in a child process; return what it reached, or what stopped it.

    A program that gets anywhere sets ``reached``. ``canary`` is a path on the host.
    """
    answers = {}
    for name, program in programs.items():
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(write, json.dumps(_answer(program, canary)).encode())
            os._exit(0)
        os.close(write)
        ready = select.select([read], [], [], ANSWER_S)[0]
        said = os.read(read, 1 << 16) if ready else b""
        os.close(read)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        killed = (
            f"killed by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "no answer"
        )
        answers[name] = json.loads(said) if said else {"refused": killed}
    return answers


def _answer(program: str, canary: str) -> dict[str, str]:
    space: dict[str, Any] = {"__name__": "__main__", "canary": canary}
    try:
        exec(program, space)
    except BaseException as error:
        return {"refused": f"{type(error).__name__}: {error}"[:300]}
    return {"reached": str(space.get("reached") or "")[:2000]}
