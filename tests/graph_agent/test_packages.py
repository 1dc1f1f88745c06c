"""Importing fails with a clear error if ``nodes`` or ``sandbox`` is another package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def python(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code in ``folder``, which Python then searches first."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["nodes", "sandbox"])
@pytest.mark.parametrize("form", ["package", "module"])
def test_the_error_names_the_path_of_another_package(tmp_path: Path, name: str, form: str) -> None:
    path = tmp_path / (f"{name}/__init__.py" if form == "package" else f"{name}.py")
    path.parent.mkdir(exist_ok=True)
    path.write_text("raise RuntimeError('run by accident')")
    done = python(tmp_path, "import graph_agent")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: codegen-agent needs its own package {name!r}")
    assert str(path) in last
    assert "Rename yours" in last
    assert "run by accident" not in done.stderr


@pytest.mark.parametrize("name", ["nodes", "sandbox"])
def test_a_plain_folder_does_not_hide_ours(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "data.csv").touch()
    done = python(tmp_path, "import graph_agent, nodes, sandbox; print('fine')")
    assert (done.stdout, done.stderr) == ("fine\n", "")


def test_the_command_has_the_same_error(tmp_path: Path) -> None:
    (tmp_path / "nodes.py").touch()
    done = python(tmp_path, "from graph_agent.cli import main; main()")
    assert done.returncode == 1
    assert "Rename yours" in done.stderr
