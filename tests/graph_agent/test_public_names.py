"""The public names, and what importing them must not load."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any, get_args

import pytest

import graph_agent
import sandbox
from graph_agent import AgentWorkflow, CodeGenerationRequest

GRAPH_AGENT = [
    "AgentContext",
    "AgentError",
    "AgentWorkflow",
    "Analyzed",
    "ApprovalAnswer",
    "ApprovalRequest",
    "AttemptResult",
    "Batch",
    "Budget",
    "CheckpointError",
    "CodeGenerationRequest",
    "CodeGenerationResult",
    "CodeToken",
    "Decided",
    "Drawn",
    "Evaluation",
    "Event",
    "Executed",
    "Finished",
    "Generated",
    "LLMModels",
    "ModelAnswerError",
    "ModelError",
    "ModelRequestError",
    "ModelSetupError",
    "ModelTransientError",
    "Printed",
    "RequestError",
    "Retrying",
    "RunStoppedError",
    "Settings",
    "SettingsError",
    "Started",
    "ThreadError",
    "Usage",
    "VariableFileError",
    "Waiting",
    "agent_tool",
    "arun_batch",
    "ask_person",
    "build_graph",
    "codegen_tool",
    "create_client",
    "evaluate",
    "forget",
    "load_ipython_extension",
    "load_settings",
    "run_batch",
    "unload_ipython_extension",
]

SANDBOX = [
    "ConfinedError",
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
    "SavedSession",
    "Session",
    "SessionEndedError",
    "UnsendableVariableError",
    "VariableBundle",
    "VariableError",
    "VariableNameError",
    "VariableStore",
    "VariableStoreError",
]


def test_the_public_names() -> None:
    assert sorted(graph_agent.__all__) == GRAPH_AGENT
    assert sorted(sandbox.__all__) == SANDBOX


@pytest.mark.parametrize("package", [graph_agent, sandbox], ids=lambda package: package.__name__)
def test_each_public_name_exists_and_no_other(package: object) -> None:
    for name in package.__all__:  # type: ignore[attr-defined]  # a module
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        package.nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_every_event_is_public() -> None:
    for event in get_args(graph_agent.Event):
        assert getattr(graph_agent, event.__name__) is event


@pytest.mark.parametrize(
    "function",
    [AgentWorkflow, AgentWorkflow.resume, AgentWorkflow.fork, CodeGenerationRequest],
    ids=lambda function: function.__name__,
)
def test_public_signatures_are_typed(function: Any) -> None:
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name != "user_variables":  # values of any type
            assert parameter.annotation != "Any"
            assert "Mapping[str, Any]" not in parameter.annotation


def test_model_names() -> None:
    assert graph_agent.LLMModels.GEMINI25_PRO == "gemini-2.5-pro"
    assert graph_agent.LLMModels.LOCAL == "local"


def loaded_by(code: str) -> set[str]:
    """Return the modules that a new process has loaded after running code."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("package", ["graph_agent", "sandbox"])
def test_the_import_is_fast(package: str) -> None:
    slow = {"langgraph", "langchain_core", "pandas", "numpy", "pyarrow", "docker", "pydantic"}
    assert not slow & loaded_by(f"import {package}")


def test_building_the_graph_loads_no_provider() -> None:
    modules = loaded_by("import graph_agent; graph_agent.build_graph()")
    assert "langgraph" in modules
    assert not {"langchain_google_genai", "langchain_openai", "pandas", "docker"} & modules
