"""An engine of the tests' own, that does not see all of this machine's files or has runtimes."""

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
from typing import Any

import cloudpickle
import docker

from sandbox.engine import connect
from sandbox.errors import EngineUnreachableError
from sandbox.image import image_tag
from sandbox.image.engine_build import build
from sandbox.image.labels import BASE_LABEL, ROLE_LABEL
from sandbox.image.spec import RUNNER_FOLDER, program_files

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
    """Make a folder for an engine: its name is short, as sockets need, and it is in memory."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES
    return Path(tempfile.mkdtemp(prefix="cg-", dir=memory if roomy else "/tmp"))


class SecondEngine:
    """A daemon in namespaces of its own: when it is killed, all it started goes with it."""

    def __init__(self, hidden: Path | None, runtimes: Mapping[str, Any] | None = None) -> None:
        """Choose where it lives.

        Args:
            hidden: the folder it is not to see.
            runtimes: those it has besides its own, as in daemon.json.
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
        """Start it and return a client of it."""
        daemon = ["dockerd", "--host", "fd://", "--bridge=none"]
        daemon += [f"--config-file={self.folder}/daemon.json"]
        daemon += ["--iptables=false", "--ip-forward=false", "--ip-masq=false"]
        daemon += ["--exec-opt=native.cgroupdriver=cgroupfs", f"--cgroup-parent=/{self.cgroup}"]
        daemon += [f"--data-root={self.folder}/data", f"--exec-root={self.folder}/exec"]
        daemon += [f"--pidfile={self.folder}/pid"]
        # What is kept of processes is void at each start, as after a boot: numbers come again.
        void = f'rm -rf "{self.folder}/pid" "{self.folder}/exec"'
        hide = f'mount -t tmpfs none "{self.hidden}"' if self.hidden else "true"
        script = f"{hide} && {void}"
        script += ' && export LISTEN_FDS=1 LISTEN_PID=$$ && exec "$@" 3<&0 </dev/null'
        # A network of its own: without a bridge it would take this machine's docker0 away. So it
        # is given the socket it listens on, as systemd does, as the third.
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
                said = (self.folder / "log").read_text(errors="replace")[-2000:]
                assert self._process.poll() is None, said
                assert time.monotonic() < deadline, said
                time.sleep(0.2)

    def _listen(self) -> socket.socket:
        host, port = self.address.removeprefix("tcp://").split(":")
        return socket.create_server((host, int(port)))

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def seen(self, path: Path) -> list[str]:
        """List a folder as the daemon sees it."""
        return [one.name for one in Path(f"/proc/{self._daemon()}/root{path}").iterdir()]

    def _daemon(self) -> int:
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return int(children.read_text().split()[0])

    def stop(self) -> None:
        """End it as an administrator does."""
        assert self._process is not None
        os.kill(self._daemon(), signal.SIGTERM)
        self._process.wait(60)
        self._process = None

    def remove(self) -> None:
        """Kill it and leave nothing of it."""
        self.kill()
        for _ in range(50):  # its processes' ends are seen a moment after its own
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
    """Put a runner without libraries on an engine: the base image, cloudpickle, the program."""
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
    """Lend one with the small image on it."""
    engine = SecondEngine(hidden, runtimes)
    try:
        client = engine.start()
        with contextlib.closing(connect()) as first:
            give_image(first, client)
        yield engine, client
        client.close()
    finally:
        engine.remove()
