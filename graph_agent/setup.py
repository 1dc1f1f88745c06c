"""How a run was set up, kept in its state so that whoever resumes it finds it so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel

from graph_agent.errors import ThreadError
from graph_agent.models import default_model, profile_of
from graph_agent.records import Json
from graph_agent.settings import Settings
from sandbox import SandboxPolicy

_LIMITS = ("timeout_s", "memory", "runtime")


def setup_of(client: BaseChatModel | str | None, settings: Settings) -> Json:
    """Note the model and the limits of a run; never a key."""
    setup: Json = {name: getattr(settings, name) for name in _LIMITS}
    if isinstance(client, BaseChatModel):
        # An object of the caller's: its name is told, to be asked for.
        return {**setup, "model": None, "client": profile_of(client).name}
    return {**setup, "model": str(client or default_model(settings))}


def client_again(
    client: BaseChatModel | str | None, setup: Mapping[str, Any], thread_id: str
) -> BaseChatModel | str | None:
    """Return the client given now, or what the run had.

    Raises:
        ThreadError: the run had an object that cannot be made again.
    """
    if client is not None:
        return client
    if setup.get("client"):
        raise ThreadError(
            f"the run {thread_id!r} was started with a chat model of its caller's"
            f" ({setup['client']}); resume it with a client, such as"
            " AgentWorkflow.resume(thread_id, client=...) or --model NAME"
        )
    return setup.get("model")


def policy_again(settings: Settings, setup: Mapping[str, Any]) -> SandboxPolicy:
    """Return the limits of a run: those the environment sets now, else those it had."""
    limits = {
        name: getattr(settings, name)
        if name in settings.model_fields_set
        else setup.get(name, getattr(settings, name))
        for name in _LIMITS
    }
    return SandboxPolicy(**limits)
