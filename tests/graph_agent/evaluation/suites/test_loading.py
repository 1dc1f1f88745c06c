"""Suites found by name or folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.errors import RequestError
from graph_agent.evaluation.suites.loading import load_suite
from tests.graph_agent.evaluation.suites.test_databench import folder_in


def test_a_folder_in_databenchs_layout(tmp_path: Path) -> None:
    folder = folder_in(tmp_path / "half")
    assert load_suite(folder).name == "databench-sample"
    assert load_suite(f"databench:{folder}", full=True).name == "databench-full"


def test_an_unknown_suite(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="'nothing'"):
        load_suite("nothing")
    with pytest.raises(RequestError, match="no suite"):
        load_suite(tmp_path)
