"""Makes the chat model that a name stands for."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from graph_agent.errors import ModelSetupError, ModelUnknownError
from graph_agent.models.names import DEFAULT_GEMINI, LLMModels
from graph_agent.models.redaction import redacted
from graph_agent.settings import VARIABLES, Settings, load_settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from pydantic import SecretStr

__all__ = ["KEY_VARIABLES", "create_client", "default_model"]

log = logging.getLogger(__name__)

KEY_VARIABLES = VARIABLES["gemini_api_key"]
"""Environment variables that may hold the Gemini key, first one first."""

_GOOGLE_PREFIXES = ("google_genai", "google-genai", "gemini")


def create_client(
    model: LLMModels | str | BaseChatModel | None = None,
    *,
    api_key: SecretStr | str | None = None,
    timeout_s: float = 120.0,
    temperature: float | None = None,
    base_url: str | None = None,
    cache_dir: Path | None = None,
    model_path: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> BaseChatModel:
    """Return the chat model for a name; nothing is called or downloaded.

    Args:
        model: a :class:`LLMModels`, any ``gemini-…`` name, ``provider:model``, or a
            chat model, which is returned as it is. None: the one the settings name,
            else Gemini where there is a key, else the local model.
        api_key: Gemini's key; None: the settings'. Other providers take
            theirs from the environment themselves.
        timeout_s: limit of one call; of the local model, of the silence between two tokens.
        temperature: None: 0 for the local models and Gemini 2, the provider's own for
            others (Google advises against changing that of Gemini 3 and later).
        base_url: another address of the provider.
        cache_dir: where local weights lie; None: the user's cache folder.
        model_path: a GGUF file to use as the local model.
        environment: what the settings are read from; None: the process's own.

    Raises:
        ModelUnknownError: no model has this name.
        ModelSetupError: no key, or a package or weights missing.
        SettingsError: the settings are unusable.
    """
    if model is not None and not isinstance(model, str):
        return model
    settings = load_settings(environ=environment)
    key = _plain(api_key) or _plain(settings.gemini_api_key)
    name = str(model or default_model(settings, key)).strip()
    provider, colon, rest = name.partition(":")
    if colon and provider in _GOOGLE_PREFIXES:
        name = rest
    elif colon:
        return _by_provider(name, timeout_s, temperature, base_url)
    name = name.removeprefix("models/")
    if name.startswith("gemini-"):
        return _gemini(name, key, timeout_s, temperature, base_url)
    if name in (LLMModels.LOCAL, LLMModels.LOCAL_SMALL):
        from graph_agent.models.local_client import local_client

        weights = model_path or settings.local_model_path
        folder = cache_dir or settings.cache_dir
        return local_client(name, timeout_s, temperature, folder, weights)
    raise ModelUnknownError(_unknown(name))


def default_model(settings: Settings, key: str | None = None) -> str:
    """Name the model that is taken where none is asked for.

    ``key``: Gemini's, where it does not come from the settings.
    """
    has_key = bool(key or settings.gemini_api_key)
    return settings.model or str(DEFAULT_GEMINI if has_key else LLMModels.LOCAL)


def _plain(key: SecretStr | str | None) -> str | None:
    if key is None or isinstance(key, str):
        return key
    return key.get_secret_value()


def _unknown(name: str) -> str:
    known = [str(one) for one in LLMModels]
    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    meant = f" (did you mean {close[0]!r}?)" if close else ""
    return (
        f"no model is called {name!r}{meant}; possible are {', '.join(known)}, any other "
        "'gemini-…' name, and 'provider:model' such as 'openai:gpt-5'"
    )


def _gemini(
    name: str,
    key: str | None,
    timeout_s: float,
    temperature: float | None,
    base_url: str | None,
) -> BaseChatModel:
    if not key:
        raise ModelSetupError(
            f"the model {name!r} needs an API key; set {KEY_VARIABLES[0]} in the environment or "
            "in a .env file, or take the model 'local'"
        )
    import httpx
    from langchain_google_genai import ChatGoogleGenerativeAI
    from pydantic import SecretStr

    if temperature is None and name.startswith("gemini-2"):
        temperature = 0.0
    client = ChatGoogleGenerativeAI(
        model=name,
        google_api_key=SecretStr(key),
        timeout=timeout_s,
        max_retries=1,  # attempts, that is: no retries. LangGraph's policy is the one retry layer
        base_url=base_url,
        vertexai=False,
        # A connection kept for later belongs to an event loop that is gone by the
        # next asyncio.run(), which then fails; a new one costs little beside an answer.
        client_args={"limits": httpx.Limits(max_keepalive_connections=0)},
        temperature=temperature,  # said even if None: left out, it would be 0.7
    )
    profile = client.profile or {}
    if profile and profile.get("temperature") is False:
        client.temperature = None
    elif not profile:
        log.warning("the model %r is not among those known here; it is asked all the same", name)
    return client


def _by_provider(
    name: str, timeout_s: float, temperature: float | None, base_url: str | None
) -> BaseChatModel:
    """Leave ``provider:model`` to LangChain, retries off."""
    try:
        from langchain.chat_models import init_chat_model
    except ImportError as exc:
        raise ModelSetupError(
            f"the model {name!r} needs LangChain and its provider's package; install them with "
            f"pip install langchain langchain-{name.partition(':')[0].replace('_', '-')}"
        ) from exc
    options: dict[str, object] = {"timeout": timeout_s, "max_retries": 0}
    options |= {} if temperature is None else {"temperature": temperature}
    options |= {} if base_url is None else {"base_url": base_url}
    build: Callable[..., BaseChatModel] = init_chat_model
    try:
        return build(name, **options)
    except ImportError as exc:
        raise ModelSetupError(f"the model {name!r} needs its provider's package: {exc}") from exc
    except Exception as exc:  # each provider has its own for a missing key or an odd name
        safe = redacted(str(exc), ())
        # LangChain's words for a provider it does not know, which have no class of their own.
        if safe.startswith(("Unable to infer model provider", "Unsupported provider")):
            raise ModelUnknownError(f"the model {name!r} has no known provider: {safe}") from exc
        raise ModelSetupError(f"the model {name!r} cannot be set up: {safe}") from exc
