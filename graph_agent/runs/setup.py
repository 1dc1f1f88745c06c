"""How a run was set up. It is saved in the state, and a resumed run is set up the same way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from graph_agent.config.settings import Settings
from graph_agent.errors import ThreadError
from graph_agent.models import create_client, default_model, full_name, profile_of, spec_of
from graph_agent.records import Json
from sandbox import SandboxPolicy

_LIMITS = ("timeout_s", "memory", "runtime", "allow_packages")


def setup_of(
    client: BaseChatModel | str | None, settings: Settings, before: Mapping[str, Any]
) -> Json:
    """Return the model and the limits of a run; never a key.

    ``before``: the setup of the run that this one continues; empty: it continues none.
    """
    setup = _limits(settings, before)
    setup["allow_packages"] = [*setup["allow_packages"]]
    if isinstance(client, BaseChatModel):
        made = spec_of(client)
        if made is not None:
            left_out = list(made.not_stored)
            return {**setup, "model": made.model, "options": made.options, "not_stored": left_out}
        # An object of the caller can't be restored; its name is for the error message.
        return {**setup, "model": None, "client": profile_of(client).name}
    return {**setup, "model": full_name(client or default_model(settings))}


def restored_client(
    client: BaseChatModel | str | None, setup: Mapping[str, Any], thread_id: str
) -> BaseChatModel | str | None:
    """Return the client of this call, or else the model the run had.

    Raises:
        ThreadError: the run had a chat model object, or one with an address, and neither
            is stored.
        ModelError: the model can't be made here.
    """
    if client is not None:
        return client
    if setup.get("client"):
        raise ThreadError(
            f"the run {thread_id!r} was started with a chat model object"
            f" ({setup['client']}), which isn't stored; give a model: client=... or --model NAME"
        )
    name, options = setup.get("model"), setup.get("options")
    if left_out := setup.get("not_stored"):
        needed = ", ".join(f"{argument}=..." for argument in left_out)
        raise ThreadError(
            f"the run {thread_id!r} was started with {', '.join(left_out)}, which isn't stored;"
            f" give client=create_client({name!r}, {needed}) or --model NAME"
        )
    return create_client(name, **_usable(options)) if name and options else name


def _usable(options: Mapping[str, Any]) -> Json:
    """Return the stored options as ``create_client`` takes them."""
    paths = ("cache_dir", "model_path")
    return {name: Path(value) if name in paths else value for name, value in options.items()}


def restored_policy(settings: Settings, setup: Mapping[str, Any]) -> SandboxPolicy:
    """Return a run's limits: those the environment sets now, or else those it had."""
    return SandboxPolicy(**_limits(settings, setup))


def _limits(settings: Settings, setup: Mapping[str, Any]) -> Json:
    return {
        name: getattr(settings, name)
        if name in settings.model_fields_set
        else setup.get(name, getattr(settings, name))
        for name in _LIMITS
    }
