"""Blobs hashed in a second thread, and what an interrupted write leaves."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest

from sandbox.errors import VariableStoreError
from sandbox.variables.store import UNHASHED_BYTES, VariableStore, has_file_of_size, staged

BIG = os.urandom(UNHASHED_BYTES + 12_345)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "blobs"
    made.mkdir()
    return made


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_staged_file_is_whole_read_only_and_gone_afterwards(folder: Path) -> None:
    with staged(memoryview(BIG), folder) as (path, digest):
        assert path.read_bytes() == BIG
        assert stat.S_IMODE(path.stat().st_mode) == 0o444
        assert digest == hashlib.sha256(BIG).hexdigest()
    assert files(folder) == []


def test_a_renamed_file_stays(folder: Path) -> None:
    with staged(memoryview(b"abc"), folder) as (path, _):
        path.replace(folder / "kept")
    assert files(folder) == [folder / "kept"]


def test_a_failure_leaves_nothing(folder: Path) -> None:
    with pytest.raises(KeyError), staged(memoryview(b"abc"), folder):
        raise KeyError
    with pytest.raises(OSError, match="No such"):
        staged(memoryview(b"abc"), folder / "none").__enter__()
    assert files(folder) == []


def test_big_blobs_are_stored_once_by_content(tmp_path: Path) -> None:
    store = VariableStore(tmp_path / "store")
    digest = store.put(BIG)
    assert digest == hashlib.sha256(BIG).hexdigest()
    assert store.get(digest) == BIG
    (blob,) = files(store.root)
    inode = blob.stat().st_ino
    assert store.put(bytearray(BIG)) == digest
    assert [blob.stat().st_ino for blob in files(store.root)] == [inode]


def test_another_big_blob_of_the_same_size_is_stored_too(tmp_path: Path) -> None:
    store = VariableStore(tmp_path / "store")
    other = b"\x00" + BIG[1:]
    digests = {store.put(BIG), store.put(other)}
    assert {hashlib.sha256(BIG).hexdigest(), hashlib.sha256(other).hexdigest()} == digests
    assert all(store.get(digest) in (BIG, other) for digest in digests)


def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    store = VariableStore(tmp_path / "store")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(VariableStoreError, match="cannot write"):
            store.put(BIG)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert files(store.root) == []


def test_sizes_are_looked_for_one_level_below(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "file").write_bytes(b"12345")
    (tmp_path / "here").write_bytes(b"1234")
    assert has_file_of_size(tmp_path, 5)
    assert not has_file_of_size(tmp_path, 4)
    assert not has_file_of_size(tmp_path / "none", 5)
