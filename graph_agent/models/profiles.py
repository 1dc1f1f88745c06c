"""What a model can do, as far as its client's own data says."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["ModelProfile", "profile_of"]

LOCAL_PROVIDER = "local"
REPLAYED = "codegen-agent-replay"
"""The type of the models that replay a suite's programs; they have no judgement."""
_NAME_FIELDS = ("model_name", "model", "model_id", "deployment_name")
_KINDS: weakref.WeakKeyDictionary[type, tuple[str, tuple[str, ...]]] = weakref.WeakKeyDictionary()
"""The provider and the name fields of each class: asking a client takes long, and all nodes do."""


@dataclass(frozen=True)
class ModelProfile:
    """What prompts and nodes need to know about a model.

    ``judges``: its judgement of a result is worth asking for. ``worked_examples``: its
    prompts should have some. ``structured_output``: it can be held to a JSON schema.
    ``context_tokens`` is None if unknown; ``answer_tokens`` of them are for the answer, 0
    if answers have their own limit. ``sees_images``: it accepts pictures.
    """

    name: str
    provider: str
    judges: bool = True
    worked_examples: bool = False
    structured_output: bool = False
    context_tokens: int | None = None
    answer_tokens: int = 0
    sees_images: bool = False

    @property
    def prompt_tokens(self) -> int | None:
        """The most tokens of a prompt; None if unknown."""
        if self.context_tokens is None:
            return None
        return max(0, self.context_tokens - self.answer_tokens)


def profile_of(client: BaseChatModel) -> ModelProfile:
    """Describe any chat model by its own data.

    A small local model doesn't judge: the 1.5B was right in 5 of 8 cases.
    """
    provider, name = _provider_and_name(client)
    if client._llm_type == "codegen-agent-local":
        return ModelProfile(
            name=name,
            provider=LOCAL_PROVIDER,
            judges=False,
            worked_examples=True,
            structured_output=True,
            context_tokens=getattr(client, "context_tokens", None),
            answer_tokens=getattr(client, "max_tokens", 0),
        )
    known = getattr(client, "profile", None)
    data: Mapping[str, Any] = known if isinstance(known, Mapping) else {}
    own_context = getattr(client, "num_ctx", None)  # Ollama's: for prompt and answer together
    tokens = own_context or data.get("max_input_tokens")
    return ModelProfile(
        name=name,
        provider=provider,
        judges=client._llm_type != REPLAYED,
        answer_tokens=own_context // 4 if own_context else 0,
        structured_output=data.get("structured_output") is True,
        context_tokens=tokens if isinstance(tokens, int) and tokens > 0 else None,
        sees_images=data.get("image_inputs") is True,
    )


def _provider_and_name(client: BaseChatModel) -> tuple[str, str]:
    kind = type(client)
    if kind not in _KINDS:
        fields = tuple(field for field in _NAME_FIELDS if hasattr(client, field))
        _KINDS[kind] = (_provider(client), fields)
    provider, fields = _KINDS[kind]
    for field in fields:
        value = getattr(client, field, None)
        if isinstance(value, str) and value:
            return provider, value.removeprefix("models/")
    return provider, kind.__name__


def _provider(client: BaseChatModel) -> str:
    """Return the provider as LangChain's tracing names it, else the model's type."""
    try:
        provider = client._get_ls_params().get("ls_provider")
    except Exception:  # a custom client may need more than its constructor took
        provider = None
    return provider if isinstance(provider, str) and provider else client._llm_type
