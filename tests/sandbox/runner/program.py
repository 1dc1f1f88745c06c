"""The container's program as a process of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox.runner.shared import frames

LIMITS = {"max_result_bytes": 1 << 24, "max_figures": 5, "max_variables": 50}


class Program:
    """``python -m sandbox.runner`` and its output."""

    def __init__(self, scratch: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sandbox.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(scratch), **environment},
        )
        self.out: dict[bytes, bytes] = dict.fromkeys(frames.KINDS, b"")
        self.messages: list[tuple[dict[str, Any], bytes]] = []

    def serve(self, code: str, checks: str = "", **job: Any) -> Program:
        """Send one job, keep the input open like a host, and read to the end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        header = {
            "type": "job",
            "code": code,
            "returns": None,
            "variables": {},
            "limits": LIMITS,
            **job,
        }
        header["checked"] = bool(checks)
        self.process.stdin.write(frames.pack_message(header, len(checks)) + checks.encode())
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
    def verdict(self) -> dict[str, Any] | None:
        """What the checks' process reported at its end."""
        found = frames.MessageReader(0).feed(self.out[frames.VERDICT])
        return found[-1][0] if found and found[-1][0]["type"] == "checked" else None

    @property
    def exit_report(self) -> dict[str, Any]:
        """The supervisor's final report, without the time, which differs."""
        report = frames.parse_exit(self.out[frames.EXIT])
        assert 0 <= report.pop("duration_s") < 600
        return report

    def of_type(self, kind: str) -> list[tuple[dict[str, Any], bytes]]:
        """Return the messages of one type."""
        return [message for message in self.messages if message[0]["type"] == kind]
