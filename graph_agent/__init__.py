"""An agent that answers plain-English requests about your own data with code it runs safely.

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
    from graph_agent.asking import ask_person
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
    from graph_agent.graph import build_graph
    from graph_agent.models import LLMModels, create_client
    from graph_agent.request import CodeGenerationRequest
    from graph_agent.result import CodeGenerationResult
    from graph_agent.settings import Settings, load_settings
    from graph_agent.workflow import AgentWorkflow

__all__ = [
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

_ROOMS = {
    "AgentWorkflow": "workflow",
    "CodeGenerationRequest": "request",
    "CodeGenerationResult": "result",
    "LLMModels": "models",
    "Settings": "settings",
    "ask_person": "asking",
    "build_graph": "graph",
    "create_client": "models",
    "load_settings": "settings",
}


def __getattr__(name: str) -> Any:
    """Import public names when they are first used: LangGraph takes a second to load."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"graph_agent.{_ROOMS.get(name, 'errors')}"), name)
