"""Make the chat model for a name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph_agent.config.redaction import redacted
from graph_agent.config.settings import VARIABLES, Settings, load_settings
from graph_agent.errors import ModelSetupError, ModelUnknownError
from graph_agent.models.answer_limits import answer_limits
from graph_agent.models.client_arguments import check_taken, check_values
from graph_agent.models.names import (
    DEFAULT_GEMINI,
    LLMModels,
    check_name,
    full_name,
    is_gemini,
    weights_file,
)
from graph_agent.models.own_servers import server_options
from graph_agent.models.profiles import ClientSpec, remember

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from pydantic import SecretStr

__all__ = ["KEY_VARIABLES", "create_client", "default_model"]

log = logging.getLogger(__name__)

KEY_VARIABLES = VARIABLES["gemini_api_key"]
"""Environment variables that may hold the Gemini key, the first one first."""

_TIMEOUT_S = 120.0


def create_client(
    model: LLMModels | str | BaseChatModel | None = None,
    *,
    api_key: SecretStr | str | None = None,
    timeout_s: float = _TIMEOUT_S,
    temperature: float | None = None,
    base_url: str | None = None,
    cache_dir: Path | str | None = None,
    model_path: Path | str | None = None,
    environment: Mapping[str, str] | None = None,
) -> BaseChatModel:
    """Return the chat model for a name; nothing is called or downloaded.

    Args:
        model: a :class:`LLMModels`, any ``gemini-…`` name, ``provider:model`` (``ollama:…``
            too), ``local:PATH`` of a GGUF file, or a chat model, which is returned unchanged.
            None: the one the settings name, else Gemini if there is a key, else the local model.
        api_key: the provider's key; None: for Gemini the settings', and other providers
            read theirs from the environment.
        timeout_s: limit of one call; for the local model, of the pause between two tokens.
        temperature: None: 0 for the local models and Gemini 2, the provider's default for
            others (Google advises against changing it for Gemini 3 and later).
        base_url: another address of the provider, such as that of your own server: with
            ``openai:NAME`` of any that speaks OpenAI's protocol.
        cache_dir: folder of local weights; None: the user's cache folder.
        model_path: a GGUF file to use as the local model.
        environment: what the settings are read from; None: the process's own.

    Raises:
        ModelUnknownError: no model has this name.
        ModelSetupError: no key, a package or weights missing, or the model doesn't take an
            argument, or not with this value.
        SettingsError: the settings are unusable.
    """
    given = _plain(api_key)
    check_values(timeout_s=timeout_s, temperature=temperature, api_key=given, base_url=base_url)
    special: dict[str, object] = {
        "api_key": api_key,
        "base_url": base_url,
        "cache_dir": cache_dir,
        "model_path": model_path,
    }
    if model is not None and not isinstance(model, str):
        changed = {"temperature": temperature}
        changed |= {} if timeout_s == _TIMEOUT_S else {"timeout_s": timeout_s}
        check_taken("a chat model that is already made", {**special, **changed}, ())
        return _checked_client(model)
    settings = load_settings(environ=environment)
    key = given or _plain(settings.gemini_api_key)
    name = str(default_model(settings, key) if model is None else model).strip()
    check_name(name)
    name = full_name(name.removeprefix("models/"))
    is_remote = weights_file(name) is None and (is_gemini(name) or ":" in name)
    if is_remote:
        check_taken(f"the model {name!r}", special, ("api_key", "base_url"))
    elif ":" in name:
        check_taken(f"the local model {name!r}", special, ("cache_dir",))
    else:
        check_taken(f"the local model {name!r}", special, ("cache_dir", "model_path"))
    if is_gemini(name):
        gemini = name.rpartition(":")[2]
        client = _gemini(gemini, key, timeout_s, temperature, base_url)
    elif is_remote:
        client = _by_provider(name, given, timeout_s, temperature, base_url)
    else:
        from graph_agent.models.local.chat_model import local_client

        weights = settings.local_model_path if model_path is None else Path(model_path)
        folder = settings.cache_dir if cache_dir is None else Path(cache_dir)
        client = local_client(name, timeout_s, temperature, folder, weights)
    options = {
        "timeout_s": None if timeout_s == _TIMEOUT_S else timeout_s,
        "temperature": temperature,
        "cache_dir": None if cache_dir is None else str(cache_dir),
        "model_path": None if model_path is None else str(model_path),
    }
    stored = {option: value for option, value in options.items() if value is not None}
    call_s = timeout_s if is_remote else None
    spec = ClientSpec(name, stored, () if base_url is None else ("base_url",), call_s)
    return remember(client, spec)


def _checked_client(model: object) -> BaseChatModel:
    from langchain_core.language_models import BaseChatModel

    if not isinstance(model, BaseChatModel):
        raise ModelUnknownError(
            f"the model is a LangChain chat model or a model's name, not {type(model).__name__};"
            " such as create_client('gemini-2.5-pro')"
        )
    return model


def default_model(settings: Settings, key: str | None = None) -> str:
    """Return the name of the model used if none is given.

    ``key``: Gemini's, if it doesn't come from the settings.
    """
    has_key = bool(key or settings.gemini_api_key)
    return settings.model or str(DEFAULT_GEMINI if has_key else LLMModels.LOCAL)


def _plain(key: SecretStr | str | None) -> str | None:
    from pydantic import SecretStr

    return key.get_secret_value() if isinstance(key, SecretStr) else key


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
            "in a .env file, or use the model 'local'"
        )
    from langchain_google_genai import ChatGoogleGenerativeAI
    from pydantic import SecretStr

    if temperature is None and name.startswith("gemini-2"):
        temperature = 0.0
    client = ChatGoogleGenerativeAI(
        model=name,
        google_api_key=SecretStr(key),
        timeout=timeout_s,
        max_retries=1,  # attempts, so no retries: LangGraph's policy is the only retry layer
        base_url=base_url,
        vertexai=False,
        client_args=_http_options(name, timeout_s),
        temperature=temperature,  # passed even if None: the default is 0.7
    )
    profile = client.profile or {}
    if profile and profile.get("temperature") is False:
        client.temperature = None
    elif not profile:
        log.warning("the model %r is not among the known ones; it is used anyway", name)
    return client


def _by_provider(
    name: str,
    api_key: str | None,
    timeout_s: float,
    temperature: float | None,
    base_url: str | None,
) -> BaseChatModel:
    """Let LangChain make ``provider:model``, with retries off."""
    try:
        from langchain.chat_models import init_chat_model
    except ImportError as exc:
        raise ModelSetupError(
            f"the model {name!r} needs LangChain and its provider's package; install them with "
            f"pip install langchain langchain-{name.partition(':')[0].replace('_', '-')}"
        ) from exc
    given = {"api_key": api_key, "base_url": base_url, "temperature": temperature}
    given = {option: value for option, value in given.items() if value is not None}
    options: dict[str, object] = {"timeout": timeout_s, "max_retries": 0}
    options |= server_options(name, timeout_s, _http_options(name, timeout_s), given)
    build: Callable[..., BaseChatModel] = init_chat_model
    try:
        client = build(name, **options, **given)
    except ImportError as exc:
        raise ModelSetupError(f"the model {name!r} needs its provider's package: {exc}") from exc
    except Exception as exc:  # each provider has its own for a missing key or an unknown name
        safe = redacted(str(exc), [api_key] if api_key else ())
        # LangChain's message for an unknown provider; the error has no class of its own.
        if safe.startswith(("Unable to infer model provider", "Unsupported provider")):
            raise ModelUnknownError(f"the model {name!r} has no known provider: {safe}") from exc
        raise ModelSetupError(f"the model {name!r} cannot be set up: {safe}") from exc
    accepted, provider = _accepted(type(client)), name.partition(":")[0]
    for option in given:
        if option not in accepted:
            raise ModelSetupError(f"the provider {provider!r} takes no {option}; leave it out")
    if (
        not {"timeout", "client_kwargs"} & accepted
    ):  # it may come from the settings, which apply to all models
        log.warning("the provider %r takes no time limit for its calls", provider)
    return client


def _http_options(model: str, timeout_s: float) -> dict[str, Any]:
    import httpx

    # A kept connection belongs to an event loop that is closed by the next asyncio.run(), which
    # then fails; a new one costs little compared to an answer.
    limits = httpx.Limits(max_keepalive_connections=0)
    return {"limits": limits, "event_hooks": answer_limits(model, timeout_s)}


def _accepted(kind: type[Any]) -> set[str]:
    """List the names of a chat model's fields, and what else they are called."""
    accepted: set[str] = set()
    for name, field in kind.model_fields.items():
        aliases = [field.alias, field.validation_alias]
        aliases += getattr(field.validation_alias, "choices", [])
        accepted |= {name, *(alias for alias in aliases if isinstance(alias, str))}
    return accepted
