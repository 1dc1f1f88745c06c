"""Names of the known models."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from graph_agent.errors import ModelUnknownError
from graph_agent.models.gguf import check_gguf
from graph_agent.similar import closest

__all__ = [
    "DEFAULT_GEMINI",
    "PROVIDERS",
    "LLMModels",
    "check_name",
    "full_name",
    "is_gemini",
    "weights_file",
]

_GOOGLE_PREFIXES = ("google_genai", "google-genai", "gemini")
_FILE_PREFIX = "local:"


class LLMModels(StrEnum):
    """Models known by name; any other ``gemini-…`` or ``provider:model`` works as a string."""

    GEMINI25_PRO = "gemini-2.5-pro"
    GEMINI25_FLASH = "gemini-2.5-flash"
    GEMINI25_FLASH_LITE = "gemini-2.5-flash-lite"
    GEMINI3_FLASH_PREVIEW = "gemini-3-flash-preview"
    GEMINI31_PRO_PREVIEW = "gemini-3.1-pro-preview"
    GEMINI31_FLASH_LITE = "gemini-3.1-flash-lite"
    GEMINI35_FLASH = "gemini-3.5-flash"
    GEMINI35_FLASH_LITE = "gemini-3.5-flash-lite"
    GEMINI36_FLASH = "gemini-3.6-flash"
    GEMINI37_FLASH = "gemini-3.7-flash"
    GEMINI38_FLASH = "gemini-3.8-flash"
    GEMINI_FLASH_LATEST = "gemini-flash-latest"
    GEMINI_FLASH_LITE_LATEST = "gemini-flash-lite-latest"
    LOCAL = "local"
    LOCAL_SMALL = "local-small"
    LOCAL_4B = "local-4b"
    LOCAL_7B = "local-7b"

    @property
    def is_local(self) -> bool:
        """Whether the model runs on this machine."""
        return self.startswith("local")


DEFAULT_GEMINI = LLMModels.GEMINI_FLASH_LATEST
"""Used if no name is given. It is an alias, so it outlives each model behind it, and a
Flash model, which every key may call; many keys have no quota for Pro."""
PROVIDERS = (
    "anthropic", "anthropic_bedrock", "azure_ai", "azure_openai", "baseten", "bedrock",
    "bedrock_converse", "cohere", "deepseek", "fireworks", "google_anthropic_vertex",
    "google_genai", "google_vertexai", "groq", "huggingface", "ibm", "litellm", "meta",
    "mistralai", "nvidia", "ollama", "openai", "openrouter", "perplexity", "together", "upstage",
    "xai",
)  # fmt: skip
"""LangChain's, to suggest one for a misspelt name; others are tried as they are."""

_FAMILIES = {
    "gpt": "openai", "claude": "anthropic", "mistral": "mistralai", "llama": "ollama",
    "deepseek": "deepseek", "grok": "xai", "qwen": "ollama",
}  # fmt: skip
"""Whose models have names that begin so."""


def check_name(name: str) -> None:
    """Check a model's name, or the file it names, without loading a library.

    Raises:
        ModelUnknownError: no model has this name, or the file isn't a model.
    """
    if (file := weights_file(name)) is not None:
        check_gguf(file)
        return
    provider, colon, rest = name.strip().partition(":")
    if not colon:
        plain = provider.removeprefix("models/")
        if not plain.startswith("gemini-") and plain not in list(LLMModels):
            raise ModelUnknownError(_unknown(name))
        return
    known = [*_GOOGLE_PREFIXES, *PROVIDERS, "local"]
    close = closest(provider, known, 0.7)
    if provider and rest and (provider.replace("-", "_") in known or not close):
        return  # a provider that isn't listed may be new: LangChain decides
    meant = f"; did you mean '{close}:{rest or 'NAME'}'?" if close else ""
    raise ModelUnknownError(f"{name!r} isn't 'provider:model', such as 'openai:gpt-5'{meant}")


def weights_file(name: str) -> Path | None:
    """Return the file that ``local:PATH`` names; None for other names."""
    path = name.strip().removeprefix(_FILE_PREFIX)
    return Path(path).expanduser() if path and path != name.strip() else None


def full_name(name: str) -> str:
    """Return a name that means the same in any folder."""
    file = weights_file(name)
    return name if file is None else f"{_FILE_PREFIX}{file.absolute()}"


def is_gemini(name: str) -> bool:
    """Whether a name stands for a model of Gemini's own service."""
    provider, colon, _ = name.partition(":")
    return (
        provider in _GOOGLE_PREFIXES
        if colon
        else name.removeprefix("models/").startswith("gemini-")
    )


def _unknown(name: str) -> str:
    known = [str(model) for model in LLMModels]
    close = closest(name, known, 0.5)
    start, _, rest = name.partition("-")
    if close is None and (family := closest(start, _FAMILIES)):
        close = f"{_FAMILIES[family]}:{family}-{rest or '…'}"
    meant = f" (did you mean {close!r}?)" if close else ""
    return (
        f"no model is called {name!r}{meant}; known are {', '.join(known)}, any other "
        "'gemini-…' name, 'provider:model' such as 'openai:gpt-5' or 'ollama:qwen3', and"
        " 'local:FILE.gguf'"
    )
