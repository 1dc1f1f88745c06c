"""The tar stream of a job's files; the copying itself is tested on a remote engine."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from sandbox.upload import BLOCK_BYTES, archive


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, BLOCK_BYTES + 7])
def test_files_arrive_whole_and_can_be_read_by_all(folder: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    (folder / "a").write_bytes(content[:size])
    (folder / ("b" * 64)).write_bytes(b"second")
    (folder / "a").chmod(0o400)
    blocks = list(archive(folder))
    assert max(map(len, blocks)) <= BLOCK_BYTES
    with tarfile.open(fileobj=io.BytesIO(b"".join(blocks))) as tar:
        members = tar.getmembers()
        assert [one.name for one in members] == ["a", "b" * 64]
        assert {(one.mode, one.uid, one.type) for one in members} == {(0o444, 0, tarfile.REGTYPE)}
        first, second = (tar.extractfile(one) for one in members)
        assert first is not None
        assert second is not None
        assert (first.read(), second.read()) == (content[:size], b"second")


def test_an_empty_folder_is_an_empty_archive(folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(b"".join(archive(folder)))) as tar:
        assert tar.getmembers() == []
