"""Reads what an attached container sends into a raw run: nothing decoded, nothing trusted."""

from __future__ import annotations

import codecs
import contextlib
import functools
import os
import select
import socket
import struct
import time
import weakref
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.engine.failures import CrashCause
from sandbox.policy import SandboxPolicy
from sandbox.protocol import OutputListener
from sandbox.runner.left_files import MAX_LEFT_OUT
from sandbox.runner.shared import frames

_HEADER = struct.Struct(">BxxxI")
_STDOUT, _STDERR = 1, 2
RECEIVE_BYTES = 1 << 18
MAX_DIAGNOSTIC_BYTES = 4096
LAST_MESSAGES = ("finished", "unloadable")
"""After which the worker of a session waits for the next job."""
END_S = 5.0
"""For process 1 to take the few bytes that end a session's run."""
FILE_HEADERS_BYTES = 32 << 20
"""What process 1 may send above the limit of results: it doesn't count the headers of files."""


class AttachedStream:
    """Both directions of one container's standard streams.

    ``diagnostics`` keeps the end of what process 1 itself wrote to stderr. That is never the
    code's output, but for example that of an interpreter that couldn't start.
    """

    def __init__(self, raw: Any) -> None:
        # The SDK wraps a plain socket, and in another way for TLS and SSH.
        self._raw = raw
        self._socket: socket.socket = getattr(raw, "_sock", raw)
        self._pending = bytearray()
        self.diagnostics = b""
        _open_streams().add(self)

    def send(self, data: bytes, timeout_s: float) -> None:
        """Write all of it.

        Raises:
            OSError: the other end is gone, or doesn't read in time.
        """
        self._socket.settimeout(timeout_s)
        self._socket.sendall(data)

    def is_open(self) -> bool:
        """Whether the other end hasn't closed, and hasn't sent anything that is still unread."""
        readable, _, _ = select.select([self._socket], [], [], 0)
        return not readable

    def receive(self, deadline: float) -> bytes:
        """Return the next bytes the container wrote to stdout; empty at the end.

        ``deadline`` is in seconds on the monotonic clock.

        Raises:
            TimeoutError: the deadline has passed.
        """
        while True:
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                raise TimeoutError
            self._socket.settimeout(remaining_s)
            try:
                data = self._socket.recv(RECEIVE_BYTES)
            except TimeoutError:
                raise
            except OSError:  # a reset is an end too
                return b""
            if not data:
                return b""
            if written := self._stdout_of(data):
                return written

    def close(self) -> None:
        """Close the stream; the container's process 1 sees the end of its input."""
        # The SDK keeps the response to the request here. It buffers the stream and is closed
        # first: closed without it, it complains from Python 3.13 on. Its connection isn't given
        # back, which would take a lock that is held for ever in a forked process.
        response = getattr(getattr(self._raw, "_response", None), "raw", None)
        for end in filter(None, (response, self._socket, self._raw)):
            with contextlib.suppress(OSError):
                end.close()

    def _stdout_of(self, data: bytes) -> bytes:
        self._pending += data
        stdout = bytearray()
        start = 0
        while len(self._pending) - start >= _HEADER.size:
            stream, length = _HEADER.unpack_from(self._pending, start)
            body_start = start + _HEADER.size
            if len(self._pending) < body_start + length:
                break
            start = body_start + length
            body = self._pending[body_start:start]
            if stream == _STDOUT:
                stdout += body
            elif stream == _STDERR:
                self.diagnostics = (self.diagnostics + body)[-MAX_DIAGNOSTIC_BYTES:]
        del self._pending[:start]
        return bytes(stdout)


@functools.cache
def _open_streams() -> weakref.WeakSet[AttachedStream]:
    """Track this process's streams: a copy in a forked process would keep its containers alive."""
    streams: weakref.WeakSet[AttachedStream] = weakref.WeakSet()

    def close_copies() -> None:
        for stream in list(streams):
            stream.close()
        streams.clear()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=close_copies)
    return streams


ReadingEnd = Literal["exited", "timeout", "output_limit", "malformed"]


@dataclass(slots=True)
class RawRun:
    """What a container sent. ``problem`` says what was wrong with a malformed stream."""

    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    messages: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)
    files: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)
    verdict: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)
    exit_report: dict[str, Any] | None = None
    end: ReadingEnd | CrashCause = "exited"
    problem: str = ""
    duration_s: float = 0.0
    lives_on: bool = False
    """In a session: the worker waits for the next job."""

    @property
    def measured_s(self) -> float:
        """The code's time as process 1 measured it; 0 without its report."""
        return float((self.exit_report or {}).get("duration_s") or 0.0)

    @property
    def is_finished(self) -> bool:
        """Whether the worker has said that everything is sent."""
        return bool(self.messages) and self.messages[-1][0]["type"] == "finished"


class _Output:
    """One output stream: its bytes, and its text for a listener."""

    def __init__(self, name: str, data: bytearray) -> None:
        self.name = name
        self.data = data
        # A character may arrive in two pieces.
        self.decode = codecs.getincrementaldecoder("utf-8")("replace").decode


class RunReader:
    """Reads what the worker says before it has a job, then one run into ``run``.

    In a session, :meth:`next_run` comes before each run.
    """

    def __init__(self, stream: AttachedStream, policy: SandboxPolicy) -> None:
        self._stream = stream
        self._policy = policy
        self._in_session = False
        self._chunks = frames.ChunkReader()
        self._messages = frames.MessageReader(
            policy.max_result_bytes, frames.MAX_RESULT_HEADER_BYTES
        )
        self._said: dict[str, dict[str, Any]] = {}
        self._begin()

    def _begin(self) -> None:
        policy = self._policy
        self.run = RawRun()
        self._is_checked = self._asked_for_end = False
        self._room_bytes = policy.max_output_bytes
        # Each variable or the reason it's withheld, each figure and its preview, and a few more.
        self._max_messages = 2 * (policy.max_variables + policy.max_figures) + 10
        self._max_files = policy.max_files
        self._room_result_bytes = policy.max_result_bytes + FILE_HEADERS_BYTES
        self._verdict = frames.MessageReader(0, frames.MAX_RESULT_HEADER_BYTES)
        self._files = frames.MessageReader(policy.files_bytes, frames.MAX_RESULT_HEADER_BYTES)
        self._outputs = {
            frames.STDOUT: _Output("stdout", self.run.stdout),
            frames.STDERR: _Output("stderr", self.run.stderr),
        }

    def next_run(self, *, checked: bool) -> None:
        """Expect another run of a session."""
        if self._in_session:
            self._begin()
        self._in_session = True
        self._is_checked = checked

    def read_until(self, kind: str, deadline: float) -> dict[str, Any] | None:
        """Return the header of the worker's first message of a kind; None if the stream ends.

        Raises:
            TimeoutError: the deadline, on the monotonic clock, has passed.
            FrameError: the stream is malformed.
        """
        while kind not in self._said and (data := self._stream.receive(deadline)):
            for chunk_kind, chunk in self._chunks.feed(data):
                if chunk_kind == frames.RESULT:
                    self._said |= {
                        header["type"]: header for header, _ in self._messages.feed(chunk)
                    }
        return self._said.get(kind)

    def read_run(self, deadline: float, on_output: OutputListener | None) -> ReadingEnd:
        """Read until the code's end is reported, the stream ends or a limit is reached."""
        end: ReadingEnd | None = None
        while end is None:
            try:
                data = self._stream.receive(deadline)
            except TimeoutError:
                return "timeout"
            try:
                end = self._take(data, on_output) if data else "exited"
            except frames.FrameError as error:
                self.run.problem, end = str(error), "malformed"
        return end

    def flush(self, on_output: OutputListener | None) -> None:
        """Pass incomplete characters to the listener; no more output follows."""
        for output in self._outputs.values():
            if on_output is not None and (rest := output.decode(b"", final=True)):
                on_output(output.name, rest)

    def _take(self, data: bytes, on_output: OutputListener | None) -> ReadingEnd | None:
        for kind, chunk in self._chunks.feed(data):
            if kind in self._outputs:
                if not self._take_output(self._outputs[kind], chunk, on_output):
                    return "output_limit"
            elif kind == frames.RESULT:
                self._count_result(chunk)
                for message in self._messages.feed(chunk):
                    # The worker may have finished its preparations when the job was under way.
                    if self.run.messages or message[0]["type"] != "prepared":
                        self.run.messages.append(message)
                if len(self.run.messages) > self._max_messages:
                    raise frames.FrameError("more messages than a run sends")
            elif kind == frames.FILE:
                self._count_result(chunk)
                self.run.files.extend(self._files.feed(chunk))
                if len(self.run.files) > 2 * self._max_files + MAX_LEFT_OUT + 10:
                    raise frames.FrameError("more files than a run sends")
            elif kind == frames.VERDICT:
                self.run.verdict.extend(self._verdict.feed(chunk))
            else:
                report = frames.parse_exit(chunk)
                if kind == frames.EXIT or self.run.is_finished or self._asked_for_end:
                    self.run.exit_report = report
                    self.run.lives_on = self._asked_for_end and kind == frames.RESULTS_END
                    return "exited"
        if self._in_session and not self._asked_for_end and self._is_all_there():
            self._asked_for_end = True
            with contextlib.suppress(OSError):  # the container has ended, as the stream will say
                self._stream.send(frames.OVER, END_S)
        return None

    def _is_all_there(self) -> bool:
        if not self.run.messages or self.run.messages[-1][0]["type"] not in LAST_MESSAGES:
            return False
        return not self._is_checked or any(h["type"] == "ended" for h, _ in self.run.verdict)

    def _count_result(self, chunk: bytes) -> None:
        # Process 1 counts too; without a limit here, what took it over could fill our memory.
        self._room_result_bytes -= len(chunk)
        if self._room_result_bytes < 0:
            raise frames.FrameError("more results than a run may send")

    def _take_output(self, output: _Output, chunk: bytes, on_output: OutputListener | None) -> bool:
        # Counted here too: the code may have tampered with the supervisor's count.
        output.data.extend(chunk[: self._room_bytes])
        if len(chunk) > self._room_bytes:
            return False
        self._room_bytes -= len(chunk)
        if on_output is not None and (text := output.decode(chunk)):
            on_output(output.name, text)
        return True
