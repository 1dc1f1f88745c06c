"""Runs the notebooks and writes their outputs: ``python -m tests.notebooks.recording [NAME…]``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat

from tests.notebooks.running import FOLDER, NAMES, running_notebooks


def main(names: Sequence[str]) -> None:
    """Write the outputs of these notebooks, or of all."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_notebooks(Path(folder)) as notebooks,
    ):
        for name in names or NAMES:
            notebook = notebooks.run(name)
            for number, cell in enumerate(notebook.cells):
                cell.id = f"{number:02}"
                cell.metadata.pop("execution", None)
            notebook.metadata = {"kernelspec": notebook.metadata.kernelspec}
            notebook.metadata["language_info"] = {"name": "python"}
            nbformat.write(notebook, FOLDER / f"{name}.ipynb")
            print(name)


if __name__ == "__main__":
    main(sys.argv[1:])
