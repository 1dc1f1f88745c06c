"""Blobs that several machines share: each is copied once to a machine, and compared there."""

from __future__ import annotations

import hashlib
from collections import namedtuple
from pathlib import Path

import pytest

from sandbox.errors import VariableStoreError
from sandbox.variables import shared
from sandbox.variables.shared import SharedBlobs
from sandbox.variables.store import VariableStore
from tests.s3_server import S3Server

DATA = b"abc" * 100_000


@pytest.fixture(params=["file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder, and a bucket of a real S3 server."""
    if request.param == "file":
        return f"file://{tmp_path}/shared"
    server = request.getfixturevalue("s3")
    assert isinstance(server, S3Server)
    return f"s3://{server.bucket()}/folder"


def machine(folder: Path, url: str) -> VariableStore:
    """Open the store as another machine would."""
    return VariableStore(folder, shared=SharedBlobs(url))


def test_a_value_travels_once(tmp_path: Path, url: str) -> None:
    digest = machine(tmp_path / "a", url).put(DATA)
    there = machine(tmp_path / "b", url)
    assert there.get(digest) == DATA
    asked: list[str] = []
    assert there.shared is not None
    there.shared.fetch = lambda digest, target: asked.append(digest)  # type: ignore[method-assign]
    assert there.get(digest) == DATA
    assert VariableStore(tmp_path / "b").get(digest) == DATA
    assert asked == []


def test_variables_of_another_machine(tmp_path: Path, url: str) -> None:
    bundle = machine(tmp_path / "a", url).put_variables({"x": [1, 2], "data": bytearray(DATA)})
    (tmp_path / "job").mkdir()
    machine(tmp_path / "b", url).link_variables(bundle, tmp_path / "job")
    digests = {path.name for path in (tmp_path / "job").iterdir()}
    assert digests == set(bundle.uses())


def test_what_was_changed_there_is_refused(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/shared"
    digest = machine(tmp_path / "a", url).put(DATA)
    blob = tmp_path / "shared" / "blobs" / digest[:2] / digest
    blob.chmod(0o644)
    blob.write_bytes(DATA.replace(b"c", b"d"))
    there = machine(tmp_path / "b", url)
    for _ in range(2):
        with pytest.raises(VariableStoreError, match="damaged in the shared store"):
            there.get(digest)
    assert not list((tmp_path / "b" / "blobs").rglob("*" + digest[3:]))
    assert [path for path in (tmp_path / "b" / "blobs").iterdir() if path.is_file()] == []
    blob.write_bytes(DATA[:5])  # another size: it is written anew
    machine(tmp_path / "c", url).put(DATA)
    assert there.get(digest) == DATA


def test_what_is_nowhere(tmp_path: Path, url: str) -> None:
    digest = hashlib.sha256(b"nothing").hexdigest()
    with pytest.raises(VariableStoreError, match=r"and not in '(s3|file)://"):
        machine(tmp_path / "a", url).get(digest)


def test_a_value_too_large_for_a_machine(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = machine(tmp_path / "a", url).put(DATA)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shared.shutil, "disk_usage", lambda path: usage(0, 0, 64 << 20))
    with pytest.raises(VariableStoreError, match=r"too large for this machine.*67 MB are free"):
        machine(tmp_path / "b", url).get(digest)
    monkeypatch.undo()
    assert machine(tmp_path / "b", url).get(digest) == DATA


def test_small_files_beside_the_blobs(tmp_path: Path, url: str) -> None:
    store = SharedBlobs(url)
    assert store.read_text("probe/x/token") is None
    store.write_text("probe/x/token", "é")
    assert SharedBlobs(url).read_text("probe/x/token") == "é"
    store.remove("probe/x")
    assert SharedBlobs(url).read_text("probe/x/token") is None
    store.remove("probe/x")


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(VariableStoreError, match="can't be written"):
        machine(tmp_path / "a", f"file://{tmp_path}/taken").put(DATA)


def test_a_bucket_that_is_not_there(tmp_path: Path, s3: S3Server) -> None:
    with pytest.raises(VariableStoreError):
        machine(tmp_path / "a", "s3://nowhere-at-all/x").put(DATA)
