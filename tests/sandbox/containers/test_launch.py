"""Starting containers: labels and names, the image they have, and how many may wait."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import SandboxPolicy, SandboxUnavailableError, VariableStore
from sandbox.arguments import job_message
from sandbox.containers.connections import Connections
from sandbox.containers.launch import IDLE_BYTES, Launcher, RunLabels
from sandbox.image import image_tag
from sandbox.image.extended_image import ExtendedImage
from sandbox.owner import OWNER_LABEL, Owner

POLICY = SandboxPolicy(memory="512m", timeout_s=120)


@pytest.fixture
def connections(tmp_path: Path) -> Iterator[Connections]:
    connections = Connections(None, VariableStore(tmp_path))
    yield connections
    connections.close()


def launcher(connections: Connections, policy: SandboxPolicy = POLICY) -> Launcher:
    extended_image = ExtendedImage(connections.client, image_tag, ())
    return Launcher(policy, extended_image, connections, {"org.codegen-agent.test": "launch"})


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("", None),
        ("a1-b2", "codegen-agent-a1-b2"),
        ("with / odd: characters", r"codegen-agent-[0-9a-f]{64}"),
        ("x" * 101, r"codegen-agent-[0-9a-f]{64}"),
    ],
)
def test_a_task_names_its_container(task: str, name: str | None) -> None:
    import re

    made = RunLabels(task=task).container_name()
    assert made == RunLabels("thread", task).container_name()
    assert (made is None) if name is None else re.fullmatch(name, made or "")


def test_labels_name_what_is_known() -> None:
    assert RunLabels().to_docker() == {}
    assert RunLabels("t").to_docker() == {"org.codegen-agent.thread": "t"}


@pytest.mark.docker
def test_a_container_has_its_labels_its_variables_and_serves(connections: Connections) -> None:
    store = connections.store()
    bundle = store.put_variables({"n": 41})
    launch = launcher(connections)
    lease = launch.start(RunLabels("a thread", "a task"))
    try:
        labels = connections.client().containers.get(lease.container.id).labels
        assert labels[OWNER_LABEL] == str(Owner.of(os.getpid()))
        assert labels["org.codegen-agent.test"] == "launch"
        assert labels["org.codegen-agent.task"] == "a task"
        assert launch.is_current(lease)
        assert launch.shares_files
        lease.put_variables(bundle, store)
        raw = lease.container.serve(job_message("print(n + 1)", bundle, None, None, POLICY))
    finally:
        lease.close()
    assert (raw.end, bytes(raw.stdout)) == ("exited", b"42\n")
    assert list((store.root / "jobs").iterdir()) == []


@pytest.mark.docker
def test_waiting_containers_take_a_quarter_of_the_engines_memory(
    connections: Connections,
) -> None:
    engine_bytes = connections.client().info()["MemTotal"]
    for memory, each in (("8g", IDLE_BYTES), ("64m", 64 << 20)):
        count = launcher(connections, SandboxPolicy(memory=memory)).max_waiting()
        assert count == max(1, engine_bytes // 4 // each)


@pytest.mark.docker
def test_a_missing_runtime_is_named_before_anything_starts(connections: Connections) -> None:
    launch = launcher(connections, SandboxPolicy(runtime="nonesuch"))
    with pytest.raises(SandboxUnavailableError, match="nonesuch"):
        launch.runtime()
    with pytest.raises(SandboxUnavailableError, match="nonesuch"):
        launch.start()
    assert not (connections.store().root / "jobs").exists()
