"""Values and files of a run, read from the store when they are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.records import FileReference, ValueReference
from graph_agent.results.stored import StoredFiles, StoredVariables
from sandbox import PayloadError, VariableStore, VariableStoreError
from tests.graph_agent.results.stored_values import stored


@pytest.fixture
def store(tmp_path: Path) -> VariableStore:
    return VariableStore(tmp_path)


def test_variables_are_decoded_when_read(store: VariableStore) -> None:
    gone = ValueReference(name="gone", type="int", codec="tree/1", sha256="0" * 64, summary="")
    other = gone.model_copy(update={"name": "other", "codec": "pickle"})
    variables = StoredVariables([stored(store, "items", [1, 2]), gone, other], store)
    assert list(variables) == ["items", "gone", "other"]
    assert "items: list" in repr(variables)
    assert variables["items"] == [1, 2]
    assert variables["items"] is variables["items"]
    with pytest.raises(VariableStoreError):
        variables["gone"]
    with pytest.raises((PayloadError, VariableStoreError)):
        variables["other"]
    with pytest.raises(TypeError):
        variables["items"] = 3  # type: ignore[index]


def test_files_are_read_from_the_store(store: VariableStore) -> None:
    there = FileReference(name="a/b.csv", sha256=store.put(b"1"), size=1)
    gone = FileReference(name="gone.csv", sha256="0" * 64, size=2)
    files = StoredFiles([there, gone], store)
    assert (list(files), len(files), files["a/b.csv"]) == (["a/b.csv", "gone.csv"], 2, b"1")
    assert "gone.csv: 2 bytes" in repr(files)
    with pytest.raises(VariableStoreError):
        files["gone.csv"]
    with pytest.raises(TypeError):
        files["a/b.csv"] = b""  # type: ignore[index]
