"""The notebook of the magics, executed in a real kernel with its recorded answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.notebooks.test_quickstart import outputs

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "magic.ipynb"


def assert_shown(notebook: Any) -> None:
    plain = outputs(notebook, "text/plain")
    assert "(False, False, True)" in plain, "nothing has changed before the accept"
    assert any("Thur    16.1" in text for text in plain)
    assert plain[-1] == "(False, False)", "undone"
    (page,) = [html for html in outputs(notebook, "text/html") if "Answer:" in html]
    assert "columns added: tip_pct" in page
    assert "data:image/png;base64," in page


def test_it_is_committed_with_outputs() -> None:
    assert_shown(nbformat.read(NOTEBOOK, as_version=4))


@pytest.mark.docker
# The kernel is another process: what it leaves open at shutdown is not ours.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_it_runs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(
        notebook, timeout=400, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    ).execute()
    assert_shown(notebook)
