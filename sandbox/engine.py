"""Finds the container engine the Docker CLI would use, and says why there is none."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandbox.errors import EngineUnreachableError
from sandbox.runtimes import Runtime, runtimes_of

if TYPE_CHECKING:
    import docker

CONNECT_TIMEOUT_S = 60.0
PING_TIMEOUT_S = 10.0
UNIX_DEFAULT = "unix:///var/run/docker.sock"
WINDOWS_DEFAULT = "npipe:////./pipe/docker_engine"


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What an engine says about itself. ``arch`` as in image names: ``amd64``, ``arm64``."""

    version: str
    os: str
    arch: str
    cgroup_version: str
    runtimes: Mapping[str, Runtime]
    default_runtime: str
    ncpu: int
    memory_bytes: int
    storage: str
    operating_system: str


def connect(
    base_url: str | None = None,
    timeout_s: float = CONNECT_TIMEOUT_S,
    *,
    environ: Mapping[str, str] | None = None,
) -> docker.DockerClient:
    """Connect to an engine and make sure that it answers.

    Args:
        base_url: such as ``unix:///run/docker.sock``; None: ``DOCKER_HOST``, then the
            Docker CLI's current context, then the platform's default.
        timeout_s: of each later call to the engine.
        environ: the environment to read; None: this process's.

    Raises:
        EngineUnreachableError: none answers; the message says what to do.
    """
    import docker
    import docker.errors
    import requests.exceptions
    from docker.constants import IS_WINDOWS_PLATFORM

    environ = os.environ if environ is None else environ
    address = base_url or environ.get("DOCKER_HOST") or context_host(environ)
    if not address:
        address = WINDOWS_DEFAULT if IS_WINDOWS_PLATFORM else UNIX_DEFAULT
    tls: dict[str, Any] = {}
    if base_url is None and environ.get("DOCKER_HOST"):
        settings = docker.utils.kwargs_from_env(environment=dict(environ))
        tls = {"tls": settings["tls"]} if "tls" in settings else {}
    try:
        _knock(address)
        client = docker.DockerClient(
            base_url=address, timeout=PING_TIMEOUT_S, version="auto", **tls
        )
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        raise EngineUnreachableError(explain(address, error)) from None
    client.api.timeout = timeout_s
    return client


def engine_facts(client: docker.DockerClient) -> EngineFacts:
    """Ask an engine what it is and has.

    Raises:
        EngineUnreachableError: it does not answer any more.
    """
    import docker.errors
    import requests.exceptions

    try:
        info, version = client.info(), client.version()
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise EngineUnreachableError(explain(str(client.api.base_url), error)) from None
    return EngineFacts(
        version=str(version.get("Version", "")),
        os=str(version.get("Os", "")),
        arch=str(version.get("Arch", "")),
        cgroup_version=str(info.get("CgroupVersion", "1")),
        runtimes=runtimes_of(info),
        default_runtime=str(info.get("DefaultRuntime", "")),
        ncpu=int(info.get("NCPU", 1)),
        memory_bytes=int(info.get("MemTotal", 0)),
        storage=str(info.get("Driver", "")),
        operating_system=str(info.get("OperatingSystem", "")),
    )


def context_host(environ: Mapping[str, str]) -> str | None:
    """Return the address of the Docker CLI's current context; None for its default one.

    Reads the CLI's own files, so that Docker Desktop, Colima and the like are found.
    """
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or "~").expanduser()
    folder = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    name = environ.get("DOCKER_CONTEXT")
    try:
        name = name or json.loads((folder / "config.json").read_bytes()).get("currentContext")
        if not name or name == "default":
            return None
        key = sha256(name.encode()).hexdigest()
        meta = json.loads((folder / "contexts" / "meta" / key / "meta.json").read_bytes())
        return str(meta["Endpoints"]["docker"]["Host"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _knock(address: str) -> None:
    """Open a local socket and close it; the SDK leaks one at each failed attempt.

    Raises:
        OSError: nobody opens.
    """
    url = urlsplit(address)
    if url.scheme in ("unix", "http+unix") and hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(PING_TIMEOUT_S)
            probe.connect(url.path)


def explain(address: str, error: BaseException) -> str:
    """Say in one sentence why no engine answers at an address, and what to do."""
    url = urlsplit(address)
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
