"""An engine for the tests that can't see some of this machine's files, or has more runtimes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import cloudpickle
import docker

from sandbox.engine.connection import connect
from sandbox.errors import EngineUnreachableError
from sandbox.image import image_tag
from sandbox.image.engine_build import build
from sandbox.image.spec import BASE_LABEL, ROLE_LABEL, RUNNER_FOLDER, program_files

_Engine = TypeVar("_Engine", bound="SecondEngine")
IMAGE = "codegen-agent-small:test"
START_S = 60
ROOM_BYTES = 2 << 30
DOCKERFILE = """FROM {base}
COPY app /opt/app
ENV PYTHONPATH=/opt/app PYTHONDONTWRITEBYTECODE=1
USER 1000:1000
WORKDIR /tmp
ENTRYPOINT ["python3", "-P", "-m", "_codegen_agent_runner"]
"""


def engine_folder() -> Path:
    """Make a folder for an engine, in memory and with a short name, because socket paths are."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES
    return Path(tempfile.mkdtemp(prefix="cg-", dir=memory if roomy else "/tmp"))


class SecondEngine:
    """A daemon in its own namespaces: killing it also kills everything it started."""

    SERVE = 'export LISTEN_FDS=1 LISTEN_PID=$$ && exec "$@" 3<&0 </dev/null'

    def __init__(self, hidden: Path | None, runtimes: Mapping[str, Any] | None = None) -> None:
        """Prepare its folder and settings.

        Args:
            hidden: a folder that it must not see.
            runtimes: further runtimes, as in daemon.json.
        """
        self.hidden = hidden
        self.folder = engine_folder()
        settings = json.dumps({"runtimes": runtimes or {}})
        (self.folder / "daemon.json").write_text(settings)
        self.cgroup = f"codegen-agent-test-{os.getpid()}"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Any:
        """Start it and return a client for it."""
        daemon = ["dockerd", "--host", "fd://", "--bridge=none"]
        daemon += [f"--config-file={self.folder}/daemon.json"]
        daemon += ["--iptables=false", "--ip-forward=false", "--ip-masq=false"]
        daemon += ["--exec-opt=native.cgroupdriver=cgroupfs", f"--cgroup-parent=/{self.cgroup}"]
        daemon += [f"--data-root={self.folder}/data", f"--exec-root={self.folder}/exec"]
        daemon += [f"--pidfile={self.folder}/pid"]
        # Remove what it stored about processes, as a boot does: process IDs are reused.
        reset = f'rm -rf "{self.folder}/pid" "{self.folder}/exec"'
        hide = f'mount -t tmpfs none "{self.hidden}"' if self.hidden else "true"
        script = f"{hide} && {reset} && {self.SERVE}"
        # In this machine's network, `--bridge=none` would remove docker0. So the daemon gets its
        # own network, and its listening socket is passed to it, as systemd does.
        namespaces = ["unshare", "--mount", "--pid", "--net", "--fork", "--mount-proc"]
        with (self.folder / "log").open("ab") as log, self._listen() as listening:
            self._process = subprocess.Popen(
                [*namespaces, "--kill-child", "sh", "-c", script, "sh", *daemon],
                stdin=listening,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_S
        while True:
            try:
                return connect(self.address)
            except EngineUnreachableError:
                log_text = (self.folder / "log").read_text(errors="replace")[-2000:]
                assert self._process.poll() is None, log_text
                assert time.monotonic() < deadline, log_text
                time.sleep(0.2)

    def _listen(self) -> socket.socket:
        host, port = self.address.removeprefix("tcp://").split(":")
        deadline = time.monotonic() + START_S
        while True:
            try:
                return socket.create_server((host, int(port)))
            except OSError:  # the processes of one that was killed end a moment later
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def kill(self) -> None:
        """Kill it, like a power cut."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def seen(self, path: Path) -> list[str]:
        """List a folder as the daemon sees it."""
        return [file.name for file in Path(f"/proc/{self._daemon()}/root{path}").iterdir()]

    def _daemon(self) -> int:
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return int(children.read_text().split()[0])

    def stop(self) -> None:
        """Stop it as an administrator does."""
        assert self._process is not None
        os.kill(self._daemon(), signal.SIGTERM)
        self._process.wait(60)
        self._process = None

    def remove(self) -> None:
        """Kill it and remove all its files."""
        self.kill()
        for _ in range(50):  # its processes end a moment later
            with contextlib.suppress(OSError):
                shutil.rmtree(self.folder)
            left = [*Path("/sys/fs/cgroup").glob(f"{self.cgroup}"), *self._cgroups()]
            for group in left:
                for inner in sorted(group.rglob("*/"), reverse=True):
                    with contextlib.suppress(OSError):
                        inner.rmdir()
                with contextlib.suppress(OSError):
                    group.rmdir()
            if not self.folder.exists() and not self._cgroups():
                return
            time.sleep(0.1)

    def _cgroups(self) -> list[Path]:
        return list(Path("/sys/fs/cgroup").glob(f"*/{self.cgroup}"))


def give_image(source: Any, target: Any) -> None:
    """Put a small runner image on an engine: the base image, cloudpickle and the program."""
    base = source.api.inspect_image(image_tag())["Config"]["Labels"][BASE_LABEL]
    target.api.load_image(source.api.get_image(base))
    files: list[tuple[str, bytes | Path]] = [("Dockerfile", DOCKERFILE.format(base=base).encode())]
    for path, text in program_files(RUNNER_FOLDER):
        files.append((f"app/_codegen_agent_runner/{path}", text))
    for path, text in program_files(Path(cloudpickle.__file__).parent):
        files.append((f"app/cloudpickle/{path}", text))
    build(
        target,
        IMAGE,
        files,
        arguments={},
        labels={ROLE_LABEL: "runner"},
        progress=lambda line: None,
    )


@contextlib.contextmanager
def second_engine(
    hidden: Path | None, runtimes: Mapping[str, Any] | None = None
) -> Iterator[tuple[SecondEngine, docker.DockerClient]]:
    """Yield an engine with the small image, and a client for it."""
    with filled(SecondEngine(hidden, runtimes)) as pair:
        yield pair


@contextlib.contextmanager
def filled(engine: _Engine) -> Iterator[tuple[_Engine, docker.DockerClient]]:
    """Start an engine with the small image, yield it with a client, and remove it."""
    try:
        client = engine.start()
        with contextlib.closing(connect()) as first:
            give_image(first, client)
        yield engine, client
        client.close()
    finally:
        engine.remove()
