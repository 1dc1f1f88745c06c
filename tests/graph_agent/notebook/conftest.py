"""One kernel for all tests of this folder: starting one and loading the agent takes seconds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import KEPT, OURS
from tests.kernels import Kernel, running_kernel

SETUP = """
%load_ext graph_agent
from graph_agent.samples import load_tips
from tests.scripted_model import ScriptedModel, fenced, verdict
tips = load_tips()

def model(*codes, good=9):
    return ScriptedModel(codes=[fenced(code) for code in codes], verdicts=[verdict(True)] * good)
"""


@pytest.fixture(scope="session")
def session_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """Start a kernel with a state folder of its own, and without keys."""
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "empty.env").touch()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or not name.startswith(OURS)
    }
    state = {
        "CODEGEN_AGENT_STATE": str(folder / "state"),
        "CODEGEN_AGENT_DOTENV_PATH": str(folder / "empty.env"),
        "LANGSMITH_TRACING": "false",
    }
    with running_kernel(Path(folder), {**kept, **state}) as started:
        yield started


@pytest.fixture
def kernel(session_kernel: Kernel) -> Kernel:
    """The kernel with nothing of another test, ``tips`` and ``model(code, …)``."""
    session_kernel.run("%unload_ext graph_agent")
    session_kernel.run("%reset -f")
    assert session_kernel.run(SETUP).status == "ok"
    return session_kernel
