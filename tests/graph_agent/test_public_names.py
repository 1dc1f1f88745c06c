"""The public names, pinned; and what importing them does not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

import graph_agent
import sandbox

GRAPH_AGENT = [
    "AgentError",
    "AgentWorkflow",
    "CheckpointError",
    "CodeGenerationRequest",
    "CodeGenerationResult",
    "LLMModels",
    "ModelAnswerError",
    "ModelError",
    "ModelRequestError",
    "ModelSetupError",
    "ModelTransientError",
    "RequestError",
    "RunStoppedError",
    "Settings",
    "SettingsError",
    "ThreadError",
    "VariableFileError",
    "ask_person",
    "build_graph",
    "create_client",
    "load_settings",
]

SANDBOX = [
    "DockerSandbox",
    "EngineUnreachableError",
    "Execution",
    "ExecutionError",
    "Figure",
    "ImageBuildError",
    "ImageMissingError",
    "Outcome",
    "PayloadError",
    "PolicyError",
    "Sandbox",
    "SandboxError",
    "SandboxPolicy",
    "SandboxUnavailableError",
    "UnsendableVariableError",
    "VariableError",
    "VariableNameError",
    "VariableStore",
    "VariableStoreError",
]


def test_the_names_are_these() -> None:
    assert sorted(graph_agent.__all__) == GRAPH_AGENT
    assert sorted(sandbox.__all__) == SANDBOX


@pytest.mark.parametrize("package", [graph_agent, sandbox], ids=lambda one: one.__name__)
def test_each_is_there_and_no_other(package: object) -> None:
    for name in package.__all__:  # type: ignore[attr-defined]  # a module
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        package.nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_every_model_has_its_name() -> None:
    assert graph_agent.LLMModels.GEMINI25_PRO == "gemini-2.5-pro"
    assert graph_agent.LLMModels.LOCAL == "local"


def loaded_by(code: str) -> set[str]:
    """Name the top-level modules a fresh process has after some code."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("package", ["graph_agent", "sandbox"])
def test_the_import_is_light(package: str) -> None:
    slow = {"langgraph", "langchain_core", "pandas", "numpy", "pyarrow", "docker", "pydantic"}
    assert not slow & loaded_by(f"import {package}")


def test_building_the_graph_connects_to_nothing_and_loads_no_provider() -> None:
    modules = loaded_by("import graph_agent; graph_agent.build_graph()")
    assert "langgraph" in modules
    assert not {"langchain_google_genai", "langchain_openai", "pandas", "docker"} & modules
