"""The container's program as a process of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox.runner import frames

LIMITS = {"max_result_bytes": 1 << 24, "max_figures": 5, "max_variables": 50}


class Program:
    """``python -m sandbox.runner`` and what it said."""

    def __init__(self, scratch: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sandbox.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(scratch), **environment},
        )
        self.out: dict[bytes, bytes] = dict.fromkeys(frames.KINDS, b"")
        self.messages: list[tuple[dict[str, Any], bytes]] = []

    def serve(self, code: str, **job: Any) -> Program:
        """Send one job, keep the input open as a host does, and read to the end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        header = {
            "type": "job",
            "code": code,
            "checks": None,
            "returns": None,
            "variables": {},
            "limits": LIMITS,
            **job,
        }
        self.process.stdin.write(frames.pack_message(header))
        self.process.stdin.flush()
        chunks = frames.ChunkReader()
        while data := self.process.stdout.read1(1 << 16):  # type: ignore[attr-defined]
            for kind, chunk in chunks.feed(data):
                self.out[kind] += chunk
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(30)
        reader = frames.MessageReader(1 << 24)
        self.messages = reader.feed(self.out[frames.RESULT])
        return self

    @property
    def exit_report(self) -> dict[str, Any]:
        """The supervisor's last word."""
        return frames.parse_exit(self.out[frames.EXIT])

    def of_type(self, kind: str) -> list[tuple[dict[str, Any], bytes]]:
        """Return the messages of one type."""
        return [one for one in self.messages if one[0]["type"] == kind]
