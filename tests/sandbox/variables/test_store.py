"""The variable store on a real file system."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import stat
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from sandbox.errors import UnsendableVariableError, VariableNameError, VariableStoreError
from sandbox.variables.bundle import VariableBundle
from sandbox.variables.store import VariableStore


@pytest.fixture
def store(tmp_path: Path) -> VariableStore:
    return VariableStore(tmp_path / "variables")


def blobs(store: VariableStore) -> list[Path]:
    return [path for path in (store.root / "blobs").rglob("*") if path.is_file()]


def test_a_blob_comes_back_and_is_written_once(store: VariableStore) -> None:
    digest = store.put(b"data")
    written = blobs(store)[0].stat().st_ino
    assert store.put(bytearray(b"data")) == digest
    assert store.get(digest) == b"data"
    assert [path.stat().st_ino for path in blobs(store)] == [written]


def test_only_the_user_can_enter_and_blobs_are_read_only(store: VariableStore) -> None:
    store.put(b"data")
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o700
    assert stat.S_IMODE(blobs(store)[0].stat().st_mode) == 0o444


def test_damage_is_found(store: VariableStore) -> None:
    digest = store.put(b"data")
    blobs(store)[0].chmod(0o644)
    blobs(store)[0].write_bytes(b"dada")
    with pytest.raises(VariableStoreError, match="damaged"):
        store.get(digest)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_anything_but_a_digest_is_refused(store: VariableStore, digest: str) -> None:
    with pytest.raises(VariableStoreError, match="SHA-256"):
        store.get(digest)


def test_a_bundle_is_plain_json_and_small(store: VariableStore) -> None:
    array = np.zeros(1_000_000)
    bundle = store.put_variables({"array": array, "n": 1})
    assert VariableBundle.from_json(json.loads(json.dumps(bundle.to_json()))) == bundle
    assert len(json.dumps(bundle.to_json())) < 1_000
    assert bundle.variables[0].name == "array"


def test_the_same_values_again_write_nothing(store: VariableStore) -> None:
    values = {"array": np.arange(1_000_000), "text": "t"}
    first = store.put_variables(values)
    count = len(blobs(store))
    assert store.put_variables(values) == first
    assert len(blobs(store)) == count


def test_variables_are_linked_not_copied(store: VariableStore) -> None:
    bundle = store.put_variables({"array": np.zeros(1_000_000)})
    with store.job_folder() as folder:
        store.link_variables(bundle, folder)
        names = sorted(path.name for path in folder.iterdir())
        assert names == sorted(set(bundle.digests()))
        assert all(path.stat().st_nlink == 2 for path in folder.iterdir())
    assert not folder.exists()
    assert store.get(bundle.pickle)


def test_a_missing_blob_is_an_error(store: VariableStore) -> None:
    bundle = store.put_variables({"array": np.zeros(1_000_000)})
    for path in blobs(store):
        path.unlink()
    with store.job_folder() as folder, pytest.raises(VariableStoreError, match="again"):
        store.link_variables(bundle, folder)


def test_a_files_path_brings_its_content(store: VariableStore, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("hello")
    bundle = store.put_variables({"notes": notes, "nowhere": tmp_path / "none"})
    (file,) = bundle.files
    assert file.place == "0/notes.txt"
    assert store.get(file.sha256) == b"hello"
    assert [variable.name for variable in bundle.variables] == ["notes", "nowhere"]


@pytest.mark.parametrize("name", ["1a", "a b", "", "class", "__x", 3])
def test_a_bad_name_is_refused(store: VariableStore, name: str) -> None:
    with pytest.raises(VariableNameError):
        store.put_variables({name: 1})
    assert not store.root.exists()


def test_unsendable_values_are_refused_or_listed(store: VariableStore) -> None:
    values = {"ok": 1, "gen": (i for i in "x")}
    with pytest.raises(UnsendableVariableError, match="'gen'.*generator"):
        store.put_variables(values)
    bundle = store.put_variables(values, skip_unsendable=True)
    assert list(bundle.unsendable) == ["gen"]
    assert [variable.name for variable in bundle.variables] == ["ok"]


def test_an_unwritable_store_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(VariableStoreError, match="CODEGEN_AGENT_STATE"):
        VariableStore(tmp_path / "file" / "variables").put(b"x")


def test_values_that_were_given_up_are_removed(store: VariableStore) -> None:
    given_up, again, kept, other = (store.put(text) for text in (b"one", b"two", b"three", b"four"))
    store.give_up([given_up, again, kept, "f" * 64], time.time())
    store.put(b"two")
    assert len(store.given_up()) == 2
    assert store.remove_given_up({kept}) == 3
    assert {path.name for path in blobs(store)} == {again, kept, other}
    store.give_up([again], time.time() - 60)  # stored since
    assert store.remove_given_up({kept}) == 0
    assert store.remove_given_up(set()) == 5


def test_a_value_in_use_stays_until_later(store: VariableStore) -> None:
    bundle = store.put_variables({"n": 1})
    store.give_up(bundle.digests(), time.time())
    with store.job_folder() as folder:
        store.link_variables(bundle, folder)
        assert store.remove_given_up(set()) == 0
    assert store.remove_given_up(set()) > 0
    assert blobs(store) == []


def store_often(root: Path, times: int) -> None:
    store = VariableStore(root)
    for _ in range(times):
        store.put(b"data")


def remove_often(root: Path, times: int) -> None:
    store, digest = VariableStore(root), hashlib.sha256(b"data").hexdigest()
    for _ in range(times):
        store.give_up([digest], time.time())
        store.remove_given_up(set())


def test_storing_never_fails_while_another_process_removes(store: VariableStore) -> None:
    arguments = (store.root, 2_000)
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
        removing = processes.submit(remove_often, *arguments)
        processes.submit(store_often, *arguments).result()
        removing.result()
    assert store.get(store.put(b"data")) == b"data"
