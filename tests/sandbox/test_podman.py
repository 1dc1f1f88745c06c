"""Podman's socket: the essentials, its ways that differ, and what it leaves."""

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
from sandbox.engine import engine_facts
from sandbox.failure import post_mortem
from sandbox.leftovers import remove_from_engine
from sandbox.owner import OWNER_LABEL, Owner
from tests.sandbox.engine_essentials import ON_ANY_ENGINE, POLICY, left
from tests.sandbox.podman_engine import PodmanEngine, podman_engine, rootless_engine
from tests.sandbox.second_engine import IMAGE

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
    with DockerSandbox(POLICY, client=client, image=IMAGE, store=store) as one:
        yield one
    assert left(client) == []


@pytest.mark.parametrize("essential", ON_ANY_ENGINE, ids=lambda one: one.__name__)
def test_essentials(sandbox: DockerSandbox, essential: Callable[[DockerSandbox], None]) -> None:
    essential(sandbox)


def test_it_is_known_as_podman(client: Any) -> None:
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
        seen.extend(one.attrs for one in client.containers.list(ignore_removed=True))

    sandbox.run("print('up', flush=True)\nimport time; time.sleep(1)", on_output=inspect)
    host = seen[0]["HostConfig"]
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["Privileged"] is False
    assert (host["Memory"], host["MemorySwap"]) == (POLICY.memory_bytes,) * 2
    assert host["NanoCpus"] == min(POLICY.cpus, os.cpu_count() or 1) * 1e9
    assert host["PidsLimit"] == POLICY.pids
    assert host["LogConfig"]["Type"] == "none"


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


def test_how_process_1_ended(client: Any) -> None:
    eaten = start(client, "x = bytearray(1 << 30)")
    assert post_mortem(client.api, eaten.id, is_podman=True) == "memory"
    broken = start(client, "import os; os.abort()")
    assert post_mortem(client.api, broken.id, is_podman=True) == "code"
    killed = start(client, "import time; time.sleep(60)")
    killed.kill()
    with pytest.raises(SandboxUnavailableError, match="killed or removed from outside"):
        post_mortem(client.api, killed.id, is_podman=True)


def test_leftovers_of_the_dead_go(client: Any) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        dead = {OWNER_LABEL: str(Owner.of(process.pid))}
    living = {OWNER_LABEL: str(Owner.of(os.getpid()))}
    api = client.api
    names = [api.create_container(IMAGE, labels=one)["Id"] for one in (dead, living)]
    api.create_volume("dead", labels=dead)
    api.create_volume("living", labels=living)
    removed = remove_from_engine(client)
    assert (len(removed.containers), removed.volumes) == (1, ["dead"])
    assert [one.id for one in client.containers.list(all=True, ignore_removed=True)] == names[1:]
    assert [one.name for one in client.volumes.list()] == ["living"]
    api.remove_container(names[1])
    api.remove_volume("living")


# The SDK leaves the socket open that it could not connect.
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
    gc.collect()  # while it may


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv")
def test_limits_that_would_be_ignored_are_not_taken_for_limits(
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
