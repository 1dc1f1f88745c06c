"""Explains why no engine answers, and what to do."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from urllib.parse import urlsplit

_NOT_FOUND = 127
"""A shell's exit code for a program that doesn't exist."""


def unreachable_message(address: str, error: BaseException) -> str:
    """Say in one sentence why no engine answers at an address, and what to do."""
    url = urlsplit(address)
    if url.scheme == "ssh":
        return _ssh_message(address, error)
    if url.scheme not in ("unix", "npipe", "http+docker", "http+unix"):
        return (
            f"the container engine at {address!r} does not answer ({_last_cause(error)}); check"
            " DOCKER_HOST or `docker context ls`, and that the machine can be reached"
        )
    path = url.path if url.scheme == "unix" else ""
    causes = _causes(error)
    if any(isinstance(cause, PermissionError) for cause in causes):
        return (
            f"this user has no access to the container engine's socket {path!r}; add the user to"
            " the group 'docker' (`sudo usermod -aG docker $USER`, then log in again) or use"
            " rootless Docker"
        )
    if any(isinstance(cause, (FileNotFoundError, ConnectionRefusedError)) for cause in causes):
        if shutil.which("dockerd") or shutil.which("docker") or (path and Path(path).exists()):
            return (
                f"no container engine answers at {address!r}; start it: Docker Desktop,"
                " `sudo systemctl start docker`, or `sudo dockerd` where there is no systemd"
            )
        return (
            "no container engine is installed; install Docker (https://docs.docker.com/engine/"
            "install/; on Debian and Ubuntu run `make demo` as root)"
        )
    return (
        f"the container engine at {address!r} does not answer ({_last_cause(error)});"
        " check its log, and whether `docker info` works"
    )


def _ssh_message(address: str, error: BaseException) -> str:
    from sandbox.engine.ssh import SshError

    # Don't show this address: it may contain a password.
    if isinstance(error, ValueError):
        return f"DOCKER_HOST is not a valid ssh address: {error}"
    where = f"the container engine at {address!r} does not answer"
    causes = _causes(error)
    if any(isinstance(cause, FileNotFoundError) for cause in causes):
        return f"{where}: there is no program 'ssh'; install it (Debian: openssh-client)"
    url = urlsplit(address)
    target = f"{url.username}@{url.hostname}" if url.username else str(url.hostname)
    login = shlex.join(["ssh", *(["-p", str(url.port)] if url.port else []), target])
    ended = next((cause for cause in causes if isinstance(cause, SshError)), None)
    if ended is None:
        return f"{where} ({_last_cause(error)}); check whether `{login} docker version` works"
    output = ended.output.lower()
    if "host key for" in output and "has changed" in output:
        fix = (
            "either the machine was reinstalled or another machine answers: ask its administrator,"
            " then remove the old key as ssh describes"
        )
    elif "host key verification failed" in output:
        fix = f"log in once with `{login}`, compare the key it shows, and accept it"
    elif "permission denied (" in output:
        fix = f"`{login}` must log in without asking: add your key there, and to an ssh agent"
    elif ended.code == _NOT_FOUND:
        fix = "install the Docker CLI there, which has to run `docker system dial-stdio`"
    else:
        fix = f"check whether `{login} docker version` works"
    return f"{where}: {ended.output or 'ssh exited without a message'}; {fix}"


def _causes(error: BaseException) -> list[BaseException]:
    """List an error and all it wraps: requests and urllib3 keep the cause in their arguments."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop(0)
        if cause is None or cause in found:
            continue
        found.append(cause)
        inner = [argument for argument in cause.args if isinstance(argument, BaseException)]
        waiting += [*inner, cause.__cause__, cause.__context__, getattr(cause, "reason", None)]
    return found


def _last_cause(error: BaseException) -> str:
    last = _causes(error)[-1]
    return str(last) or type(last).__name__
