"""Files of weights, and other files."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.errors import ModelUnknownError
from graph_agent.models.gguf import check_gguf, gguf_fault


def test_a_file_that_begins_like_one(tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF and more")
    check_gguf(path)
    assert gguf_fault(path) is None


@pytest.mark.parametrize("content", [None, b"PK\x03\x04", b""])
def test_another_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "own.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelUnknownError, match=r"own\.gguf"):
        check_gguf(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "cannot be read" in str(gguf_fault(tmp_path))
