"""Language models: made by name, called, and their failures told apart.

Importing this package loads no provider's client; each is loaded by the first
model that needs it::

    client = create_client(LLMModels.GEMINI25_PRO)
    reply = call_model(client, messages, tag="generate")
"""

from __future__ import annotations

from graph_agent.models.answer_cache import AnswerCache
from graph_agent.models.calls import ModelReply, acall_model, call_model
from graph_agent.models.clients import KEY_VARIABLES, create_client, default_model
from graph_agent.models.failures import is_transient
from graph_agent.models.journal import Call, Caller, CallJournal
from graph_agent.models.json_answers import acall_for_json, call_for_json, record_in
from graph_agent.models.names import DEFAULT_GEMINI, LLMModels
from graph_agent.models.profiles import ModelProfile, profile_of

__all__ = [
    "DEFAULT_GEMINI",
    "KEY_VARIABLES",
    "AnswerCache",
    "Call",
    "CallJournal",
    "Caller",
    "LLMModels",
    "ModelProfile",
    "ModelReply",
    "acall_for_json",
    "acall_model",
    "call_for_json",
    "call_model",
    "create_client",
    "default_model",
    "is_transient",
    "profile_of",
    "record_in",
]
