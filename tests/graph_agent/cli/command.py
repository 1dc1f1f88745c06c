"""Runs ``codegen-agent`` in its own folder, as a separate process or in this one."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import docker

from graph_agent import samples
from graph_agent.cli import main
from graph_agent.config.log import LOGGERS
from sandbox.image.spec import ROLE_LABEL
from sandbox.owner import OWNER_LABEL, Owner
from tests.gemini_server import GeminiServer

KEY = "not-a-real-key-7f3a9c1e"
LIMIT_S = 300  # the engine may be busy with other tests


@dataclass(frozen=True)
class Done:
    """A finished command."""

    pid: int
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout; fails if stdout holds anything else."""
        return json.loads(self.out)

    @property
    def error_lines(self) -> list[str]:
        return self.err.splitlines()


class Command:
    """Starts ``codegen-agent`` in ``folder``, which holds ``tips.csv``."""

    def __init__(self, folder: Path, server: GeminiServer | None = None) -> None:
        self.folder = folder
        self.server = server
        folder.mkdir(exist_ok=True)
        shutil.copy(Path(samples.__file__).with_name("tips.csv"), folder)

    def start(self, *args: str, **environ: str) -> subprocess.Popen[bytes]:
        """Start a process; ``environ`` adds to the environment, an empty value removes."""
        return self.start_with(args, environ, subprocess.DEVNULL, subprocess.PIPE, subprocess.PIPE)

    def start_with(
        self, args: Sequence[str], environ: Mapping[str, str], stdin: int, stdout: int, stderr: int
    ) -> subprocess.Popen[bytes]:
        """Start a process on the given streams."""
        return subprocess.Popen(
            [sys.executable, "-m", "graph_agent.cli", *args],
            cwd=self.folder,
            env=self._environment(environ),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )

    def _environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        merged = os.environ | {"HOME": str(self.folder), "CODEGEN_AGENT_TIMEOUT_S": "240"}
        if self.server is not None:
            merged |= {
                "GOOGLE_GEMINI_BASE_URL": self.server.url,
                "GEMINI_API_KEY_FOR_CODEGEN_AGENT": KEY,
            }
        merged |= dict(environ)
        return {name: value for name, value in merged.items() if value}

    def __call__(self, *args: str, **environ: str) -> Done:
        """Run a process to its end."""
        return finished(self.start(*args, **environ))

    def here(self, *args: str, **environ: str) -> Done:
        """Run in this process: seconds faster, where a separate process isn't what is tested."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with (
            open(os.devnull) as stdin,
            patch.dict(os.environ, self._environment(environ), clear=True),
            patch.object(sys, "argv", ["codegen-agent", *args]),
            patch.object(sys, "stdin", stdin),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main()
                code: Any = 0
            except SystemExit as exit_:
                code = exit_.code
            finally:
                _close_log()
        texts = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]  # a BytesIO
        return Done(os.getpid(), code or 0, *texts)


def _close_log() -> None:
    """Close the log file that a run opened; a separate process would close it at exit."""
    for name in LOGGERS:
        for handler in list(logging.getLogger(name).handlers):
            logging.getLogger(name).removeHandler(handler)
            handler.close()


def finished(process: subprocess.Popen[bytes]) -> Done:
    """Wait for a process and read its output."""
    with process:
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    out_text, err_text = ((data or b"").decode(errors="replace") for data in (out, err))
    return Done(process.pid, process.returncode, out_text, err_text)


def interrupted(process: subprocess.Popen[bytes], when: Callable[[], object]) -> Done:
    """Send Ctrl-C as soon as ``when`` is true, and wait for the end."""
    wait_until(when)
    process.send_signal(signal.SIGINT)
    return finished(process)


def wait_until(holds: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Wait for a condition; fails after ``limit_s``."""
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline, "the condition never became true"
        time.sleep(0.05)


def containers_made(pid: int) -> int:
    """Count the containers a process has created, by the engine's event log."""
    client = docker.from_env()
    try:
        now = int(time.time()) + 1
        filters = {"type": "container", "event": "create", "label": f"{ROLE_LABEL}=run"}
        events = client.events(since=now - 2 * LIMIT_S, until=now, filters=filters, decode=True)
        return sum(_is_of(pid, event["Actor"]["Attributes"]) for event in events)
    finally:
        client.close()


def containers_left(pid: int, *, serving: bool = False) -> int:
    """Count the containers a process has now, running or not.

    ``serving``: only those that have received code, and are named after its task. The others
    are prepared, and are removed later.
    """
    client = docker.from_env()
    try:
        found = client.api.containers(all=True, filters={"label": f"{ROLE_LABEL}=run"})
        named = re.compile(r"/codegen-agent-[0-9a-f]{8}-" if serving else "")
        return sum(
            _is_of(pid, container["Labels"]) and named.match(container["Names"][0]) is not None
            for container in found
        )
    finally:
        client.close()


def _is_of(pid: int, labels: dict[str, str]) -> bool:
    owner = Owner.parse(labels.get(OWNER_LABEL, ""))
    return owner is not None and owner.pid == pid
