"""An engine reached through ``ssh``: the essentials, lost connections, and error messages."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker.errors
import pytest
import requests

from sandbox import DockerSandbox, EngineUnreachableError, SandboxUnavailableError, VariableStore
from sandbox.containers.leftovers import remove_from_engine
from sandbox.engine.connection import connect
from sandbox.engine.ssh import ssh_client, ssh_command
from sandbox.image.engine_build import build
from tests.sandbox.engine.engine_essentials import BY_ANY_LINK, POLICY, left
from tests.sandbox.engine.second_engine import IMAGE, second_engine
from tests.sandbox.engine.ssh_server import SSHD, SshServer

needs_server = pytest.mark.skipif(
    SSHD is None or not (shutil.which("ssh") and shutil.which("docker")),
    reason="needs sshd, ssh and the docker command (`make test-servers` as root on Debian)",
)
needs_engine = pytest.mark.skipif(
    not (hasattr(os, "geteuid") and os.geteuid() == 0)
    or not (shutil.which("dockerd") and shutil.which("unshare")),
    reason="starting a second engine takes root, dockerd and unshare",
)
WAITING = """
import sys
from sandbox import DockerSandbox, SandboxPolicy
with DockerSandbox(SandboxPolicy(memory="128m"), image=sys.argv[1]) as sandbox:
    sandbox._launcher.shares_files = False
    sandbox.prepare()
    lease = sandbox._launcher.start()
    sandbox._pool._waiting[0].lease.result()
    print("up", flush=True)
    sys.stdin.read()
"""
pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this machine that the engine does not see."""
    return tmp_path_factory.mktemp("hidden")


@pytest.fixture(scope="module")
def server(hidden: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with second_engine(hidden) as (engine, _):
        server = SshServer(tmp_path_factory.mktemp("ssh"), engine.address)
        with server.running():
            yield server


@pytest.fixture(scope="module")
def client(server: SshServer) -> Iterator[Any]:
    with contextlib.closing(connect(environ=server.environ)) as client:
        yield client


@pytest.fixture
def sandbox(client: Any, hidden: Path) -> Iterator[DockerSandbox]:
    store = VariableStore(hidden / "variables")
    with DockerSandbox(POLICY, client=client, image=IMAGE, store=store) as sandbox:
        yield sandbox
    assert left(client) == []


@needs_server
@needs_engine
@pytest.mark.parametrize("essential", BY_ANY_LINK, ids=lambda essential: essential.__name__)
def test_essentials(sandbox: DockerSandbox, essential: Callable[[DockerSandbox], None]) -> None:
    essential(sandbox)


@needs_server
@needs_engine
def test_a_lost_connection_is_not_a_failed_run(sandbox: DockerSandbox, server: SshServer) -> None:
    with pytest.raises(SandboxUnavailableError, match="was lost|did not answer"):
        sandbox.run(
            "print('up', flush=True)\nimport time; time.sleep(4)",
            on_output=lambda *_: server.cut(),
        )
    assert sandbox.run("x = n", {"n": 1}).variables == {"x": 1}


@needs_server
@needs_engine
def test_processes_end_with_their_client(server: SshServer, tmp_path: Path) -> None:
    before = server.logins()
    client = connect(environ=server.environ)
    store = VariableStore(tmp_path)
    with DockerSandbox(POLICY, client=client, image=IMAGE, store=store) as sandbox:
        assert sandbox.run("x = 1").ok
    client.close()
    await_no_more(server, before)


@needs_server
@needs_engine
def test_images_are_built_and_loaded_on_it(client: Any) -> None:
    files = [("Dockerfile", f"FROM {IMAGE}\nCOPY big /big\n".encode()), ("big", bytes(5_000_000))]
    build(client, "by-ssh:test", files, arguments={}, labels={"a": "b"}, progress=lambda _: None)
    saved = b"".join(client.api.get_image("by-ssh:test"))
    client.api.remove_image("by-ssh:test")
    client.api.load_image(saved)
    assert client.api.inspect_image("by-ssh:test")["Config"]["Labels"]["a"] == "b"


@needs_server
@needs_engine
@pytest.mark.parametrize(
    ("setting", "key_options"),
    [("DisableForwarding yes", ""), ("", 'restrict,command="docker system dial-stdio" ')],
    ids=["no forwarding", "restricted key"],
)
def test_servers_that_forbid_forwarding_work(
    server: SshServer, tmp_path: Path, setting: str, key_options: str
) -> None:
    """A forward by ``ssh -L`` would fail here; hardened servers are set up like this."""
    strict = SshServer(tmp_path, server.engine, setting)
    keys = strict.folder / "authorized_keys"
    keys.write_text(key_options + keys.read_text())
    with strict.running(), contextlib.closing(connect(environ=strict.environ)) as client:
        assert client.ping()


def await_no_more(server: SshServer, logins: int) -> None:
    deadline = time.monotonic() + 20
    while server.logins() > logins and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.logins() <= logins


@needs_server
@needs_engine
def test_nothing_outlives_a_process_that_is_killed(server: SshServer, client: Any) -> None:
    before = server.logins()
    command = [sys.executable, "-c", WAITING, IMAGE]
    with subprocess.Popen(
        command, env=server.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        # A container and a volume, for the run and for the prepared container.
        assert len(left(client)) == 4
        process.kill()
    await_no_more(server, before)
    deadline = time.monotonic() + 20
    while client.containers.list(all=True, ignore_removed=True) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert client.containers.list(all=True, ignore_removed=True) == []
    assert len(remove_from_engine(client).volumes) == 2
    assert left(client) == []


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[SshServer]:
    """A server without an engine."""
    server = SshServer(tmp_path, f"unix://{tmp_path}/no.sock")
    with server.running():
        yield server


@needs_server
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda server: server.know_host_key("other_key"), "has changed.*remove the old key"),
        (
            lambda server: (server.folder / "known_hosts").write_text(""),
            "log in once with `ssh remote`",
        ),
        (
            lambda server: (server.folder / "authorized_keys").write_text(""),
            "without asking: add your",
        ),
        (lambda server: (server.programs / "docker").unlink(), "install the Docker CLI there"),
        (lambda server: None, "no.sock.*`ssh remote docker version` works"),
    ],
    ids=["changed key", "unknown key", "denied", "no docker", "no engine"],
)
def test_each_failure_says_what_to_do(
    idle: SshServer, spoil: Callable[[SshServer], Any], message: str
) -> None:
    spoil(idle)
    started = time.monotonic()
    with pytest.raises(
        EngineUnreachableError, match=f"'ssh://remote' does not answer.*({message})"
    ):
        connect(environ=idle.environ)
    assert time.monotonic() - started < 20


def test_without_ssh(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path), "DOCKER_HOST": "ssh://remote"}
    with pytest.raises(EngineUnreachableError, match="no program 'ssh'; install it"):
        connect(environ=environ)


@pytest.mark.parametrize("address", ["ssh://me:secret@host", "ssh://", "ssh://host:port"])
def test_an_invalid_address(address: str) -> None:
    with pytest.raises(EngineUnreachableError, match="not a valid ssh address") as caught:
        connect(environ={"DOCKER_HOST": address})
    assert "secret" not in str(caught.value)


@needs_server
def test_waiting_for_a_silent_server_is_limited(idle: SshServer) -> None:
    failures = (docker.errors.DockerException, requests.RequestException)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        with pytest.raises(failures):
            ssh_client(f"ssh://127.0.0.1:{silent.getsockname()[1]}", idle.environ, timeout_s=1)
    assert time.monotonic() - started < 15


def test_the_command() -> None:
    command = ssh_command("ssh://me@host:2222/run/user/1000/docker.sock")
    assert command[-3:] == [
        "--",
        "host",
        "docker --host=unix:///run/user/1000/docker.sock system dial-stdio",
    ]
    assert command[command.index("-l") + 1] == "me"
    assert command[command.index("-p") + 1] == "2222"
    assert ssh_command("ssh://-oProxyCommand=x")[-3] == "--"
