"""Connects to the container engine that the Docker CLI would use, and translates its errors."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import weakref
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandbox.engine.unreachable import unreachable_message
from sandbox.errors import EngineUnreachableError, ImageMissingError, SandboxUnavailableError

if TYPE_CHECKING:
    import docker

CONNECT_TIMEOUT_S = 60.0
PING_TIMEOUT_S = 10.0
UNIX_DEFAULT = "unix:///var/run/docker.sock"
WINDOWS_DEFAULT = "npipe:////./pipe/docker_engine"


def connect(
    base_url: str | None = None,
    timeout_s: float = CONNECT_TIMEOUT_S,
    *,
    environ: Mapping[str, str] | None = None,
) -> docker.DockerClient:
    """Connect to an engine and check that it answers.

    Args:
        base_url: such as ``unix:///run/docker.sock`` or ``ssh://user@host``; None:
            ``DOCKER_HOST``, else the Docker CLI's current context, else the platform's default.
        timeout_s: for each later call to the engine.
        environ: the environment to read; None: this process's.

    Raises:
        EngineUnreachableError: no engine answers; the message says what to do.
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
            from sandbox.engine.ssh import ssh_client

            client = ssh_client(address, environ)
        else:
            _check_socket(address)
            client = docker.DockerClient(
                base_url=address, timeout=PING_TIMEOUT_S, version="auto", **tls
            )
    except (*failures, ValueError) as error:
        raise EngineUnreachableError(unreachable_message(address, error)) from None
    client.api.timeout = timeout_s
    _limit_posts(client.api)
    return client


def _limit_posts(api: Any) -> None:
    """Limit how long an answer is awaited where the SDK sets no limit: to attaching."""
    own = weakref.ref(api)  # a cycle would keep its connections open

    def post(url: str, *args: Any, **options: Any) -> Any:
        client: Any = own()
        return type(client).post(client, url, *args, **{"timeout": client.timeout, **options})

    api.post = post


def context_host(environ: Mapping[str, str]) -> str | None:
    """Return the address of the Docker CLI's current context; None for its default one.

    Reads the CLI's own files, to find Docker Desktop, Colima and similar engines.
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


def _check_socket(address: str) -> None:
    """Connect to a local socket and close it again: the SDK leaks a socket if it can't connect.

    Raises:
        OSError: no process listens there.
    """
    url = urlsplit(address)
    if url.scheme in ("unix", "http+unix") and hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(PING_TIMEOUT_S)
            probe.connect(url.path)


@contextlib.contextmanager
def engine_errors(doing: str) -> Iterator[None]:
    """Turn what the Docker SDK raises while ``doing`` something into our errors.

    Raises:
        ImageMissingError: the runner image doesn't exist.
        SandboxUnavailableError: any other failure of the engine or the connection to it.
    """
    import docker.errors
    import requests

    try:
        yield
    except docker.errors.ImageNotFound as error:
        raise ImageMissingError(
            f"the runner image is not on the engine ({error.explanation});"
            " run `codegen-agent sandbox build`"
        ) from error
    except docker.errors.APIError as error:
        raise SandboxUnavailableError(
            f"the container engine failed while {doing}: {error.explanation or error};"
            " run `codegen-agent doctor` to check it"
        ) from error
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise SandboxUnavailableError(
            f"the container engine did not answer while {doing} ({type(error).__name__}: {error});"
            " check that it is running with `codegen-agent doctor`"
        ) from error
