"""A Postgres server for the tests, on the loopback interface, from Debian's package."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

START_S = 60
USER, PASSWORD = "worker", "canary/of the@password"
ENCODED_PASSWORD = "canary%2Fof%20the%40password"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "lc_messages": "C",
}


def programs() -> Path | None:
    """Find the folder of the newest server's programs."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: int(path.parent.parent.name),
    )
    if installed:
        return installed[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


def account() -> str | None:
    """Name the user the server runs as, which can't be root; None if there is no such user."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    return None


def free_port() -> int:
    """Choose a port below those the system gives out, so that a restart finds it free, too."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def execute(url: str, statement: Any) -> None:
    """Execute one or more statements."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


class PostgresServer:
    """A server with its data in ``folder``; it ends when the thread that starts it does.

    ``keeps_commits``: also when it is killed, as a server does by default.
    """

    def __init__(self, bin_: Path, user: str, folder: Path, *, keeps_commits: bool = False) -> None:
        self._settings = {**SETTINGS, "synchronous_commit": "on" if keeps_commits else "off"}
        self._bin, self._user, self._folder = bin_, user, folder
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (folder, secret):
                shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
        subprocess.run(
            [*self._as_user(), bin_ / "initdb", "-D", self._data, "-U", USER, "--no-sync",
             f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"],
            check=True, capture_output=True, cwd=folder,
        )  # fmt: skip

    def start(self) -> None:
        """Start, and wait until it accepts connections."""
        options = {
            **self._settings,
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        # On SIGINT it closes all connections, then exits.
        ends_with_us = ["--pdeathsig", "INT"]
        with (self._folder / "log").open("ab") as log:
            command = [*self._as_user(*ends_with_us), self._bin / "postgres", "-D", self._data]
            self._process = subprocess.Popen(
                [*command, *settings], stdout=log, stderr=log, cwd=self._folder
            )
        deadline = time.monotonic() + START_S
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                return
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, "Postgres accepts no connections"
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it and close every connection to it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """Kill its first process; the others notice it and end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def url(self, database: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://{USER}:{ENCODED_PASSWORD}@127.0.0.1:{self.port}/{database}"

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Create an empty database and yield its URL."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        admin = self.url("postgres")
        execute(admin, f"CREATE DATABASE {name}")
        yield self.url(name)
        execute(admin, f"DROP DATABASE {name} WITH (FORCE)")

    def _as_user(self, *options: str) -> list[str]:
        if os.geteuid() == 0:
            options = ("--reuid", self._user, "--regid", self._user, "--clear-groups", *options)
        return ["setpriv", *options, "--"] if options else []


@contextlib.contextmanager
def running_server(
    bin_: Path, user: str, *, keeps_commits: bool = False
) -> Iterator[PostgresServer]:
    """Start a server, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="codegen-agent-postgres-"))
    try:
        server = PostgresServer(bin_, user, folder, keeps_commits=keeps_commits)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
