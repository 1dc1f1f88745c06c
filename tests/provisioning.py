"""Sets up a development machine: ``python -m tests.provisioning engine|image``, used by make.

``engine`` makes sure that a container engine answers. If one does, nothing changes. As root on
Debian or Ubuntu it is installed from the distribution's packages and started; elsewhere a
message says what to do. ``image`` builds the runner image, and on the same machines installs
the program that makes its base if there is no other way to get one.
"""

from __future__ import annotations

import argparse
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

from sandbox.engine.commands import CommandError, Progress, run_command
from sandbox.engine.connection import UNIX_DEFAULT, connect, context_host
from sandbox.errors import EngineUnreachableError, ImageBuildError, SandboxUnavailableError
from sandbox.image import build_image

Step = Literal["install", "start"]
BASE_MAKER = "mmdebstrap"
PACKAGES = ("docker.io", "iptables", BASE_MAKER)
DAEMON_LOG = Path("/var/log/codegen-agent-dockerd.log")
ANSWER_TIMEOUT_S = 90.0
POLL_S = 0.5
LOG_TAIL_LINES = 8
DETAILS = ("Downloading ", "Step ")
"""What lines of the image's build begin with that say too much here."""


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
        # The check that systemd itself documents, sd_booted(3).
        systemd=Path("/run/systemd/system").is_dir(),
        elsewhere=bool(address) and address != UNIX_DEFAULT,
    )


def plan(host: Host, problem: str) -> tuple[Step, ...]:
    """Decide what to do if no engine answers; ``problem`` is a sentence that says why.

    Raises:
        EngineUnreachableError: an engine can't be set up from here.
    """
    if host.elsewhere:
        raise EngineUnreachableError(f"{problem} (another engine is configured; none was set up)")
    if not host.root:
        raise EngineUnreachableError(f"{problem}. Not being root, nothing was installed or changed")
    if host.dockerd:
        return ("start",)
    if not host.apt:
        raise EngineUnreachableError(
            f"{problem}. Without apt-get, nothing was installed or changed"
        )
    return ("install", "start")


def install_packages(names: Sequence[str], progress: Progress) -> None:
    """Install packages as root, without questions and without recommended packages.

    Raises:
        SandboxUnavailableError: apt-get failed.
    """
    progress(f"installing {', '.join(names)} (apt-get)")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", *names]
    # The update fails if one of many sources doesn't answer; the installation may still work.
    with contextlib.suppress(CommandError, OSError):
        run_command(["apt-get", "update"], lambda line: None, environ)
    try:
        run_command(install, lambda line: None, environ)
    except (CommandError, OSError) as error:
        raise SandboxUnavailableError(
            f"apt-get could not install {', '.join(names)}; run `{' '.join(install)}` as root"
            f" and fix the errors it reports: {error}"
        ) from None


def ensure_engine(
    progress: Progress,
    *,
    host: Host | None = None,
    connect: Callable[[], Any] = connect,
    install: Callable[[Progress], None] = lambda progress: install_packages(PACKAGES, progress),
    start: Callable[[Progress, bool], None] | None = None,
) -> None:
    """Make an engine answer; return at once if one does.

    Args:
        progress: receives each step.
        host: the machine; None: this one.
        connect: raises EngineUnreachableError while no engine answers.
        install: installs an engine.
        start: starts the installed engine, given whether systemd is running.

    Raises:
        SandboxUnavailableError: no engine answers, and none could be set up.
    """
    try:
        connect().close()
    except EngineUnreachableError as error:
        problem = str(error)
    else:
        return
    host = host or probe_host()
    for step in plan(host, problem):
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
    """Start the installed engine, by systemd or else in the background, and await its answer.

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
            start_new_session=True,  # keeps running when this program and its terminal end
        )
    wait_for_engine(daemon.poll, f"see {str(log)!r}", lambda: _tail(log), connect=connect)


def wait_for_engine(
    exit_code: Callable[[], int | None],
    where: str,
    tail: Callable[[], str] = lambda: "",
    timeout_s: float = ANSWER_TIMEOUT_S,
    connect: Callable[[], Any] = connect,
) -> None:
    """Wait until an engine answers.

    Raises:
        SandboxUnavailableError: its process ended, or it took too long.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        code = exit_code()
        try:
            connect().close()
        except EngineUnreachableError:
            if code is not None:
                raise SandboxUnavailableError(
                    f"the container engine ended with exit code {code} when it was started;"
                    f" {where}. Its last lines: {tail()}"
                ) from None
            if time.monotonic() > deadline:
                raise SandboxUnavailableError(
                    f"the container engine does not answer after {timeout_s:g} s; {where}"
                ) from None
            time.sleep(POLL_S)
        else:
            return


def ensure_image(
    progress: Progress,
    *,
    host: Host | None = None,
    build: Callable[[Progress], str] | None = None,
    install: Callable[[Progress], None] = lambda progress: install_packages([BASE_MAKER], progress),
) -> str:
    """Build the runner image, with the program that makes its base installed if needed.

    Raises:
        SandboxUnavailableError: no engine answers, or the build failed.
    """
    build, host = build or _build, host or probe_host()
    try:
        return build(progress)
    except ImageBuildError:
        if shutil.which(BASE_MAKER) or not (host.root and host.apt):
            raise
    install(progress)
    return build(progress)


def _build(progress: Progress) -> str:
    with contextlib.closing(connect()) as client:
        return build_image(client, progress=progress)


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LOG_TAIL_LINES:])


def main() -> int:
    """Set up an engine or the image; return the exit code: 0, 3 environment, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.provisioning", description=__doc__)
    parser.add_argument("what", choices=("engine", "image"))

    started = time.monotonic()

    def progress(line: str) -> None:
        if not line.startswith(DETAILS):
            print(f"{time.monotonic() - started:5.0f} s  {line}", flush=True)

    try:
        if parser.parse_args().what == "engine":
            ensure_engine(progress)
        else:
            progress(f"runner image {ensure_image(progress)}")
    except SandboxUnavailableError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("interrupted; run the same command to continue", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
