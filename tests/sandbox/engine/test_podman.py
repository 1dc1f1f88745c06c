"""Podman's socket: the essentials, differences from Docker, and leftovers."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import DockerSandbox, SandboxPolicy, SandboxUnavailableError, VariableStore
from sandbox.containers import hardening
from sandbox.containers.hardening import seccomp_profile
from sandbox.containers.leftovers import remove_from_engine
from sandbox.engine.facts import engine_facts
from sandbox.engine.failures import find_crash_cause
from sandbox.owner import OWNER_LABEL, Owner
from tests.sandbox.engine.engine_essentials import ON_ANY_ENGINE, POLICY, left
from tests.sandbox.engine.podman_engine import PodmanEngine, podman_engine, rootless_engine
from tests.sandbox.engine.second_engine import IMAGE

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (hasattr(os, "geteuid") and os.geteuid() == 0)
        or not (shutil.which("podman") and shutil.which("unshare")),
        reason="needs root and podman (`make test-servers` on Debian)",
    ),
]


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this machine that the engine does not see."""
    return tmp_path_factory.mktemp("hidden")


@pytest.fixture(scope="module")
def podman(hidden: Path) -> Iterator[tuple[PodmanEngine, Any]]:
    with podman_engine(hidden) as (engine, client):
        yield engine, client


@pytest.fixture
def client(podman: tuple[PodmanEngine, Any]) -> Any:
    return podman[1]


@pytest.fixture
def sandbox(client: Any, tmp_path: Path) -> Iterator[DockerSandbox]:
    store = VariableStore(tmp_path / "variables")
    with DockerSandbox(POLICY, client=client, image=IMAGE, store=store) as sandbox:
        yield sandbox
    assert left(client) == []


@pytest.mark.parametrize("essential", ON_ANY_ENGINE, ids=lambda essential: essential.__name__)
def test_essentials(sandbox: DockerSandbox, essential: Callable[[DockerSandbox], None]) -> None:
    essential(sandbox)


def test_it_is_recognized_as_podman(client: Any) -> None:
    facts = engine_facts(client)
    assert facts.is_podman
    assert facts.cannot_limit == ()


def test_a_folder_it_does_not_see(client: Any, hidden: Path) -> None:
    store = VariableStore(hidden / "variables")
    big = bytes(3_000_000)
    with DockerSandbox(POLICY, client=client, image=IMAGE, store=store) as sandbox:
        for _ in range(2):
            run = sandbox.run("x = len(big) + n", {"big": big, "n": 1}, returns=["x"])
            assert run.variables == {"x": 3_000_001}
    assert left(client) == []


def test_the_engine_sees_every_limit(sandbox: DockerSandbox, client: Any) -> None:
    seen: list[dict[str, Any]] = []

    def inspect(*_: object) -> None:
        seen.extend(found.attrs for found in client.containers.list(ignore_removed=True))

    sandbox.run("print('up', flush=True)\nimport time; time.sleep(1)", on_output=inspect)
    host = seen[0]["HostConfig"]
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["Privileged"] is False
    assert (host["Memory"], host["MemorySwap"]) == (POLICY.memory_bytes,) * 2
    assert host["NanoCpus"] == min(POLICY.cpus, os.cpu_count() or 1) * 1e9
    assert host["PidsLimit"] == POLICY.pids
    assert host["LogConfig"]["Type"] == "none"


LIMIT_PROCESS_1 = """
import resource
try:
    x = resource.prlimit(1, resource.RLIMIT_NPROC)
except PermissionError:
    x = "refused"
"""


def test_it_gets_our_seccomp_profile(sandbox: DockerSandbox) -> None:
    assert sandbox.run(LIMIT_PROCESS_1, returns=["x"]).variables == {"x": "refused"}


def test_a_profile_that_it_does_not_see(
    sandbox: DockerSandbox,
    hidden: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It runs with Podman's own, and the log says so."""
    profile = hidden / "seccomp.json"
    profile.write_text(seccomp_profile())
    monkeypatch.setattr(hardening, "PROFILE_FILE", profile)
    code = "status = open('/proc/self/status').read()\nx = 'Seccomp:\\t2' in status"
    assert sandbox.run(code, returns=["x"]).variables == {"x": True}
    assert "uses its own" in caplog.text


def start(client: Any, program: str, memory: str = "64m") -> Any:
    options = {"mem_limit": memory, "memswap_limit": memory, "auto_remove": True}
    ulimits = [{"Name": "nofile", "Soft": 1024, "Hard": 1024}]
    return client.containers.run(
        IMAGE,
        entrypoint=["python3", "-c", program],
        detach=True,
        network_mode="none",
        ulimits=ulimits,
        **options,
    )


def test_the_crash_cause(client: Any) -> None:
    eaten = start(client, "x = bytearray(1 << 30)")
    assert find_crash_cause(client.api, eaten.id, is_podman=True) == "memory"
    broken = start(client, "import os; os.abort()")
    assert find_crash_cause(client.api, broken.id, is_podman=True) == "code"
    killed = start(client, "import time; time.sleep(60)")
    killed.kill()
    with pytest.raises(SandboxUnavailableError, match="killed or removed from outside"):
        find_crash_cause(client.api, killed.id, is_podman=True)


def test_leftovers_of_dead_processes_are_removed(client: Any) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        dead = {OWNER_LABEL: str(Owner.of(process.pid))}
    living = {OWNER_LABEL: str(Owner.of(os.getpid()))}
    api = client.api
    names = [api.create_container(IMAGE, labels=owner)["Id"] for owner in (dead, living)]
    api.create_volume("dead", labels=dead)
    api.create_volume("living", labels=living)
    removed = remove_from_engine(client)
    assert (len(removed.containers), removed.volumes) == (1, ["dead"])
    containers = client.containers.list(all=True, ignore_removed=True)
    assert [container.id for container in containers] == names[1:]
    assert [volume.name for volume in client.volumes.list()] == ["living"]
    api.remove_container(names[1])
    api.remove_volume("living")


# The SDK does not close a socket that it could not connect.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_service_that_is_killed_during_a_run(
    podman: tuple[PodmanEngine, Any], tmp_path: Path
) -> None:
    engine, client = podman
    policy = SandboxPolicy(timeout_s=30, memory="128m")
    store = VariableStore(tmp_path)
    with DockerSandbox(policy, client=client, image=IMAGE, store=store) as sandbox:
        with pytest.raises(SandboxUnavailableError):
            sandbox.run(
                "print('up', flush=True)\nimport time; time.sleep(20)",
                on_output=lambda *_: engine.kill(),
            )
        engine.start().close()
        assert sandbox.run("x = n + 1", {"n": 1}).variables == {"x": 2}
    gc.collect()  # while the warning is ignored


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv")
def test_an_engine_that_ignores_limits_is_refused(
    tmp_path: Path,
) -> None:
    with rootless_engine(tmp_path) as client:
        facts = engine_facts(client)
        if facts.cgroup_version != "1":
            assert facts.cannot_limit == ()
            return
        assert facts.cannot_limit == ("memory", "processes")
        with (
            DockerSandbox(POLICY, client=client, image=IMAGE) as sandbox,
            pytest.raises(SandboxUnavailableError, match="cannot limit memory and processes"),
        ):
            sandbox.run("x = 1")
