"""Files from folders that the user allows, and from nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.errors import RequestError
from graph_agent.tools.given_files import stored_files
from sandbox import VariableBundle, VariableStore


@pytest.fixture
def store(tmp_path: Path) -> VariableStore:
    return VariableStore(tmp_path / "store")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "allowed"
    folder.mkdir()
    (folder / "a.csv").write_text("n\n1\n")
    (tmp_path / "secret.csv").write_text("n\n2\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    return folder


def test_a_file_becomes_a_variable(folder: Path, store: VariableStore, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in ("a.csv", str(folder / "a.csv")):
        stored = stored_files({"a": path}, [other, folder], store, "sample")
        bundle = VariableBundle.from_json(stored["variables"])
        assert [variable.name for variable in bundle.variables] == ["a"]
        assert "DataFrame" in stored["summaries"][0]["type"]


@pytest.mark.parametrize("path", ["../secret.csv", "link.csv", "gone.csv", "/etc/passwd", ""])
def test_other_files_are_refused(folder: Path, store: VariableStore, path: str) -> None:
    with pytest.raises(RequestError, match="allowed folders"):
        stored_files({"a": path}, [folder], store, "sample")


def test_without_a_folder_no_file(store: VariableStore) -> None:
    with pytest.raises(RequestError, match="--folder"):
        stored_files({"a": "a.csv"}, [], store, "sample")


def test_a_bad_name(folder: Path, store: VariableStore) -> None:
    with pytest.raises(RequestError):
        stored_files({"a=b": "a.csv"}, [folder], store, "sample")
