"""A drawing program as a child process: figures in and pictures out, a line of JSON each."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from typing import Any, Self

READ_BYTES = 1 << 16
MAX_ANSWER_BYTES = 64 << 20
MAX_REASON_CHARS = 120
TEXT_FORMATS = ("svg", "json", "eps")


class DrawingError(RuntimeError):
    """The program cannot draw any more; the message is a sentence on why."""


class Browser:
    """Runs a drawing program until ``end_s`` on the monotonic clock at the latest.

    A context manager: leaving it kills the program and all it started.
    """

    def __init__(self, program: Sequence[str], end_s: float) -> None:
        self._program = program
        self._end_s = end_s
        self._process: subprocess.Popen[bytes] | None = None
        self._figures_fd = self._pictures_fd = -1
        self._unread = b""

    def __enter__(self) -> Self:
        """Start the program.

        Raises:
            DrawingError: it does not start.
        """
        its_figures_fd, self._figures_fd = os.pipe()
        self._pictures_fd, its_pictures_fd = os.pipe()
        os.set_blocking(self._figures_fd, False)
        try:
            self._process = subprocess.Popen(
                self._program,
                stdin=its_figures_fd,
                stdout=its_pictures_fd,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # a group of its own: killed whole
            )
        except OSError as error:
            self.__exit__()
            raise DrawingError(f"kaleido does not start: {error}") from None
        finally:
            os.close(its_figures_fd)
            os.close(its_pictures_fd)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._figures_fd)
        os.close(self._pictures_fd)
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def draw(
        self, figure: bytes, width: int, height: int, kind: str = "png", scale: float = 1
    ) -> bytes | str:
        """Draw a figure given as JSON; return the picture, or a sentence on why it has none.

        Args:
            figure: one line.
            width: pixels.
            height: pixels.
            kind: a format kaleido knows.
            scale: picture pixels for one of ``width``.

        Raises:
            DrawingError: the time is over, or the program has ended.
        """
        wanted = {"format": kind, "width": width, "height": height, "scale": scale}
        self._write(json.dumps(wanted)[:-1].encode() + b', "data": ' + figure + b"}\n")
        while "result" not in (answer := self._answer()):  # it may say first that it started
            pass
        if answer.get("code") == 0 and isinstance(answer["result"], str):
            return _decoded(answer["result"], kind)
        return str(answer.get("message") or "kaleido does not say why")[:MAX_REASON_CHARS]

    def _answer(self) -> dict[str, Any]:
        try:
            answer = json.loads(self._line())
        except ValueError:
            raise DrawingError("kaleido answers what is no JSON") from None
        if not isinstance(answer, dict):
            raise DrawingError("kaleido answers what is no object")
        if "version" in answer and answer.get("code") == 0:
            answer.pop("result", None)
        return answer

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._wait(self._figures_fd, selectors.EVENT_WRITE)
            try:
                view = view[os.write(self._figures_fd, view) :]
            except BrokenPipeError:
                raise DrawingError("kaleido has ended without a word") from None

    def _line(self) -> bytes:
        parts, length = [self._unread], len(self._unread)
        while b"\n" not in parts[-1]:
            self._wait(self._pictures_fd, selectors.EVENT_READ)
            parts.append(os.read(self._pictures_fd, READ_BYTES))
            length += len(parts[-1])
            if not parts[-1]:
                raise DrawingError("kaleido has ended without a word")
            if length > MAX_ANSWER_BYTES:
                raise DrawingError(f"a picture of more than {MAX_ANSWER_BYTES} bytes")
        line, _, self._unread = b"".join(parts).partition(b"\n")
        return line

    def _wait(self, fd: int, event: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(fd, event)
            if not selector.select(max(0.0, self._end_s - time.monotonic())):
                raise DrawingError("drawing took too long")


def _decoded(result: str, kind: str) -> bytes:
    if kind in TEXT_FORMATS:
        return result.encode()
    try:
        return base64.b64decode(result)
    except ValueError:
        raise DrawingError("kaleido answers what is no base64") from None
