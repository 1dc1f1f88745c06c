"""Finds the container engine the Docker CLI would use, and says why there is none."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandbox.errors import EngineUnreachableError
from sandbox.runtimes import Runtime, runtimes_of
from sandbox.unreachable import explain

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
    is_podman: bool
    cannot_limit: tuple[str, ...]
    """What a policy bounds and this engine does not."""


def connect(
    base_url: str | None = None,
    timeout_s: float = CONNECT_TIMEOUT_S,
    *,
    environ: Mapping[str, str] | None = None,
) -> docker.DockerClient:
    """Connect to an engine and make sure that it answers.

    Args:
        base_url: such as ``unix:///run/docker.sock`` or ``ssh://user@host``; None:
            ``DOCKER_HOST``, then the Docker CLI's current context, then the platform's default.
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
    failures = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)
    try:
        if address.startswith("ssh://"):
            from sandbox.ssh import ssh_client

            client = ssh_client(address, environ)
        else:
            _knock(address)
            client = docker.DockerClient(
                base_url=address, timeout=PING_TIMEOUT_S, version="auto", **tls
            )
    except (*failures, ValueError) as error:
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
        is_podman=any("Podman" in one.get("Name", "") for one in version.get("Components") or ()),
        cannot_limit=_cannot_limit(info),
    )


def _cannot_limit(info: Mapping[str, Any]) -> tuple[str, ...]:
    limits = {"memory": "MemoryLimit", "processes": "PidsLimit"}
    # Podman says that it can, takes the limits, and ignores them.
    if info.get("Rootless") and str(info.get("CgroupVersion")) == "1":
        return tuple(limits)
    return tuple(name for name, key in limits.items() if info.get(key) is False)


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
