"""Damaged blobs: found before a run, reported by name, and repaired by the same value."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sandbox import DockerSandbox
from sandbox.errors import VariableStoreError
from sandbox.variables import blob_checks
from sandbox.variables.bundle import VariableBundle
from sandbox.variables.store import REHASHED_BYTES, VariableStore

ONES = np.ones(200_000)


@pytest.fixture
def store(tmp_path: Path) -> VariableStore:
    return VariableStore(tmp_path / "variables")


@pytest.fixture
def bundle(store: VariableStore) -> VariableBundle:
    return store.put_variables({"n": 1, "ones": ONES})


def blob_of(store: VariableStore, bundle: VariableBundle) -> Path:
    digest = bundle.buffers[0].sha256
    return store.root / "blobs" / digest[:2] / digest


def link(store: VariableStore, bundle: VariableBundle) -> None:
    with store.job_folder() as folder:
        store.link_variables(bundle, folder)


def flip(path: Path, *, keep_mtime: bool = False, at: int = 800_006) -> None:
    """Flip one bit, of an exponent unless ``at`` says otherwise."""
    before = path.stat()
    path.chmod(0o644)
    with open(path, "r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 0x40]))
    path.chmod(0o444)
    if keep_mtime:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def zero_a_block(path: Path) -> None:
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(bytes(4096))


def empty(path: Path) -> None:
    os.truncate(path, 0)


def replace_by_a_symlink(path: Path) -> None:
    other = path.with_name("other")
    path.rename(other)  # even with the right content: it may change later
    path.symlink_to(other)


def replace_by_a_hard_link(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(bytes(path.stat().st_size))
    path.unlink()
    path.hardlink_to(other)


def replace_by_a_copy_with_its_time(path: Path) -> None:
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(bytes(before.st_size))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


DAMAGES = [
    flip,
    truncate,
    zero_a_block,
    empty,
    replace_by_a_symlink,
    replace_by_a_hard_link,
    replace_by_a_copy_with_its_time,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_reported_and_repaired(
    store: VariableStore, bundle: VariableBundle, damage: Callable[[Path], None]
) -> None:
    damage(blob_of(store, bundle))
    with pytest.raises(VariableStoreError, match="'ones' is damaged"):
        link(store, bundle)
    assert store.verify() == [bundle.buffers[0].sha256]
    assert store.put_variables({"n": 1, "ones": ONES}) == bundle
    link(store, bundle)
    assert store.verify() == []
    assert stat.S_IMODE(blob_of(store, bundle).lstat().st_mode) == 0o444


def test_a_repair_does_not_write_through_a_link(
    store: VariableStore, bundle: VariableBundle, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    for make in ("symlink_to", "hardlink_to"):
        mine.write_bytes(b"mine")
        blob_of(store, bundle).unlink()
        getattr(blob_of(store, bundle), make)(mine)
        store.put_variables({"n": 1, "ones": ONES})
        assert mine.read_bytes() == b"mine"
        link(store, bundle)


def test_damage_that_keeps_the_time(store: VariableStore, bundle: VariableBundle) -> None:
    """This process trusts what it has hashed; another one and ``verify`` hash it."""
    flip(blob_of(store, bundle), keep_mtime=True)
    link(store, bundle)
    code = (
        "import json, sys; from pathlib import Path\n"
        "from sandbox import VariableBundle, VariableStore, VariableStoreError\n"
        "bundle = VariableBundle.from_json(json.loads(sys.argv[2]))\n"
        "store = VariableStore(sys.argv[1])\n"
        "with store.job_folder() as folder:\n"
        "    try: store.link_variables(bundle, folder)\n"
        "    except VariableStoreError as error: print(error)\n"
    )
    import json

    arguments = [sys.executable, "-c", code, str(store.root), json.dumps(bundle.to_json())]
    said = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    assert "'ones' is damaged" in said
    assert store.verify() == [bundle.buffers[0].sha256]
    with pytest.raises(VariableStoreError, match="damaged"):  # known from now on
        link(store, bundle)
    store.put_variables({"n": 1, "ones": ONES})
    assert store.verify() == []


def test_small_values_are_hashed_before_every_run(store: VariableStore) -> None:
    bundle = store.put_variables({"text": "x" * (REHASHED_BYTES // 2)})
    digest = bundle.pickle
    flip(store.root / "blobs" / digest[:2] / digest, keep_mtime=True, at=1000)
    with pytest.raises(VariableStoreError, match="'text' is damaged"):
        link(store, bundle)


def test_an_unchanged_big_blob_is_not_read_again(
    store: VariableStore, bundle: VariableBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    digest_of = blob_checks._digest_of

    def counted(path: Path) -> str:
        read.append(path)
        return digest_of(path)

    monkeypatch.setattr(blob_checks, "_digest_of", counted)
    link(store, bundle)
    assert blob_of(store, bundle) not in read
    os.utime(blob_of(store, bundle), (1, 1))
    link(store, bundle)
    link(store, bundle)
    assert read.count(blob_of(store, bundle)) == 1


def test_a_process_notes_only_the_latest_blobs(
    store: VariableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_checks, "_whole", OrderedDict())
    monkeypatch.setattr(blob_checks, "MAX_NOTED", 3)
    digests = [store.put(bytes([number])) for number in range(5)]
    assert [path.name for path in blob_checks._whole] == digests[2:]
    assert store.get(digests[0]) == b"\0"


def test_permissions_are_restored(store: VariableStore, bundle: VariableBundle) -> None:
    blob_of(store, bundle).chmod(0o600)  # the container's user couldn't read it
    link(store, bundle)
    assert stat.S_IMODE(blob_of(store, bundle).stat().st_mode) == 0o444


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_an_unreadable_blob_is_repaired(store: VariableStore, bundle: VariableBundle) -> None:
    blob_of(store, bundle).chmod(0)
    os.utime(blob_of(store, bundle), (1, 1))
    with pytest.raises(VariableStoreError, match="Permission denied"):
        link(store, bundle)
    store.put_variables({"n": 1, "ones": ONES})
    link(store, bundle)


def test_a_second_hand_over_costs_no_more_than_hashing(store: VariableStore) -> None:
    data = os.urandom(1 << 20) * 64

    def seconds() -> float:
        started = time.perf_counter()
        store.put(data)
        return time.perf_counter() - started

    first, again = seconds(), min(seconds() for _ in range(3))
    assert again < 5 * first + 0.5


def test_a_run_with_a_flipped_bit_is_refused(
    sandbox: DockerSandbox, store: VariableStore, bundle: VariableBundle
) -> None:
    code = "total = float(ones.sum())"
    assert sandbox.run(code, bundle, store=store).variables == {"total": 200_000.0}
    flip(blob_of(store, bundle))
    with pytest.raises(VariableStoreError, match="'ones' is damaged"):
        sandbox.run(code, bundle, store=store)
    again = store.put_variables({"n": 1, "ones": ONES})
    assert sandbox.run(code, again, store=store).variables == {"total": 200_000.0}
    assert sandbox.run(code, bundle, store=store).variables == {"total": 200_000.0}


def test_a_damaged_pickle_is_found_before_it_is_read(
    sandbox: DockerSandbox, store: VariableStore
) -> None:
    bundle = store.put_variables({"text": "x" * 100})
    flip(store.root / "blobs" / bundle.pickle[:2] / bundle.pickle, at=1)
    with pytest.raises(VariableStoreError, match="'text' is damaged"):
        sandbox.run("x = 1", bundle, store=store)


def test_a_big_value_is_not_compared_again_unless_its_blob_looks_different(
    store: VariableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_checks, "COMPARED_BYTES", 1 << 20)
    data = os.urandom(2 << 20)
    digest = store.put(data)
    path = store.root / "blobs" / digest[:2] / digest
    compared: list[int] = []
    has_bytes = blob_checks._has_bytes

    def counted(fd: int, data: memoryview) -> bool:
        compared.append(data.nbytes)
        return has_bytes(fd, data)

    monkeypatch.setattr(blob_checks, "_has_bytes", counted)
    store.put(data)
    assert compared == []
    flip(path)
    store.put(data)
    assert compared == [len(data)]
    assert store.get(digest) == data
    flip(path, keep_mtime=True)
    assert store.verify() == [digest]  # from here on it is known
    store.put(data)
    assert store.get(digest) == data
