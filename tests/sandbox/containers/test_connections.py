"""A sandbox's own engine connection and store, and given ones."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from sandbox import EngineUnreachableError, VariableStore
from sandbox.containers.connections import (
    TEMPORARY_PREFIX,
    Connections,
    remove_temporary_stores,
)
from sandbox.owner import Owner


def test_given_ones_are_used_and_left_alone(tmp_path: Path) -> None:
    client, store = object(), VariableStore(tmp_path)
    connections = Connections(client, store)
    assert connections.client() is client
    assert connections.store() is store
    connections.close()
    assert tmp_path.is_dir()


def test_a_temporary_store_is_removed() -> None:
    connections = Connections(None, None)
    root = connections.store().root
    assert root.is_dir()
    assert connections.store().root == root
    connections.close()
    assert not root.exists()


def test_no_engine_is_an_error_at_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(EngineUnreachableError):
        Connections(None, None).client()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_a_store_of_its_own() -> None:
    connections = Connections(None, None)
    root = connections.store().root

    def in_child(pipe: Any) -> None:
        pipe.send(connections.store().root)
        connections.close()

    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=in_child, args=(there,))
    child.start()
    child.join(60)
    theirs = here.recv()
    assert theirs != root
    assert (root.is_dir(), theirs.exists()) == (True, False)
    connections.close()


def test_only_temporary_stores_of_dead_processes_are_removed() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        dead = Owner.of(process.pid)
    owners = {"dead": dead, "here": Owner.of(os.getpid()), "unknown": "notes"}
    folders = {
        name: Path(tempfile.mkdtemp(prefix=f"{TEMPORARY_PREFIX}{owner}-"))
        for name, owner in owners.items()
    }
    removed = remove_temporary_stores()
    assert not folders.pop("dead").exists()
    for folder in folders.values():
        assert folder.is_dir()
        assert folder not in removed
        folder.rmdir()
