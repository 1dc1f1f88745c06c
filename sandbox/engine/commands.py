"""Runs other programs and passes on their output line by line."""

from __future__ import annotations

import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence

Progress = Callable[[str], None]
"""Receives one line of text at a time."""
TAIL_LINES = 15


class CommandError(Exception):
    """A program failed; ``tail`` holds the last lines it printed."""

    def __init__(self, command: Sequence[str], code: int, tail: str) -> None:
        self.code = code
        self.tail = tail
        super().__init__(f"{command[0]!r} ended with exit code {code}: {tail}")


def run_command(
    command: Sequence[str],
    on_line: Progress,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Run a program to its end and pass each line of its stdout and stderr to ``on_line``.

    Raises:
        CommandError: its exit code is not 0.
        OSError: it could not be started.
    """
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environ,
    ) as process:
        try:
            assert process.stdout is not None  # noqa: S101  # for the type checker
            for line in process.stdout:
                tail.append(line.rstrip())
                on_line(line.rstrip())
        except BaseException:  # interrupted: leave no process running
            process.terminate()
            raise
    if process.returncode:
        raise CommandError(command, process.returncode, "\n".join(tail))
