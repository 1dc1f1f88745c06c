"""The command as its users have it: a process of its own, in a folder of its own."""

from __future__ import annotations

import json
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

import docker

from graph_agent import samples
from sandbox.image.labels import ROLE_LABEL
from sandbox.owner import OWNER_LABEL, Owner
from tests.gemini_server import GeminiServer

KEY = "not-a-real-key-7f3a9c1e"
LIMIT_S = 120


@dataclass(frozen=True)
class Done:
    """A process that ended."""

    pid: int
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout; fails if there is anything else."""
        return json.loads(self.out)

    @property
    def error_lines(self) -> list[str]:
        return self.err.splitlines()


class Command:
    """Starts ``codegen-agent`` in ``folder``, where ``tips.csv`` lies."""

    def __init__(self, folder: Path, server: GeminiServer | None = None) -> None:
        self.folder = folder
        self.server = server
        folder.mkdir(exist_ok=True)
        shutil.copy(Path(samples.__file__).with_name("tips.csv"), folder)

    def start(self, *args: str, **environ: str) -> subprocess.Popen[bytes]:
        """Start it; ``environ`` adds to the environment, an empty value takes away."""
        return self.start_with(args, environ, subprocess.DEVNULL, subprocess.PIPE, subprocess.PIPE)

    def start_with(
        self, args: Sequence[str], environ: Mapping[str, str], stdin: int, stdout: int, stderr: int
    ) -> subprocess.Popen[bytes]:
        """Start it on given streams."""
        merged = os.environ | {"HOME": str(self.folder), "CODEGEN_AGENT_TIMEOUT_S": "50"}
        if self.server is not None:
            merged |= {
                "GOOGLE_GEMINI_BASE_URL": self.server.url,
                "GEMINI_API_KEY_FOR_CODEGEN_AGENT": KEY,
            }
        merged |= dict(environ)
        return subprocess.Popen(
            [sys.executable, "-m", "graph_agent.cli", *args],
            cwd=self.folder,
            env={name: value for name, value in merged.items() if value},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )

    def __call__(self, *args: str, **environ: str) -> Done:
        """Run it to its end."""
        return finished(self.start(*args, **environ))


def finished(process: subprocess.Popen[bytes]) -> Done:
    """Wait for a process and read what it said."""
    with process:
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    out_text, err_text = ((one or b"").decode(errors="replace") for one in (out, err))
    return Done(process.pid, process.returncode, out_text, err_text)


def interrupted(process: subprocess.Popen[bytes], when: Callable[[], object]) -> Done:
    """Send Ctrl-C as soon as ``when`` holds, and wait for the end."""
    wait_until(when)
    process.send_signal(signal.SIGINT)
    return finished(process)


def wait_until(holds: Callable[[], object], limit_s: float = 60) -> None:
    """Wait for something to become true; fails after ``limit_s``."""
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def containers_made(pid: int) -> int:
    """Count the containers a process ever made, by the engine's own record."""
    client = docker.from_env()
    try:
        now = int(time.time()) + 1
        filters = {"type": "container", "event": "create", "label": f"{ROLE_LABEL}=run"}
        events = client.events(since=now - 120, until=now, filters=filters, decode=True)
        return sum(_is_of(pid, one["Actor"]["Attributes"]) for one in events)
    finally:
        client.close()


def containers_left(pid: int, *, serving: bool = False) -> int:
    """Count the containers a process has now, running or not.

    ``serving``: only those that have their code, and with it their task's id for a name;
    others wait for some, and are let go later.
    """
    client = docker.from_env()
    try:
        found = client.api.containers(all=True, filters={"label": f"{ROLE_LABEL}=run"})
        named = re.compile(r"/codegen-agent-[0-9a-f]{8}-" if serving else "")
        return sum(
            _is_of(pid, one["Labels"]) and named.match(one["Names"][0]) is not None for one in found
        )
    finally:
        client.close()


def _is_of(pid: int, labels: dict[str, str]) -> bool:
    owner = Owner.parse(labels[OWNER_LABEL])
    return owner is not None and owner.pid == pid
