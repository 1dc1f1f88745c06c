"""What counts as left over and is removed, and above all what doesn't."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from sandbox import DockerSandbox, VariableStore
from sandbox.containers.leftovers import remove_from_engine, remove_from_store
from sandbox.engine.connection import connect
from sandbox.image import image_tag
from sandbox.owner import OWNER_LABEL, Owner

ELSEWHERE = "0123456789abcdef.1.01234567.1"
LENDING = """
import sys, time
from sandbox import VariableStore
with VariableStore(sys.argv[1]).job_folder() as folder:
    print(folder.name, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def store(tmp_path: Path) -> VariableStore:
    return VariableStore(tmp_path / "variables")


@pytest.fixture
def dead() -> str:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owner = Owner.of(process.pid)
    return str(owner)


@pytest.fixture
def client() -> Iterator[Any]:
    with contextlib.closing(connect()) as client:
        yield client


def make_old(path: Path) -> None:
    old = time.time() - 7200
    os.utime(path, (old, old))


def test_unreferenced_blobs_are_removed(store: VariableStore) -> None:
    kept = store.put_variables({"kept": np.zeros(100_000)})
    lost = store.put_variables({"lost": np.ones(100_000), "n": 1})
    removed = remove_from_store(store, kept.digests(), min_age_s=0)
    assert sorted(removed.blobs) == sorted(lost.digests())
    assert removed.blob_bytes > 800_000
    assert [store.get(digest) for digest in kept.digests()]
    assert remove_from_store(store, kept.digests(), min_age_s=0).blobs == []


def test_young_blobs_stay(store: VariableStore) -> None:
    digest = store.put(b"data")
    assert remove_from_store(store, ()).blobs == []
    make_old(store.root / "blobs" / digest[:2] / digest)
    assert store.put(b"data") == digest  # as by a run without a checkpoint yet
    assert remove_from_store(store, ()).blobs == []
    make_old(store.root / "blobs" / digest[:2] / digest)
    assert remove_from_store(store, ()).blobs == [digest]


def test_blobs_in_use_by_a_container_stay(store: VariableStore) -> None:
    bundle = store.put_variables({"array": np.zeros(100_000)})
    with store.job_folder() as folder:
        store.link_variables(bundle, folder)
        assert remove_from_store(store, (), min_age_s=0).blobs == []
    assert len(remove_from_store(store, (), min_age_s=0).blobs) == 2


def test_old_files_of_a_killed_writer_are_removed(store: VariableStore) -> None:
    digest = store.put(b"data")
    staged = store.root / "blobs" / ".0a1b2c3d0a1b2c3d"
    others = [staged.with_name(".notes"), staged.with_name(digest[:2]) / "notes.txt"]
    for path in (staged, *others):
        path.touch()
    assert remove_from_store(store, (digest,), min_age_s=0).blobs == []
    for path in (staged, *others):
        make_old(path)
    assert remove_from_store(store, (digest,), min_age_s=0).blobs == [staged.name]
    assert all(path.exists() for path in others)


def test_job_folders_of_dead_processes_are_removed(store: VariableStore) -> None:
    command = [sys.executable, "-c", LENDING, str(store.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        theirs = process.stdout.readline().strip()
        with store.job_folder() as ours:
            assert remove_from_store(store, ()).job_folders == []
            process.kill()
            process.wait()
            foreign = store.root / "jobs" / f"{ELSEWHERE}-abc"
            foreign.mkdir()
            assert remove_from_store(store, ()).job_folders == [theirs]
            assert ours.is_dir()
            assert foreign.is_dir()


def test_a_missing_store_has_nothing_to_remove(store: VariableStore) -> None:
    assert remove_from_store(store, ()).blobs == []
    assert not store.root.exists()


def owned(client: Any, owner: str) -> tuple[str, str]:
    """Make a container and a volume of an owner; return their names."""
    labels = {OWNER_LABEL: owner}
    container = client.api.create_container(image_tag(), labels=labels)["Id"]
    volume: str = client.api.create_volume(labels=labels)["Name"]
    return client.api.inspect_container(container)["Name"].strip("/"), volume


@pytest.mark.docker
def test_containers_and_volumes_of_dead_processes_are_removed(client: Any, dead: str) -> None:
    living = [owned(client, owner) for owner in (str(Owner.of(os.getpid())), ELSEWHERE, "1")]
    try:
        for _ in range(5):  # another process on this engine may remove them before us
            container, volume = owned(client, dead)
            removed = remove_from_engine(client)
            assert set(sum(living, ())).isdisjoint(removed.containers + removed.volumes)
            if container in removed.containers and volume in removed.volumes:
                break
        else:
            pytest.fail("not removed")
        assert container not in remove_from_engine(client).containers
    finally:
        for container, volume in living:
            client.api.remove_container(container, force=True)
            client.api.remove_volume(volume)


class ListingApi:
    """An engine's API that lists given containers."""

    def __init__(self, *listed: dict[str, Any]) -> None:
        self.listed, self.removed = listed, list[str]()

    def containers(self, **_: object) -> list[dict[str, Any]]:
        return list(self.listed)

    def volumes(self, **_: object) -> dict[str, Any]:
        return {"Volumes": None}

    def remove_container(self, container: str, **_: object) -> None:
        self.removed.append(container)


@pytest.mark.parametrize("names", [[], None])
def test_what_an_engine_lost_while_removing_it_is_removed_from_living_processes_too(
    names: list[str] | None,
) -> None:
    """No call brings an engine into this state for certain: see tests/faults/test_engine.py."""
    labels = {OWNER_LABEL: str(Owner.of(os.getpid()))}
    states = ("exited", "dead", "running", "created", "removing", "paused")
    nameless = [{"Id": state, "Names": names, "State": state, "Labels": labels} for state in states]
    named = {"Id": "named", "Names": ["/n"], "State": "exited", "Labels": labels}
    api = ListingApi(*nameless, named)
    removed = remove_from_engine(cast(Any, SimpleNamespace(api=api)))
    assert api.removed == removed.containers == ["exited", "dead"]


@pytest.mark.docker
def test_a_run_in_progress_is_not_left_over(client: Any) -> None:
    def clean(*_: object) -> None:
        remove_from_engine(client)

    with DockerSandbox() as sandbox:
        run = sandbox.run("print('up')\nimport time; time.sleep(1)\nx = 1", on_output=clean)
    assert run.variables == {"x": 1}
