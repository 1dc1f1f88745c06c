"""Reaches an engine by the ``ssh`` program, as the Docker CLI does.

The SDK's own ways are not used: its Paramiko does not know the user's agent
forwarding, jump hosts and host keys as ``ssh`` does, and its connections
through ``ssh`` have neither timeouts nor an end that can be waited for.
"""

from __future__ import annotations

import contextlib
import http.client
import shlex
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

import docker
import requests.adapters
import urllib3
import urllib3.connection

CONNECT_TIMEOUT_S = 20
FIRST_ANSWER_S = 30.0
"""For the way there and the engine's first word; some log in by several hops."""
END_S = 2.0
MAX_KEPT = 4
MAX_SAID_CHARS = 400
_BASE_URL = "http+docker://localhost"
"""As for a local socket; the SDK treats its own way by ssh as a case apart."""


class SshError(ConnectionError):
    """The ``ssh`` program, or what it ran, ended: its exit code, and its last words."""

    def __init__(self, code: int | None, said: str) -> None:
        self.code = code
        self.said = said
        super().__init__(f"ssh ended with exit code {code}: {said or 'it said nothing'}")


def ssh_client(
    address: str, environ: Mapping[str, str], timeout_s: float = FIRST_ANSWER_S
) -> docker.DockerClient:
    """Connect to an engine at ``ssh://[user@]host[:port][/path/of/its.sock]``.

    Raises:
        ValueError: this is no such address.
        OSError: there is no ``ssh``.
        docker.errors.DockerException: the engine did not answer in ``timeout_s``.
        requests.RequestException: likewise.
    """
    adapter = SshAdapter(ssh_command(address), environ)
    # With a version given, the SDK connects nowhere: its adapter is replaced before it is used.
    asking = docker.DockerClient(base_url="unix://ssh", version="1.24", timeout=timeout_s)
    asking.api.mount(_BASE_URL, adapter)
    asking.api.base_url = _BASE_URL
    try:
        version = asking.api.version(api_version=False)["ApiVersion"]
        client = docker.DockerClient(base_url="unix://ssh", version=version, timeout=timeout_s)
    except BaseException:
        asking.close()
        raise
    client.api.mount(_BASE_URL, adapter)
    client.api.base_url = _BASE_URL
    return client


def ssh_command(address: str) -> list[str]:
    """Make the command that talks to the engine at an address by its standard streams.

    Raises:
        ValueError: this is no such address.
    """
    url = _split(address)
    # Asking for a password would wait for an answer that no program gives.
    command = ["ssh", "-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_TIMEOUT_S}"]
    if url.username:
        command += ["-l", url.username]
    if url.port:
        command += ["-p", str(url.port)]
    engine = ["docker", "system", "dial-stdio"]
    if url.path not in ("", "/"):
        engine.insert(1, f"--host=unix://{url.path}")
    return [*command, "--", str(url.hostname), shlex.join(engine)]


def _split(address: str) -> SplitResult:
    url = urlsplit(address)
    if url.scheme != "ssh" or not url.hostname or url.password or url.query or url.fragment:
        raise ValueError("it must be ssh://[user@]host[:port][/path], without a password")
    return url


class SshAdapter(requests.adapters.HTTPAdapter):
    """Sends the SDK's requests through ``ssh`` processes; a connection is one of them."""

    def __init__(self, command: list[str], environ: Mapping[str, str]) -> None:
        """Start nothing yet; ``environ`` is the processes' and tells where ``ssh`` is."""
        super().__init__()
        self._pool = _Pool(command, environ)

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> urllib3.HTTPConnectionPool:
        """Return the pool: there is one machine only."""
        return self._pool

    def request_url(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> str:
        """Return the path alone."""
        return str(request.path_url)

    def close(self) -> None:
        """Hang up."""
        super().close()
        self._pool.close()


class SshProcess:
    """One ``ssh`` process; ``stream`` is our end of its standard input and output."""

    def __init__(self, command: list[str], environ: Mapping[str, str]) -> None:
        """Start it.

        Raises:
            OSError: there is no ``ssh``.
        """
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # close() closes it
        self.stream, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(
                    command,
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=self._errors,
                    env=dict(environ),
                    process_group=0,  # Ctrl+C is for us: the container is removed through it
                )
        except BaseException:
            self.stream.close()
            self._errors.close()
            raise

    def has_ended(self) -> bool:
        """Whether it has."""
        return self._process.poll() is not None

    def ending(self) -> SshError:
        """Tell how it ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").split("\n")
        said = "; ".join(filter(None, map(str.strip, lines)))
        said = "".join(filter(str.isprintable, said))[-MAX_SAID_CHARS:]
        return SshError(self._process.returncode, said)

    def close(self) -> None:
        """End it."""
        if not self.has_ended():
            self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


class _Pool(urllib3.HTTPConnectionPool):
    """Keeps connections for the next request: each costs a login."""

    def __init__(self, command: list[str], environ: Mapping[str, str]) -> None:
        super().__init__("localhost", maxsize=MAX_KEPT)
        self._command = command
        self._environ = environ
        self._lock = threading.Lock()
        self._processes: list[SshProcess] = []

    def start(self) -> SshProcess:
        """Start a process, and collect those that have ended."""
        process = SshProcess(self._command, self._environ)
        with self._lock:
            ended = [one for one in self._processes if one.has_ended()]
            self._processes = [one for one in self._processes if one not in ended] + [process]
        for one in ended:
            one.close()
        return process

    def close(self) -> None:
        super().close()
        with self._lock:
            processes, self._processes = self._processes, []
        for process in processes:
            process.close()

    def _new_conn(self) -> Any:
        return cast(Any, _Connection(self))


class _Connection(urllib3.connection.HTTPConnection):
    """One process's stream.

    Closing it closes our end, and then the process ends by itself; but not as
    long as somebody reads on in a container's streams that it was turned into.
    """

    def __init__(self, pool: _Pool) -> None:
        super().__init__("localhost")
        self._ssh_pool = pool
        self._process: SshProcess | None = None

    def connect(self) -> None:
        self._process = self._ssh_pool.start()
        self.sock = self._process.stream

    def getresponse(self) -> Any:
        process = self._process
        try:
            return super().getresponse()
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            raise (error if process is None else process.ending()) from None
