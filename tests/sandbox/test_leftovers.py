"""What is removed as left over, and above all what is not."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sandbox import DockerSandbox, VariableStore
from sandbox.engine import connect
from sandbox.image import image_tag
from sandbox.leftovers import remove_from_engine, remove_from_store
from sandbox.owner import OWNER_LABEL, Owner
from sandbox.store import bundle_digests

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


def test_blobs_nothing_refers_to_go(store: VariableStore) -> None:
    kept = store.put_variables({"kept": np.zeros(100_000)})
    lost = store.put_variables({"lost": np.ones(100_000), "n": 1})
    removed = remove_from_store(store, bundle_digests(kept), min_age_s=0)
    assert sorted(removed.blobs) == sorted(bundle_digests(lost))
    assert removed.blob_bytes > 800_000
    assert [store.get(digest) for digest in bundle_digests(kept)]
    assert remove_from_store(store, bundle_digests(kept), min_age_s=0).blobs == []


def test_young_blobs_stay(store: VariableStore) -> None:
    digest = store.put(b"data")
    assert remove_from_store(store, ()).blobs == []
    make_old(store.root / "blobs" / digest[:2] / digest)
    assert store.put(b"data") == digest  # by a run that has no checkpoint yet
    assert remove_from_store(store, ()).blobs == []
    make_old(store.root / "blobs" / digest[:2] / digest)
    assert remove_from_store(store, ()).blobs == [digest]


def test_blobs_a_container_has_now_stay(store: VariableStore) -> None:
    bundle = store.put_variables({"array": np.zeros(100_000)})
    with store.job_folder() as folder:
        store.link_variables(bundle, folder)
        assert remove_from_store(store, (), min_age_s=0).blobs == []
    assert len(remove_from_store(store, (), min_age_s=0).blobs) == 2


def test_what_a_killed_writer_left_goes_when_it_is_old(store: VariableStore) -> None:
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


def test_job_folders_of_the_dead_go(store: VariableStore) -> None:
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


def test_a_store_that_is_not_there_has_nothing_to_remove(store: VariableStore) -> None:
    assert remove_from_store(store, ()).blobs == []
    assert not store.root.exists()


@pytest.mark.docker
def test_containers_and_volumes_of_the_dead_go(client: Any, dead: str) -> None:
    made: dict[str, tuple[str, str]] = {}
    owners = {"dead": dead, "here": str(Owner.of(os.getpid())), "else": ELSEWHERE, "old": "1"}
    for who, owner in owners.items():
        labels = {OWNER_LABEL: owner}
        volume = client.api.create_volume(labels=labels)["Name"]
        container = client.api.create_container(image_tag(), labels=labels)["Id"]
        made[who] = (client.api.inspect_container(container)["Name"].strip("/"), volume)
    try:
        removed = remove_from_engine(client)
        assert made["dead"][0] in removed.containers
        assert made["dead"][1] in removed.volumes
        alive = {name for who, names in made.items() if who != "dead" for name in names}
        assert alive.isdisjoint(removed.containers + removed.volumes)
        assert made["dead"][0] not in remove_from_engine(client).containers
    finally:
        for name, volume in made.values():
            with contextlib.suppress(Exception):
                client.api.remove_container(name, force=True)
            with contextlib.suppress(Exception):
                client.api.remove_volume(volume)


@pytest.mark.docker
def test_a_run_under_way_is_no_leftover(client: Any) -> None:
    def clean(*_: object) -> None:
        remove_from_engine(client)

    with DockerSandbox() as sandbox:
        run = sandbox.run("print('up')\nimport time; time.sleep(1)\nx = 1", on_output=clean)
    assert run.variables == {"x": 1}
