"""Language models: made by name and called; their failures are classified.

Importing this package loads no provider's client; each is loaded by the first
model that needs it::

    client = create_client(LLMModels.GEMINI25_PRO)
    reply = run_steps(ask(Question(client, profile_of(client), messages, "generate")))
"""

from __future__ import annotations

from graph_agent.context import TaskRef
from graph_agent.models.call_log import Call, CallLog
from graph_agent.models.calls import Steps, Work, arun_steps, ask, forms_of, run_steps
from graph_agent.models.clients import KEY_VARIABLES, create_client, default_model
from graph_agent.models.failures import is_transient
from graph_agent.models.names import (
    DEFAULT_GEMINI,
    LLMModels,
    check_name,
    full_name,
    is_gemini,
    weights_file,
)
from graph_agent.models.profiles import ClientSpec, ModelProfile, profile_of, spec_of
from graph_agent.models.question import Question
from graph_agent.models.replies import ModelReply, record_in
from graph_agent.models.shared_call_log import open_call_log

__all__ = [
    "DEFAULT_GEMINI",
    "KEY_VARIABLES",
    "Call",
    "CallLog",
    "ClientSpec",
    "LLMModels",
    "ModelProfile",
    "ModelReply",
    "Question",
    "Steps",
    "TaskRef",
    "Work",
    "arun_steps",
    "ask",
    "check_name",
    "create_client",
    "default_model",
    "forms_of",
    "full_name",
    "is_gemini",
    "is_transient",
    "open_call_log",
    "profile_of",
    "record_in",
    "run_steps",
    "spec_of",
    "weights_file",
]
