"""This program in a container: with the host's engine, and with an engine in the container."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docker.errors import APIError
from docker.types import Mount

from sandbox.engine.connection import connect
from sandbox.errors import EngineUnreachableError
from sandbox.image import image_tag
from tests.sandbox.engine.devcontainer_program import BIG
from tests.sandbox.engine.second_engine import IMAGE, give_image

pytestmark = [pytest.mark.docker, pytest.mark.slow]
SOCKET = Path("/var/run/docker.sock")
REPOSITORY = Path(__file__).parents[3]
NOTES = REPOSITORY / "LICENSE"
START_S = 60
DAEMON = ("dockerd", "containerd", "containerd-shim-runc-v2", "runc", "docker-init")
WITHOUT = ("libc.so", "libm.so", "libdl.so", "libpthread.so", "ld-linux")
"""These must come from the container's own system."""
CANNOT = 42
INNER = f"""
/daemon/dockerd --version || exit {CANNOT}
exec dockerd --host unix:///shared/docker.sock \
  --bridge=none --iptables=false --ip-forward=false --ip-masq=false
"""


@pytest.fixture
def client() -> Iterator[Any]:
    with contextlib.closing(connect()) as client:
        yield client


def volumes(*more: tuple[Path | str, str]) -> list[str]:
    """Mount the program and its libraries at the paths they have here."""
    packages = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    shown = [(path, str(path)) for path in (REPOSITORY, *packages)]
    return [f"{source}:{target}:ro" for source, target in shown] + [
        f"{source}:{target}" for source, target in more
    ]


def environment(engine: str) -> dict[str, str]:
    path = f"{REPOSITORY}:{sysconfig.get_path('purelib')}:{sysconfig.get_path('platlib')}"
    return {"PYTHONPATH": path, "DOCKER_HOST": engine, "PYTHONDONTWRITEBYTECODE": "1"}


def program(image: str, root: Path) -> list[str]:
    return [
        "python3",
        "-m",
        "tests.sandbox.engine.devcontainer_program",
        image,
        str(root),
        str(NOTES),
    ]


def check(output: str) -> None:
    lines = NOTES.read_text().count("\n")
    expected = ["ok", "done\n", {"size": len(BIG), "lines": lines}, ""]
    assert json.loads(output.splitlines()[-1]) == [expected] * 3


@pytest.mark.skipif(not SOCKET.is_socket(), reason="the engine has no socket to mount")
@pytest.mark.parametrize("decoy", [False, True], ids=["no such folder", "another of that name"])
def test_the_hosts_engine_in_a_container(client: Any, tmp_path: Path, decoy: bool) -> None:
    root = tmp_path / f"store-{secrets.token_hex(4)}"
    same = root / "jobs" / "same"
    if decoy:
        same.mkdir(parents=True)
        (same / "mine").write_text("of the engine's machine")
    outer = client.containers.run(
        image_tag(),
        entrypoint=program(image_tag(), root),
        environment=environment(f"unix://{SOCKET}"),
        volumes=volumes((SOCKET, str(SOCKET))),
        user="0:0",
        network_mode="none",
        detach=True,
    )
    try:
        code = outer.wait(timeout=120)["StatusCode"]
        output = outer.logs(stdout=True, stderr=False).decode()
        errors = outer.logs(stdout=False, stderr=True).decode()
    finally:
        outer.remove(force=True, v=True)
    assert code == 0, errors
    check(output)
    assert errors.count("variables are sent through its API") == 1
    assert ("has another folder at" in errors) is decoy
    assert [path.name for path in same.rglob("*")] == (["mine"] if decoy else [])
    mine = {"label": f"org.codegen-agent.test={root.name}"}
    assert client.containers.list(all=True, filters=mine, ignore_removed=True) == []
    assert client.volumes.list(filters=mine) == []


@pytest.fixture
def daemon(tmp_path: Path) -> Path:
    """The daemon's programs and the libraries they need, for a container of the same system."""
    folder = tmp_path / "daemon"
    (folder / "lib").mkdir(parents=True)
    for name in DAEMON:
        path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if path is None:
            if name in ("dockerd", "containerd", "runc"):
                pytest.skip(f"the daemon's program {name!r} is not on this machine")
            continue
        shutil.copy(path, folder / name)
        needed = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
        for line in needed.splitlines():
            _, arrow, library = line.partition(" => ")
            if arrow and not line.strip().startswith(WITHOUT):
                shutil.copy(library.split()[0], folder / "lib")
    return folder


def privileged_container(client: Any, daemon: Path, shared: Path) -> Any:
    """Start a container that can run a daemon, also if this machine's own privileges are few."""
    options: dict[str, Any] = {
        "entrypoint": ["sh", "-c", INNER],
        "environment": {
            **environment("unix:///shared/docker.sock"),
            "LD_LIBRARY_PATH": "/daemon/lib",
            "PATH": "/daemon:/usr/sbin:/usr/bin:/sbin:/bin",
        },
        # Overlays can't be stacked on overlays, so the daemon's data is on a volume.
        "mounts": [Mount("/var/lib/docker", None, type="volume")],
        "user": "0:0",
        "network_mode": "none",
        "detach": True,
    }
    shown = [(daemon, "/daemon"), (shared, "/shared")]
    outer = client.containers.create(
        image_tag(), privileged=True, volumes=volumes(*shown), **options
    )
    try:
        outer.start()
    except APIError as error:
        outer.remove(force=True, v=True)
        if "unable to apply caps" not in str(error.explanation):
            raise
    else:
        return outer
    # A machine without some capability cannot grant "all".
    return client.containers.run(
        image_tag(),
        cap_add=["ALL"],
        cap_drop=["SYS_RESOURCE"],
        security_opt=["seccomp=unconfined", "apparmor=unconfined"],
        volumes=volumes(*shown, ("/sys/fs/cgroup", "/sys/fs/cgroup")),
        **options,
    )


@contextlib.contextmanager
def inner_engine(client: Any, daemon: Path, shared: Path) -> Iterator[tuple[Any, Any]]:
    """Yield a privileged container that runs a daemon, and a client for that daemon."""
    outer = privileged_container(client, daemon, shared)
    try:
        deadline = time.monotonic() + START_S
        while True:
            with contextlib.suppress(EngineUnreachableError):
                inner = connect(f"unix://{shared}/docker.sock")
                break
            outer.reload()
            log_text = outer.logs().decode()[-3000:]
            if outer.attrs["State"]["ExitCode"] == CANNOT:
                pytest.skip(f"the daemon does not run on the image's system: {log_text}")
            assert outer.status == "running", log_text
            assert time.monotonic() < deadline, log_text
            time.sleep(0.2)
        with contextlib.closing(inner):
            yield outer, inner
    finally:
        outer.remove(force=True, v=True)


@pytest.mark.skipif(
    not (hasattr(os, "geteuid") and os.geteuid() == 0), reason="needs the daemon's own socket"
)
def test_an_engine_in_the_same_container(client: Any, daemon: Path) -> None:
    # Short, because socket paths are limited.
    with (
        tempfile.TemporaryDirectory(prefix="cg-", dir="/tmp") as shared,
        inner_engine(client, daemon, Path(shared)) as (outer, inner),
    ):
        give_image(client, inner)
        code, (output, errors) = outer.exec_run(program(IMAGE, Path("/tmp/store")), demux=True)
        assert code == 0, errors
        check(output.decode())
        assert b"variables are sent through its API" not in (errors or b"")
        assert inner.containers.list(all=True, ignore_removed=True) == inner.volumes.list() == []
