"""The command at a real terminal, read from the other end."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.graph_agent.cli.command import LIMIT_S, Command


class Terminal:
    """A context manager that runs a command with a terminal as its three streams."""

    def __init__(self, command: Command, *args: str, **environ: str) -> None:
        self._end, terminal = pty.openpty()
        plain = {"TERM": "dumb", "COLUMNS": "200", "NO_COLOR": "1"}
        self._process = command.start_with(args, plain | environ, terminal, terminal, terminal)
        os.close(terminal)
        self.shown = ""
        self._read_to = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._end)

    def expect(self, text: str) -> str:
        """Wait until ``text`` appears and return the new output before it."""
        deadline = time.monotonic() + LIMIT_S
        while (found := self.shown.find(text, self._read_to)) < 0:
            assert time.monotonic() < deadline, f"{text!r} did not appear: {self.shown}"
            assert self._more(), f"{text!r} did not appear: {self.shown}"
        before = self.shown[self._read_to : found]
        self._read_to = found + len(text)
        return before

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._end, f"{line}\n".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def ended(self) -> int:
        """Wait for the end and return the exit code."""
        while self._more():
            pass
        return self._process.wait(LIMIT_S)

    def _more(self) -> bool:
        if not select.select([self._end], [], [], LIMIT_S)[0]:
            return False
        try:
            data = os.read(self._end, 1 << 16)
        except OSError:  # the other end is closed
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)


def editor(folder: Path, code: str) -> str:
    """Make an editor that replaces the content of any file with ``code``."""
    new = folder / "new_code.py"
    new.write_text(code)
    script = folder / "editor.sh"
    script.write_text(f'#!/bin/sh\ncp "{new}" "$1"\n')
    script.chmod(0o755)
    return str(script)
