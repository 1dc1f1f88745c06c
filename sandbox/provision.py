"""Sees to it that a container engine answers: ``python -m sandbox.provision``.

Where one answers, nothing is touched. As root on Debian or Ubuntu it is
installed from the distribution's packages and started; elsewhere a message says
what to do, and nothing is changed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sandbox.commands import CommandError, run_command
from sandbox.debian_packages import install_packages
from sandbox.engine import UNIX_DEFAULT, connect, context_host
from sandbox.errors import EngineUnreachableError, SandboxUnavailableError

Progress = Callable[[str], None]
Step = Literal["install", "start"]
PACKAGES = ("docker.io", "iptables", "mmdebstrap")
DAEMON_LOG = Path("/var/log/codegen-agent-dockerd.log")
ANSWER_TIMEOUT_S = 90.0
POLL_S = 0.5
LOG_TAIL_LINES = 8


@dataclass(frozen=True, slots=True)
class Host:
    """What decides whether an engine can be set up here."""

    root: bool
    apt: bool
    dockerd: bool
    systemd: bool
    elsewhere: bool
    """DOCKER_HOST or the Docker CLI's context names another engine than the local one."""


def probe_host() -> Host:
    """Look at this machine."""
    address = os.environ.get("DOCKER_HOST") or context_host(os.environ)
    return Host(
        root=hasattr(os, "geteuid") and os.geteuid() == 0,
        apt=shutil.which("apt-get") is not None,
        dockerd=shutil.which("dockerd") is not None,
        # The test systemd itself documents, sd_booted(3).
        systemd=Path("/run/systemd/system").is_dir(),
        elsewhere=bool(address) and address != UNIX_DEFAULT,
    )


def plan(host: Host, why: str) -> tuple[Step, ...]:
    """Decide what to do where no engine answers.

    Args:
        host: the machine.
        why: what is wrong, a sentence.

    Raises:
        EngineUnreachableError: nothing can be done from here.
    """
    if host.elsewhere:
        raise EngineUnreachableError(f"{why} (it was named, so no other one is set up here)")
    if not host.root:
        raise EngineUnreachableError(f"{why}. Not being root, nothing was installed or changed")
    if host.dockerd:
        return ("start",)
    if not host.apt:
        raise EngineUnreachableError(f"{why}. Without apt-get, nothing was installed or changed")
    return ("install", "start")


def ensure_engine(
    progress: Progress,
    *,
    host: Host | None = None,
    connect: Callable[[], Any] = connect,
    install: Callable[[Progress], None] = lambda progress: install_packages(PACKAGES, progress),
    start: Callable[[Progress, bool], None] | None = None,
) -> None:
    """Make an engine answer; return at once where one does.

    Args:
        progress: told what is under way.
        host: the machine; None: this one.
        connect: raises EngineUnreachableError while no engine answers.
        install: installs an engine.
        start: starts the installed one; told whether systemd runs here.

    Raises:
        SandboxUnavailableError: none answers, and none could be set up.
    """
    try:
        connect().close()
    except EngineUnreachableError as error:
        why = str(error)
    else:
        return
    host = host or probe_host()
    for step in plan(host, why):
        if step == "install":
            install(progress)
            with contextlib.suppress(EngineUnreachableError):  # its package may have started it
                connect().close()
                return
        else:
            (start or start_engine)(progress, host.systemd)


def start_engine(
    progress: Progress,
    systemd: bool,
    *,
    command: Sequence[str] = ("dockerd",),
    log: Path = DAEMON_LOG,
    connect: Callable[[], Any] = connect,
) -> None:
    """Start the installed engine and wait until it answers.

    Args:
        progress: told what is under way.
        systemd: whether to ask systemd for it; else ``command`` is run in the background.
        command: the engine's program.
        log: takes what it prints.
        connect: raises EngineUnreachableError while no engine answers.

    Raises:
        SandboxUnavailableError: it does not answer in time; the message ends with its log.
    """
    if systemd:
        progress("starting the container engine (systemctl start docker)")
        try:
            run_command(["systemctl", "start", "docker"], lambda line: None)
        except (CommandError, OSError) as error:
            raise SandboxUnavailableError(
                f"`systemctl start docker` failed; see `journalctl -u docker`: {error}"
            ) from None
        wait_for_engine(lambda: None, "see `journalctl -u docker`", connect=connect)
        return
    progress(f"starting the container engine in the background (log: {log})")
    with log.open("ab") as output:
        daemon = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # lives on when this program and its terminal end
        )
    wait_for_engine(daemon.poll, f"see {str(log)!r}", lambda: _tail(log), connect=connect)


def wait_for_engine(
    exit_code: Callable[[], int | None],
    where: str,
    said: Callable[[], str] = lambda: "",
    timeout_s: float = ANSWER_TIMEOUT_S,
    connect: Callable[[], Any] = connect,
) -> None:
    """Wait until an engine answers.

    Raises:
        SandboxUnavailableError: its process ended, or the time is over.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        code = exit_code()
        try:
            connect().close()
        except EngineUnreachableError:
            if code is not None:
                raise SandboxUnavailableError(
                    f"the container engine ended with exit code {code} as it was started;"
                    f" {where}. It said: {said()}"
                ) from None
            if time.monotonic() > deadline:
                raise SandboxUnavailableError(
                    f"the container engine does not answer after {timeout_s:g} s; {where}"
                ) from None
            time.sleep(POLL_S)
        else:
            return


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LOG_TAIL_LINES:])


def main() -> int:
    """Set an engine up; return the exit code: 0, 3 environment, 130 interrupted."""
    try:
        ensure_engine(lambda line: print(f"  {line}", flush=True))
    except SandboxUnavailableError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
