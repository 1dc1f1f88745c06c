"""What somebody changed in the variable store is not used, and nothing else is read through it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import DockerSandbox, SandboxPolicy, VariableBundle, VariableError, VariableStore

SECRET = b"a secret of the host"


def _change(blob: Path, secret: Path) -> None:
    blob.chmod(0o600)
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 1
    blob.write_bytes(data)


def _shorten(blob: Path, secret: Path) -> None:
    blob.chmod(0o600)
    os.truncate(blob, blob.stat().st_size // 2)


def _lengthen(blob: Path, secret: Path) -> None:
    blob.chmod(0o600)
    with blob.open("ab") as file:
        file.write(b"more")


def _empty(blob: Path, secret: Path) -> None:
    blob.chmod(0o600)
    blob.write_bytes(b"")


def _link(blob: Path, secret: Path) -> None:
    blob.unlink()
    blob.symlink_to(secret)


def _hard_link(blob: Path, secret: Path) -> None:
    blob.unlink()
    os.link(secret, blob)


def _folder(blob: Path, secret: Path) -> None:
    blob.unlink()
    blob.mkdir()


def _pipe(blob: Path, secret: Path) -> None:
    blob.unlink()
    os.mkfifo(blob)


def _remove(blob: Path, secret: Path) -> None:
    blob.unlink()


TAMPERING: dict[str, Callable[[Path, Path], None]] = {
    "changed": _change,
    "shortened": _shorten,
    "lengthened": _lengthen,
    "emptied": _empty,
    "linked": _link,
    "hard-linked": _hard_link,
    "folder": _folder,
    "pipe": _pipe,
    "removed": _remove,
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[DockerSandbox]:
    with DockerSandbox(SandboxPolicy(memory="512m", timeout_s=20)) as made:
        yield made


@pytest.mark.parametrize("how", TAMPERING)
def test_a_run_refuses_what_was_changed(how: str, tmp_path: Path, sandbox: DockerSandbox) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    store = VariableStore(tmp_path / "store")
    bundle = store.put_variables({"x": list(range(1000)), "data": bytes(range(256)) * 64})
    assert sandbox.run("y = x[0]", bundle, store=store).ok
    for digest in bundle.digests():
        TAMPERING[how](tmp_path / "store" / "blobs" / digest[:2] / digest, secret)
    with pytest.raises(VariableError) as caught:
        sandbox.run("y = bytes(data)", bundle, store=store)
    assert SECRET.decode() not in str(caught.value)


@pytest.mark.parametrize("how", [how for how in TAMPERING if how != "pipe"])
def test_reading_refuses_what_was_changed(how: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    store = VariableStore(tmp_path / "store")
    digest = store.put(b"value" * 100)
    TAMPERING[how](tmp_path / "store" / "blobs" / digest[:2] / digest, secret)
    with pytest.raises(VariableError):
        store.get(digest)


@pytest.mark.parametrize(
    "digest",
    ["../../secret", "/etc/passwd", "", "0" * 63, "0" * 65, "G" * 64, "A" * 64, "0" * 64 + "\n"],
)
def test_only_a_digest_names_a_blob(digest: str, tmp_path: Path) -> None:
    store = VariableStore(tmp_path / "store")
    (tmp_path / "secret").write_bytes(SECRET)
    with pytest.raises(VariableError):
        store.get(digest)


def test_a_reference_that_names_another_file_is_refused(
    tmp_path: Path, sandbox: DockerSandbox
) -> None:
    store = VariableStore(tmp_path / "store")
    stored = store.put_variables({"x": 1}).to_json()
    for digest in ("../../../etc/passwd", "f" * 64):
        with pytest.raises((VariableError, ValueError)):
            sandbox.run(
                "y = x", VariableBundle.from_json({**stored, "pickle": digest}), store=store
            )


def test_only_this_user_can_enter_the_store(tmp_path: Path) -> None:
    store = VariableStore(tmp_path / "store")
    store.put_variables({"x": 1})
    with store.job_folder() as job:
        for folder in (tmp_path / "store", tmp_path / "store" / "blobs", job.parent):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
