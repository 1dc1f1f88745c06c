"""The model's client and the sandbox's limits, from the settings."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from langchain_core.language_models import BaseChatModel

from graph_agent.config.settings import Settings
from graph_agent.errors import RequestError
from graph_agent.models import (
    check_name,
    create_client,
    default_model,
    is_gemini,
    weights_file,
)
from sandbox import SandboxPolicy


def policy_from(settings: Settings) -> SandboxPolicy:
    """Return the limits of a run in the sandbox."""
    return SandboxPolicy(
        timeout_s=settings.timeout_s,
        memory=settings.memory,
        runtime=settings.runtime,
        allow_packages=settings.allow_packages,
    )


def with_run_limits(
    settings: Settings,
    allow_packages: Sequence[str] = (),
    timeout_s: float | None = None,
    memory: str | int | None = None,
) -> Settings:
    """Return the settings with other limits of a run; allowed packages are added.

    Raises:
        PolicyError: a limit is invalid.
    """
    allowed = (*settings.allow_packages, *allow_packages) if allow_packages else None
    given = {"allow_packages": allowed, "timeout_s": timeout_s, "memory": memory}
    update = {name: value for name, value in given.items() if value is not None}
    changed = settings.model_copy(update=update)
    policy_from(changed)
    return changed


def check_client(client: object) -> None:
    """Check a client or a model's name without making anything; None is right.

    Raises:
        RequestError: it is neither.
        ModelUnknownError: no model has that name.
    """
    if isinstance(client, str):
        check_name(client)
    elif client is not None and not isinstance(client, BaseChatModel):
        raise RequestError(
            f"client is a LangChain chat model or a model's name, not {type(client).__name__};"
            " for example create_client() or 'openai:gpt-5'"
        )


def client_maker(
    client: BaseChatModel | str | None, settings: Settings
) -> Callable[[str | None], BaseChatModel]:
    """Return a function that makes the client for a name, or the graph's own for None.

    A client is made when it is first needed: its libraries are slow to load.
    """
    make = functools.cache(lambda name: client_from(name, settings))

    def made(name: str | None) -> BaseChatModel:
        if name and weights_file(name) is not None:
            raise RequestError(
                f"a request can't choose a file as its model ({name!r}); name the file where the"
                " graph is built, or in CODEGEN_AGENT_MODEL"
            )
        return client if isinstance(client, BaseChatModel) and not name else make(name or client)

    return made


def client_from(model: BaseChatModel | str | None, settings: Settings) -> BaseChatModel:
    """Make the client for a model's name, with the settings' key and limits.

    Raises:
        ModelSetupError: unknown model, no key, or a package or weights missing.
    """
    model = model or default_model(settings)
    if isinstance(model, BaseChatModel):
        return model
    timeout_s = settings.model_timeout_s
    if is_gemini(model):
        return create_client(model, api_key=settings.gemini_api_key, timeout_s=timeout_s)
    if ":" in model and weights_file(model) is None:  # its key is in its own environment variable
        return create_client(model, timeout_s=timeout_s)
    cache = settings.cache_dir
    if weights_file(model) is not None:
        return create_client(model, timeout_s=timeout_s, cache_dir=cache)
    weights = settings.local_model_path
    return create_client(model, timeout_s=timeout_s, cache_dir=cache, model_path=weights)
