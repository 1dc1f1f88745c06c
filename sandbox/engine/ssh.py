"""Reaches an engine through the ``ssh`` program, as the Docker CLI does.

A connection is one ``ssh`` process that runs ``docker system dial-stdio``, with its standard
streams on a socket pair. The SDK's own ways don't fit: Paramiko ignores most of the user's
ssh configuration, and the SDK's ``ssh`` pipes have no timeouts.
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
from urllib.parse import urlsplit

import docker
import requests.adapters
import urllib3
import urllib3.connection

CONNECT_TIMEOUT_S = 20
FIRST_ANSWER_S = 30.0
"""For the login and the engine's first answer; the login may take several jumps."""
END_S = 2.0
MAX_KEPT = 4
MAX_OUTPUT_CHARS = 400
_BASE_URL = "http+docker://localhost"
"""As for a local socket; the SDK has special cases for ``ssh://``."""


class SshError(ConnectionError):
    """An ``ssh`` process ended; holds its exit code and the last lines it printed."""

    def __init__(self, code: int | None, output: str) -> None:
        self.code = code
        self.output = output
        super().__init__(f"ssh ended with exit code {code}: {output or 'no message'}")


def ssh_client(
    address: str, environ: Mapping[str, str], timeout_s: float = FIRST_ANSWER_S
) -> docker.DockerClient:
    """Connect to an engine at ``ssh://[user@]host[:port][/path/of/its.sock]``.

    Raises:
        ValueError: the address is not of this form.
        OSError: there is no ``ssh``.
        docker.errors.DockerException: the engine did not answer in ``timeout_s``.
        requests.RequestException: likewise.
    """
    adapter = SshAdapter(ssh_command(address), environ)

    def client_for(version: str) -> docker.DockerClient:
        # With a version given, the SDK does not connect before its adapter is replaced.
        client = docker.DockerClient(base_url="unix://ssh", version=version, timeout=timeout_s)
        client.api.mount(_BASE_URL, adapter)
        client.api.base_url = _BASE_URL
        return client

    first = client_for("1.24")
    try:
        return client_for(first.api.version(api_version=False)["ApiVersion"])
    except BaseException:
        first.close()
        raise


def ssh_command(address: str) -> list[str]:
    """Return the command that connects its standard streams to the engine at an address.

    Raises:
        ValueError: the address is not of the form ``ssh://[user@]host[:port][/path]``.
    """
    url = urlsplit(address)
    if url.scheme != "ssh" or not url.hostname or url.password or url.query or url.fragment:
        raise ValueError("it must be ssh://[user@]host[:port][/path], without a password")
    # BatchMode: nobody is there to type a password.
    command = ["ssh", "-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_TIMEOUT_S}"]
    if url.username:
        command += ["-l", url.username]
    if url.port:
        command += ["-p", str(url.port)]
    engine = ["docker", "system", "dial-stdio"]
    if url.path not in ("", "/"):
        engine.insert(1, f"--host=unix://{url.path}")
    return [*command, "--", url.hostname, shlex.join(engine)]


class SshAdapter(requests.adapters.HTTPAdapter):
    """Sends the SDK's requests through ``ssh`` processes, one for each connection."""

    def __init__(self, command: list[str], environ: Mapping[str, str]) -> None:
        """Start nothing yet; ``environ`` is the environment of the processes."""
        super().__init__()
        self._pool = _Pool(command, environ)

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> urllib3.HTTPConnectionPool:
        """Return the only pool: all requests go to one machine."""
        return self._pool

    def request_url(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> str:
        """Return the path without scheme and host."""
        return str(request.path_url)

    def close(self) -> None:
        """End all processes."""
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
                    process_group=0,  # Ctrl+C must not end it: it's needed to remove containers
                )
        except BaseException:
            self.stream.close()
            self._errors.close()
            raise

    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def error(self) -> SshError:
        """Wait briefly for the process to end and return how it did."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").split("\n")
        output = "; ".join(filter(None, map(str.strip, lines)))
        output = "".join(filter(str.isprintable, output))[-MAX_OUTPUT_CHARS:]
        return SshError(self._process.returncode, output)

    def close(self) -> None:
        """End the process."""
        if not self.has_ended():
            self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


class _Pool(urllib3.HTTPConnectionPool):
    """Keeps connections for later requests: each new one costs a login."""

    def __init__(self, command: list[str], environ: Mapping[str, str]) -> None:
        super().__init__("localhost", maxsize=MAX_KEPT)
        self._command = command
        self._environ = environ
        self._lock = threading.Lock()
        self._processes: list[SshProcess] = []

    def start(self) -> SshProcess:
        """Start a process, and close those that have ended."""
        started = SshProcess(self._command, self._environ)
        with self._lock:
            ended = [process for process in self._processes if process.has_ended()]
            self._processes = [*(set(self._processes) - set(ended)), started]
        for process in ended:
            process.close()
        return started

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

    Closing it closes our end, and the process then ends by itself, unless the connection
    was handed over to read a container's streams.
    """

    def __init__(self, pool: _Pool) -> None:
        super().__init__("localhost")
        self._ssh_pool = pool
        self._process: SshProcess | None = None

    def connect(self) -> None:
        self._process = self._ssh_pool.start()
        self.sock = self._process.stream

    def getresponse(self) -> Any:
        try:
            return super().getresponse()
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            raise (error if self._process is None else self._process.error()) from None
