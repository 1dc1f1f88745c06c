"""Podman's service with its own storage and settings."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.engine.connection import connect
from sandbox.errors import EngineUnreachableError
from tests.sandbox.engine.second_engine import engine_folder, give_image

START_S = 30
NOBODY = 65534
PODMANS_PROCESSES = 1 << 20
"""The limit it sets for containers, even if it may not raise its own to that."""
SETTINGS = """[containers]
cgroups = "enabled"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "runc"
[engine.runtimes]
runc = ["{runtime}"]
"""
RUNTIME = """#!/usr/bin/env python3
# runc without the limit that cannot be raised on this machine.
import json, os, resource, sys
if "create" in sys.argv:
    path = os.path.join(sys.argv[sys.argv.index("--bundle") + 1], "config.json")
    with open(path) as file:
        config = json.load(file)
    limits = config["process"].get("rlimits", [])
    config["process"]["rlimits"] = [limit for limit in limits if limit["type"] != "RLIMIT_NPROC"]
    with open(path, "w") as file:
        json.dump(config, file)
os.execv({runc!r}, ["runc", *sys.argv[1:]])
"""


class PodmanEngine:
    """A service that runs as root or as another user."""

    def __init__(self, hidden: Path, user: int = 0) -> None:
        """Prepare its folder and settings; ``hidden`` is a folder that it does not see."""
        self.hidden = hidden
        self._user = user
        self.folder = engine_folder()
        self.address = f"unix://{self.folder}/podman.sock"
        settings = self.folder / "containers.conf"
        settings.write_text(SETTINGS.format(runtime=self._runtime()))
        home = {"HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder)} if user else {}
        self._environ = {**os.environ, **home, "CONTAINERS_CONF": str(settings)}
        self._options = [f"--root={self.folder}/root", f"--runroot={self.folder}/run"]
        self._options += [f"--tmpdir={self.folder}/tmp"]
        if user:
            self._options.append("--storage-driver=vfs")
        self._process: subprocess.Popen[bytes] | None = None

    def _runtime(self) -> str:
        runc = shutil.which("runc", path=f"{os.environ['PATH']}:/usr/sbin")
        assert runc is not None
        if resource.getrlimit(resource.RLIMIT_NPROC)[1] >= PODMANS_PROCESSES:
            return runc
        wrapper = self.folder / "runc"
        wrapper.write_text(RUNTIME.format(runc=runc))
        wrapper.chmod(0o755)
        return str(wrapper)

    def start(self) -> Any:
        """Start it and return a client for it."""
        service = ["podman", *self._options, "system", "service", "--time=0", self.address]
        if self._user:
            os.chown(self.folder, self._user, self._user)
            drop = [f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups"]
            service = ["setpriv", *drop, *service]
        script = f'cd "{self.folder}" && mount -t tmpfs none "{self.hidden}" && exec "$@"'
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", script, "sh", *service],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environ,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_S
        while True:
            try:
                return connect(self.address)
            except EngineUnreachableError:
                log_text = (self.folder / "log").read_text(errors="replace")[-2000:]
                assert self._process.poll() is None, log_text
                assert time.monotonic() < deadline, log_text
                time.sleep(0.1)

    def kill(self) -> None:
        """Kill it; its containers keep running."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Kill it and remove all its files."""
        if not self._user:
            clean = ["podman", *self._options, "rm", "--all", "--force", "--time=0"]
            subprocess.run(clean, env=self._environ, capture_output=True, check=False)
        self.kill()
        for file in self.folder.rglob("pause.pid"):  # keeps a user namespace open
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGKILL)
        for mount in self._mounts():
            subprocess.run(["umount", "--lazy", mount], check=False)
        shutil.rmtree(self.folder)
        for group in Path("/sys/fs/cgroup").glob("*/libpod_parent"):
            for inner in (*sorted(group.rglob("*/"), reverse=True), group):
                with contextlib.suppress(OSError):  # in use by another engine
                    inner.rmdir()

    def _mounts(self) -> list[str]:
        mounted = (line.split()[1] for line in Path("/proc/mounts").read_text().splitlines())
        return sorted(
            (path for path in mounted if path.startswith(f"{self.folder}/")), reverse=True
        )


@contextlib.contextmanager
def rootless_engine(hidden: Path) -> Iterator[Any]:
    """Yield a client for a rootless service without images."""
    engine = PodmanEngine(hidden, user=NOBODY)
    try:
        with contextlib.closing(engine.start()) as client:
            yield client
    finally:
        engine.remove()


@contextlib.contextmanager
def podman_engine(hidden: Path) -> Iterator[tuple[PodmanEngine, Any]]:
    """Yield a service with the small image, and a client for it."""
    engine = PodmanEngine(hidden)
    try:
        with contextlib.closing(engine.start()) as client:
            with contextlib.closing(connect()) as first:
                give_image(first, client)
            yield engine, client
    finally:
        engine.remove()
