"""The job's files: a shared folder that is really the same, a volume, and its tar stream."""

from __future__ import annotations

import contextlib
import io
import tarfile
from pathlib import Path

import docker.errors
import pytest

from sandbox.containers.job_mount import (
    BLOCK_BYTES,
    FolderNotSharedError,
    JobVolume,
    SharedFolder,
    archive,
    folder_errors,
)
from sandbox.engine.connection import connect
from sandbox.image import image_tag


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


def test_a_folder_is_shared_if_the_container_sees_the_mark(folder: Path) -> None:
    shared = SharedFolder(folder)
    shared.mount()
    (mark,) = folder.iterdir()
    shared.confirm(["other", mark.name])
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("files", [[], [".0123456789abcdef"], None, "text"])
def test_a_folder_without_the_mark_is_another_one(folder: Path, files: object) -> None:
    shared = SharedFolder(folder)
    shared.mount()
    with pytest.raises(FolderNotSharedError):
        shared.confirm(files)


def test_engine_errors_about_folders_are_recognized(folder: Path) -> None:
    error = docker.errors.APIError("no", explanation="bind source path does not exist: /x")
    with pytest.raises(FolderNotSharedError, match="/x"), folder_errors(SharedFolder(folder)):
        raise error
    with pytest.raises(docker.errors.APIError), folder_errors(SharedFolder(folder)):
        raise docker.errors.APIError("no", explanation="no space left")


@pytest.mark.docker
def test_a_volume_takes_the_files_and_is_removed(folder: Path) -> None:
    (folder / "a").write_bytes(b"content")
    with contextlib.closing(connect()) as client:
        volume = JobVolume(client, {})
        try:
            mount = volume.mount()
            volume.fill(image_tag(), folder)
            reader = client.api.create_container(
                image_tag(), host_config=client.api.create_host_config(mounts=[mount])
            )["Id"]
            stream, _ = client.api.get_archive(reader, "/job/a")
            client.api.remove_container(reader, force=True)
        finally:
            volume.remove()
        volume.remove()  # already gone
        with pytest.raises(docker.errors.NotFound):
            client.api.inspect_volume(volume.name)
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
        member = tar.extractfile("a")
        assert member is not None
        assert member.read() == b"content"


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, BLOCK_BYTES + 7])
def test_files_arrive_whole_and_readable_by_everyone(folder: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    (folder / "a").write_bytes(content[:size])
    (folder / ("b" * 64)).write_bytes(b"second")
    (folder / "a").chmod(0o400)
    blocks = list(archive(folder))
    assert max(map(len, blocks)) <= BLOCK_BYTES
    with tarfile.open(fileobj=io.BytesIO(b"".join(blocks))) as tar:
        members = tar.getmembers()
        assert [member.name for member in members] == ["a", "b" * 64]
        assert {(member.mode, member.uid, member.type) for member in members} == {
            (0o444, 0, tarfile.REGTYPE)
        }
        first, second = (tar.extractfile(member) for member in members)
        assert first is not None
        assert second is not None
        assert (first.read(), second.read()) == (content[:size], b"second")


def test_an_empty_folder_is_an_empty_archive(folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(b"".join(archive(folder)))) as tar:
        assert tar.getmembers() == []
