"""Says why no engine answers, and what to do."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from urllib.parse import urlsplit

_NOT_FOUND = 127
"""What a shell ends with when there is no such program."""


def explain(address: str, error: BaseException) -> str:
    """Say in one sentence why no engine answers at an address, and what to do."""
    url = urlsplit(address)
    if url.scheme == "ssh":
        return _explain_ssh(address, error)
    if url.scheme not in ("unix", "npipe", "http+docker", "http+unix"):
        return (
            f"the container engine at {address!r} does not answer ({_last_cause(error)}); check"
            " DOCKER_HOST or `docker context ls`, and that the machine can be reached"
        )
    path = url.path if url.scheme == "unix" else ""
    causes = _causes(error)
    if any(isinstance(cause, PermissionError) for cause in causes):
        return (
            f"this user may not use the container engine's socket {path!r}; add the user to the"
            " group 'docker' (`sudo usermod -aG docker $USER`, then log in again) or use rootless"
            " Docker"
        )
    if any(isinstance(cause, (FileNotFoundError, ConnectionRefusedError)) for cause in causes):
        if shutil.which("dockerd") or shutil.which("docker") or (path and Path(path).exists()):
            return (
                f"no container engine answers at {address!r}; start it: Docker Desktop,"
                " `sudo systemctl start docker`, or `sudo dockerd` where there is no systemd"
            )
        return (
            "no container engine is installed; install Docker (https://docs.docker.com/engine/"
            "install/; on Debian and Ubuntu `make demo` as root does it)"
        )
    return (
        f"the container engine at {address!r} does not answer ({_last_cause(error)});"
        " see its log, and whether `docker info` works"
    )


def _explain_ssh(address: str, error: BaseException) -> str:
    from sandbox.ssh import SshError

    # The address may hold a password that does not belong there.
    if isinstance(error, ValueError):
        return f"DOCKER_HOST is no address that ssh can reach: {error}"
    where = f"the container engine at {address!r} does not answer"
    if any(isinstance(cause, FileNotFoundError) for cause in _causes(error)):
        return f"{where}: there is no program 'ssh'; install it (Debian: openssh-client)"
    url = urlsplit(address)
    target = f"{url.username}@{url.hostname}" if url.username else str(url.hostname)
    login = shlex.join(["ssh", *(["-p", str(url.port)] if url.port else []), target])
    ended = next((cause for cause in _causes(error) if isinstance(cause, SshError)), None)
    if ended is None:
        return f"{where} ({_last_cause(error)}); see whether `{login} docker version` works"
    if "host key for" in ended.said.lower() and "has changed" in ended.said.lower():
        mend = (
            "the machine was set up anew, or another one answers in its place: ask whoever runs it,"
            " then have the old key forgotten as ssh says"
        )
    elif "host key verification failed" in ended.said.lower():
        mend = f"log in once by `{login}`, compare the key it shows, and accept it"
    elif "permission denied (" in ended.said.lower():
        mend = f"`{login}` must log in without asking: add your key there, and to an ssh agent"
    elif ended.code == _NOT_FOUND:
        mend = "install the Docker CLI there: `docker system dial-stdio` is run"
    else:
        mend = f"see whether `{login} docker version` works"
    return f"{where}: {ended.said or 'ssh ended without a word'}; {mend}"


def _causes(error: BaseException) -> list[BaseException]:
    """List an error and all it wraps: requests and urllib3 keep the cause in their arguments."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or one in found:
            continue
        found.append(one)
        inner = [arg for arg in one.args if isinstance(arg, BaseException)]
        waiting += [*inner, one.__cause__, one.__context__, getattr(one, "reason", None)]
    return found


def _last_cause(error: BaseException) -> str:
    last = _causes(error)[-1]
    return str(last) or type(last).__name__
