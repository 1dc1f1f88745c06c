"""An SSH server for the tests on the loopback, and an ``ssh`` configured for it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

START_S = 20
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
SERVER = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
ForceCommand PATH={programs} DOCKER_HOST={engine} exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
{more}
"""
USER = """Host remote
    HostName 127.0.0.1
    Port {port}
    User {user}
    IdentityFile {folder}/user_key
    UserKnownHostsFile {folder}/known_hosts
Host *
    IdentitiesOnly yes
    IdentityAgent none
    GlobalKnownHostsFile none
    StrictHostKeyChecking yes
"""


class SshServer:
    """Its files may be changed while it runs: they are read at each login."""

    def __init__(self, folder: Path, engine: str, more: str = "") -> None:
        """Make keys and settings; ``engine`` is the ``DOCKER_HOST`` of those who log in."""
        self.folder = folder
        self.engine = engine
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        for name in ("host_key", "user_key", "other_key"):
            make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(make, check=True)
        self.programs = folder / "programs"
        self.programs.mkdir()
        docker = shutil.which("docker")
        assert docker is not None
        (self.programs / "docker").symlink_to(docker)
        settings = {"port": self.port, "folder": folder, "user": pwd.getpwuid(os.getuid()).pw_name}
        server = SERVER.format(**settings, engine=engine, programs=self.programs, more=more)
        (folder / "sshd_config").write_text(server)
        (folder / "ssh_config").write_text(USER.format(**settings))
        shutil.copy(folder / "user_key.pub", folder / "authorized_keys")
        self.know_host_key("host_key")
        # Instead of ~/.ssh, which the tests must not change.
        wrapper = folder / "bin" / "ssh"
        wrapper.parent.mkdir()
        ssh = shutil.which("ssh")
        wrapper.write_text(f'#!/bin/sh\nexec "{ssh}" -F "{folder}/ssh_config" "$@"\n')
        wrapper.chmod(0o755)

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a user of the engine behind this server."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "DOCKER_HOST": "ssh://remote"}

    def know_host_key(self, name: str) -> None:
        """Make this the only key that the user knows of the server."""
        kind, key, *_ = (self.folder / f"{name}.pub").read_text().split()
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {kind} {key}\n")

    def empty(self, name: str) -> None:
        """Empty one of its files."""
        (self.folder / name).write_text("")

    def logins(self) -> int:
        """Count the open connections."""
        established = f":{self.port:04X}"
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        return sum(
            line.split()[1].endswith(established) and line.split()[3] == "01" for line in lines
        )

    def cut(self) -> None:
        """Break every connection."""
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text()
        for child in children.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run the server."""
        assert SSHD is not None
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # required by sshd as root
        command = [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")]
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log)
        self._pid = process.pid
        try:
            deadline = time.monotonic() + START_S
            while True:
                with (
                    contextlib.suppress(OSError),
                    socket.create_connection(("127.0.0.1", self.port)),
                ):
                    break
                log_text = (self.folder / "log").read_text()
                assert process.poll() is None, log_text
                assert time.monotonic() < deadline, log_text
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait()
