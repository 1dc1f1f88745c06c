"""Values of requests' files: each file is read once, and again when it has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.batch.requests import BatchRequest
from graph_agent.batch.values import FileOptions, Values
from graph_agent.errors import VariableFileError
from graph_agent.request import CodeGenerationRequest
from tests.graph_agent.batch.test_journal import SETUP


def asks(file: Path, **more: object) -> BatchRequest:
    """Ask something about a file."""
    return BatchRequest("a", CodeGenerationRequest("x", **more), "a", "d", {"t": str(file)})  # type: ignore[arg-type]


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    file, values = tmp_path / "t.csv", Values(FileOptions())
    file.write_text("x\n1\n")
    first = values.asked(asks(file), SETUP).user_variables["t"]
    assert values.asked(asks(file), SETUP).user_variables["t"] is first
    file.write_text("x\n1\n22\n")
    assert len(values.asked(asks(file), SETUP).user_variables["t"]) == 2


def test_the_batchs_candidates_hold_where_a_request_names_none(tmp_path: Path) -> None:
    file, values = tmp_path / "t.csv", Values(FileOptions())
    file.write_text("x\n1\n")
    setup = SETUP.model_copy(update={"candidates": 3})
    assert values.asked(asks(file), setup).candidates == 3
    assert values.asked(asks(file, candidates=2), setup).candidates == 2


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(VariableFileError, match="gone.csv"):
        Values(FileOptions()).asked(asks(tmp_path / "gone.csv"), SETUP)
