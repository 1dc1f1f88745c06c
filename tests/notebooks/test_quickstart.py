"""The quickstart notebook, executed in a real kernel with the real local model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"


def outputs(notebook: Any, kind: str) -> list[str]:
    """Collect the outputs of one mime type."""
    return [
        output["data"][kind]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if kind in output.get("data", {})
    ]


def assert_answered(notebook: Any) -> None:
    texts = outputs(notebook, "text/plain")
    assert "True" in texts
    assert any("Thur" in text and "Dinner" in text for text in texts)
    assert outputs(notebook, "image/png")
    assert any("**Code Assessment:** solved" in text for text in outputs(notebook, "text/markdown"))


def test_it_is_committed_with_outputs() -> None:
    assert_answered(nbformat.read(NOTEBOOK, as_version=4))


@pytest.mark.local_model
# The kernel is another process: what it leaves open at shutdown is not ours.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_it_runs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(
        notebook, timeout=400, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    ).execute()
    assert_answered(notebook)
