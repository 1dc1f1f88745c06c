"""The process that serves a local model, one per weights file.

The inference library isn't loaded into our own process: while a request runs, it
crashes the interpreter's exit and never returns from a clean-up. Its OpenMP
settings must be in the environment before it loads.
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
from graph_agent.models.local.prompt_states import MAX_BYTES, PromptStates

__all__ = ["SHARED_SERVERS", "LocalServer", "LocalServers"]

_PROGRAM = Path(__file__).with_name("program.py")
_EXIT_WAIT_S = 1.0


@dataclass
class LocalServer:
    """A running server; ``url`` and ``api_key`` are all a client needs.

    ``states``: where it may keep prompt states. Before a slot's first call it reads the opening of
    the prompts (:mod:`.opening`), under ``lock``. ``used``: the slots that have read something.
    """

    url: str
    api_key: str = field(repr=False)
    process: subprocess.Popen[str] = field(repr=False)
    states: PromptStates | None = None
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    used: set[int] = field(default_factory=set)

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self.process.poll() is None

    def close(self) -> None:
        """Stop the process; a second call does nothing."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self.process.wait(_EXIT_WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_server(
    path: Path, context_tokens: int, states: PromptStates | None = None
) -> LocalServer:
    """Start a process that has loaded the weights at ``path``.

    Raises:
        ModelSetupError: the file can't be loaded.
    """
    api_key = secrets.token_urlsafe(24)
    if states is not None and not states.prepare():
        states = None
    job = {
        "path": str(path),
        "name": path.stem,
        "api_key": api_key,
        "context_tokens": context_tokens,
        "threads": os.cpu_count() or 1,
        "states_folder": None if states is None else str(states.folder),
        "max_file_bytes": MAX_BYTES,
    }
    process = subprocess.Popen(
        # -P: modules in the program's own folder must not shadow others
        [sys.executable, "-P", str(_PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        # Spinning OpenMP threads slow a busy machine tenfold: 1-2 tokens/s instead of 8-14.
        env={**os.environ, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"},
        start_new_session=True,  # Ctrl-C is for the caller, which then closes this one
    )
    server = LocalServer(url="", api_key=api_key, process=process, states=states)
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
    """Send the job and return the URL in the program's answer."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the server process has no pipes")
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"its process exited with status {process.wait()}")
    answer = json.loads(line)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return str(answer["url"])


class LocalServers:
    """The servers this process has started, one for each file and context size."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[tuple[str, int], LocalServer] = {}
        self._owner: int | None = None

    def get(
        self, path: Path, context_tokens: int, states: PromptStates | None = None
    ) -> LocalServer:
        """Return a running server for ``path``, starting or restarting it if needed.

        Raises:
            ModelSetupError: the file can't be loaded.
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
                atexit.register(self._leave)
            server = self._running[key] = start_server(path, context_tokens, states)
            return server

    def close(self, path: Path | None = None) -> None:
        """Stop the servers of ``path``, or all of them."""
        if os.getpid() != self._owner:
            return  # a forked child: the servers are its parent's
        with self._lock:
            for key in list(self._running):
                if path is None or key[0] == str(path):
                    self._running.pop(key).close()

    def _leave(self) -> None:
        # A server that another thread is starting ends by itself, with this process's pipes.
        if os.getpid() == self._owner and self._lock.acquire(timeout=_EXIT_WAIT_S):
            self._lock.release()
            self.close()

    def __iter__(self) -> Iterator[LocalServer]:
        """Iterate over the servers started so far."""
        return iter(list(self._running.values()))


SHARED_SERVERS = LocalServers()
"""This process's servers; they stop when it exits."""
