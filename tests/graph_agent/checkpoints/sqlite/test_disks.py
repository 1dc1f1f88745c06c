"""Disks that are full or read-only, as small file systems in memory."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph_agent import CheckpointError
from graph_agent.checkpoints import FILE_NAME, list_runs, open_saver, thread_lock
from graph_agent.config.settings import Settings
from tests.graph_agent.checkpoints.saving import THREAD, put, save
from tests.graph_agent.checkpoints.small_graph import build


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(disk: Path) -> None:
    with (disk / "filling").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass


def make_read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)


def test_a_full_disk_stops_a_run_that_can_be_resumed_once_there_is_space(disk: Path) -> None:
    executed = []

    def fill_at_first() -> None:
        executed.append(1)
        if len(executed) == 1:
            fill(disk)

    with open_saver(disk) as saver:
        put(saver, "before", request="kept", decision="done", success=True)
        graph = build(saver, fill_at_first)
        with pytest.raises(CheckpointError, match=r"the disk is full.*checkpoints\.sqlite"):
            # Enough data to need another page.
            graph.invoke({"request": "r" * 9000}, THREAD, durability="sync")
    assert executed == [1]
    # It can be read while the disk is still full.
    with open_saver(disk) as saver:
        status = {run.thread_id: run.status for run in list_runs(saver)}
    assert status == {"before": "solved", "t": "unfinished"}
    (disk / "filling").unlink()
    with open_saver(disk) as saver:
        out = build(saver, fill_at_first).invoke(None, THREAD, durability="sync")
        assert [run.status for run in list_runs(saver)] == ["solved", "solved"]
    assert out["success"] is True
    assert out["request"] == "r" * 9000
    assert executed == [1, 1]  # the node whose result could not be saved


def test_a_disk_that_is_full_from_the_start(disk: Path) -> None:
    fill(disk)
    with pytest.raises(CheckpointError, match="the disk is full"), open_saver(disk):
        pass
    (disk / "filling").unlink()
    save(disk, "t", request="x")


@pytest.mark.parametrize("existing", [True, False])
def test_a_read_only_disk(disk: Path, existing: bool) -> None:
    if existing:
        save(disk, "t", request="x")
    make_read_only(disk)
    before = {path.name: path.read_bytes() for path in disk.iterdir()}
    with pytest.raises(CheckpointError, match=r"writable.*CODEGEN_AGENT_STATE"), open_saver(disk):
        pass
    assert {path.name: path.read_bytes() for path in disk.iterdir()} == before


def test_no_lock_on_a_read_only_disk(disk: Path, settings: Settings) -> None:
    make_read_only(disk)
    there = settings.model_copy(update={"state_dir": disk})
    with (
        pytest.raises(CheckpointError, match=r"cannot lock the run 't'.*CODEGEN_AGENT_STATE"),
        thread_lock(there, "t"),
    ):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CheckpointError, match="CODEGEN_AGENT_STATE"), open_saver(tmp_path):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_file(tmp_path: Path) -> None:
    save(tmp_path, "t", request="x")
    (tmp_path / FILE_NAME).chmod(0o400)
    tmp_path.chmod(0o500)
    with pytest.raises(CheckpointError, match="CODEGEN_AGENT_STATE"), open_saver(tmp_path):
        pass
