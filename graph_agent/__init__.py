"""An agent that answers plain-English requests about your data with code it runs safely.

Usage::

    from graph_agent import AgentWorkflow, CodeGenerationRequest, create_client

    request = CodeGenerationRequest(
        request_text="Average tip percentage by day", user_variables={"tips": tips}
    )
    result = AgentWorkflow(request, client=create_client()).run_sync()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph_agent.packages import require_our_packages

require_our_packages()

if TYPE_CHECKING:
    from graph_agent.batch.running import Batch, arun_batch, run_batch
    from graph_agent.budget import Budget
    from graph_agent.config.settings import Settings, load_settings
    from graph_agent.context import AgentContext
    from graph_agent.errors import (
        AgentError,
        CheckpointError,
        ModelAnswerError,
        ModelError,
        ModelRequestError,
        ModelSetupError,
        ModelTransientError,
        RequestError,
        RunStoppedError,
        SettingsError,
        ThreadError,
        VariableFileError,
    )
    from graph_agent.evaluation.running import Evaluation, evaluate
    from graph_agent.graph import build_graph
    from graph_agent.models import LLMModels, create_client
    from graph_agent.notebook.extension import load_ipython_extension, unload_ipython_extension
    from graph_agent.records import ApprovalAnswer, ApprovalRequest, Usage
    from graph_agent.request import CodeGenerationRequest
    from graph_agent.results.result import AttemptResult, CodeGenerationResult
    from graph_agent.runs.approver import ask_person
    from graph_agent.runs.events import (
        Analyzed,
        CodeToken,
        Decided,
        Drawn,
        Event,
        Executed,
        Finished,
        Generated,
        Printed,
        Retrying,
        Started,
        Waiting,
    )
    from graph_agent.runs.forgetting import forget
    from graph_agent.tools.langchain import agent_tool, codegen_tool
    from graph_agent.workflow import AgentWorkflow

__all__ = [
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

_LAZY = {
    "AgentContext": "context",
    "AgentWorkflow": "workflow",
    "ApprovalAnswer": "records",
    "ApprovalRequest": "records",
    "AttemptResult": "results.result",
    "Batch": "batch.running",
    "Budget": "budget",
    "CodeGenerationRequest": "request",
    "CodeGenerationResult": "results.result",
    "Evaluation": "evaluation.running",
    "LLMModels": "models",
    "Settings": "config.settings",
    "Usage": "records",
    "agent_tool": "tools.langchain",
    "arun_batch": "batch.running",
    "ask_person": "runs.approver",
    "build_graph": "graph",
    "codegen_tool": "tools.langchain",
    "create_client": "models",
    "evaluate": "evaluation.running",
    "forget": "runs.forgetting",
    "load_ipython_extension": "notebook.extension",
    "load_settings": "config.settings",
    "run_batch": "batch.running",
    "unload_ipython_extension": "notebook.extension",
}
"""The module of each name; the other names are in ``runs.events`` or end in ``Error``."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: LangGraph takes a second to load."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = _LAZY.get(name, "errors" if name.endswith("Error") else "runs.events")
    return getattr(import_module(f"graph_agent.{module}"), name)
