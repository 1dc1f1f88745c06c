"""Runs notebooks as a person would: in a real kernel, and with the cells that a magic opens.

All of them share a kernel and a model with recorded answers.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from tests.conftest import KEPT, OURS
from tests.notebooks.recorded_model import MODEL, RecordedModel

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
OPENED = "opened-by-a-magic"
"""The tag of a cell whose text the magic before it wrote; metadata ``edit``: what a person then
replaces in it, [old, new]."""
FRESH = """
if "graph_agent" in get_ipython().extension_manager.loaded:
    get_ipython().run_line_magic("unload_ext", "graph_agent")
get_ipython().run_line_magic("reset", "-sf")
"""
_CHANGING = (
    (re.compile(r"\b[0-9a-f]{12}\b"), "THREAD"),
    (re.compile(r"\b\d+(\.\d+)? s\b"), "N s"),
    (re.compile(r"[\d,]+ tokens"), "N tokens"),
)


class Notebooks:
    """A kernel that notebooks run in, one after another."""

    def __init__(self, manager: KernelManager, model: RecordedModel) -> None:
        self._manager = manager
        self._model = model
        self._client: Any = None

    def run(self, name: str) -> Any:
        """Run a notebook and return it with its new outputs.

        Raises:
            CellExecutionError: a cell failed that isn't meant to.
        """
        self._model.play(name)
        notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
        opened: list[str] = []

        def start(cell: Any, cell_index: int) -> None:
            if OPENED in cell.metadata.get("tags", []):
                old, new = cell.metadata.get("edit", ("", ""))
                cell.source = opened[-1].rstrip("\n").replace(old, new)

        def executed(cell: Any, cell_index: int, execute_reply: Any) -> None:
            for payload in execute_reply["content"].get("payload", []):
                if payload["source"] == "set_next_input":
                    opened.append(payload["text"])

        fresh = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FRESH)])
        self._execute(fresh)
        self._execute(notebook, on_cell_start=start, on_cell_executed=executed)
        assert not self._model.left, f"answers that nobody asked for: {self._model.left}"
        return notebook

    def close(self) -> None:
        """Close the connection to the kernel."""
        if self._client is not None:
            self._client.stop_channels()

    def _execute(self, notebook: Any, **hooks: Any) -> None:
        runner = NotebookClient(notebook, km=self._manager, timeout=120, **hooks)
        runner.kc = self._client
        runner.execute()
        self._client = runner.kc


@contextlib.contextmanager
def running_notebooks(folder: Path) -> Iterator[Notebooks]:
    """Start a kernel in a folder, with a state folder of its own and no keys."""
    with RecordedModel() as model:
        manager = KernelManager(kernel_name="python3")
        manager.start_kernel(cwd=str(folder), env=environment_for(folder, model, os.environ))
        notebooks = Notebooks(manager, model)
        try:
            yield notebooks
        finally:
            notebooks.close()
            manager.shutdown_kernel(now=True)
            manager.cleanup_resources()


def environment_for(
    folder: Path, model: RecordedModel, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment of a kernel: a state folder of its own, no keys, and this model."""
    (folder / "empty.env").touch()
    kept = {
        name: value for name, value in environ.items() if name in KEPT or not name.startswith(OURS)
    }
    return {
        **kept,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", "")]),
        "PYTHONPATH": str(ROOT),
        "CODEGEN_AGENT_STATE": str(folder / "state"),
        "CODEGEN_AGENT_DOTENV_PATH": str(folder / "empty.env"),
        "CODEGEN_AGENT_MODEL": f"openai:{MODEL}",
        "OPENAI_BASE_URL": f"{model.url}/v1",
        "LANGSMITH_TRACING": "false",
    }


def what_matters(notebook: Any) -> list[Any]:
    """Return each code cell's text and outputs, without what differs from run to run.

    Of an output: its MIME types, and its text.
    """
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            outputs = [_output(output) for output in cell.outputs]
            found.append((settled(cell.source), *outputs))
    return found


def _output(output: Any) -> tuple[str, ...]:
    if output.output_type == "stream":
        return (output.name, settled(output.text))
    if output.output_type == "error":
        return ("error", settled("\n".join(output.traceback)))
    return (*sorted(output.data), settled(output.data.get("text/plain", "")))


def settled(text: str) -> str:
    """Replace run ids, seconds and numbers of tokens by words."""
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return text
