"""A Postgres server of the tests' own on the loopback, from Debian's package."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

START_S = 60
USER, PASSWORD = "worker", "canary/of the@password"
WRITTEN = "canary%2Fof%20the%40password"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "lc_messages": "C",
}


def programs() -> Path | None:
    """Find the newest server's programs."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda one: int(one.parent.parent.name),
    )
    if found:
        return found[-1].parent
    there = shutil.which("postgres")
    return Path(there).parent if there else None


def account() -> str | None:
    """Name the user the server runs as, which is never root; None: there is none."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    return None


class PostgresServer:
    """Its data lie in a folder its user can reach; it ends when this process does."""

    def __init__(self, bin_: Path, user: str, folder: Path) -> None:
        self._bin, self._user, self._folder = bin_, user, folder
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
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
        """Start, and wait until it answers."""
        options = {**SETTINGS, "port": str(self.port), "unix_socket_directories": str(self._folder)}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        # Interrupted, it ends every connection and then itself.
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
            assert time.monotonic() < deadline, "Postgres does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        """End it and every connection to it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
            self._process = None

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://{USER}:{WRITTEN}@127.0.0.1:{self.port}/{database}"

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database and yield its address."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._admin(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield self.url(name)
        self._admin(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _admin(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _as_user(self, *options: str) -> list[str]:
        if os.geteuid() == 0:
            options = ("--reuid", self._user, "--regid", self._user, "--clear-groups", *options)
        return ["setpriv", *options, "--"] if options else []


@contextlib.contextmanager
def running_server(bin_: Path, user: str) -> Iterator[PostgresServer]:
    """Start a server and take it away again."""
    folder = Path(tempfile.mkdtemp(prefix="codegen-agent-postgres-"))
    try:
        server = PostgresServer(bin_, user, folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
