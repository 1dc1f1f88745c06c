"""The process that serves a local model, one per weights file.

The inference library is not loaded into our own process: with a request under
way it crashes the interpreter's exit and never returns from a clean-up, and its
OpenMP settings must be in the environment before it loads.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from graph_agent.errors import ModelSetupError

__all__ = ["LocalServer", "LocalServers", "shared_servers"]

_PROGRAM = Path(__file__).with_name("local_program.py")
_EXIT_WAIT_S = 5.0


@dataclass
class LocalServer:
    """One running server; ``url`` and ``api_key`` are all a client needs."""

    url: str
    api_key: str = field(repr=False)
    process: subprocess.Popen[str] = field(repr=False)

    @property
    def alive(self) -> bool:
        """Tell whether the process still runs."""
        return self.process.poll() is None

    def close(self) -> None:
        """End the process; calling it again does nothing."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self.process.wait(_EXIT_WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_server(path: Path, context_tokens: int) -> LocalServer:
    """Start a process that has loaded the weights at ``path``.

    Raises:
        ModelSetupError: the file cannot be loaded.
    """
    api_key = secrets.token_urlsafe(24)
    job = {
        "path": str(path),
        "name": path.stem,
        "api_key": api_key,
        "context_tokens": context_tokens,
        "threads": os.cpu_count() or 1,
    }
    process = subprocess.Popen(
        # -P: the program's own folder holds modules that must not shadow others
        [sys.executable, "-P", str(_PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        # Spinning OpenMP threads slow a busy machine tenfold: 1-2 tokens/s instead of 8-14.
        env={**os.environ, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"},
        start_new_session=True,  # Ctrl-C is for the caller, who then closes us
    )
    server = LocalServer(url="", api_key=api_key, process=process)
    try:
        server.url = _handshake(process, job)
    except BaseException as exc:
        server.close()
        if isinstance(exc, Exception):
            raise ModelSetupError(
                f"the local model at {str(path)!r} cannot be loaded ({exc}); "
                "check that it is a whole GGUF file and that enough memory is free"
            ) from exc
        raise
    return server


def _handshake(process: subprocess.Popen[str], job: dict[str, object]) -> str:
    """Hand the job over and return the URL the program answers with."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the server process has no pipes")
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"its process ended with status {process.wait()}")
    answer = json.loads(line)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return str(answer["url"])


class LocalServers:
    """The servers this process has started, one per file and context size."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[tuple[str, int], LocalServer] = {}
        self._owner: int | None = None

    def get(self, path: Path, context_tokens: int) -> LocalServer:
        """Return a running server for ``path``, starting or restarting it if need be.

        Raises:
            ModelSetupError: the file cannot be loaded.
        """
        key = (str(path), context_tokens)
        with self._lock:
            server = self._running.get(key)
            if server is not None and server.alive:
                return server
            if server is not None:
                server.close()
            if self._owner is None:
                self._owner = os.getpid()
                atexit.register(self.close)
            server = self._running[key] = start_server(path, context_tokens)
            return server

    def close(self, path: Path | None = None) -> None:
        """End the servers of ``path``, or all of them."""
        if os.getpid() != self._owner:
            return  # a forked child: the servers are its parent's
        with self._lock:
            for key in list(self._running):
                if path is None or key[0] == str(path):
                    self._running.pop(key).close()

    def __iter__(self) -> Iterator[LocalServer]:
        """Go over the servers started so far."""
        return iter(list(self._running.values()))


_SHARED = LocalServers()


def shared_servers() -> LocalServers:
    """Return this process's servers, which end with it."""
    return _SHARED
