"""The notebooks, executed in a real kernel: their committed outputs are what they give."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest

from tests.notebooks.running import FOLDER, NAMES, Notebooks, running_notebooks, what_matters

PATHS = re.compile(r"/(?:home|root|tmp|work|Users|var)/|[A-Z]:\\\\|site-packages")


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebooks]:
    with running_notebooks(tmp_path_factory.mktemp("notebooks")) as started:
        yield started


def read(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


@pytest.mark.docker
# The kernel is another process: what it leaves open at shutdown is not ours.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("name", NAMES)
def test_it_gives_its_committed_outputs(notebooks: Notebooks, name: str) -> None:
    hint = "run `python -m tests.notebooks.recording` and look at what it changed"
    assert what_matters(notebooks.run(name)) == what_matters(read(name)), hint


@pytest.mark.parametrize("name", NAMES)
def test_it_is_short_and_shows_nothing_of_the_machine(name: str) -> None:
    notebook = read(name)
    assert 8 <= len(notebook.cells) <= 16
    assert notebook.cells[0].source.startswith("# ")
    asking = [cell for cell in notebook.cells if re.match("%+codegen", cell.source)]
    assert all(cell.outputs for cell in asking)
    assert not PATHS.search(nbformat.writes(notebook))
    assert (FOLDER / f"{name}.ipynb").stat().st_size < 200_000


def test_a_newcomer_accepts_a_frame_within_six_cells() -> None:
    cells = [cell.source for cell in read("quickstart").cells if cell.cell_type == "code"]
    accepted = next(n for n, source in enumerate(cells, 1) if source.startswith("%codegen_accept"))
    assert accepted <= 6
