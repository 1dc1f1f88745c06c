"""The container's program as a process of this machine, with several jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.runner.shared import frames
from tests.sandbox.runner.program import LIMITS, Program


class SessionProgram(Program):
    """Sends one job after another, as a session on the host does."""

    def __init__(self, scratch: Path, **environment: str) -> None:
        super().__init__(scratch, **environment)
        self._chunks = frames.ChunkReader()
        self._send(frames.SESSION)

    def run(self, code: str, checks: str = "", **job: Any) -> dict[bytes, bytes]:
        """Serve one job; return what was sent, by the kind of chunk."""
        header = {"type": "job", "code": code, "returns": None, "variables": {}, "limits": LIMITS}
        header |= {"session": True, "save": False, "checked": bool(checks), **job}
        self._send(frames.pack_message(header, len(checks)) + checks.encode())
        self.out = dict.fromkeys(frames.KINDS, b"")
        self._read_until(lambda: self._is_over(bool(checks)))
        self._send(frames.OVER)
        self._read_until(lambda: bool(self.out[frames.RESULTS_END]))
        self.messages = frames.MessageReader(1 << 24).feed(self.out[frames.RESULT])
        return self.out

    def variables(self) -> set[str]:
        """Name what the last run sent."""
        return {header["name"] for header, _ in self.of_type("variable")}

    def close(self) -> int:
        """End the stream, as a host that is gone; return the exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(30)

    def _is_over(self, checked: bool) -> bool:
        found = b'"finished"' in self.out[frames.RESULT]
        return found and (not checked or b'"ended"' in self.out[frames.VERDICT])

    def _send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def _read_until(self, done: Any) -> None:
        assert self.process.stdout is not None
        while not done():
            data = self.process.stdout.read1(1 << 16)  # type: ignore[attr-defined]
            assert data, "the program ended"
            for kind, chunk in self._chunks.feed(data):
                self.out[kind] += chunk
